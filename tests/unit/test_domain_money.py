"""Money: exact, of one currency, and said as a range."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.domain.money import Money, SpendRange
from freio.errors import CurrencyMismatch

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def test_two_currencies_are_never_combined_or_compared() -> None:
    """Not even where one of them is nothing."""
    reais = Money.zero("BRL")
    for combine in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(CurrencyMismatch):
            combine(usd("1"), reais)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_money_is_finite(amount: str) -> None:
    """What is no amount is no money."""
    with pytest.raises(ValueError, match="money is finite"):
        usd(amount)


def test_money_is_decimal() -> None:
    """A float at the edge goes through its shortest text; inside there is none."""
    assert Money.of(0.1, "USD") == usd("0.1")
    with pytest.raises(TypeError, match="not float"):
        Money(0.1, "USD")  # type: ignore[arg-type]  # what is refused


@given(AMOUNTS, AMOUNTS)
def test_sums_are_exact(one: Decimal, other: Decimal) -> None:
    """And undone exactly; rounding is for people, at the end."""
    total = Money(one, "USD") + Money(other, "USD")
    assert total - Money(other, "USD") == Money(one, "USD")
    assert str(usd("2.675")) == "2.68 USD"
    assert usd("2.665").rounded() == usd("2.66")


def test_a_range_is_billed_in_flight_and_worst_case() -> None:
    """What is likely, and what may come on top before a brake bites."""
    spend = SpendRange(billed=usd("10"), in_flight=usd("2"), worst_case=usd("0.5"))
    assert (spend.likely, spend.most) == (usd("12"), usd("12.5"))
    assert SpendRange.zero("USD").most == usd("0")
