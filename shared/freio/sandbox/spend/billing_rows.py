"""Served tokens of an hour as rows of the billing export: usage, now and then a credit, now and then a correction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from freio.domain.calendar import PACIFIC
from freio.sandbox.spend import lag
from freio.sandbox.spend.chance import identifier, uniform
from freio.sandbox.spend.prices import MILLION, token_price
from freio.sandbox.spend.skus import Direction, Sku, project_number, sku

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from freio.sandbox.spend.traffic import Labels

HOUR = timedelta(hours=1)
CREDITED = 0.03  # share of rows with a promotional credit
CORRECTED = 0.01  # share of rows with a correction, one to four days after the row
_NANO = Decimal("0.000000001")

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class BillingAccount:
    """Whose bill it is. `per_usd` is how much of `currency` one US dollar costs; prices are listed in dollars."""

    id: str
    currency: str = "USD"
    per_usd: Decimal = Decimal(1)
    organization: str = "100000000001"
    project_labels: Mapping[str, Labels] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class HourUse:
    """What one project used of one model, at one place, under one set of labels, in the hour from `start`."""

    start: datetime
    project: str
    location: str
    model: str
    labels: Labels
    requests: int
    input_tokens: int
    output_tokens: int


class Bill(Protocol):
    """Where the rows go: a billing export's table."""

    def write(self, uses: Iterable[HourUse]) -> int:
        """Takes the rows of these hours, whenever they will be exported; returns how many there are."""
        ...

    def arrive(self, now: datetime) -> int:
        """Puts those into the table whose time of export has come by `now`; returns how many."""
        ...


def rows_of(use: HourUse, account: BillingAccount, seed: int) -> Iterator[Row]:
    """One row for each direction with tokens, each with its corrections. UnknownPrice where no price is known.

    The price is that of a request of the hour's mean size, at the hour's start.
    """
    if use.requests == 0 or (use.input_tokens == 0 and use.output_tokens == 0):
        return
    price = token_price(
        use.model,
        use.start,
        input_size=use.input_tokens / use.requests,
        output_size=use.output_tokens / use.requests,
    )
    directions: tuple[tuple[Direction, int, Decimal], ...] = (
        ("Input", use.input_tokens, price.input),
        ("Output", use.output_tokens, price.output),
    )
    for direction, tokens, usd in directions:
        if tokens:
            sold = sku(use.model, use.location, direction, long_context=price.long_context)
            in_currency = (usd * account.per_usd).quantize(_NANO)
            row = _usage_row(use, account, seed, sold=sold, tokens=tokens, price=in_currency)
            yield row
            yield from _corrections(row, use, sold, seed)


def _usage_row(use: HourUse, account: BillingAccount, seed: int, *, sold: Sku, tokens: int, price: Decimal) -> Row:
    """A regular row. `price` is in the account's currency per million tokens, as NUMERIC keeps it."""
    cost = float(tokens * price / MILLION)
    end = use.start + HOUR
    name = (use.project, sold.sku, str(use.labels))
    return {
        "billing_account_id": account.id,
        "service": {"id": sold.service_id, "description": sold.service},
        "sku": {"id": sold.sku_id, "description": sold.sku},
        "usage_start_time": _text(use.start),
        "usage_end_time": _text(end),
        "project": _project(use.project, account),
        "labels": _pairs(use.labels),
        "system_labels": [],
        "location": _location(use.location),
        # Not known whether Google names the model here; a null is what most services show.
        "resource": {"name": None, "global_name": None},
        "tags": [],
        "price": {
            "effective_price": str(price),
            "tier_start_amount": "0",
            "unit": "count",
            "pricing_unit_quantity": str(MILLION),
            "list_price": str(price),
            "effective_price_default": str(price),
            "list_price_consumption_model": str(price),
        },
        "transaction_type": "THIRD_PARTY_AGENCY" if sold.partner else "GOOGLE",
        "seller_name": sold.seller,
        "export_time": _text(lag.export_time(end, seed, use.project, sold.service_id)),
        "cost": cost,
        "currency": account.currency,
        "currency_conversion_rate": float(account.per_usd),
        "usage": {
            "amount": float(tokens),
            "unit": "count",
            "amount_in_pricing_units": float(tokens),
            "pricing_unit": "count",
        },
        "credits": _credits(cost, seed, *name, _text(use.start)),
        "invoice": {"month": invoice_month(use.start), "publisher_type": "PARTNER" if sold.partner else "GOOGLE"},
        "cost_type": "regular",
        "adjustment_info": None,
        "subscription": None,
        "cost_at_list": cost,
        "cost_at_effective_price_default": cost,
        "cost_at_list_consumption_model": cost,
        # The id that Google documents for usage outside any commitment.
        "consumption_model": {"id": "7754-699E-0EBF", "description": "Default"},
    }


def _corrections(row: Row, use: HourUse, sold: Sku, seed: int) -> Iterator[Row]:
    """Some rows are put right later by a row of their own: the difference, of either sign, up to a tenth."""
    name = (use.project, sold.sku, str(use.labels), row["usage_start_time"])
    if uniform(seed, "corrected", *name) >= CORRECTED:
        return
    share = 0.02 + 0.08 * uniform(seed, "correction", *name)
    if uniform(seed, "sign", *name) < 0.7:
        share = -share
    tokens = round(row["usage"]["amount"] * share)
    cost = float(tokens * Decimal(row["price"]["effective_price"]) / MILLION)
    waited = timedelta(days=1) + timedelta(days=3) * uniform(seed, "waited", *name)
    first = datetime.fromisoformat(row["export_time"])
    exported = lag.export_time((first + waited).replace(microsecond=0), seed, "correction", use.project)
    yield {
        **row,
        "export_time": _text(exported),
        "cost": cost,
        "cost_at_list": cost,
        "cost_at_effective_price_default": cost,
        "cost_at_list_consumption_model": cost,
        "usage": {**row["usage"], "amount": float(tokens), "amount_in_pricing_units": float(tokens)},
        "credits": [],
        # A closed month's invoice stands: what is put right later is on the invoice of the month it is put right in.
        "invoice": {**row["invoice"], "month": invoice_month(exported)},
        "cost_type": "adjustment",
        "adjustment_info": {
            "id": identifier("adjustment", *name),
            "description": "Correction of metered usage",
            "mode": "PARTIAL_CORRECTION",
            "type": "USAGE_CORRECTION",
        },
    }


def invoice_month(at: datetime) -> str:
    """The invoice's month, which turns at midnight in the Pacific time zone.

    >>> invoice_month(datetime(2026, 12, 1, 7, 0, tzinfo=UTC))
    '202611'
    """
    return f"{at.astimezone(PACIFIC):%Y%m}"


def _credits(cost: float, seed: int, *name: str) -> list[Row]:
    """A promotional credit on some rows: a negative amount, a tenth of the row's cost."""
    if uniform(seed, "credited", *name) >= CREDITED:
        return []
    campaign = identifier("credit", seed)
    return [
        {
            "name": "Promotion",
            "amount": -cost / 10,
            "full_name": "Promotion for generative AI",
            "id": campaign,
            "type": "PROMOTION",
        }
    ]


def _project(project: str, account: BillingAccount) -> Row:
    number = project_number(project)
    return {
        "id": project,
        "number": number,
        "name": project,
        "labels": _pairs(account.project_labels.get(project, ())),
        "ancestry_numbers": f"/{account.organization}/",
        "ancestors": [
            {"resource_name": f"projects/{number}", "display_name": project},
            {"resource_name": f"organizations/{account.organization}", "display_name": "organization"},
        ],
    }


def _location(location: str) -> Row:
    """A region is named twice, ``global`` once; the country is left empty, for want of a list of regions' countries."""
    return {
        "location": location,
        "country": None,
        "region": None if location == "global" else location,
        "zone": None,
    }


def _pairs(labels: Labels) -> list[Row]:
    return [{"key": key, "value": value} for key, value in labels]


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
