from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freio.sandbox.google import catalogue as c
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.demand import Demand, Step
from tests.unit.sandbox.google_world import FLASH, NOON, PROJECT, World, override, running

if TYPE_CHECKING:
    from collections.abc import Iterator

EXCEEDED = "aiplatform.googleapis.com/quota/global_generate_content_input_tokens_per_minute_per_base_model/exceeded"
USAGE = EXCEEDED.replace("exceeded", "usage")


@pytest.fixture
def world() -> Iterator[World]:
    with running() as made:
        yield made


def _plane(**more: Any) -> ControlPlane:
    return ControlPlane(now=lambda: NOON, projects=[PROJECT], **more)


def _lower(plane: ControlPlane, limit: c.Limit, dimensions: dict[str, str], value: int | None) -> None:
    plane.set_override_as_somebody_else(
        project=PROJECT, metric=limit.metric, unit=limit.unit, dimensions=dimensions, value=value
    )


def test_traffic_feels_a_limit_only_some_time_after_the_operation(world: World) -> None:
    """Shown after 7 s, felt 40 s later, from the first whole minute on."""
    world.start_import(override(0))
    world.clock.forward(8)
    assert "effectiveLimit" not in (world.bucket() or {})
    assert world.demand(0).refused_requests == 0
    assert world.demand(1).refused_requests == 100


def test_a_limit_admits_what_fits_each_minute(world: World) -> None:
    """Half the tokens fit: half the requests pass, and the next minute begins anew."""
    world.set_limit(50_000)
    for minute in (0, 1):
        served = world.demand(minute)
        assert (served.requests, served.refused_requests, served.input_tokens) == (50, 50, 50_000)


def test_apps_share_a_minute_of_one_project_and_model(world: World) -> None:
    """A quota throttles the whole project: who comes second gets what is left."""
    world.set_limit(150_000)
    assert world.demand().refused_requests == 0
    assert world.demand().refused_requests == 50


def test_a_change_in_the_middle_of_a_step_counts_from_its_minute() -> None:
    """Of five minutes, two come before the change and three after it."""
    plane = _plane(effect_seconds=90)
    _lower(plane, c.GLOBAL_INPUT, FLASH, 0)
    demand = Demand(requests=500, input_tokens=500_000)
    served = plane.serve(
        project=PROJECT, location="global", model="gemini-2.5-flash", at=NOON, demand=demand, minutes=5
    )
    assert served.refused_requests == 300


def test_a_daily_limit_starts_anew_at_pacific_midnight() -> None:
    """What is used up at 07:59Z in November is whole again at 08:00Z."""
    plane = _plane(effect_seconds=0)
    _lower(plane, c.GLOBAL_INPUT_DAILY, FLASH, 100_000)
    midnight = datetime(2026, 11, 24, 8, tzinfo=UTC)
    demand = Demand(requests=100, input_tokens=100_000)
    refused = [
        plane.serve(
            project=PROJECT,
            location="global",
            model="gemini-2.5-flash",
            at=midnight + timedelta(minutes=minute),
            demand=demand,
        ).refused_requests
        for minute in (-2, -1, 0, 1)
    ]
    assert refused == [0, 100, 0, 100]


@pytest.mark.parametrize("location", ["us-central1", "us", "eu"])
def test_an_override_of_the_global_endpoint_binds_nowhere_else(world: World, location: str) -> None:
    """Regions and multi-regions do not pass through the global bucket."""
    world.set_limit(0)
    assert world.demand(location=location).refused_requests == 0
    assert world.demand(location="global").refused_requests == 100


def test_gemini_on_dynamic_shared_quota_accepts_an_override_that_binds_nothing(world: World) -> None:
    """It reads back perfectly, usage stands above it, and nothing is refused: only the proof can tell."""
    world.set_limit(10, dimensions={"base_model": "gemini-3.7-flash-ga"})
    assert (world.bucket(dimensions={"base_model": "gemini-3.7-flash-ga"}) or {})["effectiveLimit"] == "10"
    served = world.demand(model="gemini-3.7-flash")
    assert served.refused_requests == 0
    world.clock.forward(600)
    name = c.GLOBAL_INPUT.name
    extra = f' AND metric.labels.base_model = "gemini-3.7-flash-ga" AND metric.labels.limit_name = "{name}"'
    (usage,) = world.series(USAGE, extra=extra)["timeSeries"]
    (limit,) = world.series(USAGE.replace("usage", "limit"), extra=extra)["timeSeries"]
    assert usage["points"][0]["value"] == {"int64Value": "100000"}
    assert limit["points"][0]["value"] == {"int64Value": "10"}
    assert world.series(EXCEEDED) == {}


def test_a_regional_limit_of_claude_binds_in_its_region_alone(world: World) -> None:
    """Zero requests with force stop one region; without a region they stop all."""
    sonnet = "anthropic-claude-sonnet-4"
    world.set_limit(0, c.PREDICTIONS, {"base_model": sonnet, "region": "us-east5"})
    assert world.demand(location="us-east5", model="claude-sonnet-4@20250514").refused_requests == 100
    assert world.demand(location="europe-west1", model="claude-sonnet-4@20250514").refused_requests == 0
    world.set_limit(0, c.PREDICTIONS, {"base_model": sonnet})
    assert world.demand(location="europe-west1", model="claude-sonnet-4@20250514").refused_requests == 100


def test_an_override_without_a_model_leaves_named_buckets_alone(world: World) -> None:
    """The default bucket is for what has no bucket of its own."""
    world.set_limit(0, dimensions={})
    assert world.demand().refused_requests == 0


def test_cached_tokens_count_for_gemini_and_cache_reads_do_not_for_claude(world: World) -> None:
    """Google's models count and report all input; Anthropic's tell cache reads apart."""
    world.set_limit(100_000)
    cached = Demand(requests=100, input_tokens=10_000, cache_read_tokens=190_000)
    assert world.demand(demand=cached).requests == 50
    world.set_limit(100_000, c.PREDICTION_INPUT, {"base_model": "anthropic-claude-sonnet-4"})
    assert world.demand(location="us-east5", model="claude-sonnet-4", demand=cached).requests == 100


def test_the_developer_api_has_a_daily_limit_for_each_model(world: World) -> None:
    """Its quotas count requests a day under the dimension `model`."""
    world.set_limit(60, c.DEVELOPER_PAID_TIER_2, {"model": "gemini-2.5-flash"})
    step = Step(
        project=PROJECT,
        location="global",
        model="gemini-2.5-flash",
        at=world.clock.moment,
        demand=Demand(requests=100, input_tokens=5),
        service=c.DEVELOPER_API,
    )
    (served,) = world.plane.serve_many([step])
    assert served.refused_requests == 40


@given(
    requests=st.integers(0, 5_000),
    tokens=st.integers(0, 10**7),
    limit=st.integers(-1, 10**7),
    minutes=st.integers(1, 9),
)
@settings(max_examples=60, deadline=None)
def test_no_minute_ever_gets_more_than_its_limit(requests: int, tokens: int, limit: int, minutes: int) -> None:
    """Whatever is asked, admitted and refused add up to it, and tokens stay under the limit of their minutes."""
    plane = _plane(effect_seconds=0)
    _lower(plane, c.GLOBAL_INPUT, FLASH, limit)
    demand = Demand(requests=requests, input_tokens=tokens if requests else 0)
    served = plane.serve(
        project=PROJECT, location="global", model="gemini-2.5-flash", at=NOON, demand=demand, minutes=minutes
    )
    assert served.requests + served.refused_requests == requests
    assert limit == -1 or served.input_tokens <= limit * minutes
    if not served.refused_requests:
        assert served.input_tokens == demand.input_tokens


@pytest.mark.parametrize(
    "wrong",
    [
        {"project": "nobodys"},
        {"location": "moon"},
        {"model": "gpt"},
        {"minutes": 0},
        {"at": NOON.replace(second=1)},
    ],
)
def test_a_step_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """Unknown projects, places and models, and broken minutes, raise: no demand is dropped unseen."""
    step: dict[str, Any] = {"project": PROJECT, "location": "global", "model": "gemini-2.5-flash", "at": NOON} | wrong
    with pytest.raises((ValueError, KeyError)):
        _plane().serve(**step, demand=Demand(requests=1, input_tokens=1))


@pytest.mark.parametrize("wrong", [{"requests": -1, "input_tokens": 0}, {"requests": 0, "input_tokens": 5}])
def test_a_demand_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """Nothing is negative, and tokens come in requests."""
    with pytest.raises(ValueError, match=r"tokens come in requests|never negative"):
        Demand(**wrong)
