"""Messages of the sandbox's Slack, through the real client."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.unit.sandbox.slack_world import ANA, EVA, FINOPS, OPS, PRIVATE, RUI, World, section, slack_world

METADATA = {"event_type": "incident", "event_payload": {"app": "chat", "revision": 3}}


@pytest.fixture
def world() -> Iterator[World]:
    with slack_world() as opened:
        yield opened


def refusal(exc: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(exc.value.response["error"])


def test_a_posted_message_is_found_in_the_history_with_its_metadata(world: World) -> None:
    """Metadata comes back only when it is asked for."""
    ts = world.post(blocks=[section()], metadata=METADATA)
    [plain] = world.client.conversations_history(channel=FINOPS.id)["messages"]
    [whole] = world.client.conversations_history(channel=FINOPS.id, include_all_metadata=True)["messages"]
    assert (plain["ts"], whole["ts"]) == (ts, ts)
    assert "metadata" not in plain
    assert whole["metadata"] == METADATA
    assert whole["blocks"][0]["block_id"]


def test_an_update_keeps_what_it_does_not_mention(world: World) -> None:
    """Blocks and metadata stay under a new text, and every drawing is remembered."""
    ts = world.post(blocks=[section("first")], metadata=METADATA)
    world.client.chat_update(channel=FINOPS.id, ts=ts, text="second")
    message = world.workspace.message(FINOPS.id, ts)
    assert (message.text, message.blocks[0]["text"]["text"], message.metadata) == ("second", "first", METADATA)
    assert message.edited_ts is not None
    assert [drawing.text for drawing in world.workspace.drawings("#finops", ts)] == ["hello", "second"]


def test_an_update_of_nothing_is_refused(world: World) -> None:
    """A ts that names no message is Slack's message_not_found."""
    with pytest.raises(SlackApiError) as refused:
        world.client.chat_update(channel=FINOPS.id, ts="1.000001", text="x")
    assert refusal(refused) == "message_not_found"


def test_a_person_s_message_is_not_the_app_s_to_change(world: World) -> None:
    """Slack lets an app redraw its own messages alone."""
    said = world.workspace.say(ANA.id, FINOPS.id, "a < b & c")
    assert said.text == "a &lt; b &amp; c"
    with pytest.raises(SlackApiError) as refused:
        world.client.chat_update(channel=FINOPS.id, ts=said.ts, text="x")
    assert refusal(refused) == "cant_update_message"


def test_timestamps_are_unique_while_the_clock_stands_still(world: World) -> None:
    """A simulated clock that does not move still names every message differently."""
    names = [world.post() for _ in range(5)]
    assert names == sorted(set(names))


def test_history_is_read_in_pages_newest_first(world: World) -> None:
    """The cursor leads through all messages once, even when one more arrives between two pages."""
    sent = [world.post(text=str(number)) for number in range(5)]
    first = world.client.conversations_history(channel=FINOPS.id, limit=2)
    world.post(text="late")
    cursor = first["response_metadata"]["next_cursor"]
    rest = world.client.conversations_history(channel=FINOPS.id, limit=10, cursor=cursor)
    assert [m["ts"] for m in (*first["messages"], *rest["messages"])] == sent[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_history_between_two_moments_leaves_the_ends_out_unless_inclusive(world: World) -> None:
    """Oldest and latest are exclusive bounds, as in Slack."""
    sent = [world.post() for _ in range(3)]
    bounds: dict[str, Any] = {"channel": FINOPS.id, "oldest": sent[0], "latest": sent[2]}
    inner = world.client.conversations_history(**bounds)["messages"]
    whole = world.client.conversations_history(**bounds, inclusive=True)["messages"]
    assert [m["ts"] for m in inner] == [sent[1]]
    assert len(whole) == 3


def test_replies_stand_in_the_thread_and_not_in_the_channel(world: World) -> None:
    """A reply to a reply goes to the same thread, and the parent counts them."""
    parent = world.post()
    reply = world.post(thread_ts=parent, text="one")
    world.post(thread_ts=reply, text="two")
    thread = world.client.conversations_replies(channel=FINOPS.id, ts=parent)["messages"]
    assert [m["text"] for m in thread] == ["hello", "one", "two"]
    assert thread[0]["reply_count"] == 2
    assert len(world.workspace.messages(FINOPS.id)) == 1
    assert len(world.workspace.thread(FINOPS.id, parent)) == 3


def test_an_ephemeral_message_is_seen_by_one_person_only(world: World) -> None:
    """It is in nobody's history, and only in that person's list."""
    world.client.chat_postEphemeral(channel=FINOPS.id, user=ANA.id, text="psst")
    assert [m.text for m in world.workspace.ephemerals(ANA.id)] == ["psst"]
    assert world.workspace.ephemerals(RUI.id) == []
    assert world.client.conversations_history(channel=FINOPS.id)["messages"] == []


def test_a_direct_message_has_one_channel(world: World) -> None:
    """Opening it, and writing to the person's id, mean the same conversation."""
    opened = world.client.conversations_open(users=ANA.id)["channel"]["id"]
    world.post(channel=ANA.id, text="for you")
    assert [m.text for m in world.workspace.messages(opened)] == ["for you"]


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ({"channel": "C9NOWHERE"}, "channel_not_found"),
        ({"channel": PRIVATE.id}, "not_in_channel"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"metadata": {"event_type": "x" * 256, "event_payload": {}}}, "invalid_metadata_schema"),
        ({"metadata": {"event_type": "x", "event_payload": {"a": "x" * 16_001}}}, "metadata_too_large"),
    ],
)
def test_a_message_that_slack_would_refuse_is_refused_in_its_words(
    world: World, message: dict[str, object], word: str
) -> None:
    """Nothing is stored, and the error is Slack's."""
    with pytest.raises(SlackApiError) as refused:
        world.post(**message)
    assert refusal(refused) == word
    assert world.workspace.messages(FINOPS.id) == []


def test_a_message_without_anything_is_refused(world: World) -> None:
    """Neither text nor blocks is no message."""
    with pytest.raises(SlackApiError) as refused:
        world.client.api_call("chat.postMessage", json={"channel": FINOPS.id})
    assert refusal(refused) == "no_text"


def test_a_wrong_token_and_an_unknown_method_are_refused(world: World) -> None:
    """Slack's invalid_auth and unknown_method."""
    with pytest.raises(SlackApiError) as stranger:
        WebClient(token="xoxb-other", base_url=world.server.api_url).auth_test()
    with pytest.raises(SlackApiError) as unknown:
        world.client.api_call("chat.shout")
    assert (refusal(stranger), refusal(unknown)) == ("invalid_auth", "unknown_method")
    assert world.client.auth_test()["user_id"] == world.workspace.directory.bot.id


def test_people_and_groups_are_looked_up(world: World) -> None:
    """The locale comes when asked for; a deactivated person is found by id, and neither by address nor in a group."""
    ana = world.client.users_lookupByEmail(email="ANA@acme.example")["user"]
    eva = world.client.users_info(user=EVA.id, include_locale=True)["user"]
    assert (ana["id"], ana["tz"], ana["tz_offset"], "locale" in ana) == (ANA.id, "America/Sao_Paulo", -10_800, False)
    assert (eva["deleted"], eva["locale"]) == (True, "en")
    assert world.client.usergroups_users_list(usergroup=OPS.id)["users"] == [ANA.id]
    for method, asked, word in (
        ("users.lookupByEmail", {"email": EVA.email}, "users_not_found"),
        ("users.info", {"user": "U9"}, "user_not_found"),
        ("usergroups.users.list", {"usergroup": "S9"}, "no_such_subteam"),
    ):
        with pytest.raises(SlackApiError) as refused:
            world.client.api_call(method, params=asked)
        assert refusal(refused) == word


def test_the_app_may_write_json_in_form_fields(world: World) -> None:
    """Blocks as a JSON string, as older clients send them."""
    fields = {"channel": FINOPS.id, "blocks": '[{"type": "divider"}]', "text": "line"}
    world.client.api_call("chat.postMessage", data=fields)
    assert world.workspace.messages(FINOPS.id)[0].blocks[0]["type"] == "divider"
    with pytest.raises(SlackApiError) as refused:
        world.client.api_call("chat.postMessage", data=fields | {"blocks": "[{"})
    assert refusal(refused) == "invalid_blocks_format"


def test_a_body_that_is_no_json_object_is_refused(world: World) -> None:
    """Slack's invalid_json, and nothing is guessed from it."""
    with pytest.raises(SlackApiError) as refused:
        world.client.api_call("chat.postMessage", json=["channel"])  # type: ignore[arg-type]  # on purpose
    assert refusal(refused) == "invalid_json"
