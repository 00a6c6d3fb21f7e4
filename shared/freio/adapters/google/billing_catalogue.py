"""Cloud Billing's catalogue: which SKUs there are (v1), and what this account pays for one (v1beta).

Money comes as whole units and billionths, and is for a usage unit of so many base units: all of it is kept exact.
`displayQuantity` says how a price is to be shown, and changes none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import translated

PAGE = 5_000  # the most that each list gives at once
_NANO = Decimal("0.000000001")
_TOKEN_UNITS = frozenset({"count", "1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """USD for one base unit, from `start` base units of a month on."""

    start: Decimal
    usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSku:
    """A SKU at list price. ``rates`` by the moment from which they hold, oldest first; empty: not sold by the count."""

    id: str
    description: str
    rates: Sequence[tuple[datetime, Sequence[Rate]]]


class BillingCatalogue:
    """Reads, and keeps nothing."""

    def __init__(self, apis: GoogleApis, account: str) -> None:
        self._apis = apis
        self._account = account

    def services(self) -> dict[str, str]:
        """The id of each public service by its name; some 1,800, of which each Claude model is one."""
        with translated("listing the services of Cloud Billing"):
            services = self._apis.billing().services()
            return {
                one["displayName"]: one["serviceId"]
                for page in _pages(lambda token: services.list(pageSize=PAGE, pageToken=token))
                for one in page.get("services", ())
            }

    def skus(self, service: str) -> list[ListedSku]:
        """Every SKU of a service (``C7E2-9256-1C43``), in USD."""
        with translated(f"listing the SKUs of service {service}"):
            skus = self._apis.billing().services().skus()
            parent = f"services/{service}"
            return [
                _listed(sku)
                for page in _pages(
                    lambda token: skus.list(parent=parent, currencyCode="USD", pageSize=PAGE, pageToken=token)
                )
                for sku in page.get("skus", ())
            ]

    def contract(self, sku: str) -> Sequence[Rate]:
        """What the account pays for a SKU now: its contract's price, which is the list's where it has none."""
        name = f"billingAccounts/{self._account}/skus/{sku}/price"
        with translated(f"reading the price of SKU {sku} for account {self._account}"):
            price = self._apis.billing_of_accounts().billingAccounts().skus().price()
            found: Mapping[str, Any] = price.get(name=name, currencyCode="USD").execute()
        rate = found.get("rate", {})
        unit = rate.get("unitInfo", {})
        quantity = _decimal(unit.get("unitQuantity", {}).get("value", "1"))
        if unit.get("unit", "count") not in _TOKEN_UNITS or found.get("currencyCode", "USD") != "USD" or not quantity:
            return ()
        return [
            Rate(
                start=_decimal(tier.get("startAmount", {}).get("value", "0")),
                usd=_money(tier.get("contractPrice") or tier.get("listPrice", {})) / quantity,
            )
            for tier in rate.get("tiers", ())
        ]


def paid(rates: Sequence[Rate]) -> Decimal | None:
    """The first rate that is not free: what a client in its first tier pays; None where nothing costs anything.

    How much of a tier a month has used nobody but the bill knows. What later tiers save, the ratio of bills to
    estimates learns.

    >>> paid([Rate(start=Decimal(0), usd=Decimal(0)), Rate(start=Decimal(1000), usd=Decimal("0.000002"))])
    Decimal('0.000002')
    """
    return next((rate.usd for rate in sorted(rates, key=lambda rate: rate.start) if rate.usd > 0), None)


def at_time(rates: Sequence[tuple[datetime, Sequence[Rate]]], at: datetime) -> Sequence[Rate]:
    """The rates that held at a moment; before the first that is known, those: the list shows no earlier ones."""
    held = [found for since, found in rates if since <= at]
    return held[-1] if held else rates[0][1] if rates else ()


def _listed(sku: Mapping[str, Any]) -> ListedSku:
    rates = [
        (datetime.fromisoformat(info["effectiveTime"]).astimezone(UTC), tiers)
        for info in sku.get("pricingInfo", ())
        if (tiers := _tiers(info.get("pricingExpression", {})))
    ]
    return ListedSku(
        id=sku["skuId"],
        description=" ".join(sku.get("description", "").split()),
        rates=sorted(rates, key=lambda one: one[0]),
    )


def _tiers(expression: Mapping[str, Any]) -> Sequence[Rate]:
    """Per base unit: `unitPrice` and `startUsageAmount` are for usage units, of `baseUnitConversionFactor` each."""
    if expression.get("baseUnit", expression.get("usageUnit")) not in _TOKEN_UNITS:
        return ()
    factor = _decimal(expression.get("baseUnitConversionFactor", 1)) or Decimal(1)
    return [
        Rate(
            start=_decimal(tier.get("startUsageAmount", 0)) * factor,
            usd=_money(tier.get("unitPrice", {})) / factor,
        )
        for tier in expression.get("tieredRates", ())
    ]


def _money(amount: Mapping[str, Any]) -> Decimal:
    """Zeros are left out: a token's price has billionths alone.

    >>> _money({"currencyCode": "USD", "nanos": 1500})
    Decimal('0.000001500')
    """
    return Decimal(amount.get("units", "0")) + Decimal(amount.get("nanos", 0)) * _NANO


def _decimal(value: float | str) -> Decimal:
    return Decimal(str(value))


def _pages(ask: Callable[[str], Any]) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        reply: dict[str, Any] = ask(token).execute()
        yield reply
        token = reply.get("nextPageToken", "")
        if not token:
            return
