"""The chat, over a sandbox workspace that checks what it is sent as Slack does."""

from __future__ import annotations

from typing import Any

import pytest

from freio.adapters.slack.chat import SlackChat
from freio.domain import sentences
from freio.domain.ask import Answer
from freio.domain.incident import Action, State
from freio.domain.notice import Card
from freio.domain.phrase import Phrase, packed
from freio.errors import Rejected, Unavailable
from freio.ports import Line
from freio.sandbox.slack import ServerHandle
from freio.sandbox.slack.faults import LostReply, RateLimited, Refused, ServerError
from tests.unit.slack.conftest import ANA, OUT, RUI
from tests.unit.slack.examples import CHANNEL, NOW, incident, request

PNG = b"\x89PNG\r\n\x1a\nfew bytes are enough"
NO_CARD = Card(id="inc-7", channel=CHANNEL, ts="")


def card_at(ts: str, chart: str = "") -> Card:
    """The record of a message that was posted."""
    return Card(id="inc-7", channel=CHANNEL, ts=ts, chart=chart)


def test_an_incident_is_one_message_that_is_redrawn(chat: SlackChat, slack: ServerHandle) -> None:
    """Showing it again, even by a record that does not know the message, redraws the same one."""
    ts = chat.show(incident(), NO_CARD)
    again = chat.show(incident(state=State.BRAKING), card_at(ts))
    forgotten = chat.show(incident(state=State.THROTTLED), NO_CARD)
    assert ts == again == forgotten
    assert len(slack.workspace.messages(CHANNEL)) == 1
    assert len(slack.workspace.drawings(CHANNEL, ts)) == 3


def test_a_message_is_found_by_the_incident_it_carries(chat: SlackChat) -> None:
    """Another incident's message, or none at all, is not taken for it."""
    assert chat.find(CHANNEL, "inc-7") is None
    ts = chat.show(incident(), NO_CARD)
    assert chat.find(CHANNEL, "inc-7") == ts
    assert chat.find(CHANNEL, "inc-8") is None


def test_a_message_is_found_behind_many_others(chat: SlackChat, slack: ServerHandle) -> None:
    """The look goes on from page to page."""
    ts = chat.show(incident(), NO_CARD)
    for number in range(250):
        slack.workspace.say(ANA.id, CHANNEL, f"chatter {number}")
    assert chat.find(CHANNEL, "inc-7") == ts


def test_a_lost_reply_posts_no_second_message(chat: SlackChat, slack: ServerHandle) -> None:
    """A post whose answer is lost is not repeated blindly; the next try finds what it left."""
    slack.workspace.faults.inject("chat.postMessage", LostReply())
    with pytest.raises(Unavailable):
        chat.show(incident(), NO_CARD)
    chat.show(incident(), NO_CARD)
    assert len(slack.workspace.messages(CHANNEL)) == 1


def test_a_deleted_message_is_posted_anew(chat: SlackChat, slack: ServerHandle) -> None:
    """A record of a message that is gone does not keep the incident from being shown."""
    ts = chat.show(incident(), card_at("1700000000.000100"))
    assert [message.ts for message in slack.workspace.messages(CHANNEL)] == [ts]


def test_a_rate_limit_is_waited_out(chat: SlackChat, slack: ServerHandle) -> None:
    """Slack's pause is kept, and the call made again."""
    slack.workspace.faults.inject("chat.postMessage", RateLimited(seconds=0))
    chat.show(incident(), NO_CARD)
    assert len(slack.workspace.messages(CHANNEL)) == 1


def test_an_overloaded_slack_is_worth_trying_again(chat: SlackChat, slack: ServerHandle) -> None:
    """A server error is `Unavailable`."""
    slack.workspace.faults.inject("chat.postMessage", ServerError(status=503))
    with pytest.raises(Unavailable, match="503"):
        chat.show(incident(), NO_CARD)


def test_a_channel_that_is_not_there_needs_a_person(chat: SlackChat) -> None:
    """A wrong channel is `Rejected`, with Slack's word for it."""
    with pytest.raises(Rejected, match="channel_not_found"):
        chat.show(incident(), Card(id="inc-7", channel="C0NOWHERE0", ts=""))


def test_an_uploaded_chart_stands_in_the_message(chat: SlackChat, slack: ServerHandle) -> None:
    """It is uploaded to no channel and shown by its id."""
    chart = chat.upload_chart(PNG, "Cost an hour", "a line that rises")
    ts = chat.show(incident(), card_at("", chart))
    images = [block for block in slack.workspace.message(CHANNEL, ts).blocks if block["type"] == "image"]
    assert [image["slack_file"] for image in images] == [{"id": chart}]
    assert len(slack.workspace.messages(CHANNEL)) == 1


def test_a_chart_that_slack_cannot_show_keeps_the_message_from_nobody(chat: SlackChat, slack: ServerHandle) -> None:
    """The message is drawn without it, and says so."""
    slack.workspace.faults.inject("chat.postMessage", Refused("invalid_blocks"))
    ts = chat.show(incident(), card_at("", "F0NOTREADY"))
    blocks = slack.workspace.message(CHANNEL, ts).blocks
    assert [block["type"] for block in blocks if block["block_id"] == "chart"] == ["context"]
    assert "não conseguiu mostrar o gráfico" in str(blocks)


def test_invalid_blocks_without_a_chart_are_told(chat: SlackChat, slack: ServerHandle) -> None:
    """Nothing else is tried silently."""
    slack.workspace.faults.inject("chat.postMessage", Refused("invalid_blocks"))
    with pytest.raises(Rejected, match="invalid_blocks"):
        chat.show(incident(), NO_CARD)


def test_a_line_of_history_is_added_once(chat: SlackChat, slack: ServerHandle) -> None:
    """The same key leaves one line; it calls whom it mentions, by address too."""
    card = card_at(chat.show(incident(), NO_CARD))
    line = Line(text=sentences.QUIET, mention=("ana@acme.example", "S01OPS0000", "nobody@acme.example"))
    chat.thread(card, line, "k1")
    chat.thread(card, line, "k1")
    chat.thread(card, Line(text=sentences.NEXT_LEVER), "k2")
    _, called, plain = slack.workspace.thread(CHANNEL, card.ts)
    assert called.text.startswith(f"<@{ANA.id}> <!subteam^S01OPS0000> nobody@acme.example Tudo normal")
    assert "alavanca" in plain.text


def test_a_post_of_its_own_stands_once_in_the_channel(chat: SlackChat, slack: ServerHandle) -> None:
    """Also where its reply was lost: the next try finds what the first one left. Another key is another message."""
    line = Line(text=sentences.DIGEST_OTHERS, data={"others": "2"})
    slack.workspace.faults.inject("chat.postMessage", LostReply())
    with pytest.raises(Unavailable):
        chat.post(CHANNEL, line, "digest/2026-11-23")
    chat.post(CHANNEL, line, "digest/2026-11-23")
    assert len(slack.workspace.messages(CHANNEL)) == 1
    chat.post(CHANNEL, line, "digest/2026-11-30")
    assert len(slack.workspace.messages(CHANNEL)) == 2


def test_history_waits_for_the_message(chat: SlackChat) -> None:
    """Without a message there is no thread yet: that is worth trying again."""
    with pytest.raises(Unavailable):
        chat.thread(NO_CARD, Line(text=sentences.QUIET), "k1")


def test_a_whisper_speaks_its_readers_language(chat: SlackChat, slack: ServerHandle) -> None:
    """English to Rui, Portuguese to Ana, each seen by them alone."""
    line = Line(text=sentences.ALREADY_DECIDED, data={"by": ANA.id, "action": "throttle", "at": NOW.isoformat()})
    chat.whisper(CHANNEL, RUI.id, line)
    chat.whisper(CHANNEL, ANA.id, line)
    (english,), (portuguese,) = slack.workspace.ephemerals(RUI.id), slack.workspace.ephemerals(ANA.id)
    assert english.text.startswith(f"Nothing changed: <@{ANA.id}> already decided throttle at <!date^")
    assert portuguese.text.startswith(f"Nada mudou: <@{ANA.id}> já decidiu: frear")
    assert slack.workspace.messages(CHANNEL) == []


def test_somebody_outside_the_channel_is_written_to_directly(chat: SlackChat, slack: ServerHandle) -> None:
    """A slash command works anywhere; its answer reaches its writer, in the client's language if not their own."""
    chat.whisper(CHANNEL, OUT.id, Line(text=sentences.NOT_OPEN))
    direct = slack.workspace.directory.direct(OUT.id)
    assert [message.text for message in slack.workspace.messages(direct.id)] == [
        "Nada mudou: esse incidente está encerrado."
    ]


def test_a_request_is_asked_once_and_closed_in_place(chat: SlackChat, slack: ServerHandle) -> None:
    """It stands in the incident's thread with its two buttons; answered, it has none and says by whom."""
    card = card_at(chat.show(incident(), NO_CARD))
    chat.ask(request(), [RUI.email], card, "k-ask")
    chat.ask(request(), [RUI.email], card, "k-ask")
    _, asked = slack.workspace.thread(CHANNEL, card.ts)
    assert asked.action_ids == ["approve", "deny"]
    assert f"<@{RUI.id}>" in str(asked.blocks)
    chat.ask(request(answer=Answer.APPROVED, answered_by=RUI.id, answered_at=NOW), [RUI.email], card, "k-done")
    _, answered = slack.workspace.thread(CHANNEL, card.ts)
    assert answered.ts == asked.ts
    assert answered.action_ids == []
    assert f"*Aprovado* por <@{RUI.id}>" in str(answered.blocks)


def test_a_request_waits_for_the_message(chat: SlackChat, slack: ServerHandle) -> None:
    """In the channel it would not be found once there is a thread, and would be posted a second time there."""
    for card in (None, NO_CARD):
        with pytest.raises(Unavailable, match="inc-7"):
            chat.ask(request(), [RUI.email], card, "k-ask")
    card = card_at(chat.show(incident(), NO_CARD))
    chat.ask(request(answer=Answer.DENIED, answered_by=RUI.id, answered_at=NOW), [RUI.email], card, "k-ask")
    assert len(slack.workspace.messages(CHANNEL)) == 1
    assert len(slack.workspace.thread(CHANNEL, card.ts)) == 2


@pytest.mark.parametrize("why", ["&" * 300, "x" * 300])
def test_no_reason_is_long_enough_to_hide_who_is_called(chat: SlackChat, slack: ServerHandle, why: str) -> None:
    """The cost owners stand in a block of their own, before it."""
    card = card_at(chat.show(incident(), NO_CARD))
    chat.ask(request(why=why), [RUI.email], card, "k-ask")
    _, asked = slack.workspace.thread(CHANNEL, card.ts)
    texts = {block["block_id"]: block["text"]["text"] for block in asked.blocks if "text" in block}
    assert texts["people"] == f"<@{RUI.id}>"
    assert list(texts) == ["request", "people", "why"]


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({"action": Action.RELEASE}, True),
        ({"action": Action.KEEP, "frees": True}, True),
        ({"action": Action.KEEP}, False),
        ({"action": Action.RAISE, "frees": True}, False),
    ],
)
def test_a_request_to_let_go_says_what_that_means(
    chat: SlackChat, slack: ServerHandle, changes: dict[str, Any], is_told: bool
) -> None:
    """Whoever approves it knows that the limit goes away, whatever the button was called."""
    card = card_at(chat.show(incident(), NO_CARD))
    chat.ask(request(**changes), [RUI.email], card, "k-ask")
    _, asked = slack.workspace.thread(CHANNEL, card.ts)
    assert ("*Se aprovado:* o Freio solta este freio" in str(asked.blocks)) is is_told


def test_a_status_of_many_incidents_says_how_many_are_not_shown(chat: SlackChat, slack: ServerHandle) -> None:
    """None is cut away without a word."""
    line = {"state": "PROPOSED", "since": NOW.isoformat(), "likely": "1 BRL", "rate": "1 BRL"}
    opened = packed([Phrase.of(sentences.STATUS_LINE, app=f"app-{n}", **line) for n in range(1, 71)])
    chat.whisper(CHANNEL, RUI.id, Line(text=sentences.STATUS_LINES, data={"open": opened}))
    (told,) = slack.workspace.ephemerals(RUI.id)
    lines = "\n".join(block["text"]["text"] for block in told.blocks).split("\n")
    shown = [text for text in lines if text.startswith("app-")]
    assert lines[-1] == f"and {70 - len(shown)} more"
    assert len(lines) == len(shown) + 2


def test_a_request_made_beforehand_stands_in_the_channel(chat: SlackChat, slack: ServerHandle) -> None:
    """There is no incident, so there is no thread; it is still asked only once."""
    chat.ask(request(incident=""), [RUI.email], None, "k-ask")
    chat.ask(request(incident=""), [RUI.email], None, "k-ask")
    (asked,) = slack.workspace.messages(CHANNEL)
    assert asked.action_ids == ["approve", "deny"]
    assert "<!channel>" not in str(asked.blocks)
