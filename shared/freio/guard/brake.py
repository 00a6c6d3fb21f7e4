"""BRAKING: claim a lease on every target, and drive them until all limits were read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from freio.domain.app import App, Client
from freio.domain.incident import Action, Incident, State
from freio.domain.journal import Kind
from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import ALL_GONE, LEFT_OUT, NEXT_LEVER, NOT_ALL_SET, RECORD_UNREADABLE
from freio.domain.target import Brake, Lease, Target
from freio.domain.where import where
from freio.errors import Gone, Unreadable, VendorError
from freio.guard.hold import Holder
from freio.guard.mandate import goes_beyond, lapsed
from freio.guard.moves import ask_again
from freio.guard.raise_limit import as_granted
from freio.guard.restore import end_leases, without_gone
from freio.guard.standing import all_held, drive_all, hopeless, is_lost
from freio.guard.step import Step
from freio.guard.stuck import failed, give_up, look_later
from freio.guard.tell import gone_since
from freio.guard.throttled import PROVE_EVERY
from freio.ports import Clock, Store

NEXT_WITHIN = timedelta(minutes=10)  # two ticks of the watch, which computes the next lever's limits
_AUTHORITY = {Action.THROTTLE, Action.RAISE}


class Braker:
    """BRAKING, and STUCK on the way to a brake."""

    def __init__(self, client: Client, store: Store, clock: Clock, holder: Holder) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._holder = holder

    def brake(self, app: App, incident: Incident) -> None:
        """Claim a lease on each proposed target, drive the targets, and be THROTTLED when all are held.

        Nothing is claimed or driven where the authority has lapsed. Limits that all stand are a throttle even then:
        its own timer ends it.
        """
        step = Step(self._clock.now())
        stands = incident.until is not None and all_held(self._store, incident)
        if (why := lapsed(self._client, incident, step.now)) and not stands:
            step.thread(incident, f"{incident.revision}/lapsed", why, app=app.name)
            ask_again(step, app, end_leases(step, self._store, incident))
            self._store.commit(step.change())
            return
        if incident.until is None:
            if not self._may_claim(step, app, incident):
                self._store.commit(step.change())
                return
            try:
                claimed = self._claim_leases(step, app, incident)
            except VendorError as error:
                step = Step(self._clock.now())
                failed(step, incident, error)
                self._store.commit(step.change())
                return
            self._store.commit(step.change())
            if claimed is None:
                return
            incident = replace(claimed, version=claimed.version + 1)
        drive_all(self._holder, incident.holding)
        step = Step(self._clock.now())
        self._moved(step, app, incident)
        self._store.commit(step.change())

    def _moved(self, step: Step, app: App, incident: Incident) -> None:
        """What the targets say, once they were driven."""
        incident = without_gone(step, self._store, incident)
        if is_lost(self._store, incident):
            ask_again(step, app, end_leases(step, self._store, incident))
        elif all_held(self._store, incident):
            due_at = min(step.now + PROVE_EVERY, incident.until or step.now)
            step.move(incident, State.THROTTLED, due_at=due_at, attempts=0, proof=None)
        elif trouble := hopeless(self._store, incident.holding):
            give_up(step, incident, trouble.why, trouble.attempts)
        elif incident.state is State.STUCK:
            give_up(step, incident, Phrase(NOT_ALL_SET))
        else:
            look_later(step, incident)

    def _may_claim(self, step: Step, app: App, incident: Incident) -> bool:
        """Whether there is a lever to call, and an authority that covers it."""
        proposal, decision = incident.proposal, incident.decision
        if proposal is None or not proposal.steps or proposal.lever in incident.tried:
            if incident.state is State.STUCK or step.now - incident.changed_at >= NEXT_WITHIN:
                give_up(step, incident, Phrase(NEXT_LEVER))
            else:
                look_later(step, incident)  # the watch works out the next lever
            return False
        said_yes = {name for name, _ in incident.consents}
        missing = {app.name, *proposal.shared_with} - said_yes if proposal.shared_with else set()
        if decision is None or decision.until is None or decision.action not in _AUTHORITY or missing:
            ask_again(step, app, incident)  # the next lever's target serves apps that nobody was asked for
            return False
        if why := goes_beyond(incident):
            step.thread(incident, f"{incident.revision}/beyond", why)
            ask_again(step, app, incident)
            return False
        return True

    def _claim_leases(self, step: Step, app: App, incident: Incident) -> Incident | None:
        """With what stood there before, to be stored before any lever is called; until the decision ends.

        What was deleted since it was proposed is left out, and said; None: nothing is left, and people are asked anew.
        """
        assert incident.proposal is not None
        assert incident.decision is not None
        until = incident.decision.until
        assert until is not None, "a decision without an end is no authority"
        seen = {proposed.target: self._seen(incident, proposed.target) for proposed in incident.proposal.steps}
        unread = [one for one in seen.values() if isinstance(one, Unreadable)]
        if unread and not any(isinstance(one, Brake) for one in seen.values()):
            raise unread[0]
        lost = tuple(_left_out(target, one) for target, one in seen.items() if not isinstance(one, Brake))
        if len(lost) == len(seen):
            step.thread(incident, f"{incident.revision}/all-gone", ALL_GONE, what=packed(lost))
            ask_again(step, app, incident)
            return None
        if lost:
            step.thread(incident, f"{incident.revision}/left-out", LEFT_OUT, what=packed(lost))
            step.draw(incident)
        steps = as_granted(incident.proposal.steps, incident.decision)
        held = {proposed: brake for proposed in steps if isinstance(brake := seen[proposed.target], Brake)}
        for proposed, brake in held.items():
            lease = Lease(
                incident=incident.id,
                app=app.name,
                value=proposed.value,
                since=step.now,
                until=until,
                takes=proposed.takes,
            )
            step.put(brake.with_lease(lease, step.now))
            step.log(
                Kind.LEVER,
                incident,
                "lease claimed",
                target=proposed.target.id,
                value=proposed.value,
                found=brake.found,
                key=f"{incident.id}/{incident.revision}/{proposed.target.id}/{brake.version}/lease",
            )
        uncovered = (*incident.proposal.uncovered, *lost)
        proposal = replace(incident.proposal, steps=tuple(held), uncovered=uncovered)
        return step.keep(incident, proposal=proposal, holding=tuple(s.target for s in held), until=until)

    def _seen(self, incident: Incident, target: Target) -> Brake | Unreadable | None:
        """Its record with what stands there before a first lease; None: it is not there any more.

        A record that cannot be read is no reason not to brake the others, unless the incident holds its target.
        """
        try:
            self._holder.catch_up(target)
            brake = self._store.get(Brake, target.id) or Brake(target=target)
        except Unreadable as error:
            if target in incident.holding:
                raise
            return error
        if brake.leases:
            return brake
        try:
            return brake.seen_free(self._holder.found_at(target))
        except Gone:
            return None


def _left_out(target: Target, why: Unreadable | None) -> Phrase:
    if why is None:
        return gone_since(target)
    return Phrase.of(RECORD_UNREADABLE, where=packed([where(target)]))
