"""What each decision does to an incident, once it is known that it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from freio.domain import sentences as say
from freio.domain.app import App, Client
from freio.domain.calendar import month_end, next_midnight
from freio.domain.incident import Action, Decision, Incident, State
from freio.domain.money import Money
from freio.guard.lessons import confirm, teach
from freio.guard.moves import start_braking
from freio.guard.raise_limit import raise_limit
from freio.guard.restore import end_leases, let_go
from freio.guard.step import Step
from freio.ports import Store

EXPECTED_FOR = timedelta(hours=24)  # how long *expected* silences at any hour
SNOOZE_FOR = timedelta(hours=1)

# In which states a button of each action stands under the message.
_OFFERED = {
    Action.THROTTLE: {State.PROPOSED},
    Action.KEEP: {State.PROPOSED, State.STUCK},
    Action.EXPECTED: {State.PROPOSED},
    Action.SNOOZE: {State.PROPOSED},
    Action.RAISE: {State.THROTTLED, State.PROPOSED},
    Action.RELEASE: {State.THROTTLED, State.STUCK},
}


def is_offered(action: Action, incident: Incident) -> bool:
    """Whether an incident can be answered so, as it stands."""
    if action is Action.RELEASE and incident.state is State.PROPOSED:
        return bool(incident.holding)  # the brake is held while people are asked whether to renew it
    if action is Action.RAISE and incident.state is State.THROTTLED and incident.proposal is not None:
        return incident.proposal.kind.limits  # a stop has no level
    return incident.state in _OFFERED[action]


def until_when(action: Action, app: App, now: datetime) -> datetime | None:
    """How long a decision holds where nobody says how long; *keep running*: until the next Pacific midnight."""
    return {
        Action.THROTTLE: now + app.policy.lease,
        Action.KEEP: next_midnight(now),
        Action.EXPECTED: now + EXPECTED_FOR,
        Action.SNOOZE: now + SNOOZE_FOR,
        Action.RAISE: now + app.policy.lease,
    }.get(action)


class Settler:
    """Carries decisions out."""

    def __init__(self, store: Store, client: Client) -> None:
        """`client`: whose clock a lesson goes by, and what its file announces."""
        self._store = store
        self._client = client
        self._by_action: dict[Action, Callable[[Step, Incident, Decision], Incident]] = {
            Action.THROTTLE: self._throttle,
            Action.KEEP: self._keep,
            Action.EXPECTED: self._expected,
            Action.SNOOZE: self._snooze,
            Action.RELEASE: self._release,
        }

    def settle(self, step: Step, incident: Incident, decision: Decision, *, approver: str) -> Incident:
        """Change the incident as decided, and tell. To raise what is not throttled is to keep it running."""
        if decision.action is Action.RAISE and incident.state is State.THROTTLED:
            return raise_limit(step, self._store, incident, decision, approver)
        key = f"{incident.revision}/decided"
        if decision.until is None:
            step.thread(incident, key, say.DECIDED, by=decision.by, action=decision.action)
        else:
            step.thread(incident, key, say.DECIDED_UNTIL, by=decision.by, action=decision.action, until=decision.until)
        return self._by_action.get(decision.action, self._keep)(step, incident, decision)

    def _throttle(self, step: Step, incident: Incident, decision: Decision) -> Incident:
        """Confirms that it is trouble: its hours are no example of what is usual."""
        confirm(step, self._store, incident, decision)
        return start_braking(step, incident, decision)

    def _keep(self, step: Step, incident: Incident, decision: Decision) -> Incident:
        """With an amount, it ends with the month at the latest: the month's spend is what the amount is added to."""
        if decision.amount is None:
            return self._set_aside(step, incident, State.OVERRIDDEN, decision)
        until = min(decision.until or step.now, month_end(step.now))
        ceiling = incident.spend.likely + decision.amount
        return self._set_aside(step, incident, State.OVERRIDDEN, replace(decision, until=until), ceiling=ceiling)

    def _expected(self, step: Step, incident: Incident, decision: Decision) -> Incident:
        """Teaches the detector: this level is usual for this app, until the lesson ends."""
        teach(step, self._store, incident, decision, self._client)
        return self._set_aside(step, incident, State.EXPECTED, decision)

    def _snooze(self, step: Step, incident: Incident, decision: Decision) -> Incident:
        return self._set_aside(step, incident, State.SNOOZED, decision)

    def _set_aside(
        self, step: Step, incident: Incident, state: State, decision: Decision, ceiling: Money | None = None
    ) -> Incident:
        """A brake that was still held for *renew?*, or that got stuck, is let go with it."""
        free = end_leases(step, self._store, incident)
        return step.move(
            free,
            state,
            due_at=step.now if incident.is_drill else decision.until,  # any answer ends a drill
            by=decision.by,
            decision=decision,
            until=decision.until,
            ceiling=ceiling,
            escalations=0,
            attempts=0,
        )

    def _release(self, step: Step, incident: Incident, decision: Decision) -> Incident:
        return let_go(step, step.keep(incident, decision=decision), by=decision.by)
