from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from freio.sandbox.google.demand import Demand
from freio.sandbox.google.metrics import INVOCATIONS, LARGEST_INT64, NET_USAGE, QUOTA_EXCEEDED, QUOTA_LIMIT, TOKEN_COUNT
from tests.unit.sandbox.google_world import PROJECT, World, refused, running

if TYPE_CHECKING:
    from collections.abc import Iterator

HOURLY: dict[str, Any] = {"aggregation_alignmentPeriod": "3600s", "aggregation_perSeriesAligner": "ALIGN_SUM"}
SUMMED: dict[str, Any] = HOURLY | {"aggregation_crossSeriesReducer": "REDUCE_SUM"}
VERTEX_QUOTA = "aiplatform.googleapis.com/quota/global_generate_content_input_tokens_per_minute_per_base_model"


@pytest.fixture
def world() -> Iterator[World]:
    with running() as made:
        yield made


@pytest.fixture
def day(world: World) -> World:
    """Four hours of two models up to noon, in steps of five minutes, and then ten minutes more of nothing."""
    for index in range(48):
        minute = 5 * index - 240
        demand = Demand(requests=10, input_tokens=1_000, output_tokens=100, cache_read_tokens=200)
        world.demand(minute, minutes=5, demand=demand)
        world.demand(minute, minutes=5, demand=demand, model="claude-sonnet-4@20250514", location="us-east5")
    world.clock.forward(600)
    return world


def _values(series: dict[str, Any]) -> list[int]:
    return [int(point["value"]["int64Value"]) for point in series["points"]]


def _labels(reply: dict[str, Any], label: str) -> set[str]:
    return {one["metric"]["labels"][label] for one in reply["timeSeries"]}


def test_tokens_are_reported_by_type_and_by_publisher(day: World) -> None:
    """Google's models report input and output, caches included; Anthropic's tell cache reads apart."""
    google = day.series(TOKEN_COUNT, extra=' AND resource.labels.publisher = "google"')
    anthropic = day.series(TOKEN_COUNT, extra=' AND resource.labels.publisher = "anthropic"')
    assert _labels(google, "type") == {"input", "output"}
    assert _labels(anthropic, "type") == {"input", "output", "cache_read_input"}
    by_type = {one["metric"]["labels"]["type"]: sum(_values(one)) for one in google["timeSeries"]}
    assert by_type == {"input": 48 * 1_200, "output": 48 * 100}
    first = anthropic["timeSeries"][0]
    assert (first["metricKind"], first["valueType"], first["resource"]["type"]) == (
        "DELTA",
        "INT64",
        "aiplatform.googleapis.com/PublisherModel",
    )
    assert first["metric"]["labels"].items() >= {"request_type": "shared", "shared_request_type": "standard"}.items()
    assert (
        first["resource"]["labels"].items()
        >= {
            "project_id": PROJECT,
            "location": "us-east5",
            "model_user_id": "claude-sonnet-4",
            "model_version_id": "20250514",
        }.items()
    )


def test_the_newest_point_comes_first(day: World) -> None:
    """Points stand in reverse order of time, and a DELTA's interval has a width."""
    points = day.series(TOKEN_COUNT)["timeSeries"][0]["points"]
    ends = [point["interval"]["endTime"] for point in points]
    assert ends == sorted(ends, reverse=True)
    assert points[0]["interval"] == {"startTime": "2026-11-23T11:55:00Z", "endTime": "2026-11-23T12:00:00Z"}


def test_hours_add_up_by_model_and_type(day: World) -> None:
    """Aligned to hours and summed, every token is counted once, and only grouped labels are left."""
    day.clock.forward(3_000)
    reply = day.series(
        TOKEN_COUNT,
        aggregation_groupByFields=["resource.labels.model_user_id", "metric.labels.type"],
        **SUMMED,
    )
    assert len(reply["timeSeries"]) == 5
    for one in reply["timeSeries"]:
        assert one["metric"]["labels"].keys() == {"type"}
        assert one["resource"]["labels"].keys() == {"project_id", "model_user_id"}
        assert len(one["points"]) == 4
    inputs = [one for one in reply["timeSeries"] if one["metric"]["labels"]["type"] == "input"]
    assert sorted(set(map(tuple, map(_values, inputs)))) == [(12_000,) * 4, (14_400,) * 4]


@pytest.mark.parametrize(
    ("aligner", "expected"),
    [
        ("ALIGN_DELTA", {"int64Value": "14400"}),
        ("ALIGN_SUM", {"int64Value": "14400"}),
        ("ALIGN_RATE", {"doubleValue": 4.0}),
        ("ALIGN_MAX", {"int64Value": "1200"}),
        ("ALIGN_MEAN", {"doubleValue": 1_200.0}),
        ("ALIGN_COUNT", {"int64Value": "12"}),
    ],
)
def test_an_aligner_gives_one_value_for_each_period(day: World, aligner: str, expected: dict[str, Any]) -> None:
    """One hour of twelve points, each aligner in its own type."""
    day.clock.forward(3_000)
    extra = ' AND metric.labels.type = "input" AND resource.labels.publisher = "google"'
    (one,) = day.series(TOKEN_COUNT, extra=extra, **HOURLY | {"aggregation_perSeriesAligner": aligner})["timeSeries"]
    assert {repr(point["value"]) for point in one["points"]} == {repr(expected)}


def test_a_reducer_takes_the_largest_of_the_series(day: World) -> None:
    """REDUCE_MAX over both models, without any group, leaves one series."""
    day.clock.forward(3_000)
    more = SUMMED | {"aggregation_crossSeriesReducer": "REDUCE_MAX"}
    (one,) = day.series(TOKEN_COUNT, extra=' AND metric.labels.type = "input"', **more)["timeSeries"]
    assert _values(one) == [14_400] * 4
    assert "labels" not in one["metric"]


@pytest.mark.parametrize(
    ("extra", "types"),
    [
        (' AND metric.label.type = "output"', {"output"}),
        (' AND NOT metric.labels.type = "output"', {"input", "cache_read_input"}),
        (' AND metric.labels.type != "output"', {"input", "cache_read_input"}),
        (' AND (metric.labels.type = "input" OR metric.labels.type = "output")', {"input", "output"}),
        (' AND metric.labels.type = "input" OR metric.labels.type = "output"', {"input", "output"}),
        (' AND metric.labels.type = starts_with("cache_")', {"cache_read_input"}),
        (' AND resource.type = "aiplatform.googleapis.com/PublisherModel"', {"input", "output", "cache_read_input"}),
        (' AND resource.labels.nothing = ""', {"input", "output", "cache_read_input"}),
    ],
)
def test_filters_pick_series(day: World, extra: str, types: set[str]) -> None:
    """Equality, prefixes, AND, OR, NOT and parentheses; OR binds tighter than AND."""
    assert _labels(day.series(TOKEN_COUNT, extra=extra), "type") == types


@pytest.mark.parametrize(
    "extra",
    [
        ' AND metric.labels.type : "in"',
        ' AND metric.labels.type = has_substring("in")',
        ' AND group.id = "x"',
        " AND metric.labels.type = input",
        " AND",
        ' AND (metric.labels.type = "input"',
        ' metric.labels.type = "input"',
        " OR resource.type = $",
    ],
)
def test_a_filter_beyond_the_language_is_refused_with_its_place(day: World, extra: str) -> None:
    """Nothing that is not understood is passed over."""
    with refused(400, status="INVALID_ARGUMENT") as error:
        day.series(TOKEN_COUNT, extra=extra)
    assert error["details"][0]["fieldViolations"][0]["field"] == "filter"


def test_a_filter_must_name_one_metric_and_one_that_exists(day: World) -> None:
    """A metric nobody has is not found; more than one, or none, is invalid; a silent one is just empty."""
    with refused(404, status="NOT_FOUND"):
        day.series("aiplatform.googleapis.com/publisher/online_serving/tokens")
    with refused(400):
        day.series(TOKEN_COUNT, extra=f' OR metric.type = "{INVOCATIONS}"')
    listing = day.monitoring_api.projects().timeSeries()
    end = day.clock.moment.isoformat()
    with refused(400):
        listing.list(name=f"projects/{PROJECT}", filter='resource.type = "x"', interval_endTime=end).execute()
    assert day.series(QUOTA_EXCEEDED) == {}


def test_points_arrive_three_minutes_late(world: World) -> None:
    """What ended less than three minutes ago is not there yet."""
    world.demand(-2)
    assert world.series(TOKEN_COUNT) == {}
    world.clock.forward(119)
    assert world.series(TOKEN_COUNT) == {}
    world.clock.forward(1)
    assert len(world.series(TOKEN_COUNT)["timeSeries"]) == 1


def test_points_leave_after_six_weeks(world: World) -> None:
    """Retention is 42 days."""
    world.demand(-1)
    world.clock.forward(timedelta(days=41).total_seconds())
    assert world.series(TOKEN_COUNT, hours=24 * 60)["timeSeries"]
    world.clock.forward(timedelta(days=1, minutes=1).total_seconds())
    assert world.series(TOKEN_COUNT, hours=24 * 60) == {}


def test_an_interval_leaves_out_its_start_and_holds_its_end(day: World) -> None:
    """(start, end]: a point that ends at the start belongs to the interval before."""
    reply = (
        day.monitoring_api.projects()
        .timeSeries()
        .list(
            name=f"projects/{PROJECT}",
            filter=f'metric.type = "{INVOCATIONS}" AND resource.labels.publisher = "google"',
            interval_startTime="2026-11-23T11:50:00Z",
            interval_endTime="2026-11-23T12:00:00Z",
        )
        .execute()
    )
    ends = [point["interval"]["endTime"] for point in reply["timeSeries"][0]["points"]]
    assert ends == ["2026-11-23T12:00:00Z", "2026-11-23T11:55:00Z"]


def test_a_page_can_end_within_a_series(day: World) -> None:
    """A page is a number of points: one series goes on over pages, and no point is lost or doubled."""
    whole = {
        repr(one["metric"]) + repr(one["resource"]): one["points"] for one in day.series(TOKEN_COUNT)["timeSeries"]
    }
    seen: dict[str, list[Any]] = {}
    more: dict[str, Any] = {}
    pages = 0
    while more.get("pageToken") != "":
        reply = day.series(TOKEN_COUNT, pageSize=20, **more)
        for one in reply["timeSeries"]:
            seen.setdefault(repr(one["metric"]) + repr(one["resource"]), []).extend(one["points"])
        more = {"pageToken": reply.get("nextPageToken", "")}
        pages += 1
    assert seen == whole
    assert pages == 12


def test_headers_have_no_points(day: World) -> None:
    """view=HEADERS tells which series there are."""
    reply = day.series(TOKEN_COUNT, view="HEADERS", pageSize=3)
    assert len(reply["timeSeries"]) == 3
    assert all("points" not in one for one in reply["timeSeries"])
    assert reply["nextPageToken"]


@pytest.mark.parametrize(
    ("more", "http"),
    [
        ({"aggregation_crossSeriesReducer": "REDUCE_SUM"}, 400),
        ({"aggregation_perSeriesAligner": "ALIGN_SUM"}, 400),
        ({"aggregation_perSeriesAligner": "ALIGN_SUM", "aggregation_alignmentPeriod": "30s"}, 400),
        ({"orderBy": "time"}, 400),
        (SUMMED | {"aggregation_groupByFields": ["user"]}, 400),
        (HOURLY | {"aggregation_perSeriesAligner": "ALIGN_COUNT_TRUE"}, 400),
        (HOURLY | {"aggregation_perSeriesAligner": "ALIGN_STDDEV"}, 501),
        (SUMMED | {"aggregation_crossSeriesReducer": "REDUCE_STDDEV"}, 501),
        ({"secondaryAggregation_alignmentPeriod": "60s"}, 501),
    ],
)
def test_an_aggregation_that_makes_no_sense_or_is_not_simulated_is_refused(
    day: World, more: dict[str, Any], http: int
) -> None:
    """Invalid is 400, real but not simulated is 501."""
    with refused(http):
        day.series(TOKEN_COUNT, **more)


def test_an_interval_must_end_after_it_begins(day: World) -> None:
    """Without an end, or the wrong way round, it is invalid."""
    with refused(400):
        day.series(TOKEN_COUNT, hours=-1)
    with refused(400):
        name = f"projects/{PROJECT}"
        day.monitoring_api.projects().timeSeries().list(name=name, filter=f'metric.type = "{TOKEN_COUNT}"').execute()


def test_a_throttled_minute_is_seen_in_every_quota_series(world: World) -> None:
    """Usage is pinned at the limit, exceeded counts the refused, and invocations show the 429s."""
    world.set_limit(50_000)
    world.demand()
    world.clock.forward(300)
    assert _values(world.series(f"{VERTEX_QUOTA}/usage")["timeSeries"][0]) == [50_000]
    of_input = ' AND metric.labels.limit_name = starts_with("global_generate_content_input")'
    limits = world.series(f"{VERTEX_QUOTA}/limit", extra=of_input)["timeSeries"]
    assert {_values(one)[0] for one in limits} == {50_000, LARGEST_INT64}
    (exceeded,) = world.series(f"{VERTEX_QUOTA}/exceeded")["timeSeries"]
    assert (exceeded["metricKind"], _values(exceeded)) == ("DELTA", [50])
    assert exceeded["resource"]["type"] == "aiplatform.googleapis.com/Location"
    assert exceeded["metric"]["labels"]["base_model"] == "gemini-2.5-flash-ga"
    (flag,) = world.series(QUOTA_EXCEEDED)["timeSeries"]
    assert (flag["metricKind"], flag["valueType"]) == ("GAUGE", "BOOL")
    assert flag["points"][0]["value"] == {"boolValue": True}
    assert flag["resource"]["type"] == "consumer_quota"
    codes = {one["metric"]["labels"]["response_code"]: _values(one) for one in world.series(INVOCATIONS)["timeSeries"]}
    assert codes == {"200": [50], "429": [50]}
    assert world.series(NET_USAGE)["timeSeries"]
    assert world.series(QUOTA_LIMIT)["timeSeries"]


def test_a_flag_is_counted_not_summed(world: World) -> None:
    """ALIGN_COUNT_TRUE counts the minutes in which a quota was exceeded; ALIGN_SUM of a flag is invalid."""
    world.set_limit(0)
    for minute in (0, 1, 2):
        world.demand(minute)
    world.clock.forward(600)
    counted = HOURLY | {"aggregation_perSeriesAligner": "ALIGN_COUNT_TRUE"}
    (one,) = world.series(QUOTA_EXCEEDED, **counted)["timeSeries"]
    assert _values(one) == [3]
    with refused(400):
        world.series(QUOTA_EXCEEDED, **HOURLY)


def test_a_gauge_has_no_delta(day: World) -> None:
    """ALIGN_DELTA and ALIGN_RATE are for what adds up."""
    for aligner in ("ALIGN_DELTA", "ALIGN_RATE"):
        with refused(400):
            day.series(QUOTA_LIMIT, **HOURLY | {"aggregation_perSeriesAligner": aligner})


def test_a_zero_value_is_written_in_a_point(world: World) -> None:
    """A typed value is one of several kinds, so unlike a plain field its zero is not omitted."""
    world.set_limit(0)
    world.demand()
    world.clock.forward(600)
    assert world.series(f"{VERTEX_QUOTA}/usage")["timeSeries"][0]["points"][0]["value"] == {"int64Value": "0"}


def test_monitoring_can_be_denied_too(world: World) -> None:
    """The permission to read series is checked by project."""
    world.plane.deny(PROJECT, "monitoring.timeSeries.list")
    with refused(403, "IAM_PERMISSION_DENIED"):
        world.series(TOKEN_COUNT)
