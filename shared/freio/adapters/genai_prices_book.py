"""List prices from genai-prices: reviewed, dated, and shipped inside the package."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

from genai_prices import Usage, calc_price

from freio.adapters.model_names import plain_model
from freio.errors import UnknownPrice

# The library prices one request, and long-context models charge every token of a request more past 128,000 or 200,000
# tokens of input (Gemini 2.5 Pro: double). So the price of a token is taken from a request of an everyday size.
REQUEST = 1_000  # tokens, each way
_VERSION = re.compile(r"(-(\d{3,}|preview|latest|exp|\d\d-\d{4}))*")
# Vertex AI lists Claude too; where it lists one not yet, its maker's price, which Vertex AI follows, stands in.
_PROVIDERS = ("google", "anthropic")


class GenaiPricesBook:
    """USD a token, for requests under the long-context threshold, without batch, flex or cache discounts.

    A bill with long contexts is higher, one with caches or batches lower.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, date], tuple[Decimal, Decimal]] = {}

    def per_token(self, model: str, at: datetime) -> tuple[Decimal, Decimal]:
        """The price of one input and of one output token on that day (UTC); raises `UnknownPrice`.

        An embedding model has no output, so its output costs 0; an input without a price is unknown.

        >>> GenaiPricesBook().per_token("gemini-2.5-pro@001", datetime(2026, 11, 2, tzinfo=UTC))
        (Decimal('0.00000125'), Decimal('0.00001'))
        """
        key = (plain_model(model), at.astimezone(UTC).date())
        if key not in self._known:
            self._known[key] = _look_up(model, *key)
        return self._known[key]


def _look_up(asked: str, model: str, day: date) -> tuple[Decimal, Decimal]:
    usage = Usage(input_tokens=REQUEST, output_tokens=REQUEST)
    moment = datetime.combine(day, time(), tzinfo=UTC)
    for provider in _PROVIDERS:
        try:
            price = calc_price(usage, model, provider_id=provider, genai_request_timestamp=moment)
        except LookupError:
            continue
        if price.input_price > 0 and _is_version(model, of=price.model.id):
            return (price.input_price / REQUEST).normalize(), (price.output_price / REQUEST).normalize()
    raise UnknownPrice(asked)


def _is_version(model: str, *, of: str) -> bool:
    """Whether a model is the matched one, not another that only begins like it: the library matches beginnings.

    >>> _is_version("gemini-2.0-flash-preview-09-2025", of="gemini-2.0-flash")
    True
    >>> _is_version("gemini-3.7-flash-image", of="gemini-3.7-flash")
    False
    """
    rest = model.removeprefix(of) if model.startswith(of) else ""
    return _VERSION.fullmatch(rest) is not None
