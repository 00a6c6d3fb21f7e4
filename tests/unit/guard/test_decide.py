"""One incident for an app: what opens it, what merges into it, what makes its question another one, what ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.domain.app import App, Level, Mode, Policy
from freio.domain.explanation import Explanation
from freio.domain.incident import Assessment, Incident, Proposal, State
from freio.domain.incident import Step as Limit
from freio.domain.money import SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import RULED, SIGNALLED_OF_BUDGET
from freio.domain.signal import Signal, SignalKind
from freio.domain.target import Target
from freio.guard.decide import look, needs_proposal, open_or_merge, propose
from freio.guard.step import Step
from tests.unit.guard.watching import NOW, app, usd

APP = app(policy=Policy(modes={Level.WARNING: Mode.OBSERVE, Level.CRITICAL: Mode.APPROVE}))
ASKING = app()
SPEND = SpendRange(billed=usd(100), in_flight=usd(10), worst_case=usd(5))
SIGNAL = Signal(
    key="k-1",
    app="chat",
    kind=SignalKind.SPIKE,
    level=Level.WARNING,
    at=NOW,
    observed=usd(20),
    usual=usd(1),
    window_minutes=60,
    score=2.0,
)
TARGETS = tuple(Target("quota", "p", "s", "m", "u", (("base_model", name),)) for name in "ab")


def limit(value: int, target: Target = TARGETS[0]) -> Limit:
    return Limit(
        target=target,
        location="global",
        model="m",
        value=value,
        rule="budget",
        unit="input_tokens_per_minute",
        unit_cost=Decimal(1),
        current=10_000,
        usual_peak=100,
        effective=None,
        refused=Decimal(0),
    )


def brake(*values: int) -> Proposal:
    steps = (limit(value, target) for value, target in zip(values, TARGETS, strict=False))
    return Proposal(lever="quota", steps=tuple(steps))


def merged(incident: Incident | None, *signals: Signal, of: App = APP) -> tuple[Incident | None, Step]:
    step = Step(NOW)
    return open_or_merge(step, of, incident, signals, spend=SPEND, rate=usd(20)), step


def opened(*signals: Signal, of: App = APP) -> Incident:
    incident, _ = merged(None, *(signals or (SIGNAL,)), of=of)
    assert incident is not None
    return incident


def asked(*values: int) -> Incident:
    return propose(Step(NOW), ASKING, opened(of=ASKING), brake(*(values or (100,))))


def assessed(*, quiet_for: timedelta | None, at: datetime = NOW) -> Assessment:
    since = at - quiet_for if quiet_for is not None else None
    return Assessment(at=at, running_away=since is None, complete=True, quiet_since=since)


def looked(incident: Incident, assessment: Assessment, spend: SpendRange = SPEND) -> tuple[Incident, Step]:
    step = Step(assessment.at)
    return look(step, ASKING, incident, assessment, spend=spend, rate=usd(20)), step


def test_without_a_signal_there_is_no_incident() -> None:
    """Nothing is written and nobody is told."""
    incident, step = merged(None)
    assert incident is None
    assert step.is_empty


def test_several_signals_open_one_incident_at_the_worst_level() -> None:
    """Policy is chosen by it."""
    incident = opened(SIGNAL, replace(SIGNAL, key="k-2", kind=SignalKind.GROWTH, level=Level.CRITICAL))
    assert (incident.state, incident.level, incident.mode) == (State.OPEN, Level.CRITICAL, Mode.APPROVE)
    assert incident.signal_count == 2


@pytest.mark.parametrize(
    ("changes", "is_news"),
    [
        ({}, False),
        ({"key": "k-2"}, False),
        ({"key": "k-2", "observed": usd(40)}, False),
        ({"key": "k-2", "observed": usd(41)}, True),
        ({"key": "k-2", "level": Level.CRITICAL}, True),
        ({"key": "k-2", "kind": SignalKind.LEVEL_SHIFT}, True),
        ({"key": "k-2", "driver": "another-model"}, True),
        ({"key": "k-2", "kind": SignalKind.BUDGET_THRESHOLD}, True),
    ],
)
def test_the_same_again_is_no_news(changes: dict[str, Any], is_news: bool) -> None:
    """A kind that was not there, a worse level or twice the money is; the same hour five minutes later is not."""
    incident, step = merged(opened(), replace(SIGNAL, **changes))
    assert incident is not None
    assert incident.signal_count == 1 + is_news
    assert step.is_empty is not is_news


def test_a_worse_level_brings_its_policy_and_never_goes_back() -> None:
    """What began as an observation asks, once it is critical."""
    worse, _ = merged(opened(), replace(SIGNAL, key="k-2", level=Level.CRITICAL))
    assert worse is not None
    assert (worse.level, worse.mode) == (Level.CRITICAL, Mode.APPROVE)
    later, _ = merged(worse, replace(SIGNAL, key="k-3", kind=SignalKind.GROWTH))
    assert later is not None
    assert later.level is Level.CRITICAL


def test_an_observed_app_is_told_and_never_asked() -> None:
    """The brake is shown, and the incident stays open without a question."""
    seen = propose(Step(NOW), APP, opened(), brake(100))
    assert (seen.state, seen.proposal) == (State.OPEN, brake(100))


def test_what_asks_gets_a_question_with_a_grace() -> None:
    """From here the timers run."""
    incident = asked()
    assert (incident.state, incident.due_at) == (State.PROPOSED, NOW + ASKING.policy.grace)


def test_without_a_brake_people_are_called() -> None:
    """The question stands all the same: they can act where Freio cannot."""
    step = Step(NOW)
    incident = propose(
        step, ASKING, opened(of=ASKING), Proposal(lever="", steps=(), reasons=(Phrase("nothing binds"),))
    )
    assert incident.state is State.PROPOSED
    assert [n.text for n in step.change().touch if n.kind == "mention"] == ["{app} has no brake: {reason:phrases}."]


@pytest.mark.parametrize(("value", "is_another"), [(100, False), (110, False), (90, False), (111, True), (89, True)])
def test_buttons_stay_valid_until_the_limit_moves_by_more_than_a_tenth(value: int, is_another: bool) -> None:
    """Somebody is about to click: a question that changes with every tick could never be answered."""
    before = asked()
    after = propose(Step(NOW), ASKING, before, brake(value))
    assert (after.revision != before.revision) is is_another
    assert after.proposal == brake(value if is_another else 100)


def test_the_order_of_the_targets_is_no_other_question_and_their_number_is() -> None:
    """Which is the dearest changes from tick to tick."""
    before = asked(100, 200)
    assert before.proposal is not None
    turned = replace(before.proposal, steps=before.proposal.steps[::-1])
    assert propose(Step(NOW), ASKING, before, turned).revision == before.revision
    assert propose(Step(NOW), ASKING, before, brake(100)).revision == before.revision + 1


def test_a_brake_that_no_policy_pulls_any_more_is_another_question() -> None:
    """Calls that belong to no app came onto its target: what the message says of the policy must be drawn anew."""
    before = asked(100)
    assert before.proposal is not None
    tainted = replace(before.proposal, steps=tuple(replace(s, unattributed=True) for s in before.proposal.steps))
    assert propose(Step(NOW), ASKING, before, tainted).revision == before.revision + 1


@pytest.mark.parametrize("state", [State.OPEN, State.PROPOSED])
def test_quiet_on_complete_data_ends_it(state: State) -> None:
    """After half an hour without a break."""
    incident = replace(asked(), state=state)
    assert looked(incident, assessed(quiet_for=timedelta(minutes=29)))[0].state is state
    assert looked(incident, assessed(quiet_for=timedelta(minutes=30)))[0].state is State.RESOLVED
    assert looked(incident, assessed(quiet_for=None))[0].state is state


@pytest.mark.parametrize("state", [State.THROTTLED, State.OVERRIDDEN, State.SNOOZED, State.EXPECTED, State.BRAKING])
def test_what_somebody_decided_ends_by_its_timer(state: State) -> None:
    """Quiet behind a brake proves nothing yet."""
    incident = replace(asked(), state=state)
    assert looked(incident, assessed(quiet_for=timedelta(hours=2)))[0].state is state


def test_a_question_about_a_held_brake_lets_go_when_quiet() -> None:
    """The throttle ran out, is held for the answer, and nobody needs it any more."""
    incident = replace(asked(), holding=TARGETS[:1])
    assert looked(incident, assessed(quiet_for=timedelta(hours=1)))[0].state is State.RESTORING


def test_an_override_whose_amount_is_spent_asks_again_with_a_grace() -> None:
    """More was allowed up to a ceiling; past it the policy's clock starts anew, and does not strike at once."""
    incident = replace(asked(), state=State.OVERRIDDEN, ceiling=usd(150), until=NOW + timedelta(days=1))
    assert looked(incident, assessed(quiet_for=None))[0].state is State.OVERRIDDEN
    more = replace(SPEND, billed=usd(141))
    again, _ = looked(incident, assessed(quiet_for=None), more)
    assert (again.state, again.due_at, again.ceiling) == (State.PROPOSED, NOW + ASKING.policy.grace, None)


@pytest.mark.parametrize(("billed", "is_drawn"), [(100, False), (102, False), (103, True)])
def test_the_message_is_redrawn_when_its_spend_has_moved(billed: int, is_drawn: bool) -> None:
    """By more than a fiftieth: Slack takes about one message a second for all of a channel."""
    _, step = looked(asked(), assessed(quiet_for=None), replace(SPEND, billed=usd(billed)))
    assert bool(step.change().touch) is is_drawn


@pytest.mark.parametrize(
    ("so_far", "tomorrow", "is_drawn"), [(100, 2000, False), (102, 2040, False), (103, 2003, True), (100, 100, True)]
)
def test_the_message_is_redrawn_when_what_it_comes_to_has_moved(so_far: int, tomorrow: int, is_drawn: bool) -> None:
    """A runaway of the first hour is little of a month's spend; and one that has stopped comes to no more."""
    said = Explanation(
        at=NOW, since=NOW, usual=usd(1), so_far=usd(100), tomorrow=usd(2000), month_end=usd(9000), driver="flash"
    )
    step, seen = Step(NOW), replace(said, so_far=usd(so_far), tomorrow=usd(tomorrow))
    incident = replace(asked(), explanation=said)
    look(step, ASKING, incident, assessed(quiet_for=None), spend=SPEND, rate=usd(20), explanation=seen)
    assert bool(step.change().touch) is is_drawn


def test_a_brake_that_was_refuted_is_followed_by_the_next() -> None:
    """On the same authority; until one is worked out, the incident waits for the watch."""
    refuted = replace(asked(), state=State.BRAKING, tried=("quota",))
    assert needs_proposal(refuted)
    following = Proposal(lever="allowed_models", steps=brake(5).steps)
    after = propose(Step(NOW), ASKING, refuted, following)
    assert (after.state, after.proposal, after.due_at) == (State.BRAKING, following, NOW)
    assert not needs_proposal(replace(asked(), state=State.BRAKING))
    assert not needs_proposal(replace(asked(), holding=TARGETS[:1]))


def test_every_signal_is_in_the_journal_once() -> None:
    """Under the incident, by its number; the first is the message itself, later ones are told in its thread."""
    first = opened()
    _, step = merged(first, replace(SIGNAL, key="k-2", kind=SignalKind.GROWTH))
    change = step.change()
    assert [e.id for e in change.journal] == [f"{first.id}/signal/2"]
    assert [n.id for n in change.touch if n.kind == "thread"] == [f"thread/{first.id}/signal/2"]


def test_an_incident_remembers_each_kind_of_trouble_however_many_there_are() -> None:
    """Thirty models without a price are told once, not again at every tick because the first were forgotten."""
    many = [replace(SIGNAL, key=f"k-{n}", driver=f"model-{n}") for n in range(30)]
    incident = opened(*many)
    assert incident.signal_count == 30
    again, step = merged(incident, *(replace(s, key=f"{s.key}/next") for s in many))
    assert again == incident
    assert step.is_empty


def test_an_incident_shows_the_newest_of_each_kind_of_trouble_last() -> None:
    """It has grown worse: what it was before stands in the journal. The count has them all."""
    other = replace(SIGNAL, key="k-2", driver="another-model")
    worse = replace(SIGNAL, key="k-3", observed=usd(50))
    incident, _ = merged(opened(SIGNAL, other), worse)
    assert incident is not None
    assert ([s.key for s in incident.signals], incident.signal_count) == (["k-2", "k-3"], 3)


def test_each_crossing_of_a_budget_stands_for_itself() -> None:
    """Eighty per cent and ninety are two, of one kind; and they are said to be of a budget, not instead of it."""
    crossed = replace(SIGNAL, kind=SignalKind.BUDGET_THRESHOLD, observed=usd(36_000), usual=usd(40_000))
    incident, step = merged(opened(replace(crossed, key="80")), replace(crossed, key="90"))
    assert incident is not None
    assert [s.key for s in incident.signals] == ["80", "90"]
    assert [n.text for n in step.change().touch if n.kind == "thread"] == [SIGNALLED_OF_BUDGET]


def under(mode: Mode) -> App:
    return app(policy=Policy(modes=dict.fromkeys(Level, mode)))


def test_a_stricter_policy_asks_anew_with_a_grace_of_its_own() -> None:
    """People were told that they would be called at the end of a long wait, not that it would be braked."""
    waiting = replace(asked(), due_at=NOW + timedelta(hours=4), escalations=4)
    later = NOW + timedelta(hours=1)
    step = Step(later)
    seen = look(step, under(Mode.ENFORCE), waiting, assessed(quiet_for=None, at=later), spend=SPEND, rate=usd(20))
    assert (seen.mode, seen.revision) == (Mode.ENFORCE, waiting.revision + 1)
    assert seen.due_at == later + ASKING.policy.grace
    assert [n.text for n in step.change().touch if n.kind == "thread"] == [RULED]
    again = look(Step(later), under(Mode.ENFORCE), seen, assessed(quiet_for=None, at=later), spend=SPEND, rate=usd(20))
    assert again == seen


def test_a_worse_level_begins_the_grace_of_its_policy() -> None:
    """A minute before the end of a wait under approve, the level turns critical, and that is enforced."""
    by_level = app(policy=Policy(modes={Level.WARNING: Mode.APPROVE, Level.CRITICAL: Mode.ENFORCE}))
    waiting = replace(propose(Step(NOW), by_level, opened(of=by_level), brake(100)), due_at=NOW + timedelta(minutes=1))
    worse, _ = merged(waiting, replace(SIGNAL, key="k-2", level=Level.CRITICAL), of=by_level)
    assert worse is not None
    assert (worse.mode, worse.revision) == (Mode.ENFORCE, waiting.revision + 1)
    assert worse.due_at == NOW + by_level.policy.grace


def test_what_was_only_observed_is_asked_once_the_file_says_so() -> None:
    """And not at the next signal alone."""
    observed = opened(of=under(Mode.OBSERVE))
    step = Step(NOW)
    seen = look(step, ASKING, observed, assessed(quiet_for=None), spend=SPEND, rate=usd(20))
    assert propose(step, ASKING, seen, brake(100)).state is State.PROPOSED


@pytest.mark.parametrize("held", [True, False])
def test_a_laxer_policy_or_a_held_brake_keeps_its_timer(held: bool) -> None:
    """Fewer rights need no grace; and a brake that is held for *renew?* ends when it was said to end."""
    before = replace(asked(), holding=TARGETS[:1] if held else ())
    of = under(Mode.ENFORCE if held else Mode.OBSERVE)
    seen = look(Step(NOW), of, before, assessed(quiet_for=None), spend=SPEND, rate=usd(20))
    assert (seen.mode is before.mode, seen.due_at, seen.revision) == (False, before.due_at, before.revision)


@pytest.mark.parametrize(("observed", "is_news"), [(41, True), (39, False)])
def test_a_quarter_of_an_hour_and_an_hour_are_compared_by_their_pace(observed: int, is_news: bool) -> None:
    """Five dollars in fifteen minutes were twenty an hour: an hour of less than forty tells nothing new."""
    incident = opened(replace(SIGNAL, observed=usd(5), window_minutes=15))
    after, _ = merged(incident, replace(SIGNAL, key="k-2", observed=usd(observed)))
    assert after is not None
    assert (after.signal_count == 2) is is_news


def test_the_pace_of_tokens_is_one_trouble_by_whichever_name() -> None:
    """Its requests tell it at one look, and its tokens alone at the next: for each name it was told again."""
    quarter = replace(SIGNAL, window_minutes=15, observed=usd(5), usual=usd("0.25"), driver="flash")
    storm = replace(quarter, key="k-2", kind=SignalKind.RETRY_STORM)
    spike = replace(quarter, key="k-3")
    incident, _ = merged(opened(storm), spike)
    assert incident is not None
    assert incident.signals == (storm,)
    named, _ = merged(opened(spike), storm)
    assert named is not None
    assert named.signals == (spike, storm)
    for other in (
        replace(spike, key="k-4", level=Level.CRITICAL),
        replace(spike, key="k-4", observed=usd(11)),
        replace(spike, key="k-4", driver="pro"),
    ):
        worse, _ = merged(incident, other)
        assert worse is not None
        assert worse.signals[-1] == other
    grown = replace(spike, key="k-4", level=Level.CRITICAL)
    critical, _ = merged(named, grown)
    assert critical is not None
    same, _ = merged(critical, replace(storm, key="k-5", level=Level.CRITICAL))
    assert same is critical
