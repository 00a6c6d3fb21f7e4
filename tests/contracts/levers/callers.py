"""What the rigs of `api_key` and `iam_deny` share: one caller of one project, on the control plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from freio.adapters.google.client import GoogleApis
from freio.domain.app import App, Match
from freio.domain.target import Target
from freio.ports import Place
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.credentials import Caller
from freio.sandbox.google.demand import Demand, Step
from freio.sandbox.google.faults import FailLate, HttpFault, LostReply
from freio.sandbox.google.faults import Fault as Order
from freio.sandbox.google.server import serve
from tests.contracts.levers.rig import Fault
from tests.fakes import FakeClock

PROJECT = "acme-chat"
PLACE = Place(project=PROJECT, location="global", model="gemini-2.5-flash")
ONLY_READS = ("probe", "read_back")
CANNOT = {
    Fault.FAILS_LATE: "probe and read_back start no operation",
    Fault.CHANGED_BETWEEN: "probe and read_back write nothing",
    Fault.BINDS_NOTHING: "only what was applied can bind nothing",
}
Faults = dict[tuple[str, Fault], Callable[[], None]]


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A control plane with one project, and the way to it."""

    clock: FakeClock
    plane: ControlPlane
    apis: GoogleApis

    def order(self, method: str, order: Order, times: int = 1) -> Callable[[], None]:
        return partial(self.plane.faults.inject, method, order, times=times)

    def carries(self, caller: Caller, _: Target, amount: int, minutes: int) -> None:
        """So many requests a minute; the clock goes along, and stands at the end of the last one."""
        for _minute in range(minutes):
            self.plane.serve(
                project=PROJECT,
                location=PLACE.location,
                model=PLACE.model,
                at=self.clock.at.replace(second=0, microsecond=0),
                demand=Demand(requests=amount, input_tokens=100 * amount),
                caller=caller,
            )
            self.clock.at += timedelta(minutes=1)

    def manages(self, caller: Caller, minutes: int) -> None:
        """A batch job is looked after, once a minute; the clock stays."""
        start = self.clock.at.replace(second=0, microsecond=0)
        for minute in range(minutes):
            step = Step(
                project=PROJECT,
                location=PLACE.location,
                model=PLACE.model,
                at=start + timedelta(minutes=minute),
                demand=Demand(requests=1, input_tokens=0),
                caller=caller,
            )
            self.plane.callers.manage(step, "google.cloud.aiplatform.v1.JobService.GetBatchPredictionJob")

    def usual_faults(self, read: str, apply: str, restore: str) -> Faults:
        """What any call over HTTP may meet; httplib2 sends a request again by itself when its reply is lost."""
        found: Faults = {}
        for call, method in {"probe": read, "read_back": read, "apply": apply, "restore": restore}.items():
            found |= {
                (call, Fault.LOST_REPLY): self.order(method, LostReply(), times=2),
                (call, Fault.TOO_MANY): self.order(method, HttpFault(status=429)),
                (call, Fault.TOO_MANY_WAIT): self.order(method, HttpFault(status=429, retry_after=30)),
            }
            if call not in ONLY_READS:
                found[call, Fault.FAILS_LATE] = self.order(method, FailLate())
        return found


@contextmanager
def stand() -> Iterator[Stand]:
    clock = FakeClock(datetime(2026, 11, 2, 12, tzinfo=UTC))
    plane = ControlPlane(now=clock.now, projects=[PROJECT, "acme-search"], sleep=clock.sleep)
    server = serve(plane)
    apis = GoogleApis(endpoint=server.url, timeout=10)
    yield Stand(clock=clock, plane=plane, apis=apis)
    apis.close()
    server.stop()


def app(*, keys: tuple[str, ...] = (), accounts: tuple[str, ...] = ()) -> App:
    match = Match(api_keys=frozenset(keys), service_accounts=frozenset(accounts))
    return App(name="support-chat", team="t", cost_centre="c", environment="e", owners=(), match=match)


def void(_: object) -> None:
    """An act whose result nobody wants."""
