"""What Freio itself may do in a project, before it offers a lever."""

from __future__ import annotations

from collections.abc import Sequence

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import translated
from freio.ports import Rights

AT_ONCE = 100  # permissions in one question: the most that Google was seen to take


def missing(apis: GoogleApis, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
    """Those of the permissions (``apikeys.keys.update``) that Freio lacks in this project, in their order.

    By Cloud Resource Manager's `projects.testIamPermissions`, which takes no permission itself and answers with those
    that are held, also by what folders and the organisation grant
    (https://cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions). One permission that does
    not apply to projects has the whole question refused with 400. Rejected where the project cannot be seen.
    """
    asked = tuple(dict.fromkeys(permissions))
    held: set[str] = set()
    with translated(f"asking what Freio may do in {project}"):
        for start in range(0, len(asked), AT_ONCE):
            body = {"permissions": list(asked[start : start + AT_ONCE])}
            request = apis.resource_manager().projects().testIamPermissions(resource=f"projects/{project}", body=body)
            held.update(request.execute().get("permissions", ()))
    return tuple(one for one in asked if one not in held)


class OwnRights:
    """`Rights` of whoever asks: right for the identity that sets a lever, and for nobody else."""

    def __init__(self, apis: GoogleApis) -> None:
        self._apis = apis

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        return missing(self._apis, project, permissions)


class Entitled:
    """What every lever here has: the rights of whoever asks, unless it is told what another identity lacks."""

    def __init__(self, apis: GoogleApis, rights: Rights | None) -> None:
        self.rights = rights or OwnRights(apis)

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        """See `freio.ports.Lever`."""
        return self.rights.lacks(project, permissions)
