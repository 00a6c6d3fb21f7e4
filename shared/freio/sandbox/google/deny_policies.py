"""IAM v2: the deny policies that are attached to a project.

`supported` is what deny policies can deny; Google refuses a policy that names any other permission. That
`aiplatform.googleapis.com/endpoints.predict` is among them is assumed: tests can take it out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.api_keys import moment
from freio.sandbox.google.credentials import PREDICT
from freio.sandbox.google.errors import ApiError, invalid, not_found
from freio.sandbox.google.projects import check_access

if TYPE_CHECKING:
    from freio.sandbox.google.credentials import Credentials, Policy
    from freio.sandbox.google.history import Delays
    from freio.sandbox.google.operations import Operations
    from freio.sandbox.google.projects import Project, Projects
    from freio.sandbox.google.requests import Call

POLICY = "type.googleapis.com/google.iam.v2.Policy"
PARENT = re.compile(r"policies/cloudresourcemanager\.googleapis\.com%2Fprojects%2F([^/%]+)/denypolicies")
POLICY_ID = re.compile(r"[a-z][a-z0-9.-]{2,62}")
PRINCIPAL = re.compile(r"(deleted:)?principal(Set)?://[^/]+/.+")


class DenyApi:
    """Changes are operations; an etag that has moved on is 409 ABORTED."""

    def __init__(self, *, credentials: Credentials, operations: Operations, projects: Projects, delays: Delays) -> None:
        self.supported = {PREDICT}
        self._credentials = credentials
        self._operations = operations
        self._projects = projects
        self._delays = delays

    def get(self, call: Call) -> dict[str, Any]:
        project, policy_id = self._named(call, "get")
        policy = self._credentials.policy(project, policy_id).shown(self._credentials.now().timestamp())
        if policy is None:
            raise not_found(f"Policy {policy_id} not found.")
        return _json(project, policy_id, policy)

    def create(self, call: Call) -> dict[str, Any]:
        project = self._project(call, call.parameters["parent"], "create")
        policy_id = call.parameters.get("policyId", "")
        if not POLICY_ID.fullmatch(policy_id):
            raise invalid(("policyId", f"{policy_id!r} must match {POLICY_ID.pattern}"))
        if self._credentials.policy(project, policy_id).asked is not None:
            raise ApiError(409, "ALREADY_EXISTS", f"Policy {policy_id} already exists.")
        return self._write(call, project, policy_id)

    def update(self, call: Call) -> dict[str, Any]:
        project, policy_id = self._named(call, "update")
        self._check_etag(project, policy_id, call.body.get("etag"))
        return self._write(call, project, policy_id)

    def delete(self, call: Call) -> dict[str, Any]:
        project, policy_id = self._named(call, "delete")
        gone = self._check_etag(project, policy_id, call.parameters.get("etag"))
        if call.fails_late is None:
            history = self._credentials.policy(project, policy_id)
            history.change(None, at=self._credentials.now().timestamp(), delays=self._delays)
        response = {"@type": POLICY, **_json(project, policy_id, gone)}
        return self._operations.start(response, error=call.fails_late, under=_name(project, policy_id))

    def _write(self, call: Call, project: Project, policy_id: str) -> dict[str, Any]:
        body = {name: value for name, value in call.body.items() if name in ("displayName", "annotations", "rules")}
        self._check_rules(body.get("rules", []))
        history = self._credentials.policy(project, policy_id)
        policy = self._credentials.written(history.asked, body)
        assert policy is not None, "a body makes a policy"
        if call.fails_late is None:
            history.change(policy, at=self._credentials.now().timestamp(), delays=self._delays)
        response = {"@type": POLICY, **_json(project, policy_id, policy)}
        return self._operations.start(response, error=call.fails_late, under=_name(project, policy_id))

    def _check_etag(self, project: Project, policy_id: str, etag: str | None) -> Policy:
        policy = self._credentials.policy(project, policy_id).asked
        if policy is None:
            raise not_found(f"Policy {policy_id} not found.")
        if etag not in (None, policy.etag):
            raise ApiError(409, "ABORTED", "There were concurrent policy changes. Please retry the whole read-modify-"
                           "write with exponential backoff.")  # fmt: skip
        return policy

    def _check_rules(self, rules: list[dict[str, Any]]) -> None:
        if not rules:
            raise invalid(("policy.rules", "must hold at least one rule"))
        for rule in (one.get("denyRule", {}) for one in rules):
            wrong = [one for one in rule.get("deniedPrincipals", ()) if not PRINCIPAL.fullmatch(one)]
            unknown = [one for one in rule.get("deniedPermissions", ()) if one not in self.supported]
            if wrong or not rule.get("deniedPrincipals"):
                raise invalid(("policy.rules.deny_rule.denied_principals", f"no principals: {wrong}"))
            if unknown or not rule.get("deniedPermissions"):
                raise invalid(
                    ("policy.rules.deny_rule.denied_permissions", f"not supported in deny policies: {unknown}")
                )

    def _named(self, call: Call, verb: str) -> tuple[Project, str]:
        parent, _, policy_id = call.parameters["name"].rpartition("/")
        return self._project(call, parent, verb), policy_id

    def _project(self, call: Call, parent: str, verb: str) -> Project:
        found = PARENT.fullmatch(parent)
        if found is None:
            raise invalid(("parent", f"{parent!r} is no project's deny policies: {PARENT.pattern}"))
        project = self._projects.get(found.group(1))
        check_access(project, host=call.method.host, permission=f"iam.denypolicies.{verb}")
        return project


def _name(project: Project, policy_id: str) -> str:
    return f"policies/cloudresourcemanager.googleapis.com%2Fprojects%2F{project.number}/denypolicies/{policy_id}"


def _json(project: Project, policy_id: str, policy: Policy) -> dict[str, Any]:
    return {
        "name": _name(project, policy_id),
        "kind": "DenyPolicy",
        "etag": policy.etag,
        "createTime": moment(policy.created),
        "updateTime": moment(policy.updated),
        **policy.body,
    }
