"""Where two rules meet: what a reader of the code could break, and cannot any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freio.adapters.local.memory import MemoryStore
from freio.domain import sentences as say
from freio.domain.click import Verb
from freio.domain.incident import QUIET_FOR, State
from freio.domain.journal import Kind
from freio.domain.notice import Notice
from freio.domain.target import Target
from freio.errors import Rejected, Unavailable
from freio.guard.failing import note
from freio.guard.moves import POLICY
from tests.simulation.cast import ANA, GUEST, MINUTE, NOW, OPS, RUI, a_target
from tests.simulation.world import World

GRACE, HOUR = timedelta(minutes=15), timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


def throttled(world: World, app: str = "chat") -> World:
    world.watch(app)
    world.click(OPS, Verb.THROTTLE, app)
    assert world.of(app).state is State.THROTTLED
    return world


def to_renew(world: World) -> None:
    """To *renew?*, with the brake held."""
    until = world.of("chat").until
    assert until is not None
    world.pass_time(until - world.clock.at - MINUTE)
    world.watch("chat", "warm")
    world.pass_time(MINUTE)
    world.sweep()
    assert (world.of("chat").state, bool(world.of("chat").holding)) == (State.PROPOSED, True)


@pytest.mark.parametrize("mood", ["calm", "late"])
def test_enforce_brakes_nothing_that_was_not_just_seen_to_run_away(world: World, mood: str) -> None:
    """A budget threshold, or a model without a price, is told; production is not braked for it."""
    world.watch("auto")
    world.pass_time(GRACE - MINUTE)
    world.watch("auto", mood)
    world.sweep(times=20)
    assert State.BRAKING not in world.moves("auto")
    assert world.of("auto").escalations > 0


def test_an_incident_does_not_end_while_its_restore_is_stuck(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A braked app is quiet by nature: what still stands there is an open incident, until it does not."""
    throttled(world)

    def refuse(target: Target, found: int | None) -> None:
        raise Rejected("no permission")

    monkeypatch.setattr(world.lever, "restore", refuse)
    world.click(ANA, Verb.RELEASE, "chat")
    world.deliver(world.type(RUI, Verb.APPROVE, ask=world.of("chat").ask))
    world.sweep(times=30)
    assert world.of("chat").state is State.STUCK
    for _ in range(4):
        world.pass_time(QUIET_FOR)
        world.watch("chat", "quiet")
    assert (world.of("chat").state, world.standing("chat")) == (State.STUCK, 200)
    assert world.pager.pages


@pytest.mark.parametrize("verb", [Verb.SNOOZE, Verb.EXPECTED, Verb.KEEP])
def test_whatever_lets_a_brake_go_needs_the_right_to_release_it(world: World, verb: Verb) -> None:
    """At *renew?* an owner asks, and ops, who may not release here, may not."""
    to_renew(throttled(world))
    world.click(OPS, verb, "chat")
    assert world.standing("chat") == 200
    world.click(ANA, verb, "chat")
    assert (world.standing("chat"), world.of("chat").state) == (200, State.PROPOSED)
    world.deliver(world.type(OPS, Verb.APPROVE, ask=world.of("chat").ask))
    assert world.standing("chat") == 200
    world.deliver(world.type(RUI, Verb.APPROVE, ask=world.of("chat").ask))
    assert world.standing("chat") is None


def test_an_old_yes_is_not_one_to_a_new_question(world: World) -> None:
    """The release that was asked for under the first throttle does not end the second one."""
    throttled(world)
    world.click(ANA, Verb.RELEASE, "chat")
    old = world.of("chat").ask
    to_renew(world)
    world.click(OPS, Verb.THROTTLE, "chat")
    world.deliver(world.type(RUI, Verb.APPROVE, ask=old))
    assert (world.of("chat").state, world.standing("chat")) == (State.THROTTLED, 200)
    assert world.whispers(RUI)[-1] == say.QUESTION_CHANGED


def test_a_guest_reads_nothing(world: World) -> None:
    """Not even the status."""
    throttled(world)
    world.deliver(world.type(GUEST, Verb.STATUS))
    assert world.whispers(GUEST) == [say.NOT_FOR_GUESTS]


def test_the_limits_that_bind_stay_when_another_is_refuted(world: World) -> None:
    """Of two models, one runs on shared capacity: its limit goes, the other one holds."""
    world.models["chat"] = ("flash", "pro")
    throttled(world)
    world.meter.says_of[a_target("chat", model="pro")] = "refuted"
    world.meter.says = "binds"
    for _ in range(8):
        world.pass_time(5 * MINUTE)
        world.watch("chat", "warm")
        world.sweep()
    incident = world.of("chat")
    assert (incident.state, incident.holding) == (State.THROTTLED, (a_target("chat"),))
    assert a_target("chat", model="pro") not in world.lever.standing
    assert incident.proposal is not None
    assert [str(p) for p in incident.proposal.uncovered] == ["pro at global: the limit was set, and does not bind"]


def test_a_fault_that_passes_is_not_paged_and_one_that_stands_is() -> None:
    """Once a day, from its third hour on; another sort of fault at once."""
    store = MemoryStore()

    def pages() -> int:
        return len([n for n in store.due(Notice, NOW + 9 * HOUR) if n.id.startswith("page/")])

    for minutes in range(0, 120, 5):
        note(store, NOW + minutes * MINUTE, "reading the spend", Unavailable("503"))
    assert pages() == 0
    for minutes in range(120, 240, 5):
        note(store, NOW + minutes * MINUTE, "reading the spend", Unavailable("503"))
    assert pages() == 1
    note(store, NOW, "reading the telemetry of p", Rejected("403"))
    assert pages() == 2
    assert len([e for e in store.entries() if e.kind is Kind.FAILURE]) == 5


def test_policy_is_nobody(world: World) -> None:
    """A decision by policy is told as such."""
    world.watch("auto")
    for _ in range(4):
        world.pass_time(5 * MINUTE)
        world.watch("auto", "warm")
        world.sweep()
    decision = world.of("auto").decision
    assert decision is not None
    assert decision.by == POLICY


def test_a_question_that_changes_late_gets_a_grace_of_its_own(world: World) -> None:
    """Policy does not brake by a limit that nobody had time to read; and it does not wait for ever either."""
    world.watch("auto")
    world.pass_time(GRACE - MINUTE)
    world.values["auto"] = 20
    world.watch("auto", "warm")
    world.sweep(times=4)
    assert world.of("auto").state is State.PROPOSED
    for value in (2000, 20, 2000, 20, 2000, 20):
        world.pass_time(10 * MINUTE)
        world.values["auto"] = value
        world.watch("auto", "warm")
        world.sweep()
    assert State.BRAKING in world.moves("auto")
