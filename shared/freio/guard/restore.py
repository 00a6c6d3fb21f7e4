"""Letting go: leases end, and what stood there before returns."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from freio.domain.app import App
from freio.domain.incident import Incident, State
from freio.domain.incident import Step as Limit
from freio.domain.phrase import Phrase
from freio.domain.sentences import NOT_ALL_BACK
from freio.domain.target import Brake, Hold, Target
from freio.errors import Unreadable
from freio.guard.drill_end import report
from freio.guard.hold import Holder
from freio.guard.standing import drive_all, gone, hopeless
from freio.guard.step import Step
from freio.guard.stuck import give_up, look_later
from freio.guard.tell import gone_since, still_held
from freio.ports import Clock, Store


def let_go(step: Step, incident: Incident, *, by: str = "") -> Incident:
    """Into RESTORING: the sweep (or the same event) ends its leases and drives the targets back."""
    return step.move(incident, State.RESTORING, due_at=step.now, by=by, attempts=0)


def end_leases(step: Step, store: Store, incident: Incident) -> Incident:
    """Take the incident's leases off its targets; each target is due at once, and finds its own way back.

    What another app's lease still limits is told: to this app it makes no difference that its own has ended. A target
    whose record cannot be read is held on, for nobody knows its leases; it keeps no other from being let go.
    """
    unknown = []
    for target in incident.targets:
        try:
            brake = store.get(Brake, target.id)
        except Unreadable:
            unknown.append(target)
            continue
        if brake is None:
            continue
        rest = brake.without(incident.id, step.now)
        if rest is not brake:
            step.put(rest)
        if rest.leases:
            apps = ", ".join(sorted({lease.app for lease in rest.leases}))
            key = f"{incident.revision}/still-held/{target.id}"
            sentence, data = still_held(rest)
            step.thread(incident, key, sentence, apps=apps, **data)
    return step.keep(incident, holding=tuple(target for target in incident.holding if target in unknown))


def drop(
    step: Step, store: Store, incident: Incident, targets: Collection[Target], why: Callable[[Limit], Phrase]
) -> Incident:
    """Take its leases off some of its targets and hold the others: the message says what is not covered, and why."""
    assert incident.proposal is not None
    kept = tuple(s for s in incident.proposal.steps if s.target not in targets)
    lost = tuple(why(s) for s in incident.proposal.steps if s.target in targets)
    for target in targets:
        brake = store.get(Brake, target.id)
        if brake is not None and brake.lease_of(incident.id) is not None:
            step.put(brake.without(incident.id, step.now))
    proposal = replace(incident.proposal, steps=kept, uncovered=(*incident.proposal.uncovered, *lost))
    step.draw(incident)
    return step.keep(incident, proposal=proposal, holding=tuple(t for t in incident.holding if t not in targets))


def without_gone(step: Step, store: Store, incident: Incident) -> Incident:
    """Whoever deletes one key frees no other: what is left is held. Where nothing is, its question stays as it was."""
    lost = gone(store, incident)
    if lost.issuperset(incident.holding):
        return step.keep(incident, holding=())
    return drop(step, store, incident, lost, lambda limit: gone_since(limit.target)) if lost else incident


def unheld(step: Step, store: Store, incident: Incident) -> Incident:
    """A question whose brake is let go while it waits: another question, that nobody has decided or said yes to yet."""
    free = end_leases(step, store, incident)
    asked = step.keep(free, revision=free.revision + 1, decision=None, consents=(), until=None, proof=None)
    step.draw(asked)
    return asked


class Restorer:
    """RESTORING, until what stood there before was read back at every target."""

    def __init__(self, store: Store, clock: Clock, holder: Holder) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder

    def restore(self, _app: App, incident: Incident) -> None:
        """End the leases, drive the targets back, and be RESOLVED when all are."""
        targets = incident.targets
        if incident.holding or not all(self._is_let_go(incident, target) for target in targets):
            step = Step(self._clock.now())
            incident = end_leases(step, self._store, incident)
            self._store.commit(step.change())
            incident = replace(incident, version=incident.version + 1)
        drive_all(self._holder, targets)
        step = Step(self._clock.now())
        if all(self._is_back(target) for target in targets):
            ended = step.move(incident, State.RESOLVED, due_at=None, until=None)
            if incident.is_drill:
                report(step, self._store, ended)
        elif trouble := hopeless(self._store, targets):
            give_up(step, incident, trouble.why, trouble.attempts)
        elif incident.state is State.STUCK:
            give_up(step, incident, Phrase(NOT_ALL_BACK))
        else:
            look_later(step, incident)
        self._store.commit(step.change())

    def _is_let_go(self, incident: Incident, target: Target) -> bool:
        """Also where nobody can say: nothing more can be done about it."""
        try:
            brake = self._store.get(Brake, target.id)
        except Unreadable:
            return True
        return brake is None or brake.lease_of(incident.id) is None

    def _is_back(self, target: Target) -> bool:
        """Back at what stood there; or held for another incident, whose affair it is now."""
        try:
            brake = self._store.get(Brake, target.id)
        except Unreadable:
            return False
        return brake is None or bool(brake.leases) or brake.hold is not Hold.RESTORING
