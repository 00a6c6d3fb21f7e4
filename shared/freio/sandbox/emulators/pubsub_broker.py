"""Pub/Sub's emulator with the surface of `LoopbackBroker`: the demo runs on either."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from freio.events import Message, from_cloudevent
from freio.sandbox.emulators.pubsub import PubSubSetup
from freio.sandbox.emulators.pubsub_ledger import ACKNOWLEDGES, Debt, Ledger
from freio.sandbox.emulators.pubsub_relay import Relay
from freio.sandbox.queue import Counts, DeadLetter, Delivery
from freio.sandbox.queue.pusher import NO_REPLY, Pusher

SETTLES = 0.02  # seconds between two looks that must both find nothing
LISTENER = "listener"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    topic: str
    url: str
    delivery: Delivery


class PubSubBroker:
    """The emulator at `address` delivers: push subscriptions, retry policy, dead letters. `stop` it, or use ``with``.

    ``now`` stands in each push for the emulator's publish time: the clock of the demo is a simulated one.
    ``seed``, with ``delivery``, decides which pushes come twice or late, as with `LoopbackBroker`; the attempts are the
    subscription's policy, the timeout its deadline (10 s or more); the pauses are the emulator's own.
    ``authorization`` makes the header that the emulator does not send.

    Other processes publish through `freio.adapters.google.pubsub.PubSubQueue`, told so by ``environment``. What they
    publish is learnt from a pull subscription beside each topic, so that `drain` and `counts` know of it.
    """

    def __init__(
        self,
        address: str,
        *,
        seed: int,
        now: Callable[[], datetime],
        delivery: Delivery | None = None,
        project: str = "local",
        authorization: Callable[[], str] | None = None,
    ) -> None:
        self._address = address
        self._seed = seed
        self._project = project
        self._delivery = delivery or Delivery()
        self._authorization = authorization
        deadline = max(10, round(self._delivery.timeout))
        self._setup = PubSubSetup(address, project, attempts=self._delivery.attempts, deadline=deadline)
        self._ledger = Ledger(now, self._delivery.attempts)
        self._routes: dict[str, _Route] = {}
        self._topics: set[str] = set()
        self._publishing = threading.Lock()
        self._looking = threading.Lock()
        self._timers: set[threading.Timer] = set()
        self._stopping = False
        self._relay = Relay(self._take)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What ``FREIO_QUEUE`` is set to; `environment` has it, and what goes with it."""
        return f"pubsub:{self._project}"

    @property
    def environment(self) -> Mapping[str, str]:
        return {"FREIO_QUEUE": self.url, "PUBSUB_EMULATOR_HOST": self._address}

    @property
    def dead_letters(self) -> list[DeadLetter]:
        """Those that Pub/Sub has put into the dead-letter topic by now."""
        self._look()
        return self._ledger.letters()

    def counts(self) -> Counts:
        self._look()
        return self._ledger.counts()

    def create_topic(self, topic: str) -> None:
        if topic not in self._topics:
            self._setup.create_topic(topic)
            self._setup.listen(topic, f"{topic}-{LISTENER}")
            self._topics.add(topic)

    def subscribe(self, topic: str, url: str, *, name: str = "") -> None:
        """From now on push the topic's messages to `url`."""
        self.create_topic(topic)
        name = name or f"{topic}-{len(self._ledger.subscriptions(topic)) + 1}"
        self._routes[name] = _Route(topic=topic, url=url, delivery=self._delivery)
        self._ledger.subscribed(topic, name)
        self._setup.push(topic, self._relay.url(name), name)

    def publish(
        self,
        topic: str,
        data: bytes,
        attributes: Mapping[str, str] | None = None,
        *,
        published: datetime | None = None,
    ) -> str:
        """Publish and return the id. An unknown topic raises LookupError."""
        if topic not in self._topics:
            raise LookupError(f"no topic {topic!r}; there are: {', '.join(sorted(self._topics)) or 'none'}")
        with self._publishing:  # the first push waits until the message's own time is known
            message_id = self._setup.publish(topic, data, attributes)
            self._ledger.published(topic, message_id, published)
        return message_id

    def drain(self, timeout: float) -> bool:
        """Wait until nothing is owed, retries and dead letters included; False: after `timeout` something still was.

        A function publishes before it acknowledges. So what hangs on a message that is done is in Pub/Sub already, and
        where two looks find neither a new message nor a debt, all is done.
        """
        deadline = time.monotonic() + timeout
        quiet = 0
        while quiet < 2:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._ledger.tally.wait_until_idle(min(left, 0.1))
            news = self._look()
            quiet = 0 if news or self._ledger.counts().in_flight else quiet + 1
            time.sleep(SETTLES if quiet == 1 else 0)
        return True

    def stop(self) -> None:
        """End the subscriptions, take no more pushes; what is still owed stays undelivered."""
        self._stopping = True
        for timer in list(self._timers):
            timer.cancel()
        self._setup.close()
        self._relay.stop()

    def _look(self) -> bool:
        """Learn what others have published and what has died; True: there was something new."""
        with self._looking:
            news = False
            for topic in list(self._topics):
                for message in self._setup.take(f"{topic}-{LISTENER}"):
                    news |= self._ledger.published(topic, message.id)
            for letter in self._setup.dead_letters():
                self._ledger.buried(letter)
                news = True
            return news

    def _take(self, subscription: str, body: bytes) -> int:
        """The emulator pushes: let the function have it, and say what it said."""
        route, pushed = self._routes[subscription], json.loads(body)
        message_id = pushed["message"]["messageId"]
        with self._publishing:
            self._ledger.published(route.topic, message_id)
        debt = self._ledger.debt(subscription, message_id)
        luck = random.Random(f"{self._seed}/{subscription}/{message_id}")
        late, delay, twice, gap = (luck.random() for _ in range(4))
        first = debt.message is None
        if first:
            debt.message = _message(debt, pushed)
            debt.stamped = datetime.fromisoformat(pushed["message"]["publishTime"])
            if twice < route.delivery.duplicates:
                self._again(route, debt, pushed, gap * route.delivery.latest)
            if late < route.delivery.late:
                time.sleep(delay * route.delivery.latest)
        status, said = self._push(route, debt, pushed)
        self._ledger.answered(debt, status, said)
        # To the emulator, unlike to Pub/Sub, 202 is a failure.
        return 204 if status in ACKNOWLEDGES else 502 if status == NO_REPLY else status

    def _push(self, route: _Route, debt: Debt, pushed: dict[str, Any]) -> tuple[int, str]:
        at = debt.published.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        body = {**pushed, "message": {**pushed["message"], "publishTime": at, "publish_time": at}}
        headers = {"content-type": "application/json"}
        if self._authorization is not None:
            headers["authorization"] = self._authorization()
        pusher = Pusher(route.url, route.delivery.timeout)
        try:
            return pusher.push(headers, json.dumps(body).encode())
        finally:
            pusher.close()

    def _again(self, route: _Route, debt: Debt, pushed: dict[str, Any], delay: float) -> None:
        """Push once more than needed, whatever comes of it."""

        def push() -> None:
            try:
                if not self._stopping:
                    self._push(route, debt, pushed)
            finally:
                self._timers.discard(timer)
                self._ledger.tally.add(in_flight=-1)

        timer = threading.Timer(delay, push)
        timer.daemon = True
        self._ledger.tally.add(duplicates=1, in_flight=1)
        self._timers.add(timer)
        timer.start()


def _message(debt: Debt, pushed: dict[str, Any]) -> Message:
    read = from_cloudevent({"data": pushed})
    return Message(id=read.id, published=debt.published, attributes=read.attributes, data=read.data)
