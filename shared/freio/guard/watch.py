"""The watch: what `spend_watch` does at each tick. Reads all apps, finds, decides, proposes, tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from freio.domain.app import App, Client
from freio.domain.expectation import Expectations
from freio.domain.journal import Kind
from freio.domain.signal import Signal
from freio.domain.silence import Silence
from freio.domain.spend import Score
from freio.errors import Conflict, Unavailable
from freio.guard.alert import Alerter
from freio.guard.beside import Beside
from freio.guard.callers import CallerWatch
from freio.guard.caps import CapWatch
from freio.guard.detect import Finding, detect
from freio.guard.detect_tariff import open_prices
from freio.guard.digest import DigestDesk
from freio.guard.drill import Drills
from freio.guard.failing import note
from freio.guard.follow import Follower
from freio.guard.forecast import ForecastWatch
from freio.guard.homes import leave_homes
from freio.guard.judge import judged
from freio.guard.lessons import with_ends, with_hour
from freio.guard.listen import Listener, unseen
from freio.guard.meter import Readings, SpendMeter
from freio.guard.numbers import NumberBook
from freio.guard.propose import Proposer
from freio.guard.prove import Prover
from freio.guard.retry import again
from freio.guard.step import Step
from freio.guard.unowned import tell_unowned
from freio.ports import Calendar, Chat, Clock, Detector, PaceDetector, Store

T = TypeVar("T")


@dataclass(slots=True)
class Watched:
    """What one tick saw and did."""

    apps: int = 0
    signals: int = 0
    incidents: int = 0
    failures: list[str] = field(default_factory=list)

    def raise_failures(self) -> None:
        """So that the tick counts as failed, and is delivered again."""
        if self.failures:
            raise Unavailable("; ".join(self.failures))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tick:
    """What one tick has read and judged; ``known`` and ``prices`` by app: what people said, and what was told."""

    readings: Readings
    scores: Mapping[str, Score]
    known: Mapping[str, Expectations]
    prices: Mapping[str, Sequence[Signal]]
    watched: Watched


class Watcher:
    """One tick looks at every app; one app's trouble does not keep another from being looked at."""

    def __init__(
        self,
        client: Client,
        store: Store,
        clock: Clock,
        *,
        meter: SpendMeter,
        detector: Detector,
        paces: PaceDetector,
        proposer: Proposer,
        prover: Prover,
        chat: Chat,
        alerter: Alerter,
        caps: CapWatch | None = None,
        numbers: NumberBook | None = None,
        calendar: Calendar | None = None,
        drills: Drills | None = None,
        forecasts: ForecastWatch | None = None,
        digests: DigestDesk | None = None,
        callers: CallerWatch | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._caps = caps
        self._numbers = numbers
        self._drills = drills
        self._forecasts = forecasts
        self._digests = digests
        self._meter = meter
        self._detectors = detector, paces
        self._calendar = calendar
        self._alerter = alerter
        self._listener = Listener(store)
        self._beside = Beside(client, store, clock)
        self._follower = Follower(
            client,
            store,
            clock,
            beside=self._beside,
            proposer=proposer,
            prover=prover,
            callers=callers or CallerWatch(()),
            chat=chat,
            caps=caps,
            drills=drills,
            forecasts=forecasts,
            digests=digests,
        )

    def watch(self) -> Watched:
        """Look at every app now."""
        now = self._clock.now()
        readings = self._told(partial(self._meter.read, now), "reading the spend", now)
        watched = Watched(failures=[f"telemetry of {project}: {why}" for project, why in readings.failures.items()])
        known: dict[str, Expectations] = {}
        for app in self._client.apps:
            self._try(watched, app.name, partial(self._recall, app, known))
        detector, paces = self._detectors
        judge = partial(judged, self._client, readings, detector, paces, now, known=known, calendar=self._calendar)
        scores = self._told(judge, "judging the spend", now)
        incidents = self._told(self._store.open_incidents, "reading the open incidents", now)
        prices = {incident.app: open_prices(incident, now) for incident in incidents}
        for project, why in readings.failures.items():
            note(self._store, now, f"reading the telemetry of {project}", Unavailable(why))
        for why in readings.doubts:
            self._try(watched, "prices", partial(self._doubt, why, now))
        silent: list[Silence] = []
        self._try(watched, "feeds", lambda: silent.extend(self._listener.listen(readings)))
        readings = unseen(readings, silent)
        self._try(watched, "spend of no app", partial(tell_unowned, self._client, self._store, readings))
        if self._caps is not None:
            self._try(watched, "Google's spend caps", partial(self._caps.look, readings))
        if self._numbers is not None:
            self._try(watched, "numbers of projects", partial(self._numbers.look, readings))
        self._try(watched, "where apps are billed", partial(leave_homes, self._client, self._store, readings))
        tick = _Tick(readings=readings, scores=scores, known=known, prices=prices, watched=watched)
        for app in self._client.apps:
            watched.apps += 1
            if app.name in known:
                self._try(watched, app.name, partial(self._app, app, tick))
        if self._digests is not None:
            self._try(watched, "weekly digest", self._digests.look)
        self._alerter.deliver()
        if self._forecasts is not None:  # last: the first of a day takes seconds, and no alert waits for it
            self._try(watched, "forecast", partial(self._forecasts.look, readings))
        return watched

    def drill(self, run: str, by: str = "") -> Watched:
        """Begin a fire drill, if its target is harmless: one signal, which goes the way of all that are found."""
        assert self._drills is not None, "only a watch that knows of drills is called for one"
        now = self._clock.now()
        watched = Watched(apps=1)
        readings = self._told(partial(self._meter.read, now), "reading the spend", now)
        begun = self._told(partial(self._drills.begin, run, by, readings), "beginning a fire drill", now)
        if begun is not None:
            finding = Finding(app=begun.app.name, signals=(begun.signal,), running_away=True)
            self._try(watched, begun.app.name, partial(self._found, begun.app, readings, finding, watched))
            self._try(watched, "fire drill", partial(again, partial(self._drills.opened, run, by, begun)))
        self._alerter.deliver()
        return watched

    def _told(self, work: Callable[[], T], what: str, now: datetime) -> T:
        """Do what every app depends on. Where it fails nobody has looked: that is told, and the tick comes again."""
        try:
            return work()
        except Exception as error:
            note(self._store, now, what, error)
            self._alerter.deliver()
            raise

    def _try(self, watched: Watched, what: str, work: Callable[[], None]) -> None:
        """Do it. Whatever goes wrong about one app must not keep the others from being looked at."""
        try:
            work()
        except Exception as error:  # noqa: BLE001  # a bug about one app too: all failures are raised at the end
            watched.failures.append(f"{what}: {error!r}")
            note(self._store, self._clock.now(), f"watching {what}", error)

    def _doubt(self, why: str, now: datetime) -> None:
        """Journalled once a day, and nobody is woken for it: the estimate goes on by other prices."""
        key = f"prices/{hashlib.sha256(why.encode()).hexdigest()[:16]}/{now:%Y-%m-%d}"
        if self._store.used(key):
            return
        step = Step(now)
        step.once(key)
        step.log(Kind.FAILURE, None, f"reading prices: {why}", key=key)
        with suppress(Conflict):  # the other tick, at the same time, has said it
            self._store.commit(step.change())

    def _recall(self, app: App, known: dict[str, Expectations]) -> None:
        """What people have said of the app, up to date; where that cannot be read, the app cannot be judged."""
        known[app.name] = again(partial(self._learn, with_ends, app))

    def _learn(self, learn: Callable[[Step, Store, str], Expectations], app: App) -> Expectations:
        step = Step(self._clock.now())
        learnt = learn(step, self._store, app.name)
        if not step.is_empty:
            self._store.commit(step.change())
        return learnt

    def _app(self, app: App, tick: _Tick) -> None:
        """Look at one app, and at its incident if there is one now."""
        finding = detect(
            self._client,
            app,
            tick.readings.apps[app.name],
            tick.scores,
            budgets=self._beside.budgets(app),
            known=tick.known[app.name],
            allowance=self._beside.allowance(app),
            now=tick.readings.at,
            told=tick.prices.get(app.name, ()),
        )
        self._found(app, tick.readings, finding, tick.watched)

    def _found(self, app: App, readings: Readings, finding: Finding, watched: Watched) -> None:
        """What was found, into the app's incident, and on to the brake that is offered."""
        if finding.hushed:
            again(partial(self._learn, with_hour, app))
        watched.signals += len(finding.signals)
        watched.incidents += self._follower.follow(app, readings, finding)
