"""A forecast of a budget's month: percentiles become a range, a middle and a chance, in Decimal money."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from freio.domain.budget import BudgetReport
from freio.domain.forecast import Forecast, Forecasts, Outlook, Watched, month_of, watched
from freio.domain.money import Money

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
UNTIL = datetime(2026, 12, 1, 8, tzinfo=UTC)
REST = Outlook(percentiles=tuple(Decimal(n) for n in range(1, 100)))
REPORT = BudgetReport(
    source="A/b-1",
    interval_start=datetime(2026, 11, 1, 7, tzinfo=UTC),
    cost=Money(Decimal(80), "BRL"),
    budget=Money(Decimal(200), "BRL"),
    published=NOW,
)


def brl(amount: str | int) -> Money:
    return Money(Decimal(amount), "BRL")


def month(budget: Watched, so_far: int = 90) -> Forecast:
    return month_of("chat", budget, REST, so_far=brl(so_far), at=NOW, until=UNTIL, days=28)


def test_an_outlook_that_is_not_in_order_is_a_bug() -> None:
    """So is one with other than 99 percentiles."""
    with pytest.raises(ValueError, match="99 percentiles"):
        Outlook(percentiles=tuple(reversed(REST.percentiles)))
    with pytest.raises(ValueError, match="99 percentiles"):
        Outlook(percentiles=REST.percentiles[:-1])


@pytest.mark.parametrize(
    ("amount", "chance"),
    [("0.5", "0.99"), ("1", "0.99"), ("50", "0.5"), ("89.5", "0.105"), ("99", "0.01"), ("500", "0.01")],
)
def test_nothing_is_certain_and_nothing_is_impossible(amount: str, chance: str) -> None:
    """Beyond the first and the last percentile nothing is known but that it is rare."""
    assert REST.chance_over(Decimal(amount)) == Decimal(chance)


def test_what_is_passed_already_is_certain() -> None:
    """The one thing that is."""
    assert month(Watched(of="", amount=brl(80), part=Decimal(1))).chance == 1
    assert month(Watched(of="", amount=brl(90), part=Decimal(1))).chance == Decimal("0.99")


def test_an_app_without_a_budget_has_a_range_and_no_chance() -> None:
    """There is nothing that it could pass."""
    found = month(Watched(of="", amount=None, part=Decimal(1)))
    assert (found.low, found.expected, found.high) == (brl("100.0"), brl("140.0"), brl("180.0"))
    assert found.budget is None
    assert found.chance is None


def test_a_budget_that_watches_a_part_is_held_against_that_part() -> None:
    """A quarter of the spend so far, and a quarter of what is to come: 22.5 and 12.5 of it in the middle."""
    found = month(Watched(of="A/b-2", amount=brl(40), part=Decimal("0.25")))
    assert found.so_far == brl("22.50")
    assert found.expected.amount == Decimal("35.00")
    assert found.chance == REST.chance_over(Decimal(70))  # (40 - 22.5) / 0.25


def test_the_files_budget_comes_first_then_those_of_messages_then_none() -> None:
    """Each Cloud Billing budget with the part that its cost is of the widest one's; one that saw no cost has none."""
    part = replace(REPORT, source="A/b-2", cost=brl(20), budget=brl(30))
    idle = replace(REPORT, source="A/b-3", cost=brl(0))
    assert watched(brl(500), [REPORT]) == (Watched(of="", amount=brl(500), part=Decimal(1)),)
    assert watched(None, [REPORT, part, idle]) == (
        Watched(of="A/b-1", amount=brl(200), part=Decimal(1)),
        Watched(of="A/b-2", amount=brl(30), part=Decimal("0.25")),
    )
    assert watched(None, []) == (Watched(of="", amount=None, part=Decimal(1)),)


def test_last_months_forecast_is_not_shown() -> None:
    """Once the month is over nobody forecasts it any more."""
    kept = Forecasts(at=NOW, all=(month(Watched(of="", amount=brl(200), part=Decimal(1))),))
    assert kept.of("chat", NOW) == kept.all
    assert kept.of("chat", UNTIL) == kept.of("search", NOW) == ()
