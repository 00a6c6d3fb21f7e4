"""The models, the name each goes by as a quota's `base_model`, and the buckets it has.

A bucket that `binds` refuses traffic above its limit. One that does not accepts every override, reads it back, counts
usage and refuses nothing: Gemini on dynamic shared quota. A model called where it has no bucket (the multi-region
endpoints `us` and `eu`, always) is not limited at all. `base_model` names and the first two defaults were observed;
the other defaults are assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from freio.sandbox.google import catalogue as c
from freio.sandbox.google.catalogue import LIMITS, Limit


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """What one model has under one limit."""

    default: int
    binds: bool = True


@dataclass(frozen=True, kw_only=True)
class Model:
    """`name` is what a caller writes, `publisher` who made it (the label in monitoring)."""

    name: str
    publisher: str
    base_model: str
    buckets: Mapping[Limit, Bucket] = field(default_factory=dict)


class Catalogue:
    """All limits, with the buckets that these models have in them."""

    def __init__(self, models: Iterable[Model] = (), limits: Iterable[Limit] = LIMITS) -> None:
        self.limits = tuple(limits)
        self.models = {model.name: model for model in models or MODELS}
        self.services = frozenset(limit.service for limit in self.limits)
        self._named: dict[tuple[str, str], dict[str, Bucket]] = {limit.key: {} for limit in self.limits}
        for model in self.models.values():
            for limit, bucket in model.buckets.items():
                self._named[limit.key][_bucket_name(model, limit)] = bucket

    def model(self, name: str) -> Model:
        """The model by the name in a call; a version after `@` is no part of it."""
        base = name.partition("@")[0]
        if base not in self.models:
            raise KeyError(f"the sandbox has no model {base!r}; it has {', '.join(sorted(self.models))}")
        return self.models[base]

    def limit(self, service: str, metric: str, *, unit: str | None = None, limit_id: str | None = None) -> Limit | None:
        """The limit of a metric by its unit or by its id."""
        for limit in self.limits:
            if (limit.service, limit.metric) == (service, metric) and (
                limit.unit == unit or limit.limit_id == limit_id
            ):
                return limit
        return None

    def of_service(self, service: str) -> dict[str, list[Limit]]:
        """The limits of a service under their metrics, in the order of the catalogue."""
        found: dict[str, list[Limit]] = {}
        for limit in self.limits:
            if limit.service == service:
                found.setdefault(limit.metric, []).append(limit)
        return found

    def named_buckets(self, limit: Limit) -> Mapping[str, Bucket]:
        """The buckets that a limit has of its own, under their `base_model` (or `model`)."""
        return self._named[limit.key]


def _bucket_name(model: Model, limit: Limit) -> str:
    return model.base_model if limit.model_dimension == "base_model" else model.name


def _gemini(name: str, base_model: str, tokens_per_minute: int, *, binds: bool) -> Model:
    """A Gemini model: its global token limits bind or are only shown; what it has in regions is only shown."""
    return Model(
        name=name,
        publisher="google",
        base_model=base_model,
        buckets={
            c.GLOBAL_INPUT: Bucket(default=tokens_per_minute, binds=binds),
            c.GLOBAL_INPUT_DAILY: Bucket(default=c.UNLIMITED, binds=binds),
            c.REGIONAL_INPUT: Bucket(default=c.UNLIMITED, binds=False),
            c.DEVELOPER_DAILY: Bucket(default=c.UNLIMITED),
            c.DEVELOPER_PAID_TIER_2: Bucket(default=350_000),
        },
    )


def _legacy_gemini(name: str) -> Model:
    """Gemini 1.x kept a real regional quota of requests."""
    return Model(name=name, publisher="google", base_model=name, buckets={c.REGIONAL_REQUESTS: Bucket(default=1_000)})


def _claude(name: str) -> Model:
    return Model(
        name=name,
        publisher="anthropic",
        base_model=f"anthropic-{name}",
        buckets={
            c.PREDICTIONS: Bucket(default=1_200),
            c.PREDICTION_INPUT: Bucket(default=4_000_000),
            c.PREDICTION_OUTPUT: Bucket(default=400_000),
            c.GLOBAL_PREDICTIONS: Bucket(default=2_000),
        },
    )


def _embedding(name: str, base_model: str) -> Model:
    return Model(
        name=name,
        publisher="google",
        base_model=base_model,
        buckets={c.PREDICTIONS: Bucket(default=1_500), c.EMBED_INPUT: Bucket(default=5_000_000)},
    )


MODELS = (
    _gemini("gemini-2.5-flash", "gemini-2.5-flash-ga", 10_000_000_000, binds=True),
    _gemini("gemini-2.5-pro", "gemini-2.5-pro-ga", 1_000_000_000, binds=True),
    _gemini("gemini-2.5-flash-lite", "gemini-2.5-flash-lite-ga", 10_000_000_000, binds=True),
    _gemini("gemini-3.1-flash-lite", "gemini-3.1-flash-lite-ga", 10_000_000_000, binds=True),
    _gemini("gemini-3.1-pro-preview", "gemini-3.1-pro-preview", c.UNLIMITED, binds=False),
    _gemini("gemini-3.5-flash", "gemini-3.5-flash-ga", c.UNLIMITED, binds=False),
    _gemini("gemini-3.7-flash", "gemini-3.7-flash-ga", c.UNLIMITED, binds=False),
    _legacy_gemini("gemini-1.5-flash"),
    _legacy_gemini("gemini-1.5-pro"),
    *(
        _claude(f"claude-{name}")
        for name in ("haiku-4-5", "opus-4-6", "sonnet-4", "sonnet-4-5", "sonnet-4-6", "sonnet-5-5")
    ),
    _embedding("gemini-embedding-001", "gemini-embedding"),
    _embedding("text-embedding-005", "textembedding-gecko"),
)
