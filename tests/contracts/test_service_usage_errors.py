"""What google-cloud-service-usage and the connection under it may raise, in our words: all of it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.protobuf.json_format import ParseError

from freio.adapters.google.service_switch import service_usage_errors
from freio.errors import Rejected, Unavailable, VendorError
from tests.contracts.test_pubsub_errors import UNAVAILABLE, every, made


def in_our_words(error: Exception) -> VendorError:
    with pytest.raises(VendorError) as caught, service_usage_errors("disabling it"):
        raise error
    assert "disabling it" in str(caught.value)
    return caught.value


def every_of(root: type[Exception]) -> list[Any]:
    return [pytest.param(kind, id=kind.__name__) for kind in every(root)]


@pytest.mark.parametrize("kind", every_of(exceptions.GoogleAPIError))
def test_every_error_of_the_api_is_unavailable_or_rejected(kind: type[Exception]) -> None:
    """Also those that the library adds one day."""
    error = made(kind, "why", cause=None) if kind is exceptions.RetryError else made(kind, "why")
    assert type(in_our_words(error)) is (Unavailable if kind.__name__ in UNAVAILABLE else Rejected)


@pytest.mark.parametrize("kind", every_of(requests.RequestException))
def test_every_error_of_the_connection_is_unavailable(kind: type[Exception]) -> None:
    """Over REST the client lets them through as they are; what was asked may have happened."""
    assert type(in_our_words(made(kind, "why"))) is Unavailable


@pytest.mark.parametrize("kind", every_of(GoogleAuthError))
def test_every_trouble_with_credentials_is_sorted(kind: type[Exception]) -> None:
    """It strikes before any call of the API."""
    error = made(kind, "why")
    passes = isinstance(error, TransportError) or (isinstance(error, RefreshError) and error.retryable)
    assert type(in_our_words(error)) is (Unavailable if passes else Rejected)


def test_a_reply_that_was_cut_is_unavailable() -> None:
    """It cannot be read, and what was asked may have happened."""
    assert type(in_our_words(ParseError("expected a value"))) is Unavailable


def test_a_pause_that_the_service_asks_for_is_kept() -> None:
    """A 429 over REST says in its head how long to wait."""
    response = requests.Response()
    response.headers["Retry-After"] = "17"
    error = in_our_words(made(exceptions.TooManyRequests, "slow down", response=response))
    assert isinstance(error, Unavailable)
    assert error.retry_after == 17


def test_a_bug_is_not_a_vendors_error() -> None:
    """It stays what it is."""
    with pytest.raises(TypeError), service_usage_errors("disabling it"):
        raise TypeError("ours")


def test_the_library_is_imported_when_a_service_is_switched() -> None:
    """Whoever offers other levers never pays for it."""
    code = (
        "import sys, freio.adapters.google.service_lever; "
        "sys.exit(any(name.startswith('google.cloud.service_usage') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
