"""The publish call of the sandbox's queue refuses what Pub/Sub refuses."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from freio.sandbox.queue import LoopbackBroker
from freio.sandbox.queue.publishing import Refused, messages_of, topic_of

DATA = base64.b64encode(b"hi").decode()


def request(*messages: Any) -> bytes:
    return json.dumps({"messages": messages}).encode()


@pytest.fixture
def broker() -> Iterator[LoopbackBroker]:
    with LoopbackBroker(seed=7, now=lambda: datetime(2026, 11, 23, tzinfo=UTC)) as made:
        made.create_topic("clicks")
        yield made


def post(url: str, body: bytes) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST")) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.loads(refusal.read())


def test_several_messages_in_one_call_have_several_ids(broker: LoopbackBroker) -> None:
    """In the order of the messages."""
    url = f"{broker.url}/v1/projects/local/topics/clicks:publish"
    status, reply = post(url, request({"data": DATA}, {"attributes": {"k": "v"}}))
    assert status == 200
    assert reply == {"messageIds": ["70000000001", "70000000002"]}
    assert broker.counts().published == 2


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/v1/projects/local/topics/other:publish", 404, "NOT_FOUND"),
        ("/v1/projects/local/topics/clicks", 404, "NOT_FOUND"),
        ("/", 404, "NOT_FOUND"),
    ],
)
def test_another_address_is_refused(broker: LoopbackBroker, path: str, status: int, name: str) -> None:
    """In the form of Google's errors."""
    found, reply = post(f"{broker.url}{path}", request({"data": DATA}))
    assert found == status
    assert reply["error"]["code"] == status
    assert reply["error"]["status"] == name


def test_a_call_that_is_refused_publishes_none_of_its_messages(broker: LoopbackBroker) -> None:
    """A good message beside a bad one is not taken either."""
    status, _ = post(f"{broker.url}/v1/projects/local/topics/clicks:publish", request({"data": DATA}, {}))
    assert status == 400
    assert broker.counts().published == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        request(),
        request("text"),
        request({}),
        request({"data": ""}),
        request({"data": "no base64"}),
        request({"data": 1}),
        request({"data": DATA, "ordering_key": "k"}),
        request({"attributes": ["k"]}),
        request({"attributes": {"k": 1}}),
        request({"attributes": {"": "v"}}),
        request({"attributes": {"k" * 257: "v"}}),
        request({"attributes": {"k": "v" * 1025}}),
        request({"attributes": {str(number): "v" for number in range(101)}}),
        b" " * 10_000_001,
    ],
)
def test_a_message_beyond_the_limits_is_an_invalid_argument(body: bytes) -> None:
    """So that what works here does not fail in production."""
    with pytest.raises(Refused) as caught:
        messages_of(body)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")


def test_a_message_within_the_limits_is_taken() -> None:
    """Up to the last byte."""
    attributes = {"k" * 256: "v" * 1024}
    assert messages_of(request({"data": DATA, "attributes": attributes})) == [(b"hi", attributes)]
    assert topic_of("/v1/projects/p/topics/t:publish") == "t"
