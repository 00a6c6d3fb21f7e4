"""A request goes to somebody who may approve it, or is not made; and what one person reads is one message."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.domain import sentences as say
from freio.domain.app import Approvals
from freio.domain.ask import Ask, override_id
from freio.domain.click import Verb
from freio.domain.notice import Notice, NoticeKind
from freio.domain.phrase import Phrase, packed, unpacked
from freio.guard.alert import plain
from freio.guard.overrides import allowance
from freio.i18n.catalogue import Language
from tests.simulation.cast import ANA, LEA, OPS, RUI, a_client, brl
from tests.simulation.world import World


def throttled(**approvals: Any) -> World:
    """An app with a brake, and Rui as its sole cost owner unless `approvals` say otherwise."""
    client = a_client()
    world = World(client=replace(client, approvals=replace(client.approvals, **approvals)))
    world.watch("chat")
    world.sweep()
    world.click(OPS, Verb.THROTTLE, "chat")
    world.sweep(2)
    return world


def asked(world: World) -> bool:
    return bool(world.of("chat").ask) or bool(world.store.due(Ask, world.clock.at))


@pytest.mark.parametrize("verb", [Verb.RELEASE, Verb.RAISE])
def test_a_request_that_nobody_else_may_approve_is_not_made(verb: Verb) -> None:
    """The sole cost owner is told at once, instead of waiting for an answer that cannot come."""
    world = throttled()
    world.click(RUI, verb, "chat")
    world.sweep()
    assert world.whispers(RUI) == [say.ASK_NOBODY]
    assert not asked(world)


def test_without_any_cost_owner_a_request_is_not_made_either() -> None:
    """An owner may only ask, and there is nobody to be asked."""
    world = throttled(cost_owners={})
    world.click(ANA, Verb.RELEASE, "chat")
    world.sweep()
    assert world.whispers(ANA) == [say.ASK_NOBODY]
    assert not asked(world)


@pytest.mark.parametrize(
    ("who", "approvals"),
    [
        (ANA, {}),
        (RUI, {"ops_may_raise": True}),
        (RUI, {"cost_owners": {"CC-1": ("rui@acme.example", "lea@acme.example")}}),
        (RUI, {"cost_owners": {"CC-1": (RUI, "S0FINANCE0")}}),
    ],
)
def test_where_somebody_else_may_approve_the_request_is_made(who: str, approvals: dict[str, Any]) -> None:
    """Another cost owner, a group, or ops where the file lets them."""
    world = throttled(**approvals)
    world.click(who, Verb.RELEASE, "chat")
    world.sweep()
    assert world.whispers(who) == [say.ASK_SENT]
    assert asked(world)


def test_asking_beforehand_meets_the_same_rule() -> None:
    """Without an incident as well."""
    world = World(client=replace(a_client(), approvals=Approvals(cost_owners={"CC-1": (RUI,)})))
    world.deliver(world.type(RUI, Verb.RAISE, app="chat"))
    world.sweep()
    assert world.whispers(RUI) == [say.ASK_NOBODY]


def test_the_status_of_everything_is_one_message() -> None:
    """However many incidents are open; each has its line, in the reader's language."""
    world = World()
    for app in ("chat", "auto", "left"):
        world.watch(app)
    world.sweep()
    world.deliver(world.type(LEA, Verb.STATUS))
    world.sweep()
    (line,) = [line for who, line in world.chat.whispers if who == LEA]
    said = Language("pt-BR", "America/Sao_Paulo").say(line.text, line.data).split("\n")
    assert said[0] == "Incidentes em aberto:"
    assert sorted(one.partition(":")[0] for one in said[1:]) == ["auto", "chat", "left"]
    assert all("neste mês" in one for one in said[1:])


def test_a_page_says_phrases_in_words() -> None:
    """Pages are in English, with the values as they are."""
    why = [Phrase.of(say.NO_BUCKET, model="flash", location="eu"), Phrase(say.NO_LEVER_LEFT)]
    notice = Notice(
        id="x",
        kind=NoticeKind.PAGE,
        due_at=datetime(2026, 11, 23, tzinfo=UTC),
        text=say.NO_BRAKE,
        data={"app": "chat", "reason": packed(why)},
    )
    assert plain(notice) == (
        "chat has no brake: flash at eu: dynamic shared quota, so no limit binds there; "
        "no lever is left that was not tried."
    )


def test_phrases_come_back_as_they_were_packed() -> None:
    """With whatever stands in them."""
    why = [Phrase.of("{x}", x='"[{é:money}]'), Phrase("plain")]
    assert unpacked(packed(why)) == why
    assert unpacked("") == []


def granted(world: World, amount: int, hours: int) -> None:
    """Ana asked beforehand, and Rui approved."""
    until = world.clock.at + timedelta(hours=hours)
    click = world.type(ANA, Verb.RAISE, app="chat", amount=Decimal(amount), until=until, why="launch")
    world.deliver(click)
    world.deliver(world.type(RUI, Verb.APPROVE, ask=f"chat/raise/{click.id}"))


def test_what_was_granted_beforehand_adds_up_while_it_lasts() -> None:
    """A second grant does not take the first one away; each ends at its own time, and makes room for the next."""
    world = World()
    assert allowance(world.store, "chat", world.clock.at) is None
    granted(world, 1000, hours=48)
    granted(world, 50, hours=5)
    assert allowance(world.store, "chat", world.clock.at) == brl(1050)
    assert allowance(world.store, "left", world.clock.at) is None
    world.pass_time(timedelta(hours=6))
    assert allowance(world.store, "chat", world.clock.at) == brl(1000)
    granted(world, 7, hours=5)
    assert allowance(world.store, "chat", world.clock.at) == brl(1007)
    assert world.store.get(Ask, override_id("chat", 2)) is None
    world.pass_time(timedelta(hours=48))
    assert allowance(world.store, "chat", world.clock.at) is None


@pytest.mark.parametrize("verb", [Verb.KEEP, Verb.EXPECTED, Verb.SNOOZE])
def test_more_can_be_asked_for_while_the_question_is_set_aside(verb: Verb) -> None:
    """The command needs no question: approved, it is an override of the budget."""
    world = World()
    world.watch("chat")
    world.click(OPS, verb, "chat")
    granted(world, 100, hours=30)
    assert world.whispers(ANA) == [say.ASK_SENT]
    assert allowance(world.store, "chat", world.clock.at) == brl(100)
