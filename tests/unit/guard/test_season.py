"""Holidays and month ends: compared with their like, by a detector that knows no calendar."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.adapters.detector.adapter import PyodDetector
from freio.adapters.detector.paces import PaceRecords
from freio.adapters.detector.windows import usual
from freio.adapters.holiday_calendar import HolidayCalendar
from freio.domain.money import SpendRange
from freio.domain.season import DayKind, kind_of
from freio.domain.spend import Score
from freio.errors import SettingsError
from freio.guard.judge import judged
from freio.guard.meter import Reading, Readings
from freio.guard.season import days_of, factors, usual_at
from freio.ports import Calendar
from tests.unit.guard.watching import HOUR, client, usd

GOOD_FRIDAY, TIRADENTES = date(2026, 4, 3), date(2026, 4, 21)  # the second is a Tuesday


@dataclass(frozen=True)
class Holidays:
    """`Calendar` with the days that a test names."""

    days: frozenset[date] = frozenset()

    def is_holiday(self, day: date) -> bool:
        return day in self.days


def office(now: datetime, days: int, closed: frozenset[date] = frozenset({GOOD_FRIDAY, TIRADENTES})) -> list[float]:
    """Spend of an app that office hours make: on Sundays and when it is closed a tenth of a hundred; a little noise."""
    rng = np.random.default_rng(5)
    hours = []
    for back in range(24 * days - 1, -1, -1):
        day = (now - back * HOUR - HOUR / 2).date()
        level = 10 if day.weekday() == 6 or day in closed else 100
        hours.append(level * float(1 + 0.05 * rng.random()))
    return hours


def scored(hours: list[float], now: datetime, calendar: Calendar | None) -> Score:
    whole = replace(client(), time_zone="UTC")
    reading = Reading(
        app="chat",
        at=now,
        first_hour=now - (len(hours) - 1) * HOUR,
        hours=tuple(Decimal(str(round(hour, 3))) for hour in hours),
        spend=SpendRange.zero("USD"),
        rate=usd(1),
    )
    readings = Readings(at=now, apps={"chat": reading}, shares={}, usd_rate=None)
    return judged(whole, readings, PyodDetector(), PaceRecords(), now, calendar=calendar)["chat"]


AFTERNOON = datetime(2026, 4, 21, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(("spent", "is_found"), [(10, False), (15, False), (100, True), (150, True)])
def test_a_workdays_spend_on_a_holiday_is_found(spent: float, is_found: bool) -> None:
    """For six hours as on any Tuesday, when the office is closed: only a calendar can tell."""
    hours = office(AFTERNOON, 35)
    hours[-6:] = [spent] * 6
    calendar = HolidayCalendar("BR", "SP")
    assert (scored(hours, AFTERNOON, calendar).value >= 1) is is_found
    if spent <= 100:
        assert scored(hours, AFTERNOON, None).value < 1


FIRST = datetime(2026, 4, 3, 15, 0, tzinfo=UTC)  # Good Friday, the first holiday of the history


def test_an_app_that_does_not_rest_on_holidays_is_not_told_of_on_its_first() -> None:
    """Its Sundays are low, and on Good Friday it went on, as on every later holiday."""
    calendar = HolidayCalendar("BR")
    assert scored(office(FIRST, 35, frozenset()), FIRST, calendar).value < 1
    assert scored(office(AFTERNOON, 35, frozenset()), AFTERNOON, calendar).value < 1


def test_a_runaway_on_the_first_holiday_is_found_all_the_same() -> None:
    """Three times what the day usually costs is so much on any day."""
    hours = office(FIRST, 35)
    hours[-6:] = [300.0] * 6
    assert scored(hours, FIRST, HolidayCalendar("BR")).value >= 1


def test_before_the_first_holiday_a_dear_sunday_widens_what_is_usual_and_a_quiet_one_narrows_nothing() -> None:
    """Who plays on Sundays may play on holidays."""
    for level, factor in ((10.0, 1.0), (150.0, 1.5)):
        sundays = {n for n in range(35) if (FIRST - timedelta(days=n)).weekday() == 6}
        hours = [level if at // 24 in sundays else 100.0 for at in range(24 * 35 - 1, -1, -1)]
        days = days_of(len(hours), FIRST.replace(hour=23, minute=59), "UTC", Holidays(frozenset({GOOD_FRIDAY})))
        assert factors(hours, days)[0][-1] == pytest.approx(factor)


def test_what_is_usual_on_a_holiday_is_said_in_money() -> None:
    """A third of the workday at least: no factor makes more of a day than that. The excess is what was really spent."""
    hours = office(AFTERNOON, 35)
    hours[-6:] = [100.0] * 6
    found = scored(hours, AFTERNOON, Holidays(frozenset({GOOD_FRIDAY, TIRADENTES})))
    assert found.usual == pytest.approx(34, abs=2)
    assert found.normal[-1] == pytest.approx(found.usual)
    assert found.season == pytest.approx(1 / 3)
    assert found.excess == pytest.approx((100 - 34) * found.hours, rel=0.1)


def month_ends(now: datetime, days: int, times: float) -> list[float]:
    """Spend of an app that closes the books: so many times as much on the last two days of a month."""
    rng = np.random.default_rng(6)
    hours = []
    for back in range(24 * days - 1, -1, -1):
        day = (now - back * HOUR - HOUR / 2).date()
        busy = (day + timedelta(days=2)).month != day.month
        hours.append(100 * (times if busy else 1) * float(1 + 0.05 * rng.random()))
    return hours


def test_a_month_end_is_held_against_the_last_one() -> None:
    """Two and a half times the usual was so on the last two days of the month before; more than that was not."""
    now = datetime(2026, 4, 30, 3, 0, tzinfo=UTC)
    hours = month_ends(now, 40, 2.5)
    assert scored(hours, now, Holidays()).value < 1 <= scored(hours, now, None).value
    more = [*hours[:-6], *[600.0] * 6]
    assert scored(more, now, Holidays()).value >= 1


def test_without_an_earlier_month_end_nothing_is_special() -> None:
    """Of one alone nobody knows whether it is always so."""
    now = datetime(2026, 4, 30, 3, 0, tzinfo=UTC)
    hours = month_ends(now, 20, 2.0)
    assert set(factors(hours, days_of(len(hours), now, "UTC", Holidays()))[0]) == {1.0}


@given(
    st.lists(st.floats(0, 1000) | st.just(math.nan), min_size=24 * 9, max_size=24 * 9),
    st.sets(st.dates(date(2026, 4, 10), date(2026, 5, 5)), max_size=4),
)
def test_factors_look_at_nothing_later(hours: list[float], holidays: set[date]) -> None:
    """And stay within their bounds; on ordinary days there is none."""
    now = datetime(2026, 5, 3, 12, 20, tzinfo=UTC)
    days = days_of(len(hours), now, "America/Sao_Paulo", Holidays(frozenset(holidays)))
    whole, plain = factors(hours, days)
    part = factors(hours[: 24 * 7], days)[0]
    assert whole[: 24 * 7] == part
    assert all(1 / 3 <= factor <= 3 for factor in whole)
    assert all(whole[at] == 1 for at in range(len(hours)) if days.kind(at) in {DayKind.ORDINARY, DayKind.SUNDAY})
    assert [math.isnan(hour) for hour in plain] == [math.isnan(hour) for hour in hours]


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 4, 21), DayKind.HOLIDAY),
        (date(2026, 4, 19), DayKind.SUNDAY),
        (date(2026, 4, 28), DayKind.ORDINARY),
        (date(2026, 4, 29), DayKind.MONTH_END),
        (date(2026, 2, 28), DayKind.MONTH_END),
        (date(2026, 12, 31), DayKind.MONTH_END),
        (date(2026, 5, 2), DayKind.MONTH_START),
        (date(2026, 5, 1), DayKind.HOLIDAY),
        (date(2026, 5, 3), DayKind.SUNDAY),
    ],
)
def test_what_a_day_is(day: date, kind: DayKind) -> None:
    """By Brazil's calendar."""
    assert kind_of(day, HolidayCalendar("BR").is_holiday) is kind


def test_parts_of_a_country_have_holidays_of_their_own() -> None:
    """9 July is São Paulo's."""
    day = date(2026, 7, 9)
    assert HolidayCalendar("BR", "SP").is_holiday(day)
    assert not HolidayCalendar("BR").is_holiday(day)


@pytest.mark.parametrize(("country", "part", "said"), [("XK", "QQ", "no part 'QQ'"), ("AQX", None, "no calendar of")])
def test_a_calendar_that_nobody_knows_stops_the_start(country: str, part: str | None, said: str) -> None:
    """Days that are judged by no calendar, where one was asked for, would be wrong in silence."""
    with pytest.raises(SettingsError, match=said):
        HolidayCalendar(country, part)


def test_a_local_day_is_the_clients() -> None:
    """Half past one in UTC is the evening before in São Paulo."""
    now = datetime(2026, 4, 22, 2, 0, tzinfo=UTC)
    days = days_of(3, now, "America/Sao_Paulo", Holidays(frozenset({TIRADENTES})))
    assert [days.kind(at) for at in range(3)] == [DayKind.HOLIDAY] * 3


def test_what_is_usual_is_what_the_detector_calls_usual() -> None:
    """From the second week on: in the first one the detector lets the days that there are stand in for the others."""
    hours = np.random.default_rng(1).gamma(2, 5, 40 * 24)
    known = [usual_at(hours.tolist(), at) for at in range(len(hours))]
    assert known[7 * 24 :] == pytest.approx(usual(hours[:, np.newaxis])[7 * 24 :, 0].tolist())


def test_a_holiday_after_a_week_away_is_held_against_what_the_app_was_before() -> None:
    """It works on holidays, as its last one showed: against a quiet week each would be three times the usual."""
    first, now = date(2026, 4, 3), datetime(2026, 4, 21, 18, tzinfo=UTC)
    hours = [100.0] * (24 * 37 + 18)
    hours[-(24 * 7 + 18) : -18] = [10.0] * (24 * 7)
    days = days_of(len(hours), now, "UTC", Holidays(frozenset({first, now.date()})))
    assert factors(hours, days)[0][-18:] == [1.0] * 18
