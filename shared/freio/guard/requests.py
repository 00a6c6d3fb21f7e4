"""Requests: who may not decide asks, and somebody who may answers once."""

from __future__ import annotations

from freio.domain import sentences as say
from freio.domain.app import App, Client
from freio.domain.ask import Answer, Ask
from freio.domain.authority import Person, judged_as, others_may_approve, two_may_approve_hard
from freio.domain.click import Click, Verb
from freio.domain.incident import Action, Decision, Incident
from freio.domain.journal import Kind
from freio.domain.target import Target
from freio.errors import BadMessage
from freio.guard.answer import answer
from freio.guard.overrides import grant
from freio.guard.raise_limit import comes_too_late
from freio.guard.reply import reply
from freio.guard.settle import Settler, is_offered
from freio.guard.step import Step
from freio.ports import Store


class Requests:
    """Files requests and takes the answers to them."""

    def __init__(self, client: Client, store: Store, settler: Settler) -> None:
        self._client = client
        self._store = store
        self._settler = settler

    def file(
        self, step: Step, click: Click, decision: Decision, app: App, incident: Incident | None, *, person: Person
    ) -> Incident | None:
        """Put a request before the cost owners, unless one that still matters waits for them.

        One that nobody but its asker could approve is not put: it would wait for ever.
        """
        pending = self._store.get(Ask, incident.ask) if incident and incident.ask else None
        if pending is not None and incident is not None and _matters(pending, incident):
            reply(step, click, say.ASK_PENDING, by=pending.by)
            return None
        lever = hard_lever(incident) if incident is not None and decision.action is Action.THROTTLE else ""
        frees = incident is not None and bool(incident.holding) and not lever
        if nobody := self._nobody(decision, person, app, lever=lever, frees=frees):
            reply(step, click, nobody, app=app.name)
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
                moves=len(incident.trail) if incident else 0,
                frees=frees,
                lever=lever,
                targets=_stopped(incident) if lever else (),
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
        reply(step, click, say.ASK_SENT_TWO if lever else say.ASK_SENT, app=app.name)
        if incident is None:
            return None
        asked = step.keep(incident, ask=ask.id)
        step.draw(asked)
        return asked

    def answered(self, step: Step, click: Click, person: Person) -> Incident | None:
        """An answer to a request, and what follows from it for the open incident."""
        ask = self._store.get(Ask, click.ask)
        if ask is None:
            raise BadMessage("ask", f"click {click.id}: there is no request {click.ask!r}")
        outcome = answer(step, self._client, ask, person, approve=click.verb is Verb.APPROVE)
        if outcome.refusal is not None:
            reply(step, click, outcome.refusal, **outcome.data)
            return None
        if outcome.waits:
            reply(step, click, say.ONE_OF_TWO)
            return None
        incident = self._store.get(Incident, ask.incident) if ask.incident else None
        if incident is None or not incident.is_open:
            if outcome.approved:
                self._grant(step, click, ask, person)
            return None
        free = step.keep(incident, ask="" if incident.ask == ask.id else incident.ask)
        step.draw(free)
        if not outcome.approved:
            return free
        is_over = (ask.until is not None and ask.until <= step.now) or comes_too_late(free, ask.action, step.now)
        if is_over or not _is_asked(ask, free):
            self._grant(step, click, ask, person)
            return free
        decision = Decision(
            action=ask.action,
            by=ask.by,
            at=step.now,
            until=ask.until,
            amount=ask.amount,
            why=ask.why,
            question=free.revision,
            approvers=self._approvers(ask, person),
        )
        return self._settler.settle(step, free, decision, approver=person.id)

    def _nobody(self, decision: Decision, person: Person, app: App, *, lever: str, frees: bool) -> str:
        """The sentence that nobody could approve it; empty: somebody can."""
        if lever:
            return "" if two_may_approve_hard(person, app, self._client.approvals) else say.HARD_NOBODY
        judged = judged_as(decision.action, frees=frees)
        return "" if others_may_approve(judged, person, app, self._client.approvals) else say.ASK_NOBODY

    @staticmethod
    def _approvers(ask: Ask, last: Person) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*(who for who, _ in ask.approved_by), last.id)))

    def _grant(self, step: Step, click: Click, ask: Ask, person: Person) -> None:
        """An override without a question on the table: until it ends, the app's budget is larger by its amount.

        Whatever else was asked for has been overtaken by what happened since, and its approver is told.
        """
        if ask.action is not Action.RAISE or ask.until is None or ask.until <= step.now:
            reply(step, click, say.QUESTION_CHANGED)
            return
        grant(step, self._store, ask, person.id)


def _matters(ask: Ask, incident: Incident) -> bool:
    """Whether a request still waits, and its answer would still change something."""
    return ask.answer is Answer.PENDING and _is_asked(ask, incident)


def _is_asked(ask: Ask, incident: Incident) -> bool:
    """Whether the incident still stands where it stood when this was asked: an old yes is not one to a new question."""
    same = not ask.lever or (ask.lever, ask.targets) == (hard_lever(incident), _stopped(incident))
    return same and len(incident.trail) == ask.moves and is_offered(ask.action, incident)


def hard_lever(incident: Incident) -> str:
    """The lever on the table, where it takes two people to pull it; empty: it does not, or there is none."""
    offered = incident.proposal
    return offered.lever if offered is not None and offered.steps and offered.kind.hard else ""


def _stopped(incident: Incident | None) -> tuple[Target, ...]:
    """What the brake on the table would stop, in one order."""
    offered = incident.proposal if incident else None
    return tuple(sorted(step.target for step in offered.steps)) if offered else ()
