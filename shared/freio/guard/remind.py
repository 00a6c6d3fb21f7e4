"""Waiting for people: the grace of a question, calls that grow rarer, and answers that run out."""

from __future__ import annotations

from datetime import datetime, timedelta

from freio.domain.app import App, Client, Match, Mode
from freio.domain.incident import FRESH, Action, Decision, Incident, Proposal, State
from freio.domain.journal import Kind
from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import (
    APP_GONE,
    DECIDED_BY_POLICY,
    DRILL_OVER,
    DRILL_UNANSWERED,
    DRILL_UNPLANNED,
    ESCALATED,
    ESCALATED_UNSEEN,
    ESCALATED_WAITS,
    LET_GO,
    NO_BRAKE,
    NOT_WORKED_OUT,
    PAGE_NO_ANSWER,
    QUIET,
)
from freio.guard.drill_end import report
from freio.guard.moves import POLICY, ask_again, start_braking
from freio.guard.restore import let_go, unheld
from freio.guard.step import Step
from freio.ports import Clock, Store

ESCALATIONS_BEFORE_PAGE = 3
LONGEST_WAIT = timedelta(hours=6)
SHORTEST_WAIT = timedelta(minutes=1)


def app_of(client: Client, name: str) -> App:
    """The app; one that was taken out of the file while its incident was open is nobody's, and may nothing."""
    return client.app(name) or App(name=name, team="", cost_centre="", environment="", owners=(), match=Match())


class Reminder:
    """OPEN, PROPOSED, OVERRIDDEN, SNOOZED and EXPECTED: nothing here touches a lever."""

    def __init__(self, client: Client, store: Store, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._clock = clock

    def opened(self, app: App, incident: Incident) -> None:
        """The watch could not work out a brake within the grace: people are asked without one.

        Where the policy only observes, nobody is; it is looked at now and then, for the file may change, or lose it.
        """
        step = Step(self._clock.now())
        if self._client.app(incident.app) is None:
            _close(step, incident, APP_GONE, app=incident.app)
        elif incident.is_drill:
            self._end_drill(step, incident, DRILL_UNPLANNED)
        elif app.policy.mode(incident.level) is Mode.OBSERVE:
            step.keep(incident, due_at=step.now + LONGEST_WAIT)
        else:
            proposal = incident.proposal or Proposal(lever="", steps=(), reasons=(Phrase(NOT_WORKED_OUT),))
            asked = ask_again(step, app, step.keep(incident, proposal=proposal))
            if not proposal.steps:
                step.mention(
                    asked, f"{asked.revision}/no-brake", NO_BRAKE, app=app.name, reason=packed(proposal.reasons)
                )
        self._store.commit(step.change())

    def unanswered(self, app: App, incident: Incident) -> None:
        """The grace is over, or the pause between two calls for people."""
        step = Step(self._clock.now())
        grace_ends = incident.changed_at + app.policy.grace
        if step.now < grace_ends:
            step.keep(incident, due_at=grace_ends)
        elif incident.assessment is not None and incident.assessment.is_quiet(step.now):
            _close(step, incident, QUIET)
        elif self._enforces(app, incident) and _may_brake_unasked(incident, step.now):
            self._enforce(step, app, incident)
        elif self._client.app(incident.app) is None:
            _close(step, incident, APP_GONE, app=incident.app)
        elif incident.is_drill:
            self._end_drill(step, incident, DRILL_UNANSWERED, grace=_seconds(app.policy.grace))
        else:
            is_held = bool(incident.holding) and incident.until is not None  # not let go already, as far as it can be
            self._waited_for(step, app, self._let_go(step, incident) if is_held else incident)
        self._store.commit(step.change())

    def _let_go(self, step: Step, incident: Incident) -> Incident:
        """Nobody renewed: the brake ends, and the question stays. Only quiet ends that."""
        step.thread(incident, f"{incident.revision}/let-go", LET_GO)
        return unheld(step, self._store, incident)

    def _waited_for(self, step: Step, app: App, incident: Incident) -> None:
        """Still without an answer: people are called, unless the file was changed to observe meanwhile."""
        if app.policy.mode(incident.level) is Mode.OBSERVE:
            step.keep(incident, due_at=step.now + LONGEST_WAIT)
        else:
            self._escalate(step, app, incident)

    def ended(self, app: App, incident: Incident) -> None:
        """An override, snooze or expectation ran out."""
        step = Step(self._clock.now())
        if incident.is_drill:
            self._end_drill(step, incident, DRILL_OVER)
        elif incident.assessment is not None and incident.assessment.is_quiet(step.now):
            _close(step, incident, QUIET)
        else:
            ask_again(step, app, incident)
        self._store.commit(step.change())

    def _end_drill(self, step: Step, incident: Incident, sentence: str, **data: object) -> None:
        """Nobody is called over a drill; one that holds a brake reports when that is back."""
        ended = _close(step, incident, sentence, **data)
        if not ended.is_open:
            report(step, self._store, ended)

    @staticmethod
    def _enforces(app: App, incident: Incident) -> bool:
        """By today's file, and by the rule that this question's grace began under: the watch renews that one."""
        return app.policy.mode(incident.level) is Mode.ENFORCE is incident.mode

    @staticmethod
    def _enforce(step: Step, app: App, incident: Incident) -> None:
        step.thread(incident, f"{incident.revision}/policy", DECIDED_BY_POLICY, grace=_seconds(app.policy.grace))
        decision = Decision(action=Action.THROTTLE, by=POLICY, at=step.now, until=step.now + app.policy.lease)
        start_braking(step, incident, decision)

    def _escalate(self, step: Step, app: App, incident: Incident) -> None:
        """Call people in the thread, ever more rarely; page when that did not help either.

        Who counts on the policy reads why it leaves this to people.
        """
        count = incident.escalations + 1
        waited = _seconds(step.now - incident.changed_at)
        wait = min(LONGEST_WAIT, max(app.policy.grace, SHORTEST_WAIT) * 2 ** min(count, 10))
        called = step.keep(incident, escalations=count, due_at=step.now + wait)
        key = f"{called.revision}/escalated/{count}"
        if called.known_rate is None:
            step.mention(called, key, ESCALATED_UNSEEN, app=app.name, waited=waited)
        elif self._enforces(app, called) and called.proposal is not None and called.proposal.waits:
            why = packed(called.proposal.waits)
            step.mention(called, key, ESCALATED_WAITS, app=app.name, waited=waited, rate=called.known_rate, why=why)
        else:
            step.mention(called, key, ESCALATED, app=app.name, waited=waited, rate=called.known_rate)
        step.log(Kind.NOTICE, called, "escalated", key=f"{called.id}/{key}", waited=waited)
        if count == ESCALATIONS_BEFORE_PAGE:
            step.page(called, key, PAGE_NO_ANSWER, app=app.name, incident=called.id, waited=waited)


def _may_brake_unasked(incident: Incident, now: datetime) -> bool:
    """There is a brake that a policy may pull, and the app was just seen to run away.

    A brake that is held goes on being held while data is missing: a gap never releases one.
    """
    proposal, seen = incident.proposal, incident.assessment
    if proposal is None or not proposal.steps or proposal.waits:
        return False
    is_fresh = seen is not None and now - seen.at <= FRESH
    if incident.holding:
        return seen is None or not is_fresh or seen.running_away or not seen.complete
    return seen is not None and is_fresh and seen.running_away


def _close(step: Step, incident: Incident, sentence: str, **data: object) -> Incident:
    """End it, through RESTORING where a brake is held."""
    step.thread(incident, f"{incident.revision}/closed", sentence, **data)
    if incident.holding:
        return let_go(step, incident)
    return step.move(incident, State.RESOLVED, due_at=None, until=None)


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
