"""What one push URL is still owed: due pushes in a heap, and the threads that make them."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from freio.events import Message, to_push
from freio.sandbox.queue.pusher import Pusher
from freio.sandbox.queue.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a queue delivers, and how badly. All times are real seconds, whatever clock the messages carry.

    ``workers``     pushes at once to one URL.
    ``timeout``     for a function to acknowledge; then the push counts as failed.
    ``attempts``    after which a message is a dead letter; between them ``first_pause``, doubled each time up to
                    ``longest_pause``.
    ``duplicates``  the share of messages that are pushed once more than needed.
    ``late``        the share of first pushes that wait up to ``latest`` seconds, so that others overtake them.
    """

    workers: int = 4
    timeout: float = 30.0
    attempts: int = 8
    first_pause: float = 0.05
    longest_pause: float = 2.0
    duplicates: float = 0.0
    late: float = 0.0
    latest: float = 0.2

    def pause(self, attempt: int) -> float:
        """Before the push that follows the attempt-th.

        >>> [Delivery(first_pause=1.0, longest_pause=5.0).pause(attempt) for attempt in (1, 2, 3, 4)]
        [1.0, 2.0, 4.0, 5.0]
        """
        return min(self.first_pause * 2.0 ** (attempt - 1), self.longest_pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that was given up. ``status`` of the last push (0: no reply), ``said`` what came with it."""

    topic: str
    subscription: str
    message: Message
    attempts: int
    status: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Push:
    message: Message
    attempt: int = 1
    extra: bool = False


class Subscription:
    """Pushes what it is given to one URL until it is acknowledged, or dead."""

    def __init__(
        self,
        *,
        project: str,
        topic: str,
        name: str,
        url: str,
        seed: int,
        delivery: Delivery,
        tally: Tally,
        bury: Callable[[DeadLetter], None],
    ) -> None:
        self.name = name
        self._topic = topic
        self._names = {
            "topic": f"projects/{project}/topics/{topic}",
            "subscription": f"projects/{project}/subscriptions/{name}",
        }
        self._url = url
        self._seed = seed
        self._delivery = delivery
        self._tally = tally
        self._bury = bury
        self._news = threading.Condition()
        self._due: list[tuple[float, int, _Push]] = []
        self._order = itertools.count()
        self._stopping = False
        self._pushers = [Pusher(url, delivery.timeout) for _ in range(delivery.workers)]
        self._threads = [
            threading.Thread(target=self._work, args=(pusher,), name=f"push-{name}-{number}", daemon=True)
            for number, pusher in enumerate(self._pushers)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, message: Message) -> None:
        """Owe a message to the URL. Its luck hangs on the seed and on its id, not on which thread comes first."""
        luck = random.Random(f"{self._seed}/{self.name}/{message.id}")
        late, delay, twice, gap = (luck.random() for _ in range(4))
        self._owe(_Push(message=message), delay * self._delivery.latest if late < self._delivery.late else 0.0)
        if twice < self._delivery.duplicates:
            self._tally.add(duplicates=1)
            self._owe(_Push(message=message, extra=True), gap * self._delivery.latest)

    def send_now(self, message: Message) -> int:
        """Push once in the caller's thread; what is not acknowledged is owed from then on. Returns the status."""
        pusher = Pusher(self._url, self._delivery.timeout)
        self._tally.add(in_flight=1)
        try:
            return self._push(pusher, _Push(message=message))
        finally:
            self._tally.add(in_flight=-1)
            pusher.close()

    def stop(self) -> None:
        """Ends the threads; what is still owed stays undelivered."""
        with self._news:
            self._stopping = True
            self._news.notify_all()
        for pusher in self._pushers:
            pusher.abort()
        for thread in self._threads:
            thread.join()
        with self._news:
            self._tally.add(in_flight=-len(self._due))
            self._due.clear()

    def _owe(self, push: _Push, delay: float) -> None:
        with self._news:
            if self._stopping:
                return
            self._tally.add(in_flight=1)
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._order), push))
            self._news.notify()

    def _work(self, pusher: Pusher) -> None:
        while (push := self._next()) is not None:
            try:
                self._push(pusher, push)
            finally:
                self._tally.add(in_flight=-1)
        pusher.close()

    def _next(self) -> _Push | None:
        """The next push, when it is due; None: stop."""
        with self._news:
            while not self._stopping:
                if self._due:
                    wait = self._due[0][0] - time.monotonic()
                    if wait <= 0:
                        return heapq.heappop(self._due)[2]
                    self._news.wait(wait)
                else:
                    self._news.wait()
            return None

    def _push(self, pusher: Pusher, push: _Push) -> int:
        status, said = pusher.push(*to_push(push.message, **self._names))
        if push.extra:
            return status
        if 200 <= status < 300:
            self._tally.add(delivered=1)
        elif push.attempt < self._delivery.attempts:
            self._tally.add(retries=1)
            self._owe(replace(push, attempt=push.attempt + 1), self._delivery.pause(push.attempt))
        elif not self._stopping:
            self._tally.add(dead_letters=1)
            self._bury(
                DeadLetter(
                    topic=self._topic,
                    subscription=self.name,
                    message=push.message,
                    attempts=push.attempt,
                    status=status,
                    said=said,
                )
            )
        return status
