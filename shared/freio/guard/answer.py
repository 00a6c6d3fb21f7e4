"""A request is approved or denied: once, by somebody who may, and never by the one who asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from freio.domain import sentences as say
from freio.domain.app import Client
from freio.domain.ask import Answer, Ask
from freio.domain.authority import Person, Rights, judged_as, may_approve
from freio.domain.journal import Kind
from freio.guard.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an answer; ``refusal`` is the sentence for somebody whose answer does not count."""

    approved: bool = False
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
    if not may_approve(
        judged_as(ask.action, frees=ask.frees),
        person,
        ask.by,
        Rights.of(person, app, client.approvals),
        client.approvals,
    ):
        if person.id == ask.by:
            return Outcome(refusal=say.OWN_REQUEST)
        return Outcome(refusal=say.NOT_ALLOWED, data={"who": "cost owner", "app": app.name})
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
