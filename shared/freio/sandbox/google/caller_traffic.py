"""Traffic with a credential: first past the gate of its caller, then on its way, and counted by the API's front end.

`serviceruntime.googleapis.com/api/request_count` counts every request of a `consumed_api`, by the caller's credential
and by the code of the reply; a refused one, too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.demand import Demand, Served, Step
from freio.sandbox.google.metrics import CONSUMED_API, COUNT, REQUEST_COUNT
from freio.sandbox.google.traffic import by_minute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from freio.sandbox.google.credentials import Caller, Credentials
    from freio.sandbox.google.projects import Project
    from freio.sandbox.google.series import SeriesStore

SERVED = tuple(field.name for field in fields(Served) if field.name != "turned_away")
DEMANDED = tuple(field.name for field in fields(Demand) if field.name != "tier")
METHOD = "google.cloud.aiplatform.v1.PredictionService.GenerateContent"


class CallerTraffic:
    """Serves steps that have a caller, minute by minute: a restriction can begin to bite within a step."""

    def __init__(self, *, credentials: Credentials, store: SeriesStore, onward: Callable[[Step], Served]) -> None:
        self._credentials = credentials
        self._store = store
        self._onward = onward

    def serve(self, project: Project, caller: Caller, step: Step) -> Served:
        total = Served.nothing(Demand(requests=0, input_tokens=0))
        for index, parts in enumerate(by_minute(step.demand, step.minutes)):
            demand = Demand(**dict(zip(DEMANDED, parts, strict=True)), tier=step.demand.tier)
            minute = replace(step, at=step.at + timedelta(minutes=index), minutes=1, demand=demand)
            total = _sum(total, self._minute(project, caller, minute))
        return total

    def _minute(self, project: Project, caller: Caller, step: Step) -> Served:
        start = step.at.timestamp()
        refused = self._credentials.refuses(project, caller, step.service, start)
        served = self._onward(replace(step, demand=Demand(requests=0, input_tokens=0)) if refused else step)
        not_admitted = step.demand.requests if refused else served.refused_requests
        codes = {"200": served.requests, **served.turned_away}
        code = "403" if refused else "429"
        codes[code] = codes.get(code, 0) + not_admitted
        self._record(project, caller, step, codes, METHOD)
        return replace(served, refused_requests=not_admitted)

    def manage(self, project: Project, caller: Caller, step: Step, method: str) -> None:
        """A request that takes another permission than predictions do, and meets no model."""
        self._record(project, caller, step, {"200": step.demand.requests}, method)

    def _record(self, project: Project, caller: Caller, step: Step, codes: Mapping[str, int], method: str) -> None:
        resource = {
            "project_id": project.project_id,
            "service": step.service,
            "method": method,
            "version": "v1",
            "location": "global",
            "credential_id": self._credentials.credential_id(project, caller),
        }
        for code, count in codes.items():
            if not count:
                continue
            labels = {"response_code": code, "response_code_class": f"{code[0]}xx", "protocol": "http"}
            series = self._store.series(
                project.project_id, REQUEST_COUNT, COUNT, labels=labels, resource=CONSUMED_API, resource_labels=resource
            )
            series.record(int(step.at.timestamp()) + 60, 60, count)


def _sum(one: Served, other: Served) -> Served:
    sums: dict[str, Any] = {name: getattr(one, name) + getattr(other, name) for name in SERVED}
    return Served(**sums, turned_away=Counter(one.turned_away) + Counter(other.turned_away))
