"""What the newest bills are of estimates: by days that end at any hour, for a calendar's day is settled much later.

A single hour says nothing. One of a few tokens may have been billed by a row that belongs to another hour, and one of
much traffic by a correction; nights are billed otherwise than days. So 24 hours are taken together, by their money, and
more where it takes more to come to the money of a day: a quiet Sunday is looked at together with its Saturday.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from freio.guard.quantile import MIDDLE, quantile

_DAY = timedelta(hours=24)
_ZERO = Decimal(0)

Hours = Mapping[datetime, tuple[Decimal, Decimal]]
"""Of one traffic, by hour: what was billed, and the estimate, where there are both."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day's bills over their estimates: of all together (``whole``), and of the hour with the middle of the money.

    By hand: 22 hours of 1 USD billed at 0.02, one of 1 USD at 3 (a correction), and one of 0.0001 USD at 100 (a late
    row). All together 3.45 of 23 is 0.15; half of the money is billed at 0.02 or less. They do not agree on more
    than 0.02. Credits that ran out 14 hours ago: 10 hours at 0.02 and 14 at 1, which is 0.59 and 1: both say so.
    """

    whole: Decimal
    middle: Decimal

    @property
    def least(self) -> Decimal:
        return min(self.whole, self.middle)

    @property
    def most(self) -> Decimal:
        return max(self.whole, self.middle)


@dataclass(frozen=True, slots=True)
class Lately:
    """``settled`` the newest day whose bills are all there. ``since`` the dearest that ends after it.

    Rows that come late mostly add to bills, so that the dearest is about the least that the ratio of now can be.
    """

    settled: Day | None = None
    since: Day | None = None


def lately(hours: Hours, settled: datetime, days: Sequence[Decimal]) -> Lately:
    """Of one traffic; `days` are the estimates of its settled days: a middling one is what a day's money is."""
    enough = quantile(((amount, Decimal(1)) for amount in days), MIDDLE)
    there = sorted(((at, *both) for at, both in hours.items() if both[1] > 0), reverse=True)
    before = (_day(there, at, enough) for at, hour in enumerate(there) if hour[0] < settled)
    since = [_day(there, at, enough) for at, hour in enumerate(there) if hour[0] >= settled]
    return Lately(
        settled=next((day for day in before if day is not None), None),
        since=max((day for day in since if day is not None), key=lambda day: day.least, default=None),
    )


def _day(newest_first: Sequence[tuple[datetime, Decimal, Decimal]], at: int, enough: Decimal) -> Day | None:
    """The day that ends with an hour of these; None: there is less than a day's money up to then."""
    end = newest_first[at][0]
    whole = guesses = _ZERO
    parts = []
    for hour, billed, guessed in newest_first[at:]:
        if end - hour >= _DAY and guesses >= enough:
            break
        whole, guesses = whole + billed, guesses + guessed
        parts.append((billed / guessed, guessed))
    return Day(whole / guesses, quantile(parts, MIDDLE)) if guesses >= enough else None
