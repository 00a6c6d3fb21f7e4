"""List prices by the model's name on Google Cloud and the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

import freio.adapters.genai_prices_book
from freio.adapters.genai_prices_book import GenaiPricesBook
from freio.errors import UnknownPrice

NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)
MILLION = 1_000_000


def test_a_token_costs_what_it_costs_in_an_everyday_request() -> None:
    """A million tokens handed over as one request would fall into the long-context price, which is double."""
    into, out = GenaiPricesBook().per_token("gemini-2.5-pro", NOVEMBER)
    assert (into * MILLION, out * MILLION) == (Decimal("1.25"), Decimal(10))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("gemini-2.5-flash@001", "gemini-2.5-flash"),
        ("gemini-2.5-flash-ga", "gemini-2.5-flash"),
        ("gemini-2.0-flash-001", "gemini-2.0-flash"),
        ("publishers/google/models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("claude-sonnet-4@20250514", "claude-sonnet-4"),
        ("publishers/anthropic/models/claude-opus-4-6", "claude-opus-4-6"),
        ("anthropic-claude-sonnet-4", "claude-sonnet-4"),
    ],
)
def test_every_spelling_of_a_model_has_its_price(name: str, plain: str) -> None:
    """Telemetry, quotas and bills spell models in their own ways."""
    book = GenaiPricesBook()
    assert book.per_token(name, NOVEMBER) == book.per_token(plain, NOVEMBER)


@pytest.mark.parametrize(
    "name", ["gemini-9-ultra", "gemini-3.7-flash-image", "claude-sonnet-4-9", "my-tuned-model", ""]
)
def test_an_unknown_model_has_no_price(name: str) -> None:
    """Nor has one whose name only begins like a known one: it is a signal, never zero and never a guess."""
    with pytest.raises(UnknownPrice):
        GenaiPricesBook().per_token(name, NOVEMBER)


def test_a_price_changes_on_its_day() -> None:
    """Gemini 3.7 Flash doubles on 2027-01-01; the day is UTC's, whatever zone the moment is in."""
    book = GenaiPricesBook()
    before, _ = book.per_token("gemini-3.7-flash", datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    sao_paulo = timezone(timedelta(hours=-3))
    after, _ = book.per_token("gemini-3.7-flash", datetime(2026, 12, 31, 21, 0, tzinfo=sao_paulo))
    assert after == before * 2


def test_an_embedding_costs_on_its_way_in_alone() -> None:
    """It gives out no tokens, so nothing is unknown about them."""
    into, out = GenaiPricesBook().per_token("gemini-embedding-001", NOVEMBER)
    assert into > 0
    assert out == 0


def test_a_price_is_looked_up_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick asks for the same price thousands of times."""
    book = GenaiPricesBook()
    first = book.per_token("gemini-2.5-flash", NOVEMBER)
    monkeypatch.setattr(freio.adapters.genai_prices_book, "calc_price", lambda *_, **__: pytest.fail("asked again"))
    assert book.per_token("gemini-2.5-flash@002", NOVEMBER + timedelta(hours=3)) == first
