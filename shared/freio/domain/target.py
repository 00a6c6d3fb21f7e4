"""What a lever acts on, and the leases that hold it.

A lease belongs to the target, not to the incident, because several apps may share one target. What stood there is
recorded once, before the first lease is applied; the strictest live lease is in force; what stood there returns when
the last lease ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from freio.domain.lever import Setting, kind_of, strictest_limit
from freio.domain.phrase import Phrase


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """What a lever acts on; for a quota: project x service x metric x unit x dimensions.

    For other levers ``metric`` says what it is (``key``, ``principal``, ``constraints/vertexai.allowedModels``), and
    ``dimensions`` which one; what has no unit has an empty one.

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
    """A claim of one incident on a target: hold it at `value` (or stricter) until `until`.

    ``takes``  what is taken away there (models, services), for a lever that sets no limit; its `value` is 0.
    """

    incident: str
    app: str
    value: int
    since: datetime
    until: datetime
    takes: tuple[str, ...] = ()


class Hold(StrEnum):
    """Where a target stands between what is wanted and what was read back."""

    SETTING = "setting"  # leases live; the wanted value has not been read back yet
    HELD = "held"  # leases live; the wanted value was read back; while due, it is looked at once more
    RESTORING = "restoring"  # no lease lives; what stood there has not been read back yet
    SETTLING = "settling"  # let go; looked at once more, in case a call that we gave up took effect late
    FREE = "free"  # nothing of ours is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """The record of one target: what stood there, who holds it, what we wrote.

    ``found``      what stands there without us: what stood before our first lease (None: nothing), or what somebody
                   else has set since.
    ``returns_to`` the standing quota that was asked for while a lease lives: what stands there instead of `found` once
                   the last one ends. None: nothing was asked for.
    ``as_quota``   what stands there or is on its way back there is a standing quota of the client's file.
    ``found_known`` False until `found` was read; it is stored before the lever is called.
    ``ours``       every value that may stand there by our doing: what was found, until our own was read back and has
                   settled, and what we wrote or tried to write. Any other value is somebody else's.
    ``standing``   what was last read there (None: nothing).
    ``planned``    what a lever that sets no limit makes of `found` for the leases there were when it was last driven.
    ``attempts``   looks in a row that did not get there, and why the last one did not (``error``).
    ``rejected``   the last look failed in a way that only a person can change.
    ``claimed_until``  somebody is at it, and may have a lever call on its way (None: nobody).
    ``late_until``     what was wanted changed while somebody was at it, whose call may still come last until then.
    ``gone``       it was deleted or replaced at the last look, and every lease ended with it.
    """

    target: Target
    version: int = 0
    hold: Hold = Hold.FREE
    found: Setting = None
    found_known: bool = False
    returns_to: int | None = None
    as_quota: bool = False
    leases: tuple[Lease, ...] = ()
    ours: tuple[Setting, ...] = ()
    standing: Setting = None
    planned: Setting = None
    attempts: int = 0
    error: Phrase | None = None
    rejected: bool = False
    gone: bool = False
    due_at: datetime | None = None
    claimed_until: datetime | None = None
    late_until: datetime | None = None

    @property
    def id(self) -> str:
        return self.target.id

    @property
    def limits(self) -> bool:
        """Whether a number stands there."""
        return kind_of(self.target.lever).limits

    @property
    def wanted(self) -> Setting:
        """What should stand there now; None: nothing. A throttle never loosens what was found.

        >>> from datetime import UTC
        >>> at = datetime(2026, 11, 1, tzinfo=UTC)
        >>> lease = Lease(incident="i", app="a", value=200, since=at, until=at)
        >>> t = Target("quota", "p", "s", "m", "u")
        >>> Brake(target=t, found=150, found_known=True, leases=(lease,)).wanted
        150
        """
        if not self.leases:
            return self.found
        return strictest_limit(self.found, (lease.value for lease in self.leases)) if self.limits else self.planned

    @property
    def strictest(self) -> tuple[Lease, ...]:
        """The leases by whose authority it is set: those that ask for the strictest limit.

        Where something is taken away, each lease asks for its own part of it.
        """
        value = min((lease.value for lease in self.leases), default=None)
        return tuple(lease for lease in self.leases if lease.value == value)

    def is_ours(self, value: Setting) -> bool:
        """Whether this value may stand there by our doing; None (nothing) can be ours: we delete overrides."""
        return value in self.ours

    def touched(self) -> Brake:
        """As it is written down before the lever is called: what is wanted will be our doing, whatever comes of it."""
        return self if self.wanted in self.ours else replace(self, ours=(*self.ours, self.wanted))

    def seen_free(self, standing: Setting) -> Brake:
        """Before a first lease: what stands there is what was found, unless it is a remainder of our last lease."""
        known = self.found_known and (standing == self.found or self.is_ours(standing))
        found = self.found if known else standing
        ours = self.ours if found in self.ours else (*self.ours, found)
        return replace(self, found=found, found_known=True, ours=ours, as_quota=known and self.as_quota)

    def lease_of(self, incident: str) -> Lease | None:
        return next((lease for lease in self.leases if lease.incident == incident), None)

    def with_lease(self, lease: Lease, due_at: datetime) -> Brake:
        """With this lease instead of the incident's former one; the lever is due."""
        others = tuple(x for x in self.leases if x.incident != lease.incident)
        return self._due((*others, lease), due_at)

    def without(self, incident: str, due_at: datetime) -> Brake:
        """Without the incident's lease; the lever is due, for the next lease in line or for what was found."""
        rest = tuple(x for x in self.leases if x.incident != incident)
        return self if len(rest) == len(self.leases) else self._due(rest, due_at)

    def standing_at(self, value: int, seen: Setting, due_at: datetime) -> Brake:
        """Where a standing quota is asked for: at once over what was `seen` there; under a lease, when the last ends.

        The limit in force under a lease stays as it is. Without one, what stands there by then and is not what was
        seen is somebody else's, and is left.
        """
        if self.leases:
            return replace(self, returns_to=value)
        ours = tuple(dict.fromkeys((*self.ours, seen, value)))
        asked = replace(self, found_known=True, returns_to=value, ours=ours)
        return asked._due((), due_at)  # noqa: SLF001  # its own

    def quota_gone(self, before: Setting, seen: Setting, due_at: datetime) -> Brake:
        """Where a standing quota is taken away that no lease is on: what stood there `before` it comes back."""
        assert not self.leases, "a lease returns to what it found"
        ours = tuple(dict.fromkeys((*self.ours, seen, before)))
        freed = replace(self, found=before, found_known=True, returns_to=None, as_quota=False, ours=ours)
        return freed._due((), due_at)  # noqa: SLF001  # its own

    def due_again(self, due_at: datetime) -> Brake:
        """To be driven anew, because what stands there may not be what was last read."""
        return self._due(self.leases, due_at) if self.found_known else self

    def _due(self, leases: tuple[Lease, ...], due_at: datetime) -> Brake:
        late_until = self.claimed_until or self.late_until
        anew = replace(self.untroubled(), leases=leases, due_at=due_at, late_until=late_until)
        if leases:
            return replace(anew, hold=Hold.SETTING)
        freed = replace(anew, hold=Hold.RESTORING)
        if self.returns_to is None:
            return freed
        return replace(freed, found=self.returns_to, returns_to=None, as_quota=True)

    def untroubled(self) -> Brake:
        """Without its failures so far: it got there, or something else is wanted now."""
        return replace(self, attempts=0, error=None, rejected=False, gone=False, claimed_until=None)

    def left(self, standing: Setting, due_at: datetime) -> Brake:
        """Somebody else's value is what stands there now. Our claims end; a late call of ours is undone once more."""
        left = replace(self.untroubled(), leases=(), found=standing, standing=standing, returns_to=None, as_quota=False)
        return replace(left, hold=Hold.SETTLING, due_at=due_at)
