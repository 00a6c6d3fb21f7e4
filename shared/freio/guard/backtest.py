"""A client's own past, watched again, hour by hour: by the detector, the money gate and the merging of production.

An hour is judged from itself and earlier ones alone. Where the export says how many tokens there were, they are judged
as well: how fast they came, hour by hour, and what they cost. What an export cannot show is not replayed;
nor are answers of people, who let every incident run until it is quiet. And every hour is taken as known when it ends,
as telemetry knows it, though its bill comes a day later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import dropwhile, pairwise

from freio.domain.app import App, Client, Level
from freio.domain.calendar import month_start
from freio.domain.expectation import Expectations
from freio.domain.incident import Assessment, Incident, State
from freio.domain.money import Money, SpendRange
from freio.domain.signal import SignalKind
from freio.domain.spend import Pace, Score
from freio.guard.announced import announced, plain_hour
from freio.guard.counted import Counted
from freio.guard.decide import look, open_or_merge
from freio.guard.detect import HOUR_MINUTES, Finding, assess, detect
from freio.guard.detect_tariff import hides_price, open_prices
from freio.guard.explain import driven
from freio.guard.history import Costs, History
from freio.guard.judge import MIN_HOURS, paces_of, seasoned
from freio.guard.meter import HISTORY, Reading, history_of
from freio.guard.step import Step
from freio.guard.telemetry import HOUR
from freio.ports import Calendar, Detector, PaceDetector

KEPT = int(HISTORY / HOUR)  # hours of records; a calendar asks for more
WEEK = timedelta(days=7)
INSTANT = timedelta(seconds=1)  # before an hour ends it is the one that ends now, and not the next
BACK = 168  # hours before an alert in which what led to it is looked for
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An incident that people would have been told of.

    ``at``       when: the end of the hour that fired. ``began`` is the first of the hours on end, up to that one, that
                 were over the usual: seven days before at the earliest.
    ``usual``    what its hour usually costs, ``observed`` what it cost; of several hours, one of them.
    ``driver``   the model with most of what was over the usual since it began, ``feature`` the same of what the label
                 of the app's features says (empty: the file names no such label, or most of it has none).
    ``by_tokens``  whether the pace or the price of tokens told it, and not money.
    ``before``   what was spent over the usual until the alert: nobody could have saved that. ``after``: from then until
                 it was quiet, which a brake at once would have saved.
    ``ended``    when its last hour over the usual ended; None: it still ran when the history ended.
    """

    app: str
    at: datetime
    began: datetime
    kind: SignalKind
    level: Level
    observed: Money
    usual: Money
    driver: str
    before: Money
    after: Money
    ended: datetime | None
    feature: str = ""
    by_tokens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How many ``hours`` an app has, and how many of them were ``judged``: all but the first `MIN_HOURS` of a history.

    An app that has spent nothing for as long as records are kept begins a history anew, as it does in production.
    """

    app: str
    hours: int
    judged: int

    @property
    def weeks(self) -> Decimal:
        return Decimal(self.judged) / int(WEEK / HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What came out; ``alerts`` in the order of time, ``judged`` in that of the client's file.

    ``tokens``  whether the export says how many there were, so that they were judged beside money.
    ``total``   all that the export holds; ``unowned`` what of it belongs to none of the apps, and so was not judged.
    ``gaps``    from when until when no app spent anything, for longer than records are kept: they count as no history.
    """

    since: datetime
    until: datetime
    alerts: tuple[Alert, ...]
    judged: tuple[Judged, ...]
    currency: str
    total: Money
    unowned: Money
    tokens: bool = False
    gaps: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def app_weeks(self) -> Decimal:
        return sum((one.weeks for one in self.judged), _ZERO)

    @property
    def rate(self) -> Decimal | None:
        """Alerts per app and week; None: nothing was judged."""
        return Decimal(len(self.alerts)) / self.app_weeks if self.app_weeks else None

    def of(self, app: str) -> tuple[Alert, ...]:
        return tuple(one for one in self.alerts if one.app == app)

    def money(self, app: str | None = None) -> tuple[Money, Money]:
        """What was spent over the usual before the alerts (of one app, or of all), and after them."""
        alerts = self.alerts if app is None else self.of(app)
        nothing = Money.zero(self.currency)
        return sum((one.before for one in alerts), nothing), sum((one.after for one in alerts), nothing)


def backtest(
    client: Client,
    history: History,
    detector: Detector,
    progress: Callable[[datetime], None] = lambda _: None,
    *,
    calendar: Calendar | None = None,
    paces: PaceDetector | None = None,
) -> Backtest:
    """Watch the whole history of all the client's apps; `progress` is told each hour that is done.

    ``calendar``  the client's, where its file names a country. ``paces`` judges tokens, where the history has them.
    """
    replays = [Replay(client, app, history) for app in client.apps]
    spends = sorted({hour for app in client.apps for hour in history.costs.get(app.name, {})})
    gaps = tuple((a + HOUR, b) for a, b in pairwise(spends) if b - a > history_of(client))
    for hour in _ends(history, replays, spends):
        is_gap = any(since < hour <= until for since, until in gaps)
        for each in replays:
            each.read(hour)
            each.count(is_gap=is_gap)
        shown = {each.app.name: each.shown for each in replays if len(each.shown) >= MIN_HOURS}
        scores = seasoned(client, detector, shown, hour - INSTANT, calendar) if shown else {}
        fast = {name: pace for each in replays for name, pace in each.fast().items()}
        if fast and paces is not None:
            scores |= paces.score(fast, hour - INSTANT)
        for each in replays:
            each.watch(hour, scores)
        progress(hour)
    alerts = [alert for each in replays for alert in each.alerts()]
    strangers = set(history.costs) - {app.name for app in client.apps}
    nothing = Money.zero(client.currency)
    return Backtest(
        since=history.since,
        until=history.until,
        alerts=tuple(sorted(alerts, key=lambda alert: (alert.at, alert.app))),
        judged=tuple(Judged(app=each.app.name, hours=each.hours, judged=each.judged) for each in replays),
        currency=client.currency,
        total=sum((history.spent(name, history.since, history.until) for name in history.costs), nothing),
        unowned=sum((history.spent(name, history.since, history.until) for name in strangers), nothing),
        tokens=bool(history.tokens) and paces is not None,
        gaps=gaps,
    )


def _ends(history: History, replays: Sequence[Replay], spends: Sequence[datetime]) -> Iterator[datetime]:
    """The end of each hour of the history, but of those in which no app has any records: one row may be years away."""
    hour = history.since
    while hour < history.until:
        if not any(each.shown for each in replays):
            following = bisect_left(spends, hour)
            if following == len(spends):
                return
            hour = spends[following]
        hour += HOUR
        yield hour


@dataclass(slots=True)
class Opened:
    """An incident, from the hour (its place in the app's hours) that fired to the last one that ran."""

    at: datetime
    place: int
    incident: Incident
    last: int
    is_open: bool = True


@dataclass(slots=True)
class Replay:
    """One app: its hours so far, what they were over the usual, and what was opened."""

    client: Client
    app: App
    history: History
    spent: list[Decimal] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    over: list[Decimal] = field(default_factory=list)
    month: tuple[datetime | None, Decimal] = (None, _ZERO)
    before: Assessment | None = None
    opened: list[Opened] = field(default_factory=list)
    counted: Counted = field(default_factory=Counted)
    reading: Reading | None = None
    hours: int = 0
    judged: int = 0
    kept: int = field(init=False)
    known: Expectations = field(init=False)

    def __post_init__(self) -> None:
        self.known = Expectations(id=self.app.name)  # nobody has answered anything
        self.kept = int(history_of(self.client) / HOUR)

    def read(self, hour: datetime) -> None:
        """The hour that ends then; an app begins with its first spend, of that which is kept."""
        models = self.history.costs.get(self.app.name, {}).get(hour - HOUR, {})
        amount = sum(models.values(), _ZERO)
        spent = max(_ZERO, amount)  # more credit than cost is no spend, as in production; the month has both
        factor = announced(self.client, self.app, self.known, hour - HOUR)
        shown = plain_hour(self.shown, float(spent), factor)
        self.shown = list(dropwhile(lambda hour: not hour, [*self.shown, shown][-self.kept :]))
        if not self.shown:
            self.reading, self.counted = None, Counted()
            return
        self.spent.append(spent)
        this_month = month_start(hour - HOUR)
        so_far = self.month[1] if self.month[0] == this_month else _ZERO
        self.month = this_month, so_far + amount
        self.counted.add(hour - HOUR, self.history.tokens.get(self.app.name, {}).get(hour - HOUR, {}), models)
        self.reading = self._reading(hour)

    def count(self, *, is_gap: bool) -> None:
        """The hour that was read, where it has a history: weeks in which nobody spent would make any rate look low."""
        if not is_gap:
            self.hours += bool(self.shown)
            self.judged += len(self.shown) > MIN_HOURS

    def fast(self) -> Mapping[str, Pace]:
        """The paces of tokens to judge."""
        if self.reading is None:
            return {}
        return paces_of(self.client, self.app, self.reading, self.known, self.reading.at)

    def watch(self, hour: datetime, scores: Mapping[str, Score]) -> None:
        """What the watch does with an app at a tick: find, merge, look."""
        reading = self.reading
        if reading is None:
            return
        current = self.opened[-1] if self.opened and self.opened[-1].is_open else None
        finding = detect(
            self.client,
            self.app,
            reading,
            scores,
            budgets=(),
            known=self.known,
            allowance=None,
            now=hour,
            told=open_prices(current.incident if current else None, hour),
        )
        self.over.append(self._over(finding))
        step = Step(hour)
        incident = open_or_merge(
            step,
            self.app,
            current.incident if current else None,
            finding.signals,
            spend=reading.spend,
            rate=reading.rate,
        )
        if incident is None:
            return
        if hides_price(open_prices(incident, hour), reading, hour):
            reading = replace(reading, complete=False)
        seen = assess(finding, reading, incident.assessment, refusing=False, now=hour)
        incident = look(step, self.app, incident, seen, spend=reading.spend, rate=reading.rate)
        place = len(self.spent) - 1
        if current is None:
            current = Opened(at=hour, place=place, incident=incident, last=place)
            self.opened.append(current)
        current.incident = incident
        current.is_open = incident.state is not State.RESOLVED
        if seen.running_away:
            current.last = place

    def alerts(self) -> list[Alert]:
        ends = [0, *(one.last + 1 for one in self.opened)]
        return [self._alert(one, after=end) for one, end in zip(self.opened, ends, strict=False)]

    def _over(self, finding: Finding) -> Decimal:
        """What the last hour cost over the usual; where that is not known yet, nothing."""
        if finding.score is None:
            return _ZERO
        return max(_ZERO, self.spent[-1] - Decimal(repr(finding.score.usual)) * finding.factor)

    def _reading(self, hour: datetime) -> Reading:
        currency = self.client.currency
        models = self.history.costs.get(self.app.name, {}).get(hour - HOUR, {})
        hours = self.spent[-len(self.shown) :]
        nothing = Money.zero(currency)
        return Reading(
            app=self.app.name,
            at=hour,
            first_hour=hour - len(hours) * HOUR,
            hours=tuple(hours),
            spend=SpendRange(billed=Money(self.month[1], currency), in_flight=nothing, worst_case=nothing),
            rate=Money(hours[-1], currency),
            by_model={model: Money(net, currency) for model, net in sorted(models.items(), key=lambda kv: -kv[1])},
            tokens=self.counted.rates(models),
            uses=self.counted.uses,
        )

    def _alert(self, one: Opened, *, after: int) -> Alert:
        """What the incident before it has counted, up to the hour `after`, is not counted again."""
        first = one.place
        while first > max(after, one.place - BACK) and self.over[first - 1] > 0:
            first -= 1
        signal = one.incident.signals[0]
        return Alert(
            app=self.app.name,
            at=one.at,
            began=one.at - (one.place - first + 1) * HOUR,
            kind=signal.kind,
            level=one.incident.level,
            observed=signal.pace,
            usual=signal.usual_pace,
            driver=self._driven(self.history.costs, one, first) or signal.driver,
            feature=self._driven(self.history.features, one, first),
            before=self._sum(first, one.place + 1),
            after=self._sum(one.place + 1, one.last + 1),
            by_tokens=signal.window_minutes != HOUR_MINUTES,
            ended=None if one.is_open else one.at + (one.last - one.place) * HOUR,
        )

    def _driven(self, costs: Costs, one: Opened, first: int) -> str:
        """By the rule of production, over the hours from `first` up to the one that fired, and the week before them."""
        start = max(0, first - BACK)
        begins = one.at - (one.place + 1 - start) * HOUR
        spent = costs.get(self.app.name, {})
        hours = [spent.get(begins + n * HOUR, {}) for n in range(one.place + 1 - start)]
        parts = {part for hour in hours for part in hour}
        return driven({part: [hour.get(part, _ZERO) for hour in hours] for part in sorted(parts)}, first - start)[0]

    def _sum(self, first: int, last: int) -> Money:
        return Money(sum(self.over[first:last], _ZERO), self.client.currency)
