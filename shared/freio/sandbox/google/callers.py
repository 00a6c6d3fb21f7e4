"""Those who call, and what can be done to them: the APIs, their traffic, and what only the simulation may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from freio.sandbox.google.api_keys import ApiKeysApi
from freio.sandbox.google.caller_traffic import CallerTraffic
from freio.sandbox.google.credentials import Caller, Credentials
from freio.sandbox.google.deny_policies import DenyApi
from freio.sandbox.google.history import Delays
from freio.sandbox.google.small_apis import ServiceAccountsApi, ServicesApi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from freio.sandbox.google.demand import Served, Step
    from freio.sandbox.google.operations import Operations
    from freio.sandbox.google.projects import Projects
    from freio.sandbox.google.requests import Call
    from freio.sandbox.google.series import SeriesStore

    Answer: TypeAlias = Callable[[Call], dict[str, Any]]

KEYS = "apikeys.projects.locations.keys."


class Callers:
    """API keys, service accounts and deny policies of all projects."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        projects: Projects,
        operations: Operations,
        store: SeriesStore,
        delays: Delays,
        onward: Callable[[Step], Served],
    ) -> None:
        self._projects = projects
        self._credentials = Credentials(now=now)
        self._operations = operations
        self._keys = ApiKeysApi(credentials=self._credentials, operations=operations, projects=projects, delays=delays)
        self._denials = DenyApi(credentials=self._credentials, operations=operations, projects=projects, delays=delays)
        self._traffic = CallerTraffic(credentials=self._credentials, store=store, onward=onward)

    def answers(self) -> dict[str, tuple[Answer, str | None]]:
        """What answers each method, and the permission it takes; None where it checks for itself."""
        accounts = ServiceAccountsApi(credentials=self._credentials, projects=self._projects)
        return {
            KEYS + "get": (self._keys.get, "apikeys.keys.get"),
            KEYS + "patch": (self._keys.patch, "apikeys.keys.update"),
            "apikeys.operations.get": (self._operations.get, None),
            "iam.policies.get": (self._denials.get, None),
            "iam.policies.createPolicy": (self._denials.create, None),
            "iam.policies.update": (self._denials.update, None),
            "iam.policies.delete": (self._denials.delete, None),
            "iam.policies.operations.get": (self._operations.get, None),
            "iam.projects.serviceAccounts.get": (accounts.get, None),
            "serviceusage.services.list": (ServicesApi(projects=self._projects).list, "serviceusage.services.list"),
        }

    def serve(self, step: Step) -> Served:
        assert step.caller is not None, "a step without a caller passes by"
        return self._traffic.serve(self._projects.get(step.project), step.caller, step)

    def manage(self, step: Step, method: str) -> None:
        """Requests that are no predictions: to look after a batch job, as ``JobService.GetBatchPredictionJob``."""
        assert step.caller is not None, "nobody else's are counted"
        self._traffic.manage(self._projects.get(step.project), step.caller, step, method)

    def add_api_key(self, project: str, key_id: str, restrictions: Mapping[str, Any] | None = None) -> Caller:
        """A key of the project, from now on; {} or None leaves it unrestricted."""
        self._credentials.add_key(self._projects.get(project), key_id, restrictions or {})
        return Caller(api_key=key_id)

    def add_service_account(self, email: str) -> Caller:
        self._credentials.add_service_account(email)
        return Caller(service_account=email)

    def remove_api_key(self, project: str, key_id: str) -> None:
        """Somebody deletes it and it is purged: replies know nothing of it."""
        del self._credentials.keys[self._projects.get(project).project_id, key_id]

    def restrict_as_somebody_else(self, project: str, key_id: str, restrictions: Mapping[str, Any]) -> None:
        self._credentials.change_key(self._projects.get(project), key_id, restrictions)

    def deny_as_somebody_else(self, project: str, policy_id: str, policy: Mapping[str, Any] | None) -> None:
        """Somebody writes a deny policy (`displayName`, `rules`) or, with None, deletes it."""
        self._credentials.change_policy(self._projects.get(project), policy_id, policy)

    def ignore(self, caller: Caller) -> None:
        """From now on whatever is set for this caller is accepted and binds nothing."""
        self._credentials.ignored.add(caller)

    def refuse_to_deny(self, permission: str) -> None:
        """From now on deny policies do not support this permission."""
        self._denials.supported.discard(permission)
