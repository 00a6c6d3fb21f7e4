"""What a lever acts on, and the leases that hold it.

A lease belongs to the target, not to the incident, because several apps may share one target. What stood there is
recorded once, before the first lease is applied; the strictest live lease is in force; what stood there returns when
the last lease ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A place where a limit can be set, for a quota: project x service x metric x unit x dimensions.

    >>> Target("quota", "p", "s", "s/m", "1/min/{project}/{base_model}", (("base_model", "x"),)).id
    'quota|p|s|s/m|1/min/{project}/{base_model}|base_model=x'
    """

    lever: str
    project: str
    service: str
    metric: str
    unit: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        dimensions = ",".join(f"{k}={v}" for k, v in sorted(self.dimensions))
        return f"{self.lever}|{self.project}|{self.service}|{self.metric}|{self.unit}|{dimensions}"

    def dimension(self, name: str) -> str | None:
        return dict(self.dimensions).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A claim of one incident on a target: hold it at `value` (or stricter) until `until`."""

    incident: str
    app: str
    value: int
    since: datetime
    until: datetime


class Hold(StrEnum):
    """Where a target stands between what is wanted and what was read back."""

    SETTING = "setting"  # leases live; the wanted value has not been read back yet
    HELD = "held"  # leases live; the wanted value was read back
    RESTORING = "restoring"  # no lease lives; what stood there has not been read back yet
    SETTLING = "settling"  # restored; looked at once more, in case a call that we gave up took effect late
    FREE = "free"  # nothing of ours is there
    FOREIGN = "foreign"  # somebody else set another value: theirs is left


UNLIMITED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """The record of one target: what stood there, who holds it, what we wrote.

    ``found``      the override that stood there before our first lease; None: there was none.
    ``found_known`` False until `found` was read; it is read once and stored before the lever is called.
    ``written``    every value that we wrote, or tried to write, since then: what is in it is ours.
    ``standing``   what was last read there (None: no override).
    """

    target: Target
    version: int = 0
    hold: Hold = Hold.FREE
    found: int | None = None
    found_known: bool = False
    leases: tuple[Lease, ...] = ()
    written: tuple[int, ...] = ()
    standing: int | None = None
    attempts: int = 0
    due_at: datetime | None = None

    @property
    def id(self) -> str:
        return self.target.id

    @property
    def wanted(self) -> int | None:
        """The override that should stand there now; None: none. A throttle never loosens what was found.

        >>> from datetime import UTC
        >>> at = datetime(2026, 11, 1, tzinfo=UTC)
        >>> lease = Lease(incident="i", app="a", value=200, since=at, until=at)
        >>> t = Target("quota", "p", "s", "m", "u")
        >>> Brake(target=t, found=150, found_known=True, leases=(lease,)).wanted
        150
        """
        if not self.leases:
            return self.found
        strictest = min(lease.value for lease in self.leases)
        if self.found is None or self.found == UNLIMITED:
            return strictest
        return min(strictest, self.found)

    def is_ours(self, value: int | None) -> bool:
        return value is not None and value in self.written

    def lease_of(self, incident: str) -> Lease | None:
        return next((lease for lease in self.leases if lease.incident == incident), None)

    def with_lease(self, lease: Lease, due_at: datetime) -> Brake:
        """With this lease instead of the incident's former one; the lever is due."""
        others = tuple(x for x in self.leases if x.incident != lease.incident)
        return replace(self, leases=(*others, lease), hold=Hold.SETTING, attempts=0, due_at=due_at)

    def without(self, incident: str, due_at: datetime) -> Brake:
        """Without the incident's lease; the lever is due, for the next lease in line or for what was found."""
        rest = tuple(x for x in self.leases if x.incident != incident)
        if len(rest) == len(self.leases):
            return self
        if self.hold is Hold.FOREIGN:
            return replace(self, leases=rest)
        return replace(self, leases=rest, hold=Hold.SETTING if rest else Hold.RESTORING, attempts=0, due_at=due_at)
