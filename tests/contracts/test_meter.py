"""What every meter promises: the fake, and Cloud Monitoring's adapter against the sandbox's control plane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.monitoring_meter import MonitoringMeter
from freio.domain.spend import Requests, Tokens
from freio.domain.target import Target
from freio.errors import Rejected, Unavailable
from freio.ports import Meter, Witness
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.demand import Demand
from freio.sandbox.google.faults import HttpFault
from freio.sandbox.google.server import serve
from tests.fakes import FakeClock, FakeMeter

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LIST = "monitoring.projects.timeSeries.list"
VERTEX = "aiplatform.googleapis.com"
FLASH = Target(
    "quota",
    "acme-chat",
    VERTEX,
    f"{VERTEX}/global_generate_content_input_tokens_per_minute_per_base_model",
    "1/min/{project}/{base_model}",
    (("base_model", "gemini-2.5-flash-ga"),),
)
CLAUDE = Target(
    "quota",
    "acme-chat",
    VERTEX,
    f"{VERTEX}/online_prediction_requests_per_base_model",
    "1/min/{project}/{region}/{base_model}",
    (("base_model", "anthropic-claude-sonnet-4-5"), ("region", "us-east5")),
)


class Telemetry(Meter, Witness, Protocol):
    """The quota's service reports both what it served and what a limit refused."""


class World(Protocol):
    """A meter, its clock, and traffic for it to see."""

    clock: FakeClock

    @property
    def meter(self) -> Telemetry: ...
    def minute(self, at: datetime, *, requests: int, refused: int = 0, project: str = "acme-chat") -> None:
        """One minute of Gemini at the global endpoint: 1,000 tokens in and 100 out for each request let through."""
        ...

    def breaks(self) -> None: ...


@dataclass
class FakeWorld:
    clock: FakeClock
    meter: FakeMeter

    def minute(self, at: datetime, *, requests: int, refused: int = 0, project: str = "acme-chat") -> None:
        passed = requests - refused
        self.meter.write(
            Tokens(
                start=at,
                minutes=1,
                project=project,
                location="global",
                model="gemini-2.5-flash",
                input=passed * 1_000,
                output=passed * 100,
            )
        )
        self.meter.write_requests(
            Requests(start=at, minutes=1, project=project, model="gemini-2.5-flash", total=passed)
        )
        self.meter.write_usage(replace(FLASH, project=project), at, passed * 1_000, refused)

    def breaks(self) -> None:
        self.meter.fails = Unavailable("503")


@dataclass
class GoogleWorld:
    clock: FakeClock
    plane: ControlPlane
    meter: MonitoringMeter

    def minute(self, at: datetime, *, requests: int, refused: int = 0, project: str = "acme-chat") -> None:
        if refused:
            self.limit(at, (requests - refused) * 1_000, project)
        demand = Demand(requests=requests, input_tokens=requests * 1_000, output_tokens=requests * 100)
        served = self.plane.serve(project=project, location="global", model="gemini-2.5-flash", at=at, demand=demand)
        assert served.refused_requests == refused

    def limit(self, at: datetime, tokens_per_minute: int, project: str) -> None:
        """An override that traffic feels from `at` on."""
        now, self.clock.at = self.clock.at, at - timedelta(minutes=2)
        self.plane.set_override_as_somebody_else(
            project=project,
            metric=FLASH.metric,
            unit=FLASH.unit,
            dimensions=dict(FLASH.dimensions),
            value=tokens_per_minute,
        )
        self.clock.at = now

    def breaks(self) -> None:
        self.plane.faults.inject(LIST, HttpFault(status=503))


@pytest.fixture
def google() -> Iterator[GoogleWorld]:
    clock = FakeClock(NOON)
    plane = ControlPlane(now=clock.now, projects=["acme-chat", "acme-search"])
    server = serve(plane)
    apis = GoogleApis(endpoint=server.url, timeout=10)
    yield GoogleWorld(clock, plane, MonitoringMeter(apis, now=clock.now))
    apis.close()
    server.stop()


@pytest.fixture(params=["fake", "google"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        clock = FakeClock(NOON)
        return FakeWorld(clock, FakeMeter(clock))
    found: World = request.getfixturevalue("google")
    return found


def _at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def test_tokens_are_summed_over_each_step(world: World) -> None:
    """Ten minutes in steps of five are two sums, oldest first, each with its start."""
    for minute in range(10):
        world.minute(_at(minute), requests=minute + 1)
    world.clock.at = _at(20)
    first, second = world.meter.tokens(["acme-chat"], _at(0), _at(10), 5)
    assert (first.start, first.minutes, first.input, first.output) == (_at(0), 5, 15_000, 1_500)
    assert (second.start, second.input, second.output) == (_at(5), 40_000, 4_000)
    assert (first.project, first.location, first.model) == ("acme-chat", "global", "gemini-2.5-flash")


def test_requests_that_were_answered_are_summed_over_each_step(world: World) -> None:
    """Oldest first, each with its start; what a limit refused is none of them, and minutes that have not come neither.

    Two of every ten are refused; at the fourteenth minute the eleventh has come.
    """
    for minute in range(15):
        world.minute(_at(minute), requests=10, refused=2)
    world.clock.at = _at(14)
    first, second, third = world.meter.requests(["acme-chat"], _at(0), _at(15), 5)
    assert (first.start, first.minutes, first.project, first.model) == (_at(0), 5, "acme-chat", "gemini-2.5-flash")
    assert [(one.start, one.total) for one in (first, second)] == [(_at(0), 40), (_at(5), 40)]
    assert (third.start, third.total) == (_at(10), 8)
    assert world.meter.requests(["acme-search"], _at(0), _at(15), 5) == []


def test_a_step_without_traffic_is_absent(world: World) -> None:
    """Nothing is invented for minutes in which nothing was counted."""
    world.minute(_at(0), requests=1)
    world.clock.at = _at(60)
    assert [one.start for one in world.meter.tokens(["acme-chat"], _at(0), _at(30), 5)] == [_at(0)]


def test_several_projects_are_kept_apart(world: World) -> None:
    """Each record names its project; a project not asked for is not there."""
    world.minute(_at(0), requests=1)
    world.minute(_at(0), requests=2, project="acme-search")
    world.clock.at = _at(20)
    both = world.meter.tokens(["acme-search", "acme-chat"], _at(0), _at(5), 5)
    assert [(one.project, one.input) for one in both] == [("acme-chat", 1_000), ("acme-search", 2_000)]
    assert len(world.meter.tokens(["acme-chat"], _at(0), _at(5), 5)) == 1


def test_telemetry_is_three_minutes_late(world: World) -> None:
    """The newest minutes are not there yet, and come by themselves."""
    world.minute(_at(0), requests=1)
    world.minute(_at(1), requests=1)
    world.clock.at = _at(4)
    assert [one.input for one in world.meter.tokens(["acme-chat"], _at(0), _at(2), 1)] == [1_000]
    world.clock.at = _at(5)
    assert [one.input for one in world.meter.tokens(["acme-chat"], _at(0), _at(2), 1)] == [1_000, 1_000]


def test_windows_show_usage_a_minute_and_refusals(world: World) -> None:
    """Five minutes at 8 of 10 requests let through: 8,000 tokens a minute, ten refusals."""
    for minute in range(5):
        world.minute(_at(minute), requests=10, refused=2)
    world.clock.at = _at(20)
    [window] = world.meter.windows(FLASH, _at(0), _at(5), 5)
    assert (window.start, window.usage, window.exceeded) == (_at(0), 8_000, 10)


def test_a_window_without_traffic_has_no_usage(world: World) -> None:
    """A quiet window is a window: the proof must see that nothing came."""
    world.minute(_at(0), requests=10)
    world.clock.at = _at(60)
    windows = world.meter.windows(FLASH, _at(0), _at(15), 5)
    assert [(one.start, one.usage, one.exceeded) for one in windows] == [
        (_at(0), 2_000, 0),
        (_at(5), 0, 0),
        (_at(10), 0, 0),
    ]


def test_windows_that_are_not_reported_yet_are_left_out(world: World) -> None:
    """A window that ends less than three minutes ago would look quieter than it was."""
    for minute in range(10):
        world.minute(_at(minute), requests=10)
    world.clock.at = _at(10) + timedelta(minutes=2)
    assert [one.start for one in world.meter.windows(FLASH, _at(0), _at(12), 5)] == [_at(0)]
    world.clock.at = _at(13)
    assert [one.start for one in world.meter.windows(FLASH, _at(0), _at(12), 5)] == [_at(0), _at(5)]
    assert world.meter.windows(FLASH, _at(12), _at(13), 5) == []


def test_a_meter_that_cannot_read_raises(world: World) -> None:
    """No data is never no traffic."""
    world.breaks()
    with pytest.raises(Unavailable):
        world.meter.tokens(["acme-chat"], _at(-10), _at(-5), 5)
    world.breaks()
    with pytest.raises(Unavailable):
        world.meter.requests(["acme-chat"], _at(-10), _at(-5), 5)
    world.breaks()
    with pytest.raises(Unavailable):
        world.meter.windows(FLASH, _at(-10), _at(-5), 5)


# What only the real meter can show


def test_a_project_that_cannot_be_read_fails_the_whole_reading(google: GoogleWorld) -> None:
    """The other project's tokens alone would be half the truth."""
    google.plane.deny("acme-search", "monitoring.timeSeries.list")
    with pytest.raises(Rejected, match="acme-search"):
        google.meter.tokens(["acme-chat", "acme-search"], _at(-10), _at(0), 5)


def test_versions_of_a_model_are_one_model(google: GoogleWorld) -> None:
    """`claude-sonnet-4-5@20250929` and `claude-sonnet-4-5` are billed as one."""
    for name in ("claude-sonnet-4-5", "claude-sonnet-4-5@20250929"):
        demand = Demand(requests=1, input_tokens=100, output_tokens=10)
        google.plane.serve(project="acme-chat", location="us-east5", model=name, at=NOON, demand=demand)
    google.clock.at = _at(20)
    [tokens] = google.meter.tokens(["acme-chat"], _at(0), _at(5), 5)
    assert (tokens.model, tokens.input, tokens.output) == ("claude-sonnet-4-5", 200, 20)


def test_what_caches_gave_and_took_is_told_apart(google: GoogleWorld) -> None:
    """Anthropic's models report it, each kind with a price of its own; Google's count it as input."""
    demand = Demand(
        requests=1,
        input_tokens=100,
        output_tokens=10,
        cache_read_tokens=1_000,
        cache_write_tokens=50,
        cache_write_1h_tokens=7,
    )
    for model, location in (("claude-sonnet-4-5", "us-east5"), ("gemini-2.5-flash", "global")):
        google.plane.serve(project="acme-chat", location=location, model=model, at=NOON, demand=demand)
    google.clock.at = _at(20)
    gemini, claude = google.meter.tokens(["acme-chat"], _at(0), _at(5), 5)
    assert (claude.input, claude.output) == (100, 10)
    assert claude.others == {"cache_read_input": 1_000, "cache_write_input": 50, "cache_write_1h_input": 7}
    assert (gemini.input, dict(gemini.others)) == (1_157, {})


def test_the_way_of_asking_is_told_apart(google: GoogleWorld) -> None:
    """Standard, priority, flex and provisioned throughput are billed differently, so each is a record of its own."""
    for tokens, tier in enumerate(("standard", "priority", "flex", "dedicated"), start=1):
        demand = Demand(requests=1, input_tokens=tokens, tier=tier)
        google.plane.serve(project="acme-chat", location="global", model="gemini-2.5-flash", at=NOON, demand=demand)
    google.clock.at = _at(20)
    found = google.meter.tokens(["acme-chat"], _at(0), _at(5), 5)
    assert {one.request_type: one.input for one in found} == {"standard": 1, "priority": 2, "flex": 3, "dedicated": 4}
    assert [one.is_dedicated for one in found] == [True, False, False, False]


def test_requests_of_provisioned_throughput_and_of_versions_are_told_as_tokens_are(google: GoogleWorld) -> None:
    """What is dedicated costs nothing more; versions of a model are one, wherever they are called."""
    for name, location, tier in (
        ("claude-sonnet-4-5", "us-east5", "standard"),
        ("claude-sonnet-4-5@20250929", "europe-west1", "flex"),
        ("claude-sonnet-4-5", "us-east5", "dedicated"),
    ):
        demand = Demand(requests=3, input_tokens=300, tier=tier)
        google.plane.serve(project="acme-chat", location=location, model=name, at=NOON, demand=demand)
    google.clock.at = _at(20)
    dedicated, shared = google.meter.requests(["acme-chat"], _at(0), _at(5), 5)
    assert (dedicated.total, dedicated.is_dedicated) == (3, True)
    assert (shared.model, shared.total, shared.is_dedicated) == ("claude-sonnet-4-5", 6, False)
    assert [one.method_id for one in google.plane.log] == [LIST]


def test_a_project_costs_one_list_however_many_models_it_has(google: GoogleWorld) -> None:
    """A tick over fifty apps must stay cheap: nothing is asked model by model, nor kind by kind."""
    for model in ("gemini-2.5-flash", "gemini-2.5-pro", "gemini-3.7-flash"):
        for tier in ("standard", "flex"):
            demand = Demand(requests=1, input_tokens=10, output_tokens=1, tier=tier)
            google.plane.serve(project="acme-chat", location="global", model=model, at=NOON, demand=demand)
    google.clock.at = _at(20)
    assert len(google.meter.tokens(["acme-chat"], _at(0), _at(5), 5)) == 6
    assert [one.method_id for one in google.plane.log] == [LIST]


def test_a_metric_that_was_never_written_is_no_traffic(google: GoogleWorld) -> None:
    """Monitoring knows no metric before its first point: 404 of the metric, and not of the project."""
    google.plane.faults.inject(LIST, HttpFault(status=404))
    assert google.meter.tokens(["acme-chat"], _at(0), _at(5), 5) == []


def test_a_quota_of_requests_is_measured_in_requests(google: GoogleWorld) -> None:
    """Claude's quota counts requests, so usage is requests a minute, of its own region alone."""
    for location in ("us-east5", "europe-west1"):
        demand = Demand(requests=600, input_tokens=60_000)
        google.plane.serve(
            project="acme-chat", location=location, model="claude-sonnet-4-5", at=NOON, demand=demand, minutes=5
        )
    google.clock.at = _at(20)
    assert [one.usage for one in google.meter.windows(CLAUDE, _at(0), _at(5), 5)] == [120]


@pytest.mark.parametrize(("target", "usage"), [(FLASH, 2_000), (CLAUDE, 2)])
def test_without_quota_series_usage_comes_from_what_was_let_through(
    google: GoogleWorld, monkeypatch: pytest.MonkeyPatch, target: Target, usage: int
) -> None:
    """A project may have no usage series of its quota: then tokens or answered invocations are the usage."""
    google.minute(NOON, requests=10)
    demand = Demand(requests=10, input_tokens=500)
    google.plane.serve(project="acme-chat", location="us-east5", model="claude-sonnet-4-5", at=NOON, demand=demand)
    google.clock.at = _at(20)
    monkeypatch.setattr("freio.adapters.google.monitoring_meter.MonitoringMeter._quota_series", lambda *_: [])
    assert [one.usage for one in google.meter.windows(target, _at(0), _at(5), 5)] == [usage]


def test_refusals_of_a_daily_limit_are_not_this_limits(google: GoogleWorld) -> None:
    """The limits a minute and a day share one metric; a brake a minute is not proved by a full day."""
    google.clock.at = NOON - timedelta(minutes=5)
    google.plane.set_override_as_somebody_else(
        project="acme-chat",
        metric=FLASH.metric,
        unit="1/d/{project}/{base_model}",
        dimensions=dict(FLASH.dimensions),
        value=4_000,
    )
    demand = Demand(requests=10, input_tokens=10_000)
    google.plane.serve(project="acme-chat", location="global", model="gemini-2.5-flash", at=NOON, demand=demand)
    google.clock.at = _at(20)
    [window] = google.meter.windows(FLASH, _at(0), _at(5), 5)
    assert (window.usage, window.exceeded) == (800, 0)


def test_all_pages_are_read(google: GoogleWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is a number of points, so a series can go on over pages."""
    monkeypatch.setattr("freio.adapters.google.time_series.PAGE", 3)
    for minute in range(10):
        google.minute(_at(minute), requests=1)
    google.clock.at = _at(20)
    assert len(google.meter.tokens(["acme-chat"], _at(0), _at(10), 1)) == 10
    assert sum(one.method_id == LIST for one in google.plane.log) > 3


def test_a_quota_that_nobody_knows_is_rejected(google: GoogleWorld) -> None:
    """A target of another kind has no series to prove anything by."""
    with pytest.raises(Rejected, match="no series"):
        google.meter.windows(replace(FLASH, metric="run.googleapis.com/cpu"), _at(-10), _at(-5), 5)
