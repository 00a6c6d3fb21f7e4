"""Errors of Firestore, and of the way to it, in our words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError

from freio.errors import Rejected, Unavailable

# What may pass by itself; all others need a person (a permission, a missing database or index, a value too large).
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

# What a commit says of documents that are no longer as they were read. None of it was written.
MOVED: tuple[type[Exception], ...] = (
    exceptions.Aborted,
    exceptions.AlreadyExists,
    exceptions.FailedPrecondition,
    exceptions.NotFound,
)


class Moved(Exception):
    """The documents that a commit was based on have changed: nothing was written; read again."""


def is_passing(error: BaseException) -> bool:
    """Whether the same call may succeed a little later."""
    return isinstance(error, PASSING) and not isinstance(error, LASTING)


@contextlib.contextmanager
def firestore_errors(what: str) -> Iterator[None]:
    """Google's errors, while `what` was being done in Firestore, as `Unavailable` or `Rejected`.

    Of a query without its index Google's message, which is passed on, names the index and links to its making.
    """
    try:
        yield
    except exceptions.GoogleAPIError as exc:
        if is_passing(exc):
            raise Unavailable(f"Firestore, {what}: {exc}") from exc
        raise Rejected(f"Firestore, {what}: {_hint(exc)}{exc}") from exc
    except GoogleAuthError as exc:
        passing = isinstance(exc, TransportError) or (isinstance(exc, RefreshError) and exc.retryable)
        raise (Unavailable if passing else Rejected)(f"credentials for Firestore, {what}: {exc}") from exc


def _hint(error: exceptions.GoogleAPIError) -> str:
    """What a person may look at first."""
    if isinstance(error, exceptions.PermissionDenied):
        return "the service account needs roles/datastore.user: "
    if isinstance(error, exceptions.NotFound):
        return "is the database there? "
    if isinstance(error, exceptions.FailedPrecondition):
        return "an index is missing, or the database is not in native mode: "
    return ""
