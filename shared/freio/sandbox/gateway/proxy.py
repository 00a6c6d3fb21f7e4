"""The proxy: its admin API and the traffic that runs through it, in one place and one lock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl

from freio.sandbox.gateway.contract import Contract, Trusting
from freio.sandbox.gateway.errors import ProxyError
from freio.sandbox.gateway.faults import BindsNothing, Faults, HttpFault, LostReply, Meanwhile
from freio.sandbox.gateway.limiter import WINDOW, Limiter, descriptors
from freio.sandbox.gateway.rows import Row, Rows, hash_of
from freio.sandbox.gateway.spend_logs import SpendLogs

VIEWER = "freio-viewer"  # the user of an admin key that may only read
Answer = Callable[[dict[str, str], dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What goes back over HTTP. A lost reply has happened all the same."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One line of the proxy's own log."""

    route: str
    query: Mapping[str, str]
    body: Mapping[str, Any]


class Proxy:
    """A LiteLLM proxy with a database, behind `admin_key`. `reads_only` takes that key's right to change anything.

    `admin_row` is that key's row (None: it is the master key, which has none), `roles` what its users are.
    """

    def __init__(self, *, now: Callable[[], datetime], admin_key: str, contract: Contract | None = None) -> None:
        self.rows = Rows()
        self.logs = SpendLogs()
        self.log: list[Asked] = []
        self.reads_only = False
        self.admin_routes_off = False
        self.admin_row: Row | None = None
        self.roles = {VIEWER: "proxy_admin_viewer"}
        self._now = now
        self._admin_key = admin_key
        self._contract: Contract = contract or Trusting()
        self._limiter = Limiter()
        self._lock = RLock()
        self._writes_nothing = False
        self._routes: dict[str, Answer] = {
            "GET /key/info": self._key_info,
            "GET /key/list": self._key_list,
            "GET /team/info": self._team_info,
            "GET /v2/team/list": self._team_list,
            "GET /user/info": self._user_info,
            "GET /v1/model/info": lambda _query, _body: {"data": self.rows.deployments},
            "GET /spend/logs/v2": lambda query, _body: self.logs.page(query, self._now()),
            "POST /key/update": self._key_update,
            "POST /team/update": self._team_update,
        }
        self.faults = Faults(frozenset(self._routes))

    # ---- the admin API

    def handle(self, verb: str, path: str, query: str, raw_body: bytes, authorization: str) -> Reply:
        """Answers one request; it is written to `log` when it was understood."""
        route = f"{verb} {path}"
        with self._lock:
            try:
                parameters = dict(parse_qsl(query))
                answer, body = self._checked(route, parameters, raw_body, authorization)
                self.log.append(Asked(route=route, query=parameters, body=body))
                fault = self.faults.take(route)
                if isinstance(fault, HttpFault):
                    raise fault.error()
                if isinstance(fault, Meanwhile):
                    fault.does()
                self._writes_nothing = isinstance(fault, BindsNothing)
                said = deepcopy(answer(parameters, body))
                self._contract.reply(route, said)
                return Reply(status=200, body=said, lost=isinstance(fault, LostReply))
            except ProxyError as error:
                return Reply(status=error.status, body=error.reply(), headers=error.headers)

    def _checked(
        self, route: str, query: Mapping[str, str], raw_body: bytes, authorization: str
    ) -> tuple[Answer, dict[str, Any]]:
        if route not in self._routes:
            raise ProxyError(404, "not_found_error", f"Not Found: {route}")
        if authorization != f"Bearer {self._admin_key}":
            raise ProxyError(401, "auth_error", "Authentication Error, Invalid proxy server token passed.")
        if self.admin_routes_off:
            raise ProxyError(403, "auth_error", "Management routes are disabled for this instance.")
        if self.reads_only and route.startswith("POST "):
            raise ProxyError(403, "auth_error", "user not allowed to access this route. role=proxy_admin_viewer")
        body = json.loads(raw_body) if raw_body else {}
        try:
            self._contract.query(route, query)
            self._contract.request(route, body)
        except ValueError as exc:
            raise ProxyError(422, "bad_request", str(exc)) from exc
        return self._routes[route], body

    def _key_info(self, query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        if "key" not in query:
            return self._own_key()
        hashed = hash_of(query["key"])
        archived = self.rows.deleted.get(hashed)
        row = archived if archived is not None else self.rows.key(hashed)
        status = "deleted" if archived is not None else "revoked" if row["blocked"] else "active"
        return {"key": query["key"], "info": {**_without(row, "token"), "status": status}}

    def _key_list(self, query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        page, size = int(query.get("page", 1)), int(query.get("size", 10))
        if size > 100:
            raise ProxyError(422, "bad_request", f"size: {size}; at most 100")
        where = {name: query[name] for name in ("team_id", "key_alias") if name in query}
        found = [row for row in self.rows.keys.values() if all(row[name] == text for name, text in where.items())]
        shown = found[(page - 1) * size : page * size]
        is_whole = query.get("return_full_object") == "true"
        return {
            "keys": shown if is_whole else [row["token"] for row in shown],
            "total_count": len(found),
            "current_page": page,
            "total_pages": -(-len(found) // size),
        }

    def _team_info(self, query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        row = self.rows.team(query["team_id"])
        keys = [_without(key, "token") for key in self.rows.keys.values() if key["team_id"] == row["team_id"]]
        return {"team_id": row["team_id"], "team_info": row, "keys": keys, "team_memberships": []}

    def _team_list(self, query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        if self.rows.is_away:
            raise ProxyError(503, "no_db_connection", "Service Unavailable, the database is not reachable")
        found = [row for team_id, row in self.rows.teams.items() if team_id == query.get("team_id", team_id)]
        page, size = int(query.get("page", 1)), int(query.get("page_size", 10))
        shown = found[(page - 1) * size : page * size]
        pages = -(-len(found) // size)
        return {"teams": shown, "total": len(found), "page": page, "page_size": size, "total_pages": pages}

    def _own_key(self) -> dict[str, Any]:
        row = {"user_id": VIEWER} if self.reads_only else self.admin_row
        if row is None:
            raise ProxyError(404, "not_found_error", "Key not found in database")
        return {"key": self._admin_key, "info": {"key_alias": "freio", "status": "active", **row}}

    def _user_info(self, query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        user_id = query.get("user_id", "")
        if user_id not in self.roles:
            raise ProxyError(404, "not_found_error", f"User {user_id} not found")
        row = {"user_id": user_id, "user_role": self.roles[user_id]}
        return {"user_id": user_id, "user_info": row, "keys": [], "teams": []}

    def _key_update(self, _query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        row = self.rows.key(hash_of(body["key"]))
        self._write(row, body)
        return {"key": body["key"], **_without(row, "token")}

    def _team_update(self, _query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        row = self.rows.team(body["team_id"])
        self._write(row, body)
        return {"team_id": row["team_id"], "data": row}

    def _write(self, row: Row, body: Mapping[str, Any]) -> None:
        if not self._writes_nothing:
            self.rows.update(row, body)

    # ---- traffic

    def call(self, hashed: str, model: str, at: datetime, *, input_tokens: int, output_tokens: int = 0) -> int:
        """One request of a key for a model; returns the HTTP status that its caller gets: 200, 401 or 429."""
        with self._lock:
            key = self.rows.keys.get(hashed)
            if key is None or key["blocked"]:
                return 401
            team = self.rows.teams.get(key["team_id"] or "")
            limits = descriptors(key, team, model, self.rows.deployments)
            minute = int(at.timestamp()) // WINDOW
            refusal = self._limiter.refusal(limits, minute, input_tokens + output_tokens)
            error = {"error_code": "429", "error_class": "ProxyRateLimitError", "error_message": refusal}
            self.logs.add(
                at,
                api_key=hashed,
                team_id=key["team_id"],
                model=model,
                model_group=model if refusal is None else "",  # refused before a deployment was looked for
                status="success" if refusal is None else "failure",
                metadata={"user_api_key": hashed, **({} if refusal is None else {"error_information": error})},
                input_tokens=input_tokens,
                output_tokens=output_tokens,
            )
            return 200 if refusal is None else 429

    def run(
        self, hashed: str, model: str, at: datetime, *, tokens_a_minute: int, minutes: int, requests: int = 20
    ) -> list[int]:
        """A steady load, a fifth of it answers; the status of every request, in order."""
        each = tokens_a_minute // requests
        pause = timedelta(seconds=60 / requests)
        return [
            self.call(hashed, model, at + one * pause, input_tokens=each - each // 5, output_tokens=each // 5)
            for one in range(minutes * requests)
        ]


def _without(row: Row, name: str) -> Row:
    return {column: value for column, value in row.items() if column != name}
