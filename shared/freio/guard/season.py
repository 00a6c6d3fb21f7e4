"""What the calendar makes of an hour: a factor, so that a detector without a calendar compares like with like.

A holiday's hours are to be held against earlier ones, those of a month's end (or start) against theirs. Of its first
holiday nobody knows yet whether an app rests: it may cost what the day does or what a Sunday does, whichever is more.
So the hour is divided by what such days were over what would have been usual, and the detector is shown the rest. Each
factor is worked out from earlier hours alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from statistics import median
from zoneinfo import ZoneInfo

from freio.domain.season import DayKind, kind_of
from freio.domain.spend import Score
from freio.guard.telemetry import HOUR, floor_hour
from freio.ports import Calendar

DAY = 24
DAYS_USUAL = 7
WEEKS_BEFORE = (14, 21)  # days: the same weekday two and three weeks ago
SUNDAYS = 28  # days in which they are looked for
FEW = 2  # days of its kind that a factor is worked out from at least
BOUNDS = (1 / 3, 3.0)  # a detector's shape of the day stays what it was

Series = list[float]


@dataclass(frozen=True, slots=True)
class Days:
    """The local day of each hour of a series that ends now, and what kind of day it is."""

    days: Sequence[date]
    kinds: Mapping[date, DayKind]

    def kind(self, at: int) -> DayKind:
        return self.kinds[self.days[at]]


def days_of(count: int, now: datetime, time_zone: str, calendar: Calendar) -> Days:
    """Of so many hours up to the one that ends now; of that one, the day that most of it lies in."""
    zone, last = ZoneInfo(time_zone), count - 1
    starts = [floor_hour(now) - (last - at) * HOUR for at in range(last)]
    days = [start.astimezone(zone).date() for start in (*starts, now - HOUR / 2)]
    return Days(days, {day: kind_of(day, calendar.is_holiday) for day in set(days)})


def factors(hours: Sequence[float], days: Days) -> tuple[Series, Series]:
    """The factor of each hour (1: nothing special), and the hours over their factors; NaN stays NaN."""
    out: Series = []
    plain: Series = []
    seen = _Seen(days)
    for at, spent in enumerate(hours):
        usual = usual_at(plain, at)
        factor = seen.factor(at, usual)
        out.append(factor)
        plain.append(spent / factor)
        if not math.isnan(spent):
            seen.note(at, spent, usual)
    return out, plain


def usual_at(plain: Series, at: int) -> float:
    """As the detector has it: the middle of the same hour of seven days, or last week's weekday where that is more.

    Or what that weekday was both two and three weeks ago: a week in which everybody was away is no measure of the next.
    """
    same = [value for value in _ago(plain, at, range(1, DAYS_USUAL + 1)) if not math.isnan(value)]
    if not same:
        return math.nan
    usual = [median(same), *_ago(plain, at, (DAYS_USUAL,))]
    before = _ago(plain, at, WEEKS_BEFORE)
    if len(before) == len(WEEKS_BEFORE) and not any(map(math.isnan, before)):
        usual.append(min(before))
    return max(value for value in usual if not math.isnan(value))


def _ago(plain: Series, at: int, days: Sequence[int]) -> Series:
    """The same hour of so many days before, as far as they are known."""
    return [plain[at - DAY * back] for back in days if at >= DAY * back]


@dataclass(slots=True)
class _Seen:
    """What special days were, as far as they have been seen.

    ``rest``   of Sundays and of holidays, by the hour of the day: which hour of the series it was, and what it cost.
    ``whole``  of the edges of months, by day: what was spent, and what would have been usual.
    """

    days: Days
    rest: dict[tuple[DayKind, int], list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    whole: dict[DayKind, dict[date, tuple[float, float]]] = field(default_factory=lambda: defaultdict(dict))

    def factor(self, at: int, usual: float) -> float:
        """What days of its kind were over what was usual; 1 where there are too few, or nothing is usual."""
        kind = self.days.kind(at)
        if kind in {DayKind.ORDINARY, DayKind.SUNDAY} or not usual > 0:
            return 1.0
        if kind is DayKind.HOLIDAY:
            return self._as_at_rest(at, usual)
        today = self.days.days[at]
        months = [day for day in self.whole[kind] if (day.year, day.month) != (today.year, today.month)]
        past = [spent / usually for day, (spent, usually) in self.whole[kind].items() if day < today and usually > 0]
        return _bounded(median(past)) if len(months) >= FEW and past else 1.0

    def _as_at_rest(self, at: int, usual: float) -> float:
        """As holidays were; before the first one, as Sundays, where those cost more than the day usually does.

        Never less than usual on a guess: not every app rests when the office does, and one that has quiet Sundays and
        works on holidays would be told of on its first one. By hand: 20 on Sundays and 100 on a Tuesday leave a first
        holiday's Tuesday at 100; 150 on Sundays make it 150.
        """
        holidays = [spent for _, spent in self.rest[DayKind.HOLIDAY, at % DAY]]
        sundays = [spent for then, spent in self.rest[DayKind.SUNDAY, at % DAY] if at - then <= SUNDAYS * DAY]
        if holidays:
            return _bounded(median(holidays) / usual)
        return max(1.0, _bounded(median(sundays) / usual)) if len(sundays) >= FEW else 1.0

    def note(self, at: int, spent: float, usual: float) -> None:
        kind, day = self.days.kind(at), self.days.days[at]
        if kind.rests:
            self.rest[kind, at % DAY].append((at, spent))
        elif kind is not DayKind.ORDINARY and not math.isnan(usual):
            before = self.whole[kind].get(day, (0.0, 0.0))
            self.whole[kind][day] = before[0] + spent, before[1] + usual


def _bounded(factor: float) -> float:
    return min(max(factor, BOUNDS[0]), BOUNDS[1])


def in_money(score: Score, hours: Sequence[float], seasons: Sequence[float]) -> Score:
    """A score of hours that were shown over their factors, with its amounts as they are."""
    many = len(score.normal)
    normal = tuple(value * factor for value, factor in zip(score.normal, seasons[len(seasons) - many :], strict=True))
    usual = score.usual * seasons[-1]
    lasted = min(score.hours, many)
    over = zip(hours[len(hours) - lasted :], normal[many - lasted :], strict=True)
    excess = sum(max(0.0, spent - usually) for spent, usually in over if not math.isnan(spent))
    return replace(score, usual=usual, normal=normal, excess=excess if lasted else score.excess, season=seasons[-1])
