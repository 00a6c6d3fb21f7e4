"""Google's own spend caps beside ours: read every hour, shown in the incident, and told loudly when one pauses an app.

What cannot be read is noted, and paged as long as it stands; the watch goes on with what was read last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce

from freio.domain.app import App, Client, Level
from freio.domain.calendar import month_start
from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import CAP_ENFORCED, CAP_LIFTED, CAP_PAUSED, PAGE_OWN_CAP
from freio.domain.signal import Signal, SignalKind
from freio.domain.spend_cap import SERVICES, VERTEX_BILLED, CapReport, SpendCap
from freio.errors import Conflict, VendorError
from freio.guard.decide import open_or_merge
from freio.guard.failing import note
from freio.guard.homes import homes
from freio.guard.meter import Readings
from freio.guard.step import Step, text
from freio.ports import Clock, SpendCaps, Store

EVERY = timedelta(hours=1)
WHILE_PAUSED = timedelta(minutes=15)  # a cap that was lifted must not keep a brake from being offered for long
AGAIN = timedelta(minutes=15)  # after a look that failed


class CapWatch:
    """Reads the caps and merges them; ``own_project`` is the one that Freio runs in (empty: not known)."""

    def __init__(self, client: Client, store: Store, clock: Clock, caps: SpendCaps, *, own_project: str = "") -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._caps = caps
        self._own = own_project
        self._failed_at: datetime | None = None

    def look(self, readings: Readings) -> None:
        """Read all caps, where the last reading is old enough. Failures of Google's are noted, never raised."""
        now = self._clock.now()
        report = self._report()
        every = WHILE_PAUSED if any(cap.pauses for cap in report.caps) else EVERY
        if report.at is not None and now - report.at < every:
            return
        if self._failed_at is not None and now - self._failed_at < AGAIN:
            return
        projects = set().union(*(homes(app, readings) for app in self._client.apps))
        try:
            found = self._caps.caps(sorted({*projects, self._own} - {""}))
        except VendorError as error:
            self._failed_at = now
            note(self._store, now, "reading Google's spend caps", error)
            return
        self._keep(report, found, readings, now)

    def merge(self, app: App, readings: Readings, spend: SpendRange) -> bool:
        """What was read last into the app's incident, opened where a cap pauses something; False where there is none.

        A cap that stays used up is told once; lifted and used up again, it is told again.
        """
        here = homes(app, readings)
        mine = tuple(cap for cap in self._report().caps if cap.project in here)
        incident = self._store.open_incident(app.name)
        step = Step(self._clock.now())
        news = [cap for cap in mine if cap.pauses and not self._store.used(_key(app, cap))]
        if news:
            signals = [_signal(app, cap, step.now) for cap in news]
            rate = readings.apps[app.name].rate
            incident = open_or_merge(step, app, incident, signals, spend=spend, rate=rate)
        if incident is None:
            return False
        for cap in news:
            step.once(_key(app, cap))
            step.mention(incident, _key(app, cap), CAP_ENFORCED, **_said(cap))
        if incident.caps != mine:
            _show(step, incident, mine)
        if not step.is_empty:
            self._store.commit(step.change())
        return True

    def _report(self) -> CapReport:
        return self._store.get(CapReport, CapReport().id) or CapReport()

    def _keep(self, report: CapReport, found: Sequence[SpendCap], readings: Readings, now: datetime) -> None:
        before = {cap.id: cap for cap in report.caps}
        step = Step(now)
        caps = [replace(cap.after(before.get(cap.id), now), spent=self._spent(cap, readings)) for cap in found]
        for cap in caps:
            key = f"cap/{cap.id}/{text(cap.since)}"
            said = {"name": cap.name, "service": cap.called, "project": cap.project, "limit": text(cap.limit)}
            step.log(Kind.MESSAGE, None, f"spend cap {cap.state}", key=key, by="", **said)
            if cap.project == self._own and cap.service not in SERVICES:
                self._warn(step, cap)
        step.put(CapReport(at=now, caps=tuple(caps), version=report.version))
        try:
            self._store.commit(step.change())
        except Conflict:
            return  # another tick has just read them

    def _warn(self, step: Step, cap: SpendCap) -> None:
        """A cap on what Freio itself runs on, once a month: Cloud Run and its functions can be capped too."""
        key = f"own-cap/{cap.id}/{month_start(step.now):%Y-%m}"
        if not self._store.used(key):
            step.once(key)
            step.page_plain(key, PAGE_OWN_CAP, limit=cap.limit, service=cap.called, project=cap.project)

    def _spent(self, cap: SpendCap, readings: Readings) -> Money | None:
        apps = [app for app in self._client.apps if cap.project in app.match.projects]
        if cap.service != VERTEX_BILLED or not apps or any(app.match.projects != {cap.project} for app in apps):
            return None
        return reduce(Money.__add__, (readings.apps[app.name].spend.likely for app in apps))


def _show(step: Step, incident: Incident, caps: tuple[SpendCap, ...]) -> None:
    paused = {cap.id for cap in caps if cap.pauses}
    for cap in incident.caps:
        if cap.pauses and cap.id not in paused:
            step.thread(incident, f"cap/{cap.id}/{text(cap.since)}/lifted", CAP_LIFTED, **_said(cap))
    step.draw(step.keep(incident, caps=caps))


def _signal(app: App, cap: SpendCap, now: datetime) -> Signal:
    return Signal(
        key=_key(app, cap),
        app=app.name,
        kind=SignalKind.SPEND_CAP,
        level=Level.CRITICAL,
        at=now,
        observed=cap.limit,
        usual=cap.limit,
        window_minutes=0,
        score=1.0,
        detail=Phrase.of(CAP_PAUSED, service=cap.called, project=cap.project, limit=text(cap.limit)),
    )


def _key(app: App, cap: SpendCap) -> str:
    return f"cap/{cap.id}/{app.name}/{text(cap.since)}"


def _said(cap: SpendCap) -> dict[str, object]:
    return {"name": cap.name, "service": cap.called, "project": cap.project, "limit": cap.limit}
