"""Where each budget's month is going: forecast once a day from all apps at once, kept, and shown in open incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from freio.domain.app import App, Client
from freio.domain.budget import BudgetReport, BudgetStatus
from freio.domain.calendar import PACIFIC, month_end, month_start
from freio.domain.expectation import Expectations
from freio.domain.forecast import Forecast, Forecasts, month_of, watched
from freio.domain.incident import State
from freio.domain.journal import Kind
from freio.domain.money import Money, billed_at_least
from freio.errors import Conflict
from freio.guard.coming import USUAL, Known, Past, Spans, coming
from freio.guard.meter import Readings
from freio.guard.present import is_news, present
from freio.guard.step import Step
from freio.guard.telemetry import HOUR
from freio.ports import Calendar, Clock, Forecaster, Store

DAY = 24
WAITS = timedelta(hours=6)  # into a day, for telemetry that could not be read
_ONE_DAY = Decimal(86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a forecast is made from: an app's whole hours on end, oldest first, up to `end`, and its month so far.

    ``end`` may lie before the moment of the forecast, where the newest hours are not all billed yet: then ``before`` is
    what the month had cost until then. Of the hours that were ``unheard`` nobody knows all.
    """

    hours: Sequence[Decimal]
    unheard: frozenset[datetime] = frozenset()
    end: datetime
    so_far: Money
    before: Money | None = None
    reports: Sequence[BudgetReport] = ()
    complete: bool = True


def in_days(hours: Sequence[Decimal]) -> list[Decimal]:
    """24 hours each, the last one ending with the hours; what is left over at the beginning is no day."""
    count = len(hours) // DAY
    rest = len(hours) - count * DAY
    return [sum(hours[rest + n * DAY : rest + (n + 1) * DAY], Decimal(0)) for n in range(count)]


def forecast(
    client: Client,
    spending: Mapping[str, Spending],
    forecaster: Forecaster,
    now: datetime,
    known: Mapping[str, Known] = MappingProxyType({}),
) -> Forecasts:
    """Every budget's month; apps whose history is too short for one are named.

    ``known``  what people and the calendar say of each app's days; without it the client's file alone.

    What the last hours cost that are not known yet is part of what is to come: so the rest of the month begins at the
    end of the hours, or with the month where that is later. What was billed of it already is the least that it costs.
    """
    until = month_end(now)
    found: list[Forecast] = []
    short = []
    for (end, ahead), names in _alike(client, spending, month_start(now), until).items():
        after = max(timedelta(0), month_start(now) - end)
        pasts = {name: _past(client, name, spending[name], known) for name in names}
        days = {name: in_days(past.plain()) for name, past in pasts.items()}
        times = {name: coming(past, until) for name, past in pasts.items()}
        special = {name: each for name, each in times.items() if any(one != USUAL for one in each)}
        said = forecaster.outlook(days, ahead=_days(ahead), after=_days(after), coming=special)
        for name in names:
            if name not in said:
                short.append(name)
                continue
            app, mine = client.app(name), spending[name]
            assert app is not None, "only the client's apps are asked about"
            found += [
                month_of(
                    name,
                    budget,
                    said[name],
                    so_far=mine.so_far,
                    before=mine.before,
                    at=now,
                    until=until,
                    days=len(days[name]),
                    complete=mine.complete,
                )
                for budget in watched(app.budget, mine.reports)
            ]
    order = {app.name: place for place, app in enumerate(client.apps)}
    return Forecasts(
        at=now,
        all=tuple(sorted(found, key=lambda one: order[one.app])),
        short=tuple(sorted(short, key=lambda name: order[name])),
    )


def known_of(client: Client, said: Expectations, calendar: Calendar | None, trouble: Spans = ()) -> Known:
    """What people have said of an app, the client's calendar, and spans that are no example of the usual."""
    spans = (*said.excluded(), *trouble)
    return Known(expectations=said, trouble=spans, calendar=calendar, time_zone=client.time_zone)


def _past(client: Client, name: str, spending: Spending, known: Mapping[str, Known]) -> Past:
    app = client.app(name)
    assert app is not None, "only the client's apps are asked about"
    mine = known.get(name) or Known(expectations=Expectations(id=name), time_zone=client.time_zone)
    return Past(app, spending.hours, spending.end, mine, unheard=spending.unheard)


def _alike(
    client: Client, spending: Mapping[str, Spending], begins: datetime, until: datetime
) -> dict[tuple[datetime, timedelta], list[str]]:
    """The apps whose hours end at the same time: they are one pool."""
    found: dict[tuple[datetime, timedelta], list[str]] = {}
    for app in client.apps:
        end = spending[app.name].end
        found.setdefault((end, until - max(end, begins)), []).append(app.name)
    return found


def _days(span: timedelta) -> Decimal:
    return Decimal(int(span.total_seconds())) / _ONE_DAY


class ForecastWatch:
    """Makes the day's forecast at the first tick of each Pacific day, and merges it into incidents.

    It is made again when it is of other apps or budgets than there are now, which is looked at once an hour: in a
    month's first hours nobody knows those of Cloud Billing until they speak, one after the other, and one that watches
    a part would be held against all of the app.
    """

    def __init__(
        self, client: Client, store: Store, clock: Clock, forecaster: Forecaster, calendar: Calendar | None = None
    ) -> None:
        self._calendar = calendar
        self._client = client
        self._store = store
        self._clock = clock
        self._forecaster = forecaster
        self._known = Forecasts()
        self._complete_at: datetime | None = None  # when it was last seen to be of every budget

    def look(self, readings: Readings) -> None:
        """Forecast every budget, unless that was done today; for telemetry that fails it waits a while."""
        now = self._clock.now()
        before = self._newest(now)
        again = _same_day(before.at, now)
        if (again and self._is_of_all(before, readings, now)) or (readings.failures and now - _midnight(now) < WAITS):
            return
        spending = {app.name: self._spending(app.name, readings) for app in self._client.apps}
        known = {app.name: self._known_of(app, now) for app in self._client.apps}
        made = replace(forecast(self._client, spending, self._forecaster, now, known), version=before.version)
        step = Step(now)
        step.put(made)
        said = "; ".join(in_words(one) for one in made.all)
        key = f"forecast/{now.isoformat()}" if again else f"forecast/{_midnight(now):%Y-%m-%d}"
        step.log(Kind.NOTICE, None, "forecast", key=key, said=said)
        try:
            self._store.commit(step.change())
        except Conflict:
            self._known = Forecasts()
            return  # the other tick, at the same time, has made it: it is read at the next one
        self._known, self._complete_at = replace(made, version=made.version + 1), now

    def merge(self, app: App) -> None:
        """The forecast into the app's open incident as it stands now, where that shows another one."""
        incident = self._store.open_incident(app.name)
        if incident is None:
            return
        now = self._clock.now()
        mine = present(self._newest(now).of(app.name, now), incident, app, now)
        if not is_news(incident.forecasts, mine):
            return
        step = Step(now)
        step.draw(step.keep(incident, forecasts=mine))
        self._store.commit(step.change())

    def _is_of_all(self, made: Forecasts, readings: Readings, now: datetime) -> bool:
        """Whether the apps and budgets that it is of are those that there are now: the file may have been changed."""
        if self._complete_at is not None and now - self._complete_at < HOUR:
            return True
        for app in self._client.apps:
            if app.name not in made.short:
                reports = self._spending(app.name, readings).reports if app.budget is None else ()
                there = {(one.of, one.amount) for one in watched(app.budget, reports)}
                if {(one.of, one.budget) for one in made.all if one.app == app.name} != there:
                    return False
        self._complete_at = now
        return True

    def _newest(self, now: datetime) -> Forecasts:
        """Today's, if this process knows it; else what the store has."""
        if not _same_day(self._known.at, now):
            self._known = self._store.get(Forecasts, Forecasts().id) or Forecasts()
        return self._known

    def _known_of(self, app: App, now: datetime) -> Known:
        """Without what runs away now, unless somebody called it expected: an incident moves the forecast by it."""
        said = self._store.get(Expectations, app.name) or Expectations(id=app.name)
        incident = self._store.open_incident(app.name)
        runs = incident is not None and incident.explanation is not None and incident.state is not State.EXPECTED
        since = incident.explanation.since if incident is not None and incident.explanation is not None else now
        return known_of(self._client, said, self._calendar, trouble=((since, now),) if runs else ())

    def _spending(self, app: str, readings: Readings) -> Spending:
        return spending_of(readings, app, self._store.get(BudgetStatus, app), self._client.currency)


def spending_of(readings: Readings, app: str, status: BudgetStatus | None, currency: str) -> Spending:
    """The whole hours of a reading: its last one is the hour ending now, which overlaps the one before."""
    reading = readings.apps[app]
    reports = status.of_month(month_start(readings.at), currency) if status else ()
    spend = billed_at_least(reading.spend, reports[0].cost) if reports else reading.spend
    return Spending(
        hours=reading.hours[:-1],
        unheard=reading.unknown,
        end=readings.at.replace(minute=0, second=0, microsecond=0),
        so_far=spend.likely,
        reports=reports,
        complete=reading.complete,
    )


def in_words(one: Forecast) -> str:
    """For the journal: so far, the range, and the chance, so that it can be held against what came."""
    said = (
        f"{one.app} {one.of}".strip()
        + f": {one.so_far} so far, {one.low.rounded().amount} to {one.high}, expected {one.expected}"
    )
    return said if one.budget is None else f"{said}, budget {one.budget}, chance {one.chance:.3f}"


def _midnight(at: datetime) -> datetime:
    return at.astimezone(PACIFIC).replace(hour=0, minute=0, second=0, microsecond=0)


def _same_day(before: datetime | None, now: datetime) -> bool:
    return before is not None and _midnight(before) == _midnight(now)
