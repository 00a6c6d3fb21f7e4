"""Records as text: nothing is lost on the way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freio.adapters.codec import decode, decode_entry, due_of, encode, kind_of, microseconds, open_app_of
from freio.domain.app import Level
from freio.domain.incident import Incident, State
from freio.domain.journal import Entry
from freio.domain.money import Money
from freio.domain.notice import Card
from freio.domain.signal import Signal, SignalKind
from freio.errors import Rejected
from tests.contracts.state import NOW, card, incident, notice
from tests.records import record_types
from tests.unit.local.arbitrary import any_of


@pytest.mark.parametrize("kind", record_types(), ids=kind_of)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_record_comes_back_as_it_was(kind: type[Any], data: st.DataObject) -> None:
    """Every field of every record, to the last digit: the text of what was read is the text that was written."""
    record = data.draw(any_of(kind))
    text = encode(record)
    read = decode(kind, record.version, text)
    assert read == record
    assert encode(read) == text


@settings(max_examples=40, deadline=None)
@given(entry=any_of(Entry))
def test_any_entry_comes_back_as_it_was(entry: Entry) -> None:
    """The journal too."""
    assert decode_entry(encode(entry)) == entry


@pytest.mark.parametrize(
    "amount", ["0.1", "0.10", "1E+3", "0E-9", "-0.00", "12345678901234567890.123456789012345678901"]
)
def test_money_keeps_every_digit_and_its_exponent(amount: str) -> None:
    """Beyond what a float holds, and with the zeros that say how exact it is."""
    written = incident("i", rate=Money(Decimal(amount), "BRL"))
    read = decode(Incident, 0, encode(written))
    assert read.rate.amount.as_tuple() == Decimal(amount).as_tuple()


def test_an_infinite_score_comes_back_infinite() -> None:
    """A detector whose usual is nothing scores without end: that must not read as no score."""
    signal = Signal(
        key="k",
        app="chat",
        kind=SignalKind.SPIKE,
        level=Level.CRITICAL,
        at=NOW,
        observed=Money.zero("BRL"),
        usual=Money.zero("BRL"),
        window_minutes=60,
        score=float("inf"),
    )
    written = incident("i", signals=(signal,))
    assert decode(Incident, 0, encode(written)) == written


def test_the_version_is_the_stores_not_the_texts() -> None:
    """A text of any age is read with the version that the store counted."""
    assert decode(Card, 9, encode(card("c", version=3))).version == 9


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "c"}', '{"id":"c","channel":"C","ts":"1","due_at":"soon"}'])
def test_a_text_that_is_no_record_is_rejected_with_its_kind(text: str) -> None:
    """A damaged store is for a person to see to; trying again does not help."""
    with pytest.raises(Rejected, match="holds a Card that cannot be read"):
        decode(Card, 1, text)


def test_a_naive_instant_is_refused_wherever_it_stands() -> None:
    """Also deep inside, and with the way to it."""
    written = incident("i", trail=((State.OPEN, NOW), (State.PROPOSED, NOW.replace(tzinfo=None))))
    with pytest.raises(ValueError, match=r"Incident\.trail\[1\]\[1\] has no time zone"):
        encode(written)


def test_instants_sort_to_the_microsecond() -> None:
    """As numbers, in a store that has no instants."""
    assert microseconds(NOW + timedelta(microseconds=1)) == microseconds(NOW) + 1
    assert microseconds(NOW) == int(NOW.timestamp()) * 1_000_000


def test_what_is_searched_for_follows_the_record() -> None:
    """A dead notice is never due; only an open incident holds its app's place."""
    assert due_of(notice("n")) == microseconds(NOW)
    assert due_of(notice("n", dead=True)) is None
    assert due_of(card("c")) is None
    assert open_app_of(incident("i", app="chat")) == "chat"
    assert open_app_of(incident("i", app="chat", state=State.RESOLVED)) is None
    assert open_app_of(card("c")) is None


def test_every_kind_of_record_has_a_name_of_its_own() -> None:
    """Two kinds under one name would read each other's text."""
    assert len({kind_of(kind) for kind in record_types()}) == len(record_types())
