"""Errors of Google's REST APIs, and of the way to them, in our words."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import httplib2
from google.auth import exceptions as auth
from googleapiclient import errors as api

from freio.errors import Rejected, Unavailable

PASSING_STATUS = frozenset({408, 409, 429})  # 409: somebody changes the same thing at this moment
LASTING_STATUS = frozenset({501})  # the one 5xx that stays: there is no such method
PASSING_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})  # come as 403, too
# google.rpc.Code of a failed operation: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE.
PASSING_CODES = frozenset({4, 8, 10, 13, 14})

# The connection failed, or the reply was lost or cut: what was asked may have happened.
LOST = (OSError, http.client.HTTPException, httplib2.HttpLib2Error, api.InvalidJsonError, json.JSONDecodeError)


class Missing(Rejected):
    """404: there is no such thing (any more)."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raises `Unavailable` or `Rejected` (`Missing` for 404) for every error on the way to Google and back.

    `what` says in plain words what was being done: it opens the message.
    """
    try:
        yield
    except api.HttpError as exc:
        _raise_status(what, exc)
    except auth.GoogleAuthError as exc:  # before OSError, which one of its classes also is
        passing = exc.retryable or isinstance(exc, auth.TransportError | auth.TimeoutError)
        raise (Unavailable if passing else Rejected)(f"{what}: no access token: {exc}") from exc
    except LOST as exc:
        raise Unavailable(f"{what}: no reply: {type(exc).__name__}: {exc}") from exc
    except api.Error as exc:  # the client library refuses what we asked
        raise Rejected(f"{what}: {type(exc).__name__}: {exc}") from exc


def failed_operation(what: str, status: Mapping[str, Any]) -> Unavailable | Rejected:
    """The error of a long-running operation that ended in a google.rpc.Status."""
    message = f"{what}: the operation failed: {_reason(status)}{status.get('message', status)}"
    return (Unavailable if status.get("code") in PASSING_CODES else Rejected)(message)


def _raise_status(what: str, exc: api.HttpError) -> NoReturn:
    error = _error_of(exc.content)
    code = int(exc.resp.status) if exc.resp is not None else 0  # BatchError may come without a response
    reason = _reason(error)
    message = f"{what}: {code} {reason}{error.get('message') or exc.reason}"
    passing = code in PASSING_STATUS or (code >= 500 and code not in LASTING_STATUS)
    if passing or reason.removesuffix(": ") in PASSING_REASONS:
        raise Unavailable(message, _retry_after(exc.resp, error)) from exc
    raise (Missing if code == 404 else Rejected)(message) from exc


def _error_of(content: bytes | None) -> dict[str, Any]:
    """The `error` of a reply; empty where a proxy on the way answered in something else."""
    try:
        body = json.loads(content or b"")
    except ValueError:
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _reason(error: Mapping[str, Any]) -> str:
    """`SERVICE_DISABLED: `, from ErrorInfo, or from the older `errors` list; empty where there is none."""
    said = [*_details(error, "ErrorInfo"), *error.get("errors", ())]
    return next((f"{one['reason']}: " for one in said if one.get("reason")), "")


def _details(error: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in error.get("details", ()) if str(one.get("@type", "")).endswith(f"google.rpc.{kind}")]


def _retry_after(headers: Mapping[str, str], error: Mapping[str, Any]) -> float | None:
    """Seconds, from Retry-After (a number, or a date beside the reply's own), or from google.rpc.RetryInfo."""
    text = headers.get("retry-after", "")
    if text.isdecimal():
        return float(text)
    if text and headers.get("date"):
        try:
            pause = parsedate_to_datetime(text) - parsedate_to_datetime(headers["date"])
        except ValueError:
            return None
        return max(0.0, pause.total_seconds())
    for info in _details(error, "RetryInfo"):
        delay = str(info.get("retryDelay", "")).removesuffix("s")
        if delay.replace(".", "", 1).isdecimal():
            return float(delay)
    return None
