"""A hard lever: two named people, neither through a group nor the one who asked; and never by policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from freio.domain import sentences as say
from freio.domain.ask import Answer, Ask
from freio.domain.click import Verb
from freio.domain.incident import Action, Decision, State
from freio.domain.phrase import Phrase, packed
from freio.guard.mandate import goes_beyond, lapsed
from freio.guard.moves import POLICY
from freio.ports import Change
from tests.simulation.cast import ANA, LEA, OPS, ROB, RUI, ZOE, a_client, a_target
from tests.simulation.world import World

MINUTE = timedelta(minutes=1)
HARD = a_target("last", "disable_service")


def refuted(**approvals: Any) -> World:
    """The quota of `last` was set by a click, and does not bind: what is left is to disable the service."""
    client = a_client(cost_owners=(ZOE,))
    world = World(client=replace(client, approvals=replace(client.approvals, **approvals)))
    world.watch("last")
    world.click(OPS, Verb.THROTTLE, "last")
    world.meter.says = "refuted"
    for _ in range(12):
        world.pass_time(5 * MINUTE)
        world.watch("last", "warm")
        world.sweep()
    return world


def ask_of(world: World) -> Ask:
    asked = world.store.get(Ask, world.of("last").ask)
    assert asked is not None
    return asked


def answer(world: World, who: str, verb: Verb = Verb.APPROVE) -> None:
    world.deliver(world.type(who, verb, ask=ask_of(world).id))


def test_after_a_refuted_limit_people_are_asked_again() -> None:
    """Who agreed to a limit has not agreed to turn the service off."""
    world = refuted()
    incident = world.of("last")
    assert (incident.state, incident.tried) == (State.PROPOSED, ("quota",))
    assert incident.proposal is not None
    assert incident.proposal.lever == "disable_service"
    assert len(world.told(say.NOT_TWO)) == 1
    assert world.lever.standing == {}


def test_two_named_people_pull_it() -> None:
    """Neither is the one who asked; the decision names both."""
    world = refuted()
    world.click(OPS, Verb.THROTTLE, "last")
    assert world.of("last").state is State.PROPOSED
    answer(world, LEA)
    assert (world.of("last").state, world.lever.standing) == (State.PROPOSED, {})
    assert say.ONE_OF_TWO in world.whispers(LEA)
    answer(world, ROB)
    world.meter.says = "binds"
    world.sweep(2)
    incident = world.of("last")
    assert incident.state is State.THROTTLED
    assert incident.decision is not None
    assert (incident.decision.by, set(incident.decision.approvers)) == (OPS, {LEA, ROB})
    assert world.lever.standing == {HARD: "None without []"}


def test_one_person_who_says_yes_twice_is_one() -> None:
    """Nothing happens before somebody else agrees."""
    world = refuted()
    world.click(OPS, Verb.THROTTLE, "last")
    answer(world, LEA)
    answer(world, LEA)
    world.sweep(3)
    assert (world.of("last").state, world.lever.standing) == (State.PROPOSED, {})


def test_who_asks_does_not_count() -> None:
    """Lea asks; her own yes is refused."""
    world = refuted(ops=("lea@acme.example",), hard_levers=("lea@acme.example", "rob@acme.example", "ana@acme.example"))
    world.click(LEA, Verb.THROTTLE, "last")
    answer(world, LEA)
    answer(world, ROB)
    assert say.OWN_REQUEST in world.whispers(LEA)
    assert world.lever.standing == {}
    answer(world, ANA)
    assert world.lever.standing == {HARD: "None without []"}


def test_a_group_names_nobody() -> None:
    """Ops is in the list as a group: that is not two named people, and those in it may not approve."""
    world = refuted(hard_levers=("SOPS", "lea@acme.example", "rob@acme.example"))
    world.click(ANA, Verb.THROTTLE, "last")
    answer(world, OPS)
    assert say.NOT_FOR_HARD in world.whispers(OPS)
    assert ask_of(world).approved_by == ()


def test_a_cost_owner_counts_as_one() -> None:
    """Two cost owners are not enough; one of them and somebody who is named for hard levers are."""
    world = refuted()
    world.click(OPS, Verb.THROTTLE, "last")
    answer(world, RUI)
    answer(world, ZOE)
    assert world.lever.standing == {}
    answer(world, ROB)
    assert world.lever.standing == {HARD: "None without []"}


def test_one_no_ends_it() -> None:
    """The request is over, whoever had said yes before."""
    world = refuted()
    world.click(OPS, Verb.THROTTLE, "last")
    answer(world, LEA)
    asked = ask_of(world)
    answer(world, ROB, Verb.DENY)
    denied = world.store.get(Ask, asked.id)
    assert denied is not None
    assert denied.answer is Answer.DENIED
    assert (world.of("last").state, world.of("last").ask, world.lever.standing) == (State.PROPOSED, "", {})


@pytest.mark.parametrize("hard", [(), ("lea@acme.example",), ("ana@acme.example", "SOPS")])
def test_without_two_others_it_is_not_asked(hard: tuple[str, ...]) -> None:
    """A request that can never be approved would wait for ever. (There is no cost owner here.)"""
    world = refuted(hard_levers=hard, cost_owners={})
    world.click(ANA, Verb.THROTTLE, "last")
    world.sweep()
    assert say.HARD_NOBODY in world.whispers(ANA)
    assert world.of("last").ask == ""


def test_no_policy_pulls_it() -> None:
    """The app brakes by itself, and its quota does not bind: it waits for people, and calls them with the reason."""
    world = World(client=a_client())
    world.watch("last")
    world.meter.says = "refuted"
    for _ in range(40):
        world.pass_time(5 * MINUTE)
        world.watch("last", "warm")
        world.sweep()
    incident = world.of("last")
    assert (incident.state, incident.tried, world.lever.standing) == (State.PROPOSED, ("quota",), {})
    assert world.told(say.ESCALATED_WAITS)[0]["why"] == packed([Phrase(say.WAITS_HARD)])


def test_an_approval_of_another_lever_approves_nothing() -> None:
    """Asked when the service was to be disabled; when the last yes comes, a limit is on the table."""
    world = refuted()
    world.click(OPS, Verb.THROTTLE, "last")
    asked = ask_of(world)
    answer(world, LEA)
    incident = world.of("last")
    world.store.commit(_with_a_limit(world))
    world.deliver(world.type(ROB, Verb.APPROVE, ask=asked.id))
    assert world.of("last").state is State.PROPOSED
    assert incident.proposal is not None
    assert world.lever.standing == {}
    assert say.QUESTION_CHANGED in world.whispers(ROB)


def _with_a_limit(world: World) -> Any:
    from tests.simulation.cast import a_proposal  # here alone

    return Change(put=(replace(world.of("last"), proposal=a_proposal("last"), tried=()),))


def test_what_was_agreed_to_is_not_agreed_to_twice() -> None:
    """Two people agreed to disable the service. That is refuted: unlinking the account needs two yeses of its own."""
    world = refuted()
    world.click(OPS, Verb.THROTTLE, "last")
    answer(world, LEA)
    answer(world, ROB)
    incident = world.of("last")
    assert incident.decision is not None
    assert incident.decision.lever == "disable_service"
    assert incident.proposal is not None
    other = replace(incident.proposal, lever="unlink_billing")
    assert goes_beyond(replace(incident, proposal=other)) == say.NOT_TWO
    assert goes_beyond(incident) == ""


def test_a_stop_that_was_agreed_to_is_set_after_a_limit_was_refuted() -> None:
    """The second question was about the stop: who answers it is not asked a third time."""
    client = a_client()
    apps = tuple(replace(a, policy=replace(a.policy, levers=("quota", "gateway"))) for a in client.apps)
    world = World(client=replace(client, apps=apps))
    world.watch("chat")
    world.click(OPS, Verb.THROTTLE, "chat")
    incident = world.of("chat")
    assert incident.proposal is not None
    stop = replace(incident, proposal=replace(incident.proposal, lever="allowed_models"), tried=("quota",))
    assert goes_beyond(stop) == say.HARSHER
    assert stop.decision is not None
    assert goes_beyond(replace(stop, decision=replace(stop.decision, lever="allowed_models"))) == ""
    assert goes_beyond(replace(stop, decision=replace(stop.decision, by=POLICY))) == ""


def test_a_stop_is_not_raised() -> None:
    """It has no level: the button is not there, and the command says so."""
    world = refuted()
    world.click(OPS, Verb.THROTTLE, "last")
    answer(world, LEA)
    answer(world, ROB)
    world.meter.says = "binds"
    world.sweep(2)
    world.click(RUI, Verb.RAISE, "last")
    assert say.CANNOT_RAISE in world.whispers(RUI)


def test_an_approval_of_another_project_approves_nothing() -> None:
    """Lea's yes was to one project; by Rob's, the watch has worked out that it is another that runs away."""
    world = refuted()
    world.click(OPS, Verb.THROTTLE, "last")
    asked = ask_of(world)
    answer(world, LEA)
    incident = world.of("last")
    assert incident.proposal is not None
    (step,) = incident.proposal.steps
    elsewhere = replace(step, target=replace(step.target, project="acme-production"))
    other = replace(incident, proposal=replace(incident.proposal, steps=(elsewhere,)), revision=incident.revision + 1)
    world.store.commit(Change(put=(other,)))
    world.deliver(world.type(ROB, Verb.APPROVE, ask=asked.id))
    world.sweep()
    assert (world.of("last").state, world.lever.standing) == (State.PROPOSED, {})
    assert say.QUESTION_CHANGED in world.whispers(ROB)
    world.click(OPS, Verb.THROTTLE, "last")
    assert ask_of(world).id != asked.id
    assert ask_of(world).targets == (elsewhere.target,)


def test_a_policy_is_no_authority_for_it_whatever_stands_in_the_store() -> None:
    """A lease of a hard lever that a policy decided on would not be set, though today's file enforces."""
    world = World(client=a_client())
    world.watch("last")
    incident = world.of("last")
    assert incident.proposal is not None
    policy = Decision(action=Action.THROTTLE, by=POLICY, at=world.clock.at, until=world.clock.at + timedelta(hours=1))
    soft = replace(incident, state=State.BRAKING, decision=policy)
    assert lapsed(world.client, soft, world.clock.at) == ""
    step = replace(incident.proposal.steps[0], target=HARD)
    hard = replace(soft, proposal=replace(incident.proposal, lever="disable_service", steps=(step,)))
    assert lapsed(world.client, hard, world.clock.at) == say.POLICY_CHANGED
