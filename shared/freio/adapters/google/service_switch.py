"""Turning a service of a project off and on: google-cloud-service-usage, over REST.

The package is imported when it is used: only the function that brakes installs it. It has no quota methods.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError
from google.protobuf.json_format import ParseError

from freio.adapters.google.call_errors import call_errors
from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import failed_operation
from freio.adapters.google.long_running import PAUSES
from freio.errors import Rejected, Unavailable


@contextlib.contextmanager
def service_usage_errors(what: str) -> Iterator[None]:
    """Every error while `what` was being done, as `Unavailable` or `Rejected`.

    Over REST the client lets through what the connection under it raises (`requests`, all of them OSErrors), and a
    reply that was cut fails when it is read: both may have taken effect.
    """
    try:
        with call_errors(what, _reason):
            yield
    except (OSError, ParseError) as exc:
        raise Unavailable(f"{what}: no reply: {type(exc).__name__}: {exc}") from exc


class ServiceSwitch:
    """Disables and enables services. `sleep` waits between looks at a running operation."""

    def __init__(self, apis: GoogleApis, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._apis = apis
        self._sleep = sleep

    def is_on(self, project: str, service: str) -> bool:
        """Whether the service is enabled; Rejected where the project cannot be seen."""
        from google.cloud import service_usage_v1  # noqa: PLC0415  # see above

        what = f"reading whether {service} is enabled in {project}"
        with service_usage_errors(what), self._client() as client:
            found = client.get_service(request={"name": _name(project, service)}, **self._plainly())
        return bool(found.state == service_usage_v1.types.State.ENABLED)

    def turn_off(self, project: str, service: str) -> None:
        """Disables it alone, and waits until that is done; done where it is off.

        Rejected, with their names, while enabled services depend on it: they are never turned off with it. That it was
        used in the last 30 days, which it always was when it is braked, is said not to matter: SKIP.
        https://cloud.google.com/service-usage/docs/reference/rest/v1/services/disable
        """
        from google.cloud import service_usage_v1  # noqa: PLC0415  # see above

        if not self.is_on(project, service):
            return
        request = service_usage_v1.DisableServiceRequest(
            name=_name(project, service),
            disable_dependent_services=False,
            check_if_service_has_usage=service_usage_v1.DisableServiceRequest.CheckIfServiceHasUsage.SKIP,
        )
        try:
            self._run(f"disabling {service} in {project}", lambda client: client.disable_service, request)
        except Rejected:
            if self.is_on(project, service):
                raise  # else somebody was faster: disabling what is off is refused

    def turn_on(self, project: str, service: str) -> None:
        """Enables it, with what it depends on, and waits until that is done; done where it is on."""
        from google.cloud import service_usage_v1  # noqa: PLC0415  # see above

        if not self.is_on(project, service):
            request = service_usage_v1.EnableServiceRequest(name=_name(project, service))
            self._run(f"enabling {service} in {project}", lambda client: client.enable_service, request)

    def _run(self, what: str, method: Callable[[Any], Any], request: Any) -> None:
        """Starts an operation and looks at it until it is done: a real clock is none of the library's business."""
        with service_usage_errors(what), self._client() as client:
            operation = method(client)(request=request, **self._plainly()).operation
            for pause in (*PAUSES, None):
                if operation.done:
                    break
                if pause is None:
                    raise Unavailable(f"{what}: the operation {operation.name} still runs after {sum(PAUSES):.0f} s")
                self._sleep(pause)
                operation = client.get_operation({"name": operation.name}, **self._plainly())
        if operation.HasField("error"):
            raise failed_operation(what, {"code": operation.error.code, "message": operation.error.message})

    def _client(self) -> Any:
        """A client with a connection of its own, which ends with it: it is used a few times a year."""
        from google.cloud import service_usage_v1  # noqa: PLC0415  # see above

        return service_usage_v1.ServiceUsageClient(
            transport="rest",
            credentials=self._apis.credentials(),
            client_options=ClientOptions(api_endpoint=self._apis.endpoint) if self._apis.endpoint else None,
        )

    def _plainly(self) -> dict[str, Any]:
        """The caller repeats what may pass, and knows what was found before."""
        return {"retry": None, "timeout": self._apis.timeout}


def _name(project: str, service: str) -> str:
    return f"projects/{project}/services/{service}"


def _reason(error: GoogleAPIError) -> str:
    reason = error.reason if isinstance(error, GoogleAPICallError) else None
    return f"{reason}: " if reason else ""
