"""A brake that was set: what is said of it is what is known of it, and what binds nothing is not left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from freio.domain import sentences as say
from freio.domain.app import Level, Mode, Policy
from freio.domain.click import Verb
from freio.domain.incident import Action, Decision, State
from freio.domain.target import Target
from freio.errors import Rejected
from freio.guard.overrides import allowance
from freio.guard.raise_limit import as_granted
from freio.guard.restore import end_leases
from freio.guard.step import Step
from tests.simulation.cast import ANA, LEA, MINUTE, NOW, OPS, ROB, RUI, a_client, a_limit, a_target, an_app, brl
from tests.simulation.world import World

GRACE, HOUR = timedelta(minutes=15), timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World(client=a_client(ops_may_raise=True))


def throttled(world: World, *models: str) -> World:
    world.models["chat"] = models or ("flash",)
    world.watch("chat")
    world.click(OPS, Verb.THROTTLE, "chat")
    assert world.of("chat").state is State.THROTTLED
    return world


def minutes(world: World, count: int) -> None:
    """The app goes on running away; the watch and the sweep come every five minutes."""
    for _ in range(count // 5):
        world.pass_time(5 * MINUTE)
        world.watch("chat", "warm")
        world.sweep()


def to_its_end(world: World, mood: str = "warm") -> None:
    """One minute before the throttle runs out."""
    until = world.of("chat").until
    assert until is not None
    world.pass_time(until - world.clock.at - MINUTE)
    world.sweep()
    world.watch("chat", mood)


# ---- proof


def test_one_refuted_and_one_idle_target_refute_the_brake(world: World) -> None:
    """Nothing shows that the idle one holds anything: the next lever comes."""
    throttled(world, "flash", "pro")
    world.meter.says_of[a_target("chat", model="pro")] = "refuted"
    minutes(world, 25)
    assert world.of("chat").tried == ("quota",)
    assert world.standing("chat", "gateway") == 200
    assert not world.told(say.LOOSE)


def test_an_idle_target_of_a_brake_that_was_proved_stays(world: World) -> None:
    """It bound while there was traffic; another one does not bind."""
    throttled(world, "flash", "pro")
    world.meter.says = "binds"
    minutes(world, 20)
    world.meter.says = "quiet"
    world.meter.says_of[a_target("chat", model="pro")] = "refuted"
    minutes(world, 20)
    assert (world.of("chat").state, world.of("chat").holding) == (State.THROTTLED, (a_target("chat"),))


@pytest.mark.parametrize(
    ("levers", "said"), [(("quota",), say.PROOF_REFUTED), (("quota", "gateway"), say.PROOF_REFUTED_NEXT)]
)
def test_the_next_lever_is_promised_where_there_is_one(levers: tuple[str, ...], said: str) -> None:
    """An app may have no other in its policy."""
    policy = Policy(modes=dict.fromkeys(Level, Mode.APPROVE), levers=levers)
    world = throttled(World(client=a_client(an_app("chat", "ana", policy=policy))))
    world.meter.says = "refuted"
    minutes(world, 25)
    assert len(world.told(said)) == 1
    assert len(world.told(say.PROOF_REFUTED)) + len(world.told(say.PROOF_REFUTED_NEXT)) == 1


def test_a_limit_that_does_not_come_back_after_it_was_refuted_is_paged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its incident is at the next lever, and looks at other targets."""
    throttled(world)

    def refuse(target: Target, _: object) -> None:
        if target.lever == "quota":
            raise Rejected("no permission")

    monkeypatch.setattr(world.lever, "restore", refuse)
    world.meter.says = "refuted"
    minutes(world, 20)
    assert world.of("chat").state is State.BRAKING
    world.models["chat"] = ()
    world.sweep(times=40)
    assert world.standing("chat") == 200
    pages = [key for key in world.pager.pages if a_target("chat").id in key]
    assert len(pages) == 1
    assert "no permission" in world.pager.pages[pages[0]]


# ---- renew?


@pytest.mark.parametrize(
    ("mood", "said"), [("warm", say.RENEW), ("late", say.RENEW_UNSURE), ("calm", say.RENEW_UNSURE)]
)
def test_renew_says_what_is_known(world: World, mood: str, said: str) -> None:
    """Late data is not running away, and neither is an app that has been calm for a minute."""
    to_its_end(throttled(world), mood)
    world.pass_time(MINUTE)
    world.sweep()
    assert (world.of("chat").state, bool(world.of("chat").holding)) == (State.PROPOSED, True)
    assert len(world.told(said)) == 1
    assert len(world.told(say.RENEW)) + len(world.told(say.RENEW_UNSURE)) == 1


def test_renew_is_not_asked_for_a_limit_that_somebody_else_replaced(world: World) -> None:
    """It is looked at before it is called held; the question is on the table all the same."""
    to_its_end(throttled(world))
    world.lever.somebody_sets(a_target("chat"), 777)
    world.pass_time(MINUTE)
    world.sweep()
    assert (world.of("chat").state, world.of("chat").holding) == (State.PROPOSED, ())
    assert not world.told(say.RENEW)
    assert len(world.told(say.LEFT_FOREIGN)) == 1
    assert world.standing("chat") == 777


def test_a_lever_that_fails_does_not_delay_renew(world: World) -> None:
    """Nobody can say what stands there now; the brake is kept for its grace."""
    to_its_end(throttled(world))
    world.lever.faults.waiting += ["before"] * 3
    world.pass_time(MINUTE)
    world.sweep()
    assert (world.of("chat").state, bool(world.of("chat").holding)) == (State.PROPOSED, True)


# ---- failures


def test_stuck_says_how_often_it_was_tried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused call was one attempt, and a sentence ends with one full stop."""

    def refuse(*_: object) -> None:
        raise Rejected("no permission.")

    world.watch("chat")
    monkeypatch.setattr(world.lever, "apply", refuse)
    world.click(OPS, Verb.THROTTLE, "chat")
    ((attempts, why),) = [(line["attempts"], line["why"]) for line in world.told(say.STUCK)]
    assert attempts == "1"
    assert "no permission" in why
    assert "permission." not in why
    (retrying,) = world.told(say.RETRYING_LIMIT)
    assert (retrying["model"], retrying["location"]) == ("flash", "global")
    assert a_target("chat").id not in str(retrying)


def test_stuck_after_five_failures_says_five(world: World) -> None:
    """Each was an attempt."""
    world.watch("chat")
    world.lever.faults.waiting += ["", *["before"] * 20]
    world.click(OPS, Verb.THROTTLE, "chat")
    world.sweep(times=32)
    assert [line["attempts"] for line in world.told(say.STUCK)] == ["5"]


def test_stuck_without_a_lever_counts_no_attempts(world: World) -> None:
    """There was nothing to try."""
    throttled(world)
    world.meter.says = "refuted"
    minutes(world, 80)
    assert world.of("chat").state is State.STUCK
    assert not world.told(say.STUCK)
    assert [say.NEXT_LEVER in line["why"] for line in world.told(say.STUCK_AT)] == [True]


def test_what_was_read_back_is_said_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call went through and changed nothing: a sentence of the catalogue, with both values."""
    world.watch("chat")
    monkeypatch.setattr(world.lever, "apply", lambda *_: None)
    world.click(OPS, Verb.THROTTLE, "chat")
    (line,) = world.told(say.RETRYING_LIMIT)
    assert say.READ_BACK in line["why"]
    assert '"200"' in line["why"]


# ---- two apps on one target


def both(world: World) -> World:
    for app, value in (("left", 100), ("right", 200)):
        world.values[app] = value
        world.watch(app)
        for person in (LEA, ROB):
            world.click(person, Verb.THROTTLE, app)
    return world


def test_keeping_one_of_two_sharing_apps_says_what_still_limits_it(world: World) -> None:
    """The other one's lease holds the target they share."""
    both(world)
    until = world.of("right").until
    assert until is not None
    world.pass_time(until - world.clock.at - MINUTE)
    for app in ("left", "right"):
        world.watch(app, "warm")
    world.pass_time(MINUTE)
    world.sweep()
    world.click(OPS, Verb.KEEP, "right")
    assert (world.of("right").state, world.standing("right")) == (State.OVERRIDDEN, 100)
    (line,) = world.told(say.STILL_HELD)
    assert (line["apps"], line["value"], line["model"]) == ("left", "100", "flash")


def test_a_lease_that_was_alone_leaves_nothing_to_tell(world: World) -> None:
    """Its target is free."""
    throttled(world)
    step = Step(world.clock.at)
    end_leases(step, world.store, world.of("chat"))
    assert not [n for n in step.change().touch if n.text == say.STILL_HELD]


# ---- raising


def test_a_raise_says_what_is_in_force(world: World) -> None:
    """A stricter limit that was found, or another app's, stays in force whatever was raised."""
    world.lever.somebody_sets(a_target("chat"), 250)
    throttled(world)
    world.click(OPS, Verb.RAISE, "chat")
    assert world.standing("chat") == 250
    (line,) = world.told(say.RAISED_WITHIN)
    assert (line["value"], line["standing"]) == ("400", "250")
    both(world)
    world.click(OPS, Verb.RAISE, "right")
    assert world.standing("right") == 100
    assert (world.told(say.RAISED_WITHIN)[-1]["standing"], world.told(say.RAISED)) == ("100", [])


@pytest.mark.parametrize("later", [2 * HOUR, 6 * HOUR])
def test_a_raise_that_comes_after_its_time_changes_nothing(world: World, later: timedelta) -> None:
    """Granted until four, delivered at five; or when the throttle itself was over."""
    throttled(world)
    click = world.press(OPS, Verb.RAISE, "chat", until=world.clock.at + HOUR)
    before = world.of("chat")
    world.pass_time(later)
    world.deliver(click)
    assert world.of("chat").proposal == before.proposal
    assert world.standing("chat") == 200
    assert world.whispers(OPS) == [say.TOO_LATE]


def test_a_throttle_that_is_over_is_not_raised(world: World) -> None:
    """Its timer asks, within a minute: a click, or an approval, that comes before it does not extend it."""
    throttled(world)
    until = world.of("chat").until
    world.pass_time(6 * HOUR)
    world.click(OPS, Verb.RAISE, "chat")
    assert (world.of("chat").until, world.standing("chat")) == (until, 200)
    assert world.whispers(OPS) == [say.QUESTION_CHANGED]


def test_an_approval_after_the_throttle_is_over_is_kept_as_an_override(world: World) -> None:
    """It was asked for until midnight, and approved a moment too late to raise anything: the budget is larger."""
    throttled(world)
    world.client = a_client()
    world.build()
    world.click(ANA, Verb.RAISE, "chat", amount=Decimal(50), until=world.clock.at + 9 * HOUR)
    ask = world.of("chat").ask
    world.pass_time(6 * HOUR)
    world.deliver(world.type(RUI, Verb.APPROVE, ask=ask))
    assert (world.of("chat").state, world.standing("chat")) == (State.PROPOSED, 200)
    assert not world.told(say.RAISED)
    assert allowance(world.store, "chat", world.clock.at) == brl(50)


def test_a_raise_at_a_gateway_ends_at_what_was_in_force_there() -> None:
    """A key has its team's 700, and no limit of its own. One of 1,000 would hide the team's, and loosen it."""
    limit = a_limit("chat", "gateway", "fast", 500)
    more = Decision(action=Action.RAISE, by=RUI, at=NOW, until=NOW + HOUR)
    (free,) = as_granted([limit], more)
    (held,) = as_granted([replace(limit, effective=700)], more)
    (quota,) = as_granted([replace(a_limit("chat", "quota", "fast", 500), effective=700)], more)
    assert (free.value, held.value, quota.value) == (1_000, 700, 1_000)
