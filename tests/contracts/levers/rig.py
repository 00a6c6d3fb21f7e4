"""What the lever contract suite needs of every lever: a way to it, and a hand in the world behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from freio.domain.app import App
from freio.domain.lever import Setting
from freio.domain.spend import Probe
from freio.domain.target import Lease, Target
from freio.ports import Lever, Place, Witness
from tests.fakes import FakeClock


class Fault(StrEnum):
    """What a call may meet."""

    LOST_REPLY = "reply lost after the change took effect"
    FAILS_LATE = "operation fails late"
    NO_PERMISSION = "permission missing"
    UNKNOWN = "limit unknown"
    BINDS_NOTHING = "succeeds and binds nothing"
    API_DISABLED = "API disabled"
    TOO_MANY = "429"
    TOO_MANY_WAIT = "429 with Retry-After"
    CHANGED_BETWEEN = "changed by somebody else in between"


CALLS = ("probe", "apply", "read_back", "restore")


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A lever on a stand-in of its service, with one app whose traffic runs at `place`.

    ``faults``     by call and fault, what makes the next such call meet it; a pair that cannot happen to this lever
                   is missing, and `cannot` says why, by the fault.
    ``somebody_else_sets``  changes what stands at the target to something that is not ours; returns what now stands.
    ``serves``     so many requests (or tokens) a minute run through the target for some minutes, and the service
                   lets through what it lets through: what the witness then reports.
    ``witness``    what reports of this lever's targets.
    ``by_hand``    what a person does to put back what was found, where the lever cannot.
    """

    name: str
    lever: Lever
    app: App
    place: Place
    clock: FakeClock
    witness: Witness
    faults: Mapping[tuple[str, Fault], Callable[[], None]]
    somebody_else_sets: Callable[[Target], Setting]
    serves: Callable[[Target, int, int], None]
    cannot: Mapping[Fault, str] = field(default_factory=dict)
    by_hand: Callable[[Target, Setting], None] | None = None

    def probe(self) -> Probe:
        return self.lever.probe(self.app, [self.place])[0]

    def lease(self, probe: Probe, value: int = 1000) -> Lease:
        """A lease as the guard claims it: a limit for a lever that sets one, else what the probe would take away."""
        now = self.clock.now()
        takes = probe.takes
        asked = 0 if takes else value
        return Lease(
            incident="i", app=self.app.name, value=asked, since=now, until=now + timedelta(hours=6), takes=takes
        )
