"""What is owed to people arrives, once where it can be looked for, and is never dropped in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from freio.domain.click import Verb
from freio.domain.incident import State
from freio.domain.journal import Kind
from freio.domain.notice import Card, Notice, NoticeKind
from freio.domain.sentences import PAGE_NO_ANSWER, PAGE_UNATTRIBUTED_ALL
from freio.errors import Rejected, Unavailable
from freio.guard.alert import TRIES, plain
from freio.ports import Change
from tests.simulation.cast import MINUTE, OPS
from tests.simulation.gates import Worker
from tests.simulation.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


def test_an_incident_has_one_message_that_is_redrawn(world: World) -> None:
    """The card remembers where it stands; the journal says that it was posted, once."""
    world.watch("chat")
    world.click(OPS, Verb.SNOOZE, "chat")
    incident = world.of("chat")
    assert world.chat.posts == {incident.id: ["1.0"]}
    assert world.chat.shown[incident.id].state is State.SNOOZED
    card = world.store.get(Card, incident.id)
    assert card is not None
    assert (card.ts, card.due_at) == ("1.0", None)
    assert [e.what for e in world.store.entries() if e.id.endswith("/posted")] == ["posted"]


def test_a_lost_reply_does_not_post_twice(world: World) -> None:
    """The message is looked for before it is posted again."""
    world.chat.faults.waiting += ["", "lost"]
    world.watch("chat")
    world.sweep(times=4)
    assert world.chat.posts == {world.of("chat").id: ["1.0"]}


def test_a_crash_at_any_gate_of_the_first_delivery_posts_once() -> None:
    """Before the post, after it, before it is written down where it stands."""
    for gate in range(1, 80):
        world = World()
        died = world.run(world.watching("chat", "hot"), gate).crashed
        world.watch("chat", "warm" if world.ledger.open else "hot")
        world.sweep(times=5)
        incident = world.of("chat")
        assert len(world.chat.posts[incident.id]) == 1, gate
        assert world.chat.shown[incident.id].revision == incident.revision
        lines = world.chat.lines.get("1.0", [])
        assert len(lines) == len(set(lines))
        if not died:
            return
    raise AssertionError("a first delivery passes more gates than that")


@pytest.mark.parametrize("gates", range(1, 60, 2))
def test_overlapping_deliverers_post_once_and_show_the_last_state(gates: int) -> None:
    """A second signal is told while the first message is being posted."""
    world = World()
    world.gates.run([Worker(world.watching("chat", "hot")), Worker(world.watching("chat", "hot"))], [gates, 7, 3])
    world.sweep(times=4)
    incident = world.of("chat")
    assert world.chat.posts == {incident.id: ["1.0"]}
    assert world.chat.shown[incident.id].signal_count == incident.signal_count


def test_lines_of_a_thread_wait_for_the_message(world: World) -> None:
    """And are said once it is there."""
    world.chat.faults.waiting += ["", "before"]
    world.watch("chat")
    assert not world.chat.lines
    world.sweep(times=4)
    assert len(world.chat.lines["1.0"]) == len(set(world.chat.lines["1.0"])) > 0


def test_a_notice_that_fails_is_journalled_and_tried_again_later(world: World) -> None:
    """The sweep that could not deliver it fails as well."""
    world.chat.faults.waiting += ["before"] * 3
    world.watch("chat")
    assert [e for e in world.store.entries() if e.kind is Kind.FAILURE]
    world.chat.faults.waiting += ["before"] * 3
    world.pass_time(MINUTE)
    swept = world.sweeper.sweep()
    assert swept.failures
    with pytest.raises(Unavailable):
        swept.raise_failures()


def test_what_cannot_be_delivered_is_dead_in_the_end_and_a_person_is_paged(world: World) -> None:
    """By the pager, which is not the chat."""
    world.chat.faults.waiting += ["before"] * 1000
    world.watch("chat")
    world.sweep(times=20, every=HOUR)
    draw = world.store.get(Notice, f"draw/{world.of('chat').id}")
    assert draw is not None
    assert draw.dead or draw.attempts < TRIES
    assert any(key.endswith("/dead") for key in world.pager.pages)


def test_what_only_a_person_can_mend_is_paged_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot was thrown out of the channel; one page for it, not one for each try."""

    def thrown_out(*_: object) -> str:
        raise Rejected("not_in_channel")

    monkeypatch.setattr(world.chat, "show", thrown_out)
    world.watch("chat")
    world.sweep(times=5)
    assert [key for key in world.pager.pages if "draw/" in key] == [f"page/draw/{world.of('chat').id}/rejected"]


def test_a_page_is_said_with_units_and_in_words(world: World) -> None:
    """A duration is no bare number of seconds, and money has its currency."""
    data = {"app": "chat", "incident": "chat-1", "waited": "6300"}
    page = Notice(id="page/x", kind=NoticeKind.PAGE, due_at=world.clock.at, text=PAGE_NO_ANSWER, data=data)
    assert plain(page) == "Nobody has answered Freio about chat (chat-1) for 1 hour, 45 minutes."
    unowned = replace(
        page, text=PAGE_UNATTRIBUTED_ALL, data={"amount": "9.123456789 BRL", "hour": "2026-11-23T14:00:00+00:00"}
    )
    said = "R$9.12 of the hour from Nov 23, 2026 2:00 PM (GMT+00:00) on belong to no app in freio.yaml."
    assert plain(unowned).replace("\u202f", " ") == said


def test_a_page_that_cannot_be_said_well_is_sent_as_it_is() -> None:
    """A bug in its data must not keep anybody asleep."""
    page = Notice(id="page/x", kind=NoticeKind.PAGE, due_at=None, text=PAGE_NO_ANSWER, data={"waited": "long"})
    assert plain(page) == f"{PAGE_NO_ANSWER} {{'waited': 'long'}}"


def test_a_page_is_tried_until_it_is_delivered(world: World) -> None:
    """However long the pager is away: it is never given up."""
    page = Notice(id="page/x", kind=NoticeKind.PAGE, due_at=world.clock.at, text="{app} burns", data={"app": "chat"})
    world.store.commit(Change(touch=(page,)))
    world.pager.faults.waiting += ["before"] * 30
    world.sweep(times=40, every=HOUR)
    assert world.pager.pages == {"page/x": "chat burns"}


def test_a_notice_that_cannot_be_said_does_not_keep_the_others_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in one kind of message; the message itself and the page go out."""

    def bug(*_: object) -> None:
        raise KeyError("until")

    monkeypatch.setattr(world.chat, "thread", bug)
    page = Notice(id="page/x", kind=NoticeKind.PAGE, due_at=world.clock.at, text="x")
    world.store.commit(Change(touch=(page,)))
    world.watch("chat")
    assert world.chat.posts
    assert world.pager.pages


def test_a_whisper_reaches_one_person_alone(world: World) -> None:
    """In the channel where they clicked."""
    world.watch("chat")
    old = world.press(OPS, Verb.SNOOZE, "chat")
    world.click(OPS, Verb.KEEP, "chat")
    world.deliver(old)
    assert [who for who, _ in world.chat.whispers] == [OPS]
