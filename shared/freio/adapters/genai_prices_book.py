"""List prices from genai-prices: reviewed, dated, and shipped inside the package."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

from genai_prices import Usage, calc_price
from genai_prices.types import ModelPrice, TieredPrices

from freio.adapters.model_names import plain_model
from freio.domain.rates import (
    CACHE_READ,
    CACHE_WRITE,
    CACHE_WRITE_1H,
    GLOBAL,
    INPUT,
    OUTPUT,
    Use,
    cache_factor,
    request_factor,
)
from freio.errors import UnknownPrice

_MILLION = Decimal(1_000_000)
_VERSION = re.compile(r"(-(\d{3,}|preview|latest|exp|\d\d-\d{4}))*")
# Vertex AI lists Claude too; where it lists one not yet, its maker's price, which Vertex AI follows, stands in.
_PROVIDERS = ("google", "anthropic")
_FIELDS = {
    INPUT: "input_mtok",
    OUTPUT: "output_mtok",
    CACHE_READ: "cache_read_mtok",
    CACHE_WRITE: "cache_write_mtok",
    CACHE_WRITE_1H: "cache_write_1h_mtok",
}


class GenaiPricesBook:
    """USD a token, for requests under the long-context threshold and at the global endpoint.

    The library knows models, days and cached tokens; what the way of asking makes of that is
    `freio.domain.rates`. A bill with long contexts or regional endpoints is higher.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Use, date], Decimal] = {}

    def per_token(self, use: Use, at: datetime) -> Decimal:
        """The price of one token on that day (UTC); raises `UnknownPrice`.

        An embedding model has no output, so its output costs 0; an input without a price is unknown.

        >>> GenaiPricesBook().per_token(Use(model="gemini-2.5-pro@001"), datetime(2026, 11, 2, tzinfo=UTC))
        Decimal('0.00000125')
        """
        # Every region costs the same here, so that none is looked up for itself.
        plain = Use(model=plain_model(use.model), kind=use.kind, request_type=use.request_type, location=GLOBAL)
        key = (plain, at.astimezone(UTC).date())
        if key not in self._known:
            self._known[key] = _look_up(use, *key)
        return self._known[key]

    def troubles(self) -> tuple[str, ...]:
        """None: the prices are part of the package."""
        return ()


def _look_up(asked: Use, use: Use, day: date) -> Decimal:
    factor = request_factor(use)
    if factor is None:
        raise UnknownPrice(str(asked))
    for provider in _PROVIDERS:
        prices = _prices_of(use.model, provider, day)
        if prices is None:
            continue
        found = _of_kind(prices, use)
        if found is not None:
            return (found * factor / _MILLION).normalize()
    raise UnknownPrice(str(asked))


def _of_kind(prices: ModelPrice, use: Use) -> Decimal | None:
    """A million tokens of the kind: the list's price, or else for cached ones its part of the input's."""
    an_input = _base(prices, INPUT)
    if not an_input:
        return None
    if use.kind == OUTPUT:
        return _base(prices, OUTPUT) or Decimal(0)
    found = _base(prices, use.kind) if use.kind in _FIELDS else None
    factor = cache_factor(use)
    return found if found is not None else None if factor is None else an_input * factor


def _base(prices: ModelPrice, kind: str) -> Decimal | None:
    """Of a request of an everyday size: long-context models charge every token of a longer one more."""
    price: Decimal | TieredPrices | None = getattr(prices, _FIELDS[kind], None)
    return price.base if isinstance(price, TieredPrices) else price


def _prices_of(model: str, provider: str, day: date) -> ModelPrice | None:
    moment = datetime.combine(day, time(), tzinfo=UTC)
    try:
        found = calc_price(Usage(input_tokens=1), model, provider_id=provider, genai_request_timestamp=moment)
    except LookupError:
        return None
    return found.model_price if _is_version(model, of=found.model.id) else None


def _is_version(model: str, *, of: str) -> bool:
    """Whether a model is the matched one, not another that only begins like it: the library matches beginnings.

    >>> _is_version("gemini-2.0-flash-preview-09-2025", of="gemini-2.0-flash")
    True
    >>> _is_version("gemini-3.7-flash-image", of="gemini-3.7-flash")
    False
    """
    rest = model.removeprefix(of) if model.startswith(of) else ""
    return _VERSION.fullmatch(rest) is not None
