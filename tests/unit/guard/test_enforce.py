"""Every move of an incident, and every timer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from freio.domain import sentences as say
from freio.domain.app import Level, Mode, Policy
from freio.domain.click import Verb
from freio.domain.incident import MOVES, State
from freio.domain.journal import Kind
from freio.domain.target import Brake, Target
from freio.errors import Rejected
from freio.guard.moves import POLICY
from freio.ports import Change
from tests.simulation.cast import LEA, MINUTE, OPS, ROB, SHARED, a_client, a_target, an_app
from tests.simulation.world import World

GRACE = timedelta(minutes=15)
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World(client=a_client(ops_may_raise=True))


def throttled(world: World, app: str = "chat") -> World:
    world.watch(app)
    world.click(OPS, Verb.THROTTLE, app)
    assert world.of(app).state is State.THROTTLED
    return world


def until_expiry(world: World, app: str = "chat", mood: str = "warm") -> None:
    """To the end of the throttle, with a fresh look of the watch just before."""
    until = world.of(app).until
    assert until is not None
    world.pass_time(until - world.clock.at - MINUTE)
    world.watch(app, mood)
    world.pass_time(MINUTE)
    world.sweep()


# ---- waiting for an answer


def test_no_answer_within_the_grace_brakes_under_enforce(world: World) -> None:
    """Not a minute earlier; the policy is who decided."""
    world.watch("auto")
    world.pass_time(GRACE - MINUTE)
    world.sweep()
    assert world.of("auto").state is State.PROPOSED
    world.pass_time(MINUTE)
    world.sweep(times=2)
    incident = world.of("auto")
    assert incident.state is State.THROTTLED
    assert incident.decision is not None
    assert incident.decision.by == POLICY
    assert world.standing("auto") == 200


def test_nobody_is_braked_before_the_grace_is_over_however_early_the_timer_is(world: World) -> None:
    """A timer that came too soon is set again."""
    world.watch("auto")
    early = replace(world.of("auto"), due_at=world.clock.at)
    world.store.commit(Change(put=(early,)))
    world.sweep()
    assert world.of("auto").state is State.PROPOSED
    assert world.of("auto").due_at == world.clock.at + GRACE


def test_no_answer_calls_people_ever_more_rarely_and_then_pages(world: World) -> None:
    """In the thread first; the pager after the third call. Nothing is braked."""
    world.watch("chat")
    calls = []
    for _ in range(3):
        due_at = world.of("chat").due_at
        assert due_at is not None
        calls.append(due_at - world.clock.at)
        world.pass_time(due_at - world.clock.at)
        assert not world.pager.pages
        world.sweep()
    assert calls == [GRACE, 2 * GRACE, 4 * GRACE]
    assert len(world.pager.pages) == 1
    assert not world.lever.standing


def test_a_shared_target_is_never_braked_by_enforce(world: World) -> None:
    """Its policy says enforce; people are called all the same."""
    world.watch("left")
    world.sweep(times=10, every=GRACE)
    assert world.of("left").state is State.PROPOSED
    assert not world.lever.standing


def test_traffic_of_no_app_is_never_braked_by_enforce(world: World) -> None:
    """Whose it is, nobody knows: a person decides."""
    world.watch("auto")
    incident = world.of("auto")
    assert incident.proposal is not None
    steps = tuple(replace(step, unattributed=True) for step in incident.proposal.steps)
    world.store.commit(Change(put=(replace(incident, proposal=replace(incident.proposal, steps=steps)),)))
    world.sweep(times=10, every=GRACE)
    assert world.of("auto").state is State.PROPOSED
    assert not world.lever.standing


def test_the_policy_of_today_counts(world: World) -> None:
    """The file was changed to approve while the question was open."""
    world.watch("auto")
    approve = replace(world.client.apps[1], policy=Policy(modes=dict.fromkeys(Level, Mode.APPROVE)))
    world.client = replace(world.client, apps=(approve,))
    world.build()
    world.sweep(times=3, every=GRACE)
    assert world.of("auto").state is State.PROPOSED


def test_quiet_on_complete_data_resolves_a_question(world: World) -> None:
    """Nobody had to answer."""
    world.watch("chat")
    world.watch("chat", "quiet")
    assert world.moves("chat") == [State.OPEN, State.PROPOSED, State.RESOLVED]


@pytest.mark.parametrize("mood", ["late", "warm"])
def test_missing_or_late_data_is_never_quiet(world: World, mood: str) -> None:
    """Neither resolves a question nor releases a throttle."""
    throttled(world)
    until_expiry(world, mood=mood)
    assert world.of("chat").state is State.PROPOSED
    assert world.standing("chat") == 200


def test_an_old_look_is_not_quiet_any_more(world: World) -> None:
    """The watch has not been there for two hours: nobody knows."""
    throttled(world)
    world.watch("chat", "quiet")
    world.sweep(times=7, every=HOUR)
    assert State.RESTORING not in world.moves("chat")


def test_an_observed_app_is_told_of_once_and_resolved_when_quiet() -> None:
    """No question, no call for people, no page."""
    world = World(client=a_client(an_app("seen", "ana", Mode.OBSERVE)))
    world.watch("seen")
    world.sweep(times=5, every=HOUR)
    assert world.of("seen").state is State.OPEN
    assert not world.pager.pages
    world.watch("seen", "quiet")
    assert world.moves("seen") == [State.OPEN, State.RESOLVED]


# ---- braking


def test_a_throttle_goes_through_braking_and_is_read_back(world: World) -> None:
    """Every move stands in the journal once, with who made it."""
    throttled(world)
    moves = [(e.data["after"], e.by) for e in world.store.entries() if e.kind is Kind.STATE]
    assert moves == [("OPEN", ""), ("PROPOSED", ""), ("BRAKING", OPS), ("THROTTLED", "")]


def test_what_cannot_be_set_is_stuck_paged_and_retried_until_it_works(world: World) -> None:
    """One alert, called again ever more rarely, and never given up; a retry ends it."""
    world.watch("chat")
    world.lever.faults.waiting += ["", *["before"] * 40]
    world.click(OPS, Verb.THROTTLE, "chat")
    world.sweep(times=32)
    assert world.of("chat").state is State.STUCK
    assert (len(world.pager.pages), len(world.pager.calls)) == (1, 5)
    world.sweep(times=4, every=HOUR)
    pages = len(world.pager.calls)
    assert pages > 5
    world.lever.faults.waiting.clear()
    world.sweep(times=3, every=HOUR)
    assert State.STUCK in world.moves("chat")
    assert State.THROTTLED in world.moves("chat")
    assert world.standing("chat") == 200
    assert len(world.pager.calls) <= pages + 2
    assert len(world.pager.pages) == 1


def test_a_rejected_lever_call_is_stuck_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for five tries where only a person can help."""

    def no_permission(target: object, value: int) -> None:
        raise Rejected("serviceusage.quotas.update is missing")

    world.watch("chat")
    monkeypatch.setattr(world.lever, "apply", no_permission)
    world.click(OPS, Verb.THROTTLE, "chat")
    world.sweep()
    assert world.of("chat").state is State.STUCK
    assert "serviceusage.quotas.update is missing" in next(iter(world.pager.pages.values()))


def test_a_person_ends_what_is_stuck(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """*Keep running*: no lease is left behind, whether or not a limit was set."""
    world.watch("chat")
    monkeypatch.setattr(world.lever.faults, "next", lambda: "before")
    world.click(OPS, Verb.THROTTLE, "chat")
    world.sweep(times=40)
    assert world.of("chat").state is State.STUCK
    monkeypatch.undo()
    world.sweep()
    world.click(OPS, Verb.KEEP, "chat")
    world.sweep(times=20)
    assert world.of("chat").state is State.OVERRIDDEN
    assert not world.lever.standing


def test_a_brake_that_is_stuck_is_let_go_when_it_is_quiet(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two targets one is held, and the other cannot be set."""
    world.models["chat"] = ("flash", "pro")
    world.watch("chat")
    apply = world.lever.apply

    def all_but_one(target: Target, value: int) -> None:
        if target != a_target("chat"):
            raise Rejected("not here")
        apply(target, value)

    monkeypatch.setattr(world.lever, "apply", all_but_one)
    world.click(OPS, Verb.THROTTLE, "chat")
    world.sweep(times=3)
    assert (world.of("chat").state, world.standing("chat")) == (State.STUCK, 200)
    world.watch("chat", "quiet")
    world.sweep(times=3)
    assert world.of("chat").state is State.RESOLVED
    assert not world.lever.standing


# ---- throttled


def test_a_quiet_throttle_is_let_go_when_it_expires(world: World) -> None:
    """Through RESTORING, and RESOLVED when what stood there was read back."""
    throttled(world)
    until_expiry(world, mood="quiet")
    world.sweep(times=2)
    assert world.moves("chat")[-2:] == [State.RESTORING, State.RESOLVED]
    assert not world.lever.standing


def test_still_running_away_at_expiry_asks_to_renew_and_holds_the_brake(world: World) -> None:
    """For one more grace; a yes renews it for a whole lease, at once."""
    throttled(world)
    until_expiry(world)
    incident = world.of("chat")
    assert (incident.state, incident.until) == (State.PROPOSED, world.clock.at + GRACE)
    assert world.standing("chat") == 200
    world.click(OPS, Verb.THROTTLE, "chat")
    assert (world.of("chat").state, world.of("chat").until) == (State.THROTTLED, world.clock.at + 6 * HOUR)


def test_a_throttle_that_nobody_renews_is_let_go_and_the_question_stays(world: World) -> None:
    """The brake was held for one grace; the app still runs away, so people go on being called, until it is quiet."""
    throttled(world)
    until_expiry(world)
    renew = world.press(OPS, Verb.THROTTLE, "chat")
    world.pass_time(GRACE)
    world.sweep(times=2)
    incident = world.of("chat")
    assert (incident.state, incident.holding, incident.until) == (State.PROPOSED, (), None)
    assert not world.lever.standing
    assert len(world.told(say.LET_GO)) == len(world.told(say.ESCALATED)) == 1
    world.deliver(renew)
    assert world.of("chat").state is State.PROPOSED
    assert world.whispers(OPS) == [say.QUESTION_CHANGED]
    world.sweep(times=8, every=HOUR)
    assert world.pager.pages
    world.click(OPS, Verb.THROTTLE, "chat")
    assert world.of("chat").state is State.THROTTLED


def test_enforce_renews_by_itself(world: World) -> None:
    """Nobody answered *renew?* either."""
    world.watch("auto")
    world.sweep(times=2, every=GRACE)
    world.sweep(times=2)
    until_expiry(world, "auto")
    world.sweep(times=4, every=GRACE)
    assert world.of("auto").state is State.THROTTLED
    assert world.standing("auto") == 200


@pytest.mark.parametrize("verb", [Verb.KEEP, Verb.EXPECTED, Verb.SNOOZE])
def test_any_other_answer_to_renew_ends_the_leases(world: World, verb: Verb) -> None:
    """What was set aside is not braked."""
    throttled(world)
    until_expiry(world)
    world.click(OPS, verb, "chat")
    assert world.brake("chat").leases == ()
    assert not world.lever.standing


def test_a_refuted_brake_is_restored_and_the_next_lever_is_tried(world: World) -> None:
    """On the same authority, with limits that the watch works out."""
    throttled(world)
    world.meter.says = "refuted"
    world.sweep(times=6, every=5 * MINUTE)
    assert world.of("chat").state is State.BRAKING
    assert world.standing("chat") is None
    world.meter.says = "binds"
    world.watch("chat", "warm")
    world.sweep()
    assert world.of("chat").state is State.THROTTLED
    assert (world.standing("chat"), world.standing("chat", "gateway")) == (None, 200)
    assert world.of("chat").tried == ("quota",)
    assert not world.pager.pages


def test_without_another_lever_that_binds_it_is_stuck_and_paged(world: World) -> None:
    """Both levers were refuted; nothing of ours stands anywhere."""
    throttled(world)
    world.meter.says = "refuted"
    for _ in range(16):
        world.pass_time(5 * MINUTE)
        world.watch("chat", "warm")
        world.sweep()
    assert (world.of("chat").state, world.of("chat").tried) == (State.STUCK, ("quota", "gateway"))
    assert not world.lever.standing
    assert world.pager.pages


def test_the_next_lever_does_not_brake_an_app_that_nobody_was_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first lever touched chat alone; the next one's target serves another app too."""
    throttled(world)
    world.meter.says = "refuted"
    world.sweep(times=6, every=5 * MINUTE)
    monkeypatch.setitem(SHARED, "chat", "auto")
    world.watch("chat", "warm")
    world.sweep()
    assert world.of("chat").state is State.PROPOSED
    assert not world.lever.standing


@pytest.mark.parametrize("says", ["quiet", "binds"])
def test_little_traffic_or_a_brake_that_binds_changes_nothing(world: World, says: str) -> None:
    """Inconclusive waits, and never escalates."""
    world.meter.says = says
    throttled(world)
    world.sweep(times=12, every=5 * MINUTE)
    assert world.moves("chat")[-1] is State.THROTTLED
    proofs = [e.what for e in world.store.entries() if e.kind is Kind.PROOF]
    assert proofs == (["inconclusive"] if says == "quiet" else ["inconclusive", "binds"])


def test_telemetry_that_fails_is_paged_and_does_not_delay_the_expiry(world: World) -> None:
    """The brake stands, so it is not stuck; but nobody knows whether it bites."""
    throttled(world)
    world.meter.says = "down"
    world.sweep(times=60)
    assert world.of("chat").state is State.THROTTLED
    assert world.pager.pages
    world.sweep(times=10, every=timedelta(minutes=31))
    until_expiry(world, mood="quiet")
    assert world.of("chat").state is State.RESTORING
    world.sweep(times=2)
    assert world.of("chat").state is State.RESOLVED


# ---- letting go


def test_what_cannot_be_restored_is_stuck_and_paged_until_it_is(world: World) -> None:
    """Quiet or not: it is never dropped while our limit stands there."""
    throttled(world)
    world.lever.faults.waiting += ["before"] * 60
    world.click(OPS, Verb.RELEASE, "chat")
    world.sweep(times=40)
    assert (world.of("chat").state, world.standing("chat")) == (State.STUCK, 200)
    assert world.pager.pages
    world.lever.faults.waiting.clear()
    world.sweep(times=40, every=5 * MINUTE)
    assert world.moves("chat")[-1] is State.RESOLVED
    assert not world.lever.standing


def test_a_target_that_no_incident_waits_for_is_paged_when_it_does_not_come_back(world: World) -> None:
    """It was set aside with *keep running*, and the limit cannot be taken off."""
    throttled(world)
    until_expiry(world)
    world.lever.faults.waiting += ["before"] * 30
    world.click(OPS, Verb.KEEP, "chat")
    world.pager.pages.clear()
    world.sweep(times=40)
    assert world.of("chat").state is State.OVERRIDDEN
    assert any(a_target("chat").id in key for key in world.pager.pages)


# ---- the file changes


def test_a_throttled_app_that_is_taken_out_of_the_file_is_let_go(world: World) -> None:
    """After its lease and one grace: nobody is left to renew it."""
    throttled(world)
    world.client = replace(world.client, apps=world.client.apps[1:])
    world.build()
    world.sweep(times=9, every=HOUR)
    assert world.of("chat").state is State.RESOLVED
    assert not world.lever.standing


def test_a_question_about_an_app_that_is_taken_out_of_the_file_is_closed(world: World) -> None:
    """Nobody is called for it any more."""
    world.watch("chat")
    world.client = replace(world.client, apps=world.client.apps[1:])
    world.build()
    world.sweep(times=2, every=GRACE)
    assert world.of("chat").state is State.RESOLVED


# ---- nothing stops the rest


def test_one_incident_that_cannot_be_handled_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named in the tick's failure."""
    world.watch("chat")
    world.watch("auto")
    real = world.client.__class__.app

    def app(client: object, name: str) -> object:
        if name == "chat":
            raise KeyError("a bug")
        return real(world.client, name)

    monkeypatch.setattr(world.client.__class__, "app", app)
    world.pass_time(GRACE)
    swept = world.sweeper.sweep()
    assert any("a bug" in failure for failure in swept.failures)
    world.sweeper.sweep()
    assert world.of("auto").state is State.THROTTLED


@pytest.mark.parametrize("state", list(State))
def test_a_move_that_the_table_does_not_know_is_a_bug(world: World, state: State) -> None:
    """It raises, with both states."""
    world.watch("chat")
    incident = replace(world.of("chat"), state=state)
    for after in set(State) - MOVES[state]:
        with pytest.raises(ValueError, match=f"{state} cannot become {after}"):
            incident.to(after, world.clock.at, due_at=None)


def test_two_sharing_apps_hold_one_target_together(world: World) -> None:
    """Each owner said yes to each; two leases, one limit."""
    for app in ("left", "right"):
        world.watch(app)
        for person in (LEA, ROB):
            world.click(person, Verb.THROTTLE, app)
    brake = world.store.get(Brake, a_target("left").id)
    assert brake is not None
    assert sorted(lease.app for lease in brake.leases) == ["left", "right"]
