from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING

import pytest
from googleapiclient.errors import HttpError

from freio.sandbox.google.demand import Demand
from freio.sandbox.google.faults import FailLate, HttpFault, LostReply, Slow
from tests.unit.sandbox.google_world import CREATE, IMPORT, LIST, PROJECT, World, override, refused, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def world() -> Iterator[World]:
    with running() as made:
        yield made


@pytest.mark.parametrize(
    ("http_status", "status"),
    [(404, "NOT_FOUND"), (409, "ALREADY_EXISTS"), (429, "RESOURCE_EXHAUSTED"), (500, "INTERNAL"), (503, "UNAVAILABLE")],
)
def test_an_injected_status_is_met_once_and_changes_nothing(world: World, http_status: int, status: str) -> None:
    """The call fails as ordered, nothing happens, and the next call goes through."""
    world.plane.faults.inject(IMPORT, HttpFault(status=http_status, reason="ON_ORDER"))
    with refused(http_status, "ON_ORDER", status):
        world.start_import(override(5))
    world.clock.forward(60)
    assert "consumerOverride" not in (world.bucket() or {})
    world.start_import(override(5))
    assert world.plane.faults.waiting == 0


def test_a_retry_after_is_sent(world: World) -> None:
    """A 429 tells how many seconds to wait."""
    world.plane.faults.inject(LIST, HttpFault(status=429, retry_after=17))
    with pytest.raises(HttpError) as caught:
        world.list_metrics()
    assert caught.value.resp["retry-after"] == "17"


def test_a_fault_can_last_for_several_calls(world: World) -> None:
    """Two faults of one order, then a good reply; other methods never meet them."""
    world.plane.faults.inject(LIST, HttpFault(status=500), times=2)
    world.start_import(override(5))
    for _ in range(2):
        with refused(500):
            world.list_metrics()
    world.list_metrics()


def test_a_slow_call_takes_longer_and_succeeds() -> None:
    """The seconds are spent before the answer, outside of the lock."""
    slept: list[float] = []
    with running(sleep=slept.append) as world:
        world.plane.faults.inject(LIST, Slow(seconds=30))
        assert world.list_metrics()["metrics"]
    assert slept == [30]


def test_a_slow_call_does_not_hold_up_the_others() -> None:
    """While one call drags, another is answered."""
    dragging, go_on = threading.Event(), threading.Event()

    def sleep(_: float) -> None:
        dragging.set()
        assert go_on.wait(10)

    with running(sleep=sleep) as world:
        world.plane.faults.inject(LIST, Slow(seconds=30))
        path = f"/v1beta1/projects/{PROJECT}/services/aiplatform.googleapis.com/consumerQuotaMetrics"
        slow = threading.Thread(target=world.plane.handle, args=("GET", path))
        slow.start()
        assert dragging.wait(10)
        assert world.list_metrics()["metrics"]
        go_on.set()
        slow.join()


def test_a_lost_reply_has_happened_all_the_same(world: World) -> None:
    """The connection breaks, and the override is there."""
    world.plane.faults.inject(IMPORT, LostReply(), times=2)
    with pytest.raises(http.client.RemoteDisconnected):
        world.start_import(override(5))
    world.clock.forward(60)
    assert (world.bucket() or {})["effectiveLimit"] == "5"
    assert [one.lost for one in world.plane.log if one.method_id == IMPORT] == [True, True]


def test_one_lost_reply_of_a_create_comes_back_as_a_conflict_with_itself(world: World) -> None:
    """httplib2 sends a request again when its connection breaks, even a POST: the second meets the first's override."""
    name = world.limit_name()
    world.plane.faults.inject(CREATE, LostReply())
    with refused(409, "COMMON_QUOTA_CONSUMER_OVERRIDE_ALREADY_EXISTS"):
        world.overrides.create(parent=name, force=True, body=override(5)).execute()


def test_an_operation_can_fail_late_and_change_nothing(world: World) -> None:
    """It is accepted, runs its time, and ends in an error."""
    world.plane.faults.inject(IMPORT, FailLate(status="ABORTED", message="Somebody was faster"))
    started = world.start_import(override(5))
    assert started.keys() == {"name"}
    world.clock.forward(60)
    ended = world.operation(started["name"])
    assert ended["done"]
    assert ended["error"] == {"code": 10, "message": "Somebody was faster"}
    assert "response" not in ended
    assert "consumerOverride" not in (world.bucket() or {})


def test_a_fault_for_a_method_that_does_not_exist_is_refused(world: World) -> None:
    """A typing error in a test would otherwise test nothing."""
    with pytest.raises(ValueError, match="importOverrides"):
        world.plane.faults.inject("serviceusage.importOverrides", LostReply())


def test_a_bad_request_does_not_use_up_a_fault(world: World) -> None:
    """Requests are checked first, so that a fault never hides one that is wrong."""
    world.plane.faults.inject(IMPORT, HttpFault(status=500))
    path = (
        f"/v1beta1/projects/{PROJECT}/services/aiplatform.googleapis.com/consumerQuotaMetrics:importConsumerOverrides"
    )
    assert world.plane.handle("POST", path, body=b'{"colour": 1}').status == 400
    assert world.plane.faults.waiting == 1


def test_many_threads_never_admit_more_than_the_limit(world: World) -> None:
    """Traffic and requests from several threads keep the count of a minute exact."""
    world.set_limit(50_000)
    admitted: list[int] = []

    def work() -> None:
        for _ in range(20):
            admitted.append(world.demand(demand=Demand(requests=1, input_tokens=1_000)).requests)
            world.plane.handle(
                "GET", f"/v1beta1/projects/{PROJECT}/services/aiplatform.googleapis.com/consumerQuotaMetrics"
            )

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted) == 50
