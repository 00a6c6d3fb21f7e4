"""No limit is set on an authority that has ended, or that the file of today does not give any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from freio.domain import sentences as say
from freio.domain.app import Level, Mode, Policy
from freio.domain.click import Verb
from freio.domain.incident import State
from freio.domain.target import Target
from freio.errors import Rejected
from freio.ports import Change
from tests.simulation.cast import LEA, MINUTE, OPS, ROB, a_client, a_target, an_app
from tests.simulation.world import World

GRACE, HOUR = timedelta(minutes=15), timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World(client=a_client(ops_may_raise=True))


def refuse(*_: object) -> None:
    raise Rejected("no permission")


def hours(world: World, app: str, count: int) -> None:
    """The app goes on running away, and is looked at every hour."""
    for _ in range(count):
        world.pass_time(HOUR)
        world.watch(app, "warm")
        world.sweep()


# ---- its end


def test_a_throttle_whose_time_passed_before_it_was_claimed_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clicked until nine in the evening; the lever worked again the next day."""
    world.watch("chat")
    monkeypatch.setattr(world.lever, "read_back", refuse)
    world.click(OPS, Verb.THROTTLE, "chat")
    hours(world, "chat", 4)
    assert world.of("chat").state is State.STUCK
    hours(world, "chat", 16)
    monkeypatch.undo()
    hours(world, "chat", 3)
    assert (world.of("chat").state, world.lever.standing) == (State.PROPOSED, {})
    assert len(world.told(say.AUTHORITY_OVER)) == 1


@pytest.mark.parametrize("ticks", [1, 9])
def test_a_lease_that_ended_before_its_limit_was_set_is_never_set(
    world: World, monkeypatch: pytest.MonkeyPatch, ticks: int
) -> None:
    """Neither by the incident nor by the target's own retry; the question is on the table again when it ends."""
    world.watch("chat")
    monkeypatch.setattr(world.lever, "apply", refuse)
    world.click(OPS, Verb.THROTTLE, "chat")
    until = world.of("chat").until
    assert until is not None
    world.pass_time(until - world.clock.at - MINUTE)
    world.watch("chat", "warm")
    world.sweep()
    assert world.of("chat").state is State.STUCK
    monkeypatch.undo()
    world.pass_time(MINUTE)
    world.sweep(times=ticks)
    assert (world.of("chat").state, world.brake("chat").leases, world.lever.standing) == (State.PROPOSED, (), {})


def test_a_limit_that_stands_when_the_incident_hears_of_it_late_is_renewed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target was driven by the last tick before the end: it is a throttle, and asks as every throttle does."""
    world.watch("chat")
    monkeypatch.setattr(world.lever, "apply", refuse)
    world.click(OPS, Verb.THROTTLE, "chat")
    stuck = world.of("chat")
    assert stuck.until is not None
    monkeypatch.undo()
    world.pass_time(stuck.until - world.clock.at - MINUTE)
    world.watch("chat", "warm")
    world.holder.drive(a_target("chat"))
    world.pass_time(MINUTE)
    world.sweep(times=3)
    assert (world.of("chat").state, world.standing("chat")) == (State.PROPOSED, 200)
    assert bool(world.of("chat").holding)


def test_a_stricter_lease_that_ended_does_not_tighten_another_apps_limit(world: World) -> None:
    """Of two apps on one target: nothing is set at the value of a lease that is over."""
    world.watch("left")
    for person in (LEA, ROB):
        world.click(person, Verb.THROTTLE, "left")
    until = world.of("left").until
    assert until is not None
    world.sweep(times=20)
    world.pass_time(until - world.clock.at)
    brake = world.brake("left")
    world.lever.standing.pop(brake.target)
    world.store.commit(Change(put=(replace(brake, ours=(200, None), due_at=world.clock.at),)))
    world.holder.drive(brake.target)
    assert brake.target not in world.lever.standing


def test_the_next_lever_after_a_raise_keeps_its_level_and_its_end(world: World) -> None:
    """Granted until in three days, it ends with the throttle; 360 BRL for six hours buy 100,000 tokens a minute."""
    world.watch("chat")
    world.click(OPS, Verb.THROTTLE, "chat")
    until = world.of("chat").until
    world.click(OPS, Verb.RAISE, "chat", amount=Decimal(360), until=world.clock.at + timedelta(days=3))
    assert world.standing("chat") == 100_200
    world.meter.says = "refuted"
    world.sweep(times=8, every=5 * MINUTE)
    world.meter.says = "binds"
    world.watch("chat", "warm")
    world.sweep()
    assert (world.of("chat").state, world.of("chat").until) == (State.THROTTLED, until)
    assert world.standing("chat", "gateway") == 100_200


# ---- the policy


def observe(world: World) -> None:
    now = replace(world.client.apps[1], policy=Policy(modes=dict.fromkeys(Level, Mode.OBSERVE)))
    world.client = replace(world.client, apps=(world.client.apps[0], now))


def remove(world: World) -> None:
    world.client = replace(world.client, apps=(world.client.apps[0],))


def share(world: World) -> None:
    twin = replace(an_app("twin", "rob"), match=world.client.apps[1].match)
    world.client = replace(world.client, apps=(*world.client.apps, twin))


@pytest.mark.parametrize("call", ["read_back", "apply"])
@pytest.mark.parametrize("change", [observe, remove, share])
def test_policy_brakes_nothing_that_it_would_not_brake_today(
    world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[World], None], call: str
) -> None:
    """It said enforce; the lever failed; meanwhile the file was changed. Before and after the lease was claimed."""
    world.watch("auto")
    monkeypatch.setattr(world.lever, call, refuse)
    world.pass_time(GRACE)
    world.sweep(times=3)
    assert world.of("auto").state is State.STUCK
    change(world)
    world.build()
    monkeypatch.undo()
    world.sweep(times=3, every=HOUR)
    assert State.THROTTLED not in world.moves("auto")
    assert not world.lever.standing
    assert world.told(say.POLICY_CHANGED)
    world.sweep(times=30)
    assert world.of("auto").state is (State.RESOLVED if change is remove else State.PROPOSED)


def test_a_person_may_brake_whatever_the_policy_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An authorised click is an authority of its own."""
    world.watch("auto")
    monkeypatch.setattr(world.lever, "apply", refuse)
    world.click(OPS, Verb.THROTTLE, "auto")
    observe(world)
    world.build()
    monkeypatch.undo()
    world.sweep(times=3, every=HOUR)
    assert (world.of("auto").state, world.standing("auto")) == (State.THROTTLED, 200)


def test_a_target_that_was_refused_is_not_asked_for_by_a_changed_policy(world: World) -> None:
    """The target's own retry looks at the file as well."""
    targets: list[Target] = []
    world.watch("auto")
    world.lever.faults.waiting += ["", "", *["before"] * 2]
    world.pass_time(GRACE)
    world.sweep(times=2)
    assert world.of("auto").state is State.BRAKING
    observe(world)
    world.build()
    world.lever.faults.waiting.clear()
    world.lever.spy = lambda _, target, __: targets.append(target)
    world.sweep(times=5)
    assert targets == []
