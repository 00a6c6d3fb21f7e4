"""The few calls of a LiteLLM proxy's admin API that Freio makes.

https://docs.litellm.ai/docs/proxy/virtual_keys, https://docs.litellm.ai/docs/proxy/team_budgets,
https://docs.litellm.ai/docs/proxy/model_management, https://docs.litellm.ai/docs/proxy/ui_logs; the requests and
replies are those of litellm 1.110, whose own models the contract's tests hold them against.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from freio.adapters.litellm.errors import Answered, Deleted, Misshapen, Missing, Unlisted, translated
from freio.errors import Unavailable

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
KEYS_A_PAGE = 100  # the most that /key/list gives at once
LOGS_A_PAGE = 1_000  # the most that /spend/logs/v2 gives at once
WRITES = ("/key/update", "/team/update")
COUNTED_TO = 10_000  # spend logs of one question: the proxy counts no further
MOST_PAGES = 100  # of one question: more is no answer that a brake can wait for

Row = Mapping[str, Any]


class _Bearer(AuthBase):
    """The admin key on every request: a .netrc on the machine must not put its own in the header's place."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class LiteLlmApi:
    """The proxy at `url`, as its admin `key` sees it. `timeout` is in seconds, for connecting and for each silence.

    One session for each thread: requests' sessions are not safe to share. Redirects are not followed, since a POST
    would come out as a GET that changes nothing and looks like a success.
    """

    def __init__(self, url: str, key: str, *, timeout: float = 30) -> None:
        self._url = url.rstrip("/")
        self._auth = _Bearer(key)
        self._timeout = timeout
        self._of_thread = threading.local()
        parts = urlsplit(self._url)
        self._is_near = parts.hostname in LOOPBACK
        self.host = f"{parts.netloc}{parts.path}"

    def team(self, team_id: str) -> Row:
        """The team's row (`TeamInfoResponseObjectTeamTable`); Deleted: there is none.

        Unavailable where the proxy does not find it, and its list does not say so too: see `Deleted`; `Unlisted` where
        it has no such list.
        """
        what = f"reading the team {team_id}"
        try:
            return _row(what, self._get(what, "/team/info", team_id=team_id), "team_info")
        except Missing as error:
            is_listed = self._is_listed(team_id)
            if is_listed is False:
                raise Deleted(str(error)) from error
            kind = Unlisted if is_listed is None else Unavailable
            raise kind(f"{error} (its list does not say so)") from error

    def key(self, hashed: str) -> Row:
        """The key's row (`LiteLLM_VerificationToken` without its token).

        Deleted: there is none, or it was deleted, whose archived row the proxy still shows with the status
        ``deleted``: no limit can be set on it any more.
        """
        what = f"reading the key {hashed}"
        row = _row(what, self._get(what, "/key/info", key=hashed), "info")
        if row.get("status") == "deleted":
            raise Deleted(f"{what}: it was deleted or rotated", str(row.get("key_alias") or ""))
        return row

    def may_write(self) -> bool:
        """Whether the admin key may set limits: it is the master key, or a key of a user whose role is proxy_admin.

        The master key has no row. Any other key has the role of its user, and none where it is of nobody; its own
        `allowed_routes` narrow that (`is_virtual_key_allowed_to_call_route`).
        """
        what = "reading what the admin key may do"
        try:
            own = _row(what, self._get(what, "/key/info"), "info")
        except Deleted:
            return True
        if not own.get("user_id") or not _allows_writing([str(one) for one in own.get("allowed_routes") or ()]):
            return False
        user = _row(what, self._get(what, "/user/info", user_id=str(own["user_id"])), "user_info")
        return user.get("user_role") == "proxy_admin"

    def keys(self, **where: str) -> list[Row]:
        """Every live key that fits ``team_id=`` or ``key_alias=``, whole, with its hash as ``token``."""
        what = f"listing the keys of {where}"
        found: list[Row] = []
        for page in range(1, MOST_PAGES + 1):
            reply = self._get(what, "/key/list", page=page, size=KEYS_A_PAGE, return_full_object="true", **where)
            with translated(what):
                found += _rows(reply.get("keys"))
            if page >= int(reply.get("total_pages") or 0):
                return found
        with translated(what):
            raise Misshapen(f"more than {MOST_PAGES} pages of keys")

    def deployments(self) -> list[Row]:
        """Where the proxy's models lead: ``model_name`` is what callers ask for, ``litellm_params`` what it becomes."""
        what = "listing the gateway's models"
        reply = self._get(what, "/v1/model/info")
        with translated(what):
            return _rows(reply.get("data"))

    def update_key(self, hashed: str, fields: Mapping[str, object]) -> None:
        """A merge patch: what is left out stays, null clears a column."""
        self._post(f"setting {sorted(fields)} of the key {hashed}", "/key/update", {"key": hashed, **fields})

    def update_team(self, team_id: str, fields: Mapping[str, object]) -> None:
        """A merge patch, as for a key."""
        self._post(f"setting {sorted(fields)} of the team {team_id}", "/team/update", {"team_id": team_id, **fields})

    def logs(self, since: datetime, until: datetime, **where: str) -> Iterator[Row]:
        """Every spend log of a request that began in `[since, until]`, oldest first; `where` as for `count`."""
        what = f"reading the spend logs of {where}"
        for page in range(1, MOST_PAGES + 1):
            reply = self._logs(what, since, until, {"page": page, "page_size": LOGS_A_PAGE, **where})
            with translated(what):
                rows = _rows(reply.get("data"))
            yield from rows
            if len(rows) < LOGS_A_PAGE:
                return
        with translated(what):
            raise Misshapen(f"more than {MOST_PAGES * LOGS_A_PAGE} requests between {since} and {until}")

    def count(self, since: datetime, until: datetime, **where: str) -> int:
        """How many spend logs of `[since, until]` fit; the proxy stops counting at 10,000."""
        what = f"counting the spend logs of {where}"
        reply = self._logs(what, since, until, {"page": 1, "page_size": 1, **where})
        with translated(what):
            if not isinstance(total := reply.get("total"), int):
                raise Misshapen("it has no total")
            return total

    def close(self) -> None:
        """Closes this thread's connections; the next call opens new ones."""
        kept: dict[str, requests.Session] = self._of_thread.__dict__
        while kept:
            kept.popitem()[1].close()

    def _is_listed(self, team_id: str) -> bool | None:
        """Whether the proxy's list, which fails where its database does, has the team; None: it has no such list."""
        try:
            listed = self._get(f"looking for the team {team_id}", "/v2/team/list", team_id=team_id, page_size=1)
        except Missing:
            return None
        return listed.get("total") != 0

    def _logs(self, what: str, since: datetime, until: datetime, where: Mapping[str, str | int]) -> dict[str, Any]:
        asked = {"start_date": _text(since), "end_date": _text(until), **where}
        return self._get(what, "/spend/logs/v2", sort_by="startTime", sort_order="asc", **asked)

    def _get(self, what: str, path: str, **parameters: str | int) -> dict[str, Any]:
        return self._call(what, "GET", path, params=parameters)

    def _post(self, what: str, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        return self._call(what, "POST", path, json=body)

    def _call(self, what: str, verb: str, path: str, **content: Any) -> dict[str, Any]:
        with translated(what):
            response = self._session().request(
                verb, self._url + path, timeout=self._timeout, allow_redirects=False, **content
            )
            if not 200 <= response.status_code < 300:
                raise Answered(response)
            body = response.json()
            if not isinstance(body, dict):
                raise Misshapen(f"{type(body).__name__} where an object was promised")
            return body

    def _session(self) -> requests.Session:
        kept: dict[str, requests.Session] = self._of_thread.__dict__
        if "session" not in kept:
            session = requests.Session()
            session.auth = self._auth
            session.headers["User-Agent"] = "freio"
            session.trust_env = not self._is_near  # a proxy of the environment is no way to this machine
            kept["session"] = session
        return kept["session"]


def _allows_writing(routes: Sequence[str]) -> bool:
    """Whether a key that may call these routes alone may set limits; none named: it may call all.

    >>> _allows_writing([]), _allows_writing(["management_routes"]), _allows_writing(["info_routes", "/key/*"])
    (True, True, False)
    """
    return not routes or all(
        "management_routes" in routes or any(fnmatchcase(route, one) for one in routes) for route in WRITES
    )


def _row(what: str, reply: Mapping[str, Any], name: str) -> Row:
    with translated(what):
        row = reply.get(name)
        if not isinstance(row, dict):
            raise Misshapen(f"it has no {name}")
        return row


def _rows(value: object) -> list[Row]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Misshapen("a list of objects was promised")
    return value


def _text(moment: datetime) -> str:
    """As /spend/logs/v2 reads it: UTC, whole seconds, no zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
