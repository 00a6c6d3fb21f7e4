"""Posts interactions to the app as Slack does: form-encoded, signed over the raw body, three seconds to acknowledge."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back. ``error`` is the word that Slack shows the person; ``seconds`` is how long they waited."""

    status: int | None
    seconds: float
    body: str = ""
    content_type: str = ""
    error: str | None = None


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """``v0=`` and the hex HMAC-SHA256 of ``v0:{timestamp}:{raw body}``."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, sha256).hexdigest()


class Wire:
    """``now`` is the clock of the signature; ``patience`` the seconds that Slack waits; ``stopwatch`` counts them."""

    def __init__(
        self, *, secret: str, now: Callable[[], datetime], patience: float, stopwatch: Callable[[], float]
    ) -> None:
        self._secret = secret
        self._now = now
        self._patience = patience
        self._stopwatch = stopwatch

    def post(self, url: str, form: Mapping[str, str]) -> Reply:
        """One delivery; a refused or late one comes back as a reply with its ``error``, as people would see it."""
        body = urlencode(form).encode()
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }
        began = self._stopwatch()
        try:
            status, kind, text = self._exchange(url, body, headers)
        except TimeoutError:
            return Reply(status=None, seconds=self._stopwatch() - began, error="operation_timeout")
        except (OSError, HTTPException):
            return Reply(status=None, seconds=self._stopwatch() - began, error="dispatch_failed")
        seconds = self._stopwatch() - began
        error = self._error(status, seconds)
        return Reply(status=status, seconds=seconds, body=text, content_type=kind, error=error)

    def _exchange(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self._patience)
        try:
            connection.request("POST", parts._replace(scheme="", netloc="").geturl() or "/", body, headers)
            response = connection.getresponse()
            return response.status, response.getheader("Content-Type", ""), response.read().decode()
        finally:
            connection.close()

    def _error(self, status: int, seconds: float) -> str | None:
        if seconds > self._patience:
            return "operation_timeout"
        if 200 <= status < 300:
            return None
        return "http_service_error" if status >= 500 else "http_client_error"
