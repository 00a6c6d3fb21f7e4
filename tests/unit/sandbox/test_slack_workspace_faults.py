"""What goes wrong on request in the sandbox's Slack, and pictures that are shown."""

from collections.abc import Iterator
from http.client import RemoteDisconnected
from time import perf_counter
from urllib.request import urlopen

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from freio.sandbox.slack.faults import Hang, LostReply, RateLimited, Refused, ServerError, Slow
from tests.unit.sandbox.slack_world import FINOPS, World, slack_world

POST = "chat.postMessage"


@pytest.fixture
def world() -> Iterator[World]:
    with slack_world() as opened:
        yield opened


def texts(world: World) -> list[str]:
    return [message.text for message in world.workspace.messages(FINOPS.id)]


def test_a_lost_reply_leaves_the_message_stored_once(world: World) -> None:
    """The caller cannot know, and the channel shows that it took effect."""
    world.workspace.faults.inject(POST, LostReply())
    with pytest.raises((RemoteDisconnected, ConnectionError)):
        world.post(text="once")
    assert texts(world) == ["once"]
    assert world.workspace.faults.left() == {}


def test_the_client_s_own_retry_after_a_lost_reply_posts_twice(world: World) -> None:
    """Slack has no idempotency key: whoever retries blindly says it twice."""
    eager = WebClient(token=world.workspace.bot_token, base_url=world.server.api_url)
    world.workspace.faults.inject(POST, LostReply())
    eager.chat_postMessage(channel=FINOPS.id, text="twice")
    assert texts(world) == ["twice", "twice"]


def test_a_rate_limit_says_when_to_come_back(world: World) -> None:
    """HTTP 429 with Retry-After, and nothing takes effect."""
    world.workspace.faults.inject(POST, RateLimited(seconds=7))
    with pytest.raises(SlackApiError) as refused:
        world.post()
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "7"
    assert texts(world) == []


def test_the_rate_limit_handler_comes_back_and_succeeds(world: World) -> None:
    """The real handler obeys Retry-After."""
    patient = WebClient(
        token=world.workspace.bot_token,
        base_url=world.server.api_url,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=2)],
    )
    world.workspace.faults.inject(POST, RateLimited(seconds=0), times=2)
    patient.chat_postMessage(channel=FINOPS.id, text="third time")
    assert texts(world) == ["third time"]


def test_faults_meet_their_own_method_in_order(world: World) -> None:
    """A server error, then a refusal, then all is well; other methods notice nothing."""
    world.workspace.faults.inject(POST, ServerError(503))
    world.workspace.faults.inject(POST, Refused("is_archived"))
    assert world.client.auth_test()["ok"]
    errors = []
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            world.post()
        errors.append((refused.value.response.status_code, texts(world)))
    assert errors == [(503, []), (200, [])]
    world.post(text="well")
    assert texts(world) == ["well"]


def test_a_hanging_call_times_out_without_effect(world: World) -> None:
    """The caller gives up first, and nothing was stored."""
    hasty = WebClient(token=world.workspace.bot_token, base_url=world.server.api_url, timeout=1, retry_handlers=[])
    world.workspace.faults.inject(POST, Hang(seconds=30))
    with pytest.raises(TimeoutError):
        hasty.chat_postMessage(channel=FINOPS.id, text="never")
    assert texts(world) == []


def test_a_slow_call_takes_effect_late(world: World) -> None:
    """It is answered after its pause."""
    world.workspace.faults.inject(POST, Slow(seconds=0.2))
    began = perf_counter()
    world.post(text="late")
    assert perf_counter() - began >= 0.2
    assert texts(world) == ["late"]


def test_an_uploaded_picture_is_shown_by_an_image_block(world: World) -> None:
    """The client's own three steps, then the file's bytes under the page's address."""
    content = b"\x89PNG\r\n\x1a\n and so on"
    file = world.client.files_upload_v2(filename="spend.png", content=content, title="Spend", alt_txt="a chart")["file"]
    world.post(blocks=[{"type": "image", "slack_file": {"id": file["id"]}, "alt_text": "a chart"}])
    info = world.client.files_info(file=file["id"])["file"]
    assert (info["title"], info["alt_txt"], info["mimetype"], info["size"]) == (
        "Spend",
        "a chart",
        "image/png",
        len(content),
    )
    with urlopen(f"{world.server.url}/files/{file['id']}") as shown:
        assert (shown.read(), shown.headers["Content-Type"]) == (content, "image/png")


def test_an_upload_to_a_channel_is_a_message_with_the_file(world: World) -> None:
    """Its comment is the message's text."""
    world.client.files_upload_v2(filename="plan.pdf", content=b"%PDF-", channel=FINOPS.id, initial_comment="the plan")
    [message] = world.workspace.messages(FINOPS.id)
    [shown] = world.client.conversations_history(channel=FINOPS.id)["messages"]
    assert (message.text, shown["files"][0]["name"]) == ("the plan", "plan.pdf")


def test_a_file_that_was_never_uploaded_is_not_shown(world: World) -> None:
    """The block is refused, and the file unknown."""
    with pytest.raises(SlackApiError) as block:
        world.post(blocks=[{"type": "image", "slack_file": {"id": "F404"}, "alt_text": "x"}])
    with pytest.raises(SlackApiError) as file:
        world.client.files_info(file="F404")
    assert block.value.response["errors"] == ["invalid slack file [json-pointer:/blocks/0]"]
    assert file.value.response["error"] == "file_not_found"
