"""From the export and the telemetry to each app's spend: hours of money, a range for the month, a rate for now.

The export is exact and late, and it is written out of order: an hour counts as settled once later hours have come and
two days have passed. Until then an hour is worth what telemetry estimates, or what was billed where that is more; what
the estimate says beyond the bill is *in flight*. Rows that come late restate their hours at the next reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.app import Client
from freio.domain.attribution import Traits, attribute
from freio.domain.calendar import month_start
from freio.domain.money import Money, SpendRange
from freio.domain.spend import Export, Tokens
from freio.errors import CurrencyMismatch, UnknownPrice
from freio.guard.estimate import NOBODY, WEEK, Owned, Shares, Traffic, cost_of, scales, shares, split
from freio.guard.telemetry import HOUR, Telemetry, floor_hour, read_telemetry
from freio.ports import Meter, PriceBook, Warehouse

HISTORY = timedelta(days=28)
SETTLES = timedelta(hours=48)  # rows were seen 1.6 days late
BITES_AFTER = timedelta(minutes=10)  # to decide, set, take effect: on top of the grace, for the worst case
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One app's spend, at one moment.

    ``hours``     money of each hour up to now, gaps as zero, oldest first; the last one is the hour ending now.
    ``rate``      of the hour ending now. ``by_model`` its parts, dearest first.
    ``complete``  its telemetry could be read, is alive, and every model in it has a price.
    ``unpriced``  names the models that have none.
    """

    app: str
    at: datetime
    first_hour: datetime
    hours: tuple[Decimal, ...]
    spend: SpendRange
    rate: Money
    by_model: Mapping[str, Money] = field(default_factory=dict)
    complete: bool = True
    unpriced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Every app's reading, one under the name `NOBODY` for what belongs to none, and what they were made with.

    ``shares``    whose each project's and model's traffic is, as the export of the last seven days says.
    ``scales``    what each was billed over its list price (missing: 1).
    ``usd_rate``  the client's currency per USD (None: not known).
    ``failures``  projects whose telemetry could not be read, with why: their apps are not complete.
    """

    at: datetime
    apps: Mapping[str, Reading]
    shares: Shares
    usd_rate: Decimal | None
    scales: Mapping[Traffic, Decimal] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Sums:
    """What is being added up for one app, by the hour."""

    billed: dict[datetime, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    guessed: dict[datetime, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    rate: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    unpriced: set[str] = field(default_factory=set)

    def in_flight(self, hour: datetime) -> Decimal:
        return max(_ZERO, self.guessed.get(hour, _ZERO) - self.billed.get(hour, _ZERO))


class SpendMeter:
    """Reads every app: one query of the export, two of the telemetry of each project."""

    def __init__(self, client: Client, warehouse: Warehouse, meter: Meter, prices: PriceBook) -> None:
        self._client = client
        self._warehouse = warehouse
        self._meter = meter
        self._prices = prices

    def read(self, now: datetime) -> Readings:
        since = min(month_start(now), floor_hour(now - HISTORY))
        export = self._warehouse.export(since, now)
        settled = min(export.complete_until or since, floor_hour(now - SETTLES))
        costs = self._owned(export)
        homes = self._homes(costs)
        telemetry = read_telemetry(self._meter, set().union(*homes.values()), since=max(since, settled - WEEK), now=now)
        known = shares(costs, export.complete_until or now)
        scale = scales((cost for cost, _ in costs), self._by_traffic(telemetry, export.usd_rate), settled)
        sums: dict[str, _Sums] = defaultdict(_Sums)
        for cost, owner in costs:
            sums[owner].billed[cost.hour] += cost.net.amount
        for tokens in (*telemetry.hourly, *(t for t in telemetry.recent if t.start >= floor_hour(now))):
            if tokens.start >= settled:
                self._guess(sums, known, scale, tokens, export.usd_rate, rate=False)
        newest = telemetry.newest() or now
        for tokens in (t for t in telemetry.recent if t.start >= newest - HOUR):
            self._guess(sums, known, scale, tokens, export.usd_rate, rate=True)
        apps = {
            app.name: self._reading(app.name, sums[app.name], now, seen=telemetry.shows(homes[app.name], now))
            for app in self._client.apps
        }
        if NOBODY in sums:
            nobody = self._reading(NOBODY, sums[NOBODY], now, seen=False)
            apps[NOBODY] = replace(nobody, by_model=self._unowned(costs, now))
        return Readings(
            at=now,
            shares=known,
            scales=scale,
            usd_rate=export.usd_rate,
            failures=telemetry.failures,
            apps=apps,
        )

    def _unowned(self, costs: Sequence[Owned], now: datetime) -> dict[str, Money]:
        """What belongs to nobody, by model and project, over the hours that are not settled yet; dearest first."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for cost, owner in costs:
            if owner == NOBODY and cost.hour >= now - SETTLES:
                sums[f"{cost.model} in {cost.project}"] += cost.net.amount
        return {what: Money(v, self._client.currency) for what, v in sorted(sums.items(), key=lambda kv: -kv[1])}

    def _owned(self, export: Export) -> list[Owned]:
        """Each cost with whose it is. An export in another currency than the file says is refused."""
        owned = []
        for cost in export.costs:
            if cost.net.currency != self._client.currency:
                raise CurrencyMismatch(f"the export is in {cost.net.currency}; freio.yaml says {self._client.currency}")
            owner = attribute(self._client.apps, Traits(project=cost.project, model=cost.model, labels=cost.labels))
            owned.append((cost, owner.name if owner else NOBODY))
        return owned

    def _homes(self, costs: Sequence[Owned]) -> dict[str, frozenset[str]]:
        """Where each app's telemetry is: the projects that it names, else those in which it was billed."""
        billed: dict[str, set[str]] = defaultdict(set)
        for cost, owner in costs:
            billed[owner].add(cost.project)
        return {app.name: app.match.projects or frozenset(billed[app.name]) for app in self._client.apps}

    def _by_traffic(self, telemetry: Telemetry, usd_rate: Decimal | None) -> dict[tuple[Traffic, datetime], Decimal]:
        """List price of each hour of each traffic; without the models that have no price."""
        found: dict[tuple[Traffic, datetime], Decimal] = defaultdict(Decimal)
        for tokens in telemetry.hourly:
            try:
                cost = cost_of(tokens, self._prices, self._client.currency, usd_rate)
            except UnknownPrice:
                continue  # said where its spend would be counted
            found[(tokens.project, tokens.model), floor_hour(tokens.start)] += cost
        return found

    def _guess(
        self,
        sums: dict[str, _Sums],
        known: Shares,
        scale: Mapping[Traffic, Decimal],
        tokens: Tokens,
        usd_rate: Decimal | None,
        *,
        rate: bool,
    ) -> None:
        owners = split(self._client, known, tokens.project, tokens.model)
        try:
            cost = cost_of(tokens, self._prices, self._client.currency, usd_rate)
        except UnknownPrice:
            for app in owners:
                sums[app].unpriced.add(tokens.model)
            return
        cost *= scale.get((tokens.project, tokens.model), Decimal(1))
        for app, share in owners.items():
            if rate:
                sums[app].rate[tokens.model] += cost * share
            else:
                sums[app].guessed[floor_hour(tokens.start)] += cost * share

    def _reading(self, name: str, mine: _Sums, now: datetime, *, seen: bool) -> Reading:
        currency = self._client.currency
        app = self._client.app(name)
        rate = Money(sum(mine.rate.values(), _ZERO), currency)
        until_brake = (app.policy.grace if app else timedelta(0)) + BITES_AFTER
        count = int(HISTORY / HOUR)
        first = floor_hour(now) - (count - 1) * HOUR
        hours = [max(mine.billed.get(h, _ZERO), mine.guessed.get(h, _ZERO)) for h in _hours(first, count)]
        begins = next((i for i, h in enumerate(hours) if h > 0), count - 1)
        hours[-1] = max(hours[-1], rate.amount)
        month = month_start(now)
        return Reading(
            app=name,
            at=now,
            first_hour=first + begins * HOUR,
            hours=tuple(hours[begins:]),
            rate=rate,
            by_model={m: Money(v, currency) for m, v in sorted(mine.rate.items(), key=lambda kv: -kv[1])},
            spend=SpendRange(
                billed=Money(sum((v for h, v in mine.billed.items() if h >= month), _ZERO), currency),
                in_flight=Money(sum((mine.in_flight(h) for h in mine.guessed if h >= month), _ZERO), currency),
                worst_case=rate * (Decimal(int(until_brake.total_seconds())) / 3600),
            ),
            complete=seen and not mine.unpriced,
            unpriced=frozenset(mine.unpriced),
        )


def _hours(first: datetime, count: int) -> list[datetime]:
    return [first + i * HOUR for i in range(count)]
