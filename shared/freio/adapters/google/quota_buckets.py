"""The quotas of a project as Service Usage v1beta1 lists them: limits, each with a bucket for each set of dimensions.

Zero is left out of replies (proto3): a bucket without `effectiveLimit` allows nothing, and a `consumerOverride`
without `overrideValue` is an override to 0. Limit names are opaque and come from the list alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import translated

UNLIMITED = frozenset({-1, 2**63 - 1})
PAGE = 1_000  # metrics; the most that the list gives at once

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What one set of dimensions is allowed: `effective` None is unlimited, `override` None is none set.

    ``granted`` is what stands there without the consumer's own override (None: unlimited): Google's default or what it
    has set for this consumer instead, and no more than the organisation's administrators allow.
    """

    dimensions: Dimensions
    effective: int | None
    override: int | None
    granted: int | None = None

    def dimension(self, name: str) -> str | None:
        return dict(self.dimensions).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of one metric. `name` is for further calls, `locations` empty where it knows none."""

    name: str
    metric: str
    unit: str
    locations: frozenset[str]
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A consumer override, by the name under which it can be deleted."""

    name: str
    dimensions: Dimensions
    value: int


def list_limits(apis: GoogleApis, project: str, service: str) -> list[Limit]:
    """Every limit of a service in a project, with the buckets of all models and regions."""
    metrics = apis.service_usage().services().consumerQuotaMetrics()
    what = f"listing the quotas of {service} in {project}"
    with translated(what):
        request = metrics.list(parent=f"projects/{project}/services/{service}", view="FULL", pageSize=PAGE)
        found: list[Limit] = []
        while request is not None:
            reply = request.execute()
            found += [
                _limit(raw) for metric in reply.get("metrics", ()) for raw in metric.get("consumerQuotaLimits", ())
            ]
            request = metrics.list_next(request, reply)
    return found


def list_overrides(apis: GoogleApis, limit: Limit) -> Iterator[Override]:
    """The consumer overrides of a limit, also those whose dimensions no bucket has."""
    overrides = apis.service_usage().services().consumerQuotaMetrics().limits().consumerOverrides()
    with translated(f"listing the overrides of {limit.metric}"):
        request = overrides.list(parent=limit.name)
        while request is not None:
            reply = request.execute()
            for raw in reply.get("overrides", ()):
                yield Override(name=raw["name"], dimensions=_dimensions(raw), value=_value(raw))
            request = overrides.list_next(request, reply)


def _limit(raw: Mapping[str, Any]) -> Limit:
    return Limit(
        name=raw["name"],
        metric=raw["metric"],
        unit=raw["unit"],
        locations=frozenset(raw.get("supportedLocations", ())),
        buckets=tuple(_bucket(one) for one in raw.get("quotaBuckets", ())),
    )


def _bucket(raw: Mapping[str, Any]) -> Bucket:
    effective = int(raw.get("effectiveLimit", "0"))
    override = raw.get("consumerOverride")
    return Bucket(
        dimensions=_dimensions(raw),
        effective=None if effective in UNLIMITED else effective,
        override=None if override is None else _value(override),
        granted=_granted(raw),
    )


def _granted(raw: Mapping[str, Any]) -> int | None:
    """From `producerOverride` or, without one, `defaultLimit`, and `adminOverride`: the lower of the two."""
    base = int(raw.get("defaultLimit", "0"))
    if "producerOverride" in raw:
        base = _value(raw["producerOverride"])
    limits = [base, *([_value(raw["adminOverride"])] if "adminOverride" in raw else [])]
    return min((limit for limit in limits if limit not in UNLIMITED), default=None)


def _value(override: Mapping[str, Any]) -> int:
    return int(override.get("overrideValue", "0"))


def _dimensions(raw: Mapping[str, Any]) -> Dimensions:
    return tuple(sorted(raw.get("dimensions", {}).items()))
