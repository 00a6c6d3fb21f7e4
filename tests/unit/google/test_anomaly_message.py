"""Google's own anomalies, in the one documented shape and in any other: what can be recognised is, nothing raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.adapters.codec import encode
from freio.adapters.google.anomaly_message import KEPT, is_budget, read
from freio.domain.anomaly import AnomalyMessage
from freio.domain.journal import Entry, Kind
from freio.domain.money import Money
from freio.events import Message

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def money(units: str, nanos: int = 0) -> dict[str, Any]:
    return {"currencyCode": "USD", "units": units, "nanos": nanos}


DEVIATION = {
    "actualSpend": money("812", 400_000_000),
    "expectedSpend": money("95"),
    "deviationAmount": money("717", 400_000_000),
    "deviationPercentage": 755.15,
}
# The resource `Anomaly` of Cloud Billing v1beta, with every field that its documentation names.
RESOURCE = {
    "name": "billingAccounts/01D4EE-079462-DFD6EC/anomalies/3f0e-77",
    "resourceDisplayName": "acme chat",
    "scope": "PROJECT",
    "severity": "HIGH",
    "detectionTime": "2026-11-23T08:00:00Z",
    "updateTime": "2026-11-23T09:10:11.5Z",
    "deviation": DEVIATION,
    "rootCauses": [
        {
            "causeType": "PROJECT",
            "displayName": "acme chat",
            "resource": "projects/acme-chat",
            "deviation": {"actualSpend": money("1")},
            "subCauses": [{"causeType": "SERVICE", "displayName": "Vertex AI", "resource": "services/C7E2-9256-1C43"}],
        }
    ],
}


def message(data: object, **attributes: str) -> Message:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Message(id="1", published=NOW, data=raw, attributes=attributes)


def one(data: object, **attributes: str) -> AnomalyMessage:
    (found,) = read(message(data, **attributes))
    return found


def test_the_documented_resource_is_understood_whole() -> None:
    """Its amounts are its own, and not those of its causes."""
    found = one(RESOURCE)
    assert found.key == RESOURCE["name"]
    assert (found.account, found.projects[0]) == ("01D4EE-079462-DFD6EC", "acme-chat")
    assert (found.actual, found.expected, found.excess) == (usd("812.4"), usd("95"), usd("717.4"))
    assert (found.services, found.severity, found.is_severe) == (("Vertex AI",), "HIGH", True)
    assert found.detected == datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "project"),
    [
        ({"name": "projects/482910/anomalies/7"}, "482910"),
        ({"anomaly": {"project_id": "acme-chat"}}, "acme-chat"),
        ({"projectNumber": 482910}, "482910"),
        ({"resource": "//cloudresourcemanager.googleapis.com/projects/acme-chat"}, "acme-chat"),
        ({"link": "https://console.cloud.google.com/billing/x/anomalies?project=acme-chat"}, "acme-chat"),
        ([{"deep": [[{"er": [{"project": "acme-chat"}]}]]}], "acme-chat"),
    ],
)
def test_a_project_is_found_wherever_it_stands(data: object, project: str) -> None:
    """By id or number, in a resource name, under a key, or in a link."""
    assert one(data).projects[0] == project


@pytest.mark.parametrize(
    ("data", "actual", "expected"),
    [
        ({"currency": "USD", "actual_cost": 12.5, "expected_cost": "3"}, usd("12.5"), usd("3")),
        ({"cost": {"amount": "9.5", "currency": "USD"}, "baseline": {"value": 3}}, usd("9.5"), usd("3")),
        ({"expectedSpend": money("3"), "deviationAmount": money("9")}, usd("12"), usd("3")),
        ({"observedSpend": money("12"), "costImpact": money("9")}, usd("12"), usd("3")),
        ({"actualCost": 12.5, "expectedCost": 3}, None, None),
        ({"currency": "USD", "actualCost": "NaN", "expectedCost": True}, None, None),
        ({"currency": "USD", "costPercentage": 85.5, "alertThreshold": 5}, None, None),
    ],
)  # fmt: skip
def test_amounts_are_taken_with_their_currency_or_not_at_all(
    data: object, actual: Money | None, expected: Money | None
) -> None:
    """A number without a currency is no money, and a percentage is no amount."""
    found = one(data)
    assert (found.actual, found.expected) == (actual, expected)


def test_the_same_anomaly_has_one_key_and_other_content_another_digest() -> None:
    """It is delivered again with a later update time, or with other amounts."""
    later = {**RESOURCE, "updateTime": "2026-11-23T10:00:00Z"}
    assert one(RESOURCE).key == one(later).key
    assert one(RESOURCE).digest != one(later).digest
    nameless = {"projectId": "acme-chat", "cost": 1}
    assert one(nameless).key == one(dict(reversed(nameless.items()))).key


def test_several_anomalies_in_one_message_are_taken_apart() -> None:
    """As the resource's own list has them."""
    found = read(message({"anomalies": [RESOURCE, {"name": "projects/acme-lab/anomalies/2"}]}))
    assert [anomaly.projects[0] for anomaly in found] == ["acme-chat", "acme-lab"]


@pytest.mark.parametrize(
    "data", [b"", b"not json", b"\xff\xfe", b"[]", b"null", b"7", b'"hello"', b"{}", b"[" * 100_000]
)
def test_what_says_nothing_is_an_unknown_shape(data: bytes) -> None:
    """It is kept as text, cut to a length."""
    found = one(data)
    assert not found.is_known
    assert len(found.text) <= KEPT


def test_attributes_speak_too() -> None:
    """The budget's messages name the billing account there."""
    assert one({}, billingAccountId="01D4EE-079462-DFD6EC").account == "01D4EE-079462-DFD6EC"


def test_a_budgets_message_is_told_from_an_anomaly() -> None:
    """By its attribute, or by its keys where somebody forwards it without."""
    assert is_budget(message(b"x", budgetId="b"))
    assert is_budget(message({"budgetDisplayName": "chat", "costAmount": 1}))
    assert not is_budget(message(RESOURCE, billingAccountId="01D4EE-079462-DFD6EC", schemaVersion="1.0"))
    assert not is_budget(message(b"\xff"))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "1e999999", "USD"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["project", "name", "cost", "expectedSpend", "currency", "units", "nanos", "service", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(JSON)
def test_no_shape_raises_and_every_one_can_be_journalled(data: object) -> None:
    """Whatever Google sends."""
    for found in read(message(data)):
        entry = Entry(id="x", at=NOW, kind=Kind.MESSAGE, data={"raw": found.text, "severity": found.severity})
        assert encode(entry)
