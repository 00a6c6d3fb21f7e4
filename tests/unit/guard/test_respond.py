"""People: what a click does in each state, once, and what everybody else reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.domain import sentences as say
from freio.domain.ask import Answer, Ask, override_id
from freio.domain.click import Verb
from freio.domain.expectation import Expectations
from freio.domain.incident import Incident, State
from freio.domain.journal import Kind
from freio.domain.target import Hold
from freio.errors import BadMessage
from freio.guard.moves import POLICY
from tests.simulation.cast import ANA, GUEST, LEA, MINUTE, OPS, OPS2, ROB, RUI, ZOE, a_client, a_target, brl
from tests.simulation.gates import Worker
from tests.simulation.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    world = World()
    world.watch("chat")
    return world


def throttled(world: World) -> World:
    world.click(OPS, Verb.THROTTLE, "chat")
    return world


def asked(world: World, verb: Verb, **more: object) -> str:
    """The owner asks; the id of the request."""
    world.click(ANA, verb, "chat", **more)
    return world.of("chat").ask


def test_a_click_delivered_three_times_counts_once(world: World) -> None:
    """The same id is the same act."""
    click = world.click(OPS, Verb.THROTTLE, "chat")
    before = world.of("chat")
    for _ in range(2):
        world.deliver(click)
    assert world.of("chat") == before
    assert world.moves("chat").count(State.BRAKING) == 1
    assert not world.whispers(OPS)


def test_a_stale_click_changes_nothing_and_says_who_decided_and_when(world: World) -> None:
    """The second of two people reads the first one's name."""
    late = world.press(OPS2, Verb.KEEP, "chat")
    throttled(world)
    world.deliver(late)
    assert world.of("chat").state is State.THROTTLED
    (line,) = [line for who, line in world.chat.whispers if who == OPS2]
    assert line.text == say.ALREADY_DECIDED
    assert (line.data["by"], line.data["action"], line.data["at"]) == (OPS, "throttle", world.clock.at.isoformat())


@pytest.mark.parametrize("gates", range(1, 40, 3))
def test_of_two_people_who_click_at_once_one_decides(gates: int) -> None:
    """However their clicks interleave."""
    world = World()
    world.watch("chat")
    clicks = [world.press(OPS, Verb.THROTTLE, "chat"), world.press(RUI, Verb.SNOOZE, "chat")]
    world.gates.run([Worker(world.clicking(click)) for click in clicks], [gates])
    assert world.of("chat").decision is not None
    assert len(world.chat.whispers) == 1
    world.sweep(times=2)
    assert world.of("chat").state in {State.THROTTLED, State.SNOOZED}


def test_a_question_that_has_changed_is_not_answered_by_an_old_button(world: World) -> None:
    """Another limit is another question; nobody decided yet."""
    old = world.press(OPS, Verb.THROTTLE, "chat")
    world.values["chat"] = 500
    world.watch("chat", "warm")
    world.deliver(old)
    assert world.of("chat").state is State.PROPOSED
    assert world.whispers(OPS) == [say.QUESTION_CHANGED]


def test_a_click_on_a_closed_incident_changes_nothing(world: World) -> None:
    """Its buttons may still be on somebody's screen."""
    old = world.press(OPS, Verb.THROTTLE, "chat")
    world.watch("chat", "quiet")
    world.deliver(old)
    assert world.of("chat").state is State.RESOLVED
    assert world.whispers(OPS) == [say.NOT_OPEN]


def test_those_who_may_not_change_nothing_and_are_told_who_may(world: World) -> None:
    """A guest in the ops group, and the owner of another app, whose click stands in the journal."""
    for person, answer in ((GUEST, say.NOT_FOR_GUESTS), (LEA, say.NOT_ALLOWED)):
        world.click(person, Verb.THROTTLE, "chat")
        assert world.whispers(person) == [answer]
    assert world.of("chat").state is State.PROPOSED
    assert LEA in [e.by for e in world.store.entries() if e.kind is Kind.CLICK]


def test_keep_running_lasts_until_the_next_pacific_midnight(world: World) -> None:
    """15:00 in UTC is seven in the morning there."""
    world.click(OPS, Verb.KEEP, "chat")
    assert (world.of("chat").state, world.of("chat").until) == (State.OVERRIDDEN, datetime(2026, 11, 24, 8, tzinfo=UTC))


def test_keep_running_with_an_amount_ends_when_it_is_spent(world: World) -> None:
    """The month's spend up to which it holds: what was spent, and the amount."""
    until = world.clock.at + 3 * HOUR
    world.click(RUI, Verb.KEEP, "chat", amount=Decimal(70), until=until, why="launch")
    incident = world.of("chat")
    assert (incident.ceiling, incident.until) == (brl(1120), until)


@pytest.mark.parametrize(
    ("verb", "state", "lasts"), [(Verb.SNOOZE, State.SNOOZED, HOUR), (Verb.EXPECTED, State.EXPECTED, 24 * HOUR)]
)
@pytest.mark.parametrize("mood", ["quiet", "warm", "late"])
def test_a_snooze_and_an_expectation_run_out(
    world: World, verb: Verb, state: State, lasts: timedelta, mood: str
) -> None:
    """Then it is quiet on complete data, or the question is on the table again."""
    world.click(ANA, verb, "chat")
    assert world.of("chat").state is state
    world.pass_time(lasts - MINUTE)
    world.watch("chat", mood)
    world.sweep()
    assert world.of("chat").state is state
    world.pass_time(MINUTE)
    world.sweep()
    assert world.of("chat").state is (State.RESOLVED if mood == "quiet" else State.PROPOSED)


def test_expected_teaches_the_detector(world: World) -> None:
    """The level that its message shows, in its hours: at any hour for a day, then at these for four weeks."""
    now, day = world.clock.at, timedelta(days=1)
    world.click(OPS, Verb.EXPECTED, "chat")
    known = world.store.get(Expectations, "chat")
    assert known is not None
    (lesson,) = known.lessons
    assert (lesson.level, lesson.hours, lesson.hushed, lesson.until) == (brl(300), (11,), now + day, now + 28 * day)
    assert lesson.time_zone == "America/Sao_Paulo"
    assert Kind.LESSON in [entry.kind for entry in world.store.entries()]
    assert lesson.covers(brl(360), now + 20 * HOUR)
    assert not lesson.covers(brl(361), now)
    assert [lesson.covers(brl(300), now + 7 * day + ahead * HOUR) for ahead in (-1, 0, 1)] == [False, True, False]
    assert not lesson.covers(brl(300), now + 28 * day)


def test_a_throttle_by_a_person_confirms_that_it_was_trouble(world: World) -> None:
    """Once, however often it is renewed; what the policy brakes by itself nobody has confirmed."""
    throttled(world)
    known = world.store.get(Expectations, "chat")
    assert known is not None
    assert [(one.incident, one.until) for one in known.confirmed] == [(world.of("chat").id, None)]
    other = World()
    other.watch("auto")
    other.pass_time(HOUR)
    other.sweep()
    assert State.BRAKING in other.moves("auto")
    assert other.store.get(Expectations, "auto") is None


def test_what_is_called_expected_after_a_throttle_is_no_trouble_any_more(world: World) -> None:
    """The last word that judges counts, as it does in the digest: at *renew?* it is called expected."""
    ask = asked(to_renew(world), Verb.EXPECTED)
    world.deliver(world.type(RUI, Verb.APPROVE, ask=ask))
    known = world.store.get(Expectations, "chat")
    assert known is not None
    assert (world.of("chat").state, len(known.lessons), known.confirmed) == (State.EXPECTED, 1, ())


def test_an_owner_asks_to_keep_running_and_a_cost_owner_approves(world: World) -> None:
    """The owner's decision, with the owner's reason."""
    ask = asked(world, Verb.KEEP, why="demo day")
    assert world.of("chat").state is State.PROPOSED
    assert (world.whispers(ANA), list(world.chat.asks)) == ([say.ASK_SENT], [ask])
    world.deliver(world.type(RUI, Verb.APPROVE, ask=ask))
    incident = world.of("chat")
    assert (incident.state, incident.ask) == (State.OVERRIDDEN, "")
    assert incident.decision is not None
    assert (incident.decision.by, incident.decision.why) == (ANA, "demo day")


def test_a_second_request_waits_for_the_first(world: World) -> None:
    """The one who asks again is told whose request waits."""
    asked(world, Verb.KEEP)
    world.click(ANA, Verb.KEEP, "chat")
    assert world.whispers(ANA)[-1] == say.ASK_PENDING
    assert len(world.chat.asks) == 1


def test_a_denied_request_changes_nothing_but_itself(world: World) -> None:
    """And may be asked again."""
    ask = asked(world, Verb.KEEP)
    world.deliver(world.type(RUI, Verb.DENY, ask=ask))
    assert (world.of("chat").state, world.of("chat").ask) == (State.PROPOSED, "")
    assert world.chat.asks[ask].answer is Answer.DENIED


def test_a_request_is_answered_once(world: World) -> None:
    """The second answer reads the first."""
    ask = asked(world, Verb.KEEP)
    world.deliver(world.type(RUI, Verb.DENY, ask=ask))
    world.deliver(world.type(OPS, Verb.APPROVE, ask=ask))
    assert world.whispers(OPS) == [say.ASK_GONE]
    assert world.of("chat").state is State.PROPOSED


def test_a_raise_is_approved_by_the_cost_owner_and_sets_a_new_level(world: World) -> None:
    """360 BRL for six hours are 1 BRL a minute: at 0.00001 BRL a token 100,000 more."""
    throttled(world)
    ask = asked(world, Verb.RAISE, amount=Decimal(360), until=world.clock.at + 6 * HOUR)
    assert world.standing("chat") == 200
    world.deliver(world.type(RUI, Verb.APPROVE, ask=ask))
    incident = world.of("chat")
    assert (incident.state, world.standing("chat")) == (State.THROTTLED, 100_200)
    assert incident.until == world.clock.at + 6 * HOUR
    assert world.brake("chat").hold is Hold.HELD


@pytest.mark.parametrize("verb", [Verb.RAISE, Verb.RELEASE])
def test_nobody_loosens_a_throttle_on_their_own_request(world: World, verb: Verb) -> None:
    """Not even the cost owner; and where they may not raise, ops may not answer either."""
    world.client = a_client(cost_owners=(ZOE,))
    world.build()
    throttled(world).click(RUI, verb, "chat")
    ask = world.of("chat").ask
    for person in (RUI, OPS, ANA):
        world.deliver(world.type(person, Verb.APPROVE, ask=ask))
    assert world.of("chat").state is State.THROTTLED
    assert world.standing("chat") == 200
    assert world.whispers(RUI)[-1] == say.OWN_REQUEST
    assert world.whispers(OPS)[-1] == say.NOT_ALLOWED
    world.deliver(world.type(ZOE, Verb.APPROVE, ask=ask))
    assert world.standing("chat") != 200


def test_a_release_by_approval_lets_go(world: World) -> None:
    """What stood there is back when it is RESOLVED."""
    ask = asked(throttled(world), Verb.RELEASE)
    world.deliver(world.type(RUI, Verb.APPROVE, ask=ask))
    assert world.of("chat").state is State.RESOLVED
    assert a_target("chat") not in world.lever.standing


def test_an_approval_that_was_overtaken_is_said_to_be(world: World) -> None:
    """The owner asked to keep it running; meanwhile ops throttled it."""
    ask = asked(world, Verb.KEEP)
    throttled(world)
    world.deliver(world.type(RUI, Verb.APPROVE, ask=ask))
    assert world.of("chat").state is State.THROTTLED
    assert world.whispers(RUI) == [say.QUESTION_CHANGED]


def test_more_can_be_asked_for_beforehand(world: World) -> None:
    """Approved, it is an override of the budget; no incident is open."""
    click = world.type(LEA, Verb.RAISE, app="left", amount=Decimal(50), until=world.clock.at + HOUR, why="load test")
    world.deliver(click)
    (ask,) = world.chat.asks
    world.deliver(world.type(RUI, Verb.APPROVE, ask=ask))
    override = world.store.get(Ask, override_id("left"))
    assert override is not None
    assert (override.amount, override.in_force(world.clock.at)) == (brl(50), True)


def test_nothing_is_released_where_nothing_holds(world: World) -> None:
    """With and without an open incident."""
    world.deliver(world.type(OPS, Verb.RELEASE, app="chat"))
    world.client = a_client(ops_may_raise=True)
    world.build()
    world.deliver(world.type(OPS, Verb.RELEASE, app="chat"))
    world.deliver(world.type(OPS, Verb.RELEASE, app="auto"))
    assert world.whispers(OPS) == [say.NOT_ALLOWED, say.NOTHING_TO_RELEASE, say.NOTHING_TO_RELEASE]


def test_a_shared_target_needs_a_yes_from_an_owner_of_each_app(world: World) -> None:
    """Ops alone do not brake it, and neither does one owner; the other app's owner may say yes."""
    world.watch("left")
    world.click(OPS, Verb.THROTTLE, "left")
    assert world.whispers(OPS) == [say.NOT_ALLOWED]
    world.click(ROB, Verb.THROTTLE, "left")
    assert world.of("left").state is State.PROPOSED
    assert world.of("left").consents == (("right", ROB),)
    world.click(ROB, Verb.THROTTLE, "left")
    assert world.of("left").state is State.PROPOSED
    world.click(LEA, Verb.THROTTLE, "left")
    assert world.of("left").state is State.THROTTLED
    assert dict(world.of("left").consents) == {"left": LEA, "right": ROB}


def test_the_other_apps_owner_has_a_say_in_the_brake_alone(world: World) -> None:
    """Keeping it running is none of their business."""
    world.watch("left")
    world.click(ROB, Verb.KEEP, "left")
    assert world.whispers(ROB) == [say.NOT_ALLOWED]


def test_a_yes_belongs_to_one_question(world: World) -> None:
    """Asked anew, everybody is asked anew."""
    world.watch("left")
    world.click(ROB, Verb.THROTTLE, "left")
    world.click(OPS, Verb.SNOOZE, "left")
    world.sweep(times=2, every=HOUR)
    assert (world.of("left").state, world.of("left").consents) == (State.PROPOSED, ())


def test_a_brake_that_does_not_exist_cannot_be_clicked(world: World) -> None:
    """Without a lever that binds, *throttle* changes nothing."""
    world.models["auto"] = ()
    world.watch("auto")
    world.click(OPS, Verb.THROTTLE, "auto")
    assert world.of("auto").state is State.PROPOSED
    assert world.whispers(OPS) == [say.NO_BRAKE]


def test_an_app_taken_out_of_the_file_can_still_be_set_aside(world: World) -> None:
    """By ops: it has no owners any more."""
    world.client = replace(world.client, apps=world.client.apps[1:])
    world.build()
    world.click(ANA, Verb.SNOOZE, "chat")
    assert world.whispers(ANA) == [say.NOT_ALLOWED]
    world.click(OPS, Verb.SNOOZE, "chat")
    assert world.of("chat").state is State.SNOOZED


def test_status_tells_each_open_incident(world: World) -> None:
    """In one whisper, to the one who asked."""
    world.watch("auto")
    world.deliver(world.type(LEA, Verb.STATUS))
    ((who, line),) = world.chat.whispers
    assert (who, line.text) == (LEA, say.STATUS_LINES)
    assert all(f'"{app}"' in line.data["open"] for app in ("auto", "chat"))


@pytest.mark.parametrize(
    "changes",
    [{"person": "UNOBODY"}, {"incident": "none-1"}, {"verb": Verb.APPROVE, "ask": "none"}],
    ids=["person", "incident", "request"],
)
def test_what_nobody_can_use_is_refused(world: World, changes: dict[str, Any]) -> None:
    """An event about something that is not there never will be: it ends as a dead letter."""
    click = replace(world.press(OPS, Verb.SNOOZE, "chat"), **changes)
    with pytest.raises(BadMessage):
        world.sweeper.click(click)
    assert not world.store.used(f"click/{click.id}")


def test_a_crash_at_any_gate_of_a_click_loses_nothing() -> None:
    """The click is delivered again, or the sweep finishes what it led to."""
    for gate in range(1, 120):
        world = World()
        world.watch("chat")
        click = world.press(OPS, Verb.THROTTLE, "chat")
        world.deliver(click, crash_at=gate)
        died = bool(world.owed)
        if died:
            world.deliver(click)
        world.sweep(times=8)
        assert world.of("chat").state is State.THROTTLED, gate
        assert world.moves("chat").count(State.BRAKING) == 1
        world.run_out()
        world.check_end()
        if not died:
            return
    raise AssertionError("a click passes more gates than that")


def test_the_incident_of_a_click_is_read_from_the_store(world: World) -> None:
    """Somebody typed a command: it answers whatever question is open."""
    world.deliver(world.type(OPS, Verb.THROTTLE, app="chat"))
    stored = world.store.get(Incident, world.of("chat").id)
    assert stored is not None
    assert stored.state is State.THROTTLED


def to_renew(world: World) -> World:
    """To *renew?*, with the brake held."""
    throttled(world)
    world.pass_time(6 * HOUR - MINUTE)
    world.watch("chat", "warm")
    world.pass_time(MINUTE)
    world.sweep()
    assert (world.of("chat").state, bool(world.of("chat").holding)) == (State.PROPOSED, True)
    return world


def test_an_older_decision_is_not_the_answer_to_a_newer_question(world: World) -> None:
    """The throttle was decided before the question that this click is an answer to."""
    throttled(world)
    late = world.press(ANA, Verb.RELEASE, "chat")
    world.pass_time(6 * HOUR - MINUTE)
    world.watch("chat", "warm")
    world.pass_time(MINUTE)
    world.sweep()
    world.deliver(late)
    assert world.whispers(ANA) == [say.QUESTION_CHANGED]


def test_asked_anew_nothing_is_decided_yet(world: World) -> None:
    """*Keep running* ran out: its decision belongs to the last question."""
    world.click(OPS, Verb.KEEP, "chat")
    world.pass_time(24 * HOUR)
    world.watch("chat", "warm")
    world.sweep()
    assert (world.of("chat").state, world.of("chat").decision) == (State.PROPOSED, None)


def test_at_renew_the_decision_that_the_brake_stands_on_is_still_shown(world: World) -> None:
    """Until the brake is let go."""
    decision = to_renew(world).of("chat").decision
    assert decision is not None
    assert decision.by == OPS
    world.pass_time(HOUR)
    world.sweep()
    assert world.of("chat").decision is None


def test_a_click_after_the_policy_decided_reads_that_it_did() -> None:
    """And when."""
    world = World()
    world.watch("auto")
    late = world.press(OPS, Verb.KEEP, "auto")
    world.pass_time(timedelta(minutes=15))
    world.sweep(times=2)
    assert world.of("auto").state is State.THROTTLED
    world.deliver(late)
    ((_, line),) = [(who, line) for who, line in world.chat.whispers if who == OPS]
    assert (line.text, line.data["by"], line.data["action"]) == (say.ALREADY_DECIDED, POLICY, "throttle")


@pytest.mark.parametrize("verb", [Verb.KEEP, Verb.EXPECTED, Verb.SNOOZE])
def test_who_may_not_let_a_brake_go_reads_who_may(world: World, verb: Verb) -> None:
    """Ops may keep an app running, and may not release a brake here: at *renew?* that is what it would be."""
    to_renew(world).click(OPS, verb, "chat")
    ((_, line),) = [(who, line) for who, line in world.chat.whispers if who == OPS]
    assert (line.text, line.data["who"]) == (say.NOT_ALLOWED, "owner,cost owner")


def test_an_answer_whose_time_is_over_changes_nothing(world: World) -> None:
    """*Keep running until four*, delivered at five, does not let a held brake go."""
    click = world.press(RUI, Verb.KEEP, "chat", until=world.clock.at + HOUR)
    world.pass_time(2 * HOUR)
    world.deliver(click)
    assert world.of("chat").state is State.PROPOSED
    assert world.whispers(RUI) == [say.TOO_LATE]
