"""What bills were of estimates: the middle of the days, and how far they lie apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freio.domain.money import Money
from freio.domain.spend import HourlyCost
from freio.guard.reconcile import Ratio, quantile, ratios

START = datetime(2026, 11, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TRAFFIC = ("p", "gemini-2.5-flash")


def learned(*billed: str, settled: datetime = START + 30 * DAY) -> Ratio | None:
    """From days of one hour each, billed at so much where 1 was estimated."""
    costs = [
        HourlyCost(hour=START + n * DAY, project="p", model=TRAFFIC[1], net=Money(Decimal(amount), "USD"))
        for n, amount in enumerate(billed)
    ]
    return ratios(costs, {(TRAFFIC, cost.hour): Decimal(1) for cost in costs}, settled).get(TRAFFIC)


def test_one_odd_day_moves_the_edge_and_not_the_middle() -> None:
    """A correction of a whole month lands on one day: the estimate stays, and its range is wider."""
    ratio = learned("0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "1.9")
    assert ratio == Ratio(low=Decimal("0.5"), mid=Decimal("0.5"), high=Decimal("1.9"), days=7)


def test_few_days_know_little_of_their_spread() -> None:
    """Two equal days are no proof of a third."""
    assert learned("0.8", "0.8") == Ratio(low=Decimal("0.6"), mid=Decimal("0.8"), high=Decimal(1), days=2)


def test_days_that_are_not_settled_teach_nothing() -> None:
    """Rows of theirs may still come."""
    flat = Ratio(low=Decimal("0.8"), mid=Decimal("0.8"), high=Decimal("0.8"), days=3)
    assert learned("0.8", "0.8", "0.8", "0.1", settled=START + 3 * DAY) == flat


@pytest.mark.parametrize("billed", ["0.01", "3"])
def test_what_cannot_be_the_same_is_not_compared(billed: str) -> None:
    """A hundredth or three times the estimate: the bill's model and telemetry's are two things of one name."""
    assert learned(billed, billed, billed) is None


def test_an_hour_that_only_the_bill_knows_is_left_out() -> None:
    """Telemetry had a gap: its bill would make the other hours look dear."""
    cost = HourlyCost(hour=START, project="p", model=TRAFFIC[1], net=Money(Decimal(1), "USD"))
    other = HourlyCost(hour=START + HOUR, project="p", model=TRAFFIC[1], net=Money(Decimal(9), "USD"))
    found = ratios([cost, other], {(TRAFFIC, START): Decimal(1)}, START + DAY)
    assert found[TRAFFIC].mid == 1


def test_a_quantile_of_nothing_is_a_bug() -> None:
    """It is never a number."""
    with pytest.raises(ValueError, match="nothing"):
        quantile([], Decimal("0.5"))
