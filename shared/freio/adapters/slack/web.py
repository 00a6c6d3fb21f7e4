"""The client of Slack's Web API, with what it may try again by itself."""

from __future__ import annotations

from slack_sdk import WebClient
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler

__all__ = ["WebClient", "prompt_client", "web_client"]

PROMPT_TIMEOUT = 2  # seconds, of the three that Slack waits for an answer and that a trigger id lives
TIMEOUT = 10  # seconds for one call: a function has other work, and what failed is tried again by the sweep
_POSTS = ("chat.postMessage", "chat.postEphemeral", "files.completeUploadExternal")


class LostReplyRetryHandler(ConnectionErrorRetryHandler):
    """Calls again after a lost reply, except where that could post a second message: there it is looked for first."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if request.url.endswith(_POSTS):
            return False
        return super()._can_retry(state=state, request=request, response=response, error=error)


def web_client(token: str, base_url: str | None = None) -> WebClient:
    """For slack.com, or for another address of the Web API (the sandbox's ``…/api/``).

    A refused call (429) is made again twice, after the pause that Slack asks for; a lost reply once.
    """
    handlers = [LostReplyRetryHandler(max_retry_count=1), RateLimitErrorRetryHandler(max_retry_count=2)]
    return _at(WebClient(token=token, timeout=TIMEOUT, retry_handlers=handlers), base_url)


def prompt_client(token: str, base_url: str | None = None) -> WebClient:
    """For calls that are worth nothing late, such as opening a form: quick, and never made again."""
    return _at(WebClient(token=token, timeout=PROMPT_TIMEOUT, retry_handlers=[]), base_url)


def _at(client: WebClient, base_url: str | None) -> WebClient:
    if base_url is not None:
        client.base_url = base_url if base_url.endswith("/") else f"{base_url}/"
    return client
