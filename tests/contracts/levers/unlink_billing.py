"""`unlink_billing` on the sandbox's Cloud Billing API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from freio.adapters.google.billing_lever import UnlinkBillingLever, setting_of
from freio.adapters.google.invocation_windows import InvocationWitness
from freio.domain.lever import Setting
from freio.domain.target import Target
from freio.sandbox.google.faults import LostReply
from tests.contracts.levers.rig import Fault, Rig
from tests.contracts.levers.stopping import APP, OWN_PROJECT, PLACE, World, too_many, world

GET, UPDATE = "cloudbilling.projects.getBillingInfo", "cloudbilling.projects.updateBillingInfo"
METHODS = {"probe": GET, "apply": UPDATE, "read_back": GET, "restore": GET}  # putting back is by hand: it only looks
PERMISSIONS = {GET: "resourcemanager.projects.get", UPDATE: "resourcemanager.projects.deleteBillingAssignment"}
HOST = "cloudbilling.googleapis.com"
OTHER_ACCOUNT = "billingAccounts/0B9A75-1C7C2F-7E3C11"
CANNOT = {
    Fault.FAILS_LATE: "Cloud Billing answers at once: it has no operations",
    Fault.UNKNOWN: "an account is linked or not: there is no limit",
    Fault.CHANGED_BETWEEN: "the API has no versions: whoever links an account in that moment is overwritten unseen",
}


@contextmanager
def rig() -> Iterator[Rig]:
    with world() as here:
        yield rig_in(here)


def links(rig: Rig, target: Target, found: str) -> None:
    """A person runs the command that Freio named."""
    body = json.loads(found)
    lever = rig.lever
    assert isinstance(lever, UnlinkBillingLever)
    projects = lever._apis.cloud_billing().projects()
    projects.updateBillingInfo(name=f"projects/{target.project}", body=body).execute()


def rig_in(here: World) -> Rig:
    def somebody_else_sets(target: Target) -> Setting:
        here.plane.front.billing.set_as_somebody_else(target.project, OTHER_ACCOUNT)
        return setting_of(OTHER_ACCOUNT)

    faults = {("apply", Fault.BINDS_NOTHING): here.plane.leave_doors_open}
    for call, method in METHODS.items():
        faults[call, Fault.LOST_REPLY] = here.meets(method, LostReply(), 2)  # httplib2 asks a second time by itself
        faults[call, Fault.NO_PERMISSION] = here.lacks(PERMISSIONS[method])
        faults[call, Fault.API_DISABLED] = here.without(HOST)
        faults[call, Fault.TOO_MANY] = here.meets(method, too_many())
        faults[call, Fault.TOO_MANY_WAIT] = here.meets(method, too_many(30))
    return Rig(
        name="unlink_billing",
        lever=UnlinkBillingLever(here.apis, own_project=OWN_PROJECT),
        app=APP,
        place=PLACE,
        clock=here.clock,
        witness=InvocationWitness(here.apis, now=here.clock.now),
        faults=faults,
        somebody_else_sets=somebody_else_sets,
        serves=here.serves,
        cannot=CANNOT,
    )
