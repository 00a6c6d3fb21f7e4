"""Whether a limit may be set now: an authority has an end, and a policy must still say today what it said.

A limit that stands already is another matter: it goes on being held until its timer lets it go, or asks.
"""

from __future__ import annotations

from datetime import datetime

from freio.domain.app import Client, Mode
from freio.domain.authority import HARD_APPROVALS
from freio.domain.incident import Incident, State
from freio.domain.sentences import AUTHORITY_OVER, HARSHER, NOT_TWO, POLICY_CHANGED
from freio.domain.target import Lease
from freio.guard.moves import POLICY
from freio.guard.owners import Owners
from freio.ports import Place, Store

ON_THE_WAY = {State.BRAKING, State.STUCK}  # its limits do not all stand yet


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
    return incident is None or incident.state not in ON_THE_WAY or not lapsed(client, incident, now)


def goes_beyond(incident: Incident) -> str:
    """The sentence that says why the lever on the table needs another authority than the decision; empty: it does not.

    A limit may follow on whatever was agreed to. A stop is another question, unless it is the very one that was agreed
    to, or a policy decided: then the file names the lever, and no floor forbids it. A hard lever needs two of its own.
    """
    proposal, decision = incident.proposal, incident.decision
    if proposal is None or decision is None or proposal.kind.limits:
        return ""
    is_agreed = decision.lever == proposal.lever
    if proposal.kind.hard:
        return "" if is_agreed and len(set(decision.approvers)) >= HARD_APPROVALS else NOT_TWO
    return "" if is_agreed or decision.by == POLICY else HARSHER


def _enforces(client: Client, incident: Incident) -> bool:
    """Whether today's file brakes the app by itself: its mode says so, and no other app is on a target of the brake."""
    app = client.app(incident.app)
    if app is None or app.policy.mode(incident.level) is not Mode.ENFORCE:
        return False
    if incident.proposal is None:
        return True
    if incident.proposal.hits_others:
        return False
    owners = Owners(client, {}, {})
    places = (
        (step.target, Place(project=step.target.project, location=step.location, model=model))
        for step in incident.proposal.steps
        for model in step.models
    )
    return not incident.proposal.kind.hard and not any(owners.others(app, target, place) for target, place in places)
