"""How much of the spend is nobody's, or has no price: a share of what was spent, whatever was credited."""

from __future__ import annotations

from decimal import Decimal

import pytest

from freio.domain.money import Money
from freio.domain.spend import SpendLine
from freio.domain.spend_report import SpendReport


def _report(*found: tuple[str, int]) -> SpendReport:
    """Of lines by model and amount; `new` has no price, and only `mine` is an app's."""
    evidence = [
        SpendLine(
            period="",
            by={"app": "a" if model == "mine" else "", "project": "p", "model": model},
            net=Money(Decimal(amount), "BRL"),
        )
        for model, amount in found
    ]
    return SpendReport.of([], evidence, by=(), has_price=lambda model: model != "new")


@pytest.mark.parametrize(
    ("found", "net", "share"),
    [
        ([("new", 5), ("late", -4)], 5, "1"),  # not 500 % of the 1 that is left
        ([("new", 5), ("mine", 5), ("late", -10)], 5, "0.5"),  # of a total of nothing
        ([("new", 5), ("new", -4), ("mine", 15)], 1, "0.25"),  # its own credits do not hide it
        ([("new", -4), ("mine", 4)], -4, "0"),
        ([("new", -4)], -4, "0"),  # nothing was spent at all
    ],
)
def test_a_share_is_of_what_was_spent_before_credits(found: list[tuple[str, int]], net: int, share: str) -> None:
    """From nothing to all of it, never more."""
    part = _report(*found).unpriced
    assert part is not None
    assert (part.net.amount, part.share) == (Decimal(net), Decimal(share))


def test_what_nobody_owns_is_measured_alike() -> None:
    """5 of 20, though the total is 16."""
    part = _report(("old", 5), ("mine", 15), ("mine", -4)).unattributed
    assert part is not None
    assert part.share == Decimal("0.25")


def test_what_is_not_there_is_not_a_part() -> None:
    """Also where there is no spend at all."""
    assert _report().unpriced is None
    assert _report(("mine", 5)).unattributed is None
