"""One question to a model: answered, refused by a brake, or an error like any other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import google.auth
import pytest
from google.auth.credentials import AnonymousCredentials

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.monitoring_meter import MonitoringMeter
from freio.adapters.google.quota_lever import QuotaLever
from freio.adapters.google.vertex_model import VertexModel
from freio.domain.app import App, Match
from freio.errors import Rejected, Unavailable
from freio.ports import Place
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.discovery import SIMULATED_APIS
from freio.sandbox.google.faults import HttpFault
from freio.sandbox.google.prediction_api import API, GENERATE
from freio.sandbox.google.server import serve
from tests.fakes import FakeClock

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLACE = Place(project="acme-drill", location="global", model="gemini-2.5-flash")
APP = App(name="d", team="", cost_centre="", environment="", owners=(), match=Match())


class Vertex:
    """A control plane that answers questions."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.plane = ControlPlane(
            now=self.clock.now,
            projects=[PLACE.project],
            operation_seconds=0,
            effect_seconds=0,
            apis=(*SIMULATED_APIS, API),
        )
        self.server = serve(self.plane)
        self.apis = GoogleApis(endpoint=self.server.url)
        self.model = VertexModel(self.apis)


@pytest.fixture(scope="module")
def shared() -> Iterator[Vertex]:
    """One for all: its document has three megabytes."""
    made = Vertex()
    yield made
    made.server.stop()


@pytest.fixture
def vertex(shared: Vertex) -> Vertex:
    shared.clock.at += timedelta(hours=2)
    return shared


def test_without_a_brake_it_is_answered_and_costs_a_few_tokens(vertex: Vertex) -> None:
    """So few that a drill which nothing refused does not count as real traffic."""
    assert vertex.model.ask(PLACE) is True
    at = vertex.clock.at
    vertex.clock.at += timedelta(minutes=10)
    (seen,) = MonitoringMeter(vertex.apis, now=vertex.clock.now).tokens(
        [PLACE.project], at - timedelta(minutes=5), at + timedelta(minutes=5), 5
    )
    assert 0 < seen.input + seen.output <= 5


def test_a_limit_refuses_it_and_the_service_reports_that(vertex: Vertex) -> None:
    """Which is the ground of the proof."""
    lever = QuotaLever(vertex.apis)
    (probe,) = lever.probe(APP, [PLACE])
    lever.apply(probe.target, 0)
    vertex.clock.at += timedelta(minutes=1)
    at = vertex.clock.at
    assert vertex.model.ask(PLACE) is False
    vertex.clock.at += timedelta(minutes=10)
    windows = MonitoringMeter(vertex.apis, now=vertex.clock.now).windows(probe.target, at, vertex.clock.at, 5)
    assert sum(window.exceeded for window in windows) == 1
    lever.restore(probe.target, None)
    vertex.clock.at += timedelta(minutes=1)
    assert vertex.model.ask(PLACE) is True


def test_what_is_no_brake_is_an_error(vertex: Vertex) -> None:
    """A permission that is missing, an overloaded service, another 400: none of them proves anything."""
    vertex.plane.deny(PLACE.project, "aiplatform.endpoints.predict")
    with pytest.raises(Rejected, match=r"aiplatform\.endpoints\.predict"):
        vertex.model.ask(PLACE)
    vertex.plane.allow(PLACE.project, "aiplatform.endpoints.predict")
    vertex.plane.faults.inject(GENERATE, HttpFault(status=503))
    with pytest.raises(Unavailable):
        vertex.model.ask(PLACE)
    vertex.plane.faults.inject(GENERATE, HttpFault(status=400))
    with pytest.raises(Rejected):
        vertex.model.ask(PLACE)


@pytest.mark.parametrize(
    ("location", "address"),
    [("global", "https://aiplatform.googleapis.com"), ("us-central1", "https://us-central1-aiplatform.googleapis.com")],
)
def test_each_region_has_an_address_of_its_own(location: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question about a region is asked there."""
    monkeypatch.setattr(google.auth, "default", lambda **_: (AnonymousCredentials(), "p"))  # type: ignore[no-untyped-call]
    apis = GoogleApis()
    request = (
        apis.vertex(location)
        .projects()
        .locations()
        .publishers()
        .models()
        .generateContent(model=f"projects/p/locations/{location}/publishers/google/models/m", body={})
    )
    apis.close()
    assert request.uri.startswith(f"{address}/v1/projects/p/locations/{location}/")
