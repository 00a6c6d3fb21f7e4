"""What telemetry says in money: tokens x list price x currency rate x what this traffic's bill was of its list price.

Telemetry shows neither labels nor callers, so where apps share a project and model, they get the share that the
export gave them in its last seven days. It shows no discounts either (caches, batches, contracts), so the estimate is
scaled to what settled hours were really billed; without that, a well cached app would look like a runaway whenever
its estimate is held against its own bills.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.app import Client
from freio.domain.attribution import Traits, sharing
from freio.domain.spend import HourlyCost, Tokens
from freio.errors import UnknownPrice
from freio.ports import PriceBook

NOBODY = ""  # the app of unattributed spend
WEEK = timedelta(days=7)
SCALES = (Decimal("0.05"), Decimal(2))  # outside these, model names do not mean the same: no scale is better
_ONE = Decimal(1)

Traffic = tuple[str, str]  # project and model
Shares = Mapping[Traffic, Mapping[str, Decimal]]
Owned = tuple[HourlyCost, str]  # a cost and whose it is


def cost_of(tokens: Tokens, prices: PriceBook, currency: str, usd_rate: Decimal | None) -> Decimal:
    """List price of some tokens in `currency`.

    Without a known currency rate nothing can be said in that currency, so the model counts as unpriced: UnknownPrice.
    """
    if usd_rate is None:
        if currency != "USD":
            raise UnknownPrice(f"{tokens.model} in {currency}")
        usd_rate = _ONE
    an_input, an_output = prices.per_token(tokens.model, tokens.start)
    return (tokens.input * an_input + tokens.output * an_output) * usd_rate


def shares(costs: Iterable[Owned], until: datetime) -> dict[Traffic, dict[str, Decimal]]:
    """For each project and model, which part of its cost is whose, from the export's last seven days."""
    sums: dict[Traffic, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for cost, owner in costs:
        if cost.hour >= until - WEEK and cost.net.amount > 0:
            sums[cost.project, cost.model][owner] += cost.net.amount
    return {key: {app: part / sum(parts.values()) for app, part in parts.items()} for key, parts in sums.items()}


def split(client: Client, known: Shares, project: str, model: str) -> Mapping[str, Decimal]:
    """Whose tokens these are: by the export's shares, else all to the first app that could own them."""
    if parts := known.get((project, model)):
        return parts
    could = sharing(client.apps, Traits(project=project, model=model))
    return {could[0].name if could else NOBODY: _ONE}


def scales(
    costs: Iterable[HourlyCost], estimates: Mapping[tuple[Traffic, datetime], Decimal], settled: datetime
) -> dict[Traffic, Decimal]:
    """What each traffic was billed over what it was estimated at, in the settled hours that telemetry still shows."""
    billed: dict[Traffic, Decimal] = defaultdict(Decimal)
    guessed: dict[Traffic, Decimal] = defaultdict(Decimal)
    for (traffic, hour), amount in estimates.items():
        if hour < settled:
            guessed[traffic] += amount
    for cost in costs:
        if ((cost.project, cost.model), cost.hour) in estimates and cost.hour < settled:
            billed[cost.project, cost.model] += cost.net.amount
    least, most = SCALES
    found = {traffic: round(billed[traffic] / amount, 6) for traffic, amount in guessed.items() if amount > 0}
    return {traffic: scale for traffic, scale in found.items() if least <= scale <= most}
