"""The gateway's contract: litellm's own models of what its proxy takes and gives.

What is a model of litellm's is validated by it. What is only the signature of one of its functions (the parameters of a
GET) is read from the source that the package ships, since importing it needs a web server and a database client.
"""

from __future__ import annotations

import ast
import json
import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # its import would fetch a list of prices
os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # and read a .env into the environment
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the vendor's own import deprecates is not ours to mend
    import litellm
    from litellm.proxy._types import (
        KeyListResponseObject,
        LiteLLM_SpendLogs,
        LiteLLM_TeamTable,
        LiteLLM_VerificationToken,
        ProxyErrorTypes,
        SpendLogsMetadata,
        SpendLogsPayload,
        TeamInfoResponseObject,
        UpdateKeyRequest,
        UpdateTeamRequest,
        UserInfoResponse,
    )
    from litellm.proxy._types import LiteLLM_UserTable as UserRow
    from litellm.proxy._types import UserAPIKeyAuth as KeyRow
    from litellm.types.proxy.management_endpoints.team_endpoints import TeamListResponse
    from litellm.types.router import Deployment
    from litellm.types.utils import StandardLoggingPayloadErrorInformation
    from pydantic import BaseModel, TypeAdapter

    # pydantic builds a model when it is first used, and warns of qualifiers in litellm's own types.
    Deployment(model_name="a", litellm_params={"model": "a/b"}, model_info={})
    KEYS: TypeAdapter[Any] = TypeAdapter(KeyListResponseObject)
    TEAM: TypeAdapter[Any] = TypeAdapter(TeamInfoResponseObject)

PACKAGE = Path(litellm.__file__).parent
BODIES: Mapping[str, type[BaseModel]] = {"POST /key/update": UpdateKeyRequest, "POST /team/update": UpdateTeamRequest}
QUERIES = {
    "GET /key/info": ("proxy/management_endpoints/key_management_endpoints.py", "info_key_fn"),
    "GET /key/list": ("proxy/management_endpoints/key_management_endpoints.py", "list_keys"),
    "GET /team/info": ("proxy/management_endpoints/team_endpoints.py", "team_info"),
    "GET /v2/team/list": ("proxy/management_endpoints/team_endpoints.py", "list_team_v2"),
    "GET /user/info": ("proxy/management_endpoints/internal_user_endpoints.py", "user_info"),
    "GET /spend/logs/v2": ("proxy/spend_tracking/spend_management_endpoints.py", "ui_view_spend_logs"),
    "GET /v1/model/info": ("proxy/proxy_server.py", "model_info_v1"),
}
ERROR_TYPES = frozenset(one.value for one in ProxyErrorTypes)


class LiteLlmModels:
    """A `Contract` of the stand-in; both methods raise ValueError (pydantic's is one) where something does not fit."""

    def request(self, route: str, body: Mapping[str, Any]) -> None:
        if route not in BODIES:
            assert not body, f"{route} takes no body"
            return
        known(BODIES[route].model_fields, body, route)
        BODIES[route].model_validate(body)

    def query(self, route: str, query: Mapping[str, str]) -> None:
        known(parameters(*QUERIES[route]), query, route) if route in QUERIES else known((), query, route)

    def reply(self, route: str, body: Mapping[str, Any]) -> None:
        if route not in REPLIES:
            raise ValueError(f"{route}: no model is known for its reply")
        REPLIES[route](body)


def known(names: Any, given: Mapping[str, Any], what: str) -> None:
    """litellm passes over fields that it does not know: a wrong name would look like a success."""
    if unknown := set(given) - set(names):
        raise ValueError(f"{what} knows no {sorted(unknown)}")


@cache
def parameters(file: str, function: str) -> frozenset[str]:
    """The parameters of one of the proxy's functions."""
    tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef) and node.name == function:
            return frozenset(one.arg for one in (*node.args.args, *node.args.kwonlyargs))
    raise AssertionError(f"{file} has no {function}")


def _key(row: Mapping[str, Any], also: Iterable[str] = ()) -> None:
    known({*LiteLLM_VerificationToken.model_fields, *also}, row, "a key's row")
    LiteLLM_VerificationToken.model_validate(row)


def _keys(body: Mapping[str, Any]) -> None:
    KEYS.validate_python(body)
    for row in body["keys"]:
        KeyRow.model_validate(row)
        _key(row)


def _team(row: Mapping[str, Any]) -> None:
    known(LiteLLM_TeamTable.model_fields, row, "a team's row")
    LiteLLM_TeamTable.model_validate(row)


def _team_info(body: Mapping[str, Any]) -> None:
    TEAM.validate_python(body)
    _team(body["team_info"])
    for row in body["keys"]:
        _key(row)


def _team_list(body: Mapping[str, Any]) -> None:
    known(TeamListResponse.model_fields, body, "the list of teams")
    TeamListResponse.model_validate(body)
    for row in body["teams"]:
        _team(row)


def _user(body: Mapping[str, Any]) -> None:
    known(UserInfoResponse.model_fields, body, "a user")
    UserInfoResponse.model_validate(body)
    known(UserRow.model_fields, body["user_info"], "a user's row")


def _models(body: Mapping[str, Any]) -> None:
    for row in body["data"]:
        Deployment(**row)


def _logs(body: Mapping[str, Any]) -> None:
    for row in body["data"]:
        known(SpendLogsPayload.__annotations__, row, "a spend log")
        known(SpendLogsMetadata.__annotations__, row["metadata"], "a spend log's metadata")
        error = row["metadata"].get("error_information") or {}
        known(StandardLoggingPayloadErrorInformation.__annotations__, error, "a spend log's error")
        # The list leaves out the columns with what was said, and gives metadata as an object.
        whole = {**row, "messages": None, "response": None, "metadata": json.dumps(row["metadata"])}
        LiteLLM_SpendLogs.model_validate(whole)


REPLIES: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "GET /key/info": lambda body: _key(body["info"], also=["status"]),
    "GET /key/list": _keys,
    "GET /team/info": _team_info,
    "GET /v2/team/list": _team_list,
    "GET /user/info": _user,
    "GET /v1/model/info": _models,
    "GET /spend/logs/v2": _logs,
    "POST /key/update": lambda body: _key({name: value for name, value in body.items() if name != "key"}),
    "POST /team/update": lambda body: _team(body["data"]),
}
