"""People: clicks, forms and slash commands become decisions, requests and answers; each counts once.

A click is an answer to one question: the incident's revision that its button was drawn for. An answer to another
question changes nothing, and its giver reads who decided, and when.
"""

from __future__ import annotations

from dataclasses import replace

from freio.domain import sentences as say
from freio.domain.app import App, Client
from freio.domain.authority import Person, Rights, Standing, judged_as, may
from freio.domain.click import Click, Verb
from freio.domain.incident import Action, Decision, Incident, State
from freio.domain.journal import Kind
from freio.domain.money import Money
from freio.domain.phrase import Phrase, packed
from freio.errors import BadMessage
from freio.guard.announce import Announcements
from freio.guard.consent import consent, owned, sides
from freio.guard.raise_limit import comes_too_late
from freio.guard.remind import app_of
from freio.guard.reply import refuse, reply, tell_budgets, tell_stale, tell_status
from freio.guard.requests import Requests, hard_lever
from freio.guard.settle import Settler, is_offered, until_when
from freio.guard.step import Step
from freio.ports import Clock, Directory, Store

_ACTIONS = {
    Verb.THROTTLE: Action.THROTTLE,
    Verb.KEEP: Action.KEEP,
    Verb.EXPECTED: Action.EXPECTED,
    Verb.SNOOZE: Action.SNOOZE,
    Verb.RAISE: Action.RAISE,
    Verb.RELEASE: Action.RELEASE,
}
_OF_NO_INCIDENT = {Verb.STATUS, Verb.PLANS, Verb.PLAN, Verb.WITHDRAW}
_LETS_GO = {Action.KEEP, Action.SNOOZE, Action.EXPECTED}


class Responder:
    """Takes what people did. `respond` may raise `Conflict`: read again, decide again."""

    def __init__(self, client: Client, store: Store, clock: Clock, directory: Directory) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._directory = directory
        self._settler = Settler(store, client)
        self._requests = Requests(client, store, self._settler)
        self._announcements = Announcements(client, store)

    def respond(self, click: Click) -> str | None:
        """Take one click. Returns the id of the incident that it was about, where something changed."""
        key = f"click/{click.id}"
        if self._store.used(key):
            return None
        step = Step(self._clock.now())
        step.once(key)
        person = self._directory.person(click.person)
        if person is None:
            raise BadMessage("person", f"click {click.id}: the chat knows no user {click.person!r}")
        changed = self._route(step, click, person)
        self._store.commit(step.change())
        return changed.id if changed else None

    def _route(self, step: Step, click: Click, person: Person) -> Incident | None:
        if person.may_nothing:
            _log(step, click, self._incident(click))
            reply(step, click, say.NOT_FOR_GUESTS)
            return None
        if click.verb in _OF_NO_INCIDENT:
            self._beside(step, click, person)
            return None
        if click.verb is Verb.BUDGET:
            tell_budgets(step, click, self._store)
            return None
        incident = self._incident(click)
        _log(step, click, incident)
        if click.verb in {Verb.APPROVE, Verb.DENY}:
            return self._requests.answered(step, click, person)
        if incident is not None:
            return self._click(step, click, person, app_of(self._client, incident.app), incident)
        app = self._client.app(click.app)
        if app is not None:
            self._beforehand(step, click, person, app)
        else:
            apps = ", ".join(a.name for a in self._client.apps)
            reply(step, click, say.UNKNOWN_APP, app=click.app, apps=apps)
        return None

    def _beside(self, step: Step, click: Click, person: Person) -> None:
        """What is asked or said beside any incident."""
        if click.verb is Verb.STATUS:
            tell_status(step, click, self._store, self._client)
        elif click.verb is Verb.PLANS:
            self._announcements.tell(step, click)
        else:
            _log(step, click, None)
            self._announcements.take(step, click, person)

    def _incident(self, click: Click) -> Incident | None:
        """The one that the button stands under, whatever has become of it; or the app's open one."""
        if click.incident:
            found = self._store.get(Incident, click.incident)
            if found is None:
                raise BadMessage("incident", f"click {click.id}: there is no incident {click.incident!r}")
            return found
        return self._store.open_incident(click.app) if click.app else None

    def _click(self, step: Step, click: Click, person: Person, app: App, incident: Incident) -> Incident | None:
        action = _ACTIONS[click.verb]
        standing = self._standing(action, person, app, incident)
        if standing is Standing.NO:
            refuse(step, click, self._client, judged_as(action, frees=_frees(action, incident)), app.name)
            return None
        if not incident.is_open or (click.incident and click.revision != incident.revision):
            tell_stale(step, click, incident)
            return None
        if not is_offered(action, incident):
            self._not_offered(step, click, person, app, incident)
            return None
        decision = replace(self._decision(click, action, app), question=incident.revision)
        if _is_too_late(step, click, decision, incident):
            return None
        if standing is Standing.ASKS:
            return self._requests.file(step, click, decision, app, incident, person=person)
        agreed = self._agreed(step, click, person, app, incident) if action is Action.THROTTLE else incident
        return self._settled(step, click, decision, app, agreed, person=person) if agreed else None

    def _settled(
        self, step: Step, click: Click, decision: Decision, app: App, agreed: Incident, *, person: Person
    ) -> Incident | None:
        """At once, but for a hard lever, which two others must approve."""
        if decision.action is Action.THROTTLE and hard_lever(agreed):
            return self._requests.file(step, click, decision, app, agreed, person=person)
        return self._settler.settle(step, agreed, decision, approver=person.id)

    def _standing(self, action: Action, person: Person, app: App, incident: Incident) -> Standing:
        """Owners of the other apps on a shared target have a say in its brake, and in nothing else."""
        approvals = self._client.approvals
        if action is Action.THROTTLE and owned(self._client, person, sides(self._client, app, incident)):
            return Standing.YES
        rights = Rights.of(person, app, approvals)
        standing = may(action, rights, approvals)
        if _frees(action, incident) and standing is not Standing.NO:
            return may(Action.RELEASE, rights, approvals)  # whatever it is called, it lets the brake go
        return standing

    def _not_offered(self, step: Step, click: Click, person: Person, app: App, incident: Incident) -> None:
        """No button says so now. More money can be asked for by a command all the same: it needs no question."""
        action = _ACTIONS[click.verb]
        if action is Action.RAISE and not click.incident:
            self._beforehand(step, click, person, app)
        elif action is Action.RELEASE:
            reply(step, click, say.NOTHING_TO_RELEASE, app=app.name)
        elif action is Action.RAISE and incident.state is State.THROTTLED:
            reply(step, click, say.CANNOT_RAISE, app=app.name)
        else:
            tell_stale(step, click, incident)

    def _agreed(self, step: Step, click: Click, person: Person, app: App, incident: Incident) -> Incident | None:
        """There must be a brake, and nobody's yes may be missing."""
        proposal = incident.proposal
        if proposal is None or not proposal.steps:
            reasons = proposal.reasons if proposal else (Phrase(say.NOT_WORKED_OUT),)
            reply(step, click, say.NO_BRAKE, app=app.name, reason=packed(reasons))
            return None
        return consent(step, self._client, click, person=person, app=app, incident=incident)

    def _decision(self, click: Click, action: Action, app: App) -> Decision:
        now = self._clock.now()
        until = click.until or until_when(action, app, now)
        amount = None if click.amount is None else Money(click.amount, self._client.currency)
        return Decision(action=action, by=click.person, at=now, until=until, amount=amount, why=click.why)

    def _beforehand(self, step: Step, click: Click, person: Person, app: App) -> None:
        """No incident is open: more can be asked for all the same, and there is nothing else to decide."""
        action = _ACTIONS[click.verb]
        rights = Rights.of(person, app, self._client.approvals)
        if may(action, rights, self._client.approvals) is Standing.NO:
            refuse(step, click, self._client, action, app.name)
        elif action is Action.RAISE:
            self._requests.file(step, click, self._decision(click, action, app), app, None, person=person)
        else:
            reply(step, click, say.NOTHING_TO_RELEASE, app=app.name)


def _frees(action: Action, incident: Incident) -> bool:
    """Whether it would let go of a brake that is held."""
    return bool(incident.holding) and action in _LETS_GO and is_offered(action, incident)


def _is_too_late(step: Step, click: Click, decision: Decision, incident: Incident) -> bool:
    """Whether a decision's time, or that of the throttle which it would raise, is over; that is replied."""
    if decision.until is not None and decision.until <= step.now:
        reply(step, click, say.TOO_LATE, until=decision.until)
        return True
    if comes_too_late(incident, decision.action, step.now):
        reply(step, click, say.QUESTION_CHANGED)
        return True
    return False


def _log(step: Step, click: Click, incident: Incident | None) -> None:
    step.log(
        Kind.CLICK,
        incident,
        click.verb,
        key=f"click/{click.id}",
        by=click.person,
        app=click.app,
        ask=click.ask,
        revision=click.revision,
        amount=click.amount,
        until=click.until,
        why=click.why,
        **_announced(click),
    )


def _announced(click: Click) -> dict[str, object]:
    """What only announcements have."""
    said = {"since": click.since, "factor": click.factor, "number": click.number or None}
    return {name: value for name, value in said.items() if value is not None}
