"""Credits paid for nearly all, and have run out since: what runs now costs what the list says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freio.domain.money import SpendRange
from tests.unit.guard.watching import HOUR, Town, app, client, usd


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
