"""Cloud Billing v1: which account pays for a project. There is no version to compare: the last writer wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import ApiError, invalid
from freio.sandbox.google.history import Delays, History
from freio.sandbox.google.projects import check_access

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from freio.sandbox.google.projects import Project, Projects
    from freio.sandbox.google.requests import Call

GET = "resourcemanager.projects.get"
LINK = "resourcemanager.projects.createBillingAssignment"
UNLINK = "resourcemanager.projects.deleteBillingAssignment"
ACCOUNT = "billingAccounts/01D4EE-079462-DFD6EC"  # pays for every project at first
ACCOUNTS = frozenset({ACCOUNT, "billingAccounts/0B9A75-1C7C2F-7E3C11"})


class BillingApi:
    """The accounts of projects. Traffic of a project without one is refused later."""

    def __init__(self, *, projects: Projects, now: Callable[[], datetime], delays: Delays) -> None:
        self._projects = projects
        self._now = now
        self._delays = delays
        self._accounts: dict[str, History[str]] = {}

    def get(self, call: Call) -> dict[str, Any]:
        project = self._named(call)
        check_access(project, host=call.method.host, permission=GET)
        return self._json(project)

    def update(self, call: Call) -> dict[str, Any]:
        project = self._named(call)
        account = call.body.get("billingAccountName", "")
        check_access(project, host=call.method.host, permission=LINK if account else UNLINK)
        if account and not account.startswith("billingAccounts/"):
            raise invalid(("billingAccountName", f"{account!r} is no billingAccounts/…"))
        if account and account not in ACCOUNTS:
            raise ApiError(403, "PERMISSION_DENIED", "The caller does not have permission")
        self.set_as_somebody_else(project.project_id, account)
        return self._json(project)

    def set_as_somebody_else(self, project_id: str, account: str) -> None:
        self._account(project_id).change(account, at=self._now().timestamp(), delays=self._delays)

    def knows(self, project_id: str) -> bool:
        """Whether anybody ever asked for the account, or changed it."""
        return project_id in self._accounts

    def refuses(self, project_id: str, moment: float) -> bool:
        return not self._account(project_id).felt(moment)

    def _named(self, call: Call) -> Project:
        return self._projects.get(call.parameters["name"].split("/")[1])

    def _account(self, project_id: str) -> History[str]:
        return self._accounts.setdefault(project_id, History(first=ACCOUNT))

    def _json(self, project: Project) -> dict[str, Any]:
        """Empty and false fields are left out."""
        name = project.project_id
        shown = {"name": f"projects/{name}/billingInfo", "projectId": name}
        account = self._account(name).asked
        return {**shown, "billingAccountName": account, "billingEnabled": True} if account else shown
