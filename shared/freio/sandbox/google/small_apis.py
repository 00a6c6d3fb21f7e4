"""Two methods of large APIs: which services are enabled in a project, and who a service account is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import ApiError, error_info, unimplemented
from freio.sandbox.google.paging import page
from freio.sandbox.google.projects import check_access

if TYPE_CHECKING:
    from freio.sandbox.google.credentials import Credentials
    from freio.sandbox.google.projects import Projects
    from freio.sandbox.google.requests import Call


class ServicesApi:
    """Service Usage v1: `services.list` of the enabled ones."""

    def __init__(self, *, projects: Projects) -> None:
        self._projects = projects

    def list(self, call: Call) -> dict[str, Any]:
        if call.parameters.get("filter") != "state:ENABLED":
            raise unimplemented(f"services.list with the filter {call.parameters.get('filter')!r}")
        project = self._projects.get(call.parameters["parent"].removeprefix("projects/"))
        names = sorted(project.enabled_services - project.disabled_services)
        rows, token = page(call.parameters, names, default=50, most=200)
        shown = [
            {
                "name": f"projects/{project.number}/services/{name}",
                "parent": f"projects/{project.number}",
                "config": {"name": name},
                "state": "ENABLED",
            }
            for name in rows
        ]
        reply: dict[str, Any] = {"services": shown, "nextPageToken": token}
        return {key: value for key, value in reply.items() if value}


class ServiceAccountsApi:
    """IAM v1: `projects.serviceAccounts.get`. Of an account that is not there it says that it may not be seen."""

    def __init__(self, *, credentials: Credentials, projects: Projects) -> None:
        self._credentials = credentials
        self._projects = projects

    def get(self, call: Call) -> dict[str, Any]:
        _, project, _, email = call.parameters["name"].split("/")
        if project != "-":
            access = {"host": call.method.host, "permission": "iam.serviceAccounts.get"}
            check_access(self._projects.get(project), **access)
        by_id = {unique_id: address for address, unique_id in self._credentials.unique_ids.items()}
        email = by_id.get(email, email)  # an account may be named by either
        unique_id = self._credentials.unique_ids.get(email)
        if unique_id is None:
            details = [error_info("IAM_PERMISSION_DENIED", "iam.googleapis.com", permission="iam.serviceAccounts.get")]
            message = "Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist)."
            raise ApiError(403, "PERMISSION_DENIED", message, details=details)
        return {"name": call.parameters["name"], "email": email, "uniqueId": unique_id}
