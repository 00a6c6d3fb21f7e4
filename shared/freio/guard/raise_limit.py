"""A throttle is raised: the same lease at a higher level, for the money that was granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from freio.domain.incident import Action, Decision, Incident, State
from freio.domain.incident import Step as Limit
from freio.domain.lever import Reach, kind_of, strictest_limit
from freio.domain.sentences import RAISED, RAISED_WITHIN
from freio.domain.target import Brake
from freio.guard.increase import want_more
from freio.guard.step import Step
from freio.ports import Store


def comes_too_late(incident: Incident, action: Action, now: datetime) -> bool:
    """Whether a throttle that somebody wants to raise is over: its timer lets go, or asks, within a minute."""
    is_raise = action is Action.RAISE and incident.state is State.THROTTLED
    return is_raise and incident.until is not None and incident.until <= now


def as_granted(limits: Sequence[Limit], decision: Decision) -> tuple[Limit, ...]:
    """The limits at the level that a raise grants: each gets what its part of the money buys a minute until the end.

    Example: 600 BRL for ten hours at 0.00001 BRL a token is 1 BRL a minute, so 100,000 tokens a minute more. Without
    an amount, the limit doubles. Any other decision leaves them as they are.

    At one caller, no further than what was in force there before: a key's own limit at a gateway takes it out of its
    team's, so a higher one would lift that. (What Google grants bounds a quota by itself, and more is asked of it.)
    """
    if decision.action is not Action.RAISE or decision.until is None:
        return tuple(limits)
    minutes = max(1, int((decision.until - decision.at).total_seconds() // 60))
    raised = []
    for limit in limits:
        more = limit.value
        if decision.amount is not None and limit.unit_cost > 0:
            a_minute = decision.amount.amount / len(limits) / Decimal(minutes)
            more = int((a_minute / limit.unit_cost).to_integral_value(ROUND_FLOOR))
        value = limit.value + more
        if limit.effective is not None and kind_of(limit.target.lever).reach is Reach.CALLER:
            value = max(limit.value, min(value, limit.effective))
        raised.append(replace(limit, value=value))
    return tuple(raised)


def raise_limit(step: Step, store: Store, incident: Incident, decision: Decision, approver: str) -> Incident:
    """Raise each held target by what the granted money buys a minute until the decision, or the throttle, ends.

    Then the throttle's timer looks again: it never outlasts what it was set for, nor the raise what was granted; nor
    does a lever that follows on the same decision. The incident stays THROTTLED; its question changes, so older
    buttons are stale. A raise that `comes_too_late` is a bug here.
    """
    assert incident.proposal is not None, "only a throttled incident is raised"
    assert not comes_too_late(incident, decision.action, step.now), "a throttle that is over is not raised"
    until = min(at for at in (decision.until, incident.until) if at is not None)
    decision = replace(decision, until=until)
    steps = as_granted(incident.proposal.steps, decision)
    standing = 0
    for limit in steps:
        brake = store.get(Brake, limit.target.id)
        lease = brake.lease_of(incident.id) if brake else None
        if brake is not None and lease is not None:
            raised = step.put(brake.with_lease(replace(lease, value=limit.value, until=until), step.now))
            standing += strictest_limit(raised.found, (lease.value for lease in raised.leases))
    raised_incident = step.keep(
        incident,
        proposal=replace(incident.proposal, steps=steps),
        decision=decision,
        until=until,
        revision=incident.revision + 1,
        proof=None,
        changed_at=step.now,
        due_at=step.now,
    )
    want_more(step, store, raised_incident, approver)  # beyond what Google grants, it is asked of Google
    total = sum(limit.value for limit in steps)
    step.thread(
        raised_incident,
        f"{raised_incident.revision}/raised",
        RAISED if standing == total else RAISED_WITHIN,
        value=total,
        standing=standing,
        by=decision.by,
        approver=approver,
    )
    step.draw(raised_incident)
    return raised_incident
