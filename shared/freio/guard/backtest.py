"""A client's own past, watched again, hour by hour: by the detector, the money gate and the merging of production.

An hour is judged from itself and earlier ones alone. Where the export says how many tokens there were, they are judged
as well: how fast they came, and what they cost. Paces are those of hours, unless rows are finer: then there is a look
at paces where each of them ends (`freio.guard.within`). What an export cannot show is not replayed; nor are answers of
people, who let every incident run until it is quiet. And every hour is taken as known when it ends, as telemetry knows
it, though its bill comes a day later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from freio.domain.app import Client
from freio.domain.money import Money
from freio.guard.history import History
from freio.guard.judge import MIN_HOURS, seasoned
from freio.guard.meter import history_of
from freio.guard.paces import FILLING
from freio.guard.replay import INSTANT, Alert, Replay
from freio.guard.telemetry import HOUR
from freio.guard.within import Within
from freio.ports import Calendar, Detector, PaceDetector

WEEK = timedelta(days=7)
_ZERO = Decimal(0)


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

    ``tokens``  whether the export says how many there were, so that they were judged beside money; ``step`` how often
    paces were looked at.
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
    step: timedelta = HOUR
    gaps: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def app_weeks(self) -> Decimal:
        return sum((one.weeks for one in self.judged), _ZERO)

    @property
    def budgeted(self) -> tuple[Alert, ...]:
        """Those that `alerts_per_app_week` sets thresholds for, as Monday's digest counts them.

        What a token costs is told by thresholds of its own; what runs away beside a dearer price is told by these.
        """
        return tuple(one for one in self.alerts if one.by_detector)

    @property
    def rate(self) -> Decimal | None:
        """Budgeted alerts per app and week; None: nothing was judged."""
        return Decimal(len(self.budgeted)) / self.app_weeks if self.app_weeks else None

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
    spends = sorted({hour for app in client.apps for hour in history.costs.get(app.name, {})})
    gaps = tuple((a + HOUR, b) for a, b in pairwise(spends) if b - a > history_of(client))
    for hour in _ends(history, replays, spends):
        if within is not None and paces is not None:
            _between(replays, within, within.ends(hour - HOUR), paces)
        is_gap = any(since < hour <= until for since, until in gaps)
        for each in replays:
            each.read(hour, within)
            each.count(is_gap=is_gap)
        shown = {each.app.name: each.shown for each in replays if len(each.shown) >= MIN_HOURS}
        scores = seasoned(client, detector, shown, hour - INSTANT, calendar) if shown else {}
        now = hour - INSTANT if within is None else hour + FILLING
        fast = {name: pace for each in replays for name, pace in each.fast(now).items()}
        if fast and paces is not None:
            scores |= paces.score(fast, now)
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
        step=HOUR if within is None else history.step,
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


def _between(replays: Sequence[Replay], within: Within, ends: Sequence[datetime], paces: PaceDetector) -> None:
    """The looks at paces where rows of an hour end; at its own end it is looked at as a whole."""
    for end in ends:
        for each in replays:
            within.add(each.app.name, end)
        if end == ends[-1]:
            return
        for each in replays:
            each.pause(within, end)
        now = end + FILLING
        fast = {name: pace for each in replays for name, pace in each.fast(now).items()}
        scores = paces.score(fast, now) if fast else {}
        for each in replays:
            each.glance(within, end, scores)
