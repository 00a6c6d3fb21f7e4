"""Whose traffic is, as bills say: how much of a calm day is nobody's, on whatever day that is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freio.domain.money import Money
from freio.domain.spend import HourlyCost
from freio.guard.estimate import NOBODY
from freio.guard.shares import shares, strangers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


class Bills:
    """Of one project and model."""

    def __init__(self) -> None:
        self._owned: list[tuple[HourlyCost, str]] = []

    def add(self, owner: str, since: datetime, until: datetime, an_hour: str) -> None:
        while since < until:
            net = Money(Decimal(an_hour), "USD")
            self._owned.append((HourlyCost(hour=since, project="p", model="m", net=net), owner))
            since += HOUR

    def shares(self, until: datetime) -> Mapping[str, Decimal]:
        return shares(self._owned, until)["p", "m"]

    def strangers(self, until: datetime) -> Decimal:
        return strangers(self._owned, until)["p", "m"]


@pytest.mark.parametrize("day", range(7))
@pytest.mark.parametrize("strays", [("0.04", "0"), ("0.04", "0.04")])
def test_a_weekend_makes_no_strangers(day: int, strays: tuple[str, str]) -> None:
    """96 USD on a working day, a fiftieth of that at weekends; calls without a label cost a hundredth of 96."""
    bills, until = Bills(), MONDAY + day * DAY + 15 * HOUR
    hour = until - 28 * DAY
    while hour < until:
        is_weekend = hour.weekday() >= 5
        bills.add("chat", hour, hour + HOUR, "0.08" if is_weekend else "4")
        bills.add(NOBODY, hour, hour + HOUR, strays[is_weekend])
        hour += HOUR
    assert bills.strangers(until) < Decimal("0.02")


@pytest.mark.parametrize("day", range(7))
@pytest.mark.parametrize("trouble", [1, 4, 7])
def test_a_runaway_of_many_days_hides_no_stranger(trouble: int, day: int) -> None:
    """Two cost 10 USD an hour each on working days; one of them a hundred times that in the newest days."""
    bills, until = Bills(), MONDAY + day * DAY + 15 * HOUR
    hour = until - 28 * DAY
    while hour < until:
        usual = "0.2" if hour.weekday() >= 5 else "10"
        bills.add("chat", hour, hour + HOUR, "1000" if hour >= until - trouble * DAY else usual)
        bills.add(NOBODY, hour, hour + HOUR, usual)
        hour += HOUR
    assert bills.strangers(until) == Decimal("0.5")


@pytest.mark.parametrize("trouble", [1, 2])
@pytest.mark.parametrize("day", range(7))
def test_three_days_are_enough_to_see_a_stranger(day: int, trouble: int) -> None:
    """Of which trouble fills the newer ones: the least of them is the calm one."""
    bills, until = Bills(), MONDAY + day * DAY + 15 * HOUR
    bills.add(NOBODY, until - 3 * DAY, until, "10")
    bills.add("chat", until - 3 * DAY, until - trouble * DAY, "10")
    bills.add("chat", until - trouble * DAY, until, "1000")
    assert bills.strangers(until) > Decimal("0.4")


def test_what_nobody_has_since_today_is_seen_today() -> None:
    """Its day is not over, and counts as far as it came."""
    bills, until = Bills(), MONDAY + 15 * HOUR
    bills.add("chat", until - 28 * DAY, until, "1")
    bills.add(NOBODY, MONDAY, until, "1")
    assert bills.strangers(until) == Decimal(15) / 39


def test_a_cent_of_nobodys_takes_nothing_from_an_app_that_credits_pay_for() -> None:
    """Its rows have no money, hour by hour; one row without a label has a little."""
    bills = Bills()
    bills.add("chat", MONDAY - 6 * DAY, MONDAY, "0")
    bills.add(NOBODY, MONDAY - 30 * HOUR, MONDAY - 29 * HOUR, "0.01")
    assert bills.shares(MONDAY)["chat"] > Decimal("0.9")
