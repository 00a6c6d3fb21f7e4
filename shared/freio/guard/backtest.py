"""A client's own past, watched again, hour by hour: by the detector, the money gate and the merging of production.

An hour is judged from itself and earlier ones alone. Where the export says how many tokens there were, they are judged
as well: how fast they came, and what they cost. Paces are those of hours, unless rows are finer: then there is a look
at paces where each of them ends (`freio.guard.within`). What an export cannot show is not replayed; nor are answers of
people, who let every incident run until it is quiet. And every hour is taken as known when it ends, as telemetry knows
it, though its bill comes a day later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.app import Client
from freio.domain.money import Money
from freio.guard.history import History
from freio.guard.judge import MIN_HOURS, seasoned
from freio.guard.paces import FILLING
from freio.guard.replay import INSTANT, Alert, Replay
from freio.guard.telemetry import HOUR
from freio.guard.within import Within
from freio.ports import Calendar, Detector, PaceDetector

WEEK = timedelta(days=7)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How much of an app's history there was to judge: its ``hours``, of which the first `MIN_HOURS` are not judged."""

    app: str
    hours: int

    @property
    def weeks(self) -> Decimal:
        return Decimal(max(0, self.hours - MIN_HOURS)) / int(WEEK / HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What came out; ``alerts`` in the order of time, ``judged`` in that of the client's file.

    ``tokens``  whether the export says how many there were, so that they were judged beside money; ``step`` how often
    paces were looked at.
    ``total``   all that the export holds; ``unowned`` what of it belongs to none of the apps, and so was not judged.
    """

    since: datetime
    until: datetime
    alerts: tuple[Alert, ...]
    judged: tuple[Judged, ...]
    currency: str
    total: Money
    unowned: Money
    tokens: bool = False
    step: timedelta = HOUR

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
    within = Within(history) if paces is not None and history.step < HOUR else None
    replays = [Replay(client, app, history) for app in client.apps]
    hour = history.since
    while hour < history.until:
        if within is not None and paces is not None:
            _between(replays, within, within.ends(hour), paces)
        hour += HOUR
        for each in replays:
            each.read(hour, within)
        shown = {each.app.name: each.shown for each in replays if len(each.spent) >= MIN_HOURS}
        scores = seasoned(client, detector, shown, hour - INSTANT, calendar) if shown else {}
        fast = {name: pace for each in replays for name, pace in each.fast().items()}
        if fast and paces is not None:
            scores |= paces.score(fast, hour - INSTANT if within is None else hour + FILLING)
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
        judged=tuple(Judged(app=each.app.name, hours=len(each.spent)) for each in replays),
        currency=client.currency,
        total=sum((history.spent(name, history.since, history.until) for name in history.costs), nothing),
        unowned=sum((history.spent(name, history.since, history.until) for name in strangers), nothing),
        tokens=bool(history.tokens) and paces is not None,
        step=HOUR if within is None else history.step,
    )


def _between(replays: Sequence[Replay], within: Within, ends: Sequence[datetime], paces: PaceDetector) -> None:
    """The looks at paces where rows of an hour end; at its own end it is looked at as a whole."""
    for end in ends:
        for each in replays:
            within.add(each.app.name, end)
        if end == ends[-1]:
            return
        for each in replays:
            each.pause(within, end)
        fast = {name: pace for each in replays for name, pace in each.fast().items()}
        scores = paces.score(fast, end + FILLING) if fast else {}
        for each in replays:
            each.glance(within, end, scores)
