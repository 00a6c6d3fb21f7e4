"""Errors of a LiteLLM proxy, and of the way to it, in our words.

::

    requests' Timeout, ConnectionError, ChunkedEncodingError, … -> Unavailable: what was asked may have happened
    requests' other exceptions (a wrong address, a redirect)    -> Rejected
    a reply that is no JSON, or not of the promised shape       -> Unavailable: something else answered on the way
    401, 403                                                    -> Denied, a Rejected
    404                                                         -> Missing, a Rejected; Deleted for a key's own 404
    408, 409, 425, 429 and 5xx but 501                          -> Unavailable, with Retry-After
    a 400 or 401 that speaks of a lost database                 -> Unavailable
    any other 4xx, 3xx                                          -> Rejected

The proxy answers an error as ``{"error": {"message", "type", "param", "code"}}`` (`ProxyException.to_dict`), or as
FastAPI's ``{"detail": …}``: https://docs.litellm.ai/docs/proxy/error_reference
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import requests
from requests import exceptions as lib

from freio.errors import Gone, Rejected, Unavailable

PASSING_STATUS = frozenset({408, 409, 425, 429})
LASTING_STATUS = frozenset({501})
# The proxy says so with a 400, a 401 or a 500 when its database is away for a moment (ProxyErrorTypes).
NO_DATABASE = "no_db_connection"
NO_KEY = "Key not found"
PASSING = (
    lib.ConnectionError,
    lib.Timeout,
    lib.ChunkedEncodingError,
    lib.ContentDecodingError,
    lib.StreamConsumedError,
    lib.RetryError,
    lib.JSONDecodeError,
)


class Denied(Rejected):
    """401 or 403: the admin key is none, or may not do this."""


class Missing(Rejected):
    """404: there is no such team, key or route (any more)."""


class Deleted(Missing, Gone):
    """A key's 404 in the proxy's own words (a wrong address answers in others), or a team that its list does not have.

    A team's own 404 says nothing: the proxy answers alike where its database is away for a moment (`team_info`).
    ``alias`` is what the key was called; empty: not known.
    """

    def __init__(self, message: str, alias: str = "") -> None:
        super().__init__(message)
        self.alias = alias


class Unlisted(Unavailable):
    """A team that is not found, on a proxy without a list that would say whether it is there: of one, nothing is known.

    Whoever holds a brake there asks again; whoever looks for brakes goes on without that team.
    """


class Answered(Exception):  # it is no error of its own: a reply, on its way to becoming one
    """A reply that is no success; `translated` says what it means."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


class Misshapen(Exception):  # as above
    """A success whose body is not what was promised."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raises `Unavailable` or `Rejected` for every error on the way to the proxy and back.

    `what` says in plain words what was being done: it opens the message. The admin key is in none of them.
    """
    try:
        yield
    except Answered as exc:
        _raise_status(what, exc.response, exc)
    except Misshapen as exc:
        raise Unavailable(f"{what}: not the gateway's reply: {exc}") from exc
    except PASSING as exc:
        raise Unavailable(f"{what}: no reply: {type(exc).__name__}: {exc}") from exc
    except lib.RequestException as exc:
        raise Rejected(f"{what}: {type(exc).__name__}: {exc}") from exc
    except OSError as exc:
        raise Unavailable(f"{what}: no reply: {type(exc).__name__}: {exc}") from exc


def _raise_status(what: str, response: requests.Response, cause: Answered) -> NoReturn:
    code, (kind, said) = response.status_code, _said(response.content)
    message = f"{what}: {code} {f'{kind}: ' if kind else ''}{said or response.reason or 'no reason given'}"
    if code in PASSING_STATUS or (code >= 500 and code not in LASTING_STATUS) or kind == NO_DATABASE:
        raise Unavailable(message, _retry_after(response.headers)) from cause
    kinds = {401: Denied, 403: Denied, 404: Deleted if said.startswith(NO_KEY) else Missing}
    raise kinds.get(code, Rejected)(message) from cause


def _said(content: bytes) -> tuple[str, str]:
    """The type and the message of a reply; empty where something on the way answered in another form."""
    try:
        body = json.loads(content or b"")
    except ValueError:
        return "", ""
    error = body.get("error", body.get("detail", "")) if isinstance(body, dict) else ""
    if isinstance(error, dict) and isinstance(error.get("error"), str | dict):  # FastAPI's detail around an error
        error = error["error"]
    if isinstance(error, dict):
        return str(error.get("type") or ""), str(error.get("message") or error)[:500]
    return "", str(error)[:500]


def _retry_after(headers: Mapping[str, Any]) -> float | None:
    """Seconds, from Retry-After: a number, or a date beside the reply's own."""
    text = str(headers.get("retry-after", ""))
    if text.isdecimal():
        return float(text)
    if text and headers.get("date"):
        try:
            pause = parsedate_to_datetime(text) - parsedate_to_datetime(str(headers["date"]))
        except (ValueError, TypeError):  # one with a zone, one without
            return None
        return max(0.0, pause.total_seconds())
    return None
