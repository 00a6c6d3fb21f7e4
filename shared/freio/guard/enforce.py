"""One incident that is due: which timer it is, by its state.

An incident never remembers how far a lever call came: it looks at its targets (`freio.guard.hold`) and moves when they
have arrived.
"""

from __future__ import annotations

from collections.abc import Callable

from freio.domain.app import App, Client
from freio.domain.incident import Incident, State
from freio.domain.sentences import QUIET
from freio.guard.brake import Braker
from freio.guard.hold import Holder
from freio.guard.prove import Prover
from freio.guard.remind import Reminder, app_of
from freio.guard.restore import Restorer, let_go
from freio.guard.step import Step
from freio.guard.throttled import Throttler
from freio.ports import Clock, Model, Store


class Enforcer:
    """Drives one incident at a time; every timer commits by compare-and-set and may raise `Conflict`.

    ``model`` is asked by fire drills; None: they ask nothing.
    """

    def __init__(
        self,
        client: Client,
        store: Store,
        clock: Clock,
        holder: Holder,
        prover: Prover,
        *,
        model: Model | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._braker = Braker(client, store, clock, holder)
        self._restorer = Restorer(store, clock, holder)
        reminder = Reminder(client, store, clock)
        self._timers: dict[State, Callable[[App, Incident], None]] = {
            State.OPEN: reminder.opened,
            State.PROPOSED: reminder.unanswered,
            State.BRAKING: self._braker.brake,
            State.THROTTLED: Throttler(store, clock, holder, prover, model=model).hold,
            State.OVERRIDDEN: reminder.ended,
            State.SNOOZED: reminder.ended,
            State.EXPECTED: reminder.ended,
            State.RESTORING: self._restorer.restore,
            State.STUCK: self._stuck,
        }

    def advance(self, incident_id: str) -> None:
        """Do what is due about an incident now; nothing, where nothing is."""
        incident = self._store.get(Incident, incident_id)
        if incident is None or incident.due_at is None or incident.due_at > self._clock.now():
            return
        self._timers[incident.state](app_of(self._client, incident.app), incident)

    def _stuck(self, app: App, incident: Incident) -> None:
        """Try again what it was at, until that succeeds; a brake that is not needed any more is let go."""
        now = self._clock.now()
        if incident.doing is State.RESTORING:
            self._restorer.restore(app, incident)
        elif incident.assessment is not None and incident.assessment.is_quiet(now):
            step = Step(now)
            step.thread(incident, f"{incident.revision}/quiet", QUIET)
            let_go(step, incident)
            self._store.commit(step.change())
        else:
            self._braker.brake(app, incident)
