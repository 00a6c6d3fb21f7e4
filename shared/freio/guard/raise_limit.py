"""A throttle is raised: the same lease at a higher level, for the money that was granted."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal

from freio.domain.incident import Decision, Incident
from freio.domain.sentences import RAISED
from freio.domain.target import Brake
from freio.guard.step import Step
from freio.ports import Store


def raise_limit(step: Step, store: Store, incident: Incident, decision: Decision, approver: str) -> Incident:
    """Raise each held target by what the granted money buys a minute until the decision, or the throttle, ends.

    Then the throttle's timer looks again: it never outlasts what it was set for, nor the raise what was granted.
    Example: 600 BRL for ten hours at 0.00001 BRL a token is 1 BRL a minute, so 100,000 tokens a minute more. Without
    an amount, the limit doubles. The incident stays THROTTLED; its question changes, so older buttons are stale.
    """
    assert incident.proposal is not None, "only a throttled incident is raised"
    ends = [at for at in (decision.until, incident.until) if at is not None and at > step.now]
    until = min(ends, default=step.now)
    minutes = max(1, int((until - step.now).total_seconds() // 60))
    steps = []
    for limit in incident.proposal.steps:
        more = limit.value
        if decision.amount is not None and limit.unit_cost > 0:
            a_minute = decision.amount.amount / len(incident.proposal.steps) / Decimal(minutes)
            more = int((a_minute / limit.unit_cost).to_integral_value(ROUND_FLOOR))
        raised = replace(limit, value=limit.value + more)
        steps.append(raised)
        brake = store.get(Brake, limit.target.id)
        lease = brake.lease_of(incident.id) if brake else None
        if brake is not None and lease is not None:
            step.put(brake.with_lease(replace(lease, value=raised.value, until=until), step.now))
    total = sum(s.value for s in steps)
    raised_incident = step.keep(
        incident,
        proposal=replace(incident.proposal, steps=tuple(steps)),
        decision=decision,
        until=until,
        revision=incident.revision + 1,
        proof=None,
        changed_at=step.now,
        due_at=step.now,
    )
    step.thread(
        raised_incident, f"{raised_incident.revision}/raised", RAISED, value=total, by=decision.by, approver=approver
    )
    step.draw(raised_incident)
    return raised_incident
