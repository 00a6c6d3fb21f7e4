"""Slack's errors as ours: every one of them has its place."""

from __future__ import annotations

import http.client
from email.message import Message
from io import BytesIO
from urllib.error import HTTPError, URLError

import pytest
import slack_sdk.errors
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError, SlackTokenRotationError
from slack_sdk.web import SlackResponse

from freio.adapters.slack.errors import PASSING, SlackRejected, translated
from freio.errors import Rejected, Unavailable, VendorError

ALL = [kind for kind in vars(slack_sdk.errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]


def answer(error: str, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    """What the SDK raises for such an answer."""
    response = SlackResponse(
        client=WebClient(),
        http_verb="POST",
        api_url="https://slack.test/api/x",
        req_args={},
        data={"ok": False, "error": error},
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("failed", response)  # type: ignore[no-untyped-call]  # the SDK left this one out


def met(error: Exception) -> VendorError:
    """Ours, for that one."""
    with pytest.raises(VendorError) as caught, translated("testing"):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_of_the_sdk_becomes_one_of_ours(kind: type[SlackClientError]) -> None:
    """The map is complete: a new class in the SDK is translated or fails here."""
    refused = answer("channel_not_found")
    examples: dict[type, Exception] = {
        SlackApiError: refused,
        SlackTokenRotationError: SlackTokenRotationError(refused),
    }
    error = examples.get(kind) or kind("words")
    assert isinstance(met(error), Rejected)


@pytest.mark.parametrize("code", sorted(PASSING))
def test_what_passes_by_itself_is_worth_trying_again(code: str) -> None:
    """Slack's own words for it, in an answer that HTTP calls a success."""
    assert isinstance(met(answer(code)), Unavailable)


@pytest.mark.parametrize("code", ["channel_not_found", "invalid_blocks", "invalid_auth", "not_in_channel", "new_word"])
def test_what_a_person_must_change_keeps_its_word(code: str) -> None:
    """Callers may look at the code."""
    rejected = met(answer(code))
    assert isinstance(rejected, SlackRejected)
    assert rejected.code == code


def test_the_pause_that_slack_asks_for_is_kept() -> None:
    """Whatever the header's case."""
    unavailable = met(answer("ratelimited", 429, {"retry-after": "7"}))
    assert isinstance(unavailable, Unavailable)
    assert unavailable.retry_after == 7.0


def test_an_answer_without_json_is_worth_trying_again() -> None:
    """The SDK carries a dict then, or a page of a proxy with its status."""
    assert isinstance(met(answer("Received a response in a non-JSON format", 502)), Unavailable)


@pytest.mark.parametrize(
    "error",
    [
        URLError("refused"),
        TimeoutError("slow"),
        ConnectionResetError(),
        http.client.RemoteDisconnected("closed"),
        http.client.IncompleteRead(b""),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_lost_reply_is_worth_trying_again(error: Exception) -> None:
    """Nobody knows whether it took effect."""
    assert isinstance(met(error), Unavailable)


@pytest.mark.parametrize(("status", "kind"), [(503, Unavailable), (429, Unavailable), (400, Rejected)])
def test_an_upload_is_judged_by_its_status(status: int, kind: type[VendorError]) -> None:
    """The upload's host answers with HTTP alone."""
    assert isinstance(met(HTTPError("https://slack.test", status, "words", Message(), BytesIO())), kind)


def test_a_bug_stays_a_bug() -> None:
    """What is nobody's answer is not dressed up as one."""
    with pytest.raises(KeyError), translated("testing"):
        raise KeyError("oops")
