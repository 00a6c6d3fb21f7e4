"""A sale that was announced teaches the detectors nothing: before it, in it, at both its ends and after it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from freio.adapters.detector.adapter import Budget, PyodDetector
from freio.adapters.detector.paces import PaceRecords
from freio.domain.app import App, ExpectedEvent
from freio.domain.expectation import KEPT, Expectations, Planned
from freio.domain.money import SpendRange
from freio.domain.spend import Pace, Score
from freio.guard.announced import factors_of, plain
from freio.guard.backtest import backtest
from freio.guard.detect import Finding, detect
from freio.guard.history import History
from freio.guard.judge import judged
from freio.guard.meter import WITH_MONTH_ENDS, Reading, Readings
from freio.guard.token_rate import TokenRate
from tests.unit.guard.test_backtest import line
from tests.unit.guard.watching import FLASH, HOUR, PROJECT, FakeDetector, app, client, usd

DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 40
SALE = (FIRST + 20 * DAY + 10 * HOUR, FIRST + 25 * DAY + 22 * HOUR)  # five days and a half
FACTOR = 4
PLANNED = Planned(number=1, start=SALE[0], end=SALE[1], factor=Decimal(FACTOR), why="sale", by="U1", at=SALE[0] - DAY)
SAID = Expectations(id="chat", count=1, planned=(PLANNED,))
NOTHING = Expectations(id="chat")


def hours(times: float = FACTOR, seed: int = 3) -> list[float]:
    """Forty days, dearer by day than by night, and so many times as dear in the sale."""
    rng = np.random.default_rng(seed)
    by_day = np.array([10 if 12 <= hour < 22 else 4 for hour in range(24)] * DAYS) * (1 + 0.1 * rng.random(24 * DAYS))
    since, until = (int((at - FIRST) / HOUR) for at in SALE)
    by_day[since:until] *= times
    return [round(float(value), 2) for value in by_day]


def look(
    spent: Sequence[float],
    now: datetime,
    known: Expectations = SAID,
    *,
    budget: float | None = None,
    one: App | None = None,
) -> tuple[Finding, Score]:
    """What is found at the end of an hour, by the detector of production, of what was spent until then."""
    one, shown = one or app(), spent[: int((now - FIRST) / HOUR)][-24 * 28 :]
    whole = client(one, time_zone="UTC")
    reading = Reading(
        app="chat",
        at=now,
        first_hour=now - (len(shown) - 1) * HOUR,
        hours=tuple(Decimal(str(hour)) for hour in (*shown[1:], shown[-1])),  # the last one ends now, and has begun
        spend=SpendRange.zero("USD"),
        rate=usd(str(shown[-1])),
    )
    readings = Readings(at=now, apps={"chat": reading}, shares={}, usd_rate=None)
    detector = PyodDetector(Budget(alerts=budget, gate=5.0) if budget else None)
    scores = judged(whole, readings, detector, PaceRecords(), now, known={"chat": known})
    return detect(whole, one, reading, scores, budgets=(), known=known, allowance=None, now=now), scores["chat"]


def risen(spent: Sequence[float], at: datetime, many: int, times: float) -> list[float]:
    """With so many hours up to `at` that cost so many times what they did."""
    until = int((at - FIRST) / HOUR)
    return [hour * times if until - many <= n < until else hour for n, hour in enumerate(spent)]


def test_a_sale_hides_no_runaway_after_it() -> None:
    """Of as much as the sale was: it was its own record for four weeks, and what came after was none."""
    noon = SALE[1] + 6 * DAY - 5 * HOUR
    spent = risen(hours(), noon, 2, FACTOR)
    assert not look(spent, noon, NOTHING)[0].is_odd
    assert look(spent, noon)[0].is_odd
    assert not look(hours(), noon)[0].is_odd


def test_the_first_normal_days_after_a_sale_are_normal() -> None:
    """At its end, in the night after it and on the days that follow: nothing is told, and the usual is the old one."""
    for times in (1, 2, FACTOR):  # "up to" is often less
        spent = hours(times)
        for after in (*range(1, 30), 36, 48, 60, 100, 170):
            found, score = look(spent, SALE[1] + after * HOUR)
            assert not found.is_odd, (times, after)
            begins = int((SALE[1] - FIRST) / HOUR) + after  # whose usual is known as the hour before it ends
            assert score.usual == pytest.approx(hours(1)[begins], rel=0.15)


def test_the_usual_in_a_long_sale_stays_what_it_was() -> None:
    """After four days of it the median of seven was of the sale, and four times that was expected."""
    late = SALE[1] - 4 * HOUR
    assert look(hours(), late)[1].usual == pytest.approx(10.5, rel=0.1)
    assert look(hours(), late)[0].normal[-1] == pytest.approx(42, rel=0.1)


@pytest.mark.parametrize("hour", [0, 1, 3, 24, 60, 110, 131])
def test_a_sale_as_it_was_announced_is_nothing_odd(hour: int) -> None:
    """From its first hour to its last, and in the hour before it."""
    assert not look(hours(), SALE[0] + hour * HOUR)[0].is_odd
    assert look(hours(), SALE[0] + hour * HOUR)[1].value < 1


def test_a_runaway_within_a_sale_is_found_and_held() -> None:
    """Three times what was announced, on its second day and on its fifth: in its hours, and while it goes on."""
    for day in (1, 4):
        began = SALE[0] + day * DAY + 5 * HOUR
        for many in (2, 3, 6, 20):
            now = began + many * HOUR
            found, score = look(risen(hours(), now, many, 3), now)
            assert found.is_odd, (day, many)
            [signal] = [one for one in found.signals if one.kind.is_shape]
            assert signal.usual.amount == pytest.approx(Decimal(str(score.usual * FACTOR)), rel=Decimal("0.001"))


def test_a_sale_raises_no_threshold() -> None:
    """Its hours fired nothing that anybody was told of: as alerts of the past, they made all others harder to tell."""
    now = SALE[1] + 6 * DAY
    calm, raised, kept = (
        look(spent, now, known, budget=0.25)[1].calibration
        for spent, known in ((hours(1), NOTHING), (hours(), NOTHING), (hours(), SAID))
    )
    assert calm is not None
    assert raised is not None
    assert kept is not None
    assert kept.threshold == pytest.approx(calm.threshold)
    assert raised.threshold > kept.threshold


def test_what_the_file_expects_is_taken_out_too() -> None:
    """Whole days, of the client's time zone; in production and in a backtest alike."""
    event = ExpectedEvent(start=date(2026, 11, 21), end=date(2026, 11, 26), factor=Decimal(FACTOR), why="sale")
    selling = app(expected=(event,))
    noon = SALE[1] + 6 * DAY - 5 * HOUR
    spent = risen(hours(), noon, 2, FACTOR)
    assert look(spent, noon, NOTHING, one=selling)[0].is_odd
    until = int((noon - FIRST) / HOUR)
    lines = [line(n, str(hour)) for n, hour in enumerate(spent[:until])]
    found = backtest(client(selling, time_zone="UTC"), History.of(lines), PyodDetector())
    assert [alert.at for alert in found.alerts][-1] in {noon - HOUR, noon}
    assert all(alert.at >= noon - HOUR for alert in found.alerts)


def test_paces_of_a_sale_are_no_records() -> None:
    """Tokens come four times as fast in it; the jumps of its hours are as much less as they are."""
    now = SALE[1] + 6 * DAY + 17 * HOUR
    tokens = [round(hour * 10**6) for hour in hours()[: int((now - FIRST) / HOUR)][-24 * 14 :]]
    jumps = [max(0, pace - max(tokens[max(0, at - 3) : at], default=pace)) for at, pace in enumerate(tokens)]
    rate = TokenRate(project=PROJECT, model=FLASH, hours=tuple(tokens), jumps=tuple(jumps), cost=Decimal(20))
    reading = Reading(
        app="chat",
        at=now,
        first_hour=now,
        hours=(Decimal(10),) * 24,
        spend=SpendRange.zero("USD"),
        rate=usd(20),
        tokens=(rate,),
    )
    readings = Readings(at=now, apps={"chat": reading}, shares={}, usd_rate=None)
    detector = FakeDetector()
    judged(client(time_zone="UTC"), readings, detector, detector, now, known={"chat": SAID})
    pace = detector.shown[f"chat/{PROJECT}/{FLASH} tokens"]
    assert isinstance(pace, Pace)
    assert max(tokens) > 40 * 10**6
    assert max(pace.peaks) < 12 * 10**6
    assert max(pace.jumps) < 8 * 10**6 < max(jumps)


@pytest.mark.parametrize(
    ("spent", "shown"),
    [(40.0, 10.0), (20.0, 10.0), (10.0, 10.0), (3.0, 3.0), (0.0, 0.0), (80.0, 20.0), (math.nan, math.nan)],
)
def test_an_hour_is_shown_as_what_went_beyond(spent: float, shown: float) -> None:
    """Ten is usual, and four times that was announced: never less than usual for it, nor more than it was."""
    found = plain([*[10.0] * 48, spent], [*[Decimal(1)] * 48, Decimal(4)])
    assert found[:48] == [10.0] * 48
    assert found[48] == pytest.approx(shown, nan_ok=True)


def test_a_sale_hides_no_runaway_when_its_beginning_is_forgotten() -> None:
    """Four weeks after it began, records begin within it: its days must not come back as what they were."""
    spent = [*hours(), *hours(1)]
    for day in (28, 29, 31):
        now = SALE[0] + day * DAY + 4 * HOUR
        assert look(risen(spent, now, 2, 3), now)[0].is_odd
        assert not look(spent, now)[0].is_odd


def test_a_sale_that_is_longer_than_records_are_kept_is_not_expected_on_top_of_itself() -> None:
    """For a month of it the usual is still what it was: a runaway of three times that is told, there and in a file."""
    since, until = FIRST + 5 * DAY, FIRST + 70 * DAY
    said = replace(SAID, planned=(replace(PLANNED, start=since, end=until),))
    event = ExpectedEvent(start=since.date(), end=until.date(), factor=Decimal(FACTOR), why="sale")
    spent = [hour * FACTOR if n >= 24 * 5 else hour for n, hour in enumerate(hours(1))]
    now = FIRST + 37 * DAY + 15 * HOUR
    found, _ = look(risen(spent, now, 3, 3), now, said)
    assert found.is_odd
    assert found.normal[-1] == pytest.approx(42, rel=0.1)
    assert not look(spent, now, said)[0].is_odd
    ran = risen(spent, now, 3, 3)[: int((now - FIRST) / HOUR)]
    lines = [line(n, str(hour)) for n, hour in enumerate(ran)]
    told = backtest(client(app(expected=(event,)), time_zone="UTC"), History.of(lines), PyodDetector()).alerts
    assert [alert.at for alert in told] == [now - 2 * HOUR]
    assert told[0].usual.amount == pytest.approx(Decimal(42), rel=Decimal("0.1"))


def test_where_no_day_before_is_known_those_after_it_say_what_is_usual() -> None:
    """Records that begin in a sale: but the hour that is asked about, and confirmed trouble, are no examples."""
    sale, after = [Decimal(4)] * 48, [Decimal(1)] * 48
    assert plain([40.0] * 48 + [12.0] * 48, sale + after)[:48] == [12.0] * 48
    assert plain([40.0] * 48 + [math.nan] * 24 + [12.0] * 24, sale + after)[:23] == [12.0] * 23
    assert plain([40.0] * 24 + [12.0], [*sale[:24], Decimal(1)])[0] == 40


def test_what_begins_in_a_sale_is_taken_as_announced_while_it_lasts() -> None:
    """Held against four times itself a new app could run away by as much; once it is over, nobody knows what it was."""
    assert plain([40.0] * 30, [Decimal(4)] * 30) == [10.0] * 30
    assert plain([40.0] * 30, [Decimal(4)] * 29 + [Decimal(1)]) == [40.0] * 30


def test_an_hour_is_announced_where_a_part_of_it_is() -> None:
    """From 10:40 until 12:20: three hours of the clock, and no other."""
    sale = replace(PLANNED, start=SALE[0] + timedelta(minutes=40), end=SALE[0] + timedelta(minutes=140))
    said = replace(SAID, planned=(sale,))
    now = SALE[0] + 5 * HOUR
    given = client(time_zone="UTC"), app(), said
    assert factors_of(*given, 8, now, now=Decimal(1)) == [1, 1, 4, 4, 4, 1, 1, 1]
    assert factors_of(client(), app(), NOTHING, 8, now, now=Decimal(1)) == []
    on_the_hour = replace(SAID, planned=(replace(PLANNED, start=SALE[0], end=SALE[0] + HOUR),))
    assert factors_of(*given[:2], on_the_hour, 8, now, now=Decimal(1)) == [1, 1, 4, 1, 1, 1, 1, 1]


def test_the_hour_before_a_sale_is_no_part_of_it() -> None:
    """It ends when the sale begins, and has nothing of it: what runs away in it is told, at that look and in a file."""
    spent = risen(hours(), SALE[0], 2, FACTOR)
    found, _ = look(spent, SALE[0])
    assert (found.factor, found.is_odd) == (Decimal(1), True)
    assert look(spent, SALE[0] + timedelta(minutes=5))[0].factor == FACTOR
    day = SALE[0].replace(hour=0) + DAY
    event = ExpectedEvent(start=day.date(), end=day.date(), factor=Decimal(FACTOR), why="sale")
    one_hour = risen(hours(1), day, 1, 6)[: int((day - FIRST) / HOUR)]
    lines = [line(n, str(hour)) for n, hour in enumerate(one_hour)]
    told = backtest(client(app(expected=(event,)), time_zone="UTC"), History.of(lines), PyodDetector()).alerts
    assert [alert.at for alert in told] == [day]


def test_a_sale_at_a_months_end_is_no_example_of_the_next_one() -> None:
    """Where the file names a country, forty days are looked at: whoever forgets after 28 hides a runaway of as much."""

    class Workdays:
        """No holidays."""

        def is_holiday(self, day: date) -> bool:
            return False

    assert WITH_MONTH_ENDS <= KEPT
    sale = replace(PLANNED, start=datetime(2026, 11, 27, tzinfo=UTC), end=datetime(2026, 12, 1, tzinfo=UTC))
    now, many = datetime(2026, 12, 30, 12, tzinfo=UTC), int(WITH_MONTH_ENDS / HOUR)
    starts = [now - (many - 1 - n) * HOUR for n in range(many)]
    spent = [40 if sale.start <= start < sale.end else 10 for start in starts]
    spent[-4:] = [30] * 4
    reading = Reading(
        app="chat",
        at=now,
        first_hour=starts[0],
        hours=tuple(map(Decimal, spent)),
        spend=SpendRange.zero("USD"),
        rate=usd(30),
    )
    readings = Readings(at=now, apps={"chat": reading}, shares={}, usd_rate=None)
    known = {"chat": replace(SAID, planned=(sale,)).remembered(now)}
    whole = client(time_zone="UTC")
    scores = judged(whole, readings, PyodDetector(), PaceRecords(), now, known=known, calendar=Workdays())
    assert scores["chat"].usual == pytest.approx(10)
    assert scores["chat"].value >= 1
