"""A fire drill is begun: whether its target is harmless, its signal, and the brake that is worked out for it.

From there on it goes the way of every incident: `decide`, `respond`, `enforce`, `prove`, `restore`. What is different
is that it ends by itself (`drill_end`), and that nobody may take it for a runaway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from freio.domain import sentences as say
from freio.domain.app import App, Client, Drill, Level, Mode
from freio.domain.drill import HARMLESS, DrillRun
from freio.domain.incident import Proposal, Step
from freio.domain.journal import Kind
from freio.domain.lever import Reach, kind_of
from freio.domain.money import Money
from freio.domain.phrase import Phrase, packed
from freio.domain.signal import Signal, SignalKind
from freio.domain.spend import Tokens
from freio.guard.estimate import WEEK
from freio.guard.fit import Bound, Left, is_stricter_already, limits, why_not
from freio.guard.meter import Readings
from freio.guard.owners import Owners
from freio.guard.places import Traffic7d, dense, idle_at
from freio.guard.retry import again
from freio.guard.step import Step as Written
from freio.guard.stops import over_floor, stops, under_floor
from freio.guard.telemetry import STEP_MINUTES, floor_step
from freio.ports import Clock, Lever, Meter, Place, Store

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A drill that may go on: the app that it plays on, and its signal."""

    app: App
    signal: Signal


class Drills:
    """Begins drills, and says what their brake is."""

    def __init__(self, client: Client, store: Store, clock: Clock, *, meter: Meter, levers: Sequence[Lever]) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._meter = meter
        self._levers = levers

    def begin(self, run_id: str, by: str, readings: Readings) -> Begun | None:
        """The drill that was called for; None: it is refused, which is journalled and paged, or was begun before."""
        drill = self._client.drill
        run = self._store.get(DrillRun, run_id) or DrillRun(
            id=run_id, at=self._clock.now(), app=drill.app if drill else "", by=by
        )
        if run.incident or run.refusal:
            return None
        refusal = self._refusal(run, readings)
        if refusal is not None:
            again(partial(self._refuse, run_id, run, refusal))
            return None
        app = self._client.app(run.app)
        assert app is not None, "a refusal says so"
        return Begun(app=app, signal=self._signal(run))

    def opened(self, run_id: str, by: str, begun: Begun) -> None:
        """Keep which incident the drill is; where something real came between, there is none."""
        incident = self._store.open_incident(begun.app.name)
        step = Written(self._clock.now())
        run = self._store.get(DrillRun, run_id) or DrillRun(id=run_id, at=step.now, app=begun.app.name, by=by)
        if incident is None or not any(signal.key == begun.signal.key for signal in incident.signals):
            if incident is not None:
                self._refuse(run_id, run, Phrase.of(say.DRILL_OPEN, app=begun.app.name, state=incident.state))
            return
        step.put(replace(run, incident=incident.id))
        step.log(Kind.REQUEST, incident, "fire drill", key=f"drill/{run_id}", by=by)
        self._store.commit(step.change())

    def proposal(self, readings: Readings) -> Proposal:
        """The brake of the drill; without steps where there is none, or the target is not harmless any more."""
        planned = self._planned(readings)
        return planned if isinstance(planned, Proposal) else Proposal(lever="", steps=(), reasons=(planned,))

    def _signal(self, run: DrillRun) -> Signal:
        nothing = Money.zero(self._client.currency)
        return Signal(
            key=run.key,
            app=run.app,
            kind=SignalKind.DRILL,
            level=Level.WARNING,
            at=run.at,
            observed=nothing,
            usual=nothing,
            window_minutes=0,
            score=1.0,
            detail=Phrase(say.DRILL_WHY),
        )

    # ---- whether it may be

    def _refusal(self, run: DrillRun, readings: Readings) -> Phrase | None:
        drill = self._client.drill
        app = self._client.app(drill.app) if drill else None
        if drill is None or app is None:
            return Phrase(say.DRILL_NONE)
        if app.policy.mode(Level.WARNING) is Mode.OBSERVE:
            return Phrase.of(say.DRILL_OBSERVES, app=app.name)
        incident = self._store.open_incident(app.name)
        if incident is not None and not any(signal.key == run.key for signal in incident.signals):
            return Phrase.of(say.DRILL_OPEN, app=app.name, state=incident.state)
        planned = self._planned(readings)
        return None if isinstance(planned, Proposal) else planned

    def _refuse(self, run_id: str, run: DrillRun, why: Phrase) -> None:
        """Loudly: somebody counts on the drill."""
        if (known := self._store.get(DrillRun, run_id)) is not None and known.refusal is not None:
            return
        step = Written(self._clock.now())
        step.put(replace(run, refusal=why))
        key = f"drill/{run_id}"
        step.log(Kind.FAILURE, None, f"fire drill refused: {why}", key=key, app=run.app, by=run.by)
        step.page_plain(key, say.PAGE_DRILL_REFUSED, why=packed([why]))
        self._store.commit(step.change())

    # ---- its brake

    def _planned(self, readings: Readings) -> Proposal | Phrase:
        """The softest lever that binds there and touches a model alone, at the app's floor; or why the drill stops."""
        drill = self._client.drill
        assert drill is not None, "a drill is refused without one"
        app = self._client.app(drill.app)
        assert app is not None, "the file's rules say so"
        place = Place(project=min(app.match.projects), location=drill.location, model=drill.model)
        seen = self._seen(place, readings.at)
        traffic = _traffic(place, seen, readings.at)
        owners = Owners(self._client, readings.shares, readings.strangers)
        reasons: dict[Phrase, None] = {}
        for lever in sorted(self._levers, key=lambda one: kind_of(one.name).softness):
            if lever.name not in app.policy.levers or kind_of(lever.name).reach is not Reach.MODEL:
                continue
            steps, why = _steps(lever, app, owners, traffic, readings.at)
            reasons |= dict.fromkeys(why)
            if steps:
                offered = Proposal(lever=lever.name, steps=steps)
                return self._harm(drill, offered, seen) or offered
        return Phrase.of(say.DRILL_NO_BRAKE, reasons=packed(reasons or [Phrase(say.NO_LEVER_LEFT)]))

    def _seen(self, place: Place, now: datetime) -> list[Tokens]:
        """Everybody's tokens of the model in the project, in the last seven days."""
        until = floor_step(now)
        tokens = self._meter.tokens([place.project], until - WEEK, until, STEP_MINUTES)
        return [one for one in tokens if one.model == place.model]

    def _harm(self, drill: Drill, offered: Proposal, seen: Sequence[Tokens]) -> Phrase | None:
        """Whom the brake would touch: real traffic, whoever's it is, or another app of the file."""
        only_here = offered.kind.limits  # what takes a model away takes it from every endpoint
        there = [one for one in seen if not only_here or one.location == drill.location]
        tokens = sum(one.input + one.output for one in there)
        if tokens > HARMLESS:
            share = max(step.refused for step in offered.steps)
            where = {"model": drill.model, "location": drill.location, "project": offered.steps[0].target.project}
            return Phrase.of(say.DRILL_TRAFFIC, **where, tokens=tokens, share=f"{share:.4f}")
        if offered.shared_with:
            return Phrase.of(say.DRILL_SHARED, apps=", ".join(offered.shared_with))
        return None


def _traffic(place: Place, seen: Sequence[Tokens], now: datetime) -> Traffic7d:
    """What telemetry shows of the place: nothing, where the drill is harmless. So the floor sets the limit."""
    until = floor_step(now)
    there = [one for one in seen if one.location == place.location]
    inputs = dense(there, until - WEEK, until)
    return replace(idle_at(place), inputs=inputs, current=inputs[-1])


def _steps(
    lever: Lever, app: App, owners: Owners, traffic: Traffic7d, now: datetime
) -> tuple[tuple[Step, ...], list[Phrase]]:
    """What one lever would set there, and why not."""
    if why := under_floor(app, lever.name):
        return (), [why]
    bound: list[Bound] = []
    loose: list[Phrase] = []
    for probe in lever.probe(app, [traffic.place]):
        if why := why_not(traffic, probe):
            loose.append(why)
        else:
            bound.append(Bound(traffic=traffic, probe=probe))
    if not kind_of(lever.name).limits:
        kept, under = over_floor(app, bound)
        return stops(app, owners, kept), [*loose, *under]
    steps = [one.step for one in limits(app, owners, bound, left=Left(money=None, others_rate=_ZERO), now=now)]
    stricter = [
        Phrase.of(say.STRICTER_STANDS, model=one.model, location=one.location, standing=one.effective, value=one.value)
        for one in steps
        if is_stricter_already(one)
    ]
    return tuple(one for one in steps if not is_stricter_already(one)), [*loose, *stricter]
