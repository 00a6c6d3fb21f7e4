"""API Keys v2: one key read, and its restrictions changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import ApiError, invalid, unimplemented

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freio.sandbox.google.credentials import Credentials, Key
    from freio.sandbox.google.history import Delays
    from freio.sandbox.google.operations import Operations
    from freio.sandbox.google.projects import Project, Projects
    from freio.sandbox.google.requests import Call

KEY = "type.googleapis.com/google.api.apikeys.v2.Key"
SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
CLIENTS = ("androidKeyRestrictions", "browserKeyRestrictions", "iosKeyRestrictions", "serverKeyRestrictions")


class ApiKeysApi:
    """A change is checked at once, and started as an operation; an etag that has moved on is 409 ABORTED."""

    def __init__(self, *, credentials: Credentials, operations: Operations, projects: Projects, delays: Delays) -> None:
        self._credentials = credentials
        self._operations = operations
        self._projects = projects
        self._delays = delays

    def get(self, call: Call) -> dict[str, Any]:
        project, key = self._named(call)
        return _json(project, key, key.restrictions.shown(self._credentials.now().timestamp()))

    def patch(self, call: Call) -> dict[str, Any]:
        project, key = self._named(call)
        mask = call.parameters.get("updateMask", "")
        if mask != "restrictions":
            raise unimplemented(f"the update mask {mask!r} of a key")
        if call.body.get("etag", key.etag) != key.etag:
            raise ApiError(409, "ABORTED", f"The etag {call.body['etag']} is not the one of the key: it was changed.")
        restrictions = _checked(call.body.get("restrictions", {}))
        if call.fails_late is None:
            now = self._credentials.now().timestamp()
            key.restrictions.change(restrictions, at=now, delays=self._delays)
            key.version, key.updated = key.version + 1, now
        response = {"@type": KEY, **_json(project, key, restrictions)}
        return self._operations.start(response, error=call.fails_late, kind="akmf")

    def _named(self, call: Call) -> tuple[Project, Key]:
        _, project_id, _, location, _, key_id = call.parameters["name"].split("/")
        if location != "global":
            raise invalid(("name", f"the only location of keys is global, not {location}"))
        project = self._projects.get(project_id)
        return project, self._credentials.key(project, key_id)


def _checked(restrictions: Mapping[str, Any]) -> dict[str, Any]:
    """Restrictions as they are kept: a list without members is as none. At most one kind of client may be named."""
    targets = restrictions.get("apiTargets", [])
    wrong = [one.get("service", "") for one in targets if not SERVICE.fullmatch(one.get("service", "").lower())]
    if wrong:
        raise invalid(("restrictions.apiTargets.service", f"no names of services: {wrong}"))
    if sum(kind in restrictions for kind in CLIENTS) > 1:
        raise invalid(("restrictions", f"only one of {', '.join(CLIENTS)} may be set"))
    return {name: value for name, value in restrictions.items() if value or name != "apiTargets"}


def _json(project: Project, key: Key, restrictions: Mapping[str, Any]) -> dict[str, Any]:
    whole = {
        "name": f"projects/{project.number}/locations/global/keys/{key.key_id}",
        "uid": key.uid,
        "displayName": key.display_name,
        "createTime": moment(key.created),
        "updateTime": moment(key.updated),
        "etag": key.etag,
    }
    return {**whole, "restrictions": dict(restrictions)} if restrictions else whole


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat().replace("+00:00", "Z")
