"""The client's own prices over a price list: what Cloud Billing's catalogue says this account pays for a token.

Asked for what is used alone, and kept for a day: the SKUs of Vertex AI, and of each Claude model that is met, and the
account's price of each SKU that sells what was used. What cannot be read costs what the list behind says, and why is
said; a description that cannot be told is left out, and said too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from freio.adapters.google.billing_catalogue import BillingCatalogue, ListedSku, at_time, paid
from freio.adapters.google.sku_names import ANYWHERE, GLOBAL, REGIONAL, Sold, bare, is_elsewhere, read
from freio.adapters.model_names import plain_model
from freio.domain.rates import Use
from freio.errors import Rejected, UnknownPrice, VendorError
from freio.ports import PriceBook

VERTEX = "C7E2-9256-1C43"  # named Vertex AI or Gemini Enterprise Agent Platform: the id stays
KEPT = timedelta(days=1)  # a price list is a day's; the API's own is up to twelve hours old
AGAIN = timedelta(hours=1)  # until what failed is asked once more
NAMED = 5  # descriptions that could not be read, of those that are said

Key = tuple[str, str, str, str]  # model, kind, way of asking, reach


@dataclass(slots=True)
class _Kept:
    """What one day's reading knows."""

    until: datetime
    services: dict[str, str] | None = None
    skus: dict[str, dict[Key, ListedSku]] = field(default_factory=dict)
    prices: dict[str, tuple[Decimal | None, datetime]] = field(default_factory=dict)  # and when each was read
    answers: dict[tuple[Use, date], Decimal] = field(default_factory=dict)
    troubles: dict[str, None] = field(default_factory=dict)
    failed_at: datetime | None = None


class ContractPrices:
    """A `PriceBook` over another one. Safe to share between threads."""

    def __init__(self, catalogue: BillingCatalogue, behind: PriceBook, now: Callable[[], datetime]) -> None:
        self._catalogue = catalogue
        self._behind = behind
        self._now = now
        self._lock = threading.RLock()
        self._kept: _Kept | None = None

    def per_token(self, use: Use, at: datetime) -> Decimal:
        """What the account pays, where the catalogue has a SKU that sells just this; else what the list says."""
        with self._lock:
            kept = self._fresh()
            asked = (use, at.date())  # a tick asks for the same prices thousands of times
            if asked not in kept.answers:
                found = None if kept.failed_at else self._found(kept, use, at)
                kept.answers[asked] = self._behind.per_token(use, at) if found is None else found
            return kept.answers[asked]

    def troubles(self) -> tuple[str, ...]:
        with self._lock:
            own = tuple(self._kept.troubles) if self._kept else ()
        return (*own, *self._behind.troubles())

    def _fresh(self) -> _Kept:
        now = self._now()
        kept = self._kept
        if kept is None or now >= kept.until or (kept.failed_at and now >= kept.failed_at + AGAIN):
            kept = self._kept = _Kept(until=now + KEPT)
        return kept

    def _found(self, kept: _Kept, use: Use, at: datetime) -> Decimal | None:
        try:
            sku = self._sku(kept, use)
            if sku is None:
                return None
            if sku.id not in kept.prices:
                kept.prices[sku.id] = self._contract(kept, sku), self._now()
            contract, read_at = kept.prices[sku.id]
            found = paid(at_time(sku.rates, at)) if contract is None else contract
            held_at = sku.rates[0][0] if contract is None else read_at
            return None if found is None else found * self._moved(use, since=held_at, at=at, listed=contract is None)
        except VendorError as error:
            kept.failed_at = self._now()
            kept.troubles[f"list prices stand in for the account's: {error}"] = None
            return None

    def _moved(self, use: Use, *, since: datetime, at: datetime, listed: bool) -> Decimal:
        """What the list behind, which is dated, has moved by between the day of a price and that of the use.

        Cloud Billing says what an account pays now, and no more: without this the last week of a year, after which a
        price doubles, is estimated at twice its bills, and they teach that half of an estimate is paid. A listed price
        has a history of its own from `since` on.
        """
        if listed and at >= since:
            return Decimal(1)
        try:
            then, now = self._behind.per_token(use, at), self._behind.per_token(use, since)
        except UnknownPrice:
            return Decimal(1)
        return then / now if now and then != now else Decimal(1)

    def _contract(self, kept: _Kept, sku: ListedSku) -> Decimal | None:
        """None: who may not see the account's price goes on with the catalogue's list price, and it is said."""
        try:
            return paid(self._catalogue.contract(sku.id))
        except Rejected as error:
            kept.troubles[f"list prices stand in for the account's: {error}"] = None
            return None

    def _sku(self, kept: _Kept, use: Use) -> ListedSku | None:
        model = bare(plain_model(use.model))
        service = VERTEX if model.startswith("gemini") else self._service(kept, model)
        if not service:
            return None
        if service not in kept.skus:
            kept.skus[service] = self._read(kept, self._catalogue.skus(service))
        reach = GLOBAL if use.location == GLOBAL else REGIONAL
        sold = kept.skus[service]
        return next(
            (sold[key] for r in (reach, ANYWHERE) if (key := (model, use.kind, use.request_type, r)) in sold), None
        )

    def _service(self, kept: _Kept, model: str) -> str | None:
        """A Claude model's own service, by its name: `Claude Opus 4.6`."""
        if kept.services is None:
            every = self._catalogue.services()
            kept.services = {
                "-".join(name.lower().replace(".", " ").split()): key
                for name, key in every.items()
                if name.startswith("Claude ")
            }
        return kept.services.get(model)

    @staticmethod
    def _read(kept: _Kept, skus: list[ListedSku]) -> dict[Key, ListedSku]:
        """By what each sells. Two of equal standing with two prices are none: which one is billed is not known."""
        found: dict[Key, tuple[bool, ListedSku]] = {}
        twice: set[Key] = set()
        unread = []
        for sku in skus:
            sold = read(sku.description)
            if sold is None:
                if sku.rates and sku.description.startswith(("Gemini", "Claude")) and not is_elsewhere(sku.description):
                    unread.append(sku.description)
                continue
            for key in () if sold.is_long or not sku.rates else _keys(sold):
                known = found.get(key)
                if known is None or sold.is_ga > known[0]:
                    found[key] = (sold.is_ga, sku)
                    twice.discard(key)
                elif sold.is_ga == known[0] and sku.rates[-1][1] != known[1].rates[-1][1]:
                    twice.add(key)
        if unread:
            some = ", ".join(unread[:NAMED])
            kept.troubles[f"{len(unread)} SKUs were left out, since their names cannot be read: {some}"] = None
        for key in sorted(twice):
            kept.troubles[f"two SKUs with two prices sell {' '.join(filter(None, key))}: neither counts"] = None
        return {key: sku for key, (_, sku) in found.items() if key not in twice}


def _keys(sold: Sold) -> list[Key]:
    return [(model, sold.kind, sold.request_type, sold.reach) for model in sold.models]
