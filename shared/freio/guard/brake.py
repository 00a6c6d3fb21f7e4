"""Braking and holding: claim a lease on every target, drive them, and see that the brake stands and bites."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from freio.domain.app import App
from freio.domain.incident import Action, Incident, State, Verdict
from freio.domain.journal import Kind
from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import LOOSE, NEXT_LEVER, NOT_BOUND, PROOF_REFUTED, QUIET, RENEW
from freio.domain.target import Brake, Hold, Lease, Target
from freio.errors import VendorError
from freio.guard.hold import Holder
from freio.guard.moves import ask_again
from freio.guard.prove import Prover
from freio.guard.restore import end_leases, let_go
from freio.guard.step import Step
from freio.guard.stuck import drive_all, failed, give_up, hopeless, look_later
from freio.ports import Clock, Store

PROVE_EVERY = timedelta(minutes=5)
NEXT_WITHIN = timedelta(minutes=10)  # two ticks of the watch, which computes the next lever's limits
_AUTHORITY = {Action.THROTTLE, Action.RAISE}


class Braker:
    """BRAKING and THROTTLED."""

    def __init__(self, store: Store, clock: Clock, holder: Holder, prover: Prover) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._prover = prover

    def brake(self, app: App, incident: Incident) -> None:
        """Claim a lease on each proposed target, drive the targets, and be THROTTLED when all are held."""
        step = Step(self._clock.now())
        if incident.until is None:
            if not self._may_claim(step, app, incident):
                self._store.commit(step.change())
                return
            try:
                incident = self._claim_leases(step, app, incident)
            except VendorError as error:
                step = Step(self._clock.now())
                failed(step, incident, error)
                self._store.commit(step.change())
                return
        drive_all(self._holder, incident.holding)
        step = Step(self._clock.now())
        if self._is_lost(incident):
            ask_again(step, app, end_leases(step, self._store, incident))
        elif self._all_held(incident):
            step.move(incident, State.THROTTLED, due_at=step.now + PROVE_EVERY, attempts=0, proof=None)
        elif (trouble := hopeless(self._store, incident.holding)) or incident.state is State.STUCK:
            give_up(step, incident, trouble or "not all limits are set yet")
        else:
            look_later(step, incident)
        self._store.commit(step.change())

    def _may_claim(self, step: Step, app: App, incident: Incident) -> bool:
        """Whether there is a lever to call, and an authority that covers it."""
        proposal, decision = incident.proposal, incident.decision
        if proposal is None or not proposal.steps or proposal.lever in incident.tried:
            if incident.state is State.STUCK or step.now - incident.changed_at >= NEXT_WITHIN:
                give_up(step, incident, NEXT_LEVER)
            else:
                look_later(step, incident)  # the watch works out the next lever
            return False
        said_yes = {name for name, _ in incident.consents}
        missing = {app.name, *proposal.shared_with} - said_yes if proposal.shared_with else set()
        if decision is None or decision.action not in _AUTHORITY or missing:
            ask_again(step, app, incident)  # the next lever's target serves apps that nobody was asked for
            return False
        return True

    def _claim_leases(self, step: Step, app: App, incident: Incident) -> Incident:
        """In the store, with what stood there before, before any lever is called."""
        assert incident.proposal is not None
        decided = incident.decision.until if incident.decision else None
        until = decided if decided is not None and decided > step.now else step.now + app.policy.lease
        for proposed in incident.proposal.steps:
            brake = self._store.get(Brake, proposed.target.id) or Brake(target=proposed.target)
            if not brake.leases:
                brake = brake.seen_free(self._holder.found_at(proposed.target))
            lease = Lease(incident=incident.id, app=app.name, value=proposed.value, since=step.now, until=until)
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
        claimed = step.keep(incident, holding=tuple(s.target for s in incident.proposal.steps), until=until)
        self._store.commit(step.change())
        return replace(claimed, version=claimed.version + 1)

    def _brakes(self, incident: Incident) -> list[Brake]:
        return [self._store.get(Brake, t.id) or Brake(target=t) for t in incident.holding]

    def _is_lost(self, incident: Incident) -> bool:
        """Whether a lease that was claimed is gone: somebody else's value stands there, and was left."""
        return any(brake.lease_of(incident.id) is None for brake in self._brakes(incident))

    def _all_held(self, incident: Incident) -> bool:
        return all(brake.hold is Hold.HELD for brake in self._brakes(incident))

    # ---- throttled: proof, expiry

    def hold(self, app: App, incident: Incident) -> None:
        """See that the brake still stands, and whether it bites; let go or ask when its time is over."""
        step = Step(self._clock.now())
        if incident.until is not None and step.now >= incident.until:
            self._expired(step, app, incident)
            self._store.commit(step.change())
            return
        drive_all(self._holder, incident.holding)
        try:
            for target in incident.holding:
                self._holder.check(target)
            self._judged(step, app, incident)
        except VendorError as error:
            step = Step(self._clock.now())
            failed(step, incident, error)
        self._store.commit(step.change())

    def _judged(self, step: Step, app: App, incident: Incident) -> None:
        if self._is_lost(incident):
            ask_again(step, app, end_leases(step, self._store, incident))
            return
        if trouble := hopeless(self._store, incident.holding):
            give_up(step, incident, trouble)
            return
        proof, loose = self._prover.prove(incident, step.now)
        proved = self._prover.record(step, incident, proof)
        if proof.verdict is Verdict.REFUTED:
            step.thread(proved, f"{proved.revision}/refuted", PROOF_REFUTED, now=proof.now, limit=proof.limit)
            lever = incident.proposal.lever if incident.proposal else ""
            freed = end_leases(step, self._store, proved)
            tried = (*incident.tried, lever)
            step.move(freed, State.BRAKING, due_at=step.now, tried=tried, until=None, attempts=0)
            return
        if loose:
            proved = self._without(step, proved, loose)
        step.keep(proved, due_at=_next_proof(step.now, incident), attempts=0)

    def _without(self, step: Step, incident: Incident, loose: frozenset[Target]) -> Incident:
        """Let go of the limits that bind nothing, and keep those that do: the message says what is not covered."""
        assert incident.proposal is not None
        kept = tuple(s for s in incident.proposal.steps if s.target not in loose)
        lost = tuple(
            Phrase.of(NOT_BOUND, model=s.model, location=s.location)
            for s in incident.proposal.steps
            if s.target in loose
        )
        for target in loose:
            brake = self._store.get(Brake, target.id)
            if brake is not None:
                step.put(brake.without(incident.id, step.now))
        step.thread(incident, f"{incident.revision}/loose/{incident.version}", LOOSE, what=packed(lost))
        proposal = replace(incident.proposal, steps=kept, uncovered=(*incident.proposal.uncovered, *lost))
        step.draw(incident)
        return step.keep(incident, proposal=proposal, holding=tuple(t for t in incident.holding if t not in loose))

    def _expired(self, step: Step, app: App, incident: Incident) -> None:
        """Quiet on complete data: let go. Otherwise: *renew?*, with the brake held for one more grace."""
        if incident.assessment is not None and incident.assessment.is_quiet(step.now):
            step.thread(incident, f"{incident.revision}/quiet", QUIET)
            let_go(step, incident)
            return
        held_until = step.now + app.policy.grace
        for target in incident.holding:
            self._prolong(step, incident, target, held_until)
        asked = ask_again(step, app, incident, until=held_until)
        step.mention(asked, f"{asked.revision}/renew", RENEW, until=held_until)

    def _prolong(self, step: Step, incident: Incident, target: Target, until: datetime) -> None:
        brake = self._store.get(Brake, target.id)
        lease = brake.lease_of(incident.id) if brake else None
        if brake is not None and lease is not None:
            leases = tuple(replace(x, until=until) if x is lease else x for x in brake.leases)
            step.put(replace(brake, leases=leases))


def _next_proof(now: datetime, incident: Incident) -> datetime:
    return min(now + PROVE_EVERY, incident.until or now + PROVE_EVERY)
