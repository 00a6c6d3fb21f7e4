"""What was found about one app, followed into its incident: merged, looked at, with a brake to offer and a picture.

Each part is committed before the next is tried: a service that fails while a brake is worked out must not keep anybody
from hearing of the trouble.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from freio.charts.spend import Hours, alt_text, spend_chart
from freio.domain.app import App, Client
from freio.domain.incident import Incident
from freio.domain.notice import Card
from freio.domain.signal import SignalKind
from freio.errors import VendorError
from freio.guard.beside import Beside
from freio.guard.callers import CallerWatch, tell
from freio.guard.caps import CapWatch
from freio.guard.decide import look, needs_proposal, open_or_merge, propose
from freio.guard.detect import Finding, assess
from freio.guard.detect_silence import told
from freio.guard.detect_tariff import hides_price, open_prices
from freio.guard.digest import DigestDesk
from freio.guard.drill import Drills
from freio.guard.explain import explain
from freio.guard.failing import note
from freio.guard.forecast import ForecastWatch
from freio.guard.meter import Reading, Readings
from freio.guard.propose import Proposer
from freio.guard.prove import Prover
from freio.guard.retry import again
from freio.guard.step import Step
from freio.ports import Chat, Clock, Store

CHART_EVERY = timedelta(hours=1)
PROPOSE_EVERY = timedelta(minutes=15)


class Follower:
    """Follows one app's incident from tick to tick."""

    def __init__(
        self,
        client: Client,
        store: Store,
        clock: Clock,
        *,
        beside: Beside,
        proposer: Proposer,
        prover: Prover,
        callers: CallerWatch,
        chat: Chat,
        caps: CapWatch | None = None,
        drills: Drills | None = None,
        forecasts: ForecastWatch | None = None,
        digests: DigestDesk | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._beside = beside
        self._proposer = proposer
        self._prover = prover
        self._callers = callers
        self._chat = chat
        self._caps = caps
        self._drills = drills
        self._forecasts = forecasts
        self._digests = digests
        self._proposed: dict[tuple[str, tuple[str, ...]], datetime] = {}

    def follow(self, app: App, readings: Readings, finding: Finding) -> bool:
        """Whether the app has an incident now."""
        reading = readings.apps[app.name]
        is_open = again(partial(self._merge, app, reading, finding))
        if self._caps is not None:
            is_open |= again(partial(self._caps.merge, app, readings, self._beside.spend(reading)))
        if not is_open:
            return False
        again(partial(self._look, app, reading, finding))
        if self._forecasts is not None:
            again(partial(self._forecasts.merge, app))  # after the look: it moves by what that has seen
        again(partial(self._propose, app, readings))
        again(partial(self._draw_chart, app, reading, finding))
        incident = self._store.open_incident(app.name)
        if self._digests is not None and incident is not None:
            again(partial(self._digests.note, incident))
        return incident is not None

    def _merge(self, app: App, reading: Reading, finding: Finding) -> bool:
        """The signals into the app's incident; False where there is none."""
        step = Step(reading.at)
        before = self._store.open_incident(app.name)
        spend = self._beside.spend(reading)
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
        said = explain(
            reading,
            finding.score,
            finding.signals,
            factor=finding.factor,
            factors=finding.factors,
            before=incident.explanation,
        )
        said, unread = self._callers.told(app, said, incident.explanation, reading.rate)
        looked = look(
            step,
            app,
            incident,
            seen,
            spend=self._beside.spend(reading),
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
                spend=self._beside.spend(readings.apps[app.name]),
                allowance=self._beside.allowance(app),
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

    def _draw_chart(self, app: App, reading: Reading, finding: Finding) -> None:
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
            usual=finding.normal,
            fired=finding.score.fired if finding.score else (),
            since=incident.explanation.since if incident.explanation else None,
            unheard=reading.unheard_ago,
        )
        picture = spend_chart(drawn, now, self._client)
        chart = self._chat.upload_chart(picture, f"{app.name}.png", alt_text(drawn, self._client))
        step = Step(now)
        step.put(replace(card, chart=chart, chart_at=now))
        step.draw(incident)
        self._store.commit(step.change())
