"""Slack's errors, and those of the line to Slack, as ours.

::

    SlackApiError            by its code: what passes by itself -> Unavailable, the rest -> Rejected
    any other SlackClientError                                  -> Rejected
    HTTPError (of an upload) 429 and 5xx -> Unavailable, the rest -> Rejected
    OSError (URLError, timeouts, resets), HTTPException         -> Unavailable: the reply was lost
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from urllib.error import HTTPError

from slack_sdk.errors import SlackApiError, SlackClientError

from freio.errors import Rejected, Unavailable, VendorError

# What Slack documents as passing: https://docs.slack.dev/reference/methods/chat.postMessage (and its other methods).
PASSING = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "service_unavailable",
        "internal_error",
        "fatal_error",
        "team_added_to_org",
        "org_login_required",
        "update_failed",
        "file_update_failed",
    }
)


class SlackRejected(Rejected):
    """What Slack refuses; `code` is its word for why (``channel_not_found``)."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Around every call of the Web API; `doing` says what for, in the message of the error."""
    try:
        yield
    except SlackApiError as exc:
        raise _answered(doing, exc) from exc
    except SlackClientError as exc:
        raise SlackRejected(f"{doing}: {exc}", type(exc).__name__) from exc
    except HTTPError as exc:
        exc.close()
        raise _by_status(doing, exc.code, f"HTTP {exc.code} {exc.reason}", dict(exc.headers.items())) from exc
    except (OSError, HTTPException) as exc:
        raise Unavailable(f"{doing}: no answer from Slack: {exc!r}") from exc


def _answered(doing: str, exc: SlackApiError) -> VendorError:
    """Slack's error, from its answer: a `SlackResponse`, or a dict where there was no JSON."""
    response = exc.response
    code = str(response.get("error") or "no error code")
    status = int(getattr(response, "status_code", 200))
    headers: Mapping[str, str] = getattr(response, "headers", None) or {}
    if status == 200 and code not in PASSING:
        said = response.get("response_metadata") or {}
        details = "; ".join(str(message) for message in said.get("messages", []))
        return SlackRejected(f"{doing}: Slack says {code}{f' ({details})' if details else ''}", code)
    return _by_status(doing, status, code, headers)


def _by_status(doing: str, status: int, code: str, headers: Mapping[str, str]) -> VendorError:
    if status == 200 or status == 429 or status >= 500:  # noqa: PLR1714  # reads as the three cases that it is
        return Unavailable(f"{doing}: Slack says {code} (HTTP {status})", _retry_after(headers))
    return SlackRejected(f"{doing}: Slack says {code} (HTTP {status})", code)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from a header whose case differs between Slack's edges; None where there is none that reads."""
    value = next((text for name, text in headers.items() if name.casefold() == "retry-after"), "")
    return float(value) if value.isdigit() else None
