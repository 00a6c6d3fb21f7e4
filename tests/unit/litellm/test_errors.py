"""Every error on the way to a gateway and back becomes one of ours."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from typing import Any

import pytest
import requests
from requests import exceptions as lib

from freio.adapters.litellm.errors import Answered, Denied, Misshapen, Missing, translated
from freio.errors import Rejected, Unavailable, VendorError


def made(kind: type[Exception]) -> Exception:
    """An instance, whatever its constructor wants."""
    attempts: list[tuple[Any, ...]] = [("x",), ("x", "y"), ("x", "{}", 0)]
    for arguments in attempts:
        try:
            error = kind(*arguments)
            str(error)
        except TypeError:
            continue
        return error
    raise AssertionError(f"{kind} cannot be made")


VENDORS = sorted(
    {
        *(
            one
            for one in vars(lib).values()
            if isinstance(one, type) and issubclass(one, Exception) and not issubclass(one, Warning)
        ),
        TimeoutError,
        ConnectionResetError,
        BrokenPipeError,
        socket.gaierror,
        ssl.SSLError,
    },
    key=repr,
)


@pytest.mark.parametrize("kind", VENDORS)
def test_every_error_of_the_library_has_a_word_of_ours(kind: type[Exception]) -> None:
    """The library's own list of exceptions is walked, so a new one cannot slip through."""
    if kind.__module__.startswith(("requests", "builtins", "socket", "ssl")):
        error = made(kind)
        with pytest.raises(VendorError, match="setting it") as caught, translated("setting it"):
            raise error
        assert caught.value.__cause__ is error


def reply(status: int, body: object = None, **headers: str) -> Answered:
    response = requests.Response()
    response.status_code = status
    response._content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    response.headers.update({name.replace("_", "-"): text for name, text in headers.items()})
    return Answered(response)


def raised(error: Exception) -> VendorError:
    with pytest.raises(VendorError) as caught, translated("setting it"):
        raise error
    return caught.value


ALL_STATUSES = sorted(int(status) for status in http.HTTPStatus if status >= 300)


@pytest.mark.parametrize("status", ALL_STATUSES)
def test_every_status_has_a_word_of_ours(status: int) -> None:
    """What passes by itself is worth trying again; of the rest a person must change something."""
    passes = status in {408, 409, 425, 429} or (status >= 500 and status != 501)
    assert isinstance(raised(reply(status)), Unavailable if passes else Rejected)


def test_a_refused_key_and_a_thing_that_is_not_there_are_told_apart() -> None:
    """One is a missing permission, the other a name that has gone."""
    assert isinstance(raised(reply(401)), Denied)
    assert isinstance(raised(reply(403)), Denied)
    assert isinstance(raised(reply(404)), Missing)


def test_a_lost_database_is_worth_trying_again() -> None:
    """The proxy says so with a 400."""
    body = {"error": {"message": "No connected db.", "type": "no_db_connection", "param": None, "code": "400"}}
    assert isinstance(raised(reply(400, body)), Unavailable)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "no", "type": "auth_error"}}, "setting it: 400 auth_error: no"),
        ({"detail": {"error": "no"}}, "setting it: 400 no"),
        ({"detail": "no"}, "setting it: 400 no"),
        ({"detail": [{"loc": ["body"], "msg": "no"}]}, "setting it: 400 [{'loc': ['body'], 'msg': 'no'}]"),
        (b"<html>", "setting it: 400 no reason given"),
        (b"[]", "setting it: 400 no reason given"),
        (b"\xff", "setting it: 400 no reason given"),
    ],
)
def test_what_the_proxy_says_is_passed_on_in_each_of_its_forms(body: object, said: str) -> None:
    """Its own, FastAPI's around it, and what something on the way answers."""
    assert str(raised(reply(400, body))) == said


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry_after": "30"}, 30),
        ({"retry_after": "Mon, 02 Nov 2026 12:01:00 GMT", "date": "Mon, 02 Nov 2026 12:00:15 GMT"}, 45),
        ({"retry_after": "soon", "date": "today"}, None),
        ({"retry_after": "Mon, 02 Nov 2026 12:01:00 -0000", "date": "Mon, 02 Nov 2026 12:00:15 GMT"}, None),
        ({"retry_after": "Mon, 02 Nov 2026 12:01:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_pause_that_was_asked_for_is_kept(headers: dict[str, str], pause: float | None) -> None:
    """Retry-After as seconds, or as a date beside the reply's own."""
    error = raised(reply(429, **headers))
    assert isinstance(error, Unavailable)
    assert error.retry_after == pause


def test_a_success_of_another_shape_is_worth_trying_again() -> None:
    """A page of a login on the way, say."""
    assert isinstance(raised(Misshapen("a list")), Unavailable)


def test_an_error_of_ours_passes_untouched_and_a_bug_stays_one() -> None:
    """Translating twice would hide the first."""
    ours = Rejected("ours")
    assert raised(ours) is ours
    with pytest.raises(KeyError), translated("setting it"):
        raise KeyError("x")
