"""Standing quotas: what the client's file lets each app have in normal times, against what stands at each target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from freio.domain.lever import UNLIMITED, Setting
from freio.domain.phrase import Phrase
from freio.domain.target import Target


class Change(StrEnum):
    """What keeping a quota in place would do at its target."""

    NONE = "as it is"
    SET = "set"
    LOWER = "lower"
    RAISE = "raise"
    LATER = "when the lease ends"  # a lease lives: what it returns to changes, the limit in force does not
    BEYOND = "beyond what is granted"  # an override can only lower; more is asked of Google by an approved raise
    UNSHARED = "not set: shared"  # an app without a quota goes through it as well, so that there is no sum
    LOOSE = "not set: does not bind"
    REMOVE = "take away"  # the file does not ask for it any more: what stood there before comes back

    @property
    def is_set(self) -> bool:
        """Whether something is written."""
        return self in {Change.SET, Change.LOWER, Change.RAISE, Change.LATER, Change.REMOVE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One target and the quota that the file wants there.

    ``places``   the endpoints and models of the last seven days' traffic that go through it: (location, model).
    ``apps``     whose traffic that could be; ``asked`` what the file says of each that has a quota of this `unit`.
    ``stands``   the override there now (None: none), ``granted`` the most that Google grants (None: not limited).
    ``wanted``   the sum of what was asked for; None: there is none.
    ``leased``   by which apps a lease is held there now, and ``returns_to`` what stands there when the last one ends,
                 or when the quota is taken away.
    ``peak``     the highest five minutes of the last seven days, in the unit; ``refused`` the share of that traffic
                 which `wanted` would have refused. None: telemetry does not count this unit.
    ``change``   what would be done, ``reason`` why it would not.
    """

    target: Target
    places: tuple[tuple[str, str], ...]
    unit: str
    apps: tuple[str, ...]
    asked: tuple[tuple[str, int], ...]
    stands: Setting
    granted: int | None
    wanted: int | None
    change: Change
    leased: tuple[str, ...] = ()
    returns_to: Setting = None
    peak: int | None = None
    refused: Decimal | None = None
    reason: Phrase | None = None

    @property
    def is_shared(self) -> bool:
        return len(self.asked) > 1

    @property
    def cuts(self) -> bool:
        """Whether it would have refused something in the last seven days."""
        return bool(self.refused) and self.change.is_set


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuota:
    """A quota that Freio put in place for the file: for which apps, and what stood there ``before`` (None: nothing)."""

    target: Target
    places: tuple[tuple[str, str], ...]
    unit: str
    apps: tuple[str, ...]
    value: int
    before: Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaBook:
    """Every quota that Freio has put in place and not taken away: else one that leaves the file would bind for ever."""

    id: str = "quotas"
    kept: tuple[SetQuota, ...] = ()
    version: int = 0
    due_at: datetime | None = None

    def of(self, target: Target) -> SetQuota | None:
        return next((one for one in self.kept if one.target == target), None)

    def without(self, target: Target) -> QuotaBook:
        return replace(self, kept=tuple(one for one in self.kept if one.target != target))

    def moved(self, old: Target, new: Target) -> QuotaBook:
        """With the quota of one target at another, which took its place."""
        return replace(self, kept=tuple(replace(one, target=new) if one.target == old else one for one in self.kept))

    def having(self, quota: SetQuota) -> QuotaBook:
        """With this one at its target. What stood there before ours stays what it was, whatever ours becomes.

        >>> t = Target("quota", "p", "s", "m", "u")
        >>> first = SetQuota(target=t, places=(), unit="u", apps=("a",), value=600, before=3000)
        >>> book = QuotaBook().having(first).having(replace(first, value=500, before=600))
        >>> [(one.value, one.before) for one in book.kept]
        [(500, 3000)]
        """
        had = self.of(quota.target)
        if had is not None and quota.before == had.value:
            quota = replace(quota, before=had.before)
        others = self.without(quota.target)
        return replace(others, kept=(*others.kept, quota))


def change_of(stands: Setting, wanted: int, granted: int | None, *, leased: bool, returns_to: Setting) -> Change:
    """What setting `wanted` would be, where `stands` stands.

    >>> change_of(None, 500, None, leased=False, returns_to=None)
    <Change.SET: 'set'>
    >>> change_of(800, 500, None, leased=False, returns_to=None)
    <Change.LOWER: 'lower'>
    >>> change_of(None, 900, 700, leased=False, returns_to=None)
    <Change.BEYOND: 'beyond what is granted'>
    >>> change_of(100, 500, None, leased=True, returns_to=None)
    <Change.LATER: 'when the lease ends'>
    """
    if (returns_to if leased else stands) == wanted:
        return Change.NONE
    if granted is not None and wanted > granted:
        return Change.BEYOND
    if leased:
        return Change.LATER
    if not isinstance(stands, int):
        return Change.SET
    return Change.LOWER if stands == UNLIMITED or wanted < stands else Change.RAISE


def asked_of(apps: Sequence[str], asked: Sequence[tuple[str, int]]) -> int | None:
    """The sum of all apps' quotas on one target; None where one of them has none: nothing can be added to no limit.

    >>> asked_of(["a", "b"], [("a", 5), ("b", 7)]), asked_of(["a", "b"], [("a", 5)])
    (12, None)
    """
    return sum(value for _, value in asked) if {name for name, _ in asked} == set(apps) else None
