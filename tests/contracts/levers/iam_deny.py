"""The rig of `iam_deny`: a service account that calls models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from freio.adapters.google.caller_windows import CallerWindows
from freio.adapters.google.deny_lever import DenyLever
from freio.adapters.google.deny_policy import policy_id
from freio.adapters.google.setting_text import written
from freio.domain.lever import Setting
from freio.domain.target import Target
from freio.sandbox.google.credentials import PREDICT, Caller
from freio.sandbox.google.faults import Meanwhile
from tests.contracts.levers.callers import CANNOT, PLACE, PROJECT, Faults, Stand, app, stand, void
from tests.contracts.levers.rig import Fault, Rig

ACCOUNT = "chat@acme-chat.iam.gserviceaccount.com"
READ, CREATE, DELETE = "iam.policies.get", "iam.policies.createPolicy", "iam.policies.delete"


@dataclass(frozen=True)
class PolicyWorld:
    """What may happen to the deny policy, beside what may happen to any call."""

    stand: Stand
    caller: Caller = field(default_factory=lambda: Caller(service_account=ACCOUNT))

    def faults(self) -> Faults:
        plane = self.stand.plane
        found = self.stand.usual_faults(READ, CREATE, DELETE)
        verbs = {"probe": "create", "apply": "create", "read_back": "get", "restore": "delete"}
        for call, verb in verbs.items():
            found[call, Fault.API_DISABLED] = partial(plane.disable_api, PROJECT, "iam.googleapis.com")
            found[call, Fault.NO_PERMISSION] = partial(plane.deny, PROJECT, f"iam.denypolicies.{verb}")
        meanwhile = Meanwhile(act=lambda: void(self.somebody_else_sets()))
        found["apply", Fault.CHANGED_BETWEEN] = self.stand.order(CREATE, meanwhile)
        found["restore", Fault.CHANGED_BETWEEN] = self.stand.order(DELETE, meanwhile)
        found["apply", Fault.UNKNOWN] = partial(plane.callers.refuse_to_deny, PREDICT)
        found["apply", Fault.BINDS_NOTHING] = partial(plane.callers.ignore, self.caller)
        return found

    def somebody_else_sets(self, _: Target | None = None) -> Setting:
        rule = {"deniedPrincipals": ["principalSet://goog/public:all"], "deniedPermissions": [PREDICT]}
        theirs = {"displayName": "Nobody", "rules": [{"denyRule": rule}]}
        self.stand.plane.callers.deny_as_somebody_else(PROJECT, policy_id(ACCOUNT), theirs)
        return written(theirs)


@contextmanager
def rig() -> Iterator[Rig]:
    """A service account that calls Vertex AI, and no deny policy."""
    with stand() as made:
        world = PolicyWorld(made, made.plane.callers.add_service_account(ACCOUNT))
        yield Rig(
            name="iam_deny",
            lever=DenyLever(made.apis, sleep=made.clock.sleep),
            app=app(accounts=(ACCOUNT,)),
            place=PLACE,
            clock=made.clock,
            witness=CallerWindows(made.apis, now=made.clock.now),
            faults=world.faults(),
            somebody_else_sets=world.somebody_else_sets,
            serves=partial(made.carries, world.caller),
            cannot={
                **CANNOT,
                Fault.UNKNOWN: "which permissions can be denied is told only when a policy is written",
            },
        )
