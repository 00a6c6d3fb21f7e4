"""Errors of Firestore, and of the way to it, in our words."""

from __future__ import annotations

from contextlib import AbstractContextManager

from google.api_core import exceptions

from freio.adapters.google.call_errors import call_errors

# What a commit says of documents that are no longer as they were read. None of it was written.
MOVED: tuple[type[Exception], ...] = (
    exceptions.Aborted,
    exceptions.AlreadyExists,
    exceptions.FailedPrecondition,
    exceptions.NotFound,
)


class Moved(Exception):
    """The documents that a commit was based on have changed: nothing was written; read again."""


def firestore_errors(what: str) -> AbstractContextManager[None]:
    """Google's errors, while `what` was being done in Firestore, as `Unavailable` or `Rejected`.

    Of a query without its index Google's message, which is passed on, names the index and links to its making.
    """
    return call_errors(f"Firestore, {what}", _hint)


def _hint(error: exceptions.GoogleAPIError) -> str:
    """What a person may look at first."""
    if isinstance(error, exceptions.PermissionDenied):
        return "the service account needs roles/datastore.user: "
    if isinstance(error, exceptions.NotFound):
        return "is the database there? "
    if isinstance(error, exceptions.FailedPrecondition):
        return "an index is missing, or the database is not in native mode: "
    return ""
