"""Incidents that brake or let go, and every timer: what the sweep does about one incident that is due.

An incident never remembers how far a lever call came: it looks at its targets (`freio.guard.hold`) and moves when they
have arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from freio.domain.app import App, Client, Match, Mode
from freio.domain.incident import Action, Decision, Incident, Proposal, State, Verdict
from freio.domain.journal import Kind
from freio.domain.sentences import (
    DECIDED_BY_POLICY,
    ESCALATED,
    LET_GO,
    NEXT_LEVER,
    NO_BRAKE,
    PAGE_NO_ANSWER,
    PAGE_STUCK,
    PROOF_REFUTED,
    QUIET,
    RENEW,
    RETRYING,
    STUCK,
)
from freio.domain.target import Brake, Hold, Lease, Target
from freio.errors import Rejected, VendorError
from freio.guard.hold import Holder, pause
from freio.guard.prove import Prover
from freio.guard.restore import end_leases, let_go
from freio.guard.step import Step
from freio.ports import Change, Clock, Store

TRIES = 5  # failed looks at a target before a person is paged
PROVE_EVERY = timedelta(minutes=5)
LOOK_EVERY = timedelta(minutes=1)
ESCALATIONS_BEFORE_PAGE = 3
POLICY = "policy"


class Enforcer:
    """Drives one incident at a time; every method commits by compare-and-set and may raise `Conflict`."""

    def __init__(self, client: Client, store: Store, clock: Clock, holder: Holder, prover: Prover) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._holder = holder
        self._prover = prover
        self._timers: dict[State, Callable[[App, Incident], None]] = {
            State.OPEN: self._opened,
            State.PROPOSED: self._unanswered,
            State.BRAKING: self.brake,
            State.THROTTLED: self._throttled,
            State.OVERRIDDEN: self._ended,
            State.SNOOZED: self._ended,
            State.EXPECTED: self._ended,
            State.RESTORING: self.restore,
            State.STUCK: self._stuck,
        }

    def advance(self, incident_id: str) -> None:
        """Do what is due about an incident now; nothing, where nothing is."""
        incident = self._store.get(Incident, incident_id)
        if incident is None or incident.due_at is None or incident.due_at > self._clock.now():
            return
        app = self._client.app(incident.app)
        if app is None:
            app = App(
                name=incident.app, team="", cost_centre="", environment="", owners=(), match=Match()
            )  # taken out of the file while its incident was open: it is still ended properly
        self._timers[incident.state](app, incident)

    # ---- nobody has answered

    def _opened(self, app: App, incident: Incident) -> None:
        """The watch could not work out a brake within the grace: people are asked without one."""
        step = Step(self._clock.now())
        if incident.mode is Mode.OBSERVE:
            step.keep(incident, due_at=None)
            self._store.commit(step.change())
            return
        reason = "no brake could be worked out: the watch did not get through"
        proposal = incident.proposal or Proposal(lever="", steps=(), reason=reason)
        asked = step.move(incident, State.PROPOSED, due_at=step.now + app.policy.grace, proposal=proposal)
        if not proposal.steps:
            step.mention(asked, f"{asked.revision}/no-brake", NO_BRAKE, app=app.name, reason=proposal.reason)
        self._store.commit(step.change())

    def _unanswered(self, app: App, incident: Incident) -> None:
        step = Step(self._clock.now())
        proposal = incident.proposal
        may = proposal is not None and bool(proposal.steps) and not proposal.shared_with
        if incident.assessment is not None and incident.assessment.is_quiet(step.now):
            step.thread(incident, f"{incident.revision}/quiet", QUIET)
            if incident.holding:
                let_go(step, incident)
            else:
                step.move(incident, State.RESOLVED, due_at=None)
        elif incident.mode is Mode.ENFORCE and may:
            step.thread(incident, f"{incident.revision}/policy", DECIDED_BY_POLICY, grace=_seconds(app.policy.grace))
            decision = Decision(action=Action.THROTTLE, by=POLICY, at=step.now, until=step.now + app.policy.lease)
            start_braking(step, app, incident, decision)
        elif incident.holding:
            step.thread(incident, f"{incident.revision}/let-go", LET_GO)
            let_go(step, incident)
        else:
            self._escalate(step, app, incident)
        self._store.commit(step.change())

    @staticmethod
    def _escalate(step: Step, app: App, incident: Incident) -> None:
        """Call people in the thread, ever more rarely; page when that did not help either."""
        count = incident.escalations + 1
        waited = _seconds(step.now - incident.changed_at)
        wait = min(timedelta(hours=6), max(app.policy.grace, LOOK_EVERY) * 2**count)
        called = step.keep(incident, escalations=count, due_at=step.now + wait)
        key = f"{called.revision}/escalated/{count}"
        step.mention(called, key, ESCALATED, app=app.name, waited=waited, rate=called.rate)
        step.log(Kind.NOTICE, called, "escalated", key=f"{called.id}/{key}", waited=waited)
        if count == ESCALATIONS_BEFORE_PAGE:
            step.page(called, key, PAGE_NO_ANSWER, app=app.name, incident=called.id, waited=waited)

    def _ended(self, app: App, incident: Incident) -> None:
        """An override, snooze or expectation ran out."""
        step = Step(self._clock.now())
        if incident.assessment is not None and incident.assessment.is_quiet(step.now):
            step.thread(incident, f"{incident.revision}/quiet", QUIET)
            step.move(incident, State.RESOLVED, due_at=None)
        else:
            step.move(
                incident, State.PROPOSED, due_at=step.now + app.policy.grace, escalations=0, until=None, ceiling=None
            )
        self._store.commit(step.change())

    # ---- braking

    def brake(self, app: App, incident: Incident) -> None:
        """Claim a lease on each proposed target, drive the targets, and be THROTTLED when all are held."""
        proposal = incident.proposal
        if proposal is None or not proposal.steps or proposal.lever in incident.tried:
            self._give_up(incident, NEXT_LEVER, attempts=incident.attempts)
            return
        try:
            incident = self._claim_leases(app, incident)
            for target in incident.holding:
                self._holder.drive(target)
        except VendorError as error:
            self._failed(incident, error)
            return
        if self._all_held(incident):
            step = Step(self._clock.now())
            step.move(incident, State.THROTTLED, due_at=step.now + PROVE_EVERY, attempts=0, proof=None)
            self._store.commit(step.change())
            return
        self._wait(incident)

    def _claim_leases(self, app: App, incident: Incident) -> Incident:
        """In the store, with what stood there before, before any lever is called."""
        assert incident.proposal is not None
        step = Step(self._clock.now())
        until = incident.until or step.now + app.policy.lease
        for proposed in incident.proposal.steps:
            brake = self._store.get(Brake, proposed.target.id) or Brake(target=proposed.target)
            mine = brake.lease_of(incident.id)
            if mine is not None and mine.value == proposed.value and mine.until == until:
                continue
            if not brake.found_known:
                brake = replace(brake, found=self._holder.found_at(proposed.target), found_known=True, written=())
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
        wanted = tuple(s.target for s in incident.proposal.steps)
        if step.is_empty and incident.holding == wanted:
            return incident
        claimed = step.keep(incident, holding=wanted, until=until)
        self._store.commit(step.change())
        return replace(claimed, version=claimed.version + 1)

    def _all_held(self, incident: Incident) -> bool:
        brakes = [self._store.get(Brake, t.id) for t in incident.holding]
        return bool(brakes) and all(
            b is not None and b.hold is Hold.HELD and b.lease_of(incident.id) is not None for b in brakes
        )

    # ---- throttled: proof, expiry

    def _throttled(self, app: App, incident: Incident) -> None:
        now = self._clock.now()
        if incident.until is not None and now >= incident.until:
            self._expired(app, incident)
            return
        try:
            lost = [t for t in incident.holding if not self._still_ours(incident, t)]
            proof = None if lost else self._prover.prove(incident, now)
        except VendorError as error:
            self._failed(incident, error)
            return
        step = Step(now)
        due_at = min(now + PROVE_EVERY, incident.until or now + PROVE_EVERY)
        if lost:
            freed = end_leases(step, self._store, incident)
            step.move(freed, State.PROPOSED, due_at=now + app.policy.grace, escalations=0, until=None, proof=None)
        elif proof is not None and proof.verdict is Verdict.REFUTED:
            proved = self._prover.record(step, incident, proof)
            step.thread(proved, f"{proved.revision}/refuted", PROOF_REFUTED, now=proof.now, limit=proof.limit)
            lever = incident.proposal.lever if incident.proposal else ""
            freed = end_leases(step, self._store, proved)
            step.move(freed, State.BRAKING, due_at=now, tried=(*incident.tried, lever), until=None)
        elif proof is not None:
            step.keep(self._prover.record(step, incident, proof), due_at=due_at, attempts=0)
        else:
            step.keep(incident, due_at=due_at, attempts=0)
        self._store.commit(step.change())

    def _still_ours(self, incident: Incident, target: Target) -> bool:
        """Whether the brake still stands; one that an older call of ours undid is set again."""
        brake = self._store.get(Brake, target.id)
        if brake is None or brake.lease_of(incident.id) is None:
            return False
        if brake.hold is Hold.HELD and self._holder.found_at(target) != brake.wanted:
            due = replace(brake, hold=Hold.SETTING, due_at=self._clock.now())
            self._store.commit(Change(put=(due,)))
            self._holder.drive(target)
            brake = self._store.get(Brake, target.id)
        return brake is not None and brake.lease_of(incident.id) is not None

    def _expired(self, app: App, incident: Incident) -> None:
        """Quiet on complete data: let go. Otherwise: *renew?*, with the brake held for one more grace."""
        step = Step(self._clock.now())
        if incident.assessment is not None and incident.assessment.is_quiet(step.now):
            step.thread(incident, f"{incident.revision}/quiet", QUIET)
            let_go(step, incident)
        else:
            held_until = step.now + app.policy.grace
            for target in incident.holding:
                brake = self._store.get(Brake, target.id)
                lease = brake.lease_of(incident.id) if brake else None
                if brake is not None and lease is not None:
                    others = tuple(x for x in brake.leases if x is not lease)
                    step.put(replace(brake, leases=(*others, replace(lease, until=held_until))))
            asked = step.move(incident, State.PROPOSED, due_at=held_until, escalations=0, until=held_until)
            step.mention(asked, f"{asked.revision}/renew", RENEW, until=held_until)
        self._store.commit(step.change())

    # ---- letting go

    def restore(self, _app: App, incident: Incident) -> None:
        """End the leases, drive the targets back, and be RESOLVED when what stood there was read back."""
        targets = tuple(s.target for s in incident.proposal.steps) if incident.proposal else ()
        if incident.holding:
            step = Step(self._clock.now())
            incident = end_leases(step, self._store, incident)
            self._store.commit(step.change())
            incident = replace(incident, version=incident.version + 1)
        try:
            for target in targets:
                self._holder.drive(target)
        except VendorError as error:
            self._failed(incident, error)
            return
        if all(self._is_free_of(incident, target) for target in targets):
            step = Step(self._clock.now())
            step.move(incident, State.RESOLVED, due_at=None, until=None)
            self._store.commit(step.change())
            return
        self._wait(incident)

    def _is_free_of(self, incident: Incident, target: Target) -> bool:
        brake = self._store.get(Brake, target.id)
        if brake is None:
            return True
        return brake.lease_of(incident.id) is None and brake.hold not in {Hold.RESTORING, Hold.SETTING}

    # ---- trouble

    def _stuck(self, app: App, incident: Incident) -> None:
        """Try again, whatever it was that failed; the move out of STUCK is the one that succeeds."""
        if incident.holding:
            self.brake(app, incident)
        elif incident.proposal is not None and incident.proposal.lever not in incident.tried:
            self.restore(app, incident)
        else:
            self._give_up(incident, NEXT_LEVER, attempts=incident.attempts + 1)

    def _wait(self, incident: Incident) -> None:
        """Somebody else is at the targets, or they are paused: look again in a minute."""
        step = Step(self._clock.now())
        step.keep(incident, due_at=step.now + LOOK_EVERY)
        self._store.commit(step.change())

    def _failed(self, incident: Incident, error: VendorError) -> None:
        step = Step(self._clock.now())
        attempts = incident.attempts + 1
        if incident.state is not State.STUCK and (attempts >= TRIES or isinstance(error, Rejected)):
            self._give_up(incident, str(error), attempts=attempts)
            return
        failed = step.keep(incident, attempts=attempts, due_at=step.now + pause(attempts))
        step.log(Kind.FAILURE, failed, str(error), key=f"{failed.id}/{failed.version}/failed", attempts=attempts)
        if incident.state is State.STUCK:
            step.page(failed, f"stuck/{attempts}", PAGE_STUCK, app=failed.app, incident=failed.id, error=str(error))
        else:
            step.thread(failed, f"{failed.revision}/failed/{attempts}", RETRYING, error=str(error))
        self._store.commit(step.change())

    def _give_up(self, incident: Incident, error: str, *, attempts: int) -> None:
        """STUCK: a person is paged, and the work goes on with growing pauses until a person or a retry ends it."""
        step = Step(self._clock.now())
        due_at = step.now + pause(attempts)
        if incident.state is State.STUCK:
            stuck = step.keep(incident, attempts=attempts, due_at=due_at)
        else:
            stuck = step.move(incident, State.STUCK, due_at=due_at, attempts=attempts)
            step.thread(stuck, f"{stuck.revision}/stuck", STUCK, attempts=attempts, error=error)
        step.page(stuck, f"stuck/{attempts}", PAGE_STUCK, app=stuck.app, incident=stuck.id, error=error)
        step.log(Kind.PAGE, stuck, error, key=f"{stuck.id}/{stuck.version}/stuck", attempts=attempts)
        self._store.commit(step.change())


def start_braking(step: Step, app: App, incident: Incident, decision: Decision) -> Incident:
    """Into BRAKING, by somebody's authority: the leases are claimed next, then the lever is called."""
    targets = tuple(s.target for s in incident.proposal.steps) if incident.proposal else ()
    return step.move(
        incident,
        State.BRAKING,
        due_at=step.now,
        by=decision.by,
        decision=decision,
        attempts=0,
        holding=targets,
        until=decision.until or step.now + app.policy.lease,
        consents=(),
    )


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
