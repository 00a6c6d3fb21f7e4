"""The whole way: spend runs away, people are asked in Slack, a click brakes in the control plane, and is read back."""

from __future__ import annotations

import json
from datetime import timedelta

from freio.domain.incident import State
from freio.domain.target import Brake, Hold
from tests.functions.wire import NOW
from tests.functions.world import CHANNEL, OPS, World

USUAL, RUNAWAY = 60_000, 6_000_000  # input tokens a minute


def wired(town: World) -> None:
    """Slack's interactions to the inbox, the queue's clicks to the enforcer."""
    town.start("spend_watch", "slack_inbox", "enforcer")
    town.slack.interactions_url = town.slack.commands_url = town.url("slack_inbox")
    town.queue.subscribe("freio-clicks", town.url("enforcer"))


def runs_away(town: World) -> None:
    """Two weeks on the bill and three days in telemetry, as usual; and then an hour of a hundred times as much."""
    town.bill(NOW - timedelta(days=14), NOW - timedelta(hours=1), USUAL * 60)
    town.serve(NOW - timedelta(days=3), NOW - timedelta(hours=1), USUAL)
    town.serve(NOW - timedelta(hours=1), NOW, RUNAWAY)


def test_a_click_brakes_and_the_brake_is_read_back(town: World) -> None:
    """One message with a chart and buttons; the click sets the limit once, and traffic above it is refused."""
    wired(town)
    runs_away(town)
    town.pass_time(minutes=5)
    town.serve(NOW, town.now, RUNAWAY)
    assert [town.push("spend_watch", id=str(n)) for n in (1, 2)] == [200, 200], town.log("spend_watch")
    (incident,) = town.store.open_incidents()
    assert (incident.app, incident.state) == ("chat", State.PROPOSED)
    assert incident.proposal is not None
    (step,) = incident.proposal.steps
    assert (step.model, step.location) == ("gemini-2.5-flash", "global")
    assert 1_000 <= step.value <= USUAL * 1.2 < step.current
    (card,) = town.cards
    assert '"type": "image"' in json.dumps(card.blocks)

    ack = town.slack.click(OPS, CHANNEL, card.ts, "keep_more")
    assert ack.ok, ack
    assert len(town.slack.open_views(OPS)) == 1  # the one call that the inbox makes

    ack = town.slack.click(OPS, CHANNEL, card.ts, "throttle", duplicates=2)
    assert ack.ok, ack
    assert town.queue.drain(30)
    for minute in range(2):  # what the click did not finish, the sweep does
        town.pass_time(minutes=1)
        assert town.push("enforcer", attributes={"tick": "sweep"}, id=f"sweep-{minute}") == 200, town.log("enforcer")
    brake = town.store.get(Brake, step.target.id)
    assert brake is not None
    assert (brake.hold, brake.standing) == (Hold.HELD, step.value)
    braked = town.store.open_incident("chat")
    assert braked is not None
    assert braked.state is State.THROTTLED
    written = [one for one in town.google.log if one.method_id.endswith("importConsumerOverrides")]
    assert len(written) == 1
    town.pass_time(minutes=2)
    assert town.serve(town.now, town.now + timedelta(minutes=5), RUNAWAY) <= step.value * 5
    assert len(town.cards) == 1


def test_a_tick_that_cannot_look_fails_and_tells(town: World) -> None:
    """Without permission to read telemetry the tick is no success, and nothing is called quiet."""
    town.bill(NOW - timedelta(days=2), NOW, USUAL * 60)
    town.google.deny("acme-chat-prod", "monitoring.timeSeries.list")
    assert town.push("spend_watch") == 500
    assert "acme-chat-prod" in town.log("spend_watch")


def test_a_sweep_with_nothing_due_changes_nothing(town: World) -> None:
    """The tick of every minute, and garbage instead of a click, which is journalled and fails."""
    assert town.push("enforcer", attributes={"tick": "sweep"}) == 200
    assert not town.store.entries()
    assert town.push("enforcer", b"{}", id="garbage") == 500
    assert [e.data["reason"] for e in town.store.entries() if e.kind == "rejected"] == ["schema_version"]
