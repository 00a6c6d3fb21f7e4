"""Organization Policy v2: the policy of one project, written only over the version that was read."""

from __future__ import annotations

import json
from typing import Any

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import Missing, translated
from freio.adapters.google.model_policy import canonical

CONSTRAINT = "vertexai.allowedModels"


class ModelPolicies:
    """`constraints/vertexai.allowedModels`, project by project. Replies come at once: no operations.

    A version (etag) that is no longer the newest is refused with 409 ABORTED, which is `Unavailable`: whoever wrote in
    between is seen at the next look. https://docs.cloud.google.com/organization-policy/reference/rest/v2
    """

    def __init__(self, apis: GoogleApis) -> None:
        self._apis = apis

    def own(self, project: str) -> dict[str, Any] | None:
        """The project's own policy, with its version; None where it has none."""
        try:
            with translated(f"reading the policy {CONSTRAINT} of {project}"):
                policy: dict[str, Any] = self._policies().get(name=_name(project)).execute()
        except Missing:
            return None
        return policy

    def effective(self, project: str) -> dict[str, Any]:
        """What is in force there, with what is inherited; conditions are worked out, and there is no version."""
        with translated(f"reading what {CONSTRAINT} comes to in {project}"):
            policy = self._policies().getEffectivePolicy(name=_name(project)).execute()
        spec: dict[str, Any] = policy.get("spec", {})
        return spec

    def write(self, project: str, setting: str) -> None:
        """The policy as the setting says; done where it stands there already."""
        standing = self.own(project)
        if canonical(standing) == setting:
            return
        body: dict[str, Any] = {"name": _name(project), **json.loads(setting)}
        with translated(f"setting the policy {CONSTRAINT} of {project}"):
            if standing is None:
                self._policies().create(parent=f"projects/{project}", body=body).execute()
                return
            body = {**body, "etag": standing.get("etag", "")}
            if "spec" in body and "etag" in standing.get("spec", {}):
                body["spec"] = {**body["spec"], "etag": standing["spec"]["etag"]}
            self._policies().patch(name=_name(project), body=body, updateMask="*").execute()

    def delete(self, project: str) -> None:
        """No policy of its own any more; done where there is none."""
        standing = self.own(project)
        if standing is None:
            return
        try:
            with translated(f"deleting the policy {CONSTRAINT} of {project}"):
                self._policies().delete(name=_name(project), etag=standing.get("etag", "")).execute()
        except Missing:  # httplib2 asks a second time by itself where the first reply was lost
            return

    def _policies(self) -> Any:
        return self._apis.org_policy().projects().policies()


def _name(project: str) -> str:
    return f"projects/{project}/policies/{CONSTRAINT}"
