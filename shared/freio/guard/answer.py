"""A request is approved or denied: once, by somebody who may, and never by the one who asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from freio.domain import sentences as say
from freio.domain.app import App, Client
from freio.domain.ask import Answer, Ask
from freio.domain.authority import Person, Rights, enough_for_hard, judged_as, may_approve, may_approve_hard, named
from freio.domain.journal import Kind
from freio.guard.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an answer.

    ``refusal`` is the sentence for somebody whose answer does not count; ``waits``: another yes is needed.
    """

    approved: bool = False
    waits: bool = False
    refusal: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


def answer(step: Step, client: Client, ask: Ask, person: Person, *, approve: bool) -> Outcome:
    """Record the answer to a request that still waits for one."""
    if ask.answer is not Answer.PENDING:
        data = {"answer": ask.answer, "by": ask.answered_by, "at": ask.answered_at}
        return Outcome(refusal=say.ASK_GONE, data=data)
    app = client.app(ask.app)
    if app is None:
        apps = ", ".join(a.name for a in client.apps)
        return Outcome(refusal=say.UNKNOWN_APP, data={"app": ask.app, "apps": apps})
    if not _may(client, ask, person, app):
        return _refused(ask, person)
    if ask.lever and approve:
        approvers = {**dict(ask.approved_by), person.id: named(person, app, client.approvals)[0]}
        ask = replace(ask, approved_by=tuple(approvers.items()))
        if not enough_for_hard(approvers):
            _one_of_two(step, ask, person)
            return Outcome(waits=True)
    outcome = Answer.APPROVED if approve else Answer.DENIED
    step.put(replace(ask, answer=outcome, answered_by=person.id, answered_at=step.now))
    step.log(
        Kind.REQUEST,
        None,
        outcome,
        key=f"answer/{ask.id}",
        by=person.id,
        app=app.name,
        action=ask.action,
        requester=ask.by,
        amount=ask.amount,
        until=ask.until,
    )
    step.ask(ask.id, app.name, ask.incident, ask.version + 1)
    return Outcome(approved=approve)


def _may(client: Client, ask: Ask, person: Person, app: App) -> bool:
    if ask.lever:
        return may_approve_hard(person, ask.by, app, client.approvals)
    rights = Rights.of(person, app, client.approvals)
    return may_approve(judged_as(ask.action, frees=ask.frees), person, ask.by, rights, client.approvals)


def _refused(ask: Ask, person: Person) -> Outcome:
    """Why this person's answer does not count."""
    if person.id == ask.by:
        return Outcome(refusal=say.OWN_REQUEST)
    if ask.lever:
        return Outcome(refusal=say.NOT_FOR_HARD, data={"app": ask.app})
    return Outcome(refusal=say.NOT_ALLOWED, data={"who": "cost owner", "app": ask.app})


def _one_of_two(step: Step, ask: Ask, person: Person) -> None:
    """The first yes to a hard lever: it is kept, and the request goes on waiting for the second."""
    step.put(ask)
    step.log(
        Kind.REQUEST,
        None,
        "first approval",
        key=f"answer/{ask.id}/{person.id}",
        by=person.id,
        app=ask.app,
        action=ask.action,
        requester=ask.by,
        lever=ask.lever,
    )
    step.ask(ask.id, ask.app, ask.incident, ask.version + 1)
