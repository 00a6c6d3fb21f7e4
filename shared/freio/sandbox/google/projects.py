"""The projects there are, and what stands between a caller and their APIs."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from freio.sandbox.google.errors import ApiError, error_info

if TYPE_CHECKING:
    from collections.abc import Iterable


# What replies list as enabled; a call is refused only where its API was disabled.
ENABLED = (
    "aiplatform.googleapis.com",
    "bigquery.googleapis.com",
    "generativelanguage.googleapis.com",
    "logging.googleapis.com",
    "maps-backend.googleapis.com",
    "monitoring.googleapis.com",
    "serviceusage.googleapis.com",
    "translate.googleapis.com",
)


@dataclass(kw_only=True)
class Project:
    """A project: replies name it by its number, callers mostly by its id."""

    project_id: str
    number: str
    enabled_services: set[str] = field(default_factory=lambda: set(ENABLED))
    disabled_services: set[str] = field(default_factory=set)
    denied_permissions: set[str] = field(default_factory=set)


class Projects:
    """All projects by id and by number."""

    def __init__(self, project_ids: Iterable[str]) -> None:
        self.by_id = {
            name: Project(project_id=name, number=str(10**11 + zlib.crc32(name.encode()))) for name in project_ids
        }
        self._by_number = {project.number: project for project in self.by_id.values()}

    def get(self, id_or_number: str) -> Project:
        """The project; for an unknown one 403, since Google does not tell absence from a missing permission."""
        project = self.by_id.get(id_or_number) or self._by_number.get(id_or_number)
        if project is None:
            message = f"Permission denied on resource project {id_or_number} (or it may not exist)."
            details = [error_info("USER_PROJECT_DENIED", "googleapis.com", consumer=f"projects/{id_or_number}")]
            raise ApiError(403, "PERMISSION_DENIED", message, details=details)
        return project


def check_enabled(project: Project, *, host: str) -> None:
    """PERMISSION_DENIED where the called API is off in the project."""
    if host in project.disabled_services:
        message = f"{host} has not been used in project {project.number} before or it is disabled."
        details = [
            error_info("SERVICE_DISABLED", "googleapis.com", service=host, consumer=f"projects/{project.number}")
        ]
        raise ApiError(403, "PERMISSION_DENIED", message, details=details)


def check_access(project: Project, *, host: str, permission: str) -> None:
    """PERMISSION_DENIED where the called API is off in the project, or the caller lacks the permission."""
    check_enabled(project, host=host)
    if permission in project.denied_permissions:
        resource = f"projects/{project.project_id}"
        message = f"Permission '{permission}' denied on resource '{resource}' (or it may not exist)."
        details = [error_info("IAM_PERMISSION_DENIED", "iam.googleapis.com", permission=permission, resource=resource)]
        raise ApiError(403, "PERMISSION_DENIED", message, details=details)
