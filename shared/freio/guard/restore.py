"""Letting go: leases end, and what stood there before returns."""

from __future__ import annotations

from freio.domain.incident import Incident, State
from freio.domain.target import Brake
from freio.guard.step import Step
from freio.ports import Store


def let_go(step: Step, incident: Incident) -> Incident:
    """Into RESTORING: the sweep (or the same event) ends its leases and drives the targets back."""
    return step.move(incident, State.RESTORING, due_at=step.now, attempts=0)


def end_leases(step: Step, store: Store, incident: Incident) -> Incident:
    """Take the incident's leases off its targets; each target is due at once, and finds its own way back."""
    for target in incident.holding:
        brake = store.get(Brake, target.id)
        if brake is not None and brake.lease_of(incident.id) is not None:
            step.put(brake.without(incident.id, step.now))
    return step.keep(incident, holding=())
