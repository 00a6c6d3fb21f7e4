"""Organization Policy v2, for one constraint of projects: `constraints/vertexai.allowedModels`."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import ApiError, invalid, not_found
from freio.sandbox.google.history import Delays, History
from freio.sandbox.google.policy_rules import ALLOW_ALL, Evaluated, check_spec, evaluated
from freio.sandbox.google.projects import check_access

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from freio.sandbox.google.projects import Project, Projects
    from freio.sandbox.google.requests import Call

CONSTRAINT = "vertexai.allowedModels"
GET = "orgpolicy.policy.get"
SET = "orgpolicy.policy.set"
PARTS = ("spec", "dryRunSpec", "alternate")


class PolicyApi:
    """Policies of projects under what their parents come to. Traffic feels a change later."""

    def __init__(self, *, projects: Projects, now: Callable[[], datetime], delays: Delays) -> None:
        self._projects = projects
        self._now = now
        self._delays = delays
        self._own: dict[str, dict[str, Any]] = {}
        self._parents: dict[str, Evaluated] = {}
        self._felt: dict[str, History[Evaluated]] = {}
        self._writes = 0

    # What callers do

    def get(self, call: Call) -> dict[str, Any]:
        project = self._named(call, GET)
        return self._json(project, self._standing(project))

    def effective(self, call: Call) -> dict[str, Any]:
        project = self._named(call, GET)
        spec = self._in_force(project.project_id).json()
        return {"name": _name(project), "spec": spec}

    def create(self, call: Call) -> dict[str, Any]:
        project = self._projects.get(call.parameters["parent"].split("/")[1])
        check_access(project, host=call.method.host, permission=SET)
        self._check_name(call.body.get("name", ""), project)
        if project.project_id in self._own:
            raise ApiError(409, "ALREADY_EXISTS", f"Policy {_name(project)} already exists.")
        return self._written(project, call.body)

    def patch(self, call: Call) -> dict[str, Any]:
        """Overwrites the whole policy: a mask other than `*` is not simulated."""
        if call.parameters.get("updateMask", "*") != "*":
            raise invalid(("updateMask", "THE SANDBOX KNOWS * ALONE"))
        project = self._named(call, SET)
        self._check_name(call.body.get("name", ""), project)
        self._standing(project)
        self._check_version(project, call.body.get("etag", ""))
        self._check_version(project, call.body.get("spec", {}).get("etag", ""))
        return self._written(project, call.body)

    def delete(self, call: Call) -> dict[str, Any]:
        project = self._named(call, SET)
        self._standing(project)
        self._check_version(project, call.parameters.get("etag", ""))
        self.set_as_somebody_else(project.project_id, None)
        return {}

    # What only the simulation does

    def set_as_somebody_else(self, project_id: str, policy: Mapping[str, Any] | None) -> None:
        """Another person writes (or, with None, deletes) a project's own policy at this moment."""
        if policy is None:
            self._own.pop(project_id, None)
        else:
            self._keep(project_id, policy)
        self._changed(project_id)

    def set_parent(self, project_id: str, spec: Mapping[str, Any]) -> None:
        """What the folders and the organization above a project come to."""
        check_spec(spec, "spec")
        self._parents[project_id] = evaluated(ALLOW_ALL, spec)
        self._changed(project_id)

    def has_own(self, project_id: str) -> bool:
        return project_id in self._own

    def knows(self, project_id: str) -> bool:
        """Whether a policy ever stood there or above."""
        return project_id in self._felt

    def allows(self, project_id: str, values: frozenset[str], moment: float) -> bool:
        """Whether a model that goes by these values may be called at that moment."""
        return self._felt[project_id].felt(moment).allows(values)

    # Within

    def _named(self, call: Call, permission: str) -> Project:
        _, project_name, _, constraint = call.parameters["name"].split("/")
        project = self._projects.get(project_name)
        check_access(project, host=call.method.host, permission=permission)
        if constraint != CONSTRAINT:
            raise not_found(f"Requested constraint {constraint} not found.")
        return project

    def _standing(self, project: Project) -> dict[str, Any]:
        if project.project_id not in self._own:
            raise not_found(f"Requested entity {_name(project)} was not found.")
        return self._own[project.project_id]

    def _check_name(self, name: str, project: Project) -> None:
        if name not in {_name(project), f"projects/{project.project_id}/policies/{CONSTRAINT}"}:
            raise invalid(("policy.name", f"{name!r} is not {_name(project)}"))

    def _check_version(self, project: Project, etag: str) -> None:
        """An empty version overwrites whatever stands there."""
        if etag and etag != self._standing(project)["etag"]:
            raise ApiError(409, "ABORTED", "The provided etag is not the current one: there were concurrent changes.")

    def _written(self, project: Project, policy: Mapping[str, Any]) -> dict[str, Any]:
        self._keep(project.project_id, policy)
        self._changed(project.project_id)
        return self._json(project, self._own[project.project_id])

    def _keep(self, project_id: str, policy: Mapping[str, Any]) -> None:
        for part in ("spec", "dryRunSpec"):
            if part in policy:
                check_spec(policy[part], part)
        self._writes += 1
        etag = f"CN{zlib.crc32(f'{project_id} {self._writes}'.encode()):08x}=-"
        stamped = {"etag": etag, "updateTime": self._now().strftime("%Y-%m-%dT%H:%M:%SZ")}
        kept = {part: {**policy[part], **stamped} for part in PARTS if part in policy}
        self._own[project_id] = {**kept, "etag": etag}

    def _in_force(self, project_id: str) -> Evaluated:
        own = self._own.get(project_id, {}).get("spec")
        return evaluated(self._parents.get(project_id, ALLOW_ALL), own)

    def _changed(self, project_id: str) -> None:
        history = self._felt.setdefault(project_id, History(first=ALLOW_ALL))
        history.change(self._in_force(project_id), at=self._now().timestamp(), delays=self._delays)

    def _json(self, project: Project, policy: Mapping[str, Any]) -> dict[str, Any]:
        """Falsehoods are left out, as in every reply."""
        return {"name": _name(project), **{key: _without_falsehoods(value) for key, value in policy.items()}}


def _name(project: Project) -> str:
    return f"projects/{project.number}/policies/{CONSTRAINT}"


def _without_falsehoods(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_falsehoods(inner) for key, inner in value.items() if inner not in (False, [], "")}
