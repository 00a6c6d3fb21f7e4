"""Cloud Resource Manager v3: `projects.testIamPermissions`, by which a caller learns what it may do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import invalid
from freio.sandbox.google.projects import check_enabled

if TYPE_CHECKING:
    from freio.sandbox.google.projects import Projects
    from freio.sandbox.google.requests import Call

MOST = 100  # permissions in one request (assumed)
PERMISSION = re.compile(r"[a-z][a-z0-9]*(\.[A-Za-z0-9]+){2}")


class PermissionsApi:
    """The caller has every permission that nobody denied it (`ControlPlane.deny`)."""

    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    def test(self, call: Call) -> dict[str, Any]:
        """Those of the permissions that the caller has; the field is left out where it has none of them."""
        project = self._projects.get(call.parameters["resource"].removeprefix("projects/"))
        check_enabled(project, host=call.method.host)
        asked = call.body.get("permissions", [])
        wrong = [one for one in asked if not PERMISSION.fullmatch(one)]
        if wrong or len(asked) > MOST:
            raise invalid(("permissions", f"at most {MOST}, and no wildcards: {wrong or len(asked)}"))
        held = [one for one in asked if one not in project.denied_permissions]
        return {"permissions": held} if held else {}
