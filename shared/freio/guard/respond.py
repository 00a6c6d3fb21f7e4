"""People: clicks, forms and slash commands become decisions, requests and answers; each counts once.

A click is an answer to one question: the incident's revision that its button was drawn for. An answer to another
question changes nothing, and its giver reads who decided, and when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from freio.domain import sentences as say
from freio.domain.app import App, Client
from freio.domain.ask import Answer, Ask
from freio.domain.authority import Person, Rights, Standing, may
from freio.domain.calendar import next_midnight
from freio.domain.click import Click, Verb
from freio.domain.incident import Action, Decision, Incident, State
from freio.domain.journal import Kind
from freio.domain.money import Money
from freio.errors import BadMessage
from freio.guard.answer import answer
from freio.guard.enforce import start_braking
from freio.guard.raise_limit import raise_limit
from freio.guard.restore import end_leases, let_go
from freio.guard.step import Step
from freio.ports import Clock, Directory, Store

EXPECTED_FOR = timedelta(hours=24)  # how long *expected* silences, and how long its lesson holds
SNOOZE_FOR = timedelta(hours=1)

_ACTIONS = {
    Verb.THROTTLE: Action.THROTTLE,
    Verb.KEEP: Action.KEEP,
    Verb.EXPECTED: Action.EXPECTED,
    Verb.SNOOZE: Action.SNOOZE,
    Verb.RAISE: Action.RAISE,
    Verb.RELEASE: Action.RELEASE,
}

# In which states a button of each action stands under the message.
_OFFERED = {
    Action.THROTTLE: {State.PROPOSED},
    Action.KEEP: {State.PROPOSED, State.STUCK},
    Action.EXPECTED: {State.PROPOSED},
    Action.SNOOZE: {State.PROPOSED},
    Action.RAISE: {State.THROTTLED, State.PROPOSED},
    Action.RELEASE: {State.THROTTLED, State.STUCK},
}


class Responder:
    """Takes what people did. `respond` may raise `Conflict`: read again, decide again."""

    def __init__(self, client: Client, store: Store, clock: Clock, directory: Directory) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._directory = directory
        self._decide: dict[Action, Callable[[Step, App, Incident, Decision], Incident]] = {
            Action.THROTTLE: start_braking,
            Action.KEEP: self._keep,
            Action.EXPECTED: self._expected,
            Action.SNOOZE: self._snooze,
            Action.RAISE: self._raise,
            Action.RELEASE: self._release,
        }

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
        if click.verb is Verb.STATUS:
            self._status(step, click)
            return None
        if click.verb in {Verb.APPROVE, Verb.DENY}:
            return self._answered(step, click, person)
        incident = self._incident(click)
        app = self._client.app(incident.app if incident else click.app)
        if app is None:
            apps = ", ".join(a.name for a in self._client.apps)
            self._whisper(step, click, say.UNKNOWN_APP, app=incident.app if incident else click.app, apps=apps)
            return None
        if incident is None:
            return self._beforehand(step, click, person, app)
        return self._click(step, click, person, app, incident)

    def _incident(self, click: Click) -> Incident | None:
        if click.incident:
            found = self._store.get(Incident, click.incident)
            if found is None:
                raise BadMessage("incident", f"click {click.id}: there is no incident {click.incident!r}")
            return found
        return self._store.open_incident(click.app)

    def _click(self, step: Step, click: Click, person: Person, app: App, incident: Incident) -> Incident | None:
        action = _ACTIONS[click.verb]
        step.log(
            Kind.CLICK,
            incident,
            click.verb,
            key=f"click/{click.id}",
            by=person.id,
            revision=click.revision,
            amount=click.amount,
            until=click.until,
            why=click.why,
        )
        standing = may(action, Rights.of(person, app, self._client.approvals), self._client.approvals)
        if standing is Standing.NO:
            self._whisper(step, click, say.NOT_ALLOWED, who=_who(action, self._client), app=app.name)
            return None
        if not incident.is_open or (click.incident and click.revision != incident.revision):
            self._stale(step, click, incident)
            return None
        if incident.state not in _OFFERED[action]:
            if action is Action.RELEASE:
                self._whisper(step, click, say.NOTHING_TO_RELEASE, app=app.name)
            else:
                self._stale(step, click, incident)
            return None
        decision = self._decision(click, action, app)
        if standing is Standing.ASKS:
            return self._ask(step, click, decision, app, incident)
        if action is Action.THROTTLE and not self._may_brake(step, click, person, app, incident):
            return None
        self._tell_decided(step, incident, decision)
        return self._decide[action](step, app, incident, decision)

    def _decision(self, click: Click, action: Action, app: App) -> Decision:
        now = self._clock.now()
        until = click.until or {
            Action.THROTTLE: now + app.policy.lease,
            Action.KEEP: next_midnight(now),
            Action.EXPECTED: now + EXPECTED_FOR,
            Action.SNOOZE: now + SNOOZE_FOR,
            Action.RAISE: now + app.policy.lease,
        }.get(action)
        amount = None if click.amount is None else Money(click.amount, self._client.currency)
        return Decision(action=action, by=click.person, at=now, until=until, amount=amount, why=click.why)

    def _stale(self, step: Step, click: Click, incident: Incident) -> None:
        last = incident.decision
        if last is not None and last.by.startswith(("U", "W")):
            self._whisper(step, click, say.ALREADY_DECIDED, by=last.by, action=last.action, at=last.at)
        elif not incident.is_open:
            self._whisper(step, click, say.NOT_OPEN)
        else:
            self._whisper(step, click, say.QUESTION_CHANGED)

    def _may_brake(self, step: Step, click: Click, person: Person, app: App, incident: Incident) -> bool:
        """There must be a brake; and where its target serves several apps, an owner of each has to say yes."""
        proposal = incident.proposal
        if proposal is None or not proposal.steps:
            self._whisper(step, click, say.NO_BRAKE, app=app.name, reason=proposal.reason if proposal else "")
            return False
        if not proposal.shared_with:
            return True
        needed = (app.name, *proposal.shared_with)
        mine = tuple(
            (name, person.id)
            for name in needed
            if (other := self._client.app(name)) and Rights.of(person, other, self._client.approvals).owner
        )
        consents = tuple(dict((*incident.consents, *mine)).items())
        missing = [name for name in needed if name not in dict(consents)]
        if not missing:
            return True
        waiting = step.keep(incident, consents=consents)
        said = ", ".join(name for name, _ in mine) or app.name
        step.thread(
            waiting,
            f"{waiting.revision}/consent/{click.id}",
            say.CONSENTED,
            by=person.id,
            app=said,
            missing=", ".join(missing),
        )
        step.draw(waiting)
        return False

    # ---- decisions

    def _keep(self, step: Step, _app: App, incident: Incident, decision: Decision) -> Incident:
        ceiling = None if decision.amount is None else incident.spend.likely + decision.amount
        return self._set_aside(step, incident, State.OVERRIDDEN, decision, ceiling=ceiling)

    def _expected(self, step: Step, app: App, incident: Incident, decision: Decision) -> Incident:
        """Teaches the detector: this rate is usual for this app, until the lesson ends."""
        step.put(
            Ask(
                id=lesson_id(app.name),
                app=app.name,
                incident=incident.id,
                action=Action.EXPECTED,
                by=decision.by,
                at=step.now,
                amount=incident.rate,
                until=decision.until,
                why=decision.why,
                answer=Answer.APPROVED,
                answered_by=decision.by,
                answered_at=step.now,
                version=self._version(lesson_id(app.name)),
            )
        )
        return self._set_aside(step, incident, State.EXPECTED, decision)

    def _version(self, ask_id: str) -> int:
        known = self._store.get(Ask, ask_id)
        return known.version if known else 0

    def _snooze(self, step: Step, _app: App, incident: Incident, decision: Decision) -> Incident:
        return self._set_aside(step, incident, State.SNOOZED, decision)

    def _set_aside(
        self, step: Step, incident: Incident, state: State, decision: Decision, ceiling: Money | None = None
    ) -> Incident:
        """A brake that was still held for *renew?* is let go with it."""
        free = end_leases(step, self._store, incident)
        return step.move(
            free,
            state,
            due_at=decision.until,
            by=decision.by,
            decision=decision,
            until=decision.until,
            ceiling=ceiling,
            escalations=0,
        )

    def _raise(self, step: Step, app: App, incident: Incident, decision: Decision) -> Incident:
        if incident.state is State.PROPOSED:
            return self._keep(step, app, incident, decision)
        return raise_limit(step, self._store, incident, decision, decision.by)

    def _release(self, step: Step, _app: App, incident: Incident, decision: Decision) -> Incident:
        return let_go(step, step.keep(incident, decision=decision))

    def _tell_decided(self, step: Step, incident: Incident, decision: Decision) -> None:
        key = f"{incident.revision}/decided"
        if decision.until is not None and decision.action is not Action.RELEASE:
            step.thread(incident, key, say.DECIDED_UNTIL, by=decision.by, action=decision.action, until=decision.until)
        else:
            step.thread(incident, key, say.DECIDED, by=decision.by, action=decision.action)

    # ---- requests

    def _ask(
        self, step: Step, click: Click, decision: Decision, app: App, incident: Incident | None
    ) -> Incident | None:
        pending = self._store.get(Ask, incident.ask) if incident and incident.ask else None
        if pending is not None and pending.answer is Answer.PENDING:
            self._whisper(step, click, say.ASK_PENDING, by=pending.by)
            return None
        ask = step.put(
            Ask(
                id=f"{app.name}/{decision.action}/{click.id}",
                app=app.name,
                incident=incident.id if incident else "",
                action=decision.action,
                by=click.person,
                at=step.now,
                amount=decision.amount,
                until=decision.until,
                why=decision.why,
            )
        )
        step.log(
            Kind.REQUEST,
            incident,
            decision.action,
            key=f"ask/{ask.id}",
            by=ask.by,
            app=app.name,
            amount=ask.amount,
            until=ask.until,
            why=ask.why,
        )
        step.ask(ask.id, app.name, ask.incident, 0)
        self._whisper(step, click, say.ASK_SENT, app=app.name)
        if incident is None:
            return None
        asked = step.keep(incident, ask=ask.id)
        step.draw(asked)
        return asked

    def _beforehand(self, step: Step, click: Click, person: Person, app: App) -> Incident | None:
        """No incident is open: more can be asked for all the same, and nothing can be released."""
        action = _ACTIONS[click.verb]
        rights = Rights.of(person, app, self._client.approvals)
        if may(action, rights, self._client.approvals) is Standing.NO:
            self._whisper(step, click, say.NOT_ALLOWED, who=_who(action, self._client), app=app.name)
        elif action is Action.RAISE:
            self._ask(step, click, self._decision(click, action, app), app, None)
        else:
            self._whisper(step, click, say.NOTHING_TO_RELEASE, app=app.name)
        return None

    def _answered(self, step: Step, click: Click, person: Person) -> Incident | None:
        ask = self._store.get(Ask, click.ask)
        if ask is None:
            raise BadMessage("ask", f"click {click.id}: there is no request {click.ask!r}")
        outcome = answer(step, self._client, ask, person, approve=click.verb is Verb.APPROVE)
        if outcome.refusal is not None:
            self._whisper(step, click, outcome.refusal, **outcome.data)
            return None
        incident = self._store.get(Incident, ask.incident) if ask.incident else None
        if incident is None or not incident.is_open:
            if outcome.approved and ask.action is Action.RAISE:
                self._grant(step, ask, person)
            return None
        if not outcome.approved:
            return step.keep(incident, ask="")
        free = step.keep(incident, ask="")
        decision = Decision(action=ask.action, by=ask.by, at=step.now, until=ask.until, amount=ask.amount, why=ask.why)
        if free.state not in _OFFERED[ask.action]:
            return free  # what was asked for has been overtaken; the approval still stands as an override
        if ask.action is Action.RAISE and free.state is State.THROTTLED:
            return raise_limit(step, self._store, free, decision, person.id)
        self._tell_decided(step, free, decision)
        return self._decide[ask.action](step, self._app(free), free, decision)

    def _grant(self, step: Step, ask: Ask, person: Person) -> None:
        """An override without an incident: until it ends, the app's budget is larger by its amount."""
        granted = replace(
            ask, id=override_id(ask.app), answer=Answer.APPROVED, answered_by=person.id, answered_at=step.now
        )
        step.put(replace(granted, version=self._version(granted.id)))

    def _app(self, incident: Incident) -> App:
        app = self._client.app(incident.app)
        if app is None:
            raise BadMessage("app", f"incident {incident.id}: the file has no app {incident.app!r} any more")
        return app

    # ---- words

    def _status(self, step: Step, click: Click) -> None:
        incidents = self._store.open_incidents()
        if not incidents:
            self._whisper(step, click, say.STATUS_NONE, apps=len(self._client.apps))
        for number, i in enumerate(incidents):
            step.whisper(
                click.person,
                click.channel,
                f"{click.id}/{number}",
                say.STATUS_LINE,
                app=i.app,
                state=i.state,
                since=i.changed_at,
                likely=i.spend.likely,
                rate=i.rate,
            )

    @staticmethod
    def _whisper(step: Step, click: Click, sentence: str, **data: object) -> None:
        step.whisper(click.person, click.channel, click.id, sentence, **data)


def lesson_id(app: str) -> str:
    """Under which an app's last *expected* is kept."""
    return f"{app}/expected"


def override_id(app: str) -> str:
    """Under which what a cost owner granted an app beforehand is kept."""
    return f"{app}/override"


def _who(action: Action, client: Client) -> str:
    people = ["ops", "an owner", "the cost owner"]
    if action in {Action.RAISE, Action.RELEASE} and not client.approvals.ops_may_raise:
        people = people[1:]
    return ", ".join(people)
