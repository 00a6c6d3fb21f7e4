"""`disable_service` on the sandbox's Service Usage API, through google-cloud-service-usage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from freio.adapters.google.invocation_windows import InvocationWitness
from freio.adapters.google.service_lever import DISABLED, DisableServiceLever
from freio.domain.lever import Setting
from freio.domain.target import Target
from freio.sandbox.google.faults import FailLate, LostReply
from tests.contracts.levers.rig import Fault, Rig
from tests.contracts.levers.stopping import APP, OWN_PROJECT, PLACE, World, too_many, world

GET, DISABLE, ENABLE = (f"serviceusage.services.{verb}" for verb in ("get", "disable", "enable"))
METHODS = {"probe": GET, "apply": DISABLE, "read_back": GET, "restore": ENABLE}
HOST = "serviceusage.googleapis.com"
CANNOT = {
    Fault.UNKNOWN: "a service is on or off: there is no limit",
    Fault.CHANGED_BETWEEN: "a service is on or off: what somebody else leaves is what was found, or what we wanted",
}


@contextmanager
def rig() -> Iterator[Rig]:
    with world() as here:
        yield rig_in(here)


def rig_in(here: World) -> Rig:
    lever = DisableServiceLever(here.apis, own_project=OWN_PROJECT, sleep=here.clock.sleep)

    def somebody_else_sets(target: Target) -> Setting:
        """Turns it off where it is on, and on where it is off."""
        was_off = lever.read_back(target) == DISABLED
        here.plane.front.services.set_as_somebody_else(target.project, target.service, on=was_off)
        return None if was_off else DISABLED

    faults = {("apply", Fault.BINDS_NOTHING): here.plane.leave_doors_open}
    for call, method in METHODS.items():
        faults[call, Fault.LOST_REPLY] = here.meets(method, LostReply())
        faults[call, Fault.NO_PERMISSION] = here.lacks(method)  # permissions are called as the methods are
        faults[call, Fault.API_DISABLED] = here.without(HOST)
        faults[call, Fault.TOO_MANY] = here.meets(method, too_many())
        faults[call, Fault.TOO_MANY_WAIT] = here.meets(method, too_many(30))
        if method is not GET:
            faults[call, Fault.FAILS_LATE] = here.meets(method, FailLate())
    return Rig(
        name="disable_service",
        lever=lever,
        app=APP,
        place=PLACE,
        clock=here.clock,
        witness=InvocationWitness(here.apis, now=here.clock.now),
        faults=faults,
        somebody_else_sets=somebody_else_sets,
        serves=here.serves,
        cannot=CANNOT,
    )
