"""Proof: did the brake bite? Asked of the service, for each target, and put together for the incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from freio.domain.incident import Incident, Proof, Verdict
from freio.domain.incident import Step as Limit
from freio.domain.journal import Kind
from freio.domain.lever import kind_of
from freio.domain.proof import Window, judge
from freio.domain.sentences import PROOF_BINDS, STOPS
from freio.domain.target import Target
from freio.errors import Rejected
from freio.guard.step import Step
from freio.ports import Witness

WINDOW_MINUTES = 5
LOOKBACK = timedelta(minutes=30)


class Prover:
    """Judges the targets of a throttled incident by the windows since its brake took effect."""

    def __init__(self, witnesses: Mapping[str, Witness]) -> None:
        self._witnesses = witnesses

    def prove(self, incident: Incident, now: datetime) -> tuple[Proof, frozenset[Target]]:
        """The proof of the whole brake, and the targets whose limit is refuted.

        *Refuted* if every target with a verdict is, though another is idle; *binds* if one does. Numbers are sums
        over what made the verdict. A brake that was proved stays so while what is left of it is idle.
        """
        proofs = {limit.target: self._judge(limit, incident.changed_at, now) for limit in _limits(incident)}
        loose = frozenset(target for target, proof in proofs.items() if proof.verdict is Verdict.REFUTED)
        held = [proof for target, proof in proofs.items() if target not in loose]
        was_proved = incident.proof is not None and incident.proof.verdict is Verdict.BINDS
        stands = bool(held) and (was_proved or not loose or any(p.verdict is Verdict.BINDS for p in held))
        return together(held if stands else [proofs[target] for target in loose], now), loose

    def refusing(self, incident: Incident, now: datetime) -> bool:
        """Whether a held limit has refused anything in the last half hour: demand goes on behind the brake."""
        return self._have_refused([s for s in _limits(incident) if kind_of(s.target.lever).limits], now)

    def hiding(self, incident: Incident, now: datetime) -> bool:
        """Whether a stop has refused anything: it refuses usual demand as well, so nobody can tell what it hides."""
        return self._have_refused([s for s in _limits(incident) if not kind_of(s.target.lever).limits], now)

    def _have_refused(self, steps: Sequence[Limit], now: datetime) -> bool:
        return any(window.exceeded > 0 for step in steps for window in self._windows(step, now - LOOKBACK, now))

    def record(self, step: Step, incident: Incident, proof: Proof) -> Incident:
        """Keep a proof; journal and tell a verdict that is new. What was proved stays proved while traffic is quiet."""
        before = incident.proof
        if proof.verdict is Verdict.INCONCLUSIVE and before is not None and before.verdict is Verdict.BINDS:
            return incident
        known = before is not None and before.verdict is proof.verdict
        proved = step.keep(incident, proof=proof)
        if known:
            return proved
        step.log(
            Kind.PROOF,
            proved,
            proof.verdict,
            key=f"{proved.id}/{proved.revision}/proof/{proof.verdict}",
            limit=proof.limit,
            before=proof.before,
            now=proof.now,
            exceeded=proof.exceeded,
            reason=proof.reason,
        )
        if proof.verdict is Verdict.BINDS:
            key = f"{proved.revision}/binds"
            if proved.proposal is None or proved.proposal.kind.limits:
                step.thread(proved, key, PROOF_BINDS, now=proof.now, before=proof.before, limit=proof.limit)
            else:
                step.thread(proved, key, STOPS, exceeded=proof.exceeded)
        step.draw(proved)
        return proved

    def _judge(self, limit: Limit, changed: datetime, now: datetime) -> Proof:
        """By the windows since it took effect."""
        windows = self._windows(limit, max(changed + limit.bites_within, now - LOOKBACK), now)
        return judge(at=now, limit=limit.value, before=limit.current, windows=windows)

    def _windows(self, limit: Limit, since: datetime, now: datetime) -> list[Window]:
        witness = self._witnesses.get(limit.target.lever)
        if witness is None:
            raise Rejected(f"nothing reports of the lever {limit.target.lever!r}; of these: {sorted(self._witnesses)}")
        return witness.windows(limit.target, since, now, WINDOW_MINUTES, takes=limit.takes)


def _limits(incident: Incident) -> tuple[Limit, ...]:
    steps = incident.proposal.steps if incident.proposal else ()
    return tuple(s for s in steps if s.target in incident.holding)


def together(proofs: Sequence[Proof], now: datetime) -> Proof:
    """One proof out of those of several targets."""
    verdicts = {p.verdict for p in proofs}
    if Verdict.REFUTED in verdicts:
        verdict = Verdict.REFUTED
    else:
        verdict = Verdict.BINDS if Verdict.BINDS in verdicts else Verdict.INCONCLUSIVE
    return Proof(
        verdict=verdict,
        at=now,
        limit=sum(p.limit for p in proofs),
        before=sum(p.before for p in proofs),
        now=sum(p.now for p in proofs),
        exceeded=sum(p.exceeded for p in proofs),
        refuted_windows=max((p.refuted_windows for p in proofs), default=0),
        reason="; ".join(p.reason for p in proofs if p.verdict is verdict),
    )
