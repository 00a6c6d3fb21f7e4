"""BigQuery's errors in our words."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError

from freio.adapters.google.bigquery_errors import translated
from freio.errors import Rejected, Unavailable, VendorError

CALLS = {
    one
    for one in vars(exceptions).values()
    if isinstance(one, type) and issubclass(one, exceptions.GoogleAPICallError) and one.code is not None
}


def _made(kind: Any, *words: Any, **more: Any) -> Exception:
    """Google's own classes are not typed."""
    made: Exception = kind(*words, **more)
    return made


def _reason(kind: type[exceptions.GoogleAPICallError], reason: str, message: str = "x") -> Exception:
    return kind(message, errors=[{"reason": reason}])


@pytest.mark.parametrize("kind", sorted(CALLS, key=str))
def test_every_error_of_a_call_has_a_word_of_ours(kind: type[exceptions.GoogleAPICallError]) -> None:
    """Nothing of the vendor's passes the edge."""
    with pytest.raises(VendorError, match="BigQuery"), translated("BigQuery", 1):
        raise kind("x")


@pytest.mark.parametrize(
    "passing",
    [
        _made(exceptions.ServiceUnavailable, "x"),
        _made(exceptions.TooManyRequests, "x"),
        _made(exceptions.RetryError, "x", cause=None),
        _reason(exceptions.Forbidden, "rateLimitExceeded"),
        _reason(exceptions.Forbidden, "quotaExceeded"),
        _made(exceptions.BadRequest, "Transaction is aborted due to concurrent update against table t"),
        concurrent.futures.TimeoutError(),
        requests.ConnectionError("reset"),
        _made(TransportError, "x"),
        _made(RefreshError, "x", retryable=True),
    ],
    ids=repr,
)
def test_what_passes_by_itself_is_tried_again(passing: Exception) -> None:
    """Load, lost replies, and two refreshes of the rollup at once."""
    with pytest.raises(Unavailable), translated("BigQuery", 1):
        raise passing


@pytest.mark.parametrize(
    "lasting",
    [
        _reason(exceptions.Forbidden, "accessDenied"),
        _reason(exceptions.NotFound, "notFound"),
        _reason(exceptions.BadRequest, "invalidQuery"),
        _made(DefaultCredentialsError, "x"),
    ],
    ids=repr,
)
def test_what_a_person_must_change_is_rejected(lasting: Exception) -> None:
    """A permission, a table, a statement."""
    with pytest.raises(Rejected), translated("BigQuery", 1):
        raise lasting


def test_a_view_over_the_export_is_said_to_be_the_fault() -> None:
    """BigQuery's own words are of a column that the client has never heard of."""
    unknown = _reason(exceptions.BadRequest, "invalidQuery", "Unrecognized name: _PARTITIONTIME at [17:8]")
    with pytest.raises(Rejected, match=r"a view or a copy; must be Google's own table.*\[17:8\]"), translated("q", 1):
        raise unknown


def test_a_scan_over_the_limit_names_it() -> None:
    """It cost nothing, and says what to look at."""
    refused = _reason(exceptions.InternalServerError, "bytesBilledLimitExceeded", "Query exceeded limit")
    said = r"more than the 21,474,836,480 bytes.*`freio cost`"
    with pytest.raises(Rejected, match=said), translated("BigQuery", 20 * 1024**3):
        raise refused
