"""The days to come as far as they are known: holidays, and what somebody has planned; and the days that were, without.

A forecast goes on as the days before went. So what was special in them is taken out of them, and what will be special
in those to come is put in: as a range of factors for each day, because nobody knows it to the cent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from statistics import median
from zoneinfo import ZoneInfo

from freio.domain.app import App
from freio.domain.expectation import Expectations
from freio.guard.telemetry import HOUR
from freio.ports import Calendar

DAY = 24
WEEK = 7 * DAY  # hours
DAYS_USUAL = 7
FEW = 2  # of a weekday, at least, for its usual to be known
MOST = Decimal(20)  # times, or parts, of a weekday that a holiday is believed to be
SUNDAY = 6
_ZERO, _ONE = Decimal(0), Decimal(1)

Spans = Sequence[tuple[datetime, datetime]]
Range = tuple[Decimal, Decimal]  # at least and at most so many times what is usual
USUAL: Range = (_ONE, _ONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What people and the calendar say of one app's days.

    ``trouble``   spans whose money is no example of what is to come: confirmed, or running now.
    ``calendar``  of the client's country, where its file names one; days are those of its ``time_zone``.
    """

    expectations: Expectations
    trouble: Spans = ()
    calendar: Calendar | None = None
    time_zone: str = "UTC"

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def rests(self, day: date) -> bool:
        return self.calendar is not None and self.calendar.is_holiday(day)


@dataclass(slots=True)
class Past:
    """An app's hours on end up to `end`, oldest first, seen by the days of its people.

    ``unheard``  those of which not all is known: they cost what they say at least.
    """

    app: App
    hours: Sequence[Decimal]
    end: datetime
    known: Known
    unheard: frozenset[datetime] = frozenset()
    _days: dict[date, list[Decimal]] = field(init=False, default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for at, spent in enumerate(self.hours):
            lost = self.start(at) in self.unheard and at >= WEEK
            self._days[self.day(at)].append(max(spent, self.hours[at - WEEK]) if lost else spent)

    def start(self, at: int) -> datetime:
        return self.end - (len(self.hours) - at) * HOUR

    def day(self, at: int) -> date:
        return self.known.day(self.start(at))

    def plain(self) -> list[Decimal]:
        """The hours as if nothing had been special in them.

        Trouble, and the days for which the client's file or an announcement expected more, cost no more than the middle
        of the same hour of the days before; where the hours begin with such days, of those after them. A holiday costs
        what its weekday does. Hours of which nobody knows anything cost as much as a week before, or where that is not
        known as that hour does.
        """
        out: list[Decimal] = []
        for at, spent in enumerate(self.hours):
            told, is_no_example = spent, self._is_no_example(at)
            if self.start(at) in self.unheard:
                usual = out[at - WEEK] if at >= WEEK else _usual(out, at)
                if usual is not None:
                    told = usual if is_no_example else max(spent, usual)
            elif is_no_example:
                usual = _usual(out, at)
                usual = self._usual_after(at) if usual is None else usual
                told = spent if usual is None else min(spent, usual)
            out.append(self._as_any_day(at, told))
        return out

    def resting(self, weekday: int) -> Range:
        """What a holiday on that weekday is over an ordinary one.

        As the app's own holidays were, the middle of them. Before the first one nobody knows whether the app rests
        when the office does: from as little as a Sunday up to as much as ever. By hand: 100 on a Wednesday and 30 on a
        Sunday are a range of .3 to 1.
        """
        own = [
            sum(self._days[day], _ZERO) / usual
            for day in self._whole()
            if self.known.rests(day) and (usual := self._of_weekday(day.weekday()))
        ]
        if own:
            found = min(MOST, max(1 / MOST, Decimal(median(own))))
            return found, found
        usual, sunday = self._of_weekday(weekday), self._of_weekday(SUNDAY)
        if not usual or sunday is None:
            return _ONE, _ONE
        return min(_ONE, max(1 / MOST, sunday / usual)), _ONE

    def announced(self) -> Decimal:
        """The least that was announced of any hour; 1 where there is one of which nothing was, and which is no trouble.

        Above 1 what would be usual nobody has seen.
        """
        said = (self._announced(at) for at in range(len(self.hours)) if not self._is_in(self.known.trouble, at))
        return min(said, default=_ONE)

    def _is_no_example(self, at: int) -> bool:
        return self._is_in(self.known.trouble, at) or self._announced(at) > 1

    def _announced(self, at: int) -> Decimal:
        day, planned = self.day(at), self.known.expectations.planned
        of_file = (one.factor for one in self.app.expected if one.start <= day <= one.end)
        said = (one.factor for one in planned if self._is_in([(one.start, one.end)], at))
        return max((*of_file, *said), default=_ONE)

    def _is_in(self, spans: Spans, at: int) -> bool:
        start = self.start(at)
        return any(since < start + HOUR and start < until for since, until in spans)

    def _usual_after(self, at: int) -> Decimal | None:
        """The middle of the same hour of up to seven days after it that are an example; None: there are none."""
        later = (self.hours[one] for one in range(at + DAY, len(self.hours), DAY) if not self._is_no_example(one))
        same = list(islice(later, DAYS_USUAL))
        return Decimal(median(same)) if same else None

    def _as_any_day(self, at: int, spent: Decimal) -> Decimal:
        day = self.day(at)
        usual = self._of_weekday(day.weekday()) if self.known.rests(day) and day in self._whole() else None
        if not usual:
            return spent
        whole = sum(self._days[day], _ZERO)
        return spent * usual / whole if whole * MOST > usual else usual / DAY

    def _whole(self) -> list[date]:
        """Days of which every hour is known; one that a clock change has made shorter is one."""
        return [day for day, hours in self._days.items() if len(hours) >= DAY - 1]

    def _of_weekday(self, weekday: int) -> Decimal | None:
        """What such a day usually costs; None: too few are known."""
        same = [
            sum(self._days[day], _ZERO)
            for day in self._whole()
            if day.weekday() == weekday and not self.known.rests(day)
        ]
        return Decimal(median(same)) if len(same) >= FEW else None


def _usual(plain: Sequence[Decimal], at: int) -> Decimal | None:
    same = [plain[at - DAY * back] for back in range(1, DAYS_USUAL + 1) if at >= DAY * back]
    return Decimal(median(same)) if same else None


def coming(past: Past, until: datetime) -> tuple[Range, ...]:
    """For each 24 hours from the end of the past on, as far as `until`, how many times the usual they cost.

    What was planned is *up to* so many times the usual: from once to that. By hand: a sale of four times the usual that
    covers the second half of the coming 24 hours makes them 1 to 2.5 times as dear. Where a sale is all that was seen,
    it goes on as it went: four times that was said by nobody. A sale of eight times after it is up to twice as dear.
    """
    resting: dict[int, Range] = {}
    announced = past.announced()
    found: list[Range] = []
    first = past.end
    while first < until:
        hours = [
            _factor(past, first + n * HOUR, resting, announced) for n in range(DAY) if first + n * HOUR < until
        ]  # the last day may be a part of one
        low, high = (sum(each, _ZERO) / len(hours) for each in zip(*hours, strict=True))
        found.append((low, high))
        first += DAY * HOUR
    return tuple(found)


def _factor(past: Past, at: datetime, resting: dict[int, Range], announced: Decimal) -> Range:
    day = past.known.day(at)
    low, high = _ONE, _ONE
    if past.known.rests(day):
        weekday = day.weekday()
        low, high = resting.setdefault(weekday, past.resting(weekday))
    file = (one.factor for one in past.app.expected if one.start <= day <= one.end)
    planned = max((past.known.expectations.factor(at + timedelta(minutes=30)), *file), default=_ONE)
    return low, high * max(_ONE, planned / announced)
