"""Errors of Google's newer clients (google-api-core, google-auth), in our words."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError

from freio.errors import Rejected, Unavailable

# What may pass by itself; all others need a person (a permission, a topic, a missing index, a value too large).
# https://cloud.google.com/pubsub/docs/reference/error-codes
# https://cloud.google.com/firestore/docs/understand-error-codes
PASSING: tuple[type[Exception], ...] = (
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.RetryError,
    exceptions.ServerError,
    exceptions.TooManyRequests,
)
# Of these `ServerError` is the parent, and yet a repetition changes nothing.
LASTING: tuple[type[Exception], ...] = (exceptions.MethodNotImplemented,)


def is_passing(error: BaseException) -> bool:
    """Whether the same call may succeed a little later."""
    return isinstance(error, PASSING) and not isinstance(error, LASTING)


def is_passing_auth(error: GoogleAuthError) -> bool:
    """Whether an access token may be had a little later."""
    return isinstance(error, TransportError) or (isinstance(error, RefreshError) and error.retryable)


def _pause(error: exceptions.GoogleAPIError) -> float | None:
    """Seconds, from the Retry-After of a reply that came over REST."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _no_hint(_: exceptions.GoogleAPIError) -> str:
    return ""


@contextlib.contextmanager
def call_errors(what: str, hint: Callable[[exceptions.GoogleAPIError], str] = _no_hint) -> Iterator[None]:
    """Every error while `what` was being done, as `Unavailable` or `Rejected`.

    `hint` says what a person may look at first, where a lasting error says too little by itself.
    """
    try:
        yield
    except exceptions.GoogleAPIError as exc:
        if is_passing(exc):
            raise Unavailable(f"{what}: {exc}", _pause(exc)) from exc
        raise Rejected(f"{what}: {hint(exc)}{exc}") from exc
    except GoogleAuthError as exc:
        raise (Unavailable if is_passing_auth(exc) else Rejected)(f"{what}: no access token: {exc}") from exc
