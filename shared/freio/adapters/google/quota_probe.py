"""Which quota limits a model at a place, from what the project lists."""

from __future__ import annotations

from collections.abc import Sequence

from freio.adapters.google.quota_buckets import Bucket, Limit
from freio.adapters.google.quota_catalogue import GLOBAL, MULTI_REGIONS, VERTEX, Metric, goes_by, is_gemini, metrics_for
from freio.adapters.model_names import plain_model
from freio.domain.phrase import Phrase
from freio.domain.sentences import MULTI_REGION, NO_BUCKET, NO_OWN_QUOTA
from freio.domain.spend import Probe
from freio.domain.target import Target
from freio.ports import Place

LEVER = "quota"


def probe(place: Place, limits: Sequence[Limit]) -> Probe:
    """The target that limits this place's traffic.

    ``binds=True`` means only that nothing speaks against it: the project lists a bucket of its own for the model.
    Whether an override there throttles, the API does not tell (current Gemini models run on dynamic shared quota,
    where some overrides were seen to bind and others not): the proof decides. ``binds=False`` is certain, says why in
    ``reason``, and its target is where a limit would stand, not a place to set one.
    """
    metrics = metrics_for(place.model, place.location)
    if place.location in MULTI_REGIONS:
        return _nothing(place, metrics[0], MULTI_REGION)
    for metric in metrics:
        for limit in limits:
            if limit.metric != metric.name or not limit.unit.startswith("1/min/"):
                continue
            bucket = _bucket(place, limit)
            if bucket is not None:
                return _found(place, metric, limit, bucket)
    # Only Gemini models are known to run on dynamic shared quota; of others it is known that nothing is listed.
    return _nothing(place, metrics[0], NO_BUCKET if is_gemini(place.model) else NO_OWN_QUOTA)


def _bucket(place: Place, limit: Limit) -> Bucket | None:
    """The model's bucket at this place: that of its own region before one for all, its exact name before a like one."""
    where = None if place.location == GLOBAL else place.location
    if where is not None and limit.locations and where not in limit.locations:
        return None
    fits = [
        bucket
        for bucket in limit.buckets
        if goes_by(place.model, bucket.dimension("base_model") or "") and bucket.dimension("region") in {where, None}
    ]
    bare = plain_model(place.model)
    fits.sort(key=lambda one: (one.dimension("region") != where, one.dimension("base_model") != bare, one.dimensions))
    return fits[0] if fits else None


def _found(place: Place, metric: Metric, limit: Limit, bucket: Bucket) -> Probe:
    target = _target(place, metric, limit.unit, bucket.dimension("base_model") or "")
    here = next((one for one in limit.buckets if one.dimensions == target.dimensions), None)
    return Probe(
        target=target,
        location=place.location,
        model=place.model,
        unit=metric.counts,
        binds=True,
        override=here.override if here else None,
        effective=bucket.effective,
    )


def _nothing(place: Place, metric: Metric, sentence: str) -> Probe:
    model = plain_model(place.model)
    return Probe(
        target=_target(place, metric, metric.unit, model),
        location=place.location,
        model=place.model,
        unit=metric.counts,
        binds=False,
        reason=Phrase.of(sentence, model=model, location=place.location),
    )


def _target(place: Place, metric: Metric, unit: str, base_model: str) -> Target:
    dimensions = {"base_model": base_model}
    if "{region}" in unit:
        dimensions["region"] = place.location
    return Target(LEVER, place.project, VERTEX, metric.name, unit, tuple(sorted(dimensions.items())))
