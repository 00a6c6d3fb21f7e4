"""Service Usage v1: whether a service is on in a project; and what happens to its callers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import ApiError, error_info, not_found
from freio.sandbox.google.history import Delays, History
from freio.sandbox.google.projects import check_access
from freio.sandbox.google.small_apis import ServicesApi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from freio.sandbox.google.operations import Operations
    from freio.sandbox.google.projects import Project, Projects
    from freio.sandbox.google.requests import Call

API = "type.googleapis.com/google.api.serviceusage.v1."
DOMAIN = "serviceusage.googleapis.com"
GET = "serviceusage.services.get"
LIST = "serviceusage.services.list"
ENABLE = "serviceusage.services.enable"
DISABLE = "serviceusage.services.disable"
# Services that depend on others. That contact center insights is one of the conversational agents' was observed; that
# these need Vertex AI is assumed, for a dependent of it.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "ces.googleapis.com": ("aiplatform.googleapis.com", "contactcenterinsights.googleapis.com"),
    "contactcenterinsights.googleapis.com": (),
}


class ServiceStateApi:
    """Turning on and off takes an operation; traffic feels it some time after that has ended."""

    def __init__(
        self,
        *,
        projects: Projects,
        operations: Operations,
        now: Callable[[], datetime],
        delays: Delays,
        was_used: Callable[[str], bool],
    ) -> None:
        self._projects = projects
        self._operations = operations
        self._now = now
        self._delays = delays
        self._was_used = was_used
        self._states: dict[tuple[str, str], History[bool]] = {}

    # What callers do

    def get(self, call: Call) -> dict[str, Any]:
        project, service = self._named(call, GET)
        return self._json(project, service, on=self._is_on(project.project_id, service))

    def list_enabled(self, call: Call) -> dict[str, Any]:
        """As `ServicesApi`, of what is on by now."""
        project = self._projects.get(call.parameters["parent"].removeprefix("projects/"))
        check_access(project, host=call.method.host, permission=LIST)
        for name, service in self._states:
            if name == project.project_id:
                change = (
                    project.enabled_services.add if self._is_on(name, service) else project.enabled_services.discard
                )
                change(service)
        return ServicesApi(projects=self._projects).list(call)

    def enable(self, call: Call) -> dict[str, Any]:
        """Turns on what it depends on, too; without effect where it is on."""
        project, service = self._named(call, ENABLE)
        answer = {"@type": API + "EnableServiceResponse", "service": self._json(project, service, on=True)}
        if call.fails_late is None:
            for one in (service, *NEEDS.get(service, ())):
                self._change(project.project_id, one, self._delays, on=True)
        return self._operations.start(answer, error=call.fails_late)

    def disable(self, call: Call) -> dict[str, Any]:
        project, service = self._named(call, DISABLE)
        name = project.project_id
        if not self._is_on(name, service):
            raise _precondition(f"The service {service} is not enabled.", "SU_SERVICE_NOT_ENABLED", service)
        dependents = self._dependents(name, service)
        together = call.body.get("disableDependentServices", False)
        if dependents and not together:
            raise _depended_on(service, dependents)
        if call.body.get("checkIfServiceHasUsage") == "CHECK" and self._was_used(name):
            message = f"The service {service} has been used in the last 30 days."
            raise _precondition(message, "COMMON_SU_SERVICE_HAS_USAGE", service)
        answer = {"@type": API + "DisableServiceResponse", "service": self._json(project, service, on=False)}
        if call.fails_late is None:
            for one in (service, *dependents):
                self._change(name, one, self._delays, on=False)
        return self._operations.start(answer, error=call.fails_late)

    # What only the simulation does

    def set_as_somebody_else(self, project_id: str, service: str, *, on: bool) -> None:
        """Another person has turned it on or off, and it is done at this moment."""
        self._change(project_id, service, Delays(operation=0, effect=self._delays.effect), on=on)

    def knows(self, project_id: str, service: str) -> bool:
        """Whether anybody ever asked for its state, or changed it."""
        return (project_id, service) in self._states

    def refuses(self, project_id: str, service: str, moment: float) -> bool:
        return not self._state(project_id, service).felt(moment)

    # Within

    def _named(self, call: Call, permission: str) -> tuple[Project, str]:
        _, project_name, _, service = call.parameters["name"].split("/")
        project = self._projects.get(project_name)
        check_access(project, host=call.method.host, permission=permission)
        if service not in project.enabled_services | NEEDS.keys():
            raise not_found(f"Not found or permission denied for service(s): {service}.")
        return project, service

    def _state(self, project_id: str, service: str) -> History[bool]:
        on = service in self._projects.get(project_id).enabled_services
        return self._states.setdefault((project_id, service), History(first=on))

    def _is_on(self, project_id: str, service: str) -> bool:
        return self._state(project_id, service).shown(self._now().timestamp())

    def _change(self, project_id: str, service: str, delays: Delays, *, on: bool) -> None:
        self._state(project_id, service).change(on, at=self._now().timestamp(), delays=delays)

    def _dependents(self, project_id: str, service: str) -> list[str]:
        return [one for one, needs in NEEDS.items() if service in needs and self._is_on(project_id, one)]

    def _json(self, project: Project, service: str, *, on: bool) -> dict[str, Any]:
        parent = f"projects/{project.number}"
        state = "ENABLED" if on else "DISABLED"
        return {
            "name": f"{parent}/services/{service}",
            "parent": parent,
            "config": {"name": service, "title": service.partition(".")[0]},
            "state": state,
        }


def _depended_on(service: str, dependents: Sequence[str]) -> ApiError:
    names = ",".join(dependents)
    message = (
        f"The service {service} is depended on by the following active service(s): {names}; Please specify "
        "disable_dependent_services=true if you want to proceed with disabling all services."
    )
    return _precondition(message, "COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES", service, services=names)


def _precondition(message: str, reason: str, service: str, **more: str) -> ApiError:
    return ApiError(
        400,
        "FAILED_PRECONDITION",
        message,
        details=[error_info(reason, DOMAIN, service_name=service, **more)],
    )
