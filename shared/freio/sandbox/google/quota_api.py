"""Service Usage v1beta1: the quota methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freio.sandbox.google import override_rules as rules
from freio.sandbox.google import quota_names as names
from freio.sandbox.google.errors import ApiError, error_info, invalid, not_found
from freio.sandbox.google.paging import page
from freio.sandbox.google.quota_json import limit_json, metric_json, override_json, without_zeros
from freio.sandbox.google.quotas import Dimensions, dimensions_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freio.sandbox.google.catalogue import Limit
    from freio.sandbox.google.operations import Operations
    from freio.sandbox.google.projects import Project, Projects
    from freio.sandbox.google.quotas import Quotas
    from freio.sandbox.google.requests import Call
    from freio.sandbox.google.usage import Usage

API = "type.googleapis.com/google.api.serviceusage.v1beta1."
EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}


class QuotaApi:
    """Answers in JSON; a change is checked at once, and started as an operation."""

    def __init__(self, *, quotas: Quotas, operations: Operations, projects: Projects, usage: Usage) -> None:
        self._quotas = quotas
        self._operations = operations
        self._projects = projects
        self._usage = usage

    def list_metrics(self, call: Call) -> dict[str, Any]:
        project, name = self._named(call.parameters["parent"])
        metrics = list(self._quotas.catalogue.of_service(name.service).values())
        rows, token = page(call.parameters, metrics, default=100, most=1_000)
        view = call.parameters.get("view", "BASIC")
        shown = [metric_json(self._quotas, project, limits, view) for limits in rows]
        return without_zeros({"metrics": shown, "nextPageToken": token})

    def get_metric(self, call: Call) -> dict[str, Any]:
        project, name = self._named(call.parameters["name"])
        limits = self._quotas.catalogue.of_service(name.service).get(name.metric)
        if limits is None:
            raise not_found(f"No quota metric '{name.metric}' found in service '{name.service}'.")
        return metric_json(self._quotas, project, limits, call.parameters.get("view", "BASIC"))

    def get_limit(self, call: Call) -> dict[str, Any]:
        project, limit, _ = self._limit(call.parameters["name"])
        return limit_json(self._quotas, project, limit, call.parameters.get("view", "BASIC"))

    def list_overrides(self, call: Call) -> dict[str, Any]:
        project, limit, _ = self._limit(call.parameters["parent"])
        overrides = list(self._quotas.shown_overrides(project.project_id, limit))
        rows, token = page(call.parameters, overrides, default=100, most=1_000)
        shown = [override_json(project, limit, dimensions, value) for dimensions, value in rows]
        return without_zeros({"overrides": shown, "nextPageToken": token})

    def import_overrides(self, call: Call) -> dict[str, Any]:
        """Creates or replaces each override; when one is refused none is made."""
        project, name = self._named(call.parameters["parent"])
        forcing = rules.Forcing.read(call.body)
        wanted: dict[tuple[Limit, Dimensions], int] = {}
        given = call.body.get("inlineSource", {}).get("overrides", [])
        if not given:
            raise invalid(("inlineSource.overrides", "must name at least one override"))
        for index, override in enumerate(given):
            path = f"inlineSource.overrides[{index}]."
            limit = self._limit_of_override(name.service, override, path)
            key = (limit, dimensions_of(override.get("dimensions", {})))
            if key in wanted:
                raise invalid((path + "dimensions", "the same bucket stands in this request twice"))
            wanted[key] = self._checked_value(project, limit, override, forcing, path)
        if call.fails_late is None:
            for (limit, dimensions), value in wanted.items():
                self._quotas.change(self._quotas.key(project.project_id, limit, dimensions), value)
        made = [override_json(project, limit, dimensions, value) for (limit, dimensions), value in wanted.items()]
        response = {"@type": API + "ImportConsumerOverridesResponse", "overrides": made}
        return self._operations.start(response, error=call.fails_late)

    def create_override(self, call: Call) -> dict[str, Any]:
        project, limit, _ = self._limit(call.parameters["parent"])
        dimensions = dimensions_of(call.body.get("dimensions", {}))
        value = self._checked_value(project, limit, call.body, rules.Forcing.read(call.parameters), "")
        if self._quotas.asked(self._quotas.key(project.project_id, limit, dimensions)) is not None:
            raise rules.already_exists(names.override_name(project, limit, dimensions))
        return self._change(call, project, limit, dimensions, value)

    def patch_override(self, call: Call) -> dict[str, Any]:
        project, limit, override = self._limit(call.parameters["name"])
        dimensions = self._dimensions(project, limit, override)
        mask = call.parameters.get("updateMask", "overrideValue")
        if mask not in ("overrideValue", "override_value"):
            raise invalid(("updateMask", f"only overrideValue can be changed, not {mask}"))
        if dimensions_of(call.body.get("dimensions", dict(dimensions))) != dimensions:
            raise invalid(("dimensions", "an override keeps its dimensions; create another one"))
        fields = {**call.body, "dimensions": dict(dimensions)}
        value = self._checked_value(project, limit, fields, rules.Forcing.read(call.parameters), "")
        return self._change(call, project, limit, dimensions, value)

    def delete_override(self, call: Call) -> dict[str, Any]:
        """What is deleted can only rise, so the safety checks always pass."""
        project, limit, override = self._limit(call.parameters["name"])
        rules.Forcing.read(call.parameters)
        return self._change(call, project, limit, self._dimensions(project, limit, override), None)

    def _change(
        self, call: Call, project: Project, limit: Limit, dimensions: Dimensions, value: int | None
    ) -> dict[str, Any]:
        if call.fails_late is None:
            self._quotas.change(self._quotas.key(project.project_id, limit, dimensions), value)
        if value is None:
            return self._operations.start(EMPTY, error=call.fails_late)
        made = override_json(project, limit, dimensions, value)
        return self._operations.start({"@type": API + "QuotaOverride", **made}, error=call.fails_late)

    def _named(self, text: str) -> tuple[Project, names.QuotaName]:
        name = names.parse(text)
        project = self._projects.get(name.project)
        if name.service not in self._quotas.catalogue.services:
            info = error_info("SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED", rules.DOMAIN, services=name.service)
            message = f"Not found or permission denied for service(s): {name.service}."
            raise ApiError(403, "PERMISSION_DENIED", message, details=[info])
        return project, name

    def _limit(self, text: str) -> tuple[Project, Limit, str]:
        project, name = self._named(text)
        limit = self._quotas.catalogue.limit(name.service, name.metric, limit_id=name.limit_id)
        if limit is None:
            raise rules.limit_not_found(name.service, name.metric, name.limit_id)
        return project, limit, name.override

    def _limit_of_override(self, service: str, override: Mapping[str, Any], path: str) -> Limit:
        missing = [(path + key, "is required") for key in ("metric", "unit") if not override.get(key)]
        if missing:
            raise invalid(*missing)
        metric, unit = override["metric"], override["unit"]
        limit = self._quotas.catalogue.limit(service, metric, unit=unit)
        if limit is None:
            raise rules.limit_not_found(service, metric, unit)
        return limit

    def _checked_value(
        self, project: Project, limit: Limit, override: Mapping[str, Any], forcing: rules.Forcing, path: str
    ) -> int:
        """The value an override asks for, after every rule. Without `overrideValue` it asks for 0, as in proto3."""
        value = int(override.get("overrideValue", "0"))
        rules.check_value(value, path)
        rules.check_dimensions(limit, override.get("dimensions", {}), path)
        rules.check_adjustable(limit, value)
        dimensions = dimensions_of(override.get("dimensions", {}))
        rules.check_safety(
            before=self._quotas.effective_asked(project.project_id, limit, dimensions),
            after=self._quotas.effective_if(limit, dimensions, value),
            used=self._used(project, limit, override.get("dimensions", {})),
            forcing=forcing,
            limit=limit,
        )
        return value

    def _used(self, project: Project, limit: Limit, dimensions: Mapping[str, str]) -> int:
        """The usage of a bucket; of one for every region, that of the busiest region."""
        where = [{**dimensions, "region": one} for one in limit.locations if "region" not in dimensions]
        keys = [
            self._quotas.key(project.project_id, limit, dimensions_of(one)) for one in (where or [dict(dimensions)])
        ]
        return max(self._usage.recent(key, limit) for key in keys)

    def _dimensions(self, project: Project, limit: Limit, override: str) -> Dimensions:
        """The bucket of an override that stands there now, by its opaque id."""
        for dimensions, _ in self._quotas.asked_overrides(project.project_id, limit):
            if names.override_id(dimensions) == override:
                return dimensions
        raise not_found(f"Consumer override '{override}' not found for {limit.metric}.")
