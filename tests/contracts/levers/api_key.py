"""The rig of `api_key`: a key of a website that calls models and a translator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from freio.adapters.google.api_key_lever import ApiKeyLever
from freio.adapters.google.caller_windows import CallerWindows
from freio.adapters.google.setting_text import written
from freio.domain.lever import Setting
from freio.domain.target import Target
from freio.sandbox.google.credentials import Caller
from freio.sandbox.google.faults import Meanwhile
from tests.contracts.levers.callers import CANNOT, ONLY_READS, PLACE, PROJECT, Faults, Stand, app, stand, void
from tests.contracts.levers.rig import Fault, Rig

KEY = "chat-web"
READ, WRITE = "apikeys.projects.locations.keys.get", "apikeys.projects.locations.keys.patch"


@dataclass(frozen=True)
class KeyWorld:
    """What may happen to the key, beside what may happen to any call."""

    stand: Stand
    caller: Caller = field(default_factory=lambda: Caller(api_key=KEY))

    def faults(self) -> Faults:
        plane = self.stand.plane
        found = self.stand.usual_faults(READ, WRITE, WRITE)
        for call in ("probe", "apply", "read_back", "restore"):
            found[call, Fault.API_DISABLED] = partial(plane.disable_api, PROJECT, "apikeys.googleapis.com")
            found[call, Fault.UNKNOWN] = partial(plane.callers.remove_api_key, PROJECT, KEY)
            permission = "apikeys.keys.get" if call in ONLY_READS else "apikeys.keys.update"
            found[call, Fault.NO_PERMISSION] = partial(plane.deny, PROJECT, permission)
        for call in ("apply", "restore"):
            meanwhile = Meanwhile(act=lambda: void(self.somebody_else_sets()))
            found[call, Fault.CHANGED_BETWEEN] = self.stand.order(WRITE, meanwhile)
        found["apply", Fault.BINDS_NOTHING] = partial(plane.callers.ignore, self.caller)
        return found

    def somebody_else_sets(self, _: Target | None = None) -> Setting:
        theirs = {"apiTargets": [{"service": "generativelanguage.googleapis.com"}]}
        self.stand.plane.callers.restrict_as_somebody_else(PROJECT, KEY, theirs)
        return written(theirs)


@contextmanager
def rig() -> Iterator[Rig]:
    """A key that may call the Gemini API, Vertex AI and a translator, from one website."""
    with stand() as made:
        restrictions = {
            "apiTargets": [
                {"service": "aiplatform.googleapis.com"},
                {"service": "translate.googleapis.com", "methods": ["Get*"]},
                {"service": "generativelanguage.googleapis.com"},
            ],
            "browserKeyRestrictions": {"allowedReferrers": ["https://chat.acme.example/*"]},
        }
        world = KeyWorld(made, made.plane.callers.add_api_key(PROJECT, KEY, restrictions))
        yield Rig(
            name="api_key",
            lever=ApiKeyLever(made.apis, sleep=made.clock.sleep),
            app=app(keys=(KEY,)),
            place=PLACE,
            clock=made.clock,
            witness=CallerWindows(made.apis, now=made.clock.now),
            faults=world.faults(),
            somebody_else_sets=world.somebody_else_sets,
            serves=partial(made.carries, world.caller),
            cannot=CANNOT,
        )
