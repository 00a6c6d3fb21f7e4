"""The queue as a whole: what is published to a topic is pushed to each URL that subscribed to it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Self

from freio.events import Message
from freio.sandbox.queue.publishing import Refused, messages_of, topic_of
from freio.sandbox.queue.server import PublishServer
from freio.sandbox.queue.subscription import DeadLetter, Delivery, Subscription
from freio.sandbox.queue.tally import Counts, Tally


class LoopbackBroker:
    """At least once, in no order, over HTTP on 127.0.0.1. Starts when it is made; `stop` it, or use ``with``.

    ``now``                gives the messages their publish time: the simulated clock, not the wire's.
    ``seed``               decides which messages come twice or late; the ids begin with it.
    ``project``            is the one that the pushed events name.
    ``dead_letter_topic``  is published to, with the data and attributes of a message that was given up and with the
                           attributes that Pub/Sub adds; without it a dead letter only stands in `dead_letters`.

    Other processes publish at ``url``, see `freio.adapters.local.queue.LoopbackQueue`.
    """

    def __init__(
        self,
        *,
        seed: int,
        now: Callable[[], datetime],
        delivery: Delivery | None = None,
        project: str = "local",
        dead_letter_topic: str | None = None,
        port: int = 0,
    ) -> None:
        self._seed = seed
        self._now = now
        self._delivery = delivery or Delivery()
        self._project = project
        self._dead_letter_topic = dead_letter_topic
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._topics: dict[str, list[Subscription]] = {}
        self._dead_letters: list[DeadLetter] = []
        self._tally = Tally()
        if dead_letter_topic is not None:
            self.create_topic(dead_letter_topic)
        self._server = PublishServer(self._answer, port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def dead_letters(self) -> list[DeadLetter]:
        with self._lock:
            return list(self._dead_letters)

    def counts(self) -> Counts:
        return self._tally.snapshot()

    def create_topic(self, topic: str) -> None:
        """A topic that may be published to; without a subscription its messages go nowhere."""
        with self._lock:
            self._topics.setdefault(topic, [])

    def subscribe(self, topic: str, url: str, *, name: str = "", delivery: Delivery | None = None) -> None:
        """From now on push the topic's messages to `url`, in this ``delivery`` or the broker's own."""
        self.create_topic(topic)
        with self._lock:
            subscriptions = self._topics[topic]
            subscriptions.append(
                Subscription(
                    project=self._project,
                    topic=topic,
                    name=name or f"{topic}-{len(subscriptions) + 1}",
                    url=url,
                    seed=self._seed,
                    delivery=delivery or self._delivery,
                    tally=self._tally,
                    bury=self._bury,
                )
            )

    def publish(
        self,
        topic: str,
        data: bytes,
        attributes: Mapping[str, str] | None = None,
        *,
        published: datetime | None = None,
    ) -> str:
        """Take a message and return its id; it is pushed by other threads. An unknown topic raises LookupError."""
        subscriptions = self._subscriptions(topic)
        message = self._message(data, attributes, published)
        for subscription in subscriptions:
            subscription.send(message)
        return message.id

    def deliver_now(
        self,
        topic: str,
        data: bytes,
        attributes: Mapping[str, str] | None = None,
        *,
        published: datetime | None = None,
    ) -> int:
        """Push a message in the caller's thread and return the status: the first bad one where several subscribed.

        0 stands for no reply. What is not acknowledged is retried by other threads, as with `publish`.
        """
        subscriptions = self._subscriptions(topic)
        if not subscriptions:
            raise LookupError(f"nobody has subscribed to topic {topic!r}")
        message = self._message(data, attributes, published)
        statuses = [subscription.send_now(message) for subscription in subscriptions]
        return next((status for status in statuses if not 200 <= status < 300), statuses[-1])

    def drain(self, timeout: float) -> bool:
        """Wait until nothing is in flight, retries included; False: after `timeout` seconds something still was."""
        return self._tally.wait_until_idle(timeout)

    def stop(self) -> None:
        """Take nothing more, end every thread; what is still owed stays undelivered."""
        self._server.stop()
        with self._lock:
            subscriptions = [one for several in self._topics.values() for one in several]
        for subscription in subscriptions:
            subscription.stop()

    def _subscriptions(self, topic: str) -> list[Subscription]:
        with self._lock:
            if topic not in self._topics:
                raise LookupError(f"no topic {topic!r}; there are: {', '.join(sorted(self._topics)) or 'none'}")
            return list(self._topics[topic])

    def _message(self, data: bytes, attributes: Mapping[str, str] | None, published: datetime | None) -> Message:
        with self._lock:
            number = next(self._numbers)
        self._tally.add(published=1)
        return Message(
            id=f"{self._seed}{number:010d}",
            published=published or self._now(),
            attributes=dict(attributes or {}),
            data=data,
        )

    def _answer(self, path: str, body: bytes) -> list[str]:
        topic = topic_of(path)
        messages = messages_of(body)
        try:
            return [self.publish(topic, data, attributes) for data, attributes in messages]
        except LookupError as exc:
            raise Refused(404, "NOT_FOUND", str(exc)) from exc

    def _bury(self, letter: DeadLetter) -> None:
        with self._lock:
            self._dead_letters.append(letter)
        if self._dead_letter_topic is None or letter.topic == self._dead_letter_topic:
            return
        # https://cloud.google.com/pubsub/docs/handling-failures#how_dead_letter_topics_work
        source = {
            "CloudPubSubDeadLetterSourceDeliveryCount": str(letter.attempts),
            "CloudPubSubDeadLetterSourceSubscription": letter.subscription,
            "CloudPubSubDeadLetterSourceSubscriptionProject": self._project,
            "CloudPubSubDeadLetterSourceTopicPublishTime": letter.message.published.isoformat(),
        }
        self.publish(self._dead_letter_topic, letter.message.data, {**letter.message.attributes, **source})
