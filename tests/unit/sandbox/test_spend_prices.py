"""Tokens are priced at the date of use, at the size of a typical request, and never at nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from freio.errors import UnknownPrice
from freio.sandbox.spend.prices import token_price

NOVEMBER = datetime(2026, 11, 20, tzinfo=UTC)


def test_the_price_is_the_one_of_the_date_of_use() -> None:
    """A list price that doubles on 1 January 2027 doubles on bills of that day, not before."""
    before = token_price("gemini-3.7-flash", datetime(2026, 12, 31, 23, tzinfo=UTC), input_size=900, output_size=60)
    after = token_price("gemini-3.7-flash", datetime(2027, 1, 1, 9, tzinfo=UTC), input_size=900, output_size=60)
    assert (before.input, after.input) == (Decimal("0.75"), Decimal("1.5"))
    assert (before.output, after.output) == (Decimal("3.75"), Decimal("7.5"))


def test_long_context_costs_more_only_where_requests_are_long() -> None:
    """The dear tier is a matter of one request's size, however many requests an hour has."""
    short = token_price("gemini-2.5-pro", NOVEMBER, input_size=900, output_size=60)
    long = token_price("gemini-2.5-pro", NOVEMBER, input_size=300_000, output_size=60)
    assert (short.input, short.output, short.long_context) == (Decimal("1.25"), Decimal(10), False)
    assert (long.input, long.output, long.long_context) == (Decimal("2.5"), Decimal(15), True)


def test_claude_models_are_priced_under_their_names_on_google_cloud() -> None:
    """A version pinned with @ is the same model."""
    pinned = token_price("claude-sonnet-4-5@20250929", NOVEMBER, input_size=900, output_size=60)
    assert pinned == token_price("claude-sonnet-4-5", NOVEMBER, input_size=900, output_size=60)
    assert pinned.input == 3


def test_an_unknown_model_is_an_error_and_never_free() -> None:
    """The error names the model."""
    with pytest.raises(UnknownPrice, match="gemini-nonesuch"):
        token_price("gemini-nonesuch", NOVEMBER, input_size=900, output_size=60)
