"""BigQuery's errors in our words."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError

from freio.adapters.google.call_errors import is_passing_auth
from freio.errors import Rejected, Unavailable

# https://cloud.google.com/bigquery/docs/error-messages: these reasons pass by themselves, whatever their status is.
PASSING_REASONS = frozenset(
    {
        "backendError",
        "internalError",
        "jobBackendError",
        "jobInternalError",
        "jobRateLimitExceeded",
        "quotaExceeded",
        "rateLimitExceeded",
        "stopped",
        "tableUnavailable",
    }
)
PASSING: tuple[type[Exception], ...] = (
    exceptions.Aborted,
    exceptions.Conflict,  # a job of that id is running
    exceptions.RetryError,
    exceptions.ServerError,
    exceptions.TooManyRequests,
    concurrent.futures.TimeoutError,
    TimeoutError,
    requests.RequestException,
)
# Two ticks at once refresh the same partitions: one of them is ended, and its work is done by the other.
_OVERTAKEN = "due to concurrent update"


@contextmanager
def translated(what: str, maximum_bytes_billed: int) -> Iterator[None]:
    """Raises `Unavailable` or `Rejected` for every error of BigQuery's; `what` opens the message."""
    try:
        yield
    except exceptions.GoogleAPICallError as exc:
        reasons = {str(error.get("reason", "")) for error in exc.errors or () if isinstance(error, dict)}
        if "bytesBilledLimitExceeded" in reasons or "bytes billed" in str(exc):
            raise Rejected(
                f"{what}: the query would read more than the {maximum_bytes_billed:,} bytes that it may"
                " (FREIO_MAXIMUM_GIB_BILLED; the first filling of the rollup reads 62 days);"
                f" `freio cost` says how large the export is. {exc.message}"
            ) from exc
        if "Unrecognized name: _PARTITIONTIME" in str(exc):
            raise Rejected(
                f"{what}: the billing export is a view or a copy; must be Google's own table, whose days are its"
                f" partitions (by ingestion): else each question would scan all of it. {exc.message}"
            ) from exc
        passing = isinstance(exc, PASSING) or reasons & PASSING_REASONS or _OVERTAKEN in str(exc)
        # A statement that cannot be analysed is a fault of ours or of the table, whatever its status.
        lasting = isinstance(exc, exceptions.MethodNotImplemented) or "failed to analyze" in str(exc)
        raise (Unavailable if passing and not lasting else Rejected)(f"{what}: {exc.message}") from exc
    except GoogleAuthError as exc:
        raise (Unavailable if is_passing_auth(exc) else Rejected)(f"{what}: no access token: {exc}") from exc
    except PASSING as exc:
        raise Unavailable(f"{what}: no reply: {type(exc).__name__}: {exc}") from exc
    except exceptions.GoogleAPIError as exc:
        raise Rejected(f"{what}: {exc}") from exc
