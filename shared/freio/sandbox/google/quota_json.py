"""Quotas as Service Usage writes them: int64 as strings, and nothing at all where a value is zero or empty.

An `effectiveLimit` of 0 is an absent `effectiveLimit`; an override of 0 is an override without `overrideValue`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freio.sandbox.google.quota_names import limit_name, metric_name, override_name
from freio.sandbox.google.quotas import dimensions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freio.sandbox.google.catalogue import Limit
    from freio.sandbox.google.projects import Project
    from freio.sandbox.google.quotas import Dimensions, Quotas

FULL = "FULL"


def without_zeros(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that proto3's JSON writes: zero, empty and false stay away."""
    return {key: value for key, value in fields.items() if value not in ("", "0", 0, [], {}, None)}


def override_json(project: Project, limit: Limit, dimensions: Dimensions, value: int) -> dict[str, Any]:
    return without_zeros(
        {
            "name": override_name(project, limit, dimensions),
            "overrideValue": str(value),
            "dimensions": dict(dimensions),
            "metric": limit.metric,
            "unit": limit.unit,
        }
    )


def metric_json(quotas: Quotas, project: Project, limits: list[Limit], view: str) -> dict[str, Any]:
    """A metric with all its limits. `limits` is not empty."""
    service, metric = limits[0].service, limits[0].metric
    return {
        "name": metric_name(project, service, metric),
        "displayName": metric.rpartition("/")[2].replace("_", " ").capitalize(),
        "metric": metric,
        "unit": "1",
        "consumerQuotaLimits": [limit_json(quotas, project, limit, view) for limit in limits],
    }


def limit_json(quotas: Quotas, project: Project, limit: Limit, view: str) -> dict[str, Any]:
    return without_zeros(
        {
            "name": limit_name(project, limit),
            "metric": limit.metric,
            "unit": limit.unit,
            "isPrecise": limit.period == "day",
            "allowsAdminOverrides": not limit.fixed,
            "quotaBuckets": [
                _bucket_json(quotas, project, limit, one) for one in _buckets(quotas, project, limit, view)
            ],
            "supportedLocations": list(limit.locations),
        }
    )


def _buckets(quotas: Quotas, project: Project, limit: Limit, view: str) -> list[Dimensions]:
    """The buckets a view shows, the default first: with overrides in BASIC, every named one and region too in FULL.

    An override for a `base_model` that no bucket goes by was accepted, but is no bucket: reading back does not find
    it here (only `consumerOverrides.list`, so that it can be deleted). That it succeeds and binds nothing was observed;
    that it is not listed is assumed.
    """
    shown = {dimensions for dimensions, _ in quotas.shown_overrides(project.project_id, limit)}
    known = {one for one in shown if _is_known(quotas, limit, one)}
    every = set(_named(quotas, limit)) if view == FULL else set()
    return [(), *sorted((known | every) - {()}, key=lambda one: (len(one), one))]


def _is_known(quotas: Quotas, limit: Limit, dimensions: Dimensions) -> bool:
    model = dict(dimensions).get(limit.model_dimension or "")
    return model is None or model in quotas.catalogue.named_buckets(limit)


def _named(quotas: Quotas, limit: Limit) -> Iterator[Dimensions]:
    names = quotas.catalogue.named_buckets(limit)
    for region in limit.locations or (None,):
        where = {} if region is None else {"region": region}
        if limit.model_dimension is None:
            yield dimensions_of(where)
        for name in names:
            yield dimensions_of({**where, str(limit.model_dimension): name})


def _bucket_json(quotas: Quotas, project: Project, limit: Limit, dimensions: Dimensions) -> dict[str, Any]:
    override = quotas.shown(quotas.key(project.project_id, limit, dimensions))
    granted = quotas.producer_override(project.project_id, limit, dimensions)
    return without_zeros(
        {
            "effectiveLimit": str(quotas.effective_shown(project.project_id, limit, dimensions)),
            "defaultLimit": str(quotas.default(limit, dimensions)),
            "consumerOverride": None if override is None else override_json(project, limit, dimensions, override),
            "producerOverride": None if granted is None else override_json(project, limit, dimensions, granted),
            "dimensions": dict(dimensions),
        }
    )
