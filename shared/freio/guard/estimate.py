"""What telemetry says in money: tokens x price x currency rate; and whose it is.

Telemetry shows neither labels nor callers, so where apps share a project and model, they get the share that the
export gave them in its last seven days: `freio.guard.shares`. What bills were of such estimates is
`freio.guard.reconcile`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from freio.domain.app import Client
from freio.domain.attribution import Traits, sharing
from freio.domain.rates import Use
from freio.domain.spend import HourlyCost, Tokens
from freio.errors import UnknownPrice
from freio.ports import PriceBook

NOBODY = ""  # the app of unattributed spend
WEEK = timedelta(days=7)
_ONE = Decimal(1)

Traffic = tuple[str, str]  # project and model
Shares = Mapping[Traffic, Mapping[str, Decimal]]
Owned = tuple[HourlyCost, str]  # a cost and whose it is


@dataclass(frozen=True, slots=True)
class Priced:
    """What could be priced, in the client's currency, and what could not: never zero, always said."""

    amount: Decimal
    unpriced: tuple[str, ...] = ()


def priced(tokens: Tokens, prices: PriceBook, currency: str, usd_rate: Decimal | None) -> Priced:
    """The price of some tokens in `currency`, kind by kind, each as it was asked for, at the date of its use.

    What runs on provisioned throughput costs nothing here: it is billed by the time that it is held. Without a known
    currency rate nothing can be said in that currency, so the model counts as unpriced.
    """
    if tokens.is_dedicated:
        return Priced(Decimal(0))
    if usd_rate is None and currency != "USD":
        return Priced(Decimal(0), (tokens.model,))
    amount, unpriced = Decimal(0), []
    for kind, count in tokens.counts.items():
        use = Use(model=tokens.model, kind=kind, request_type=tokens.request_type, location=tokens.location)
        try:
            amount += count * prices.per_token(use, tokens.start)
        except UnknownPrice as error:
            unpriced.append(error.model)
    return Priced(amount * (usd_rate or _ONE), tuple(dict.fromkeys(unpriced)))


def cost_of(tokens: Tokens, prices: PriceBook, currency: str, usd_rate: Decimal | None) -> Decimal:
    """As `priced`, where everything must have a price: raises `UnknownPrice`."""
    found = priced(tokens, prices, currency, usd_rate)
    if found.unpriced:
        raise UnknownPrice(found.unpriced[0])
    return found.amount


def split(client: Client, known: Shares, project: str, model: str) -> Mapping[str, Decimal]:
    """Whose tokens these are: by the export's shares, else all to the first app that could own them."""
    if parts := known.get((project, model)):
        return parts
    could = sharing(client.apps, Traits(project=project, model=model))
    return {could[0].name if could else NOBODY: _ONE}
