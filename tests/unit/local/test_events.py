"""A message between Pub/Sub's envelope and our words."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.http import CloudEvent, from_http
from hypothesis import given
from hypothesis import strategies as st

from freio.errors import BadMessage
from freio.events import TYPE, Message, from_cloudevent, to_push

# The form of google.events.cloud.pubsub.v1.MessagePublishedData, with values of our own.
STRUCTURED: dict[str, Any] = {
    "specversion": "1.0",
    "type": TYPE,
    "source": "//pubsub.googleapis.com/projects/acme-finops/topics/budget",
    "id": "9911",
    "time": "2026-11-23T12:00:01.5Z",
    "datacontenttype": "application/json",
    "data": {
        "subscription": "projects/acme-finops/subscriptions/eventarc-budget",
        "message": {
            "attributes": {"budgetId": "b-1"},
            "data": base64.b64encode(b'{"costAmount": 1}').decode(),
            "messageId": "9911",
            "publishTime": "2026-11-23T12:00:00.109Z",
            "orderingKey": "left alone",
        },
    },
}
NAMES = {"topic": "projects/p/topics/t", "subscription": "projects/p/subscriptions/s"}


def event(message: Any, **attributes: Any) -> dict[str, Any]:
    return {**STRUCTURED, "data": {"message": message}, **attributes}


def test_a_structured_event_is_read() -> None:
    """Attributes, decoded data, id and the instant of publishing; what is not ours is left."""
    assert from_cloudevent(STRUCTURED) == Message(
        id="9911",
        published=datetime(2026, 11, 23, 12, 0, 0, 109000, tzinfo=UTC),
        attributes={"budgetId": "b-1"},
        data=b'{"costAmount": 1}',
    )


def test_the_event_that_functions_framework_hands_over_is_read() -> None:
    """It is no dict: the attributes stand beside the data."""
    attributes = {key: value for key, value in STRUCTURED.items() if key != "data"}
    assert from_cloudevent(CloudEvent(attributes, STRUCTURED["data"])) == from_cloudevent(STRUCTURED)


@pytest.mark.parametrize("as_read", [bytes, str], ids=["bytes", "text"])
def test_data_that_arrived_unread_is_read(as_read: type) -> None:
    """A body whose content type is not said to be JSON is handed over as it came."""
    body = json.dumps(STRUCTURED["data"])
    data = body.encode() if as_read is bytes else body
    assert from_cloudevent({**STRUCTURED, "data": data}) == from_cloudevent(STRUCTURED)


def test_snake_case_keys_will_do() -> None:
    """Eventarc writes both forms of some keys, and one of them is enough."""
    message = {"data": "aGk=", "message_id": "7", "publish_time": "2026-11-23T00:00:00Z"}
    assert from_cloudevent(event(message)) == Message(
        id="7", published=datetime(2026, 11, 23, tzinfo=UTC), attributes={}, data=b"hi"
    )


def test_without_id_and_time_of_its_own_a_message_has_the_events() -> None:
    """The event's id is the message's."""
    read = from_cloudevent(event({"data": "aGk="}))
    assert read.id == "9911"
    assert read.published == datetime(2026, 11, 23, 12, 0, 1, 500000, tzinfo=UTC)


def test_an_instant_is_utc_and_cut_to_microseconds() -> None:
    """Pub/Sub may write nanoseconds, and another writer another zone."""
    read = from_cloudevent(event({"data": "aGk=", "publishTime": "2026-11-23T09:00:00.123456789-03:00"}))
    assert read.published.isoformat() == "2026-11-23T12:00:00.123456+00:00"


def test_a_message_of_attributes_alone_has_no_data() -> None:
    """Google's own test of a budget's topic is such a one."""
    assert from_cloudevent(event({"attributes": {"k": "v"}})).data == b""


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({**STRUCTURED, "data": b"{"}, "json"),
        ({**STRUCTURED, "data": b"\xff"}, "json"),
        ({**STRUCTURED, "data": None}, "envelope"),
        ({**STRUCTURED, "data": [1]}, "envelope"),
        ({"id": "1"}, "envelope"),
        ({**STRUCTURED, "data": {}}, "message"),
        (event("text"), "message"),
        (event({"data": "aGk="}, id=""), "id"),
        (event({"data": "aGk=", "messageId": 7}), "id"),
        (event({"data": "aGk=", "publishTime": "yesterday"}), "time"),
        (event({"data": "aGk=", "publishTime": "2026-11-23T12:00:00"}), "time"),
        (event({"data": "aGk=", "publishTime": "0001-01-01T00:00:00+05:00"}), "time"),
        (event({"data": "aGk="}, time=None), "time"),
        (event({"data": "aGk=", "attributes": ["k"]}), "attributes"),
        (event({"data": "aGk=", "attributes": {"k": 1}}), "attributes"),
        (event({"data": "not base64!"}), "base64"),
        (event({"data": "aGk"}), "base64"),
        (event({"data": "é"}), "base64"),
        (event({"data": 7}), "base64"),
    ],
)
def test_what_cannot_be_used_is_a_bad_message_with_a_reason(broken: dict[str, Any], reason: str) -> None:
    """Delivered again it would be as bad: it is journalled under this code, and no other error leaves."""
    with pytest.raises(BadMessage) as caught:
        from_cloudevent(broken)
    assert caught.value.reason == reason
    assert len(str(caught.value)) < 250


def test_a_push_has_the_headers_of_a_binary_cloudevent() -> None:
    """As Eventarc sends them."""
    at = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=-3)))
    headers, body = to_push(Message(id="7", published=at, attributes={"k": "v"}, data=b"hi"), **NAMES)
    assert headers == {
        "ce-id": "7",
        "ce-source": "//pubsub.googleapis.com/projects/p/topics/t",
        "ce-specversion": "1.0",
        "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
        "ce-time": "2026-11-23T12:00:00.000000Z",
        "content-type": "application/json",
    }
    assert json.loads(body)["subscription"] == "projects/p/subscriptions/s"
    assert json.loads(body)["message"]["data"] == "aGk="


@given(
    message=st.builds(
        Message,
        id=st.text(alphabet="0123456789", min_size=1),
        published=st.datetimes(timezones=st.just(UTC)),
        attributes=st.dictionaries(st.text(), st.text(), max_size=3),
        data=st.binary(),
    )
)
def test_what_is_pushed_is_what_is_read(message: Message) -> None:
    """Through the parser that functions-framework uses."""
    assert from_cloudevent(from_http(*to_push(message, **NAMES))) == message
