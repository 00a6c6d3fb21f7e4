"""The quota lever on the sandbox's control plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.monitoring_meter import MonitoringMeter
from freio.adapters.google.quota_lever import QuotaLever
from freio.domain.app import App, Match
from freio.domain.lever import Setting
from freio.domain.target import Target
from freio.ports import Place
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.demand import Demand
from freio.sandbox.google.faults import FailLate, HttpFault, LostReply
from freio.sandbox.google.faults import Fault as Injected
from freio.sandbox.google.server import serve
from tests.contracts.levers.rig import Fault, Rig
from tests.fakes import FakeClock

PROJECT, SERVICE_USAGE = "acme-chat", "serviceusage.googleapis.com"
PLACE = Place(project=PROJECT, location="global", model="gemini-2.5-flash")
_METRICS = "serviceusage.services.consumerQuotaMetrics."
METHODS = {
    "probe": f"{_METRICS}list",
    "apply": f"{_METRICS}importConsumerOverrides",
    "read_back": f"{_METRICS}list",
    "restore": f"{_METRICS}limits.consumerOverrides.delete",
}
PERMISSIONS = dict.fromkeys(("probe", "read_back"), "serviceusage.quotas.get") | dict.fromkeys(
    ("apply", "restore"), "serviceusage.quotas.update"
)
THEIRS = 900_000


@contextmanager
def quota() -> Iterator[Rig]:
    clock = FakeClock(datetime(2026, 11, 2, 12, tzinfo=UTC))
    plane = ControlPlane(now=clock.now, projects=[PROJECT], sleep=clock.sleep)
    server = serve(plane)
    apis = GoogleApis(endpoint=server.url, timeout=10)
    try:
        yield Rig(
            name="quota",
            lever=QuotaLever(apis, sleep=clock.sleep),
            app=App(name="support-chat", team="t", cost_centre="c", environment="e", owners=(), match=Match()),
            place=PLACE,
            clock=clock,
            witness=MonitoringMeter(apis, now=clock.now),
            faults=_faults(plane),
            somebody_else_sets=lambda target: _somebody_else_sets(plane, target),
            cannot={
                Fault.CHANGED_BETWEEN: "Service Usage has no compare-and-set: between a look and a call the gap is open"
            },
            serves=lambda target, a_minute, minutes: _serve(plane, clock, a_minute, minutes),
        )
    finally:
        apis.close()
        server.stop()


def _faults(plane: ControlPlane) -> dict[tuple[str, Fault], Callable[[], None]]:
    def meets(call: str, fault: Injected, times: int = 1) -> Callable[[], None]:
        return lambda: plane.faults.inject(METHODS[call], fault, times=times)

    def denied(permission: str) -> Callable[[], None]:
        return lambda: plane.deny(PROJECT, permission)

    found: dict[tuple[str, Fault], Callable[[], None]] = {}
    for call in METHODS:
        found[call, Fault.TOO_MANY] = meets(call, HttpFault(status=429, reason="RATE_LIMIT_EXCEEDED"))
        found[call, Fault.TOO_MANY_WAIT] = meets(
            call, HttpFault(status=429, reason="RATE_LIMIT_EXCEEDED", retry_after=30)
        )
        found[call, Fault.NO_PERMISSION] = denied(PERMISSIONS[call])
        found[call, Fault.API_DISABLED] = lambda: plane.disable_api(PROJECT, SERVICE_USAGE)
    for call in ("apply", "restore"):  # httplib2 sends a request again by itself when its reply is lost
        found[call, Fault.LOST_REPLY] = meets(call, LostReply(), times=2)
        found[call, Fault.FAILS_LATE] = meets(call, FailLate())
    found["apply", Fault.BINDS_NOTHING] = lambda: plane.unbind(PROJECT, PLACE.model)
    unknown = HttpFault(status=404, reason="COMMON_QUOTA_LIMIT_NOT_FOUND")
    found["apply", Fault.UNKNOWN] = meets("apply", unknown)
    return found


def _somebody_else_sets(plane: ControlPlane, target: Target) -> Setting:
    plane.set_override_as_somebody_else(
        project=target.project,
        metric=target.metric,
        unit=target.unit,
        dimensions=dict(target.dimensions),
        value=THEIRS,
    )
    return THEIRS


def _serve(plane: ControlPlane, clock: FakeClock, a_minute: int, minutes: int) -> None:
    """Requests of a thousand tokens each; the clock goes with them, and on until all is reported."""
    clock.at = (clock.at + timedelta(seconds=59)).replace(second=0, microsecond=0)
    demand = Demand(requests=max(1, a_minute // 1000), input_tokens=a_minute, output_tokens=0)
    for _ in range(minutes):
        plane.serve(project=PROJECT, location=PLACE.location, model=PLACE.model, at=clock.now(), demand=demand)
        clock.at += timedelta(minutes=1)
    clock.at += timedelta(minutes=4)
