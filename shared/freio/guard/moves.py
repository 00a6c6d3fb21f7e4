"""Moves that a timer and a person share."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from freio.domain.app import App
from freio.domain.incident import Decision, Incident, State
from freio.guard.step import Step

POLICY = "policy"  # who decides where nobody answers and the policy says enforce


def ask_again(step: Step, app: App, incident: Incident, until: datetime | None = None) -> Incident:
    """Into PROPOSED as a new question with a grace of its own. ``until``: how long a brake is held meanwhile."""
    due_at = step.now + app.policy.grace
    return step.move(
        incident, State.PROPOSED, due_at=due_at, escalations=0, attempts=0, until=until, ceiling=None, proof=None
    )


def start_braking(step: Step, incident: Incident, decision: Decision) -> Incident:
    """Into BRAKING, by somebody's authority: the leases are claimed next, then the lever is called."""
    lever = incident.proposal.lever if incident.proposal else ""
    answered = replace(decision, question=incident.revision, lever=lever)
    return step.move(
        incident, State.BRAKING, due_at=step.now, by=decision.by, decision=answered, attempts=0, until=None
    )
