"""Which key spends at a gateway, by its spend logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from freio.adapters.litellm.client import COUNTED_TO
from freio.adapters.litellm.gateway_calls import GatewayCalls
from freio.domain.callers import Measure, driving
from tests.contracts.levers import gateway as rigs
from tests.contracts.levers.gateway import World, app

TEAM = app(teams=("care",))


@pytest.fixture
def world() -> Iterator[World]:
    with rigs.world() as made:
        made.clock.sleep(8 * 86400)
        yield made


def a_week(world: World) -> None:
    """Both keys of the team ask for 1,000 tokens every day; now the second one for 20,000, in 20 requests."""
    now = world.clock.now()
    for day in range(7, 0, -1):
        for key in world.care_keys:
            world.proxy.call(key, "fast", now - timedelta(days=day, minutes=10), input_tokens=1_000)
    world.proxy.call(world.care_keys[0], "fast", now - timedelta(minutes=30), input_tokens=1_000)
    for minute in range(20):
        world.proxy.call(world.care_keys[1], "fast", now - timedelta(minutes=30 - minute), input_tokens=1_000)


def test_the_key_of_a_team_with_the_most_beyond_the_usual_is_told_by_its_alias(world: World) -> None:
    """In tokens, where the proxy knows no prices."""
    a_week(world)
    log = GatewayCalls(world.api)
    calls = log.calls(TEAM, world.clock.now())
    assert calls is not None
    assert calls.of is Measure.TOKENS
    found = driving(calls, Decimal(9))
    assert found == (world.care_keys[1], Decimal(1))
    assert str(log.named(TEAM, found[0])) == "gateway key care-2"


def test_the_proxy_s_own_spend_is_believed_before_tokens(world: World) -> None:
    """A key with few dear tokens drives a bill more than one with many cheap ones."""
    a_week(world)
    for row in world.proxy.logs.rows:
        row["spend"] = 5.0 if row["api_key"] == world.care_keys[0] and row["total_tokens"] else 0.001
    world.proxy.call(world.care_keys[0], "fast", world.clock.now() - timedelta(minutes=20), input_tokens=10)
    world.proxy.logs.rows[-1]["spend"] = 50.0
    calls = GatewayCalls(world.api).calls(TEAM, world.clock.now())
    assert calls is not None
    assert calls.of is Measure.SPEND
    found = driving(calls, Decimal(2))
    assert found is not None
    assert found[0] == world.care_keys[0]


def test_of_an_hour_with_too_many_requests_a_part_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same part of each day; and where that is too much as well, nobody is named."""
    a_week(world)
    log = GatewayCalls(world.api)
    counted = world.api.count
    monkeypatch.setattr(
        world.api,
        "count",
        lambda since, until, **where: (
            COUNTED_TO if until - since > timedelta(minutes=15) else counted(since, until, **where)
        ),
    )
    calls = log.calls(TEAM, world.clock.now())
    assert calls is not None
    assert calls.now.get(world.care_keys[0]) is None  # half an hour ago
    assert calls.now[world.care_keys[1]] == 5_000
    monkeypatch.setattr(world.api, "count", lambda *_, **__: COUNTED_TO)
    assert log.calls(TEAM, world.clock.now()) is None


def test_where_the_gateway_does_not_know_all_of_an_app_s_callers_none_is_named(world: World) -> None:
    """The one that is unknown may be the one."""
    a_week(world)
    assert GatewayCalls(world.api).calls(app(teams=("care", "gone")), world.clock.now()) is None
    assert GatewayCalls(world.api).calls(app(), world.clock.now()) is None
