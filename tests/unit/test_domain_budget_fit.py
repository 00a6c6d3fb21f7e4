"""How far to brake: by the budget, by what is usual, and never under the floor."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.domain.budget_fit import budget_fit, output_per_input, refused


def fit(**changes: Any) -> tuple[int, str]:
    given_: dict[str, Any] = {
        "remaining": Decimal(3000),
        "others_rate": Decimal("0.10"),
        "minutes_left": 10_000,
        "unit_cost": Decimal("0.000002"),
        "usual_peak": 400_000,
        "floor": 20_000,
    }
    found = budget_fit(**{**given_, **changes})
    return found.value, found.rule


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (100_000, "budget")),
        ({"usual_peak": 90_000}, (90_000, "usual peak")),
        ({"remaining": None}, (400_000, "usual peak")),
        ({"remaining": Decimal(-5)}, (20_000, "floor")),
        ({"remaining": Decimal(-5), "floor": 0}, (0, "budget")),
        ({"others_rate": Decimal(9)}, (20_000, "floor")),
        ({"unit_cost": Decimal(0)}, (400_000, "usual peak")),
        ({"minutes_left": 0}, (400_000, "usual peak")),
        ({"usual_peak": 0}, (20_000, "floor")),
    ],
)
def test_the_strictest_rule_sets_the_limit_and_the_floor_holds_it_up(
    changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    """And it says which."""
    assert fit(**changes) == expected


@given(
    st.decimals(-(10**6), 10**6, places=2),
    st.integers(1, 50_000),
    st.decimals("0.000001", "0.01", places=6),
    st.integers(0, 10**8),
    st.integers(0, 10**6),
)
def test_within_the_limit_the_budget_holds_unless_the_floor_says_more(
    remaining: Decimal, minutes: int, unit_cost: Decimal, peak: int, floor: int
) -> None:
    """Spending at the limit for the rest of the month costs no more than what is left."""
    value, rule = fit(
        remaining=remaining,
        minutes_left=minutes,
        unit_cost=unit_cost,
        usual_peak=peak,
        floor=floor,
        others_rate=Decimal(0),
    )
    assert value >= floor
    if rule != "floor":
        assert value <= peak
        assert value * unit_cost * minutes <= max(remaining, Decimal(0))


def test_a_large_answer_is_the_ninetieth_percentile() -> None:
    """By nearest rank; nothing seen is nothing."""
    assert output_per_input([]) == 0
    assert output_per_input([2.0]) == 2
    assert output_per_input([0.1] * 8 + [5.0, 9.0]) == 5


@given(st.lists(st.integers(0, 10**9), max_size=50), st.integers(0, 10**9))
def test_what_is_refused_is_a_share(usage: list[int], limit: int) -> None:
    """Nothing over the limit refuses nothing; a limit of zero refuses all there is."""
    share = refused(usage, limit)
    assert 0 <= share <= 1
    assert (share == 0) is (max(usage, default=0) <= limit)
    assert refused(usage, 0) == (1 if any(usage) else 0)
