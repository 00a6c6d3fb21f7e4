"""List prices of tokens from genai-prices, at the date of use: for the sandbox's bills only.

Long-context models charge all tokens of a request more once its input passes a threshold (200,000 tokens for
Gemini 2.5 Pro). The library prices *one request*, so an hour's total handed to it would always land in the dear
tier. Here the price is asked for one request of the typical size, and given per million tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from genai_prices import Usage, calc_price

from freio.errors import UnknownPrice

if TYPE_CHECKING:
    from datetime import datetime

MILLION = Decimal(1_000_000)
_NANO = Decimal("0.000000001")  # the scale of BigQuery's NUMERIC


@dataclass(frozen=True, kw_only=True)
class TokenPrice:
    """USD per million input and output tokens; `long_context` when a short request would have paid less."""

    input: Decimal
    output: Decimal
    long_context: bool


def token_price(model: str, at: datetime, *, input_size: float, output_size: float) -> TokenPrice:
    """The list price of `model` on Google Cloud at `at`, for requests of this mean size in tokens.

    Raises UnknownPrice where the model is unknown, or where tokens that are used have no price.

    >>> from datetime import UTC, datetime
    >>> token_price("gemini-2.5-pro", datetime(2026, 11, 2, tzinfo=UTC), input_size=900, output_size=60).input
    Decimal('1.250000000')
    """
    size = (max(round(input_size), 1), max(round(output_size), 1))
    asked = _price_of_one(model, at, *size)
    short = _price_of_one(model, at, 1, 1)
    if asked[0] == 0 or (asked[1] == 0 and output_size > 0):
        raise UnknownPrice(model)
    return TokenPrice(input=asked[0], output=asked[1], long_context=asked[0] > short[0])


@lru_cache(maxsize=16_384)
def _price_of_one(model: str, at: datetime, input_size: int, output_size: int) -> tuple[Decimal, Decimal]:
    """Per million tokens; on Google Cloud every model, Claude too, is sold by the provider `google`."""
    usage = Usage(input_tokens=input_size, output_tokens=output_size)
    try:
        price = calc_price(usage, model, provider_id="google", genai_request_timestamp=at)
    except LookupError as exc:
        raise UnknownPrice(model) from exc
    return (
        (price.input_price / input_size * MILLION).quantize(_NANO),
        (price.output_price / output_size * MILLION).quantize(_NANO),
    )
