"""A Cloud Billing notification in our words, and everything that it may not be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from freio.adapters.google.budget_message import parse
from freio.errors import BadMessage
from freio.events import Message

AT = datetime(2026, 11, 23, 0, tzinfo=UTC)
ATTRIBUTES = {"billingAccountId": "01D4EE-079462-DFD6EC", "budgetId": "de72f49d", "schemaVersion": "1.0"}
DATA = {
    "budgetDisplayName": "acme-vertex-monthly",
    "costAmount": 96.42,
    "costIntervalStart": "2026-11-01T07:00:00Z",
    "budgetAmount": 100.0,
    "budgetAmountType": "SPECIFIED_AMOUNT",
    "currencyCode": "USD",
}


def message(data: object = None, **attributes: str) -> Message:
    raw = data if isinstance(data, bytes) else json.dumps(DATA if data is None else data).encode()
    return Message(id="1", published=AT, attributes={**ATTRIBUTES, **attributes}, data=raw)


def reason(wrong: Message) -> str:
    with pytest.raises(BadMessage) as caught:
        parse(wrong)
    return caught.value.reason


def test_thresholds_are_absent_until_crossed() -> None:
    """Amounts keep the digits that were written, and the publish time is Pub/Sub's."""
    status = parse(message())
    assert (status.actual, status.forecast) == (None, None)
    assert (status.cost.amount, status.budget.amount, status.cost.currency) == (
        Decimal("96.42"),
        Decimal("100.0"),
        "USD",
    )
    assert status.interval_start == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert status.published == AT


def test_both_thresholds_can_be_there_and_pass_one() -> None:
    """Ratios, not percents."""
    both = parse(message({**DATA, "alertThresholdExceeded": 0.9, "forecastThresholdExceeded": 1.5}))
    assert (both.actual, both.forecast) == (Decimal("0.9"), Decimal("1.5"))


def test_a_threshold_has_one_key_however_it_is_written() -> None:
    """0.9 and 0.90, 100 and 100.0: the same crossing."""
    keys = {
        parse(message({**DATA, "budgetAmount": amount})).crossing_key("actual", Decimal(ratio))
        for amount, ratio in ((100, "0.9"), (100.0, "0.90"))
    }
    assert len(keys) == 1


@pytest.mark.parametrize("cost", [0, 0.0])
def test_nothing_spent_is_an_amount(cost: float) -> None:
    """The first message of a month says zero."""
    assert parse(message({**DATA, "costAmount": cost})).cost.amount == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"costAmount": None}, "missing"),
        ({"budgetAmount": None}, "missing"),
        ({"currencyCode": None}, "missing"),
        ({"currencyCode": 5}, "missing"),
        ({"budgetDisplayName": 5}, "missing"),
        ({"costIntervalStart": None}, "missing"),
        ({"costAmount": -0.01}, "negative"),
        ({"budgetAmount": -1}, "negative"),
        ({"alertThresholdExceeded": 0}, "negative"),
        ({"forecastThresholdExceeded": -1}, "negative"),
        ({"costAmount": "much"}, "number"),
        ({"costAmount": True}, "number"),
        ({"costAmount": [1]}, "number"),
        ({"costAmount": {}}, "number"),
        ({"costIntervalStart": "yesterday"}, "time"),
        ({"costIntervalStart": "2026-11-01T07:00:00"}, "time"),
        ({"costIntervalStart": "0001-01-01T00:00:00+05:00"}, "time"),
        ({"costIntervalStart": "9999-12-31T23:59:59-05:00"}, "time"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], code: str) -> None:
    """Never a zero for a missing amount, nor a guess for a wrong one."""
    data = {k: v for k, v in {**DATA, **changes}.items() if v is not None}
    assert reason(message(data)) == code


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"null", b"[]", b'"x"', b"{", b'{"costAmount": NaN}', b"[" * 100_000]
)
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    """Whatever the bytes are, they are refused and not stumbled over."""
    assert reason(message(raw)) in {"json", "missing", "number"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999999999"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    """Python's JSON reads more than JSON's numbers."""
    raw = json.dumps({**DATA, "costAmount": 1.5}).replace("1.5", number).encode()
    assert reason(message(raw)) == "number"


@pytest.mark.parametrize(
    "data", [{**DATA, "budgetDisplayName": ""}, {k: v for k, v in DATA.items() if "Name" not in k}]
)
def test_a_budget_without_a_name_is_nobodys(data: dict[str, Any]) -> None:
    """Google asks for none, so its message is sound; no app's name is empty."""
    assert parse(message(data)).name == ""


def test_an_unknown_schema_version_is_refused() -> None:
    """Its amounts may mean something else."""
    assert reason(message(schemaVersion="2.0")) == "schema_version"
    assert reason(Message(id="1", published=AT, attributes={}, data=b"{}")) == "schema_version"


def test_a_message_without_its_budgets_id_is_refused() -> None:
    """Nothing could tell it from another's."""
    assert reason(message(budgetId="")) == "missing"
