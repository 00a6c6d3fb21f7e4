"""A click on its way from one function to the other."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.adapters.slack.wire import from_json, to_json
from freio.domain.click import Click, Verb
from freio.errors import BadMessage
from tests.unit.slack.examples import NOW

FULL = Click(
    id="c1",
    person="U1",
    verb=Verb.RAISE,
    at=NOW,
    channel="C1",
    incident="inc:7",
    revision=3,
    app="support-chat",
    ask="ask-9",
    amount=Decimal("1234.50"),
    until=NOW + timedelta(hours=6),
    why="até amanhã",
)
BARE = Click(id="c1", person="U1", verb=Verb.STATUS, at=NOW, channel="")


@pytest.mark.parametrize("click", [FULL, BARE])
def test_a_click_comes_back_as_it_was(click: Click) -> None:
    """Every field, and the amount to its last digit."""
    assert from_json(to_json(click)) == click
    assert str(from_json(to_json(FULL)).amount) == "1234.50"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"schema_version": True}, "schema_version"),
        ({"verb": "explode"}, "schema"),
        ({"at": "2026-11-23T15:00:00"}, "schema"),
        ({"at": 5}, "schema"),
        ({"revision": "3"}, "schema"),
        ({"revision": -1}, "schema"),
        ({"amount": 12.5}, "schema"),
        ({"amount": "NaN"}, "schema"),
        ({"amount": "-1"}, "schema"),
        ({"until": "soon"}, "schema"),
        ({"why": None}, "schema"),
        ({"id": ""}, "schema"),
        ({"extra": "x"}, "schema"),
    ],
)
def test_anything_else_is_refused(change: dict[str, Any], reason: str) -> None:
    """With a reason for the journal, and the field in the message."""
    told = json.loads(to_json(FULL)) | change
    with pytest.raises(BadMessage) as caught:
        from_json(json.dumps(told).encode())
    assert caught.value.reason == reason
    assert next(iter(change)) in str(caught.value)


@pytest.mark.parametrize("name", ["id", "person", "verb", "at"])
def test_a_missing_field_is_named(name: str) -> None:
    """What a click cannot do without."""
    told = json.loads(to_json(FULL))
    del told[name]
    with pytest.raises(BadMessage, match=name):
        from_json(json.dumps(told).encode())


@given(st.binary(max_size=60))
def test_bytes_that_are_no_click_are_refused(body: bytes) -> None:
    """Never anything but `BadMessage`."""
    with pytest.raises(BadMessage):
        from_json(body)
