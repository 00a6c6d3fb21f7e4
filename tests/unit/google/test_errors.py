"""Every error on the way to Google and back becomes one of ours."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import google.auth.exceptions
import googleapiclient.errors
import httplib2
import httplib2.error
import pytest

from freio.adapters.google.errors import Missing, failed_operation, translated
from freio.errors import Rejected, Unavailable, VendorError


def _errors(module: ModuleType) -> Iterator[type[Exception]]:
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, Exception):
            yield found


def _made(kind: type[Exception]) -> Exception:
    """An instance, whatever its constructor wants."""
    response = httplib2.Response({"status": "503"})
    attempts: list[tuple[Any, ...]] = [("x",), ("x", "y"), (response, b"{}"), ("x", response, b"{}"), ()]
    for arguments in attempts:
        try:
            made = kind(*arguments)
            str(made)
        except (TypeError, AttributeError):
            continue
        return made
    raise AssertionError(f"{kind} cannot be made")


VENDORS = sorted(
    {
        *_errors(google.auth.exceptions),
        *_errors(googleapiclient.errors),
        *_errors(httplib2.error),
        *_errors(http.client),
        TimeoutError,
        ConnectionResetError,
        ConnectionRefusedError,
        BrokenPipeError,
        socket.gaierror,
        ssl.SSLError,
    },
    key=repr,
)


@pytest.mark.parametrize("kind", VENDORS)
def test_every_error_of_a_vendor_has_a_word_of_ours(kind: type[Exception]) -> None:
    """The libraries' own lists of exceptions are walked, so a new one cannot slip through."""
    error = _made(kind)
    with pytest.raises(VendorError, match="setting it") as caught, translated("setting it"):
        raise error
    assert caught.value.__cause__ is error


def _http_error(status: int, body: object = None, **headers: str) -> googleapiclient.errors.HttpError:
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return googleapiclient.errors.HttpError(
        httplib2.Response({"status": str(status), **{k.replace("_", "-"): v for k, v in headers.items()}}), content
    )


def _raised(error: Exception) -> VendorError:
    with pytest.raises(VendorError) as caught, translated("setting it"):
        raise error
    return caught.value


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_what_passes_by_itself_is_unavailable(status: int) -> None:
    """Overload, timeouts, and somebody else's change at the same moment."""
    assert isinstance(_raised(_http_error(status)), Unavailable)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 412, 501])
def test_what_a_person_must_change_is_rejected(status: int) -> None:
    """Trying again would fail again."""
    assert isinstance(_raised(_http_error(status)), Rejected)


def test_a_thing_that_is_not_there_is_told_apart() -> None:
    """What is gone cannot be deleted, and needs not be."""
    assert isinstance(_raised(_http_error(404)), Missing)


def test_the_reason_and_the_message_are_passed_on() -> None:
    """From google.rpc.ErrorInfo."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "COMMON_QUOTA_LIMIT_NOT_FOUND"}
    body = {"error": {"code": 400, "message": "No quota limit", "details": [info]}}
    assert str(_raised(_http_error(400, body))) == "setting it: 400 COMMON_QUOTA_LIMIT_NOT_FOUND: No quota limit"


def test_a_rate_limit_in_the_clothes_of_a_403_is_unavailable() -> None:
    """Older APIs answer so."""
    body = {"error": {"code": 403, "message": "slow down", "errors": [{"reason": "rateLimitExceeded"}]}}
    assert isinstance(_raised(_http_error(403, body)), Unavailable)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"error": "denied"}', b"\xff"])
def test_a_reply_that_is_not_googles_is_still_read(content: bytes) -> None:
    """A proxy on the way answers in HTML, and breaks nothing here."""
    assert isinstance(_raised(_http_error(502, content)), Unavailable)


RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}


@pytest.mark.parametrize(
    ("headers", "body", "pause"),
    [
        ({"retry_after": "30"}, {}, 30),
        (
            {"retry_after": "Mon, 02 Nov 2026 12:01:00 GMT", "date": "Mon, 02 Nov 2026 12:00:15 GMT"},
            {},
            45,
        ),
        ({"retry_after": "soon", "date": "today"}, {}, None),
        ({}, {"error": {"details": [RETRY_INFO]}}, 2.5),
        ({}, {}, None),
    ],
)
def test_the_pause_that_was_asked_for_is_kept(
    headers: dict[str, str], body: dict[str, Any], pause: float | None
) -> None:
    """Retry-After as seconds or as a date beside the reply's own, or RetryInfo; none is none."""
    raised = _raised(_http_error(429, body, **headers))
    assert isinstance(raised, Unavailable)
    assert raised.retry_after == pause


def test_an_error_of_ours_passes_untouched() -> None:
    """Translating twice would hide the first."""
    ours = Rejected("ours")
    assert _raised(ours) is ours


def test_a_bug_is_not_dressed_up_as_a_vendors_error() -> None:
    """A KeyError of our own stays one."""
    with pytest.raises(KeyError), translated("setting it"):
        raise KeyError("x")


@pytest.mark.parametrize(("code", "kind"), [(14, Unavailable), (10, Unavailable), (9, Rejected), (7, Rejected)])
def test_a_failed_operation_says_whether_to_try_again(code: int, kind: type[VendorError]) -> None:
    """By its google.rpc code."""
    assert isinstance(failed_operation("setting it", {"code": code, "message": "no"}), kind)
