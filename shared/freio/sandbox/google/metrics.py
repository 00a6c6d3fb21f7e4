"""The metrics that traffic leaves behind, with their labels.

`token_count` and the names of the quota series were observed. Assumed: that the quota series carry the `base_model`
they count for, that `model_invocation_count` labels its HTTP code `response_code`, that `limit_name` is spelt like the
limit id, and that an unlimited quota is written as the largest int64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freio.sandbox.google.catalogue import UNLIMITED, VERTEX, Limit
from freio.sandbox.google.series import Kind, Series, SeriesStore

if TYPE_CHECKING:
    from freio.sandbox.google.models import Model

COUNT = Kind()
LEVEL = Kind(kind="GAUGE")
FLAG = Kind(kind="GAUGE", value_type="BOOL")

TOKEN_COUNT = f"{VERTEX}/publisher/online_serving/token_count"
INVOCATIONS = f"{VERTEX}/publisher/online_serving/model_invocation_count"
NET_USAGE = "serviceruntime.googleapis.com/quota/rate/net_usage"
QUOTA_LIMIT = "serviceruntime.googleapis.com/quota/limit"
QUOTA_EXCEEDED = "serviceruntime.googleapis.com/quota/exceeded"
REQUEST_COUNT = "serviceruntime.googleapis.com/api/request_count"
PUBLISHER_MODEL = f"{VERTEX}/PublisherModel"
LOCATION = f"{VERTEX}/Location"
CONSUMER_QUOTA = "consumer_quota"
CONSUMED_API = "consumed_api"

DEDICATED = "dedicated"  # assumed: its series have no `shared_request_type`
LARGEST_INT64 = 2**63 - 1


def vertex_quota_metric(limit: Limit, what: str) -> str:
    """`aiplatform.googleapis.com/quota/<metric>/usage`, `limit` or `exceeded`."""
    return f"{VERTEX}/quota/{limit.metric.rpartition('/')[2]}/{what}"


def known_metrics(limits: tuple[Limit, ...]) -> dict[str, Kind]:
    """Every metric type there is here; another one is not found."""
    found = {TOKEN_COUNT: COUNT, INVOCATIONS: COUNT, NET_USAGE: COUNT, QUOTA_LIMIT: LEVEL, QUOTA_EXCEEDED: FLAG}
    found[REQUEST_COUNT] = COUNT
    for limit in limits:
        if limit.service == VERTEX:
            found[vertex_quota_metric(limit, "usage")] = COUNT
            found[vertex_quota_metric(limit, "limit")] = LEVEL
            found[vertex_quota_metric(limit, "exceeded")] = COUNT
    return found


class ModelSeries:
    """The series of one model at one location: tokens by type and invocations by HTTP code, made when first needed."""

    def __init__(self, store: SeriesStore, *, project: str, location: str, model: Model, version: str) -> None:
        self._store = store
        self._project = project
        self._resource = {
            "project_id": project,
            "resource_container": project,
            "location": location,
            "publisher": model.publisher,
            "model_user_id": model.name,
            "model_version_id": version,
        }
        self._made: dict[tuple[str, str, str], Series] = {}

    def tokens(self, kind: str, tier: str) -> Series:
        return self._get(TOKEN_COUNT, "type", kind, tier)

    def invocations(self, code: str, tier: str) -> Series:
        return self._get(INVOCATIONS, "response_code", code, tier)

    def _get(self, metric: str, label: str, value: str, tier: str) -> Series:
        series = self._made.get((metric, value, tier))
        if series is None:
            shared = {"request_type": "shared", "shared_request_type": tier}
            labels = {label: value, **({"request_type": tier} if tier == DEDICATED else shared)}
            series = self._made[metric, value, tier] = self._store.series(
                self._project, metric, COUNT, labels=labels, resource=PUBLISHER_MODEL, resource_labels=self._resource
            )
        return series


class RequestSeries:
    """All requests of a project to a service, by HTTP code, as Google's front end counts them.

    It counts what it refuses itself, too (assumed for services turned off and accounts unlinked).
    """

    def __init__(self, store: SeriesStore, *, project: str, service: str, location: str) -> None:
        self._store = store
        self._project = project
        self._resource = {
            "project_id": project,
            "service": service,
            "method": "google.cloud.aiplatform.v1.PredictionService.GenerateContent",
            "version": "v1",
            "location": location,
        }
        self._made: dict[str, Series] = {}

    def requests(self, code: str) -> Series:
        if code not in self._made:
            labels = {"protocol": "http", "response_code": code, "response_code_class": f"{code[0]}xx"}
            self._made[code] = self._store.series(
                self._project,
                REQUEST_COUNT,
                COUNT,
                labels=labels,
                resource=CONSUMED_API,
                resource_labels=self._resource,
            )
        return self._made[code]


@dataclass(frozen=True, kw_only=True)
class QuotaSeries:
    """The series of one bucket, each held twice as Google does: for every service, and in Vertex AI's own words."""

    usage: tuple[Series, ...]
    limit: tuple[Series, ...]
    exceeded_count: tuple[Series, ...]
    exceeded_flag: tuple[Series, ...]

    def write_limit(self, end: int, width: int, value: int) -> None:
        for series in self.limit:
            series.record(end, width, LARGEST_INT64 if value == UNLIMITED else value)

    def write_usage(self, end: int, width: int, used: int) -> None:
        for series in self.usage:
            series.record(end, width, used)

    def write_exceeded(self, end: int, width: int, refused: int) -> None:
        for series in self.exceeded_count:
            series.record(end, width, refused)
        for series in self.exceeded_flag:
            series.record(end, width, 1)


def quota_series(store: SeriesStore, *, project: str, location: str, limit: Limit, base_model: str) -> QuotaSeries:
    by_limit = {"limit_name": limit.name, "base_model": base_model}
    by_metric = {**by_limit, "quota_metric": limit.metric}

    def consumer(metric: str, kind: Kind) -> Series:
        resource = {"project_id": project, "service": limit.service, "location": location}
        return store.series(project, metric, kind, labels=by_metric, resource=CONSUMER_QUOTA, resource_labels=resource)

    def vertex(what: str, kind: Kind) -> tuple[Series, ...]:
        if limit.service != VERTEX:
            return ()
        resource = {"project_id": project, "resource_container": project, "location": location}
        metric = vertex_quota_metric(limit, what)
        made = store.series(project, metric, kind, labels=by_limit, resource=LOCATION, resource_labels=resource)
        return (made,)

    return QuotaSeries(
        usage=(consumer(NET_USAGE, COUNT), *vertex("usage", COUNT)),
        limit=(consumer(QUOTA_LIMIT, LEVEL), *vertex("limit", LEVEL)),
        exceeded_count=vertex("exceeded", COUNT),
        exceeded_flag=(consumer(QUOTA_EXCEEDED, FLAG),),
    )
