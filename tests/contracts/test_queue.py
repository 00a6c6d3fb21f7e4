"""What every queue promises to who publishes: the loopback queue of the sandbox, and Pub/Sub's emulator."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from freio.adapters.google.pubsub import PubSubQueue
from freio.adapters.local.queue import LoopbackQueue
from freio.errors import Rejected, Unavailable
from freio.events import Message, from_cloudevent
from freio.ports import Queue
from freio.sandbox.queue import LoopbackBroker
from tests.contracts.receiver import Receiver, Reply

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TOPIC = "clicks"


@dataclass(frozen=True)
class World:
    """A queue with the topic `TOPIC`, and what arrived at the other end of it."""

    queue: Queue
    arrived: Callable[[int], list[Message]]


@contextmanager
def loopback() -> Iterator[World]:
    with Receiver() as function, LoopbackBroker(seed=1, now=lambda: NOW) as broker:
        broker.subscribe(TOPIC, function.url)

        def arrived(_: int) -> list[Message]:
            assert broker.drain(10)
            return [from_cloudevent({"id": r.headers["ce-id"], "data": json.loads(r.body)}) for r in function.received]

        yield World(LoopbackQueue(broker.url), arrived)


@contextmanager
def emulated(address: str) -> Iterator[World]:
    from google.api_core.exceptions import AlreadyExists
    from google.pubsub_v1 import PublisherClient, SubscriberClient

    project = "freio-test"
    with PublisherClient() as publisher, SubscriberClient() as subscriber:
        topic = publisher.topic_path(project, TOPIC)
        with suppress(AlreadyExists):
            publisher.create_topic(name=topic)
        name = subscriber.subscription_path(project, f"test-{NOW.timestamp():.0f}")
        subscriber.create_subscription(name=name, topic=topic)

        def arrived(count: int) -> list[Message]:
            messages: list[Message] = []
            while len(messages) < count:
                reply = subscriber.pull(subscription=name, max_messages=count, timeout=20)
                messages += [
                    Message(
                        id=got.message.message_id,
                        published=got.message.publish_time,
                        attributes=dict(got.message.attributes),
                        data=got.message.data,
                    )
                    for got in reply.received_messages
                ]
                subscriber.acknowledge(subscription=name, ack_ids=[got.ack_id for got in reply.received_messages])
            return messages

        queue = PubSubQueue(project)
        try:
            yield World(queue, arrived)
        finally:
            queue.close()
            subscriber.delete_subscription(subscription=name)


@pytest.fixture(params=["loopback", pytest.param("emulator", marks=pytest.mark.real)])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    if request.param == "loopback":
        with loopback() as made:
            yield made
        return
    address = request.getfixturevalue("pubsub_address")
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
    with emulated(address) as made:
        yield made


def test_what_is_published_arrives_under_the_id_that_was_returned(world: World) -> None:
    """Bytes and attributes as they were given, whatever they hold."""
    data, attributes = bytes(range(256)), {"kind": "click", "why": "ação ✓"}
    message_id = world.queue.publish(TOPIC, data, attributes)
    (message,) = world.arrived(1)
    assert (message.id, message.data, message.attributes) == (message_id, data, attributes)
    assert message.published.utcoffset() is not None


def test_each_message_has_an_id_of_its_own(world: World) -> None:
    """Two that are alike are two."""
    ids = {world.queue.publish(TOPIC, b"same", {}) for _ in range(3)}
    assert len(ids) == 3
    assert {message.id for message in world.arrived(3)} == ids


def test_a_topic_that_is_not_there_is_rejected(world: World) -> None:
    """Somebody must make it: trying again does not."""
    with pytest.raises(Rejected, match="nowhere"):
        world.queue.publish("nowhere", b"x", {})


def test_a_message_without_data_and_attributes_is_rejected(world: World) -> None:
    """Pub/Sub takes none, so the sandbox does not either."""
    with pytest.raises(Rejected):
        world.queue.publish(TOPIC, b"", {})


def test_attributes_alone_are_a_message(world: World) -> None:
    """Its data is empty at the other end."""
    world.queue.publish(TOPIC, b"", {"k": "v"})
    (message,) = world.arrived(1)
    assert (message.data, message.attributes) == (b"", {"k": "v"})


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_a_loopback_queue_that_is_down_is_unavailable(nobody: str) -> None:
    """Whoever clicked is answered, and clicks again."""
    with pytest.raises(Unavailable):
        LoopbackQueue(f"http://{nobody}").publish(TOPIC, b"x", {})


def test_a_pubsub_that_is_down_is_unavailable_within_the_timeout(nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries end with the deadline; nothing goes on behind the caller's back."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", nobody)
    queue = PubSubQueue("freio-test", timeout=0.3)
    with pytest.raises(Unavailable, match=TOPIC):
        queue.publish(TOPIC, b"x", {})
    queue.close()


@pytest.mark.parametrize(("status", "expected"), [(503, Unavailable), (429, Unavailable), (403, Rejected)])
def test_a_loopback_queue_says_what_its_server_said(status: int, expected: type[Exception]) -> None:
    """The status decides whether another try may help."""
    with Receiver(lambda _: Reply(status, b"why")) as server, pytest.raises(expected, match="why"):
        LoopbackQueue(server.url).publish(TOPIC, b"x", {})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"messageIds": []}', b'{"messageIds": 1}'])
def test_another_server_at_the_queues_address_is_rejected(body: bytes) -> None:
    """A success that names no message is none."""
    with Receiver(lambda _: Reply(200, body)) as server, pytest.raises(Rejected, match="no queue answers"):
        LoopbackQueue(server.url).publish(TOPIC, b"x", {})
