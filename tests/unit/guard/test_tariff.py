"""The same tokens that become dearer: by their models, by their prices, as telemetry shows it and as bills do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.domain.app import Level
from freio.domain.expectation import Expectations, Lesson
from freio.domain.incident import Incident, State
from freio.domain.signal import SignalKind
from freio.domain.spend import Score
from freio.guard import detect_tariff
from freio.guard.detect import detect
from freio.guard.detect_tariff import hides_price, of_tariff, open_prices
from freio.guard.tariff import Before, Dearer, Hourly, all_heard, dearer
from tests.unit.guard.watching import FLASH, HOUR, NOW, PRO, Town, app, client, usd

DAY = timedelta(days=1)
D = Decimal
Use = tuple[Decimal, Decimal]


def hourly(days: Mapping[str, Sequence[tuple[float, float]]], hours: int = 6) -> Hourly:
    """By model, tokens and cost of each hour of the last days' same hours, today first."""
    found: Hourly = {}
    for model, uses in days.items():
        found[model] = {
            NOW - back * DAY - (hour + 1) * HOUR: (Decimal(str(tokens)), Decimal(str(cost)))
            for back, (tokens, cost) in enumerate(uses)
            for hour in range(hours)
            if tokens
        }
    return found


def test_the_example_of_its_docstring() -> None:
    """Ten dollars a million on six days, and fifteen today for a tenth more tokens."""
    change = dearer(hourly({FLASH: [(1.1, 16.5), *[(1, 10)] * 6]}), NOW, 6)
    assert change is not None
    assert (change.now, change.usual, change.over, change.mix) == (D(15), D(10), D("1.25"), False)
    assert change.tokens == Decimal("6.6")


@pytest.mark.parametrize(
    ("today", "fires"),
    [
        ((1, 11.9), False),
        ((1, 12), True),
        ((1.34, 30), False),
        ((1.33, 30), True),
        ((0.74, 30), False),
        ((0, 0), False),
    ],
)
def test_as_many_tokens_and_a_fifth_dearer(today: tuple[float, float], fires: bool) -> None:
    """More tokens, or fewer, are another trouble, which others see."""
    assert (dearer(hourly({FLASH: [today, *[(1, 10)] * 6]}), NOW, 6) is not None) is fires


@pytest.mark.parametrize(
    ("prices", "fires"), [([10, 10, 10], True), ([10, 10], False), ([9, 14, 10, 13, 11, 9], False)]
)
def test_it_takes_three_days_and_more_than_the_days_differ_by(prices: list[float], fires: bool) -> None:
    """An app whose mix is never the same has to rise further."""
    assert (dearer(hourly({FLASH: [(1, 15), *[(1, price) for price in prices]]}), NOW, 6) is not None) is fires


def test_a_dearer_model_for_the_same_tokens_is_a_mix() -> None:
    """A tenth of the tokens had the dear one, now half have: it is the driver."""
    before: dict[str, tuple[float, float]] = {FLASH: (0.9, 9), PRO: (0.1, 10)}
    days: dict[str, list[tuple[float, float]]] = {
        FLASH: [(0.5, 5), *[before[FLASH]] * 6],
        PRO: [(0.5, 50), *[before[PRO]] * 6],
    }
    change = dearer(hourly(days), NOW, 6)
    assert change is not None
    assert (change.mix, change.driver, change.share, change.was) == (True, PRO, D("0.5"), D("0.1"))
    assert (change.now, change.usual) == (D(55), D(19))


def test_a_model_that_nobody_used_before_is_a_mix_too() -> None:
    """Its price is no change of price: there was none."""
    days: dict[str, list[tuple[float, float]]] = {FLASH: [(0, 0), *[(1, 10)] * 6], "new": [(1, 40)]}
    change = dearer(hourly(days), NOW, 6)
    assert change is not None
    assert (change.mix, change.driver, change.share, change.was) == (True, "new", D(1), D(0))


def test_a_dearer_token_of_the_same_model_is_a_price() -> None:
    """Though the mix has moved a little as well."""
    days: dict[str, list[tuple[float, float]]] = {
        FLASH: [(0.88, 17.6), *[(0.9, 9)] * 6],
        PRO: [(0.12, 12), *[(0.1, 10)] * 6],
    }
    change = dearer(hourly(days), NOW, 6)
    assert change is not None
    assert (change.mix, change.driver) == (False, FLASH)


def test_a_new_level_is_usual_after_half_a_week() -> None:
    """Until then it goes on being told of; one odd day of seven is not usual."""
    for dear, fires in ((1, True), (3, True), (4, False)):
        prices = [15] * dear + [10] * (7 - dear)
        found = dearer(hourly({FLASH: [(1, 15), *[(1, price) for price in prices]]}), NOW, 6)
        assert (found is not None) is fires


TOLD = Before(  # no day of before is known any more
    usual=D(10), since=NOW - 30 * DAY, mix=False, driver=FLASH, was=D(1)
)


def test_what_was_told_is_held_against_what_was_usual_then() -> None:
    """All the week was dear, or six days and twice as many tokens: the price is not back until it is under 12."""
    for tokens in (1, 2):
        assert dearer(hourly({FLASH: [(tokens, 15 * tokens), *[(1, 15)] * 7]}), NOW, 6, TOLD) is not None
        assert dearer(hourly({FLASH: [(tokens, 11.9 * tokens), *[(1, 15)] * 7]}), NOW, 6, TOLD) is None
    found = dearer(hourly({FLASH: [(1, 15), *[(1, 15)] * 4, *[(1, 10)] * 3]}), NOW, 6, TOLD)
    assert found is not None
    assert (found.usual, found.over) == (D(10), D("1.25"))


@pytest.mark.parametrize("mix", [True, False])
def test_what_was_told_stays_what_it_was_told_as(mix: bool) -> None:
    """All the week is as today: neither the models nor their prices have changed, and chance says nothing of which."""
    days: dict[str, list[tuple[float, float]]] = {
        FLASH: [(0.51, 5.1), *[(0.5, 5)] * 7],
        PRO: [(0.49, 49), *[(0.5, 50)] * 7],
    }
    told = replace(TOLD, mix=mix, driver=PRO, was=D("0.1"))
    found = dearer(hourly(days), NOW, 6, told)
    assert found is not None
    assert (found.mix, found.driver, found.share, found.was) == (mix, PRO, D("0.49"), D("0.1"))
    gone = dearer(hourly({FLASH: [(1, 15), *[(0.5, 5)] * 7], PRO: [(0, 0), *[(0.5, 50)] * 7]}), NOW, 6, told)
    assert gone is not None
    assert (gone.driver, gone.share) == (PRO, D(0))


uses = st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.1, 100)), min_size=8, max_size=8)


@given(flash=uses, pro=uses, scale=st.sampled_from([Decimal("0.001"), Decimal(5400)]))
def test_it_knows_no_currency_and_looks_at_nothing_later(flash: list[Use], pro: list[Use], scale: Decimal) -> None:
    """Amounts may be of any size; what comes after the window changes nothing."""
    days = hourly({FLASH: flash, PRO: pro})  # type: ignore[dict-item]  # numbers of any kind
    found = dearer(days, NOW, 6)
    scaled = {
        model: {at: (tokens, cost * scale) for at, (tokens, cost) in each.items()} for model, each in days.items()
    }
    other = dearer(scaled, NOW, 6)
    assert (found is None) is (other is None)
    later = {model: {**each, NOW: (Decimal(10**9), Decimal(10**9))} for model, each in days.items()}
    assert dearer(later, NOW, 6) == found
    if found is not None and other is not None:
        assert (found.driver, found.mix) == (other.driver, other.mix)


# ---- from the spend of an app to its signal


def half_to_pro(town: Town, at: datetime, an_hour: int) -> None:
    """Nine days of one model; in the last six hours half of as many tokens have another one, ten times as dear."""
    town.bill(at - 9 * DAY, at - 3 * HOUR, str(Decimal(an_hour) / 1_000_000))
    town.serve(at - 9 * DAY, at - 6 * HOUR, an_hour)
    town.serve(at - 6 * HOUR, at, an_hour // 2)
    town.serve(at - 6 * HOUR, at, an_hour // 2, model=PRO)


def test_a_dearer_model_is_found_within_hours() -> None:
    """The hour's money is odd for the same reason: it is one signal, by the name of its cause."""
    town = Town()
    half_to_pro(town, NOW, 4_000_000)
    town.detector.fires("chat", usual=4.0)
    town.watcher.watch()
    incident = town.store.open_incident("chat")
    assert incident is not None
    (signal,) = incident.signals
    assert (signal.kind, signal.driver, signal.window_minutes) == (SignalKind.MIX_CHANGE, PRO, 360)
    assert (signal.observed, signal.usual) == (usd(132), usd(24))
    assert signal.detail is not None
    assert "50" in str(signal.detail)


@pytest.mark.parametrize(
    ("lesson", "kind"), [(0, SignalKind.MIX_CHANGE), (10, SignalKind.SPIKE), (30, SignalKind.SPIKE), (34, None)]
)
def test_a_price_is_as_bad_as_the_hour_that_it_stands_for(lesson: int, kind: SignalKind | None) -> None:
    """All tokens at ten times the price for one hour: six an hour over the usual in the mean of six, and 36 now.

    Fifteen dollars in 25 minutes are more than two gates. Where 10 an hour are expected, or 30, the price of six hours
    is, and 40 are more than a fifth beyond.
    """
    town = Town()
    town.bill(NOW - 9 * DAY, NOW - 3 * HOUR, 4)
    town.serve(NOW - 9 * DAY, NOW - HOUR, 4_000_000)
    town.serve(NOW - HOUR, NOW, 4_000_000, model=PRO)
    reading = replace(town.read().apps["chat"], tokens=())  # a pace would tell it as well
    taught = Lesson(
        number=1, incident="i", by="U1", at=NOW, level=usd(lesson), hours=(), hushed=NOW + DAY, until=NOW + 28 * DAY
    )
    known = Expectations(id="chat", lessons=(taught,) if lesson else ())
    given: Any = {"budgets": (), "known": known, "allowance": None, "now": NOW}
    found = detect(client(), app(), reading, {"chat": Score(value=1.0, usual=4.0, kind="spike")}, **given)
    assert [(signal.kind, signal.level) for signal in found.signals] == ([(kind, Level.CRITICAL)] if kind else [])


@pytest.mark.parametrize(("an_hour", "told"), [(180_000, False), (200_000, True)])
def test_cents_wake_nobody(an_hour: int, told: bool) -> None:
    """Six hours at 5.5 times the price: 4.86 or 5.40 dollars over the usual, and the gate is five."""
    town = Town()
    half_to_pro(town, NOW, an_hour)
    reading = town.read().apps["chat"]
    assert bool(of_tariff(client(), app(), reading, factor=Decimal(1), now=NOW)) is told
    assert of_tariff(client(), app(), reading, factor=Decimal(6), now=NOW) is None


def test_cache_hits_that_are_gone_are_found_in_the_bills() -> None:
    """Telemetry knows as many tokens at the same price; the newest settled day was billed at twice of it."""
    town = Town()
    settled = NOW - 2 * DAY
    town.bill(NOW - 9 * DAY, settled - DAY, 2)
    town.bill(settled - DAY, NOW - 3 * HOUR, 4)
    town.serve(NOW - 9 * DAY, NOW, 4_000_000)
    signal = of_tariff(client(), app(), town.read().apps["chat"], factor=Decimal(1), now=NOW)
    assert signal is not None
    assert (signal.kind, signal.driver, signal.window_minutes) == (SignalKind.PRICE_CHANGE, FLASH, 24 * 60)
    assert (signal.observed, signal.usual) == (usd(96), usd(48))


@pytest.mark.parametrize(
    ("tokens", "money", "is_left_out"), [(20, 40, True), (20, 20, False), (40, 80, False), (20, 80, False)]
)
def test_an_hour_of_which_a_part_was_heard_is_no_price(tokens: int, money: int, is_left_out: bool) -> None:
    """As the docstring says: as much money as usual, for half of the tokens."""
    billed = hourly({FLASH: [(40, 40)] * 8}, hours=3)
    hour = NOW - 2 * HOUR
    billed[FLASH][hour] = (D(tokens), D(money))
    assert (hour not in all_heard(billed, NOW, 3)[FLASH]) is is_left_out
    assert sum(map(len, all_heard(billed, NOW, 3).values())) == 24 - 8 * is_left_out


def test_hours_heard_in_part_on_a_busy_day_are_no_price() -> None:
    """Half as much again is asked all day, and of five hours a tenth was heard."""
    billed = hourly({FLASH: [(60, 60), *[(40, 40)] * 7]}, hours=24)
    for back in range(5, 10):
        billed[FLASH][NOW - back * HOUR] = (D(6), D(60))
    assert {hour.hour for hour in all_heard(billed, NOW, 24)[FLASH]} == {
        (NOW - back * HOUR).hour for back in range(1, 25) if not 5 <= back < 10
    }


def test_a_price_of_a_busy_day_is_told_though_some_of_its_hours_are_left_out() -> None:
    """What is left of the day has more tokens than usual; with all of its hours it has as many."""
    town = Town()
    settled = NOW - 2 * DAY
    town.bill(NOW - 9 * DAY, settled - DAY, 10)
    town.serve(NOW - 9 * DAY, settled - DAY, 10_000_000)
    for back in range(24, 0, -1):
        tokens, money = (14_000_000, 18) if back > 6 else (6_500_000, "19.5")
        hour = settled - back * HOUR
        town.bill(hour, hour + HOUR, money)
        town.serve(hour, hour + HOUR, tokens)
    town.bill(settled, NOW - 3 * HOUR, 10)
    town.serve(settled, NOW, 10_000_000)
    signal = of_tariff(client(money_gate=usd(1)), app(), town.read().apps["chat"], factor=D(1), now=NOW)
    assert signal is not None
    assert signal.kind is SignalKind.PRICE_CHANGE


@pytest.mark.parametrize("dearer_by", [2, 4, 10])
def test_a_price_of_the_bills_is_told_though_some_hours_had_fewer_tokens(dearer_by: int) -> None:
    """A discount ends, on a day whose mornings' four hours had seven tenths of their tokens."""
    town = Town()
    settled = NOW - 2 * DAY
    town.bill(NOW - 9 * DAY, settled - DAY, 1)
    town.serve(NOW - 9 * DAY, settled - DAY, 4_000_000)
    for back in range(24, 0, -1):
        part = D("0.7") if back <= 4 else D(1)
        hour = settled - back * HOUR
        town.bill(hour, hour + HOUR, str(dearer_by * part))
        town.serve(hour, hour + HOUR, int(4_000_000 * part))
    town.bill(settled, NOW - 3 * HOUR, dearer_by)
    town.serve(settled, NOW, 4_000_000)
    signal = of_tariff(client(money_gate=usd(1)), app(), town.read().apps["chat"], factor=D(1), now=NOW)
    assert signal is not None
    assert signal.kind is SignalKind.PRICE_CHANGE


def test_telemetry_that_was_down_for_half_an_hour_makes_no_price_of_the_bills_two_days_later() -> None:
    """An app that works from nine to twelve, and forty minutes of which nothing was heard."""
    town = Town(client=client(app(), app("search")))
    settled = NOW - 2 * DAY
    town.bill(NOW - 9 * DAY, NOW - 3 * HOUR, 1, project="acme-search")
    for back in range(10):
        morning = settled.replace(hour=9) - back * DAY
        town.bill(morning, morning + 3 * HOUR, 40)
        if back:
            town.serve(morning, morning + 3 * HOUR, 40_000_000)
    morning = settled.replace(hour=9)
    town.serve(morning, morning + HOUR, 40_000_000)
    town.serve(morning + HOUR, morning + HOUR + timedelta(minutes=15), 40_000_000)
    town.serve(morning + HOUR + timedelta(minutes=50), morning + 3 * HOUR, 40_000_000)
    reading = town.read().apps["chat"]
    assert reading.uses is not None
    assert reading.uses.settled == settled
    assert dearer(reading.uses.billed, settled, 24) is not None
    assert of_tariff(client(), app(), reading, factor=Decimal(1), now=NOW) is None


def goes_on(town: Town, days: int, *, share: int = 2) -> None:
    """As many tokens as before, half of them (or so) of the dear model."""
    since = town.clock.now()
    town.clock.sleep(days * 86400)
    town.bill(since - 3 * HOUR, town.clock.now() - 3 * HOUR, 4, model=FLASH)
    town.serve(since, town.clock.now(), 4_000_000 // share)
    town.serve(since, town.clock.now(), 4_000_000 - 4_000_000 // share, model=PRO)


def the_incident(town: Town) -> Incident:
    found = town.store.open_incident("chat")
    assert found is not None
    return found


def looks_on(town: Town) -> None:
    """For as long as an incident has to be quiet before it ends."""
    for _ in range(9):
        town.clock.sleep(300)
        town.watcher.watch()


@pytest.fixture
def dear() -> Town:
    town = Town()
    half_to_pro(town, NOW, 4_000_000)
    town.watcher.watch()
    assert the_incident(town).signals[0].unit_usual == usd(1)
    return town


def test_a_dearer_mix_stays_told_when_the_dear_days_are_most_of_the_week(dear: Town) -> None:
    """Else it would end by itself after half a week, and nobody had accepted it."""
    for _ in range(3):
        goes_on(dear, 3)
        dear.watcher.watch()
        seen = the_incident(dear).assessment
        assert seen is not None
        assert seen.running_away
    looks_on(dear)
    assert the_incident(dear).is_open


@pytest.mark.parametrize(("usual", "is_told"), [(4.0, False), (3.1, False), (2.9, True)])
def test_more_than_the_price_explains_is_another_trouble(dear: Town, usual: float, *, is_told: bool) -> None:
    """Tokens are 5.5 times as dear: 22 an hour are explained where 4 are usual, or 3.1; with 2.9 more runs."""
    goes_on(dear, 1)
    dear.detector.fires("chat", usual=usual)
    dear.watcher.watch()
    kinds = {signal.kind for signal in the_incident(dear).signals}
    assert kinds == {SignalKind.MIX_CHANGE, SignalKind.SPIKE} if is_told else {SignalKind.MIX_CHANGE}


def test_more_than_the_price_explains_is_another_trouble_within_hours_too(dear: Town) -> None:
    """An hour after the price was told, ten times as many tokens; for most of six hours nobody would be told of them.

    The six hours of which the price is are half cheap ones then, and the last one says what a token costs now.
    """
    dear.serve(NOW, NOW + HOUR, 2_000_000)
    dear.serve(NOW, NOW + HOUR, 2_000_000, model=PRO)
    dear.clock.sleep(3600)
    for usual, kinds in ((4.0, {SignalKind.MIX_CHANGE}), (0.4, {SignalKind.MIX_CHANGE, SignalKind.SPIKE})):
        dear.detector.fires("chat", usual=usual)
        dear.watcher.watch()
        assert {signal.kind for signal in the_incident(dear).signals} == kinds


def test_a_price_in_an_incident_that_was_open_before_is_one_trouble() -> None:
    """Opened ten hours ago for something else: the six hours are half cheap ones, and the last hour is as dear as now.

    Half of the tokens at ten times the price: 22 dollars where four are usual, of which the six hours explain 17.30.
    """
    town = Town()
    town.bill(NOW - 9 * DAY, NOW - 3 * HOUR, 4)
    town.serve(NOW - 9 * DAY, NOW - 3 * HOUR, 4_000_000)
    town.serve(NOW - 3 * HOUR, NOW, 2_000_000)
    town.serve(NOW - 3 * HOUR, NOW, 2_000_000, model=PRO)
    reading = town.read().apps["chat"]
    new = of_tariff(client(), app(), reading, factor=Decimal(1), now=NOW)
    assert new is not None
    score = Score(value=1.0, usual=4.0, kind="spike")
    given: Any = {"budgets": (), "known": Expectations(id="chat"), "allowance": None, "now": NOW}
    told = replace(new, at=NOW - 10 * HOUR)  # as of when the incident was opened
    found = detect(client(), app(), reading, {"chat": score}, told=[told], **given)
    assert [signal.kind for signal in found.signals] == [SignalKind.MIX_CHANGE]


@pytest.mark.parametrize(("tokens", "kinds"), [(1, []), (2, [SignalKind.SPIKE])])
def test_a_price_that_was_called_expected_hides_no_runaway(tokens: int, kinds: list[SignalKind]) -> None:
    """Six hours at 22 dollars where four are usual were expected; twice as many tokens in the last were not."""
    town = Town()
    half_to_pro(town, NOW - HOUR, 4_000_000)
    town.serve(NOW - HOUR, NOW, 2_000_000 * tokens)
    town.serve(NOW - HOUR, NOW, 2_000_000 * tokens, model=PRO)
    reading = replace(town.read().apps["chat"], tokens=())  # a pace would tell it as well
    lesson = Lesson(
        number=1, incident="i", by="U1", at=NOW - HOUR, level=usd(25), hours=(), hushed=NOW + DAY, until=NOW + 28 * DAY
    )
    known = Expectations(id="chat", lessons=(lesson,))
    score = Score(value=1.0, usual=4.0, kind="spike")
    given: Any = {"budgets": (), "known": known, "allowance": None, "now": NOW}
    found = detect(client(), app(), reading, {"chat": score}, **given)
    assert [signal.kind for signal in found.signals] == kinds
    assert found.hushed


def half_or_less(town: Town, day: int) -> None:
    """A day on: of as many tokens a half has the dear model, or a little less, as bills have it too."""
    since, dear = town.clock.now(), 2_000_000 - day % 3 * 40_000
    town.clock.sleep(86400)
    town.bill(since - 3 * HOUR, town.clock.now() - 3 * HOUR, 2)
    town.bill(since - 3 * HOUR, town.clock.now() - 3 * HOUR, 20, model=PRO)
    town.serve(since, town.clock.now(), 4_000_000 - dear)
    town.serve(since, town.clock.now(), dear, model=PRO)


def test_a_dearer_mix_is_not_told_again_as_a_price_once_the_week_is_as_dear(dear: Town) -> None:
    """From the eighth day on, a little more of the cheap model would make that one dearer tokens."""
    for day in range(10):
        half_or_less(dear, day)
        if day in {3, 7, 8, 9}:
            dear.watcher.watch()
    (signal,) = the_incident(dear).signals
    assert (signal.kind, signal.driver) == (SignalKind.MIX_CHANGE, PRO)
    assert the_incident(dear).signal_count == 1


def test_a_price_of_bills_is_not_told_again_as_a_mix_and_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the sixth day on all bills of the week are as dear: of one model, whose mix cannot have changed."""
    town, end = Town(), NOW + 9 * DAY
    town.bill(NOW - 12 * DAY, NOW - 3 * DAY, 2)
    town.bill(NOW - 3 * DAY, end, 4)
    town.serve(NOW - 12 * DAY, end, 4_000_000)
    asked: list[tuple[datetime, int]] = []

    def counted(hourly: Hourly, until: datetime, hours: int, told: Before | None = None) -> Dearer | None:
        asked.append((until, hours))
        return dearer(hourly, until, hours, told)

    monkeypatch.setattr(detect_tariff, "dearer", counted)
    town.clock.at = NOW + timedelta(minutes=1)
    while town.clock.at < end:
        town.watcher.watch()
        assert len(asked) == len(set(asked)) == 2  # telemetry's six hours, and the bills' day
        asked.clear()
        town.clock.at += 3 * DAY
    (signal,) = the_incident(town).signals
    assert (signal.kind, signal.driver) == (SignalKind.PRICE_CHANGE, FLASH)


def test_a_night_without_tokens_is_no_price_that_is_back(dear: Town) -> None:
    """Nobody has seen one; when the old mix comes, it ends."""
    dear.clock.sleep(8 * 3600)
    dear.serve(dear.clock.now() - timedelta(minutes=30), dear.clock.now(), 1, project="acme-other")
    looks_on(dear)
    assert the_incident(dear).is_open
    goes_on(dear, 1, share=1)
    for _ in range(9):
        dear.serve(dear.clock.now(), dear.clock.now() + timedelta(minutes=5), 4_000_000)
        dear.clock.sleep(300)
        dear.watcher.watch()
    assert dear.store.open_incident("chat") is None


def by_day_and_night(town: Town, since: datetime, until: datetime, billed_until: datetime) -> None:
    """Every day the dear model from noon on, the cheap one before."""
    while since < until:
        model, cost = (PRO, 40) if since.hour >= 12 else (FLASH, 4)
        town.serve(since, since + HOUR, 4_000_000, model=model)
        if since < billed_until:
            town.bill(since, since + HOUR, cost, model=model)
        since += HOUR


def test_a_price_that_was_told_at_night_makes_no_usual_day_dear() -> None:
    """One morning half of the calls went to the dear model; from noon on all is as on every day."""
    town, ten = Town(), NOW.replace(hour=10)
    by_day_and_night(town, ten - 10 * DAY, ten - 6 * HOUR, ten - 6 * HOUR)
    town.serve(ten - 6 * HOUR, ten, 2_000_000)
    town.serve(ten - 6 * HOUR, ten, 2_000_000, model=PRO)
    town.clock.at = ten
    town.watcher.watch()
    assert the_incident(town).signals[0].usual == usd(24)
    by_day_and_night(town, ten, ten + 2 * DAY, ten)
    while town.clock.at < ten + 13 * HOUR:
        town.clock.sleep(1800)
        town.watcher.watch()
    incident = town.store.open_incident("chat")
    assert incident is None or not (incident.assessment and incident.assessment.running_away)


def test_cents_keep_no_price_running_away(dear: Town) -> None:
    """The app is nearly off for two days: what is dear there is no more than the gate in a whole day."""
    dear.serve(NOW, NOW + 2 * DAY, 1_200, model=PRO)
    dear.clock.at = NOW + 2 * DAY - HOUR
    dear.watcher.watch()
    seen = the_incident(dear).assessment
    assert seen is not None
    assert not seen.running_away


def test_hours_without_tokens_hide_a_price_that_was_told(dear: Town) -> None:
    """Six hours of it; an app whose price was never told has nothing to hide."""
    told = open_prices(the_incident(dear), NOW)
    reading = dear.read().apps["chat"]
    assert not hides_price(told, reading, NOW)
    assert not hides_price(told, reading, NOW + 5 * HOUR)
    assert hides_price(told, reading, NOW + 6 * HOUR)
    assert not hides_price((), reading, NOW + 6 * HOUR)


def test_what_was_accepted_or_is_four_weeks_old_is_no_price_that_was_told(dear: Town) -> None:
    """Then what is usual is what the week says."""
    incident = the_incident(dear)
    assert len(open_prices(incident, NOW)) == 1
    assert open_prices(replace(incident, state=State.EXPECTED), NOW) == ()
    assert open_prices(incident, incident.opened_at + 28 * DAY) == ()
    assert open_prices(None, NOW) == ()


def test_dearer_bills_stay_told_though_they_are_judged_two_days_late() -> None:
    """They were dear for three days before the alert: those are no days of before. Six days more are as dear."""
    town, end = Town(), NOW + 6 * DAY
    since = NOW - 5 * DAY
    town.telemetry = type(town.telemetry)(town.clock, lag=timedelta(0))
    town.serve(NOW - 28 * DAY, since, 4_000_000)
    town.serve(since, since + 2 * DAY, 2_000_000)
    town.serve(since + 2 * DAY, end, 4_000_000)
    town.bill(NOW - 28 * DAY, since, 4)
    town.bill(since, since + 2 * DAY, 5)
    town.bill(since + 2 * DAY, end, 10)
    town.clock.at = NOW + timedelta(minutes=1)
    while town.clock.at < end:
        town.watcher.watch()
        town.clock.at += 12 * HOUR
    seen = the_incident(town).assessment
    assert seen is not None
    assert seen.running_away
