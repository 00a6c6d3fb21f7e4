"""One app of a backtest: what the watch would have found and told, look after look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import dropwhile

from freio.domain.app import App, Client, Level
from freio.domain.calendar import month_start
from freio.domain.expectation import Expectations
from freio.domain.incident import Incident, State
from freio.domain.money import Money, SpendRange
from freio.domain.signal import SignalKind
from freio.domain.spend import Pace, Score
from freio.guard.announced import announced, plain
from freio.guard.counted import Counted
from freio.guard.decide import look, open_or_merge
from freio.guard.detect import Finding, assess, detect
from freio.guard.detect_tariff import hides_price, open_prices
from freio.guard.detect_tokens import HOUR_MINUTES
from freio.guard.explain import driven
from freio.guard.history import Costs, History
from freio.guard.judge import MIN_HOURS, paces_of
from freio.guard.meter import HISTORY, Reading, first_hour, history_of
from freio.guard.step import Step
from freio.guard.telemetry import HOUR, floor_hour
from freio.guard.token_rate import TokenRate
from freio.guard.within import Within

KEPT = int(HISTORY / HOUR)  # hours of records; a calendar asks for more
INSTANT = timedelta(seconds=1)  # before an hour ends it is the one that ends now, and not the next
BACK = 168  # hours before an alert in which what led to it is looked for
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An incident that people would have been told of.

    ``at``       when: the end of the hour that fired, or of the row within it. ``began`` is the first of the hours on
                 end, up to that one, that were over the usual: seven days before at the earliest.
    ``usual``    what its hour usually costs, ``observed`` what it cost, by what fired then: ``kind`` and ``level`` too.
                 It may have become worse later, which nobody knew.
    ``driver``   the model with most of what was over the usual since it began, ``feature`` the same of what the label
                 of the app's features says (empty: the file names no such label, or most of it has none).
    ``by_tokens``  whether the pace or the price of tokens told it, and not money.
    ``by_detector``  whether it was told by its shape, at once or later: such incidents the budget of alerts counts.
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
    by_detector: bool = True


@dataclass(slots=True)
class Opened:
    """An incident, from the hour (its place in the app's hours) that fired to the last one that ran.

    ``told``  the incident as it was opened; ``incident`` as it is now.
    ``part``  how much of that hour had passed, by its tokens.
    """

    at: datetime
    place: int
    incident: Incident
    last: int
    is_open: bool = True
    part: Decimal = Decimal(1)
    told: Incident = field(init=False)

    def __post_init__(self) -> None:
        self.told = self.incident

    @property
    def hour_ends(self) -> datetime:
        return floor_hour(self.at - INSTANT) + HOUR


@dataclass(slots=True)
class Replay:
    """One app: its hours so far, what they were over the usual, and what was opened."""

    client: Client
    app: App
    history: History
    spent: list[Decimal] = field(default_factory=list)
    recent: list[tuple[float, Decimal]] = field(default_factory=list)  # of records: an hour, and what was announced
    shown: list[float] = field(default_factory=list)
    over: list[Decimal] = field(default_factory=list)
    month: tuple[datetime | None, Decimal] = (None, _ZERO)
    opened: list[Opened] = field(default_factory=list)
    counted: Counted = field(default_factory=Counted)
    reading: Reading | None = None
    season: Mapping[str, Score] = field(default_factory=dict)  # of the last hour: how its money was judged is told
    hours: int = 0
    judged: int = 0
    known: Expectations = field(init=False)

    def __post_init__(self) -> None:
        self.known = Expectations(id=self.app.name)  # nobody has answered anything

    def read(self, hour: datetime, within: Within | None = None) -> None:
        """The hour that ends then; an app begins with its first spend, of that which is kept."""
        models = self.history.costs.get(self.app.name, {}).get(hour - HOUR, {})
        amount = sum(models.values(), _ZERO)
        spent = max(_ZERO, amount)  # more credit than cost is no spend, as in production; the month has both
        factor = announced(self.client, self.app, self.known, hour - HOUR)
        kept = (hour - first_hour(hour - INSTANT, history_of(self.client))) // HOUR
        recent = [*self.recent, (float(spent), factor)][-kept:]
        self.recent = list(dropwhile(lambda hour: not hour[0], recent))
        self.shown = plain([hour for hour, _ in self.recent], [said for _, said in self.recent])
        if not self.shown:
            self.reading, self.counted = None, Counted()
            return
        self.spent.append(spent)
        this_month = month_start(hour)  # of the look, as in production: the hour before its turn is of the last one
        so_far = self.month[1] if self.month[0] == this_month else _ZERO
        self.month = this_month, so_far + (amount if hour - HOUR >= this_month else _ZERO)
        self.counted.add(hour - HOUR, self.history.tokens.get(self.app.name, {}).get(hour - HOUR, {}), models)
        rates = self.counted.rates(models) if within is None else self._paces(within, hour)
        self.reading = self._reading(hour, rates)

    def count(self, *, is_gap: bool) -> None:
        """The hour that was read, where it has a history: weeks in which nobody spent would make any rate look low."""
        if not is_gap:
            self.hours += bool(self.shown)
            self.judged += len(self.shown) > MIN_HOURS

    def fast(self, now: datetime) -> Mapping[str, Pace]:
        """The paces of tokens to judge; `now` is when the watch would know of the last one."""
        if self.reading is None:
            return {}
        return paces_of(self.client, self.app, self.reading, self.known, now)

    def pause(self, within: Within, at: datetime) -> None:
        """At the end of a row: what is known then is the paces, and the hours that are over."""
        if self.reading is not None:
            self.reading = replace(self.reading, at=at, tokens=self._paces(within, at), uses=None)

    def glance(self, within: Within, at: datetime, scores: Mapping[str, Score]) -> None:
        """A look at paces alone: it may find trouble, and says nothing of quiet."""
        if self.reading is None:
            return
        current = self._current
        finding = self._found(self.reading, {**self.season, **scores}, at)
        incident = self._merged(Step(at), self.reading, finding) if finding.signals else None
        if incident is None:
            return
        if current is None:
            part = within.part(self.app.name, at)
            place = len(self.spent)
            self.opened.append(Opened(at=at, place=place, incident=incident, last=place, part=part))
        else:
            seen = assess(finding, self.reading, incident.assessment, refusing=False, now=at)  # it was not quiet since
            current.incident, current.last = replace(incident, assessment=seen), len(self.spent)

    def watch(self, hour: datetime, scores: Mapping[str, Score]) -> None:
        """What the watch does with an app at a tick: find, merge, look."""
        reading = self.reading
        if reading is None:
            return
        current = self._current
        finding = self._found(reading, scores, hour)
        self.over.append(self._over(finding))
        if finding.score is not None:
            self.season = {self.app.name: replace(finding.score, value=0.0)}
        step = Step(hour)
        incident = self._merged(step, reading, finding)
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

    @property
    def _current(self) -> Opened | None:
        return self.opened[-1] if self.opened and self.opened[-1].is_open else None

    def _found(self, reading: Reading, scores: Mapping[str, Score], now: datetime) -> Finding:
        current = self._current
        return detect(
            self.client,
            self.app,
            reading,
            scores,
            budgets=(),
            known=self.known,
            allowance=None,
            now=now,
            told=open_prices(current.incident if current else None, now),
        )

    def _merged(self, step: Step, reading: Reading, finding: Finding) -> Incident | None:
        before = self._current.incident if self._current else None
        return open_or_merge(step, self.app, before, finding.signals, spend=reading.spend, rate=reading.rate)

    def _paces(self, within: Within, at: datetime) -> tuple[TokenRate, ...]:
        return within.rates(self.app.name, at, self.client.money_gate.amount)

    def alerts(self) -> list[Alert]:
        ends = [0, *(one.last + 1 for one in self.opened)]
        return [self._alert(one, after=end) for one, end in zip(self.opened, ends, strict=False)]

    def _over(self, finding: Finding) -> Decimal:
        """What the last hour cost over the usual; where that is not known yet, nothing."""
        if finding.score is None:
            return _ZERO
        return max(_ZERO, self.spent[-1] - Decimal(repr(finding.score.usual)) * finding.factor)

    def _reading(self, hour: datetime, rates: tuple[TokenRate, ...]) -> Reading:
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
            tokens=rates,
            uses=self.counted.uses,
        )

    def _alert(self, one: Opened, *, after: int) -> Alert:
        """What the incident before it has counted, up to the hour `after`, is not counted again."""
        first = one.place
        while first > max(after, one.place - BACK) and self.over[first - 1] > 0:
            first -= 1
        signal = one.told.signals[0]
        return Alert(
            app=self.app.name,
            at=one.at,
            began=one.hour_ends - (one.place - first + 1) * HOUR,
            kind=signal.kind,
            level=one.told.level,
            observed=signal.pace,
            usual=signal.usual_pace,
            driver=self._driven(self.history.costs, one, first) or signal.driver,
            feature=self._driven(self.history.features, one, first),
            before=self._sum(first, one.place) + self._sum(one.place, one.place + 1) * one.part,
            after=self._sum(one.place, one.place + 1) * (1 - one.part) + self._sum(one.place + 1, one.last + 1),
            by_tokens=signal.window_minutes != HOUR_MINUTES,
            by_detector=any(each.kind.is_shape for each in one.incident.signals),
            ended=None if one.is_open else one.hour_ends + (one.last - one.place) * HOUR,
        )

    def _driven(self, costs: Costs, one: Opened, first: int) -> str:
        """By the rule of production, over the hours from `first` up to the one that fired, and the week before them."""
        start = max(0, first - BACK)
        begins = one.hour_ends - (one.place + 1 - start) * HOUR
        spent = costs.get(self.app.name, {})
        hours = [spent.get(begins + n * HOUR, {}) for n in range(one.place + 1 - start)]
        parts = {part for hour in hours for part in hour}
        return driven({part: [hour.get(part, _ZERO) for hour in hours] for part in sorted(parts)}, first - start)[0]

    def _sum(self, first: int, last: int) -> Money:
        return Money(sum(self.over[first:last], _ZERO), self.client.currency)
