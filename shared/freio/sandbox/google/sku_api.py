"""Cloud Billing's catalogue: v1 lists services and SKUs, v1beta says what one account pays for a SKU.

Assumed: that both name a SKU by the same id, that the account's price is per `unitQuantity` units where the public one
is per usage unit, and that an account without a contract gets its list price as contract price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import ApiError, invalid, not_found
from freio.sandbox.google.paging import page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from freio.sandbox.google.requests import Call

MOST = 5_000
VERTEX_SERVICE = ("C7E2-9256-1C43", "Vertex AI")


@dataclass(frozen=True, kw_only=True)
class SoldSku:
    """One SKU. ``tiers`` are (first unit of a month, USD a base unit); ``contract`` what the account pays a base unit.

    ``factor`` base units are one usage unit; ``later`` are prices from other moments on, after ``since``.
    """

    sku_id: str
    description: str
    tiers: Sequence[tuple[int, Decimal]]
    service: tuple[str, str] = VERTEX_SERVICE
    contract: Decimal | None = None
    unit: str = "count"
    factor: int = 1
    quantity: int = 1_000_000
    since: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    later: Sequence[tuple[datetime, Decimal]] = ()


class SkuApi:
    """Answers from a list of SKUs. ``account`` is the one whose prices may be seen."""

    def __init__(self, skus: Sequence[SoldSku], account: str, now: Callable[[], datetime]) -> None:
        self._skus = tuple(skus)
        self._account = account
        self._now = now

    def list_services(self, call: Call) -> dict[str, Any]:
        services = sorted({sku.service for sku in self._skus})
        shown, token = page(call.parameters, services, default=MOST, most=MOST)
        found = [{"name": f"services/{key}", "serviceId": key, "displayName": name} for key, name in shown]
        return _without_nothing({"services": found, "nextPageToken": token})

    def list_skus(self, call: Call) -> dict[str, Any]:
        """Prices of today; `startTime` and `endTime` are not simulated, nor another currency than USD."""
        _only_usd(call)
        if {"startTime", "endTime"} & call.parameters.keys():
            raise invalid(("startTime", "is not simulated"))
        service = call.parameters["parent"].removeprefix("services/")
        mine = [sku for sku in self._skus if sku.service[0] == service]
        if self._skus and not mine:  # an empty catalogue is a world in which nobody is asked for prices
            raise not_found(f"Service {service} was not found.")
        shown, token = page(call.parameters, mine, default=MOST, most=MOST)
        return _without_nothing({"skus": [self._public(sku) for sku in shown], "nextPageToken": token})

    def get_price(self, call: Call) -> dict[str, Any]:
        _only_usd(call)
        _, account, _, sku_id, _ = call.parameters["name"].split("/")
        if account != self._account:
            message = "Permission 'billing.billingAccountPrice.get' denied on resource (or it may not exist)."
            raise ApiError(403, "PERMISSION_DENIED", message)
        sku = next((one for one in self._skus if one.sku_id == sku_id), None)
        if sku is None:
            raise not_found(f"SKU {sku_id} was not found.")
        tiers = [
            {
                "startAmount": {"value": str(start)},
                "listPrice": _money(usd * sku.quantity),
                "contractPrice": _money((usd if sku.contract is None or not usd else sku.contract) * sku.quantity),
            }
            for start, usd in sku.tiers
        ]
        return {
            "name": call.parameters["name"],
            "currencyCode": "USD",
            "valueType": "rate",
            "rate": {"tiers": tiers, "unitInfo": {"unit": sku.unit, "unitQuantity": {"value": str(sku.quantity)}}},
        }

    def _public(self, sku: SoldSku) -> dict[str, Any]:
        versions = [(sku.since, sku.tiers), *((since, ((0, usd),)) for since, usd in sku.later)]
        return {
            "name": f"services/{sku.service[0]}/skus/{sku.sku_id}",
            "skuId": sku.sku_id,
            "description": sku.description,
            "serviceRegions": ["global"],
            "pricingInfo": [_pricing(sku, since, tiers) for since, tiers in versions if since <= self._now()],
            "serviceProviderName": "Google",
        }


def _pricing(sku: SoldSku, since: datetime, tiers: Sequence[tuple[int, Decimal]]) -> dict[str, Any]:
    return {
        "effectiveTime": since.isoformat().replace("+00:00", "Z"),
        "pricingExpression": {
            "usageUnit": sku.unit if sku.factor == 1 else f"{sku.factor} {sku.unit}",
            "baseUnit": sku.unit,
            "baseUnitConversionFactor": sku.factor,
            "displayQuantity": 1_000_000,
            "tieredRates": [
                {"startUsageAmount": start / sku.factor, "unitPrice": _money(usd * sku.factor)} for start, usd in tiers
            ],
        },
        "currencyConversionRate": 1,
    }


def _money(usd: Decimal) -> dict[str, Any]:
    """Whole units as text and billionths as a number; what is zero is left out."""
    units, rest = divmod(usd, 1)
    nanos = int(rest * 10**9)
    return _without_nothing({"currencyCode": "USD", "units": str(int(units)) if units else "", "nanos": nanos})


def _without_nothing(reply: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in reply.items() if value}


def _only_usd(call: Call) -> None:
    currency = call.parameters.get("currencyCode", "USD")
    if currency != "USD":
        raise invalid(("currencyCode", f"only USD is simulated, not {currency}"))
