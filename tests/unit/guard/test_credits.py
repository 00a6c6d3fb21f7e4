"""Credits paid for nearly all, and have run out since: what runs now costs what the list says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from freio.domain.app import Match
from freio.domain.money import SpendRange
from freio.guard.drivers import drivers
from freio.guard.places import Places
from tests.unit.guard.watching import FLASH, HOUR, PRO, PROJECT, Town, app, client, usd


def town_without_credits(credited: str) -> Town:
    """A dollar an hour by the list for twelve days, a hundred in the last five hours; no credits for forty hours."""
    town = Town(client=client(app(budget=usd(5000))))
    at = town.clock.now()
    out = at - 40 * HOUR
    town.serve(at - timedelta(days=12), at - 5 * HOUR, 1_000_000)
    town.serve(at - 5 * HOUR, at, 100_000_000)
    town.bill(at - timedelta(days=12), out, credited)
    town.bill(out, at - 5 * HOUR, 1)
    town.bill(at - 5 * HOUR, at - 3 * HOUR, 100)
    return town


@pytest.mark.parametrize("credited", ["0.02", "0"])
def test_bills_that_have_not_settled_say_that_credits_ran_out(credited: str) -> None:
    """Settled days alone would say so two days late."""
    town = town_without_credits(credited)
    town.detector.fires("chat", value=99, usual=1)
    assert town.read().apps["chat"].rate.amount > 50
    town.watcher.watch()
    assert town.store.open_incident("chat") is not None


@pytest.mark.parametrize("credited", ["1", "3", "5", "10"])
def test_credits_for_a_part_that_ran_out_are_seen_as_soon(credited: str) -> None:
    """They paid for 80 to 98 % of 50 USD an hour, and have paid for nothing of the newest 37 hours of bills."""
    town = Town(client=client(app(budget=usd(5000))))
    at = town.clock.now()
    town.serve(at - timedelta(days=12), at, 50_000_000)
    town.bill(at - timedelta(days=12), at - 40 * HOUR, credited)
    town.bill(at - 40 * HOUR, at - 3 * HOUR, 50)
    assert town.read().apps["chat"].rate.amount > 40


@pytest.mark.parametrize("odd", [datetime(2026, 11, 23, 0, tzinfo=UTC), datetime(2026, 11, 22, 0, tzinfo=UTC)])
@pytest.mark.parametrize("odd_bill", ["0.0001", "0.01"])
@pytest.mark.parametrize("now", [0, 1, 5, 15])
def test_one_hour_of_a_few_tokens_does_not_end_the_credits(odd: datetime, odd_bill: str, now: int) -> None:
    """Asleep at 00 UTC: 120 tokens, with a late row in one night, before or after the newest settled hour."""
    town = Town(client=client(app(budget=usd(2000))))
    town.clock.at = at = datetime(2026, 11, 24, now, 30, tzinfo=UTC)
    hour = at.replace(minute=0) - timedelta(days=12, hours=now)
    while hour < at.replace(minute=0):
        tokens = 120 if hour.hour == 0 else 50_000_000
        town.serve(hour, hour + HOUR, tokens)
        if hour < at - 4 * HOUR:
            town.bill(hour, hour + HOUR, odd_bill if hour == odd else str(tokens * 2 // 100) + "e-6")
        hour += HOUR
    town.serve(at - HOUR / 2, at, 50_000_000)
    assert town.read().apps["chat"].rate.amount < 5


def test_a_brake_is_offered_for_traffic_that_credits_pay() -> None:
    """Whoever opened the incident: there is traffic, and it runs away, whatever it costs."""
    town = Town(client=client(app(budget=usd(5000))))
    at = town.clock.now()
    town.serve(at - timedelta(days=12), at - HOUR, 1_000_000)
    town.serve(at - HOUR, at, 100_000_000)
    town.bill(at - timedelta(days=12), at - 6 * HOUR, 0)
    readings = town.read()
    assert readings.apps["chat"].rate.amount == 0
    nothing = SpendRange(billed=usd(0), in_flight=usd(0), worst_case=usd(0))
    offered = town.proposer.propose(
        app(budget=usd(5000)), readings, spend=nothing, allowance=None, tried=(), began=at - HOUR, now=at
    )
    assert offered.lever == "quota"


def driving(town: Town) -> set[str]:
    """The models of the places that would be braked now."""
    readings, at = town.read(), town.clock.now()
    places = Places(town.client, town.telemetry, town.prices)
    there = places.of(town.client.apps[0], readings, began=at - HOUR, now=at)
    return {one.place.model for one in drivers("chat", readings, there)}


def answering(flash: tuple[int, int], pro: tuple[int, int], questions: tuple[int, int, int, int]) -> Town:
    """Twelve days of answers and then an hour, of each model; and of questions: FLASH before and now, PRO likewise."""
    town = Town(client=client(app(budget=usd(5000))))
    at = town.clock.now()
    town.serve(at - timedelta(days=12), at - HOUR, questions[0], output=flash[0])
    town.serve(at - HOUR, at, questions[1], output=flash[1])
    town.serve(at - timedelta(days=12), at - HOUR, questions[2], output=pro[0], model=PRO)
    town.serve(at - HOUR, at, questions[3], output=pro[1], model=PRO)
    return town


@pytest.mark.parametrize("on_credits", [6_000, 18_000])
def test_a_little_that_credits_pay_takes_no_brake_off_what_is_dear(on_credits: int) -> None:
    """Its answers run away, its questions do not; a tiny model on credits has no more than usual, or three times it."""
    town = answering((1_000_000, 100_000_000), (0, 0), (1_000_000, 1_000_000, 6_000, on_credits))
    at = town.clock.now()
    town.bill(at - timedelta(days=12), at - 3 * HOUR, 2)
    town.bill(at - timedelta(days=12), at - 3 * HOUR, 0, model=PRO)
    assert FLASH in driving(town)


def test_both_models_whose_answers_run_away_are_braked() -> None:
    """A hundred and ninety dollars an hour in place of four, with as many questions as ever."""
    town = answering((1_000_000, 100_000_000), (100_000, 9_000_000), (1_000_000, 1_000_000, 100_000, 100_000))
    at = town.clock.now()
    town.bill(at - timedelta(days=12), at - 3 * HOUR, 2)
    town.bill(at - timedelta(days=12), at - 3 * HOUR, 2, model=PRO)
    assert driving(town) == {FLASH, PRO}


def test_a_few_questions_too_many_of_one_model_hide_no_answers_of_another() -> None:
    """Three percent over the peak is nothing; the other's answers cost ninety dollars in place of two."""
    town = answering((10_000_000, 10_300_000), (100_000, 9_000_000), (10_000_000, 10_300_000, 100_000, 100_000))
    at = town.clock.now()
    town.bill(at - timedelta(days=12), at - 3 * HOUR, 20)
    town.bill(at - timedelta(days=12), at - 3 * HOUR, 2, model=PRO)
    assert PRO in driving(town)


@pytest.mark.parametrize("hours", [1, 12, 14, 16, 20, 30])
def test_neighbours_are_told_apart_by_money_once_credits_have_run_out(hours: int) -> None:
    """Of a hundred dollars an hour one pays a hundredth; a week of rows without money says nothing of that."""
    match = {name: Match(projects=frozenset({PROJECT}), labels=(("app", name),)) for name in ("chat", "batch")}
    town = Town(client=client(*(app(name, match=one, budget=usd(5000)) for name, one in match.items())))
    at = town.clock.now()
    out = at - (hours + 3) * HOUR
    town.serve(at - timedelta(days=12), at, 100_000_000)
    for name, cost in (("chat", 99), ("batch", 1)):
        town.bill(at - timedelta(days=12), out, 0, labels={"app": name})
        town.bill(out, at - 3 * HOUR, cost, labels={"app": name})
    assert town.read().apps["batch"].rate.amount < 5
