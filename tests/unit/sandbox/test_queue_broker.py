"""The sandbox's queue: at least once, in no order, and it says what it did."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import functions_framework
import pytest
from flask import Flask
from werkzeug.serving import make_server

from freio.events import Message, from_cloudevent
from freio.sandbox.queue import Counts, Delivery, LoopbackBroker
from tests.contracts.receiver import Received, Receiver, Reply

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SOON = 10.0  # seconds; on a busy machine
QUICK = Delivery(first_pause=0.005, longest_pause=0.02, attempts=4, latest=0.05)

MakeBroker = Callable[..., LoopbackBroker]


@pytest.fixture
def make_broker() -> Iterator[MakeBroker]:
    made: list[LoopbackBroker] = []

    def make(delivery: Delivery = QUICK, *, seed: int = 1, dead_letter_topic: str | None = None) -> LoopbackBroker:
        broker = LoopbackBroker(seed=seed, now=lambda: NOW, delivery=delivery, dead_letter_topic=dead_letter_topic)
        made.append(broker)
        return broker

    yield make
    for broker in made:
        broker.stop()


def message(received: Received) -> Message:
    return from_cloudevent({"id": received.headers["ce-id"], "data": json.loads(received.body)})


def failing(times: int, status: int = 500) -> Callable[[Received], Reply]:
    """Answer so many pushes with a bad status, and every later one with success."""
    left = iter([Reply(status, b"not now")] * times)
    return lambda _: next(left, Reply(204))


def test_a_message_is_pushed_to_every_subscription(make_broker: MakeBroker) -> None:
    """As an event of that topic, published at the simulated present or when the publisher says."""
    broker = make_broker()
    with Receiver() as one, Receiver() as two:
        broker.subscribe("clicks", f"{one.url}/enforcer")
        broker.subscribe("clicks", two.url)
        first = broker.publish("clicks", b"hello", {"k": "v"})
        broker.publish("clicks", b"earlier", published=NOW - timedelta(days=1))
        assert broker.drain(SOON)
    assert one.received[0].path == "/enforcer"
    assert one.received[0].headers["ce-source"] == "//pubsub.googleapis.com/projects/local/topics/clicks"
    got = {each.data: each for each in map(message, one.received)}
    assert got == {each.data: each for each in map(message, two.received)}
    assert got[b"hello"] == Message(id=first, published=NOW, attributes={"k": "v"}, data=b"hello")
    assert got[b"earlier"].published == NOW - timedelta(days=1)
    assert broker.counts() == Counts(published=2, delivered=4)


def test_a_push_that_fails_is_made_again_until_it_is_acknowledged(make_broker: MakeBroker) -> None:
    """Under the same id; whatever the reason."""
    broker = make_broker()
    with Receiver(failing(3)) as function:
        broker.subscribe("clicks", function.url)
        message_id = broker.publish("clicks", b"x")
        assert broker.drain(SOON)
    assert [each.headers["ce-id"] for each in function.received] == [message_id] * 4
    assert broker.counts() == Counts(published=1, delivered=1, retries=3)


def test_a_redirect_is_no_acknowledgement(make_broker: MakeBroker) -> None:
    """Only 2xx is."""
    broker = make_broker()
    with Receiver(failing(1, status=302)) as function:
        broker.subscribe("clicks", function.url)
        broker.publish("clicks", b"x")
        assert broker.drain(SOON)
    assert broker.counts().retries == 1


def test_a_function_that_is_too_slow_gets_the_message_again(make_broker: MakeBroker) -> None:
    """No answer within the timeout is a failure, though the function may have done its work."""
    go_on, calls = threading.Event(), Counter[str]()

    def slow_once(_: Received) -> Reply:
        calls["made"] += 1
        if calls["made"] == 1:
            go_on.wait(SOON)
        return Reply()

    broker = make_broker(Delivery(timeout=0.1, first_pause=0.01, workers=2))
    with Receiver(slow_once) as function:
        broker.subscribe("clicks", function.url)
        broker.publish("clicks", b"x")
        assert broker.drain(SOON)
        go_on.set()
    assert calls["made"] == 2
    assert broker.counts() == Counts(published=1, delivered=1, retries=1)


def test_a_function_that_starts_late_gets_what_was_published_before(make_broker: MakeBroker) -> None:
    """Nobody at the address is a failure like another."""
    broker = make_broker(Delivery(first_pause=0.02, longest_pause=0.02, attempts=500))
    with Receiver() as function:
        url = function.url
    broker.subscribe("clicks", url)
    broker.publish("clicks", b"x")
    assert not broker.drain(0.1)
    with Receiver(port=int(url.rpartition(":")[2])):
        assert broker.drain(SOON)
    assert broker.counts().delivered == 1


def test_pauses_between_tries_grow_up_to_a_limit(make_broker: MakeBroker) -> None:
    """In real time, so that a function that is down is not flooded."""
    at: list[float] = []

    def note_the_time(_: Received) -> Reply:
        at.append(time.monotonic())
        return Reply(500)

    broker = make_broker(Delivery(first_pause=0.05, longest_pause=0.1, attempts=4))
    with Receiver(note_the_time) as function:
        broker.subscribe("clicks", function.url)
        broker.publish("clicks", b"x")
        assert broker.drain(SOON)
    pauses = [later - earlier for earlier, later in pairwise(at)]
    assert all(pause >= least for pause, least in zip(pauses, (0.05, 0.1, 0.1), strict=True))


def test_what_fails_too_often_is_a_dead_letter(make_broker: MakeBroker) -> None:
    """It is kept with its last answer, and counted; the queue goes on."""
    broker = make_broker()
    with Receiver(failing(4)) as function:
        broker.subscribe("clicks", function.url, name="enforcer")
        dead = broker.publish("clicks", b"poison", {"k": "v"})
        assert broker.drain(SOON)
        broker.publish("clicks", b"fine")
        assert broker.drain(SOON)
    (letter,) = broker.dead_letters
    assert letter.message == Message(id=dead, published=NOW, attributes={"k": "v"}, data=b"poison")
    assert (letter.topic, letter.subscription, letter.attempts) == ("clicks", "enforcer", 4)
    assert (letter.status, letter.said) == (500, "not now")
    assert broker.counts() == Counts(published=2, delivered=1, retries=3, dead_letters=1)


def test_a_dead_letter_is_published_to_the_dead_letter_topic(make_broker: MakeBroker) -> None:
    """With the attributes that say where it comes from; a letter that dies there goes nowhere else."""
    broker = make_broker(dead_letter_topic="dead")
    with Receiver(lambda _: Reply(500)) as function, Receiver(lambda _: Reply(500)) as undertaker:
        broker.subscribe("clicks", function.url, name="enforcer")
        broker.subscribe("dead", undertaker.url)
        broker.publish("clicks", b"poison", {"k": "v"})
        assert broker.drain(SOON)
    got = message(undertaker.received[0])
    assert got.data == b"poison"
    assert got.attributes["k"] == "v"
    assert got.attributes["CloudPubSubDeadLetterSourceSubscription"] == "enforcer"
    assert got.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "4"
    assert [letter.topic for letter in broker.dead_letters] == ["clicks", "dead"]
    assert broker.counts().dead_letters == 2


def ids_by_luck(make_broker: MakeBroker, delivery: Delivery, seed: int, messages: int = 200) -> list[str]:
    broker = make_broker(delivery, seed=seed)
    with Receiver() as function:
        broker.subscribe("clicks", function.url)
        for number in range(messages):
            broker.publish("clicks", str(number).encode())
        assert broker.drain(SOON)
    assert {message(each).data for each in function.received} == {str(number).encode() for number in range(messages)}
    assert broker.counts().duplicates == len(function.received) - messages
    return [message(each).data.decode() for each in function.received]


def test_some_messages_come_twice(make_broker: MakeBroker) -> None:
    """As many as asked for, the same ones under the same seed and others under another; none is lost."""
    delivery = Delivery(duplicates=0.25, latest=0.02)
    twice = [
        {data for data, times in Counter(ids_by_luck(make_broker, delivery, seed)).items() if times == 2}
        for seed in (1, 1, 2)
    ]
    assert 25 <= len(twice[0]) <= 75
    assert twice[0] == twice[1] != twice[2]


def test_some_messages_are_overtaken(make_broker: MakeBroker) -> None:
    """One worker alone keeps the order of publishing, until lateness is asked for."""
    orderly = ids_by_luck(make_broker, Delivery(workers=1), 1, messages=50)
    late = ids_by_luck(make_broker, Delivery(workers=1, late=0.3, latest=0.1), 1, messages=50)
    assert orderly == [str(number) for number in range(50)]
    assert late != orderly
    assert sorted(late) == sorted(orderly)


def test_a_message_can_be_delivered_at_once(make_broker: MakeBroker) -> None:
    """In the caller's thread, who learns the status."""
    broker = make_broker()
    with Receiver(lambda _: Reply(202)) as function:
        broker.subscribe("clicks", function.url)
        assert broker.deliver_now("clicks", b"x") == 202
        assert len(function.received) == 1
    assert broker.counts() == Counts(published=1, delivered=1)


def test_what_could_not_be_delivered_at_once_is_retried(make_broker: MakeBroker) -> None:
    """The caller sees the failure, and the message is not lost."""
    broker = make_broker()
    with Receiver(failing(1, status=503)) as function:
        broker.subscribe("clicks", function.url)
        assert broker.deliver_now("clicks", b"x") == 503
        assert broker.drain(SOON)
    assert broker.counts() == Counts(published=1, delivered=1, retries=1)
    assert broker.deliver_now("clicks", b"y") == 0  # nobody is there now


def test_a_topic_must_be_made_before_it_is_published_to(make_broker: MakeBroker) -> None:
    """A misspelt topic would swallow messages; one without subscriptions takes them, as Pub/Sub's do."""
    broker = make_broker()
    broker.create_topic("clicks")
    with pytest.raises(LookupError, match="'clickz'; there are: clicks"):
        broker.publish("clickz", b"x")
    with pytest.raises(LookupError, match="nobody has subscribed"):
        broker.deliver_now("clicks", b"x")
    broker.publish("clicks", b"x")
    assert broker.drain(SOON)
    assert broker.counts() == Counts(published=1)


def test_a_push_url_is_http(make_broker: MakeBroker) -> None:
    """Said when subscribing, not at the first message."""
    with pytest.raises(ValueError, match="http URL"):
        make_broker().subscribe("clicks", "https://events.example")


def ours() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith(("push-", "queue-"))}


def test_stopping_ends_every_thread_whatever_is_under_way() -> None:
    """A push that waits for its answer, a retry that waits for its time, an idle worker: none outlives it."""
    before = ours()
    go_on = threading.Event()

    def hang(_: Received) -> Reply:
        go_on.wait(SOON)
        return Reply()

    with Receiver(hang) as slow, Receiver(lambda _: Reply(500)) as bad:
        broker = LoopbackBroker(seed=1, now=lambda: NOW, delivery=Delivery(first_pause=30, longest_pause=30))
        broker.subscribe("clicks", slow.url)
        broker.subscribe("clicks", bad.url)
        broker.publish("clicks", b"x")
        assert not broker.drain(0.2)
        started = time.monotonic()
        broker.stop()
        assert time.monotonic() - started < SOON / 2
        assert ours() <= before
        assert broker.drain(0)
        assert broker.dead_letters == []
        go_on.set()


def test_connections_are_kept(make_broker: MakeBroker) -> None:
    """A worker asks for a new one only when the server has closed the old: ten thousand pushes in a minute."""
    broker = make_broker(Delivery(workers=2))
    with Receiver() as function:
        broker.subscribe("clicks", function.url)
        for _ in range(100):
            broker.publish("clicks", b"x")
        assert broker.drain(SOON)
        assert len(function.received) == 100
        assert function.connections <= 2
        broker.stop()


def test_a_server_that_closes_each_connection_is_served_too(make_broker: MakeBroker) -> None:
    """Without a retry: that the connection is gone is no answer."""
    broker = make_broker(Delivery(workers=2))
    with Receiver(protocol="HTTP/1.0") as function:
        broker.subscribe("clicks", function.url)
        for _ in range(20):
            broker.publish("clicks", b"x")
        assert broker.drain(SOON)
    assert broker.counts() == Counts(published=20, delivered=20)


FUNCTION = """
import functions_framework
from freio.events import from_cloudevent

seen = []

@functions_framework.cloud_event
def enforcer(event):
    seen.append(from_cloudevent(event))
    if len(seen) == 1:
        raise RuntimeError("the first push fails")
"""


def test_a_real_function_takes_the_pushes(make_broker: MakeBroker, tmp_path: Path) -> None:
    """functions-framework unpacks what the queue sends; what the function raises brings the message again."""
    source = tmp_path / "main.py"
    source.write_text(FUNCTION)
    create: Callable[..., Flask] = functions_framework.create_app
    app = create("enforcer", str(source), "cloudevent")
    server = make_server("127.0.0.1", 0, app)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    broker = make_broker()
    broker.subscribe("clicks", f"http://127.0.0.1:{server.server_port}")
    message_id = broker.publish("clicks", b"hello", {"k": "v"})
    assert broker.drain(SOON)
    server.shutdown()
    serving.join()
    server.server_close()
    assert broker.counts() == Counts(published=1, delivered=1, retries=1)
    import sys

    seen = sys.modules["main"].seen
    assert seen == [Message(id=message_id, published=NOW, attributes={"k": "v"}, data=b"hello")] * 2
