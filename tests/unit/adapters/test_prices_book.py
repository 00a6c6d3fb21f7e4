"""List prices by the model's name on Google Cloud and the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

import freio.adapters.genai_prices_book
from freio.adapters.genai_prices_book import GenaiPricesBook
from freio.domain.rates import Use
from freio.errors import UnknownPrice

NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)
MILLION = 1_000_000


def million(model: str, kind: str = "input", request_type: str = "standard", at: datetime = NOVEMBER) -> Decimal:
    """USD for a million tokens."""
    use = Use(model=model, kind=kind, request_type=request_type, location="us-east5")
    return GenaiPricesBook().per_token(use, at) * MILLION


def test_a_token_costs_what_it_costs_in_an_everyday_request() -> None:
    """A million tokens handed over as one request would fall into the long-context price, which is double."""
    assert [million("gemini-2.5-pro", kind) for kind in ("input", "output")] == [Decimal("1.25"), Decimal(10)]


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
    assert million(name) == million(plain)


@pytest.mark.parametrize(
    "name", ["gemini-9-ultra", "gemini-3.7-flash-image", "claude-sonnet-4-9", "my-tuned-model", ""]
)
def test_an_unknown_model_has_no_price(name: str) -> None:
    """Nor has one whose name only begins like a known one: it is a signal, never zero and never a guess."""
    with pytest.raises(UnknownPrice):
        million(name)


def test_a_price_changes_on_its_day() -> None:
    """Gemini 3.7 Flash doubles on 2027-01-01; the day is UTC's, whatever zone the moment is in."""
    before = million("gemini-3.7-flash", at=datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    sao_paulo = timezone(timedelta(hours=-3))
    after = million("gemini-3.7-flash", at=datetime(2026, 12, 31, 21, 0, tzinfo=sao_paulo))
    assert after == before * 2


def test_an_embedding_costs_on_its_way_in_alone() -> None:
    """It gives out no tokens, so nothing is unknown about them."""
    assert million("gemini-embedding-001") > 0
    assert million("gemini-embedding-001", "output") == 0


@pytest.mark.parametrize(
    ("model", "kind", "request_type", "usd"),
    [
        ("gemini-2.5-pro", "input", "flex", "0.625"),
        ("gemini-2.5-pro", "output", "batch", "5"),
        ("gemini-2.5-pro", "input", "priority", "2.25"),
        ("gemini-2.5-pro", "cache_read_input", "standard", "0.125"),
        ("gemini-2.5-pro", "cache_read_input", "batch", "0.125"),  # batch and cache do not stack
        ("claude-sonnet-4-5", "cache_read_input", "standard", "0.3"),
        ("claude-sonnet-4-5", "cache_write_input", "standard", "3.75"),
        ("claude-sonnet-4-5", "cache_write_1h_input", "standard", "6"),
        ("claude-opus-5-5", "cache_read_input", "standard", "0.2"),  # a twentieth: the list knows better than a rule
        ("claude-sonnet-4", "cache_write_1h_input", "standard", "6"),
    ],
)
def test_each_token_costs_what_it_is_billed_as(model: str, kind: str, request_type: str, usd: str) -> None:
    """By its kind and by the way it was asked for; prices of a million, checked by hand against the lists."""
    assert million(model, kind, request_type) == Decimal(usd)


@pytest.mark.parametrize(
    ("model", "kind", "request_type", "named"),
    [
        ("gemini-2.5-pro", "thought_input", "standard", "gemini-2.5-pro (thought_input)"),
        ("gemini-2.5-pro", "input", "turbo", "gemini-2.5-pro (turbo)"),
        ("claude-sonnet-4-5", "output", "priority", "claude-sonnet-4-5 (priority)"),
        ("gemini-2.5-pro", "cache_write_input", "standard", "gemini-2.5-pro (cache_write_input)"),
    ],
)
def test_a_kind_or_a_way_that_nobody_knows_has_no_price(model: str, kind: str, request_type: str, named: str) -> None:
    """It is named, so that the signal says what is missing; the model's other tokens keep their price."""
    with pytest.raises(UnknownPrice) as caught:
        million(model, kind, request_type)
    assert caught.value.model == named


def test_a_price_is_looked_up_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick asks for the same price thousands of times."""
    book = GenaiPricesBook()
    first = book.per_token(Use(model="gemini-2.5-flash"), NOVEMBER)
    monkeypatch.setattr(freio.adapters.genai_prices_book, "calc_price", lambda *_, **__: pytest.fail("asked again"))
    assert book.per_token(Use(model="gemini-2.5-flash@002"), NOVEMBER + timedelta(hours=3)) == first
