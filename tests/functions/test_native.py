"""What Google itself does about cost, under functions-framework: its caps in the watch, on the sandbox's Google."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

from freio.domain.anomaly import ProjectNumbers
from freio.domain.spend_cap import VERTEX_BILLED
from freio.sandbox.google.budgets_api import CapBudget
from tests.functions.wire import NOW
from tests.functions.world import ACCOUNT, PROJECT, World


def test_what_google_has_paused_is_told_and_freio_goes_on(town: World) -> None:
    """A used-up cap is one incident that says so; the sweep and the next watch work as ever."""
    town.serve(NOW - timedelta(days=1), NOW, 1_000)
    town.bill(NOW - timedelta(days=1), NOW - timedelta(hours=2), 60_000)
    cap = CapBudget(
        account=ACCOUNT,
        budget_id="b-1",
        display_name="vertex-cap",
        project=PROJECT,
        service=VERTEX_BILLED,
        amount=Decimal(300),
        currency="USD",
        state="ENFORCED",
    )
    town.google.put_spend_cap(cap)
    assert town.push("spend_watch", id="w1") == 200
    assert town.push("enforcer", attributes={"tick": "sweep"}, id="s1") == 200
    (incident,) = town.store.open_incidents()
    assert [str(signal.kind) for signal in incident.signals] == ["spend_cap"]
    (card,) = town.cards
    assert "Google's spend cap vertex-cap" in json.dumps(card.blocks, ensure_ascii=False)
    assert town.serve(NOW, NOW + timedelta(minutes=5), 1_000) == 0
    town.pass_time(minutes=5)
    assert town.push("spend_watch", id="w2") == 200
    assert len(town.store.open_incidents()) == 1


def test_a_cap_that_may_not_be_read_fails_no_watch(town: World) -> None:
    """Freio's account lacks the permission on the billing account: the tick is sound, and a person is paged."""
    town.google.deny_billing(ACCOUNT, "billing.budgets.list")
    town.serve(NOW - timedelta(hours=3), NOW, 1_000)
    assert town.push("spend_watch", id="w1") == 200
    assert any("spend caps" in json.dumps(page) for page in town.pages)


def test_the_watch_learns_the_numbers_of_the_clients_projects(town: World) -> None:
    """An anomaly that names only a number finds its app."""
    town.serve(NOW - timedelta(hours=3), NOW, 1_000)
    assert town.push("spend_watch", id="w1") == 200
    numbers = town.store.get(ProjectNumbers, "project-numbers")
    assert numbers is not None
    ((number, project),) = numbers.known
    assert project == PROJECT
    anomaly = {"name": f"projects/{number}/anomalies/5", "severity": "LOW"}
    assert town.push("budget_alert", json.dumps(anomaly).encode(), {}, id="a1") == 200
    assert [incident.app for incident in town.store.open_incidents()] == ["chat"]
