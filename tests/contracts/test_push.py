"""How Pub/Sub pushes, shown by its emulator, and what the sandbox's broker over it makes of that."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from freio.adapters.google.pubsub import PubSubQueue
from freio.events import Message, from_cloudevent
from freio.sandbox.emulators.pubsub_broker import PubSubBroker
from freio.sandbox.queue import Counts, Delivery
from tests.contracts.receiver import Received, Receiver, Reply

pytestmark = pytest.mark.real

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TOPIC = "freio-clicks"
Make = Callable[..., PubSubBroker]


@pytest.fixture
def make(pubsub_address: str) -> Iterator[Make]:
    """Brokers in projects of their own."""
    made: list[PubSubBroker] = []

    def broker(**options: object) -> PubSubBroker:
        project = f"freio-{uuid.uuid4().hex[:8]}"
        made.append(PubSubBroker(pubsub_address, seed=1, now=lambda: NOW, project=project, **options))  # type: ignore[arg-type]  # named where it is called
        return made[-1]

    yield broker
    for one in made:
        one.stop()


def read(push: Received) -> Message:
    return from_cloudevent({"data": json.loads(push.body)})


def test_a_plain_push_is_read(make: Make) -> None:
    """The body of a push of our own is what an event of Eventarc has for data; it is signed by no emulator."""
    at = NOW - timedelta(hours=3)
    with Receiver() as function:
        broker = make()
        broker.subscribe(TOPIC, function.url, name="enforcer")
        message_id = broker.publish(TOPIC, bytes(range(256)), {"why": "ação ✓"}, published=at)
        empty = broker.publish(TOPIC, b"", {"tick": "sweep"})
        assert broker.drain(20)
    got = {message.id: message for message in map(read, function.received)}
    assert got[message_id] == Message(id=message_id, published=at, attributes={"why": "ação ✓"}, data=bytes(range(256)))
    assert got[empty] == Message(id=empty, published=NOW, attributes={"tick": "sweep"})
    for push in function.received:
        assert "authorization" not in push.headers
        assert json.loads(push.body)["subscription"].endswith("/subscriptions/enforcer")
        assert "deliveryAttempt" not in json.loads(push.body)


def test_what_fails_is_pushed_again_and_what_keeps_failing_is_a_dead_letter_that_holds_up_nobody(make: Make) -> None:
    """Any status but success counts as a failure, and five of them as the end; others pass meanwhile, each once."""
    tried: Counter[str] = Counter()
    order: list[str] = []

    def answer(push: Received) -> Reply:
        what = read(push).attributes["is"]
        tried[what] += 1
        order.append(what)
        return Reply({"poison": 500, "forged": 403, "flaky": 503 if tried[what] == 1 else 202}.get(what, 200))

    with Receiver(answer) as function:
        broker = make(delivery=Delivery(attempts=5, timeout=10))
        broker.subscribe(TOPIC, function.url, name="enforcer")
        for what in ("poison", "forged", "flaky", "good 1", "good 2", "good 3"):
            broker.publish(TOPIC, b"x", {"is": what})
        assert not broker.drain(0.05)
        assert broker.drain(60)
    assert tried == {"poison": 5, "forged": 5, "flaky": 2, "good 1": 1, "good 2": 1, "good 3": 1}
    assert max(order.index(f"good {n}") for n in (1, 2, 3)) < [n for n, what in enumerate(order) if what == "poison"][1]
    assert broker.counts() == Counts(published=6, delivered=4, retries=9, dead_letters=2)
    letters = {letter.message.attributes["is"]: letter for letter in broker.dead_letters}
    assert {what: (letter.status, letter.attempts, letter.topic) for what, letter in letters.items()} == {
        "poison": (500, 5, TOPIC),
        "forged": (403, 5, TOPIC),
    }
    assert letters["poison"].message.published == NOW


def test_what_a_function_publishes_while_it_is_pushed_to_is_waited_for(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through Freio's own publisher: the broker hears of it, and is not idle before that has arrived too."""
    broker = make()
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", broker.environment["PUBSUB_EMULATOR_HOST"])
    queue = PubSubQueue(broker.environment["FREIO_QUEUE"].removeprefix("pubsub:"))

    def answer(push: Received) -> Reply:
        left = int(read(push).data)
        if left:
            queue.publish(TOPIC, str(left - 1).encode(), {})
        return Reply(204)

    with Receiver(answer) as function:
        broker.subscribe(TOPIC, function.url)
        queue.publish(TOPIC, b"5", {})
        assert broker.drain(20)
        queue.close()
    assert sorted(read(push).data for push in function.received) == [b"0", b"1", b"2", b"3", b"4", b"5"]
    assert broker.counts() == Counts(published=6, delivered=6)


def test_some_come_twice_as_the_seed_says(make: Make) -> None:
    """As with the loopback broker: each push more than needed is counted, and waited for."""
    with Receiver() as function:
        broker = make(delivery=Delivery(duplicates=0.5, late=0.5, latest=0.05))
        broker.subscribe(TOPIC, function.url)
        ids = {broker.publish(TOPIC, b"x") for _ in range(20)}
        assert broker.drain(30)
    pushes = Counter(read(push).id for push in function.received)
    counts = broker.counts()
    assert set(pushes) == ids
    assert 0 < counts.duplicates == sum(pushes.values()) - 20
    assert (counts.published, counts.delivered, counts.in_flight) == (20, 20, 0)


def test_a_signature_is_added_where_the_broker_can_sign(make: Make) -> None:
    """The emulator sends none, so that a locked function would take nothing from it."""
    with Receiver() as function:
        broker = make(authorization=lambda: "Bearer t")
        broker.subscribe(TOPIC, function.url)
        broker.publish(TOPIC, b"x")
        assert broker.drain(20)
    assert [push.headers["authorization"] for push in function.received] == ["Bearer t"]


def test_a_topic_that_is_not_there_is_refused(make: Make) -> None:
    """As with the loopback broker."""
    with pytest.raises(LookupError, match="nowhere"):
        make().publish("nowhere", b"x")


def test_one_topic_may_go_to_two_functions(make: Make) -> None:
    """Each is owed each message."""
    with Receiver() as one, Receiver() as other:
        broker = make()
        broker.subscribe(TOPIC, one.url)
        broker.subscribe(TOPIC, other.url)
        broker.publish(TOPIC, b"x")
        assert broker.drain(20)
    assert (len(one.received), len(other.received), broker.counts().delivered) == (1, 1, 2)
