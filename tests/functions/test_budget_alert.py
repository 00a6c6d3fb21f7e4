"""`budget_alert` under functions-framework: real CloudEvents in, one incident and one Slack message out."""

from __future__ import annotations

import json
from typing import Any

from freio.domain.budget import BudgetStatus
from freio.domain.journal import Kind
from tests.functions.wire import NOW, message, post
from tests.functions.world import ACCOUNT, PROJECT, World

ATTRIBUTES = {"billingAccountId": ACCOUNT, "budgetId": "de72f49d-779b-4945-a127-4d6ce8def0bb", "schemaVersion": "1.0"}


def budget(**changes: Any) -> bytes:
    """The documented data, with a crossed threshold."""
    data = {
        "budgetDisplayName": "acme-vertex-monthly",
        "costAmount": 3800.5,
        "costIntervalStart": "2026-11-01T07:00:00Z",
        "budgetAmount": 4000.0,
        "budgetAmountType": "SPECIFIED_AMOUNT",
        "currencyCode": "USD",
        "alertThresholdExceeded": 0.9,
    }
    return json.dumps({k: v for k, v in {**data, **changes}.items() if v is not None}).encode()


def test_a_crossing_that_comes_five_times_is_one_incident_and_one_message(town: World) -> None:
    """Binary or structured, by either spelling of the keys: the same crossing counts once."""
    inside = message(budget(), ATTRIBUTES, id="1")
    assert [town.push("budget_alert", budget(), ATTRIBUTES, id=str(n)) for n in (1, 1, 2)] == [200, 200, 200]
    structured = {
        "specversion": "1.0",
        "id": "3",
        "type": "google.cloud.pubsub.topic.v1.messagePublished",
        "source": "//pubsub.googleapis.com/projects/p/topics/t",
        "time": NOW.isoformat(),
        "datacontenttype": "application/json",
        "data": {"subscription": "s", "message": inside},
    }
    content_type = {"content-type": "application/cloudevents+json"}
    assert post(town.url("budget_alert"), json.dumps(structured).encode(), content_type)[0] == 200
    snake = {k: v for k, v in inside.items() if k not in {"messageId", "publishTime"}}
    assert town.post_event("budget_alert", {"message": snake}, event_id="4") == 200
    (incident,) = town.store.open_incidents()
    assert (incident.app, incident.signal_count) == ("chat", 1)
    (card,) = town.cards
    assert "chat" in json.dumps(card.blocks)
    assert [e.kind for e in town.store.entries(incident=incident.id)].count(Kind.SIGNAL) == 1


def test_a_status_without_a_threshold_alerts_nobody(town: World) -> None:
    """Most messages only say how things stand: the spend is kept, and nothing is said."""
    assert town.push("budget_alert", budget(alertThresholdExceeded=None), ATTRIBUTES) == 200
    assert not town.store.open_incidents()
    assert not town.cards
    status = town.store.get(BudgetStatus, "chat")
    assert status is not None
    assert [str(report.cost) for report in status.reports] == ["3800.50 USD"]


def test_what_nobody_can_use_fails_is_journalled_once_and_paged(town: World) -> None:
    """Base64 garbage, an unknown version, another currency and a negative amount are never swallowed."""
    body = {"message": {**message(b"x", ATTRIBUTES, id="g"), "data": "%%%"}}
    assert [town.post_event("budget_alert", body, event_id="g") for _ in range(2)] == [500, 500]
    bad = {
        "v": (budget(), {**ATTRIBUTES, "schemaVersion": "2.0"}),
        "c": (budget(currencyCode="EUR"), ATTRIBUTES),
        "n": (budget(costAmount=-1), ATTRIBUTES),
        "m": (budget(costAmount=None), ATTRIBUTES),
        "j": (b"not json", ATTRIBUTES),
    }
    for event_id, (data, attributes) in bad.items():
        assert town.push("budget_alert", data, attributes, id=event_id) == 500
    rejected = [e for e in town.store.entries() if e.kind is Kind.REJECTED]
    reasons = {e.data["message"]: e.data["reason"] for e in rejected}
    expected = {"g": "base64", "v": "schema_version", "c": "currency", "n": "negative", "m": "missing", "j": "json"}
    assert reasons == expected
    assert len(rejected) == len(town.pages) == 6
    assert not town.cards


def test_a_foreign_budget_is_journalled_and_acknowledged(town: World) -> None:
    """Another account's budget on the same topic is nobody's trouble, and can be found in the journal."""
    foreign = {**ATTRIBUTES, "billingAccountId": "000000-000000-000000"}
    assert [town.push("budget_alert", budget(), foreign, id=str(n)) for n in (1, 2)] == [200, 200]
    assert [e.what for e in town.store.entries()] == ["foreign budget"]
    assert not town.store.open_incidents()


def test_googles_own_anomaly_on_the_same_topic_is_one_incident_and_one_message(town: World) -> None:
    """In the documented form; what nobody knows is acknowledged too, kept whole and told once a day."""
    anomaly = {
        "name": f"projects/{PROJECT}/anomalies/77",
        "deviation": {"actualSpend": {"currencyCode": "USD", "units": "90"}},
        "rootCauses": [{"resource": f"projects/{PROJECT}", "causeType": "PROJECT"}],
    }
    for number in range(3):
        assert town.push("budget_alert", json.dumps(anomaly).encode(), {}, id=f"a{number}") == 200
    for data in (b"not json", b'{"what": "ever"}', b"[]"):
        assert town.push("budget_alert", data, {}, id=data.decode()) == 200
    (incident,) = town.store.open_incidents()
    assert [str(signal.kind) for signal in incident.signals] == ["native_anomaly"]
    assert len(town.cards) == 1
    assert len(town.pages) == 1
    assert [e.what for e in town.store.entries() if e.kind is Kind.MESSAGE] == [
        "native anomaly",
        *["unknown message"] * 3,
    ]
