"""Whether a limit may be set now: an authority has an end, and a policy must still say today what it said.

A limit that stands already is another matter: it goes on being held until its timer lets it go, or asks.
"""

from __future__ import annotations

from datetime import datetime

from freio.domain.app import Client, Mode
from freio.domain.attribution import Traits, sharing
from freio.domain.incident import Incident, State
from freio.domain.sentences import AUTHORITY_OVER, POLICY_CHANGED
from freio.domain.target import Lease
from freio.guard.moves import POLICY
from freio.ports import Store

_ON_THE_WAY = {State.BRAKING, State.STUCK}  # its limits do not all stand yet


def ends_at(incident: Incident) -> datetime | None:
    """When the authority for an incident's brake ends: with its leases; before there are any, with the decision."""
    return incident.until or (incident.decision.until if incident.decision else None)


def lapsed(client: Client, incident: Incident, now: datetime) -> str:
    """The sentence that says why no limit may be set for this incident any more; empty: its authority covers it."""
    ends, decision = ends_at(incident), incident.decision
    if ends is not None and ends <= now:
        return AUTHORITY_OVER
    if decision is not None and decision.by == POLICY and not _enforces(client, incident):
        return POLICY_CHANGED
    return ""


def covers(client: Client, store: Store, lease: Lease, now: datetime) -> bool:
    """Whether a lease is an authority to set a limit now: it has not ended, and what it was claimed by still holds."""
    if lease.until <= now:
        return False
    incident = store.get(Incident, lease.incident)
    return incident is None or incident.state not in _ON_THE_WAY or not lapsed(client, incident, now)


def _enforces(client: Client, incident: Incident) -> bool:
    """Whether today's file brakes the app by itself: its mode says so, and no other app is on a target of the brake."""
    app = client.app(incident.app)
    if app is None or app.policy.mode(incident.level) is not Mode.ENFORCE:
        return False
    steps = incident.proposal.steps if incident.proposal else ()
    traits = (Traits(project=step.target.project, model=step.model) for step in steps)
    return not any(other.name != app.name for where in traits for other in sharing(client.apps, where))
