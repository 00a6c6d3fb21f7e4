"""Announcements: who may make them, what they change, and how they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.domain import sentences as say
from freio.domain.click import Click, Verb
from freio.domain.expectation import Expectations, Planned
from freio.domain.journal import Kind
from freio.errors import BadMessage
from freio.i18n.catalogue import Language
from freio.ports import Change
from tests.simulation.cast import ANA, GUEST, LEA, OPS, RUI
from tests.simulation.world import World
from tests.unit.guard.watching import HOUR, NOW, Town


def planning(world: World, person: str = OPS, **changes: Any) -> Click:
    """Four times the usual from in an hour on, for two hours."""
    now = world.clock.at
    said = {"app": "chat", "since": now + HOUR, "until": now + 3 * HOUR, "factor": Decimal(4), "why": "launch"}
    click = world.type(person, Verb.PLAN, **{**said, **changes})
    world.deliver(click)
    return click


def kept(world: World) -> Expectations | None:
    return world.store.get(Expectations, "chat")


@pytest.mark.parametrize("person", [OPS, ANA, RUI])
def test_whoever_may_call_it_expected_may_announce_it(person: str) -> None:
    """Ops, an owner, and the cost owner; once, and it stands in the journal."""
    world = World()
    click = planning(world, person)
    world.deliver(click)
    known = kept(world)
    assert known is not None
    (said,) = known.planned
    assert (said.number, said.by, said.factor, said.why) == (1, person, Decimal(4), "launch")
    assert world.whispers(person) == [say.PLANNED]
    lessons = [entry for entry in world.store.entries() if entry.kind is Kind.LESSON]
    assert [(entry.what, entry.by, entry.app, entry.data["factor"]) for entry in lessons] == [
        ("announced", person, "chat", "4")
    ]


@pytest.mark.parametrize(("person", "answer"), [(LEA, say.NOT_ALLOWED), (GUEST, say.NOT_FOR_GUESTS)])
def test_nobody_else_may(person: str, answer: str) -> None:
    """An owner of another app, or a guest: neither announce nor withdraw."""
    world = World()
    planning(world, person)
    assert kept(world) is None
    planning(world)
    world.deliver(world.type(person, Verb.WITHDRAW, app="chat", number=1))
    assert world.whispers(person) == [answer, answer]
    known = kept(world)
    assert known is not None
    assert len(known.planned) == 1


def test_it_holds_while_it_lasts() -> None:
    """From its first moment until its last; of several the largest counts."""
    world = World()
    planning(world)
    planning(world, factor=Decimal(2), until=world.clock.at + 9 * HOUR)
    known, now = kept(world), world.clock.at
    assert known is not None
    factors = [known.factor(now + after * HOUR) for after in (0, 1, 2.9, 3, 8.9, 9)]
    assert factors == [1, 4, 4, 2, 2, 1]


def test_it_is_listed_withdrawn_and_forgotten() -> None:
    """By its number, which no later one gets."""
    world = World()
    planning(world)
    planning(world, until=world.clock.at + 30 * HOUR)
    world.deliver(world.type(RUI, Verb.WITHDRAW, app="chat", number=1))
    world.deliver(world.type(RUI, Verb.WITHDRAW, app="chat", number=1))
    assert world.whispers(RUI) == [say.PLAN_WITHDRAWN, say.PLAN_UNKNOWN]
    planning(world, until=world.clock.at + 30 * HOUR)
    world.deliver(world.type(LEA, Verb.PLANS))
    (line,) = [line for who, line in world.chat.whispers if who == LEA]
    said = Language("en", "UTC").say(line.text, line.data)
    assert said.count("chat, number ") == 2
    assert "chat, number 2: up to 4 times the usual, from " in said
    assert "chat, number 3: " in said
    world.pass_time(31 * HOUR)
    world.deliver(world.type(LEA, Verb.PLANS))
    assert world.whispers(LEA)[-1] == say.PLANS_NONE


def test_a_lesson_is_listed_and_withdrawn_like_an_announcement() -> None:
    """Somebody called expected what was not: an owner takes it back."""
    world = World()
    world.watch("chat")
    world.click(OPS, Verb.EXPECTED, "chat")
    world.deliver(world.type(ANA, Verb.PLANS))
    world.deliver(world.type(ANA, Verb.WITHDRAW, app="chat", number=1))
    assert world.whispers(ANA) == [say.PLANS_LINES, say.PLAN_WITHDRAWN]
    known = kept(world)
    assert known is not None
    assert known.lessons == ()


def test_what_is_over_or_unknown_is_said() -> None:
    """And what no form of ours would send is a bad message."""
    world = World()
    now = world.clock.at
    planning(world, since=now - 2 * HOUR, until=now)
    planning(world, app="chats")
    assert world.whispers(OPS) == [say.TOO_LATE, say.UNKNOWN_APP]
    for wrong in ({"factor": Decimal(1)}, {"since": now + 9 * HOUR}, {"factor": None}, {"until": None}):
        with pytest.raises(BadMessage):
            planning(world, **wrong)


def test_what_is_over_is_remembered_but_neither_listed_nor_withdrawn() -> None:
    """Its days go on being no example of the usual; people are asked about what is to come."""
    world = World()
    planning(world)
    world.clock.at += 4 * HOUR
    world.deliver(world.type(OPS, Verb.PLANS))
    world.deliver(world.type(OPS, Verb.WITHDRAW, app="chat", number=1))
    assert world.whispers(OPS) == [say.PLANNED, say.PLANS_NONE, say.PLAN_UNKNOWN]
    known = kept(world)
    assert known is not None
    assert len(known.remembered(world.clock.at).planned) == 1
    assert known.remembered(world.clock.at + timedelta(days=40)).planned == ()


def test_the_watch_honours_it_like_the_files_own() -> None:
    """Usual is a dollar and the gate five: 150 times the usual was announced, and a hundred is that.

    What is judged is the hour that ends now: until an hour after the end a part of it was announced.
    """
    for end, signals in ((NOW + HOUR, 0), (NOW, 0), (NOW - HOUR, 1)):
        town = Town()
        town.runs_away()
        said = Planned(
            number=1, start=NOW - 2 * HOUR, end=end, factor=Decimal(150), why="launch", by="U1", at=NOW - 3 * HOUR
        )
        town.store.commit(Change(put=(Expectations(id="chat", planned=(said,)),)))
        assert town.watcher.watch().signals == signals


def test_what_runs_away_in_a_sale_is_told_and_drawn_over_what_was_expected_of_each_hour() -> None:
    """A hundred for two hours: the first over one dollar, and the second, of a sale of three times, over three."""
    town = Town()
    town.runs_away()
    town.detector.scores["chat"] = replace(town.detector.scores["chat"], normal=(1.0,) * 24)
    said = Planned(number=1, start=NOW, end=NOW + 9 * HOUR, factor=Decimal(3), why="launch", by="U1", at=NOW - HOUR)
    town.store.commit(Change(put=(Expectations(id="chat", planned=(said,)),)))
    town.watcher.watch()
    town.serve(NOW, NOW + HOUR, 100_000_000)
    town.clock.sleep(3600)
    town.watcher.watch()
    incident = town.store.open_incident("chat")
    assert incident is not None
    assert incident.explanation is not None
    assert incident.explanation.usual.amount == 3
    assert incident.explanation.so_far.amount == 99 + 97
    assert town.chat.alts[-1].endswith("usual at that hour: $3.00.")
