"""`allowed_models` on the sandbox's Organization Policy API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from freio.adapters.google.invocation_windows import InvocationWitness
from freio.adapters.google.model_policy import canonical
from freio.adapters.google.models_lever import AllowedModelsLever
from freio.domain.lever import Setting
from freio.domain.target import Target
from freio.sandbox.google.faults import Fault as SandboxFault
from freio.sandbox.google.faults import LostReply, Meanwhile
from tests.contracts.levers.rig import Fault, Rig
from tests.contracts.levers.stopping import APP, PLACE, PROJECT, World, too_many, world

POLICIES = "orgpolicy.projects.policies."
GET, CREATE, PATCH, DELETE = (POLICIES + verb for verb in ("get", "create", "patch", "delete"))
HOST = "orgpolicy.googleapis.com"
FOREIGN = {
    "spec": {
        "rules": [
            {
                "values": {
                    "allowedValues": [
                        "publishers/google/models/gemini-2.5-pro:predict",
                        "publishers/google/models/gemini-2.5-flash:predict",
                    ]
                }
            }
        ]
    }
}
CANNOT = {
    Fault.FAILS_LATE: "Organization Policy answers at once: it has no operations",
    Fault.UNKNOWN: "a policy is no limit; a model without a known name is a probe that does not bind",
}


@contextmanager
def rig() -> Iterator[Rig]:
    with world() as here:
        yield rig_in(here)


def rig_in(here: World) -> Rig:
    def somebody_else_sets(target: Target) -> Setting:
        here.plane.front.policies.set_as_somebody_else(target.project, FOREIGN)
        return canonical(FOREIGN)

    def foreign() -> None:
        here.plane.front.policies.set_as_somebody_else(PROJECT, FOREIGN)

    def writes(fault: SandboxFault, times: int = 1) -> Callable[[], None]:
        """What is written is created where nothing stands, and overwritten where something does."""

        def arm() -> None:
            method = PATCH if here.plane.front.policies.has_own(PROJECT) else CREATE
            here.plane.faults.inject(method, fault, times=times)

        return arm

    twice = 2  # httplib2 asks a second time by itself
    faults = {
        ("probe", Fault.LOST_REPLY): here.meets(GET, LostReply(), twice),
        ("apply", Fault.LOST_REPLY): writes(LostReply(), twice),
        ("read_back", Fault.LOST_REPLY): here.meets(GET, LostReply(), twice),
        ("restore", Fault.LOST_REPLY): here.meets(DELETE, LostReply(), twice),
        ("probe", Fault.NO_PERMISSION): here.lacks("orgpolicy.policy.set"),
        ("apply", Fault.NO_PERMISSION): here.lacks("orgpolicy.policy.set"),
        ("read_back", Fault.NO_PERMISSION): here.lacks("orgpolicy.policy.get"),
        ("restore", Fault.NO_PERMISSION): here.lacks("orgpolicy.policy.set"),
        ("apply", Fault.BINDS_NOTHING): here.plane.leave_doors_open,
        ("apply", Fault.CHANGED_BETWEEN): writes(Meanwhile(act=foreign)),
        ("restore", Fault.CHANGED_BETWEEN): here.meets(DELETE, Meanwhile(act=foreign)),
    }
    for call, method in {"probe": GET, "read_back": GET, "restore": DELETE}.items():
        faults[call, Fault.TOO_MANY] = here.meets(method, too_many())
        faults[call, Fault.TOO_MANY_WAIT] = here.meets(method, too_many(30))
    faults["apply", Fault.TOO_MANY] = writes(too_many())
    faults["apply", Fault.TOO_MANY_WAIT] = writes(too_many(30))
    for call in ("probe", "apply", "read_back", "restore"):
        faults[call, Fault.API_DISABLED] = here.without(HOST)
    return Rig(
        name="allowed_models",
        lever=AllowedModelsLever(here.apis, now=here.clock.now),
        app=APP,
        place=PLACE,
        clock=here.clock,
        witness=InvocationWitness(here.apis, now=here.clock.now),
        faults=faults,
        somebody_else_sets=somebody_else_sets,
        serves=here.serves,
        cannot=CANNOT,
    )
