"""What bills were of estimates: the middle of the days, and how far they lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freio.domain.money import Money
from freio.domain.spend import HourlyCost
from freio.guard.quantile import quantile
from freio.guard.reconcile import Ratio, doubts, ratios

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
def test_a_few_odd_days_are_not_believed(billed: str) -> None:
    """A hundredth or three times the estimate may be a correction, or two things of one name: it is said instead."""
    ratio = learned(billed, billed, billed)
    assert ratio is not None
    assert (ratio.is_odd, ratio.is_believed) == (True, False)
    (said,) = doubts({TRAFFIC: ratio})
    assert said.startswith(f"gemini-2.5-flash in p: bills were {Decimal(billed):.2f} of list price on 3 settled days")
    assert said.endswith("list prices stand in")


@pytest.mark.parametrize(
    ("billed", "is_believed"),
    [
        (("0.02",) * 7, True),
        (("0",) * 7, True),
        (("3",) * 7, True),
        (("0.02", "0", "0.04", "0.6", "0.01", "0.03", "0.02"), True),  # one correction
        (("0.02", "0.3", "0", "0.9", "0.03", "0.01", "0.5"), False),
        (("0.02",) * 6 + ("1",), False),  # the credits have run out
        (("0.02",) * 4, False),
    ],
)
def test_days_that_agree_are_believed_however_far_from_the_list(billed: tuple[str, ...], *, is_believed: bool) -> None:
    """Credits pay for nearly all, day after day: the list's price would be a runaway that never ends."""
    ratio = learned(*billed)
    assert ratio is not None
    assert (ratio.is_odd, ratio.is_believed) == (True, is_believed)
    (said,) = doubts({TRAFFIC: ratio})
    assert ("estimates go by that" in said) is is_believed
    assert ("list prices stand in" in said) is not is_believed


def of_hours(billed: Sequence[tuple[str, str]], settled: datetime) -> Ratio:
    """From hours, one after the other: what was billed for each dollar of the estimate, and the estimate."""
    hours = [(START + n * HOUR, Decimal(part), Decimal(amount)) for n, (part, amount) in enumerate(billed)]
    costs = [HourlyCost(hour=at, project="p", model=TRAFFIC[1], net=Money(a * b, "USD")) for at, a, b in hours]
    return ratios(costs, {(TRAFFIC, at): amount for at, _, amount in hours}, settled)[TRAFFIC]


WEEK_OF_DAYS = [*[("0.3", "10")] * 18, *[("0.9", "10")] * 6] * 7


@pytest.mark.parametrize(
    "since",
    [
        pytest.param([("0.3", "10")] * 18 + [("0.9", "10")] * 6, id="nights without a cache are dearer, every day"),
        pytest.param([("0.3", "10")] * 20 + [("30", "10")] + [("0.3", "10")], id="a correction stands in one hour"),
        pytest.param([("0.9", "0.1")] * 40, id="a weekend of next to nothing"),
        pytest.param([("0.3", "10")] * 18 + [("0", "10")] * 6, id="rows are still to come"),
    ],
)
def test_bills_since_raise_no_ratio_by_a_few_hours(since: list[tuple[str, str]]) -> None:
    """Whole days of money are held against whole days."""
    ratio = of_hours([*WEEK_OF_DAYS, *since], START + 7 * DAY)
    assert (ratio.mid, ratio.high) == (Decimal("0.45"), Decimal("0.45"))


@pytest.mark.parametrize(
    "since",
    [
        pytest.param([("1", "10")] * 24, id="a day"),
        pytest.param([("0.3", "10")] * 5 + [("1", "500")] * 2, id="two hours that are dearer than a week"),
        pytest.param([("1", "10")] * 24 + [("0.2", "10")] * 4, id="rows of the newest are still to come"),
    ],
)
def test_bills_since_raise_the_ratio_by_a_days_money(since: list[tuple[str, str]]) -> None:
    """As a runaway ends the credits, and is what is billed without them."""
    ratio = of_hours([*WEEK_OF_DAYS, *since], START + 7 * DAY)
    assert ratio.mid > Decimal("0.8")
    assert ratio.high == 1


def test_a_dear_day_like_one_of_the_weeks_raises_nothing() -> None:
    """Days that differ are the spread that was learned; the middle stays."""
    uneven = [(part, "1") for part in ("0.5", "1", "0.5", "1", "0.5", "0.5", "0.5") for _ in range(24)]
    assert of_hours([*uneven, *[("1", "1")] * 40], START + 7 * DAY).mid == Decimal("0.5")


def test_what_the_bill_has_under_no_such_name_is_not_free() -> None:
    """Zero because nothing was found is no ratio, however steady."""
    hours = {(TRAFFIC, START + n * DAY): Decimal(1) for n in range(7)}
    (ratio,) = ratios([], hours, START + 30 * DAY).values()
    assert (ratio.mid, ratio.is_believed) == (Decimal(0), False)
    assert "the bill has nothing of it on 7 settled days" in doubts({TRAFFIC: ratio})[0]


def test_days_that_the_bill_has_nothing_of_are_no_days_at_nothing() -> None:
    """The export began yesterday, or had a gap: a week of it must not say that all is free."""
    hours = {(TRAFFIC, START + n * DAY): Decimal(1) for n in range(7)}
    cost = HourlyCost(hour=START + 6 * DAY, project="p", model=TRAFFIC[1], net=Money(Decimal("0.9"), "USD"))
    (ratio,) = ratios([cost], hours, START + 30 * DAY).values()
    assert (ratio.mid, ratio.days) == (Decimal("0.9"), 1)


def test_a_usual_ratio_is_in_no_doubt() -> None:
    """However uneven its days are: its spread says that."""
    ratio = learned("0.5", "1", "0.5", "1")
    assert ratio is not None
    assert ratio.is_believed
    assert doubts({TRAFFIC: ratio}) == ()


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
