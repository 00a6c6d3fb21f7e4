"""THROTTLED: see that the brake stands and bites, drop what does not, and ask when its time is over."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from freio.domain.app import App
from freio.domain.incident import FRESH, Incident, Proof, State, Verdict
from freio.domain.phrase import packed
from freio.domain.sentences import (
    DRILL_EXPIRED,
    DRILL_OVER,
    LEAKS,
    LEAKS_NEXT,
    LOOSE,
    PROOF_REFUTED,
    PROOF_REFUTED_NEXT,
    QUIET,
    RENEW,
    RENEW_UNSURE,
)
from freio.domain.target import Brake, Target
from freio.errors import Unreadable, VendorError
from freio.guard.drill_end import LOOK_EVERY, ask, is_proved
from freio.guard.hold import Holder
from freio.guard.moves import ask_again
from freio.guard.prove import Prover
from freio.guard.restore import drop, end_leases, let_go, without_gone
from freio.guard.standing import drive_all, hopeless, is_lost
from freio.guard.step import Step
from freio.guard.stuck import failed, give_up
from freio.guard.tell import not_bound
from freio.ports import Clock, Model, Store

PROVE_EVERY = timedelta(minutes=5)


class Throttler:
    """Looks at a brake that was set, every five minutes and when its time is over."""

    def __init__(
        self, store: Store, clock: Clock, holder: Holder, prover: Prover, *, model: Model | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._prover = prover
        self._model = model

    def hold(self, app: App, incident: Incident) -> None:
        """See that the brake still stands, and whether it bites; let go or ask when its time is over."""
        is_over = incident.until is not None and self._clock.now() >= incident.until
        if is_over:
            with suppress(VendorError):  # nobody can say what stands there, and the end does not wait for that
                self._check(incident)
        else:
            drive_all(self._holder, incident.holding)
        step = Step(self._clock.now())
        try:
            if is_over:
                self._expired(step, app, incident)
            else:
                self._check(incident)
                self._judged(step, app, incident)
        except VendorError as error:
            step = Step(self._clock.now())
            failed(step, incident, error)
        self._store.commit(step.change())

    def _check(self, incident: Incident) -> None:
        for target in incident.holding:
            with suppress(Unreadable):  # the others are looked at all the same, and `hopeless` says it
                self._holder.check(target)

    def _judged(self, step: Step, app: App, incident: Incident) -> None:
        incident = without_gone(step, self._store, incident)
        if is_lost(self._store, incident):
            ask_again(step, app, end_leases(step, self._store, incident))
            return
        if trouble := hopeless(self._store, incident.holding):
            give_up(step, incident, trouble.why, trouble.attempts)
            return
        if incident.is_drill and self._model is not None:
            ask(step, incident, self._model)
        proof, loose = self._prover.prove(incident, step.now)
        proved = self._prover.record(step, incident, proof)
        if incident.is_drill and is_proved(incident, proof, step.now, calls=self._model is not None):
            step.thread(incident, f"{incident.revision}/drill", DRILL_OVER)
            let_go(step, proved)
            return
        if proof.verdict is Verdict.REFUTED:
            self._refuted(step, app, proved, proof)
            return
        if loose:
            proved = self._without(step, proved, loose)
        step.keep(proved, due_at=_next_proof(step.now, incident), attempts=0)

    def _refuted(self, step: Step, app: App, incident: Incident, proof: Proof) -> None:
        """Let go of what does not bind; the next lever comes next, where the app has one."""
        tried = (*incident.tried, incident.proposal.lever if incident.proposal else "")
        has_next = self._has_next(app.policy.levers, tried)
        if incident.proposal is None or incident.proposal.kind.limits:
            sentence = PROOF_REFUTED_NEXT if has_next else PROOF_REFUTED
            step.thread(incident, f"{incident.revision}/refuted", sentence, now=proof.now, limit=proof.limit)
        else:
            step.thread(incident, f"{incident.revision}/refuted", LEAKS_NEXT if has_next else LEAKS, now=proof.now)
        freed = end_leases(step, self._store, incident)
        step.move(freed, State.BRAKING, due_at=step.now, tried=tried, until=None, attempts=0)

    def _has_next(self, levers: Sequence[str], tried: Sequence[str]) -> bool:
        return any(name in levers and name not in tried for name in self._holder.levers)

    def _without(self, step: Step, incident: Incident, loose: frozenset[Target]) -> Incident:
        """Let go of the limits that bind nothing, and keep those that do: the message says what is not covered."""
        assert incident.proposal is not None
        lost = [not_bound(s) for s in incident.proposal.steps if s.target in loose]
        step.thread(incident, f"{incident.revision}/loose/{incident.version}", LOOSE, what=packed(lost))
        return drop(step, self._store, incident, loose, not_bound)

    def _expired(self, step: Step, app: App, incident: Incident) -> None:
        """Quiet on complete data: let go. Otherwise: *renew?*, with the brake held for one more grace."""
        seen = incident.assessment
        if incident.is_drill:
            step.thread(incident, f"{incident.revision}/drill", DRILL_EXPIRED)
            let_go(step, incident)
            return
        if seen is not None and seen.is_quiet(step.now):
            step.thread(incident, f"{incident.revision}/quiet", QUIET)
            let_go(step, incident)
            return
        incident = without_gone(step, self._store, incident)
        if is_lost(self._store, incident):
            ask_again(step, app, end_leases(step, self._store, incident))
            return
        held_until = step.now + app.policy.grace
        for target in incident.holding:
            self._prolong(step, incident, target, held_until)
        asked = ask_again(step, app, incident, until=held_until)
        is_known = seen is not None and seen.running_away and step.now - seen.at <= FRESH
        step.mention(asked, f"{asked.revision}/renew", RENEW if is_known else RENEW_UNSURE, until=held_until)

    def _prolong(self, step: Step, incident: Incident, target: Target, until: datetime) -> None:
        try:
            brake = self._store.get(Brake, target.id)
        except Unreadable:
            return
        lease = brake.lease_of(incident.id) if brake else None
        if brake is not None and lease is not None:
            leases = tuple(replace(x, until=until) if x is lease else x for x in brake.leases)
            step.put(replace(brake, leases=leases))


def _next_proof(now: datetime, incident: Incident) -> datetime:
    soon = now + (LOOK_EVERY if incident.is_drill else PROVE_EVERY)
    return min(soon, incident.until or soon)
