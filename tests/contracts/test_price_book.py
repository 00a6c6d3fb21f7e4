"""What every price book promises, and what Cloud Billing's catalogue makes of the list behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freio.adapters.genai_prices_book import GenaiPricesBook
from freio.adapters.google.billing_catalogue import BillingCatalogue
from freio.adapters.google.client import GoogleApis
from freio.adapters.google.contract_prices import ContractPrices
from freio.domain.rates import Use
from freio.errors import UnknownPrice
from freio.ports import PriceBook
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.faults import HttpFault
from freio.sandbox.google.server import serve
from freio.sandbox.google.sku_api import SoldSku
from tests.fakes import FakeClock
from tests.unit.guard.watching import FLASH, FakePrices

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ACCOUNT = "01D4EE-079462-DFD6EC"
LIST, PRICE = "cloudbilling.services.skus.list", "cloudbilling.billingAccounts.skus.price.get"
OPUS = ("C1A0-0000-0046", "Claude Opus 4.6")


def a_million(usd: str) -> Decimal:
    return Decimal(usd) / 1_000_000


def sku(number: int, description: str, usd: str, **changes: object) -> SoldSku:
    given: dict[str, object] = {"tiers": ((0, a_million(usd)),), **changes}
    return SoldSku(sku_id=f"AAAA-{number:04}", description=description, **given)  # type: ignore[arg-type]  # a test's own


SKUS = (
    sku(1, "Gemini 2.5 Flash Text Input - Predictions", "0.15"),  # a preview's, which has gone
    sku(2, "Gemini 2.5 Flash GA Text Input - Predictions", "0.30", contract=a_million("0.21")),
    sku(3, "Gemini 2.5 Flash GA Text Output - Predictions", "2.50", quantity=1_000),
    sku(4, "Gemini 2.5 Flash GA Input Text Caching", "0.03", factor=1_000),
    sku(5, "Gemini 2.5 Flash GA Input Text Caching Storage", "1", unit="h"),
    sku(6, "Gemini 3.7 Flash Global Text Input Priority - Predictions", "2.70", contract=a_million("2")),
    sku(7, "Gemini 3.7 Flash Global Text Input - Predictions", "1.50"),
    sku(8, "Gemini 3.7 Flash Regional Text Input - Predictions", "1.65"),
    sku(9, "Gemini 3.0 / 3.1 Pro Text Input (Long) - Predictions", "4"),
    sku(10, "Gemini 3.0 / 3.1 Pro  Text Input - Predictions", "2"),
    sku(11, "Gemini 3.7 Flash Text Input Hyper - Predictions", "9"),  # in words that nobody knows yet
    sku(12, "Gemini 3.5 Flash Text Input - Predictions", "0", tiers=((0, Decimal(0)), (1_000, a_million("1.5")))),
    sku(13, "Gemini 2.5 Pro Text Input - Predictions", "1.25"),
    sku(14, "Gemini 2.5 Pro Input Text - Predictions", "1.50"),  # the same again, at another price
    sku(15, "Claude Opus 4.6 Input Tokens", "5", service=OPUS, contract=a_million("4.5")),
    sku(16, "Claude Opus 4.6 Cache Write 1h Input Tokens", "10", service=OPUS),
)


@dataclass
class World:
    """The catalogue behind HTTP, and a book before it."""

    clock: FakeClock
    plane: ControlPlane
    book: ContractPrices

    def usd(self, model: str, kind: str = "input", request_type: str = "standard", location: str = "global") -> Decimal:
        """For a million tokens."""
        use = Use(model=model, kind=kind, request_type=request_type, location=location)
        return self.book.per_token(use, self.clock.at) * 1_000_000

    def asked(self, method: str) -> int:
        return sum(one.method_id == method for one in self.plane.log)


@pytest.fixture
def world() -> Iterator[World]:
    clock = FakeClock(NOON)
    plane = ControlPlane(now=clock.now, projects=["acme"], skus=SKUS)
    server = serve(plane)
    apis = GoogleApis(endpoint=server.url, timeout=10)
    yield World(clock, plane, ContractPrices(BillingCatalogue(apis, ACCOUNT), GenaiPricesBook(), clock.now))
    apis.close()
    server.stop()


@pytest.fixture(params=["fake", "genai", "contract"])
def any_book(request: pytest.FixtureRequest) -> PriceBook:
    if request.param == "contract":
        made: World = request.getfixturevalue("world")
        return made.book
    return FakePrices() if request.param == "fake" else GenaiPricesBook()


def test_a_token_has_an_exact_price(any_book: PriceBook) -> None:
    """A Decimal, more than nothing, the same each time."""
    price = any_book.per_token(Use(model=FLASH), NOON)
    assert isinstance(price, Decimal)
    assert price > 0
    assert any_book.per_token(Use(model=FLASH), NOON) == price


def test_flex_is_half(any_book: PriceBook) -> None:
    """Where the client's catalogue does not say otherwise."""
    standard = GenaiPricesBook() if isinstance(any_book, ContractPrices) else any_book
    half = any_book.per_token(Use(model=FLASH, request_type="flex"), NOON)
    assert half * 2 == standard.per_token(Use(model=FLASH), NOON)


def test_what_has_no_price_is_named(any_book: PriceBook) -> None:
    """Never zero, never a guess."""
    with pytest.raises(UnknownPrice, match=r"gemini-9-ultra \(flex\)"):
        any_book.per_token(Use(model="gemini-9-ultra", request_type="flex"), NOON)


# What only the catalogue can show


@pytest.mark.parametrize(
    ("use", "usd"),
    [
        (("gemini-2.5-flash",), "0.21"),  # the contract's, of the SKU in use and not of the preview's
        (("gemini-2.5-flash", "output"), "2.5"),  # said for a thousand
        (("gemini-2.5-flash", "cache_read_input"), "0.03"),  # its public usage unit is a thousand tokens
        (("gemini-3.7-flash", "input", "priority"), "2"),
        (("gemini-3.7-flash", "input", "standard", "europe-west1"), "1.65"),
        (("gemini-3.1-pro-preview",), "2"),  # of two versions, under the threshold of long contexts
        (("gemini-3.5-flash",), "1.5"),  # its first tier is free
        (("gemini-2.5-pro",), "1.25"),  # two SKUs disagree: the price list stands in
        (("claude-opus-4-6@20260115", "input", "standard", "us-east5"), "4.5"),
        (("claude-opus-4-6", "cache_write_1h_input"), "10"),
        (("claude-opus-4-6", "output"), "25"),  # no SKU of it: the price list stands in
    ],
)
def test_the_account_pays_what_its_contract_says(world: World, use: tuple[str, ...], usd: str) -> None:
    """Exact in every unit in which Google says a price."""
    assert world.usd(*use) == Decimal(usd)


def test_a_use_of_before_a_price_moved_costs_what_it_cost_then(world: World) -> None:
    """Gemini 3.7 Flash doubles with the year; what Cloud Billing says is of today, and the list knows both days."""
    world.clock.at = datetime(2027, 1, 2, 12, tzinfo=UTC)
    use = Use(model="gemini-3.7-flash")
    today, last_year = (world.book.per_token(use, world.clock.at - n * timedelta(days=1)) for n in (0, 3))
    assert (today, last_year) == (a_million("1.5"), a_million("0.75"))


def test_a_price_that_moves_while_it_is_kept_moves_with_the_list(world: World) -> None:
    """Read in the last hours of the year, and used in the first of the next."""
    world.clock.at = datetime(2026, 12, 31, 23, tzinfo=UTC)
    before = world.usd("gemini-3.7-flash")
    world.clock.at += timedelta(hours=2)
    assert world.usd("gemini-3.7-flash") == 2 * before


def test_a_price_that_is_first_read_after_it_moved_is_what_it_says(world: World) -> None:
    """The day's prices are read one by one, as they are used: this one at one in the morning of the new year."""
    world.clock.at = datetime(2026, 12, 31, 23, tzinfo=UTC)
    world.usd("gemini-2.5-flash")
    world.clock.at += timedelta(hours=2)
    assert world.usd("gemini-3.7-flash") == Decimal("1.5")


def test_what_cannot_be_read_is_said(world: World) -> None:
    """By name, and how many; storage and other wares are nothing to be told."""
    world.usd("gemini-2.5-pro")
    unread, twice = world.book.troubles()
    assert unread.startswith("1 SKUs were left out")
    assert "Gemini 3.7 Flash Text Input Hyper - Predictions" in unread
    assert "gemini-2.5-pro input standard: neither counts" in twice


def test_a_day_asks_once(world: World) -> None:
    """A tick asks for thousands of prices; the next day's first one asks anew."""
    for _ in range(3):
        world.usd("gemini-2.5-flash")
        world.usd("gemini-2.5-flash", "output")
    assert (world.asked(LIST), world.asked(PRICE)) == (1, 2)
    world.clock.at += timedelta(days=1)
    world.usd("gemini-2.5-flash")
    assert (world.asked(LIST), world.asked(PRICE)) == (2, 3)


def test_all_pages_are_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vertex AI has more SKUs than a page holds."""
    monkeypatch.setattr("freio.adapters.google.billing_catalogue.PAGE", 4)
    assert world.usd("gemini-3.7-flash") == Decimal("1.5")
    assert world.asked(LIST) == 4


def test_without_the_right_to_the_account_s_prices_the_catalogue_s_list_stands_in(world: World) -> None:
    """And that is said: the estimate is of what others pay."""
    world.plane.faults.inject(PRICE, HttpFault(status=403))
    assert world.usd("gemini-2.5-flash") == Decimal("0.3")
    assert "list prices stand in for the account's" in world.book.troubles()[0] + world.book.troubles()[-1]


def test_a_catalogue_that_is_down_costs_a_list_price_for_an_hour(world: World) -> None:
    """No tick fails for it, nor asks it again and again."""
    world.plane.faults.inject(LIST, HttpFault(status=503))
    assert world.usd("gemini-3.7-flash") == Decimal("0.75")
    assert world.usd("gemini-2.5-flash") == Decimal("0.3")
    assert world.asked(LIST) == 1
    assert len(world.book.troubles()) == 1
    world.clock.at += timedelta(hours=1)
    assert world.usd("gemini-2.5-flash") == Decimal("0.21")


def test_an_account_that_is_not_ours_shows_no_contract(world: World) -> None:
    """The stand-in's own rule: prices of another account are refused."""
    world.book._catalogue._account = "000000-000000-000000"
    assert world.usd("gemini-2.5-flash") == Decimal("0.3")
