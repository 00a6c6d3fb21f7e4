"""The watch: what `spend_watch` does at each tick. Reads all apps, finds, decides, proposes, tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from freio.charts.spend import Hours, alt_text, spend_chart
from freio.domain.app import App, Client
from freio.domain.budget import BudgetReport, BudgetStatus
from freio.domain.calendar import month_start
from freio.domain.expectation import Expectations
from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.money import Money, SpendRange, billed_at_least
from freio.domain.notice import Card
from freio.domain.sentences import PAGE_UNATTRIBUTED, PAGE_UNATTRIBUTED_ALL
from freio.domain.signal import SignalKind
from freio.domain.silence import Silence
from freio.domain.spend import Score
from freio.errors import Conflict, Unavailable, VendorError
from freio.guard.alert import Alerter
from freio.guard.callers import CallerWatch, tell
from freio.guard.caps import CapWatch
from freio.guard.decide import look, needs_proposal, open_or_merge, propose
from freio.guard.detect import Finding, assess, detect, unattributed
from freio.guard.detect_silence import told
from freio.guard.detect_tariff import hides_price, open_prices
from freio.guard.digest import DigestDesk
from freio.guard.drill import Drills
from freio.guard.explain import explain
from freio.guard.failing import note
from freio.guard.forecast import ForecastWatch
from freio.guard.homes import leave_homes
from freio.guard.judge import judged
from freio.guard.lessons import with_ends, with_hour
from freio.guard.listen import Listener, unseen
from freio.guard.meter import Reading, Readings, SpendMeter
from freio.guard.numbers import NumberBook
from freio.guard.overrides import allowance
from freio.guard.propose import Proposer
from freio.guard.prove import Prover
from freio.guard.retry import again
from freio.guard.step import Step
from freio.ports import Calendar, Chat, Clock, Detector, PaceDetector, Store

T = TypeVar("T")

CHART_EVERY = timedelta(hours=1)
PROPOSE_EVERY = timedelta(minutes=15)


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
        self._proposer = proposer
        self._prover = prover
        self._callers = callers or CallerWatch(())
        self._chat = chat
        self._alerter = alerter
        self._listener = Listener(store)
        self._proposed: dict[tuple[str, tuple[str, ...]], datetime] = {}

    def watch(self) -> Watched:
        """Look at every app now."""
        now = self._clock.now()
        readings = self._told(partial(self._meter.read, now), "reading the spend", now)
        watched = Watched(failures=[f"telemetry of {project}: {why}" for project, why in readings.failures.items()])
        known: dict[str, Expectations] = {}
        for app in self._client.apps:
            self._try(watched, app.name, partial(self._recall, app, known))
        excluded = {name: one.excluded() for name, one in known.items()}
        detector, paces = self._detectors
        judge = partial(
            judged, self._client, readings, detector, paces, now, excluded=excluded, calendar=self._calendar
        )
        scores = self._told(judge, "judging the spend", now)
        for project, why in readings.failures.items():
            note(self._store, now, f"reading the telemetry of {project}", Unavailable(why))
        for why in readings.doubts:
            self._try(watched, "prices", partial(self._doubt, why, now))
        silent: list[Silence] = []
        self._try(watched, "feeds", lambda: silent.extend(self._listener.listen(readings)))
        readings = unseen(readings, silent)
        self._try(watched, "spend of no app", partial(self._unattributed, readings))
        if self._caps is not None:
            self._try(watched, "Google's spend caps", partial(self._caps.look, readings))
        if self._numbers is not None:
            self._try(watched, "numbers of projects", partial(self._numbers.look, readings))
        self._try(watched, "where apps are billed", partial(leave_homes, self._client, self._store, readings))
        for app in self._client.apps:
            watched.apps += 1
            if app.name in known:
                self._try(watched, app.name, partial(self._app, app, readings, scores, known[app.name], watched))
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

    def _app(
        self, app: App, readings: Readings, scores: Mapping[str, Score], known: Expectations, watched: Watched
    ) -> None:
        """Look at one app, and at its incident if there is one now.

        Each part is committed before the next is tried: a service that fails while a brake is worked out must not
        keep anybody from hearing of the trouble.
        """
        self._found(app, readings, self._find(app, readings.apps[app.name], scores, known), watched)

    def _found(self, app: App, readings: Readings, finding: Finding, watched: Watched) -> None:
        """What was found, into the app's incident, and on to the brake that is offered."""
        reading = readings.apps[app.name]
        if finding.hushed:
            again(partial(self._learn, with_hour, app))
        watched.signals += len(finding.signals)
        is_open = again(partial(self._merge, app, reading, finding))
        if self._caps is not None:
            is_open |= again(partial(self._caps.merge, app, readings, self._spend(reading)))
        if not is_open:
            return
        again(partial(self._look, app, reading, finding))
        if self._forecasts is not None:
            again(partial(self._forecasts.merge, app))  # after the look: it moves by what that has seen
        again(partial(self._propose, app, readings))
        again(partial(self._draw_chart, app, reading, finding.score))
        incident = self._store.open_incident(app.name)
        watched.incidents += incident is not None
        if self._digests is not None and incident is not None:
            again(partial(self._digests.note, incident))

    def _find(self, app: App, reading: Reading, scores: Mapping[str, Score], known: Expectations) -> Finding:
        return detect(
            self._client,
            app,
            reading,
            scores,
            budgets=self._budgets(app),
            known=known,
            allowance=self._allowance(app),
            now=reading.at,
            told=open_prices(self._store.open_incident(app.name), reading.at),
        )

    def _merge(self, app: App, reading: Reading, finding: Finding) -> bool:
        """The signals into the app's incident; False where there is none."""
        step = Step(reading.at)
        before = self._store.open_incident(app.name)
        spend = self._spend(reading)
        after = open_or_merge(step, app, before, told(finding.signals, before), spend=spend, rate=reading.rate)
        if not step.is_empty:
            self._store.commit(step.change())
        return after is not None

    def _look(self, app: App, reading: Reading, finding: Finding) -> None:
        incident = self._store.open_incident(app.name)
        if incident is None:
            return  # somebody ended it meanwhile
        if incident.is_drill:  # nothing runs, so telemetry has nothing to say of it: it runs away until it ends itself
            finding, reading = replace(finding, running_away=True), replace(reading, complete=True)
        step = Step(reading.at)
        refusing = hiding = False
        failed: VendorError | None = None
        if incident.holding:
            try:
                refusing = self._prover.refusing(incident, step.now)
                hiding = self._prover.hiding(incident, step.now)
            except VendorError as error:
                hiding, failed = True, error  # nobody can say what the brake refuses: it is looked at all the same
        if hiding or any(signal.kind is SignalKind.SILENCE for signal in told(finding.signals, incident)):
            reading = replace(reading, complete=False)
        if hides_price(open_prices(incident, step.now), reading, step.now):
            reading = replace(reading, complete=False)
        seen = assess(finding, reading, incident.assessment, refusing=refusing, now=step.now)
        said = explain(reading, finding.score, finding.signals, factor=finding.factor, before=incident.explanation)
        said, unread = self._callers.told(app, said, incident.explanation, reading.rate)
        looked = look(
            step,
            app,
            incident,
            seen,
            spend=self._spend(reading),
            rate=reading.rate,
            explanation=said,
            beyond=finding.is_odd,
        )
        tell(step, looked, incident.explanation.caller if incident.explanation else None)
        self._store.commit(step.change())
        if unread is not None:  # told apart from the rest: the brake is worked out all the same
            note(self._store, reading.at, f"reading whose calls those of {app.name} are", unread)
        if failed is not None:
            raise failed

    def _propose(self, app: App, readings: Readings) -> None:
        incident = self._store.open_incident(app.name)
        if incident is None or not needs_proposal(incident) or self._was_proposed(incident, readings.at):
            return
        step = Step(readings.at)
        if incident.is_drill and self._drills is not None:
            proposal = self._drills.proposal(readings)
        else:
            proposal = self._proposer.propose(
                app,
                readings,
                spend=self._spend(readings.apps[app.name]),
                allowance=self._allowance(app),
                tried=incident.tried,
                began=incident.opened_at,
                now=step.now,
            )
        propose(step, app, incident, proposal)
        if not step.is_empty:
            self._store.commit(step.change())
        self._proposed[incident.id, incident.tried] = readings.at

    def _was_proposed(self, incident: Incident, now: datetime) -> bool:
        """A brake is worked out anew every quarter of an hour: it takes a week of telemetry, and asks every lever.

        Also where nobody is asked, or no lever was left; but the one that follows on a refuted one, at once.
        """
        last = self._proposed.get((incident.id, incident.tried))
        return last is not None and now - last < PROPOSE_EVERY

    # ---- what is known beside the spend

    def _spend(self, reading: Reading) -> SpendRange:
        """The reading, with what a budget message of this month has billed, where that is more: one figure for all."""
        app = self._client.app(reading.app)
        reports = self._budgets(app) if app else ()
        return billed_at_least(reading.spend, reports[0].cost) if reports else reading.spend

    def _budgets(self, app: App) -> Sequence[BudgetReport]:
        """What the app's budgets say of this month."""
        status = self._store.get(BudgetStatus, app.name)
        return status.of_month(month_start(self._clock.now()), self._client.currency) if status else ()

    def _allowance(self, app: App) -> Money | None:
        """What cost owners granted beforehand."""
        return allowance(self._store, app.name, self._clock.now())

    def _unattributed(self, readings: Readings) -> None:
        """Spend of no app has no incident (an incident belongs to an app): it is journalled and paged, once a day."""
        signal = unattributed(self._client, readings)
        if signal is None or self._store.used(signal.key):
            return
        step = Step(readings.at)
        step.once(signal.key)
        step.log(Kind.SIGNAL, None, signal.kind, key=signal.key, observed=signal.observed, driver=signal.driver)
        sentence = PAGE_UNATTRIBUTED if signal.driver else PAGE_UNATTRIBUTED_ALL
        step.page_plain(signal.key, sentence, rate=signal.observed, driver=signal.driver)
        try:
            self._store.commit(step.change())
        except Conflict:
            return  # the other tick, at the same time, has said it

    def _draw_chart(self, app: App, reading: Reading, score: Score | None) -> None:
        """A picture of the last days, when the incident is new, and again every hour while it is open."""
        incident = self._store.open_incident(app.name)
        if incident is None:
            return
        card = self._store.get(Card, incident.id) or Card(id=incident.id, channel=self._client.channel, ts="")
        now = self._clock.now()
        if card.chart_at is not None and now - card.chart_at < CHART_EVERY:
            return
        drawn = Hours(
            spent=reading.hours,
            usual=score.normal if score else (),
            fired=score.fired if score else (),
            since=incident.explanation.since if incident.explanation else None,
        )
        picture = spend_chart(drawn, now, self._client)
        chart = self._chat.upload_chart(picture, f"{app.name}.png", alt_text(drawn, self._client))
        step = Step(now)
        step.put(replace(card, chart=chart, chart_at=now))
        step.draw(incident)
        self._store.commit(step.change())
