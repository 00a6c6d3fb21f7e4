"""The incident: everything open about one app, and the states it may be in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from freio.domain.app import Level, Mode
from freio.domain.explanation import Explanation
from freio.domain.forecast import Forecast
from freio.domain.lever import Kind, kind_of
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import WAITS_HARD, WAITS_NOBODYS, WAITS_SHARED
from freio.domain.signal import Signal, SignalKind
from freio.domain.spend_cap import SpendCap
from freio.domain.target import Target


class State(StrEnum):
    """Where an incident stands; `MOVES` says which state may follow which."""

    OPEN = "OPEN"
    PROPOSED = "PROPOSED"
    BRAKING = "BRAKING"
    THROTTLED = "THROTTLED"
    OVERRIDDEN = "OVERRIDDEN"
    SNOOZED = "SNOOZED"
    EXPECTED = "EXPECTED"
    RESTORING = "RESTORING"
    STUCK = "STUCK"
    RESOLVED = "RESOLVED"


_ANSWERED = {State.OVERRIDDEN, State.SNOOZED, State.EXPECTED}

MOVES: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.PROPOSED, State.RESOLVED}),
    State.PROPOSED: frozenset({State.BRAKING, State.RESTORING, State.RESOLVED, *_ANSWERED}),
    State.BRAKING: frozenset({State.THROTTLED, State.STUCK, State.PROPOSED}),
    State.THROTTLED: frozenset({State.BRAKING, State.RESTORING, State.PROPOSED, State.STUCK}),
    State.OVERRIDDEN: frozenset({State.PROPOSED, State.RESTORING, State.RESOLVED}),
    State.SNOOZED: frozenset({State.PROPOSED, State.RESTORING, State.RESOLVED}),
    State.EXPECTED: frozenset({State.PROPOSED, State.RESTORING, State.RESOLVED}),
    State.RESTORING: frozenset({State.RESOLVED, State.STUCK}),
    State.STUCK: frozenset({State.THROTTLED, State.RESOLVED, State.RESTORING, State.PROPOSED, State.OVERRIDDEN}),
    State.RESOLVED: frozenset(),
}


QUIET_FOR = timedelta(minutes=30)
FRESH = timedelta(minutes=75)  # the watch looks every five minutes, and at least every hour


class Action(StrEnum):
    """What a person may do about an incident."""

    THROTTLE = "throttle"
    KEEP = "keep"
    EXPECTED = "expected"
    SNOOZE = "snooze"
    RAISE = "raise"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a limit would have refused of one app's (or feature's) traffic on the target, in the last seven days."""

    who: str
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One target and the limit proposed for it.

    ``usual_peak`` and ``current`` are in the target's unit (tokens a minute), ``effective`` the limit in force now
    (None: no limit). ``rule`` set the value: budget, usual peak or floor; ``unit_cost`` is what one unit costs, in the
    client's currency. ``refused`` is the share of the target's last seven days' traffic that `value` would refuse.
    ``shared_with`` names the other apps on the target; ``unattributed``: it also carries traffic of no app.
    ``takes`` is what is taken away, by a lever that sets no limit: its `value` is 0, and ``model`` and ``location`` may
    name several, with a comma between.
    ``bites_within`` is how long it takes until the service acts on it; ``note`` what people should know before.
    """

    target: Target
    location: str
    model: str
    value: int
    rule: str
    unit: str
    unit_cost: Decimal
    current: int
    usual_peak: int
    effective: int | None
    refused: Decimal
    refusals: tuple[Refusal, ...] = ()
    shared_with: tuple[str, ...] = ()
    unattributed: bool = False
    takes: tuple[str, ...] = ()
    bites_within: timedelta = timedelta(minutes=2)
    note: Phrase | None = None

    @property
    def taken(self) -> tuple[str, ...]:
        """What is taken away, as people read it; what a key keeps (``+service``) is for its lever alone."""
        return tuple(name for name in self.takes if not name.startswith("+"))

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(self.model.split(", "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The brake that is offered: which lever, on which targets, how far.

    ``reasons``    why there is no brake, where there are no steps.
    ``uncovered``  what the brake leaves running, and why.
    ``unasked``    levers that could not be asked, and why: they might hit fewer.
    """

    lever: str
    steps: tuple[Step, ...]
    reasons: tuple[Phrase, ...] = ()
    uncovered: tuple[Phrase, ...] = ()
    unasked: tuple[Phrase, ...] = ()

    @property
    def kind(self) -> Kind:
        """Of its lever."""
        return kind_of(self.lever)

    @property
    def shared_with(self) -> tuple[str, ...]:
        return tuple(sorted({app for step in self.steps for app in step.shared_with}))

    @property
    def hits_others(self) -> bool:
        """Whether it brakes more than the app's own traffic, also some that belongs to no app: no policy pulls it."""
        return any(step.shared_with or step.unattributed for step in self.steps)

    @property
    def waits(self) -> tuple[Phrase, ...]:
        """Why no policy pulls this brake, so that people must decide; empty: one may."""
        shared = [Phrase.of(WAITS_SHARED, apps=", ".join(self.shared_with))] if self.shared_with else []
        nobodys = [Phrase(WAITS_NOBODYS)] if any(step.unattributed for step in self.steps) else []
        hard = [Phrase(WAITS_HARD)] if self.steps and self.kind.hard else []
        return (*shared, *nobodys, *hard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decided what, when, until when and why; `by` is a Slack user id, or ``policy``.

    ``question`` is the incident's revision that it answered. ``approvers`` are those who approved it, where it had to
    be: two for a hard lever. ``lever`` is the one that was on the table: nobody has agreed to what another one stops.
    """

    action: Action
    by: str
    at: datetime
    until: datetime | None = None
    amount: Money | None = None
    why: str = ""
    question: int = 0
    approvers: tuple[str, ...] = ()
    lever: str = ""


class Verdict(StrEnum):
    """What the proof says: *binds*, *refuted*, or *inconclusive* (too little traffic: wait, never escalate)."""

    BINDS = "binds"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A verdict with its numbers: tokens a minute before the brake and now, the limit, and what was refused."""

    verdict: Verdict
    at: datetime
    limit: int
    before: int
    now: int
    exceeded: int
    refuted_windows: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The watch's last look at the app: whether it still runs away, and whether the data was complete.

    ``quiet_since`` is when it was first seen quiet on complete data without a break since; None: it is not quiet.
    """

    at: datetime
    running_away: bool
    complete: bool
    quiet_since: datetime | None = None

    def is_quiet(self, now: datetime) -> bool:
        """Quiet for `QUIET_FOR`, on a look no older than `FRESH`: missing or late data is never quiet."""
        return self.quiet_since is not None and self.at - self.quiet_since >= QUIET_FOR and now - self.at <= FRESH


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Everything open about one app.

    ``revision``  the number of the question that is on the table: every button names the one it was drawn for, and
                  an answer to another one changes nothing.
    ``version``   of the record in the store: the compare-and-set counter, one more with each write.
    ``due_at``    when a timer next has something to do with it.
    ``until``     when the override, snooze, expectation or throttle ends; None while BRAKING: not a lease is claimed.
    ``ask``       the id of the request that waits for a cost owner; ``ceiling`` the month's spend up to which
                  an override with an amount holds.
    ``holding``   the targets on which this incident has, or is about to have, a lease.
    ``caps``      Google's own spend caps on the app's projects, as they were read last.
    ``forecasts`` where the month of each of the app's budgets is going, as of today.
    ``consents``  which owner said yes for which app, where the target serves several; for the question on the table.
    ``explanation``  as the watch last saw it running away (None: it has not seen that).
    """

    id: str
    app: str
    state: State
    mode: Mode
    level: Level
    opened_at: datetime
    changed_at: datetime
    spend: SpendRange
    rate: Money
    version: int = 0
    revision: int = 1
    signals: tuple[Signal, ...] = ()
    signal_count: int = 0
    proposal: Proposal | None = None
    decision: Decision | None = None
    until: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    escalations: int = 0
    proof: Proof | None = None
    assessment: Assessment | None = None
    ask: str = ""
    ceiling: Money | None = None
    holding: tuple[Target, ...] = ()
    caps: tuple[SpendCap, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    consents: tuple[tuple[str, str], ...] = ()
    tried: tuple[str, ...] = ()
    explanation: Explanation | None = None
    trail: tuple[tuple[State, datetime], ...] = field(default=())

    @property
    def is_open(self) -> bool:
        return self.state is not State.RESOLVED

    @property
    def is_drill(self) -> bool:
        """Whether nothing but a fire drill is behind it: a real signal makes a real incident of it."""
        return bool(self.signals) and all(signal.kind is SignalKind.DRILL for signal in self.signals)

    @property
    def known_rate(self) -> Money | None:
        """What an hour costs now; None until the watch has looked: a budget message that opens it knows no rate."""
        return self.rate if self.assessment is not None else None

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target on which it may have a lease: what it holds, and what is on the table."""
        proposed = tuple(step.target for step in self.proposal.steps) if self.proposal else ()
        return tuple(dict.fromkeys((*self.holding, *proposed)))

    @property
    def doing(self) -> State:
        """What it is at, or was at when it got stuck."""
        return next((state for state, _ in reversed(self.trail) if state is not State.STUCK), self.state)

    def to(self, state: State, at: datetime, *, due_at: datetime | None, **changes: object) -> Incident:
        """Into another state: the question changes, so the revision does, and what was drawn before is stale.

        Asked anew, nobody has said yes or decided yet; a brake that is still held keeps the decision it stands on.
        A move that `MOVES` does not know is a bug, not an input: it raises ValueError with both states.
        """
        if state not in MOVES[self.state]:
            raise ValueError(
                f"incident {self.id}: {self.state} cannot become {state}; may: {sorted(MOVES[self.state])}"
            )
        moved = replace(self, **changes)  # type: ignore[arg-type]  # field names are checked by replace()
        return replace(
            moved,
            state=state,
            consents=() if state is State.PROPOSED else moved.consents,
            decision=moved.decision if moved.holding or state is not State.PROPOSED else None,
            revision=self.revision + 1,
            changed_at=at,
            due_at=due_at,
            trail=(*self.trail, (state, at)),
        )
