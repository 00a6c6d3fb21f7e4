"""Which bucket limits a place, among those that a project lists."""

from __future__ import annotations

from freio.adapters.google.quota_buckets import Bucket, Limit
from freio.adapters.google.quota_catalogue import GEMINI_GLOBAL, PREDICTIONS, Metric
from freio.adapters.google.quota_probe import probe
from freio.domain.phrase import Phrase
from freio.domain.sentences import NO_BUCKET, NO_OWN_QUOTA
from freio.ports import Place

FLASH = Place(project="p", location="global", model="gemini-2.5-flash")
CLAUDE = Place(project="p", location="us-east5", model="claude-sonnet-4")


def _bucket(effective: int | None = 1_000, override: int | None = None, **dimensions: str) -> Bucket:
    return Bucket(dimensions=tuple(sorted(dimensions.items())), effective=effective, override=override)


def _limit(metric: Metric, *buckets: Bucket, unit: str = "", locations: frozenset[str] = frozenset()) -> Limit:
    return Limit(
        name="n", metric=metric.name, unit=unit or metric.unit, locations=locations, buckets=(_bucket(), *buckets)
    )


def test_a_name_that_only_begins_alike_is_another_model() -> None:
    """flash-lite's quota does not brake flash, nor the bucket of everything."""
    found = probe(FLASH, [_limit(GEMINI_GLOBAL, _bucket(base_model="gemini-2.5-flash-lite-ga"))])
    assert not found.binds
    assert found.reason == Phrase.of(NO_BUCKET, model="gemini-2.5-flash", location="global")


def test_only_gemini_is_said_to_run_on_dynamic_shared_quota() -> None:
    """Of Claude and of embeddings it is known that nothing of theirs is listed, and no more."""
    assert probe(CLAUDE, []).reason == Phrase.of(NO_OWN_QUOTA, model="claude-sonnet-4", location="us-east5")
    embedding = Place(project="p", location="us-east5", model="gemini-embedding-001")
    assert probe(embedding, []).reason == Phrase.of(NO_OWN_QUOTA, model="gemini-embedding-001", location="us-east5")


def test_the_exact_name_is_chosen_over_a_like_one() -> None:
    """Two buckets can mean one model; the one that spells its name is it."""
    buckets = [_bucket(base_model="gemini-2.5-flash-ga"), _bucket(base_model="gemini-2.5-flash")]
    found = probe(FLASH, [_limit(GEMINI_GLOBAL, *buckets)])
    assert found.target.dimension("base_model") == "gemini-2.5-flash"


def test_the_bucket_of_the_region_is_chosen_over_that_of_all_regions() -> None:
    """Its limit and its override are what traffic there meets."""
    everywhere = _bucket(effective=900, base_model="anthropic-claude-sonnet-4")
    here = _bucket(effective=60, override=60, base_model="anthropic-claude-sonnet-4", region="us-east5")
    found = probe(CLAUDE, [_limit(PREDICTIONS, everywhere, here)])
    assert (found.effective, found.override) == (60, 60)


def test_a_bucket_of_all_regions_is_braked_in_one() -> None:
    """The target names the region, so that other regions go on; what stands everywhere is not this one's override."""
    everywhere = _bucket(effective=900, override=900, base_model="anthropic-claude-sonnet-4")
    found = probe(CLAUDE, [_limit(PREDICTIONS, everywhere)])
    assert found.target.dimension("region") == "us-east5"
    assert (found.effective, found.override) == (900, None)


def test_a_limit_a_day_is_not_one_a_minute() -> None:
    """Both stand under one metric; a brake is set a minute."""
    daily = _limit(GEMINI_GLOBAL, _bucket(base_model="gemini-2.5-flash-ga"), unit="1/d/{project}/{base_model}")
    assert not probe(FLASH, [daily]).binds
