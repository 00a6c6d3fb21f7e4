"""A brake that lives on elsewhere: what it stood at was replaced, and what took its place carries our own value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.lever import Setting
from freio.domain.phrase import packed
from freio.domain.sentences import FOLLOWED
from freio.domain.target import Brake, Hold, Target
from freio.domain.where import where
from freio.guard.step import Step


def carries(brake: Brake, heir: Brake, standing: Setting) -> bool:
    """Whether what stands at the heir is what we wrote, and nobody else's brake is there.

    What was found before it was braked is no sign of it: a new key of the same name may have that too.
    """
    is_free = not heir.leases and heir.hold in {Hold.FREE, Hold.SETTLING}
    return is_free and standing != brake.found and brake.is_ours(standing)


def follow(step: Step, brake: Brake, heir: Brake, concerned: Iterable[Incident]) -> None:
    """The whole record goes to the heir, with its leases and what returns there once they end; it is due at once."""
    key = f"{brake.id}/{brake.version}/followed"
    anew = brake.due_again(step.now)
    followed = replace(anew, target=heir.target, version=heir.version, late_until=brake.late_until)  # the claim is ours
    step.put(followed)
    step.put(Brake(target=brake.target, version=brake.version))
    step.log(Kind.LEVER, None, "followed", key=key, target=brake.id, heir=heir.id, found=brake.found)
    for incident in concerned:
        after = _at(step, incident, brake.target, heir.target)
        places = {"where": packed([where(brake.target)]), "heir": packed([where(heir.target)])}
        step.thread(after, key, FOLLOWED, **places)
        step.draw(after)


def _at(step: Step, incident: Incident, gone: Target, heir: Target) -> Incident:
    """With the heir wherever it holds, or would hold, what is gone."""
    proposal = incident.proposal
    if proposal is not None:
        steps = tuple(replace(s, target=heir) if s.target == gone else s for s in proposal.steps)
        proposal = replace(proposal, steps=steps)
    holding = tuple(heir if target == gone else target for target in incident.holding)
    return step.keep(incident, proposal=proposal, holding=holding)
