"""An operator lets go of everything, beside a running enforcer or without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from freio.adapters.local.memory import MemoryStore
from freio.domain import sentences as say
from freio.domain.click import Verb
from freio.domain.incident import Action, Incident, State
from freio.domain.journal import Kind
from freio.domain.target import Brake, Hold, Lease, Target
from freio.errors import BadInput, Gone, Unreadable
from freio.guard.release import Releaser
from freio.ports import Change
from tests.simulation.cast import LEA, MINUTE, OPS, ROB, a_target
from tests.simulation.world import World

BY = "freio release, by tess"


@pytest.fixture
def world() -> World:
    return World()


def releaser(world: World) -> Releaser:
    return world.releaser


def throttled(world: World, *apps: str) -> None:
    for app in apps:
        world.watch(app)
        world.click(OPS, Verb.THROTTLE, app)
        assert world.of(app).state is State.THROTTLED


def test_what_is_held_is_said_and_nothing_is_touched(world: World) -> None:
    """Whose it is, what stands there, and what it goes back to."""
    world.lever.somebody_sets(a_target("chat"), 900)
    throttled(world, "chat")
    (held,) = releaser(world).held()
    assert (held.apps, held.stands, held.returns, held.is_back) == (("chat",), 200, 900, False)
    assert world.standing("chat") == 200
    assert releaser(world).held("auto") == []


def test_everything_is_let_go_by_the_one_who_is_named(world: World) -> None:
    """Through RESTORING, as a person's release goes; what stood before is back, and the journal and Slack say who."""
    world.lever.somebody_sets(a_target("chat"), 900)
    throttled(world, "chat", "auto")
    releaser(world).release("", BY)
    assert (world.standing("chat"), world.standing("auto")) == (900, None)
    assert all(one.is_back for one in releaser(world).held())
    for app in ("chat", "auto"):
        incident = world.of(app)
        assert [state for state, _ in incident.trail][-2:] == [State.RESTORING, State.RESOLVED]
        assert incident.decision is not None
        assert (incident.decision.action, incident.decision.by) == (Action.RELEASE, BY)
    assert [e.by for e in world.store.entries() if e.what == f"{State.THROTTLED}->{State.RESTORING}"] == [BY, BY]
    world.alerter.deliver()
    assert [line["by"] for line in world.told(say.DECIDED)] == [BY, BY]
    world.run_out()
    world.check_end()


def test_one_apps_release_leaves_the_others_alone(world: World) -> None:
    """By its name; one that nobody knows is refused with those there are."""
    throttled(world, "chat", "auto")
    releaser(world).release("chat", BY)
    assert (world.standing("chat"), world.standing("auto")) == (None, 200)
    assert world.of("auto").state is State.THROTTLED
    with pytest.raises(BadInput, match="no app 'chta'; there are: chat"):
        releaser(world).held("chta")


def test_a_target_that_two_hold_goes_on_being_held_for_the_other(world: World) -> None:
    """Releasing one app ends its lease alone; releasing all ends both."""
    for app in ("left", "right"):
        world.watch(app)
        world.click(LEA, Verb.THROTTLE, app)
        world.click(ROB, Verb.THROTTLE, app)
    releaser(world).release("left", BY)
    assert world.standing("left") == 200
    (held,) = releaser(world).held()
    assert held.apps == ("right",)
    releaser(world).release("", BY)
    assert world.standing("left") is None


def test_a_brake_that_is_half_set_is_let_go_too(world: World) -> None:
    """Its lever did not answer: without this it would be set a minute later."""
    world.watch("chat")
    world.lever.faults.waiting += ["before"] * 3
    world.click(OPS, Verb.THROTTLE, "chat")
    assert world.of("chat").state is State.BRAKING
    world.lever.faults.waiting.clear()
    releaser(world).release("", BY)
    assert world.of("chat").state is State.RESOLVED
    assert world.standing("chat") is None
    world.run_out()
    world.check_end()


def test_what_was_stuck_is_tried_at_once(world: World) -> None:
    """Somebody at the command line does not wait for a pause of an hour to end."""
    throttled(world, "chat")
    world.lever.faults.waiting += ["before"] * 400
    releaser(world).release("", BY)
    world.sweep(times=40)
    assert world.of("chat").state is State.STUCK
    (held,) = releaser(world).held()
    assert (held.is_back, held.apps) == (False, ("chat",))
    assert held.error
    world.lever.faults.waiting.clear()
    assert world.of("chat").due_at is not None
    releaser(world).release("", BY)
    assert world.of("chat").state is State.RESOLVED
    assert world.standing("chat") is None


def test_somebody_elses_value_is_left(world: World) -> None:
    """And it is what stands there, so that nothing of ours is held any more."""
    throttled(world, "chat")
    world.lever.somebody_sets(a_target("chat"), 5000)
    releaser(world).release("", BY)
    assert world.standing("chat") == 5000
    assert all(one.is_back for one in releaser(world).held())
    assert [e.kind for e in world.store.entries() if e.what == "left"] == [Kind.FOREIGN]


def test_a_lease_that_nobodys_incident_stands_for_is_ended(world: World) -> None:
    """As a restored database may have one; it is in the journal by whom."""
    throttled(world, "chat")
    at = world.clock.at
    lost = Lease(incident="gone", app="chat", value=100, since=at, until=at + timedelta(hours=1))
    brake = Brake(target=a_target("auto"), found_known=True, leases=(lost,), hold=Hold.HELD, ours=(None, 100))
    world.store.commit(Change(put=(brake,)))
    world.lever.standing[a_target("auto")] = 100
    releaser(world).release("", BY)
    assert world.standing("auto") is None
    assert [e.by for e in world.store.entries() if e.what == "lease ended"] == [BY]


def test_a_call_that_takes_effect_after_the_release_is_seen(world: World) -> None:
    """Let go, and ours stands there again: said not to be back, and put back by the next try."""
    throttled(world, "chat")
    releaser(world).release("", BY)
    world.lever.standing[a_target("chat")] = 200
    (held,) = releaser(world).held()
    assert (held.hold, held.stands, held.is_back) == (Hold.SETTLING, 200, False)
    releaser(world).release("", BY)
    assert world.standing("chat") is None


def releasing(world: World) -> None:
    world.releaser.release("", BY)


@pytest.mark.parametrize("bad", ["chat", "auto"])
def test_a_target_that_cannot_be_read_keeps_no_other_held(
    bad: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the order; what failed is handed back."""
    throttled(world, "chat", "auto")
    read = type(world.store).get

    def get(self: MemoryStore, kind: Any, key: str) -> Any:
        if kind is Brake and key == a_target(bad).id:
            raise Unreadable("a Brake cannot be read")
        return read(self, kind, key)

    monkeypatch.setattr(type(world.store), "get", get)
    failures = world.releaser.release("", BY)
    (other,) = {"chat", "auto"} - {bad}
    assert a_target(other) not in world.lever.standing
    assert any("a Brake cannot be read" in failure for failure in failures)


@pytest.mark.parametrize("bad", ["chat", "auto"])
def test_an_incident_that_cannot_be_read_holds_nothing_where_all_is_let_go(
    bad: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record of its target can be: that is enough to put back what stood there."""
    throttled(world, "chat", "auto")
    one = world.of(bad)
    read, opened = type(world.store).get, type(world.store).open_incidents

    def get(self: MemoryStore, kind: Any, key: str) -> Any:
        if kind is Incident and key == one.id:
            raise Unreadable("an Incident cannot be read")
        return read(self, kind, key)

    monkeypatch.setattr(type(world.store), "get", get)
    monkeypatch.setattr(type(world.store), "open_incidents", lambda store: [i for i in opened(store) if i.id != one.id])
    world.releaser.release("", BY)
    assert world.lever.standing == {}


def test_a_target_whose_record_cannot_be_read_keeps_no_other_of_its_incident_held(world: World) -> None:
    """One incident, two targets: the one that can be let go is."""
    world.models["chat"] = ("flash", "pro")
    throttled(world, "chat")
    world.spoil(Brake, a_target("chat", model="pro").id)
    world.releaser.release("", BY)
    assert a_target("chat") not in world.lever.standing
    assert world.releaser.unreadable()


def test_what_is_let_go_under_a_lever_call_is_not_called_back_before_that_can_have_come(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The enforcer was at it, and a destroy that follows would stop it before it sees that it came last."""
    world.watch("chat")
    said: list[bool] = []
    apply = world.lever.apply

    def slow(target: Target, value: Any) -> None:
        monkeypatch.undo()
        world.releaser.release("", BY)
        said.extend(one.is_back for one in world.releaser.held())
        apply(target, value)

    monkeypatch.setattr(world.lever, "apply", slow)
    world.click(OPS, Verb.THROTTLE, "chat")
    assert said == [False]
    world.sweep(times=30)
    assert world.standing("chat") is None
    assert all(one.is_back for one in world.releaser.held())


def test_what_has_settled_is_back_whatever_it_once_found(world: World) -> None:
    """A second release after the functions have stopped finds nothing of ours."""
    world.lever.somebody_sets(a_target("chat"), 900)
    throttled(world, "chat")
    world.releaser.release("", BY)
    world.sweep(times=30)
    assert world.brake("chat").hold is Hold.FREE
    assert world.releaser.look(a_target("chat")).is_back


def test_what_is_not_there_any_more_is_not_held(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that was deleted under its brake: nothing of ours can stand there."""
    throttled(world, "chat")
    held = [one.target for one in world.releaser.held()]

    def gone(_: Target) -> None:
        raise Gone("404: the key was deleted")

    monkeypatch.setattr(world.lever, "read_back", gone)
    world.build()
    world.releaser.release("", BY)
    assert world.releaser.held() == []
    assert [world.releaser.look(target).is_back for target in held] == [True]


def test_a_sweep_at_the_same_time_changes_nothing(world: World) -> None:
    """Each gate of either hands over to the other; everything is back in the end, once."""
    for runs in ([1] * 200, [3] * 80, [7] * 40, [2, 11] * 20):
        throttled(world, "chat", "auto")
        world.store.commit(Change(put=tuple(replace(i, due_at=world.clock.at) for i in world.store.open_incidents())))
        works: list[Callable[[], None]] = [partial(releasing, world), world.sweeping]
        world.race(works, runs)
        world.sweep(times=30, every=MINUTE)
        assert (world.standing("chat"), world.standing("auto")) == (None, None)
        assert [world.of(app).state for app in ("chat", "auto")] == [State.RESOLVED, State.RESOLVED]
    world.run_out()
    world.check_end()
