"""Targets and leases: what stood there, whose value it is, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from freio.domain.click import Verb
from freio.domain.incident import Incident, State
from freio.domain.journal import Kind
from freio.domain.lever import Setting
from freio.domain.phrase import Phrase
from freio.domain.sentences import ALL_GONE, BRAKED, FOLLOWED, GONE_LIMIT, LEFT_FOREIGN, LEFT_OUT, LET_GO
from freio.domain.target import Brake, Hold, Lease, Target
from freio.errors import Gone, Unavailable
from freio.guard.tell import gone_since
from freio.ports import Change
from tests.simulation.cast import LEA, MINUTE, NOW, OPS, ROB, RUI, a_client, a_target
from tests.simulation.gates import Worker
from tests.simulation.parts import Late
from tests.simulation.world import World

HOUR = timedelta(hours=1)
CHAT = a_target("chat")
PRO = a_target("chat", model="pro")


@pytest.fixture
def world() -> World:
    return World(client=a_client(ops_may_raise=True))


def gone(_: Target) -> None:
    raise Gone("404: the key was deleted")


def throttled(world: World, app: str = "chat") -> World:
    """An app that ran away and was throttled by somebody who may."""
    world.watch(app)
    for person in (LEA, ROB) if app in {"left", "right"} else (OPS,):
        world.click(person, Verb.THROTTLE, app)
    assert world.of(app).state is State.THROTTLED
    return world


def test_the_lease_is_in_the_store_with_what_stood_there_before_the_lever_is_called(world: World) -> None:
    """At the first lever call the claim can be read: the lease, the former value, and our own as ours."""
    world.lever.somebody_sets(CHAT, 900)
    world.lever.author.clear()
    seen: list[Brake | None] = []
    world.lever.spy = lambda *_: seen.append(world.store.get(Brake, CHAT.id))
    throttled(world)
    (brake,) = seen
    assert brake is not None
    assert (brake.found_known, brake.found, [lease.value for lease in brake.leases]) == (True, 900, [200])
    assert brake.is_ours(200)


def test_a_former_override_is_put_back_exactly(world: World) -> None:
    """What stood there before the first lease stands there after the last."""
    world.lever.somebody_sets(CHAT, 900)
    throttled(world)
    assert world.standing("chat") == 200
    world.click(OPS, Verb.RELEASE, "chat")
    assert (world.standing("chat"), world.of("chat").state) == (900, State.RESOLVED)


def test_our_own_override_is_deleted_where_none_stood_before(world: World) -> None:
    """Not set to a large number: gone."""
    throttled(world).click(OPS, Verb.RELEASE, "chat")
    assert CHAT not in world.lever.standing


def test_a_throttle_never_loosens_what_was_found(world: World) -> None:
    """A stricter limit of somebody else's stays in force during the lease."""
    world.lever.somebody_sets(CHAT, 150)
    throttled(world)
    assert world.standing("chat") == 150


def test_somebody_elses_value_is_left_journalled_and_told_when_letting_go(world: World) -> None:
    """Restore only what is still ours."""
    throttled(world)
    world.lever.somebody_sets(CHAT, 777)
    world.click(OPS, Verb.RELEASE, "chat")
    assert (world.standing("chat"), world.of("chat").state) == (777, State.RESOLVED)
    (entry,) = [e for e in world.store.entries() if e.kind is Kind.FOREIGN]
    assert entry.data["value"] == "777"
    assert any(key.endswith("/left") for lines in world.chat.lines.values() for key in lines)


def test_somebody_elses_value_under_a_throttle_asks_people_again(world: World) -> None:
    """The lease is over, their value stays, and the question is on the table again."""
    throttled(world)
    world.lever.somebody_sets(CHAT, 777)
    world.sweep(times=2, every=5 * MINUTE)
    assert (world.standing("chat"), world.of("chat").state) == (777, State.PROPOSED)
    assert world.brake("chat").leases == ()


def test_what_others_set_after_we_let_go_is_their_affair(world: World) -> None:
    """It stays, and nobody is told of it."""
    throttled(world).click(OPS, Verb.RELEASE, "chat")
    world.lever.somebody_sets(CHAT, 777)
    world.sweep(times=20)
    assert (world.standing("chat"), world.brake("chat").hold) == (777, Hold.FREE)
    assert not [e for e in world.store.entries() if e.kind is Kind.FOREIGN]


def test_a_new_lease_takes_somebody_elses_value_as_what_it_found(world: World) -> None:
    """After a new decision it is braked, and theirs returns."""
    throttled(world)
    world.lever.somebody_sets(CHAT, 777)
    world.sweep(times=2, every=5 * MINUTE)
    world.click(OPS, Verb.THROTTLE, "chat")
    assert (world.standing("chat"), world.brake("chat").found) == (200, 777)
    world.click(OPS, Verb.RELEASE, "chat")
    assert world.standing("chat") == 777


def test_an_override_that_somebody_deletes_later_stays_deleted(world: World) -> None:
    """Once the brake has settled, an absence is no remainder of our own calls."""
    throttled(world)
    world.sweep(times=5, every=5 * MINUTE)
    del world.lever.standing[CHAT]
    world.sweep(times=2, every=5 * MINUTE)
    assert CHAT not in world.lever.standing
    assert world.of("chat").state is State.PROPOSED


def test_who_takes_a_fresh_brake_away_twice_is_left_alone(world: World) -> None:
    """The first time a late call of our own may have done it; people are told that it was set again."""
    throttled(world)
    for standing in (200, None):
        del world.lever.standing[CHAT]
        world.sweep(times=6)
        assert world.standing("chat") == standing
    assert world.of("chat").state is State.PROPOSED
    assert len(world.told(BRAKED)) == 2
    assert len(world.told(LEFT_FOREIGN)) == 1


def test_a_late_call_of_ours_is_still_ours_after_somebody_took_the_brake_away(world: World) -> None:
    """Only what stood in its place counts as theirs from then on: what we tried to write before may come minutes later.

    Set (the call timed out, and lands after nine minutes), raised, deleted by a person, set again; then it lands.
    """
    world.watch("chat")
    world.lever.faults.waiting += ["", "", "late"]
    world.click(OPS, Verb.THROTTLE, "chat")
    world.lever.late[:] = [Late(NOW + 9 * MINUTE, CHAT, 200)]
    world.sweep(times=3)
    world.click(OPS, Verb.RAISE, "chat")
    world.sweep()
    del world.lever.standing[CHAT]
    world.sweep(times=30)
    assert (world.standing("chat"), world.of("chat").state) == (400, State.THROTTLED)
    world.run_out()
    assert (world.standing("chat"), world.told(LEFT_FOREIGN)) == (None, [])


def test_two_late_calls_of_ours_are_both_ours(world: World) -> None:
    """Nobody else is there: two calls that timed out land one after the other."""
    world.watch("chat")
    world.lever.faults.waiting += ["", "", "late"]
    world.click(OPS, Verb.THROTTLE, "chat")
    world.sweep(times=3)
    world.lever.faults.waiting += ["", "late"]
    world.click(OPS, Verb.RAISE, "chat")
    world.lever.late[:] = [Late(NOW + 9 * MINUTE, CHAT, 200), Late(NOW + 16 * MINUTE, CHAT, 400)]
    world.sweep(times=3)
    world.click(OPS, Verb.RAISE, "chat")
    world.sweep(times=26)
    assert (world.standing("chat"), world.of("chat").state) == (800, State.THROTTLED)
    world.run_out()
    assert (world.standing("chat"), world.told(LEFT_FOREIGN)) == (None, [])


def test_a_target_that_is_gone_ends_its_brake_and_calls_a_person(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be put back there; the question is on the table again, and nothing is tried for ever."""
    world.lever.somebody_sets(CHAT, 900)
    throttled(world)
    monkeypatch.setattr(world.lever, "read_back", gone)
    world.sweep(times=6)
    assert world.of("chat").state is State.PROPOSED
    assert (world.brake("chat").hold, world.brake("chat").leases) == (Hold.FREE, ())
    (told,) = world.told(GONE_LIMIT)
    assert told["found"] == "900"
    assert [entry.what for entry in world.store.entries() if entry.kind is Kind.FOREIGN] == ["404: the key was deleted"]


def test_a_target_that_is_gone_keeps_nobody_from_letting_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to put back: the incident ends."""
    throttled(world)
    monkeypatch.setattr(world.lever, "read_back", gone)
    world.click(OPS, Verb.RELEASE, "chat")
    world.sweep(times=2)
    assert world.of("chat").state is State.RESOLVED


def two_of_which_one_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """An app with two targets; the first is deleted when what comes back is called."""
    world.models["chat"] = ("flash", "pro")
    read = world.lever.read_back

    def delete() -> None:
        monkeypatch.setattr(world.lever, "read_back", lambda target: gone(target) if target == CHAT else read(target))

    return delete


def uncovered(world: World) -> tuple[Phrase, ...]:
    proposal = world.of("chat").proposal
    assert proposal is not None
    return proposal.uncovered


def test_one_target_that_is_gone_does_not_lift_the_brake_of_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever deletes one of their keys frees no other; the message says what is not covered any more."""
    delete = two_of_which_one_goes(world, monkeypatch)
    throttled(world)
    delete()
    world.sweep(times=9)
    assert (world.of("chat").state, world.of("chat").holding) == (State.THROTTLED, (PRO,))
    assert world.lever.standing[PRO] == 200
    assert uncovered(world) == (gone_since(CHAT),)
    assert len(world.told(GONE_LIMIT)) == len(world.pager.pages) == 1
    world.click(OPS, Verb.RELEASE, "chat")
    assert (world.of("chat").state, world.lever.standing.get(PRO)) == (State.RESOLVED, None)


def test_one_target_that_goes_while_it_is_braked_does_not_stop_the_brake_of_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the claim and the first call."""
    delete = two_of_which_one_goes(world, monkeypatch)
    world.watch("chat")
    world.lever.spy = lambda *_: delete()
    world.lever.faults.waiting += ["", "", "", "before"]
    world.click(OPS, Verb.THROTTLE, "chat")
    world.sweep(times=9)
    assert (world.of("chat").state, world.of("chat").holding) == (State.THROTTLED, (PRO,))
    assert uncovered(world) == (gone_since(CHAT),)


def test_a_throttle_that_ends_is_renewed_for_what_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it goes in the very minute in which people are asked."""
    delete = two_of_which_one_goes(world, monkeypatch)
    throttled(world)
    until = world.of("chat").until
    assert until is not None
    world.pass_time(until - world.clock.at)
    world.watch("chat", "warm")
    delete()
    world.sweep()
    assert (world.of("chat").state, world.of("chat").holding) == (State.PROPOSED, (PRO,))
    assert world.lever.standing[PRO] == 200


def test_a_target_that_is_gone_when_it_is_braked_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was rotated after the message was drawn: the others are braked, and it is said."""
    delete = two_of_which_one_goes(world, monkeypatch)
    world.watch("chat")
    delete()
    world.click(OPS, Verb.THROTTLE, "chat")
    assert (world.of("chat").state, world.of("chat").holding) == (State.THROTTLED, (PRO,))
    assert world.lever.standing == {PRO: 200}
    assert uncovered(world) == (gone_since(CHAT),)
    assert len(world.told(LEFT_OUT)) == 1


def test_where_all_is_gone_when_it_is_braked_people_are_asked_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not for ever about the same: the watch works out another brake."""
    world.watch("chat")
    monkeypatch.setattr(world.lever, "read_back", gone)
    world.click(OPS, Verb.THROTTLE, "chat")
    assert (world.of("chat").state, world.of("chat").holding) == (State.PROPOSED, ())
    assert len(world.told(ALL_GONE)) == 1
    monkeypatch.undo()
    world.click(OPS, Verb.THROTTLE, "chat")
    assert (world.of("chat").state, world.standing("chat")) == (State.THROTTLED, 200)


def rotated(world: World, monkeypatch: pytest.MonkeyPatch) -> Target:
    """The target is replaced by another one, with all that stands there."""
    heir, read = a_target("chat", model="flash-2"), world.lever.read_back
    if CHAT in world.lever.standing:
        world.lever.standing[heir] = world.lever.standing.pop(CHAT)

    def asked(target: Target) -> Setting:
        if target == CHAT:
            raise Gone("404: the key was rotated", heir)
        return read(target)

    monkeypatch.setattr(world.lever, "read_back", asked)
    return heir


@pytest.mark.parametrize("found", [None, 900])
def test_a_brake_goes_on_where_a_rotated_key_carries_it(
    world: World, monkeypatch: pytest.MonkeyPatch, found: int | None
) -> None:
    """Our own limit is not taken for the client's: what stood there before returns there at the end."""
    if found is not None:
        world.lever.somebody_sets(CHAT, found)
    throttled(world)
    heir = rotated(world, monkeypatch)
    world.sweep(times=9)
    incident = world.of("chat")
    assert incident.proposal is not None
    assert (incident.state, incident.holding) == (State.THROTTLED, (heir,))
    assert [one.target for one in incident.proposal.steps] == [heir]
    assert (world.lever.standing[heir], world.pager.pages, len(world.told(FOLLOWED))) == (200, {}, 1)
    world.click(OPS, Verb.RELEASE, "chat")
    assert (world.of("chat").state, world.lever.standing.get(heir)) == (State.RESOLVED, found)


def test_a_key_that_is_rotated_while_it_is_let_go_gets_back_what_stood_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The restore failed once, and then the key was another one."""
    world.lever.somebody_sets(CHAT, 900)
    throttled(world)
    world.lever.faults.waiting += ["", "before"]
    world.click(OPS, Verb.RELEASE, "chat")
    assert world.of("chat").state is State.RESTORING
    heir = rotated(world, monkeypatch)
    world.sweep(times=5)
    assert (world.of("chat").state, world.lever.standing[heir]) == (State.RESOLVED, 900)
    assert world.pager.pages == {}


@pytest.mark.parametrize("theirs", [None, 777])
def test_a_key_of_the_same_name_that_carries_no_brake_of_ours_is_another_key(
    world: World, monkeypatch: pytest.MonkeyPatch, theirs: int | None
) -> None:
    """It was deleted and made anew: nothing is set there, and people are asked."""
    throttled(world)
    heir = rotated(world, monkeypatch)
    world.lever.standing.pop(heir)
    if theirs is not None:
        world.lever.somebody_sets(heir, theirs)
    world.sweep(times=6)
    assert (world.of("chat").state, world.lever.standing.get(heir)) == (State.PROPOSED, theirs)
    assert len(world.pager.pages) == 1


def test_nobody_is_woken_for_a_target_that_went_after_it_was_put_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It carries no brake of ours: it is journalled, and looked at no more."""
    throttled(world)
    world.click(OPS, Verb.RELEASE, "chat")
    assert (world.of("chat").state, world.brake("chat").hold) == (State.RESOLVED, Hold.SETTLING)
    monkeypatch.setattr(world.lever, "read_back", gone)
    world.sweep(times=30)
    assert (world.brake("chat").hold, world.brake("chat").due_at) == (Hold.FREE, None)
    assert (world.pager.pages, world.told(GONE_LIMIT)) == ({}, [])


def test_a_restore_that_acts_late_does_not_undo_the_next_brake(world: World) -> None:
    """While our own calls may still be under way, an absence is ours, and the brake is set again."""
    throttled(world).click(OPS, Verb.RELEASE, "chat")
    world.pass_time(MINUTE)
    throttled(world)
    world.lever.late.append(Late(world.clock.at + MINUTE, CHAT, None))
    world.sweep(times=7, every=MINUTE)
    assert (world.standing("chat"), world.of("chat").state) == (200, State.THROTTLED)


def test_a_brake_that_acts_late_is_taken_off_again(world: World) -> None:
    """Some time after the restore it is looked at once more."""
    throttled(world).click(OPS, Verb.RELEASE, "chat")
    world.lever.late.append(Late(world.clock.at + 3 * MINUTE, CHAT, 200))
    world.sweep(times=4)
    assert world.standing("chat") == 200
    world.sweep(times=40)
    assert world.standing("chat") is None
    assert world.brake("chat").hold is Hold.FREE


def test_a_lost_reply_is_not_a_failure_that_lasts(world: World) -> None:
    """The limit was set: the next look reads it back, and nothing is set twice."""
    world.watch("chat")
    world.lever.faults.waiting += ["", "", "lost"]
    world.click(OPS, Verb.THROTTLE, "chat")
    assert world.of("chat").state is State.BRAKING
    world.sweep(times=3)
    assert world.of("chat").state is State.THROTTLED


def test_the_strictest_of_two_leases_is_in_force_and_the_last_one_returns_what_stood_there(world: World) -> None:
    """Last in, first out: the looser lease is in force when the stricter ends, and then what was found."""
    world.lever.somebody_sets(a_target("left"), 9000)
    world.values.update(left=300, right=100)
    throttled(world, "left")
    throttled(world, "right")
    assert world.standing("left") == 100
    world.click(OPS, Verb.RELEASE, "right")
    assert (world.standing("left"), world.of("right").state) == (300, State.RESOLVED)
    world.click(OPS, Verb.RELEASE, "left")
    assert world.standing("left") == 9000


def test_a_looser_second_lease_changes_nothing_until_the_first_ends(world: World) -> None:
    """In the other order it is the same."""
    world.values.update(left=100, right=300)
    throttled(world, "left")
    throttled(world, "right")
    assert world.standing("left") == 100
    world.click(OPS, Verb.RELEASE, "left")
    assert world.standing("left") == 300


@pytest.mark.parametrize("gates", range(1, 60, 2))
def test_a_worker_that_lost_its_claim_leaves_the_target_due(gates: int) -> None:
    """Its call may have come last: whatever it left is looked at again, whoever else was at it."""
    world = World(client=a_client(ops_may_raise=True))
    world.watch("chat")
    throttle = Worker(world.clicking(world.press(OPS, Verb.THROTTLE, "chat")))
    release = Worker(world.clicking(world.type(OPS, Verb.RELEASE, app="chat")))
    world.gates.run([throttle, Worker(world.sweeping)], [gates, gates, 3])
    world.gates.run([release, Worker(world.sweeping)], [gates, 5, 5, 5])
    world.sweep(times=5)
    world.run_out()
    world.check_end()


def test_a_call_that_comes_last_is_seen_and_undone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease ended while the lever was being called: the caller itself makes the target due."""
    throttled(world)
    release = world.type(OPS, Verb.RELEASE, app="chat")
    brake = world.brake("chat").due_again(world.clock.at)
    world.store.commit(Change(put=(brake,)))
    apply, calls = world.lever.apply, []

    def slow(target: Target, value: int) -> None:
        calls.append(value)
        world.sweeper.click(release)
        apply(target, value)

    monkeypatch.setattr(world.lever, "apply", slow)
    world.lever.standing.pop(CHAT)
    world.holder.drive(CHAT)
    assert (calls, world.standing("chat")) == ([200], 200)
    world.sweep()
    assert world.standing("chat") is None


def test_a_failed_target_is_tried_with_growing_pauses(world: World) -> None:
    """A minute, two, four: what fails is due again, and stands in the journal each time."""
    world.watch("chat")
    world.lever.faults.waiting += ["", "before", "before", "before"]
    world.click(OPS, Verb.THROTTLE, "chat")
    waits = []
    for _ in range(3):
        due_at = world.brake("chat").due_at
        assert due_at is not None
        waits.append(due_at - world.clock.at)
        world.pass_time(due_at - world.clock.at)
        world.sweep()
    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert world.standing("chat") == 200
    failures = [e for e in world.store.entries() if e.kind is Kind.FAILURE]
    assert [e.data["attempts"] for e in failures] == ["1", "2", "3"]


def test_what_is_wanted_is_the_strictest_lease_or_what_was_found() -> None:
    """And an unlimited override is no limit to be strict about."""
    target = Target("quota", "p", "s", "m", "u")
    leases = tuple(Lease(incident=i, app=i, value=v, since=NOW, until=NOW + HOUR) for i, v in (("a", 300), ("b", 200)))
    brake = Brake(target=target, found=-1, found_known=True, leases=leases)
    assert brake.wanted == 200
    assert brake.without("b", NOW).wanted == 300
    assert brake.without("b", NOW).without("a", NOW).wanted == -1
    assert brake.without("c", NOW) is brake


def test_nobody_but_a_cost_owner_or_ops_released_it(world: World) -> None:
    """The cost owner's own click is a request, where ops decide by themselves."""
    throttled(world).click(RUI, Verb.RELEASE, "chat")
    assert world.of("chat").state is State.THROTTLED


def test_a_lease_whose_lever_is_gone_is_a_failure_that_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway was taken out of the file between the claim and the call: it is stuck, and a person is paged."""
    world.watch("chat")

    def fails(*_: object) -> None:
        raise Unavailable("503")

    monkeypatch.setattr(world.lever, "apply", fails)
    world.click(OPS, Verb.THROTTLE, "chat")
    assert world.of("chat").state is State.BRAKING
    world.holder.levers = {}
    world.sweep(5)
    assert world.of("chat").state is State.STUCK
    assert (world.brake("chat").rejected, world.pager.pages != {}) == (True, True)


def test_a_service_that_asks_for_a_pause_of_years_gets_an_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood there comes back in time; and the failure is written down, whatever the number is."""
    throttled(world)

    def fails(*_: object) -> None:
        raise Unavailable("429", retry_after=1e12)

    monkeypatch.setattr(world.lever, "restore", fails)
    world.click(OPS, Verb.RELEASE, "chat")
    due_at = world.brake("chat").due_at
    assert due_at is not None
    assert due_at - world.clock.at == HOUR
    monkeypatch.undo()
    world.pass_time(HOUR)
    world.sweep()
    assert world.standing("chat") is None


def key_rotated(world: World, monkeypatch: pytest.MonkeyPatch) -> Target:
    """The key of left's target became another one, which carries what stood there, and which right calls with."""
    old, heir, read = a_target("left"), a_target("left", model="flash-2"), world.lever.read_back
    world.lever.standing[heir] = world.lever.standing.pop(old)
    world.lever.base[heir] = world.lever.base.get(old)

    def asked(target: Target) -> Setting:
        if target == old:
            raise Gone("404: the key was rotated", heir)
        return read(target)

    monkeypatch.setattr(world.lever, "read_back", asked)
    world.models["right"] = ("flash-2",)
    return heir


@pytest.mark.parametrize("is_beside_a_bad_record", [False, True])
def test_a_brake_follows_its_rotated_key_before_another_is_set_there(
    world: World, monkeypatch: pytest.MonkeyPatch, *, is_beside_a_bad_record: bool
) -> None:
    """Else our own limit, which the new key carries, would be taken for the client's, and put back for ever."""
    throttled(world, "left")
    if is_beside_a_bad_record:
        throttled(world)
    world.sweep(times=20)
    if is_beside_a_bad_record:
        world.spoil(Brake, CHAT.id)
    heir = key_rotated(world, monkeypatch)
    throttled(world, "right")
    found = world.store.get(Brake, heir.id)
    assert found is not None
    assert (found.found, {lease.app for lease in found.leases}) == (None, {"left", "right"})
    world.releaser.release("", "tess")
    if not is_beside_a_bad_record:
        world.run_out()
    assert heir not in world.lever.standing


def test_a_brake_that_waits_to_be_put_back_follows_its_rotated_key_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next try is minutes away, and the next brake on the new key is set now."""
    throttled(world, "left")
    world.sweep(times=20)
    world.lever.faults.waiting += ["", "before", "before", "before"]
    world.releaser.release("left", "tess")
    assert world.brake("left").hold is Hold.RESTORING
    world.lever.faults.waiting.clear()
    heir = key_rotated(world, monkeypatch)
    throttled(world, "right")
    world.releaser.release("", "tess")
    world.run_out()
    assert heir not in world.lever.standing


def test_a_record_that_cannot_be_read_holds_no_other_target_of_its_incident(world: World) -> None:
    """The sweep lets go of what it can once the trouble is over, and a person is paged for the rest."""
    world.models["chat"] = ("flash", "pro")
    throttled(world)
    world.spoil(Brake, PRO.id)
    for _ in range(16):
        world.pass_time(30 * MINUTE)
        world.watch("chat", "quiet")
        world.sweeper.sweep()
    assert CHAT not in world.lever.standing
    assert world.of("chat").state is State.STUCK
    assert world.pager.pages


def test_a_lease_whose_incident_was_lost_ends_all_the_same(world: World) -> None:
    """As after a restored database: nobody renews it, and nobody else would end it. A person is told."""
    throttled(world)
    world.sweep(times=20)
    world.lose(Incident, world.of("chat").id)
    world.pass_time(12 * HOUR)
    world.sweep(times=3)
    assert CHAT not in world.lever.standing
    assert any("nothing has ended that" in page for page in map(str, world.pager.pages.values()))


@pytest.fixture
def two(world: World) -> World:
    """A world in which chat has two models, and so two targets."""
    world.models["chat"] = ("flash", "pro")
    return world


def test_a_record_that_cannot_be_read_holds_no_brake_past_its_lease(two: World) -> None:
    """The app runs away still: people are asked whether to renew what can be, and without an answer it is let go."""
    throttled(two)
    until = two.of("chat").until
    assert until is not None
    two.spoil(Brake, PRO.id)
    while two.clock.at < until + 2 * HOUR:
        two.pass_time(30 * MINUTE)
        two.watch("chat", "warm")
        two.sweeper.sweep()
    assert CHAT not in two.lever.standing


def test_a_record_that_goes_bad_while_a_brake_is_set_holds_no_other_target(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One target's call fails, and then nobody can read its record; it is quiet, and the other is let go."""
    two.watch("chat")
    apply = two.lever.apply

    def fails(target: Target, value: Setting) -> None:
        if target == PRO:
            raise Unavailable("503")
        apply(target, value)

    monkeypatch.setattr(two.lever, "apply", fails)
    two.click(OPS, Verb.THROTTLE, "chat")
    monkeypatch.undo()
    two.spoil(Brake, PRO.id)
    for _ in range(20):
        two.pass_time(30 * MINUTE)
        two.watch("chat", "quiet")
        two.sweeper.sweep()
    assert CHAT not in two.lever.standing


def test_that_nobody_renewed_is_said_once(two: World) -> None:
    """Also where a target stays held, whose record cannot be read."""
    throttled(two)
    until = two.of("chat").until
    assert until is not None
    two.pass_time(until - two.clock.at - MINUTE)
    two.watch("chat", "warm")
    two.pass_time(MINUTE)
    two.sweep()
    assert two.of("chat").state is State.PROPOSED
    two.spoil(Brake, PRO.id)
    for _ in range(12):
        two.pass_time(HOUR)
        two.watch("chat", "warm")
        two.sweeper.sweep()
    assert len(two.told(LET_GO)) == 1


def test_a_brake_that_is_set_beside_it_uses_up_no_tries_of_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is overloaded waits; five targets beside it are claimed in the same second."""
    world.models["right"] = ("pro", "m1", "m2", "m3", "m4")
    world.watch("left")
    target = a_target("left")
    asked: list[Target] = []
    read = world.lever.read_back

    def overloaded(one: Target) -> Setting:
        if one == target:
            asked.append(one)
            if len(asked) > 1:
                raise Unavailable("429: come back in an hour", retry_after=3600)
        return read(one)

    monkeypatch.setattr(world.lever, "read_back", overloaded)
    for person in (LEA, ROB):
        world.click(person, Verb.THROTTLE, "left")
    world.watch("right")
    for person in (ROB, LEA):
        world.click(person, Verb.THROTTLE, "right")
    world.sweep(times=2)
    assert world.brake("left").attempts < 5


def asked_to_renew(made: World) -> World:
    """The lease of chat is over, it runs away still, and people are asked."""
    throttled(made)
    made.sweep(times=20)
    until = made.of("chat").until
    assert until is not None
    made.pass_time(until - made.clock.at)
    made.watch("chat", "warm")
    made.sweeper.sweep()
    assert made.of("chat").state is State.PROPOSED
    return made


@pytest.mark.parametrize("verb", [None, Verb.KEEP, Verb.EXPECTED])
def test_a_record_that_can_be_read_again_is_let_go_of(
    world: World, verb: Verb | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People were told so, or wanted so, while nobody could: an hour after its lease at the latest."""
    monkeypatch.setattr(world.ledger, "_brake", lambda *_: None)  # it refuses a lease without a decision
    asked_to_renew(world)
    good = world.spoil(Brake, CHAT.id)
    if verb is not None:
        world.click(OPS, verb, "chat")
    for _ in range(3 if verb is None else 0):
        world.pass_time(HOUR)
        world.watch("chat", "warm")
        world.sweeper.sweep()
    good()
    for _ in range(4):
        world.pass_time(HOUR)
        world.watch("chat", "warm")
        world.sweeper.sweep()
    assert CHAT not in world.lever.standing


@pytest.mark.parametrize("verb", [Verb.KEEP, Verb.SNOOZE, Verb.EXPECTED])
def test_what_was_set_aside_beside_a_bad_record_stops_no_release_and_ends(two: World, verb: Verb) -> None:
    """It holds what nobody can read; everything else is let go by hand, and the incident comes to an end."""
    asked_to_renew(two)
    two.spoil(Brake, PRO.id)
    two.click(OPS, verb, "chat")
    two.releaser.release("", "tess")
    two.sweeper.sweep()
    assert CHAT not in two.lever.standing
    for _ in range(60):
        two.pass_time(30 * MINUTE)
        two.watch("chat", "quiet")
        two.sweeper.sweep()
    assert two.of("chat").state in {State.RESOLVED, State.STUCK, State.RESTORING}


def test_a_record_that_cannot_be_read_keeps_no_other_target_from_being_braked(two: World) -> None:
    """It is left from an older incident, and may hold nothing."""
    throttled(two)
    two.run_out()
    two.spoil(Brake, PRO.id)
    two.pass_time(HOUR)
    two.watch("chat")
    two.click(OPS, Verb.THROTTLE, "chat")
    assert CHAT in two.lever.standing
    assert PRO not in two.lever.standing


@pytest.mark.parametrize("bad", [CHAT, PRO])
def test_a_value_of_somebody_elses_is_seen_beside_a_record_that_cannot_be_read(two: World, bad: Target) -> None:
    """Whichever of them comes first."""
    throttled(two)
    two.sweep(times=20)
    two.spoil(Brake, bad.id)
    other = PRO if bad == CHAT else CHAT
    two.lever.somebody_sets(other, 999)
    for _ in range(3):
        two.pass_time(5 * MINUTE)
        two.watch("chat", "warm")
        two.sweeper.sweep()
    found = two.store.get(Brake, other.id)
    assert found is not None
    assert found.leases == ()
    assert two.lever.standing[other] == 999
