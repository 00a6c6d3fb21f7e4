"""Firestore's errors in our words: all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError

from freio.adapters.google.call_errors import is_passing
from freio.adapters.google.firestore_errors import firestore_errors
from freio.errors import Rejected, Unavailable, VendorError

# Of these a repetition may help; of every other class it does not.
UNAVAILABLE = {
    "Aborted",
    "BadGateway",
    "Cancelled",
    "DataLoss",
    "DeadlineExceeded",
    "GatewayTimeout",
    "InternalServerError",
    "ResourceExhausted",
    "RetryError",
    "ServerError",
    "ServiceUnavailable",
    "TooManyRequests",
    "Unknown",
}


def every(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from every(child)


def in_our_words(error: Exception) -> VendorError:
    with pytest.raises(VendorError) as caught, firestore_errors("reading card c"):
        raise error
    assert caught.value.__cause__ is error
    assert "reading card c" in str(caught.value)
    return caught.value


def made(kind: Any, *arguments: object, **options: object) -> Exception:
    """An error of a class that has no types."""
    try:
        error: Exception = kind(*arguments, **options)
    except TypeError:  # it wants more than a message
        error = kind.__new__(kind)
        Exception.__init__(error, *arguments)
    return error


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in every(exceptions.GoogleAPIError)])
def test_every_error_of_the_api_is_unavailable_or_rejected(kind: type[Exception]) -> None:
    """Also those that the library adds one day: a class that nobody sorted is rejected, which pages."""
    error = made(kind, "why", cause=None) if kind is exceptions.RetryError else made(kind, "why")
    expected = Unavailable if kind.__name__ in UNAVAILABLE else Rejected
    assert type(in_our_words(error)) is expected
    assert is_passing(error) == (expected is Unavailable)


def test_the_walk_meets_the_errors_that_firestore_documents() -> None:
    """If the library moved its classes, the walk above would prove nothing."""
    names = {kind.__name__ for kind in every(exceptions.GoogleAPIError)}
    assert names >= UNAVAILABLE | {"FailedPrecondition", "InvalidArgument", "NotFound", "PermissionDenied"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (made(exceptions.FailedPrecondition, "The query requires an index: https://console/x"), "index"),
        (made(exceptions.FailedPrecondition, "The query requires an index: https://console/x"), "https://console/x"),
        (made(exceptions.NotFound, "nope"), "is the database there"),
        (made(exceptions.PermissionDenied, "nope"), "roles/datastore.user"),
    ],
)
def test_what_a_person_must_change_is_said(error: Exception, words: str) -> None:
    """With Google's own words, in which the missing index has a link."""
    assert words in str(in_our_words(error))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (made(TransportError, "no metadata server"), Unavailable),
        (made(RefreshError, "slow down", retryable=True), Unavailable),
        (made(RefreshError, "revoked"), Rejected),
        (made(DefaultCredentialsError, "none"), Rejected),
        (made(GoogleAuthError, "other"), Rejected),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_trouble_with_credentials_is_sorted_too(error: Exception, expected: type[VendorError]) -> None:
    """It strikes before any call of the API, and is no error of the API's."""
    assert type(in_our_words(error)) is expected


def test_our_own_errors_and_bugs_stay_what_they_are() -> None:
    """Only a vendor's error is translated."""
    with pytest.raises(TypeError), firestore_errors("x"):
        raise TypeError("ours")
    with pytest.raises(Unavailable, match=r"^already ours$"), firestore_errors("x"):
        raise Unavailable("already ours")
