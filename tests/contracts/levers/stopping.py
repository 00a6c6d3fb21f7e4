"""The world of the levers that stop calls: a control plane with one app's project, and traffic that runs through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from freio.adapters.google.client import GoogleApis
from freio.domain.app import App, Match
from freio.domain.target import Target
from freio.ports import Place
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.demand import Demand
from freio.sandbox.google.faults import Fault, HttpFault
from freio.sandbox.google.server import serve
from tests.fakes import FakeClock

PROJECT = "acme-chat"
OWN_PROJECT = "acme-freio"
MODEL = "gemini-2.5-pro"
APP = App(
    name="support-chat",
    team="t",
    cost_centre="c",
    environment="e",
    owners=(),
    match=Match(projects=frozenset({PROJECT})),
)
PLACE = Place(project=PROJECT, location="global", model=MODEL)
LAG = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True)
class World:
    plane: ControlPlane
    apis: GoogleApis
    clock: FakeClock

    def serves(self, target: Target, per_minute: int, minutes: int, model: str = MODEL) -> None:
        """Lets the traffic run from the next whole minute on, and waits until it is reported."""
        self.clock.at = whole_minute(self.clock.now())
        for _ in range(minutes):
            demand = Demand(requests=per_minute, input_tokens=per_minute * 1000)
            self.plane.serve(project=target.project, location="global", model=model, at=self.clock.now(), demand=demand)
            self.clock.sleep(60)
        self.clock.sleep(LAG.total_seconds())

    def meets(self, method: str, fault: Fault, times: int = 1) -> Callable[[], None]:
        return lambda: self.plane.faults.inject(method, fault, times=times)

    def lacks(self, permission: str) -> Callable[[], None]:
        return lambda: self.plane.deny(PROJECT, permission)

    def without(self, host: str) -> Callable[[], None]:
        return lambda: self.plane.disable_api(PROJECT, host)

    def asked(self, method: str) -> list[object]:
        return [one for one in self.plane.log if one.method_id == method]


def whole_minute(moment: datetime) -> datetime:
    """The moment, or the next whole minute."""
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(minutes=1)


def too_many(retry_after: int | None = None) -> HttpFault:
    return HttpFault(status=429, reason="RATE_LIMIT_EXCEEDED", retry_after=retry_after)


@contextmanager
def world() -> Iterator[World]:
    clock = FakeClock(datetime(2026, 11, 2, 12, tzinfo=UTC))
    plane = ControlPlane(now=clock.now, projects=[PROJECT, "acme-search", OWN_PROJECT], sleep=clock.sleep)
    server = serve(plane)
    apis = GoogleApis(endpoint=server.url, timeout=10)
    try:
        yield World(plane=plane, apis=apis, clock=clock)
    finally:
        apis.close()
        server.stop()
