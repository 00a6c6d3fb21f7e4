"""From the export and the telemetry to each app's spend: hours of money, a range for the month, a rate for now.

The export is exact and late, and it is written out of order: an hour counts as settled once later hours have come and
two days have passed. Until then an hour is worth what telemetry estimates, or what was billed where that is more; what
the estimate says beyond the bill is *in flight*. Rows that come late restate their hours at the next reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.app import Client
from freio.domain.attribution import Traits, attribute
from freio.domain.calendar import month_start
from freio.domain.money import Money, SpendRange
from freio.domain.severity import until_someone_acts
from freio.domain.silence import Silence
from freio.domain.spend import Export, Requests, Tokens
from freio.errors import CurrencyMismatch, VendorError
from freio.guard.basis import basis
from freio.guard.estimate import NOBODY, WEEK, Owned, Shares, Traffic, priced
from freio.guard.look import Look
from freio.guard.paces import Paces
from freio.guard.reconcile import Ratio, doubts, ratios
from freio.guard.shares import shares, strangers
from freio.guard.silence import heard, of_all, of_app
from freio.guard.sums import Sums
from freio.guard.tariff import Uses, uses
from freio.guard.telemetry import (
    HOUR,
    RECENT,
    STEP_MINUTES,
    Telemetry,
    floor_day,
    floor_hour,
    floor_step,
    read_telemetry,
    whole_hours,
)
from freio.guard.token_rate import TokenRate
from freio.ports import Meter, PriceBook, Warehouse

HISTORY = timedelta(days=28)
WITH_MONTH_ENDS = timedelta(days=40)  # of history, where a calendar asks for the last month's end
SETTLES = timedelta(hours=48)  # rows were seen 1.6 days late
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One app's spend, at one moment.

    ``hours``     money of each hour up to now, gaps as zero, oldest first; the last one is the hour ending now.
    ``models``    the same hours of each model; of what belongs to no app, where billed, of each model and project.
    ``rate``      of the hour ending now. ``by_model`` its parts, dearest first.
    ``unheard``   hours of the last two days in which no telemetry came and nothing is billed yet: nobody knows what
                  they cost. Of older ones there would be a bill.
    ``partly``    those not billed yet, heard while one of its projects cannot be read: they cost that or more.
    ``seen``      its telemetry could be read, is alive, and was all the time that an alert is judged by.
    ``complete``  it was seen, and every model in it has a price.
    ``unpriced``  names the models that have none, with the kind of tokens or the way of asking where that alone has.
    ``tokens``    how fast it goes through tokens, model by model, dearest first.
    ``silence``   the feed that has fallen silent about it (None: none has).
    ``uses``      its tokens with what they cost, hour by hour (None: telemetry shows none).
    """

    app: str
    at: datetime
    first_hour: datetime
    hours: tuple[Decimal, ...]
    spend: SpendRange
    rate: Money
    by_model: Mapping[str, Money] = field(default_factory=dict)
    models: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    unheard: frozenset[datetime] = frozenset()
    partly: frozenset[datetime] = frozenset()
    seen: bool = True
    complete: bool = True
    unpriced: frozenset[str] = frozenset()
    tokens: tuple[TokenRate, ...] = ()
    uses: Uses | None = None
    silence: Silence | None = None

    @property
    def unknown(self) -> frozenset[datetime]:
        """The hours of which not all is known."""
        return self.unheard | self.partly

    @property
    def unheard_ago(self) -> frozenset[int]:
        """How many hours before the last one each of the `unheard` is."""
        last = self.first_hour + (len(self.hours) - 1) * HOUR
        return frozenset((last - hour) // HOUR for hour in self.unheard if hour >= self.first_hour)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Every app's reading, one under the name `NOBODY` for what belongs to none, and what they were made with.

    ``shares``    whose each project's and model's traffic is, as the export of the last seven days says.
    ``strangers`` what part of a calm day there belongs to nobody, at most.
    ``ratios``    what each was billed over its estimate, with the spread of that (missing: the list's price stands).
    ``usd_rate``  the client's currency per USD (None: not known).
    ``failures``  projects whose telemetry could not be read, with why: their apps are not complete.
    ``doubts``    why prices may be others than the client pays, and how far bills were from them where that is odd.
    ``exported``  what the export is complete to (None: it is empty); ``silence`` where all telemetry is silent at once.
    """

    at: datetime
    apps: Mapping[str, Reading]
    shares: Shares
    usd_rate: Decimal | None
    strangers: Mapping[Traffic, Decimal] = field(default_factory=dict)
    ratios: Mapping[Traffic, Ratio] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    exported: datetime | None = None
    silence: Silence | None = None

    @property
    def scales(self) -> Mapping[Traffic, Decimal]:
        """The likely ratio of each traffic (missing: 1)."""
        return {traffic: ratio.mid for traffic, ratio in self.ratios.items()}


def history_of(client: Client) -> timedelta:
    """How much of the past its apps are judged by, at least."""
    return WITH_MONTH_ENDS if client.country else HISTORY


def first_hour(now: datetime, history: timedelta) -> datetime:
    """Of those that are looked at: they begin with a UTC day, so many whole ones before that which has begun.

    >>> from datetime import UTC
    >>> first_hour(datetime(2026, 11, 23, 15, 20, tzinfo=UTC), timedelta(days=28)).isoformat()
    '2026-10-26T00:00:00+00:00'
    """
    return floor_day(now) - history


class SpendMeter:
    """Reads every app: one query of the export, two or three of each project's telemetry, and paces once a process."""

    def __init__(self, client: Client, warehouse: Warehouse, meter: Meter, prices: PriceBook) -> None:
        self._client = client
        self._warehouse = warehouse
        self._meter = meter
        self._prices = prices
        self._paces = Paces(meter.tokens)
        self._requests = Paces(meter.requests, beside=self._paces)
        self._history = history_of(client)

    def read(self, now: datetime) -> Readings:
        since = min(month_start(now), first_hour(now, self._history))
        export = self._warehouse.export(since, now)
        settled = min(export.complete_until or since, floor_hour(now - SETTLES))
        costs = self._owned(export)
        homes = self._homes(costs)
        telemetry = read_telemetry(self._meter, set().union(*homes.values()), since=max(since, settled - WEEK), now=now)
        known = shares(costs, export.complete_until or now)
        estimates = self._by_traffic(telemetry, export.usd_rate)
        compared = ratios((cost for cost, _ in costs), estimates, settled)
        learned = {traffic: ratio for traffic, ratio in compared.items() if ratio.is_believed}
        used = uses(
            self._client,
            telemetry.hourly,
            export.costs,
            estimates,
            shares=known,
            ratios=learned,
            settled=settled,
        )
        spoken = heard(self._client, telemetry, costs, known)
        look = Look(self._client, self._prices, known=known, compared=compared, export=export, now=now)
        for cost, owner in costs:
            look.sums[owner].bill(cost)
        look.count(telemetry, settled)
        self._learn(telemetry, now)
        self._learn_requests(look.tokens.dear(self._client.money_gate), telemetry, now)
        rates = look.tokens.rates(self._paces, self._requests)
        unheard = telemetry.unheard(homes, floor_hour(now - SETTLES), floor_hour(now))
        missed = telemetry.missed()
        apps = {
            app.name: self._reading(
                app.name,
                look.sums[app.name],
                now,
                seen=telemetry.shows(homes[app.name], now) and not missed,
                unheard=unheard[app.name],
                tokens=tuple(rates.get(app.name, ())),
                uses=used.get(app.name),
                silence=of_app(spoken[app.name], export, now)
                if homes[app.name].isdisjoint(telemetry.failures)
                else None,
            )
            for app in self._client.apps
        }
        if NOBODY in look.sums:
            nobody = self._reading(NOBODY, look.sums[NOBODY], now, seen=False)
            apps[NOBODY] = replace(nobody, models=_unowned(costs, nobody))
        return Readings(
            at=now,
            shares=known,
            strangers=strangers(costs, export.complete_until or now),
            ratios=learned,
            usd_rate=export.usd_rate,
            failures=telemetry.failures,
            doubts=(*self._prices.troubles(), *doubts(compared)),
            apps=apps,
            exported=export.complete_until,
            silence=of_all(telemetry, now),
        )

    def _learn(self, telemetry: Telemetry, now: datetime) -> None:
        """The paces of each project that could be read."""
        steps: dict[str, list[Tokens]] = defaultdict(list)
        for tokens in telemetry.recent:
            steps[tokens.project].append(tokens)
        self._learn_of(self._paces, telemetry.read, steps.__getitem__, telemetry, now)

    def _learn_requests(self, projects: Iterable[str], telemetry: Telemetry, now: datetime) -> None:
        """The same of requests, where they may matter: a list more for each of these projects."""
        until = floor_step(now)

        def steps(project: str) -> Sequence[Requests]:
            return self._meter.requests([project], until - RECENT, until, STEP_MINUTES)

        self._learn_of(self._requests, sorted(projects), steps, telemetry, now)

    @staticmethod
    def _learn_of(
        paces: Paces,
        projects: Iterable[str],
        steps: Callable[[str], Sequence[Tokens | Requests]],
        telemetry: Telemetry,
        now: datetime,
    ) -> None:
        """From the recent steps of each; one that fails at it is a failure of its telemetry."""
        for project in projects:
            try:
                paces.learn(project, steps(project), floor_step(now) - RECENT, now)
            except VendorError as error:
                telemetry.failures[project] = str(error)

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
        """List price of each hour of each traffic.

        Without hours in which something has no price: a part of an hour compares to no bill.
        """
        found: dict[tuple[Traffic, datetime], Decimal] = defaultdict(Decimal)
        partly = set()
        for tokens in telemetry.hourly:
            hour = ((tokens.project, tokens.model), floor_hour(tokens.start))
            cost = priced(tokens, self._prices, self._client.currency, usd_rate)
            found[hour] += cost.amount
            if cost.unpriced:
                partly.add(hour)
        return {hour: amount for hour, amount in found.items() if hour not in partly}

    def _reading(
        self,
        name: str,
        mine: Sums,
        now: datetime,
        *,
        seen: bool,
        unheard: Iterable[datetime] = (),
        tokens: tuple[TokenRate, ...] = (),
        uses: Uses | None = None,
        silence: Silence | None = None,
    ) -> Reading:
        currency = self._client.currency
        rate = Money(sum(mine.rate.values(), _ZERO), currency)
        first, end = first_hour(now, self._history), floor_hour(now) + HOUR
        hours = [mine.worth(h) for h in whole_hours(first, end)]
        begins = next((i for i, h in enumerate(hours) if h > 0), len(hours) - 1)
        hours[-1] = max(hours[-1], rate.amount)
        models = {}
        for model, parts in mine.models.items():
            models[model] = [parts.worth(h) for h in whole_hours(first + begins * HOUR, end)]
            models[model][-1] = max(models[model][-1], mine.rate.get(model, _ZERO))
        return Reading(
            app=name,
            at=now,
            first_hour=first + begins * HOUR,
            hours=tuple(hours[begins:]),
            rate=rate,
            by_model={m: Money(v, currency) for m, v in sorted(mine.rate.items(), key=lambda kv: -kv[1])},
            models={model: tuple(values) for model, values in sorted(models.items())},
            spend=self._spend(name, mine, month_start(now)),
            unheard=frozenset(hour for hour in unheard if not mine.worth(hour)),
            partly=frozenset(hour for hour in unheard if mine.worth(hour) and not mine.is_billed(hour)),
            seen=seen,
            complete=seen and not mine.unpriced,
            unpriced=frozenset(mine.unpriced),
            tokens=tokens,
            uses=uses,
            silence=silence,
        )

    def _spend(self, name: str, mine: Sums, month: datetime) -> SpendRange:
        """The month's. The worst case runs at the most that its rate may cost: a surprise is worse than a warning."""
        currency = self._client.currency
        app = self._client.app(name)
        until_brake = until_someone_acts(app.policy if app else None)
        least, likely, most = mine.in_flight(month)
        return SpendRange(
            billed=Money(mine.billed_since(month), currency),
            in_flight=Money(likely, currency),
            least=Money(least, currency),
            utmost=Money(most, currency),
            worst_case=Money(mine.pace.high * int(until_brake.total_seconds()) / 3600, currency),
            basis=basis(mine),
        )


def _unowned(costs: Sequence[Owned], nobody: Reading) -> dict[str, tuple[Decimal, ...]]:
    """What was billed of nobody's hours, by model and project; what is estimated beyond a model's bill, by model.

    An hour may be billed in part: what is on its bill is not what drives it then.
    """
    found: dict[str, list[Decimal]] = defaultdict(lambda: [_ZERO] * len(nobody.hours))
    billed: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for cost, owner in costs:
        at = (cost.hour - nobody.first_hour) // HOUR
        if owner == NOBODY and 0 <= at < len(nobody.hours):
            found[f"{cost.model} in {cost.project}"][at] += cost.net.amount
            billed[cost.model, at] += cost.net.amount
    for model, hours in nobody.models.items():
        found[model] = [hour - min(hour, max(_ZERO, billed[model, at])) for at, hour in enumerate(hours)]
    return {what: tuple(hours) for what, hours in sorted(found.items())}
