"""What is a signal: a shape that matters in money, a model without a price, spend without an owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.domain.app import ExpectedEvent, Level, Policy
from freio.domain.budget import BudgetReport
from freio.domain.expectation import Expectations, Lesson, Planned
from freio.domain.incident import Assessment
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import REQUESTS_OVER_USUAL, REQUESTS_UNUSUAL, TOKENS_OVER_USUAL, TOKENS_UNUSUAL
from freio.domain.signal import SignalKind
from freio.domain.spend import Score
from freio.guard.detect import Finding, _as_expected, _last_day, assess, detect
from freio.guard.judge import judged
from freio.guard.meter import Reading, Readings
from freio.guard.token_rate import TokenRate
from tests.unit.guard.watching import FLASH, HOUR, NOW, PRO, PROJECT, FakeDetector, app, client, usd

READING = Reading(
    app="chat",
    at=NOW,
    first_hour=NOW,
    hours=(Decimal(1),) * 100,
    spend=SpendRange(billed=usd(100), in_flight=usd(10), worst_case=usd(1)),
    rate=usd(20),
    by_model={FLASH: usd(20)},
)


def taught(level: Money, *hours: int) -> Lesson:
    """Called expected an hour ago: at any hour for a day, and at these for four weeks."""
    at, day = NOW - HOUR, timedelta(days=1)
    return Lesson(
        number=1, incident="i", by="U1", at=at, level=level, hours=hours, hushed=at + day, until=at + 28 * day
    )


def found(
    reading: Reading = READING,
    detector: FakeDetector | None = None,
    *,
    now: datetime = NOW,
    budgets: tuple[BudgetReport, ...] = (),
    lesson: Money | None = None,
    allowance: Money | None = None,
    **changes: Any,
) -> Finding:
    if detector is None:
        detector = FakeDetector()
        detector.fires("chat")
    wanted = app(**changes)
    known = Expectations(id="chat", lessons=(taught(lesson),) if lesson else ())
    given: Any = {"budgets": budgets, "known": known, "allowance": allowance, "now": now}
    whole = client(wanted)
    readings = Readings(at=now, apps={"chat": reading}, shares={}, usd_rate=None)
    return detect(whole, wanted, reading, judged(whole, readings, detector, detector, now), **given)


def test_a_shape_that_matters_in_money_is_a_signal() -> None:
    """It says what was seen, what is usual, what drives it and why."""
    (signal,) = found().signals
    assert (signal.kind, signal.level) == (SignalKind.SPIKE, Level.WARNING)
    assert (signal.observed, signal.usual, signal.driver, signal.detail) == (usd(20), usd(1), FLASH, Phrase("because"))


@pytest.mark.parametrize(
    ("rate", "level"),
    [("6", None), ("6.01", Level.WARNING), ("25", Level.WARNING), ("25.01", Level.CRITICAL)],
)
def test_money_decides_whether_and_how_bad(rate: str, level: Level | None) -> None:
    """Usual is one dollar, the gate five: cents wake nobody, however odd; two gates in 25 minutes are critical.

    So long it takes until someone acts: the grace, and ten minutes until a brake bites.
    """
    signals = found(replace(READING, rate=usd(rate))).signals
    assert [s.level for s in signals] == ([level] if level else [])


@pytest.mark.parametrize(("grace", "level"), [(80, Level.WARNING), (81, Level.CRITICAL)])
def test_the_longer_nobody_acts_the_worse_it_is(grace: int, level: Level) -> None:
    """Both are judged by it, money and tokens: 6.67 an hour over the usual are 10 in 90 minutes."""
    slow = Policy(grace=timedelta(minutes=grace))
    (money,) = found(replace(READING, rate=usd("7.66")), policy=slow).signals
    (tokens,) = found(running(cost="7.26"), firing(), policy=slow).signals
    assert (money.level, tokens.level) == (level, level)


def test_a_series_of_less_than_a_day_is_not_judged() -> None:
    """There is nothing to compare with yet: the detector is not even asked."""
    detector = FakeDetector()
    detector.fires("chat")
    assert found(replace(READING, hours=(Decimal(1),) * 23), detector).signals == ()
    assert detector.shown == {}


@pytest.mark.parametrize(
    ("at", "is_expected"),
    [
        (datetime(2026, 11, 27, 2, 59, tzinfo=UTC), False),  # 26 November, 23:59 in São Paulo
        (datetime(2026, 11, 27, 3, 0, tzinfo=UTC), False),  # the hour that ends then was the 26th's
        (datetime(2026, 11, 27, 3, 5, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 2, 59, tzinfo=UTC), True),  # the last day is included
        (datetime(2026, 12, 1, 3, 59, tzinfo=UTC), True),  # and so is the hour of which a part lies in it
        (datetime(2026, 12, 1, 4, 0, tzinfo=UTC), False),
    ],
)
def test_an_expected_event_widens_the_usual_on_its_days(at: datetime, is_expected: bool) -> None:
    """Days are the client's; up to its factor times the usual nothing is said."""
    event = ExpectedEvent(start=date(2026, 11, 27), end=date(2026, 11, 30), factor=Decimal(20), why="Black Friday")
    assert (found(now=at, expected=(event,)).signals == ()) is is_expected


def test_each_hour_has_the_factor_that_was_expected_of_it() -> None:
    """A sale from midnight in São Paulo on, which is three in the morning: what is usual, as it is drawn."""
    event = ExpectedEvent(start=date(2026, 11, 23), end=date(2026, 11, 23), factor=Decimal(4), why="sale")
    read = replace(READING, first_hour=NOW - 99 * HOUR)
    score = Score(value=1.0, usual=1.0, kind="spike", normal=(1.0,) * 14)
    given: Any = {"budgets": (), "known": Expectations(id="chat"), "allowance": None, "now": NOW}
    selling = app(expected=(event,))
    assert detect(client(selling), selling, read, {"chat": score}, **given).normal == (1.0, *(4.0,) * 13)
    assert detect(client(), app(), read, {"chat": score}, **given).normal == (1.0,) * 14
    assert detect(client(), app(), read, {}, **given).normal == ()


def test_an_hour_in_which_a_day_turns_is_of_the_day_that_half_of_it_lies_in() -> None:
    """A sale of the 23rd in Kolkata begins at 18:30 UTC: the hour from 18:00 on is of it, that from 17:00 on is not."""
    event = ExpectedEvent(start=date(2026, 11, 23), end=date(2026, 11, 23), factor=Decimal(4), why="sale")
    at = datetime(2026, 11, 22, 20, tzinfo=UTC)
    read = replace(READING, at=at, first_hour=at - 100 * HOUR)
    score = Score(value=1.0, usual=1.0, kind="spike", normal=(1.0,) * 4)
    selling = app(expected=(event,))
    given: Any = {"budgets": (), "known": Expectations(id="chat"), "allowance": None, "now": at}
    found = detect(client(selling, time_zone="Asia/Kolkata"), selling, read, {"chat": score}, **given)
    assert found.normal == (1.0, 1.0, 4.0, 4.0)


@pytest.mark.parametrize(("minutes", "is_expected"), [(-5, True), (0, True), (55, True), (60, False)])
def test_the_end_of_what_was_announced_is_no_runaway(minutes: int, *, is_expected: bool) -> None:
    """An hour that ends after it was spent in it: it is judged by what was announced, as long as it is remembered."""
    now = NOW + timedelta(minutes=minutes)
    sale = Planned(number=1, start=NOW - 9 * HOUR, end=NOW, factor=Decimal(20), why="sale", by="U1", at=NOW - 9 * HOUR)
    known = Expectations(id="chat", planned=(sale,)).remembered(now)
    detector, whole = FakeDetector(), client(app())
    detector.fires("chat")
    readings = Readings(at=now, apps={"chat": READING}, shares={}, usd_rate=None)
    scores = judged(whole, readings, detector, detector, now)
    told = detect(whole, app(), READING, scores, budgets=(), known=known, allowance=None, now=now).signals
    assert (told == ()) is is_expected


def test_more_than_was_expected_is_a_signal() -> None:
    """Four times the usual was announced; twenty times is not that."""
    event = ExpectedEvent(start=date(2026, 11, 1), end=date(2026, 11, 30), factor=Decimal(4), why="Black Friday")
    (signal,) = found(expected=(event,)).signals
    assert signal.usual == usd(4)


@pytest.mark.parametrize(("lesson", "is_signal"), [("20", False), ("17", False), ("16", True)])
def test_a_rate_that_a_person_called_expected_is_none(lesson: str, is_signal: bool) -> None:
    """It may waver by a fifth; what goes on growing is told again."""
    assert bool(found(lesson=usd(lesson)).signals) is is_signal


@pytest.mark.parametrize(
    ("budget", "is_running_away"),
    [("200", True), ("300", False)],  # 110 spent, and a dollar an hour for 7.7 days more
)
def test_a_pace_that_breaks_the_budget_runs_away(budget: str, is_running_away: bool) -> None:
    """By the last day's spend; it is not a signal of its own, but an open incident does not end for it."""
    seen = found(READING, FakeDetector(), budget=usd(budget))
    assert seen.running_away is is_running_away
    assert seen.signals == ()


def test_hours_of_which_nobody_knows_anything_make_no_budget_fit() -> None:
    """No feed spoke for half of the last day: they are what they usually are, else its incident would end for that."""
    down = replace(READING, hours=(*READING.hours[:-13], *[Decimal(0)] * 12, Decimal(1)))
    unheard = frozenset(down.first_hour + (100 - back) * HOUR for back in range(2, 14))
    detector = FakeDetector({"chat": Score(value=0.0, usual=1.0, kind="spike", normal=(1.0,) * 48)})
    assert found(replace(down, unheard=unheard), detector, budget=usd(220)).running_away
    assert not found(down, detector, budget=usd(220)).running_away
    assert not found(replace(down, unheard=unheard), FakeDetector(), budget=usd(220)).running_away


@pytest.mark.parametrize(
    ("minute", "rate", "is_signal"), [(5, 37, False), (5, 44, True), (50, 7, False), (50, 13, True)]
)
def test_an_app_that_stops_for_the_day_is_no_runaway_in_the_hour_after(minute: int, rate: int, is_signal: bool) -> None:
    """Forty an hour until six, nothing from then on: the last sixty minutes have cost a part of forty, as always."""
    now = NOW.replace(hour=18, minute=minute)
    detector = FakeDetector()
    detector.scores["chat"] = Score(value=1.1, usual=0.0, kind="spike", hours=1, normal=(40.0,) * 9 + (0.0,))
    there = replace(READING, at=now, hours=(Decimal(40),) * 99 + (Decimal(rate),), rate=usd(rate))
    seen = found(there, detector, now=now)
    assert bool(seen.signals) is is_signal
    for signal in seen.signals:
        assert signal.usual == usd(str(round(40 * (60 - minute) / 60, 6)))


def report(cost: int, budget: int, source: str = "b-1") -> BudgetReport:
    return BudgetReport(source=source, interval_start=NOW, cost=usd(cost), budget=usd(budget), published=NOW)


def test_the_budget_message_knows_better() -> None:
    """Its amount and its cost, where that is more than we have seen, are what the month is held against."""
    assert found(READING, FakeDetector(), budgets=(report(900, 1000),)).running_away
    assert not found(READING, FakeDetector(), budgets=(report(100, 1000),)).running_away


@pytest.mark.parametrize(
    ("wide", "narrow", "is_running_away"), [(5000, 400, False), (3100, 400, True), (5000, 310, True)]
)
def test_each_budget_is_held_against_its_own_part_of_the_spend(wide: int, narrow: int, is_running_away: bool) -> None:
    """One watches all of the app, the other its test traffic: 3,000 and 300 so far, and a tenth of what is to come."""
    budgets = (report(3000, wide), report(300, narrow, "b-2"))
    assert found(READING, FakeDetector(), budgets=budgets).running_away is is_running_away


def test_of_a_budget_without_cost_yet_nothing_is_said() -> None:
    """The month has just begun: only the widest one is held against the pace."""
    assert not found(READING, FakeDetector(), budgets=(report(0, 1000), report(0, 1, "b-2"))).running_away


def test_an_app_over_its_budget_that_has_stopped_does_not_run_away() -> None:
    """Else nothing could end before the month does."""
    over = (report(2000, 1000),)
    stopped = replace(READING, hours=(*READING.hours[:-25], *[Decimal(0)] * 25), rate=usd(0))
    assert not found(stopped, FakeDetector(), budgets=over).running_away
    assert found(READING, FakeDetector(), budgets=over).running_away


def test_a_model_without_a_price_is_a_signal_each() -> None:
    """Once a month for each, until somebody knows its price; what the models with one cost is no part of it."""
    unpriced = replace(READING, unpriced=frozenset({"b", "a"}))
    signals = found(unpriced, FakeDetector()).signals
    assert {s.observed for s in signals} == {usd(0)}
    assert [(s.kind, s.driver, s.key) for s in signals] == [
        (SignalKind.UNPRICED, "a", "chat/unpriced/a/2026-11"),
        (SignalKind.UNPRICED, "b", "chat/unpriced/b/2026-11"),
    ]


@pytest.mark.parametrize("refusing", [True, False])
@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("running", [True, False])
def test_quiet_is_complete_data_without_trouble_or_refusals(running: bool, complete: bool, refusing: bool) -> None:
    """And it counts from when it was first so."""
    finding = Finding(app="chat", signals=(), running_away=running)
    began = NOW - timedelta(minutes=20)
    before = Assessment(at=began, running_away=False, complete=True, quiet_since=began)
    seen = assess(finding, replace(READING, complete=complete), before, refusing=refusing, now=NOW)
    quiet = complete and not running and not refusing
    assert seen.quiet_since == (began if quiet else None)
    assert seen.running_away is (running or refusing)


@pytest.mark.parametrize(("gap", "goes_on"), [(timedelta(minutes=5), True), (HOUR, True), (timedelta(hours=9), False)])
def test_quiet_does_not_go_on_over_hours_in_which_nobody_looked(gap: timedelta, goes_on: bool) -> None:
    """A look judges the hour before it; whether the app ran away in the hours before that, nobody knows."""
    before = Assessment(at=NOW - gap, running_away=False, complete=True, quiet_since=NOW - gap)
    seen = assess(Finding(app="chat", signals=(), running_away=False), READING, before, refusing=False, now=NOW)
    assert seen.quiet_since == (NOW - gap if goes_on else NOW)


# ---- tokens

HOURLY = 10_000_000


def running(pace: int = 12 * HOURLY, cost: str = "12", hours: int = 48) -> Reading:
    """An app that goes through ten million tokens an hour, and now at another pace; money of the hour is still calm."""
    paces, jumps = (*(HOURLY,) * hours, pace), (0,) * (hours + 1)
    rate = TokenRate(project=PROJECT, model=FLASH, hours=paces, jumps=jumps, cost=Decimal(cost))
    return replace(READING, rate=usd(1), tokens=(rate,))


def firing(kind: str = "spike", usual: float = HOURLY) -> FakeDetector:
    detector = FakeDetector()
    detector.fires(f"chat/{PROJECT}/{FLASH} tokens", kind=kind, usual=usual)
    return detector


def test_tokens_that_come_too_fast_are_a_signal_of_their_own() -> None:
    """Before money of the hour shows anything: what fifteen minutes cost, what is usual, and the pace in words."""
    seen = found(running(), firing())
    (signal,) = seen.signals
    assert seen.running_away
    assert signal.key == f"chat/tokens/{PROJECT}/{FLASH}/spike/{NOW.isoformat()}"
    assert (signal.kind, signal.level, signal.window_minutes) == (SignalKind.SPIKE, Level.WARNING, 15)
    assert (str(signal.observed), str(signal.usual), signal.driver) == ("3.00 USD", "0.25 USD", FLASH)
    assert signal.detail is not None
    assert dict(signal.detail.data)["times"] == "12.0"


@pytest.mark.parametrize(("cost", "level"), [("5.4", None), ("5.5", Level.WARNING), ("28", Level.CRITICAL)])
def test_tokens_stand_under_the_same_money_gate(cost: str, level: Level | None) -> None:
    """Eleven twelfths of the pace are over the usual: five dollars an hour of that are the gate, 24 are critical."""
    signals = found(running(cost=cost), firing()).signals
    assert [s.level for s in signals] == ([level] if level else [])


@pytest.mark.parametrize(("lesson", "level"), [(None, Level.CRITICAL), ("14", Level.WARNING)])
def test_models_that_run_away_at_once_are_as_bad_as_all_of_them(lesson: str | None, level: Level) -> None:
    """18.33 and 16.50 an hour over the usual cost 7.64 and 6.88 in 25 minutes: more than two gates, if 18 is news."""
    whole, detector = running(), FakeDetector()
    paces = [(FLASH, "20"), (PRO, "18")] if lesson is None else [(FLASH, "20"), (PRO, "16")]
    rates = [replace(whole.tokens[0], model=model, cost=Decimal(cost)) for model, cost in paces]
    for rate in rates:
        detector.fires(f"chat/{PROJECT}/{rate.model} tokens", usual=HOURLY)
    signals = found(replace(whole, tokens=tuple(rates)), detector, lesson=usd(lesson) if lesson else None).signals
    assert {signal.level for signal in signals} == {level}


def test_tokens_that_cannot_matter_are_not_judged() -> None:
    """All of the pace costs less than the gate: the detector has less to do."""
    detector = firing()
    assert found(running(cost="5"), detector).signals == ()
    assert set(detector.shown) == {"chat"}


def test_tokens_of_less_than_a_day_are_not_judged() -> None:
    """There is nothing to compare with yet."""
    detector = firing()
    assert found(running(hours=22), detector).signals == ()
    assert set(detector.shown) == {"chat"}


def test_growth_in_tokens_is_called_growth_and_any_other_shape_a_spike() -> None:
    """A level that has shifted within minutes nobody can tell from a spike yet."""
    kinds = {kind: found(running(), firing(kind)).signals[0].kind for kind in ("growth", "level_shift")}
    assert kinds == {"growth": SignalKind.GROWTH, "level_shift": SignalKind.SPIKE}


def test_a_pace_that_a_person_called_expected_is_none() -> None:
    """What was said of the rate of money holds for that of tokens."""
    assert found(running(), firing(), lesson=usd(10)).signals == ()
    assert len(found(running(), firing(), lesson=usd(9)).signals) == 1


def test_an_expected_event_widens_the_usual_of_tokens_too() -> None:
    """Twelve times as many were announced."""
    event = ExpectedEvent(start=date(2026, 11, 1), end=date(2026, 11, 30), factor=Decimal(12), why="Black Friday")
    assert found(running(), firing(), expected=(event,)).signals == ()


def test_tokens_where_none_are_usual_are_no_multiple_of_anything() -> None:
    """The pace is said, and that there usually are none."""
    (signal,) = found(running(), firing(usual=0.0)).signals
    assert signal.usual == usd(0)
    assert signal.detail is not None
    assert signal.detail.text == TOKENS_UNUSUAL


def storm(*, now: int, usual: float, cost: str = "12", **changes: Any) -> Finding:
    """Half as many tokens again as usual, in so many requests; it is by these that it fires."""
    reading = running(pace=15_000_000, cost=cost)
    rate = replace(reading.tokens[0], requests=(*(1000,) * 48, now), request_jumps=(0,) * 49)
    detector = firing()
    name = f"chat/{PROJECT}/{FLASH} tokens"
    detector.scores[name] = replace(detector.scores[name], usual_requests=usual)
    return found(replace(reading, tokens=(rate,)), detector, **changes)


def test_a_storm_of_short_requests_is_said_in_requests_and_counted_in_money() -> None:
    """A third of what an hour costs is over the usual; a quarter of an hour is said."""
    (signal,) = storm(now=30_000, usual=1000.0, cost="18").signals
    assert (signal.kind, signal.window_minutes) == (SignalKind.RETRY_STORM, 15)
    assert (str(signal.observed), str(signal.usual)) == ("4.50 USD", "3.00 USD")
    said = {"window": 900, "now": 30_000, "model": FLASH, "usual": Decimal(1000), "times": "30.0"}
    assert signal.detail == Phrase.of(REQUESTS_OVER_USUAL, **said)
    assert signal.key == f"chat/tokens/{PROJECT}/{FLASH}/retry_storm/{NOW.isoformat()}"


def test_requests_whose_tokens_cost_no_more_than_the_gate_over_the_usual_are_no_signal() -> None:
    """A third of 15 dollars an hour is the gate: however many requests there are."""
    assert storm(now=900_000, usual=1000.0, cost="15").signals == ()
    assert len(storm(now=900_000, usual=1000.0, cost="15.03").signals) == 1


def test_requests_where_none_are_usual_are_no_multiple_of_anything() -> None:
    """The pace is said, and that there usually are none."""
    (signal,) = storm(now=30_000, usual=0.0, cost="18").signals
    assert signal.detail is not None
    assert signal.detail.text == REQUESTS_UNUSUAL


def test_a_storm_that_is_over_while_its_tokens_run_on_is_said_in_tokens() -> None:
    """It is held for what it costs: nobody is told of requests that are as many as ever."""
    (signal,) = storm(now=900, usual=1000.0, cost="18").signals
    assert signal.kind is SignalKind.SPIKE
    assert signal.detail is not None
    assert signal.detail.text == TOKENS_OVER_USUAL


@pytest.mark.parametrize(
    ("now", "kind"), [(1200, SignalKind.SPIKE), (1499, SignalKind.SPIKE), (1501, SignalKind.RETRY_STORM)]
)
def test_requests_that_are_as_long_as_ever_are_no_storm(now: int, kind: SignalKind) -> None:
    """Half as many tokens again, in a fifth more requests: each of them is longer, and tokens are what is said."""
    (signal,) = storm(now=now, usual=1000.0, cost="18").signals
    assert signal.kind is kind


def test_in_a_sale_as_many_more_requests_are_usual_as_were_announced() -> None:
    """Twelve thousand of them where a thousand are usual, in a sale of a fifth more: ten times."""
    event = ExpectedEvent(start=date(2026, 11, 1), end=date(2026, 11, 30), factor=Decimal("1.2"), why="sale")
    (signal,) = storm(now=12_000, usual=1000.0, cost="40", expected=(event,)).signals
    assert signal.detail is not None
    said = dict(signal.detail.data)
    assert (str(said["usual"]), said["times"]) == ("1200.0", "10.0")


def test_hours_that_nobody_heard_of_count_as_was_expected_of_them() -> None:
    """Twelve hours of a sale of four times: eight are usual in each, and two are not."""
    reading = replace(READING, first_hour=NOW - 99 * HOUR, unheard=frozenset(NOW - n * HOUR for n in range(1, 13)))
    score = Score(value=0.0, usual=2.0, kind="spike", normal=(2.0,) * 48)
    assert _last_day(reading, _as_expected(score, ())) == 12 * 1 + 12 * 2
    assert _last_day(reading, _as_expected(score, (Decimal(4),) * 48)) == 12 * 1 + 12 * 8
    assert _last_day(reading, _as_expected(score, (Decimal(4),) * 14)) == 12 * 1 + 12 * 8
    assert _last_day(reading, ()) == 24
