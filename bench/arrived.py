"""What arrived on the topic of the Pub/Sub emulator, counted click by click."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient

from bench.clicks import MARK
from bench.result import NotMeasuredError
from freio.sandbox.emulators import PUBSUB

PROJECT = "freio-bench"
TOPIC = "freio-clicks"
TOPIC_PATH = f"projects/{PROJECT}/topics/{TOPIC}"
PATIENCE = 5.0  # seconds without anything new, after which what has not arrived is lost
VARIABLE = "PUBSUB_EMULATOR_HOST"


class Arrived:
    """A pull subscription from the topic's beginning. As it acknowledges late or never, it shows duplicates too."""

    def __init__(self) -> None:
        self._subscriber = SubscriberClient()
        self._name = self._subscriber.subscription_path(PROJECT, "bench")
        with PublisherClient() as publisher:
            publisher.create_topic(name=TOPIC_PATH)
        self._subscriber.create_subscription(name=self._name, topic=TOPIC_PATH, ack_deadline_seconds=600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._subscriber.transport.close()  # type: ignore[no-untyped-call]  # the library leaves it bare

    def publish(self, count: int) -> None:
        """Publish and take back messages that nobody waits for: a Java machine is slow until its code is compiled."""
        with PublisherClient() as publisher:
            for number in range(count):
                publisher.publish(topic=TOPIC_PATH, messages=[PubsubMessage(data=b"bench-warm-%05d" % number)])
        self.count(count)

    def count(self, expected: int) -> Counter[str]:
        """How often each mark has arrived since the last call: until `expected` have, or nothing comes any more."""
        seen: Counter[str] = Counter()
        while True:
            # Once all are there, one more pull, for what should not come.
            wait = PATIENCE if len(seen) < expected else 0.5
            try:
                reply = self._subscriber.pull(subscription=self._name, max_messages=1000, timeout=wait, retry=None)
            except DeadlineExceeded:
                return seen
            for got in reply.received_messages:
                seen.update(mark.decode() for mark in MARK.findall(got.message.data)[:1])
            if not reply.received_messages:
                return seen
            self._subscriber.acknowledge(
                subscription=self._name, ack_ids=[got.ack_id for got in reply.received_messages]
            )


@contextmanager
def emulated_topic() -> Iterator[Arrived]:
    """Google's Pub/Sub emulator with the topic on it, warmed, and named in this process's environment meanwhile."""
    if not PUBSUB.is_here():
        raise NotMeasuredError(f"{PUBSUB.name} is not on this machine: `{PUBSUB.bring}` brings it")
    with PUBSUB.running() as address:
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = address
        try:
            with Arrived() as arrived:
                arrived.publish(1000)
                yield arrived
        finally:
            os.environ.pop(VARIABLE)
            if before is not None:
                os.environ[VARIABLE] = before
