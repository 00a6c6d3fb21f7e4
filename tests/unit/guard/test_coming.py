"""The days to come, as far as they are known, and the days that were, without what was special in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from freio.domain.app import ExpectedEvent
from freio.domain.expectation import Expectations, Planned
from freio.guard.coming import Known, Past, coming
from freio.guard.forecast import in_days
from tests.unit.guard.watching import HOUR, app

END = datetime(2026, 11, 23, tzinfo=UTC)  # a Monday


class Holidays:
    """Whatever days a test says."""

    def __init__(self, *days: date) -> None:
        self._days = days

    def is_holiday(self, day: date) -> bool:
        return day in self._days


def past(
    days: Sequence[int],
    *holidays: date,
    expected: tuple[ExpectedEvent, ...] = (),
    trouble: tuple[tuple[datetime, datetime], ...] = (),
) -> Past:
    """Days up to the end, each spread over its hours evenly."""
    hours = [Decimal(day) / 24 for day in days for _ in range(24)]
    known = Known(expectations=Expectations(id="chat"), trouble=trouble, calendar=Holidays(*holidays))
    return Past(app(expected=expected), hours, END, known)


def to_come(mine: Past, until: datetime) -> list[tuple[float, float]]:
    return [(round(float(low), 6), round(float(high), 6)) for low, high in coming(mine, until)]


def rounded(days: Sequence[Decimal]) -> list[int]:
    return [round(day) for day in days]


WEEKS = [100, 100, 100, 100, 100, 60, 20] * 3


def test_an_hour_of_which_nobody_knows_is_no_copy_of_last_week_s_trouble_or_sale() -> None:
    """Twelve hours were not heard; those of a week before ran away, which people have confirmed: 100 a day, as ever."""
    mine = past([100] * 21)
    hours = list(mine.hours)
    at = len(hours) - 13
    hours[at - 168 : at - 156] = [Decimal(400)] * 12
    hours[at : at + 12] = [Decimal(0)] * 12
    unheard = frozenset(mine.start(at + n) for n in range(12))
    trouble = (mine.start(at - 168), mine.start(at - 156))
    known = Known(expectations=Expectations(id="chat"), trouble=(trouble,), calendar=Holidays())
    seen = Past(app(), hours, END, known, unheard=unheard)
    assert rounded(in_days(seen.plain())) == [100] * 21


def test_trouble_of_which_not_all_is_known_is_no_base_of_a_forecast() -> None:
    """It runs now, at ten times as much, in an app of which one project cannot be read: a hundred a day, as ever."""
    mine = past([100] * 21)
    hours = list(mine.hours)
    hours[-20:] = [Decimal(42)] * 20
    unheard = frozenset(mine.start(len(hours) - n) for n in range(1, 21))
    known = Known(expectations=Expectations(id="chat"), trouble=((min(unheard), END),), calendar=Holidays())
    assert rounded(in_days(Past(app(), hours, END, known, unheard=unheard).plain())) == [100] * 21
    calm = Known(expectations=Expectations(id="chat"), calendar=Holidays())
    assert rounded(in_days(Past(app(), hours, END, calm, unheard=unheard).plain()))[-1] > 800


def test_before_its_first_holiday_an_app_may_rest_as_on_a_sunday_or_not_at_all() -> None:
    """Nobody knows yet: a fifth of a Wednesday at least, and all of it at most."""
    found = to_come(past(WEEKS, date(2026, 11, 25)), END + timedelta(days=3))
    assert found == [(1, 1), (1, 1), (0.2, 1)]


def test_an_app_s_own_holidays_tell_of_the_next() -> None:
    """It cost 80 on a Friday: as much of a Wednesday, and no Sunday is asked."""
    days = [*WEEKS[:11], 80, *WEEKS[12:]]
    mine = past(days, date(2026, 11, 13), date(2026, 11, 25))
    assert to_come(mine, END + timedelta(days=3))[2] == (0.8, 0.8)
    assert rounded(in_days(mine.plain())) == WEEKS  # and the holiday was no example of a Friday


def test_days_that_the_file_expected_more_of_are_no_example_and_the_next_are_up_to_so_much() -> None:
    """A sale of four times the usual two weeks ago, and again in half of the coming day."""
    days = [*WEEKS[:7], 400, *WEEKS[8:]]
    before = ExpectedEvent(start=date(2026, 11, 9), end=date(2026, 11, 9), factor=Decimal(4), why="sale")
    again = ExpectedEvent(start=date(2026, 11, 23), end=date(2026, 11, 23), factor=Decimal(4), why="sale")
    mine = past(days, expected=(before, again))
    assert rounded(in_days(mine.plain()))[7] == 100
    assert to_come(mine, END + timedelta(days=2)) == [(1, 4), (1, 1)]


def test_a_sale_in_which_the_known_days_begin_is_no_example_either() -> None:
    """Three weeks later its first days are the oldest that are known: those after it say what they usually cost."""
    days = [400] * 4 + [100] * 17
    sale = ExpectedEvent(start=date(2026, 10, 30), end=date(2026, 11, 5), factor=Decimal(4), why="sale")
    assert rounded(in_days(past(days, expected=(sale,)).plain())) == [100] * 21
    trouble = ((END - timedelta(days=30), END - timedelta(days=17)),)
    assert rounded(in_days(past(days, trouble=trouble).plain())) == [100] * 21


def test_a_sale_of_which_alone_is_known_goes_on_as_it_went() -> None:
    """For longer than days are known: it may not cost four times what it does."""
    sale = ExpectedEvent(start=date(2026, 9, 1), end=date(2026, 12, 31), factor=Decimal(4), why="sale")
    mine = past([400] * 21, expected=(sale,))
    assert rounded(in_days(mine.plain())) == [400] * 21
    assert to_come(mine, END + timedelta(days=2)) == [(1, 1), (1, 1)]


def test_a_greater_sale_after_a_sale_of_which_alone_is_known_is_dearer_by_what_was_said() -> None:
    """Up to twice the usual for months, and up to eight tomorrow: four times what has been seen."""
    long = ExpectedEvent(start=date(2026, 9, 1), end=date(2026, 12, 31), factor=Decimal(2), why="launch")
    day = ExpectedEvent(start=date(2026, 11, 24), end=date(2026, 11, 24), factor=Decimal(8), why="sale")
    assert to_come(past([200] * 21, expected=(long, day)), END + timedelta(days=3))[1:] == [(1, 4), (1, 1)]


def test_trouble_beside_a_sale_is_no_day_on_which_nothing_was_announced() -> None:
    """All that is known is a sale, and a day of trouble before it: neither says what is usual."""
    sale = ExpectedEvent(start=date(2026, 11, 3), end=date(2026, 12, 31), factor=Decimal(4), why="sale")
    trouble = ((END - timedelta(days=21), END - timedelta(days=19)),)
    mine = past([900, 900] + [400] * 19, expected=(sale,), trouble=trouble)
    assert to_come(mine, END + timedelta(days=2)) == [(1, 1), (1, 1)]


def test_what_was_announced_in_the_chat_is_no_example_either() -> None:
    """A sale of four times the usual since yesterday, and for a day more: up to 4 times the usual, not 4 times that."""
    day = timedelta(days=1)
    sale = Planned(number=1, start=END - day, end=END + day, factor=Decimal(4), why="sale", by="U1", at=END - day)
    mine = past([*WEEKS[:-1], 80])
    known = replace(mine.known, expectations=Expectations(id="chat", planned=(sale,)))
    there = Past(mine.app, mine.hours, END, known)
    assert rounded(in_days(there.plain()))[-1] == 80
    dear = Past(mine.app, past([*WEEKS[:-1], 400]).hours, END, known)
    assert rounded(in_days(dear.plain()))[-1] == 100
    assert to_come(dear, END + 2 * day) == [(1, 4), (1, 1)]


def test_trouble_costs_no_more_than_the_usual_and_a_dip_in_it_stays_one() -> None:
    """What people confirmed; hours that were cheaper than usual are not made dearer by it."""
    days = [*WEEKS[:-3], 900, 10, 5]
    begun = END - timedelta(days=3)
    mine = past(days, trouble=((begun, END),))
    assert rounded(in_days(mine.plain()))[-3:] == [100, 10, 5]
    assert rounded(in_days(past(days).plain()))[-3:] == [900, 10, 5]


def test_the_last_part_of_a_day_is_judged_by_its_own_hours() -> None:
    """Twelve hours of a holiday are all of what is asked about."""
    assert to_come(past(WEEKS, date(2026, 11, 23)), END + 12 * HOUR) == [(0.2, 1)]


def test_too_short_a_past_says_nothing_of_holidays() -> None:
    """One Sunday is no usual one."""
    assert to_come(past([100] * 8, date(2026, 11, 23)), END + timedelta(days=1)) == [(1, 1)]
