"""From signals to one incident: open it or merge into it, propose the brake, and see when it is quiet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from freio.domain.app import App, Level, Mode
from freio.domain.explanation import Explanation
from freio.domain.incident import Assessment, Incident, Proposal, State
from freio.domain.journal import Kind
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import packed
from freio.domain.sentences import (
    BEYOND_EXPECTED,
    NO_BRAKE,
    QUIET,
    RULED,
    SIGNALLED,
    SIGNALLED_ALONE,
    SIGNALLED_OF_BUDGET,
)
from freio.domain.signal import Signal, SignalKind
from freio.guard.detect_tokens import HOUR_MINUTES
from freio.guard.moves import ask_again
from freio.guard.restore import let_go
from freio.guard.step import Step

KEPT_SIGNALS = 100  # a kind of trouble that an incident forgot would be told again; the journal has them all
REDRAW_SPEND = Decimal("0.02")  # a change of the month's spend, or of a runaway's, that is worth a redraw
CHANGED = Decimal("0.10")  # a limit that moves by more than this is another question
WORSE = Decimal(2)  # the same kind of signal counts again when it has doubled
_STRICTER = list(Mode)  # from watching to braking


def open_or_merge(
    step: Step, app: App, incident: Incident | None, signals: Sequence[Signal], *, spend: SpendRange, rate: Money
) -> Incident | None:
    """The app's incident with the new signals in it: opened where there is none; None when there is nothing to tell."""
    news = [s for s in signals if incident is None or _is_news(incident, s)]
    if not news:
        return incident
    level = max((s.level for s in news), key=lambda x: x.rank)
    if incident is None:
        now = step.now
        incident = step.put(
            Incident(
                id=f"{app.name}-{now:%Y%m%dT%H%M%S}",
                app=app.name,
                state=State.OPEN,
                mode=app.policy.mode(level),
                level=level,
                opened_at=now,
                changed_at=now,
                due_at=now + app.policy.grace,
                spend=spend,
                rate=rate,
                trail=((State.OPEN, now),),
            )
        )
        step.log(Kind.STATE, incident, "->OPEN", key=f"{incident.id}/0/state", after=State.OPEN)
    count = incident.signal_count
    worst = max(incident.level, level, key=lambda x: x.rank)
    merged = step.keep(
        _ruled(step, app, incident, worst),
        signals=_kept(incident.signals, news),
        signal_count=count + len(news),
        spend=spend,
        rate=rate,
    )
    for number, signal in enumerate(news, start=count + 1):
        key = f"{merged.id}/signal/{number}"
        step.log(
            Kind.SIGNAL,
            merged,
            signal.kind,
            key=key,
            level=signal.level,
            observed=signal.observed,
            usual=signal.usual,
            score=signal.score,
            driver=signal.driver,
            signal=signal.key,
        )
        if number > 1:
            sentence = SIGNALLED_OF_BUDGET if signal.kind.is_of_budget else SIGNALLED
            if not signal.observed.amount:
                sentence = SIGNALLED_ALONE  # silence, a drill, no price, or an anomaly of Google's that says no cost
            step.thread(
                merged, f"signal/{number}", sentence, kind=signal.kind, observed=signal.observed, usual=signal.usual
            )
    step.draw(merged)
    return merged


def _is_news(incident: Incident, signal: Signal) -> bool:
    """A kind that the incident does not have yet, a worse level of it, or twice the amount an hour.

    A drill never is: it begins alone, or not at all. The pace of a model's tokens is one trouble, whichever record
    tells it at a look: its name is news once, and that it has none at another look is not.
    """
    if signal.kind is SignalKind.DRILL:
        return False
    mine = [s for s in incident.signals if s.driver == signal.driver]
    same = [s for s in mine if s.kind is signal.kind or (_is_of_pace(s) and _is_of_pace(signal))]
    if any(s.key == signal.key for s in same):
        return False
    is_named = signal.kind is SignalKind.SPIKE or any(s.kind is signal.kind for s in same)
    if not same or not is_named or signal.level.rank > max(s.level.rank for s in same):
        return True
    most = max((s.pace for s in same), key=lambda m: m.amount)
    return signal.kind.is_of_budget or most * WORSE < signal.pace


def _is_of_pace(signal: Signal) -> bool:
    """Whether tokens of a part of an hour tell it."""
    return signal.kind.is_shape and 0 < signal.window_minutes < HOUR_MINUTES


def _kept(before: Sequence[Signal], news: Sequence[Signal]) -> tuple[Signal, ...]:
    """The newest of each kind and driver, and each crossing of a budget; the newest last."""
    kept: dict[tuple[str, str, str], Signal] = {}
    for signal in (*before, *news):
        trouble = (signal.kind, signal.driver, signal.key if signal.kind.is_of_budget else "")
        kept.pop(trouble, None)
        kept[trouble] = signal
    return tuple(kept.values())[-KEPT_SIGNALS:]


def _ruled(step: Step, app: App, incident: Incident, level: Level) -> Incident:
    """Under what the file says today for this level: the level may have risen, and the file may have been changed.

    A stricter rule begins with a grace of its own, and makes what people were asked another question: nobody is braked
    at the end of a wait that was said to end with a call. A brake that is held for *renew?* keeps the end it was given.
    """
    mode = app.policy.mode(level)
    ruled = replace(incident, level=level, mode=mode)
    if mode is incident.mode or incident.state not in {State.OPEN, State.PROPOSED}:
        return ruled
    step.thread(ruled, f"mode/{mode}/{step.now.isoformat()}", RULED, mode=mode)
    if _STRICTER.index(mode) < _STRICTER.index(incident.mode) or incident.holding:
        return ruled
    ruled = replace(ruled, due_at=step.now + app.policy.grace)
    return replace(ruled, revision=ruled.revision + 1, consents=()) if ruled.state is State.PROPOSED else ruled


def look(
    step: Step,
    app: App,
    incident: Incident,
    assessment: Assessment,
    *,
    spend: SpendRange,
    rate: Money,
    explanation: Explanation | None = None,
    beyond: bool = False,
) -> Incident:
    """Renew what the watch saw: quiet incidents end, and an override whose amount is spent asks again.

    ``beyond``  it runs beyond what somebody has called expected: that is another question.
    """
    moved = abs(spend.likely.amount - incident.spend.likely.amount) > REDRAW_SPEND * incident.spend.likely.amount
    ruled = _ruled(step, app, incident, incident.level)
    seen = step.keep(ruled, assessment=assessment, spend=spend, rate=rate, explanation=explanation)
    moved |= _tells_else(incident.explanation, explanation)
    if moved or seen.mode is not incident.mode:
        step.draw(seen)
    if seen.state is State.OVERRIDDEN and seen.ceiling is not None and seen.ceiling < spend.likely:
        return ask_again(step, app, seen)
    if seen.state is State.EXPECTED and beyond:
        step.thread(seen, f"{seen.revision}/beyond", BEYOND_EXPECTED, rate=rate)
        return ask_again(step, app, seen)
    if assessment.is_quiet(step.now) and seen.state in {State.OPEN, State.PROPOSED, State.STUCK}:
        if seen.state is State.STUCK and seen.doing is State.RESTORING:
            return seen  # what stands there is not back yet: it ends when it is
        if seen.holding or seen.state is State.STUCK:
            return let_go(step, seen)
        step.thread(seen, f"{seen.revision}/quiet", QUIET)
        return step.move(seen, State.RESOLVED, due_at=None)
    return seen


def _tells_else(before: Explanation | None, after: Explanation | None) -> bool:
    """Whether people would read another amount: a runaway begins as a small part of the month, and grows at once."""
    if before is None or after is None:
        return before is not after
    pairs = ((before.so_far, after.so_far), (before.tomorrow, after.tomorrow))
    return any(abs(new.amount - old.amount) > REDRAW_SPEND * old.amount for old, new in pairs)


def propose(step: Step, app: App, incident: Incident, proposal: Proposal) -> Incident:
    """Put a computed brake on the table: OPEN becomes PROPOSED, unless the policy only observes.

    A proposal that was on the table stays as it is, so that its buttons go on working, until another lever, other
    targets or a limit that moved by more than a tenth make it another question.
    """
    if incident.state is State.OPEN:
        if incident.mode is Mode.OBSERVE:
            return step.keep(incident, proposal=proposal)
        asked = step.move(
            incident, State.PROPOSED, due_at=step.now + app.policy.grace, proposal=proposal, escalations=0
        )
        if not proposal.steps:
            step.mention(asked, f"{asked.revision}/no-brake", NO_BRAKE, app=app.name, reason=packed(proposal.reasons))
        return asked
    if incident.state is State.PROPOSED and not incident.holding and _differs(incident.proposal, proposal):
        due_at = incident.due_at
        if due_at is not None and step.now - incident.changed_at < 2 * app.policy.grace:
            due_at = max(due_at, step.now + app.policy.grace)  # people get a grace for what is asked now; not for ever
        asked = step.keep(incident, proposal=proposal, revision=incident.revision + 1, consents=(), due_at=due_at)
        step.draw(asked)
        return asked
    if incident.state in {State.BRAKING, State.STUCK} and _is_spent(incident) and proposal.steps:
        return step.keep(incident, proposal=proposal, due_at=step.now)  # the next lever, on the same authority
    return incident


def _is_spent(incident: Incident) -> bool:
    """Whether the lever on the table was tried and refuted."""
    return incident.proposal is not None and incident.proposal.lever in incident.tried


def needs_proposal(incident: Incident) -> bool:
    """Whether a brake must be computed for it now."""
    if incident.state in {State.OPEN, State.PROPOSED}:
        return not incident.holding
    return incident.state in {State.BRAKING, State.STUCK} and _is_spent(incident)


def _differs(old: Proposal | None, new: Proposal) -> bool:
    if old is None or old.lever != new.lever or old.reasons != new.reasons:
        return True
    before, after = ({s.target: s.value for s in p.steps} for p in (old, new))  # their order says which is dearest now
    if before.keys() != after.keys() or old.waits != new.waits:
        return True
    return any(abs(after[target] - value) > CHANGED * max(value, 1) for target, value in before.items())
