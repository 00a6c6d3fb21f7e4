"""Waking somebody, over a webhook or the log; and what the webhook's answers mean."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from freio.adapters.local.pager import LogPager, Pagers, WebhookPager
from freio.adapters.local.post import post_json
from freio.errors import Rejected, SettingsError, Unavailable
from tests.contracts.receiver import Receiver, Reply

DETAILS = {"app": "support-chat", "state": "STUCK"}


def test_a_page_is_an_event_that_triggers_an_alert() -> None:
    """In the form of PagerDuty's Events API v2, at the webhook's own path and query."""
    with Receiver(lambda _: Reply(202)) as webhook:
        WebhookPager(f"{webhook.url}/acme?token=t").page("i-1/stuck", "The brake of support-chat is stuck", DETAILS)
    (request,) = webhook.received
    assert request.path == "/acme?token=t"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(request.body) == {
        "dedup_key": "i-1/stuck",
        "event_action": "trigger",
        "payload": {
            "summary": "The brake of support-chat is stuck",
            "severity": "critical",
            "source": "freio",
            "custom_details": DETAILS,
        },
    }


def test_the_same_page_has_the_same_key() -> None:
    """It is by the key that the receiver wakes somebody once."""
    with Receiver() as webhook:
        pager = WebhookPager(webhook.url)
        pager.page("k", "first", {})
        pager.page("k", "again", {})
    assert [json.loads(request.body)["dedup_key"] for request in webhook.received] == ["k", "k"]


def test_a_summary_that_is_too_long_is_cut() -> None:
    """A page that the receiver refuses for its length wakes nobody."""
    with Receiver() as webhook:
        WebhookPager(webhook.url).page("k", "ã" * 2000, {})
    assert len(json.loads(webhook.received[0].body)["payload"]["summary"]) == 1024


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_webhook_in_trouble_is_unavailable(status: int) -> None:
    """With the pause that it asks for."""
    with (
        Receiver(lambda _: Reply(status, b"later", {"Retry-After": "7"})) as webhook,
        pytest.raises(Unavailable, match=f"answered {status}: later") as caught,
    ):
        WebhookPager(webhook.url).page("k", "s", {})
    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410, 413])
def test_a_webhook_that_refuses_is_rejected(status: int) -> None:
    """A redirect too: following it would drop the event and look like success."""
    with (
        Receiver(lambda _: Reply(status, b"why", {"Location": "/elsewhere"})) as webhook,
        pytest.raises(Rejected, match=f"answered {status}: why"),
    ):
        WebhookPager(webhook.url).page("k", "s", {})
    assert len(webhook.received) == 1


def test_a_date_in_retry_after_is_no_pause() -> None:
    """Only seconds mean anything to a clock that may be driven."""
    headers = {"Retry-After": "Mon, 23 Nov 2026 12:00:00 GMT"}
    with Receiver(lambda _: Reply(503, headers=headers)) as webhook, pytest.raises(Unavailable) as caught:
        WebhookPager(webhook.url).page("k", "s", {})
    assert caught.value.retry_after is None


def test_nobody_at_the_address_is_unavailable_and_keeps_the_webhooks_path_secret() -> None:
    """Whoever knows the path can page."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached") as caught:
            WebhookPager(f"http://127.0.0.1:{nobody.getsockname()[1]}/secret").page("k", "s", {})
    assert "secret" not in str(caught.value)


def test_a_webhook_that_does_not_answer_in_time_is_unavailable() -> None:
    """The page is tried again; nobody waits for ever."""
    go_on = threading.Event()

    def slow(_: object) -> Reply:
        go_on.wait(30)
        return Reply()

    with Receiver(slow) as webhook:
        with pytest.raises(Unavailable, match="TimeoutError"):
            WebhookPager(webhook.url, timeout=0.05).page("k", "s", {})
        go_on.set()


@pytest.mark.parametrize("url", ["", "events.example/acme", "ftp://events.example", "file:///etc/passwd", "https://"])
def test_a_url_that_is_none_is_said(url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(SettingsError, match="http or https"):
        post_json(url, {}, 1.0)


def test_without_a_webhook_a_page_is_a_critical_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, whatever the text holds: Cloud Logging reads each line as an entry."""
    LogPager().page("i-1/stuck", "travado\nem produção", DETAILS)
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "severity": "CRITICAL",
        "message": "travado\nem produção",
        "dedup_key": "i-1/stuck",
        "details": DETAILS,
    }


def test_a_page_that_the_webhook_refuses_still_stands_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """The alert policy on that line wakes somebody where the webhook cannot; and the page is tried again."""
    with Receiver(lambda _: Reply(503)) as webhook, pytest.raises(Unavailable):
        Pagers(LogPager(), WebhookPager(webhook.url)).page("i-1/stuck", "stuck", DETAILS)
    assert json.loads(capsys.readouterr().err)["dedup_key"] == "i-1/stuck"
