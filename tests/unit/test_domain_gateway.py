"""Input tokens and what a gateway counts: turned in one place, and never mixed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.domain.gateway import UNITS, Counts, Gateway, in_gateway_tokens, shared_out


@given(st.integers(0, 10**9), st.integers(0, 2_000), st.integers(0, 100))
def test_under_a_total_no_shorter_answers_cost_more(limit: int, percent: int, part: int) -> None:
    """The limit was worked out with large answers: traffic with smaller ones stays within the same money."""
    ratio = percent / 100
    total = in_gateway_tokens(limit, ratio, UNITS[Counts.TOTAL])
    price_in, price_out = 1.0, 8.0
    real = ratio * part / 100
    cost = total / (1 + real) * (price_in + real * price_out)
    assert cost <= limit * (price_in + ratio * price_out) * (1 + 1e-9)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_shares_add_up_to_the_limit(limit: int, usage: list[int]) -> None:
    """Several counters together let through what one would."""
    parts = shared_out(limit, usage)
    assert sum(parts) == limit
    assert len(parts) == len(usage)
    assert min(parts) >= 0


def test_nobody_shares_nothing() -> None:
    """No callers, no limits."""
    assert shared_out(5, []) == ()


def test_an_unknown_unit_and_a_negative_ratio_are_refused() -> None:
    """No guess is made with money."""
    with pytest.raises(ValueError, match="'requests_per_minute' counts no tokens"):
        in_gateway_tokens(1, 0.5, "requests_per_minute")
    with pytest.raises(ValueError, match="never negative"):
        in_gateway_tokens(1, -0.5, UNITS[Counts.TOTAL])


def test_a_gateways_unit_says_what_it_counts() -> None:
    """Total, as the proxy does unless it is told otherwise."""
    assert Gateway(url="https://llm.acme.example").unit == "tokens_per_minute"
