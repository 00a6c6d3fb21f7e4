"""What each subscription is still owed: Pub/Sub tells nobody, so it is counted from what is published and answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from freio.events import Message
from freio.sandbox.queue import Counts, DeadLetter
from freio.sandbox.queue.tally import Tally

SOURCE = "CloudPubSubDeadLetterSource"
# https://cloud.google.com/pubsub/docs/push#receive_push
ACKNOWLEDGES = frozenset({102, 200, 201, 202, 204})


@dataclass(slots=True, kw_only=True)
class Debt:
    """One message for one subscription; ``stamped`` is the emulator's own publish time, once it was pushed."""

    topic: str
    subscription: str
    message_id: str
    published: datetime
    attempts: int = 0
    status: int = 0
    said: str = ""
    message: Message | None = None
    stamped: datetime | None = None
    settled: bool = False


class Ledger:
    """Messages by topic and id, and a debt for each subscription of the topic. Safe under threads."""

    def __init__(self, now: Callable[[], datetime], attempts: int) -> None:
        self._now = now
        self._attempts = attempts
        self._lock = threading.Lock()
        self._subscriptions: dict[str, list[str]] = {}
        self._debts: dict[tuple[str, str], Debt] = {}
        self._seen: set[tuple[str, str]] = set()
        self._letters: list[DeadLetter] = []
        self.tally = Tally()

    def subscribed(self, topic: str, subscription: str) -> None:
        with self._lock:
            self._subscriptions.setdefault(topic, []).append(subscription)

    def subscriptions(self, topic: str) -> list[str]:
        with self._lock:
            return list(self._subscriptions.get(topic, []))

    def published(self, topic: str, message_id: str, at: datetime | None = None) -> bool:
        """A message was published; True: it was not known before."""
        with self._lock:
            if (topic, message_id) in self._seen:
                return False
            self._seen.add((topic, message_id))
            self.tally.add(published=1)
            for subscription in self._subscriptions.get(topic, []):
                self._debts[subscription, message_id] = Debt(
                    topic=topic, subscription=subscription, message_id=message_id, published=at or self._now()
                )
                self.tally.add(in_flight=1)
            return True

    def debt(self, subscription: str, message_id: str) -> Debt:
        with self._lock:
            return self._debts[subscription, message_id]

    def answered(self, debt: Debt, status: int, said: str) -> None:
        """A push was answered. After the last attempt the debt stays until the dead letter has been read."""
        with self._lock:
            debt.attempts += 1
            debt.status, debt.said = status, said
            if debt.settled:  # the emulator, too, may push once more than needed
                self.tally.add(duplicates=1)
            elif status in ACKNOWLEDGES:
                debt.settled = True
                self.tally.add(delivered=1, in_flight=-1)
            elif debt.attempts < self._attempts:
                self.tally.add(retries=1)

    def buried(self, letter: Message) -> None:
        """A dead letter was read. It has an id of its own: what it was, its source, time and content tell."""
        subscription = letter.attributes[f"{SOURCE}Subscription"]
        stamped = datetime.fromisoformat(letter.attributes[f"{SOURCE}TopicPublishTime"])
        with self._lock:
            debt, message = self._owed(subscription, stamped, letter)
            debt.settled = True
            self._letters.append(
                DeadLetter(
                    topic=debt.topic,
                    subscription=subscription,
                    message=message,
                    attempts=debt.attempts,
                    status=debt.status,
                    said=debt.said,
                )
            )
            self.tally.add(dead_letters=1, in_flight=-1)

    def _owed(self, subscription: str, stamped: datetime, letter: Message) -> tuple[Debt, Message]:
        attributes = {name: value for name, value in letter.attributes.items() if not name.startswith(SOURCE)}
        for debt in self._debts.values():
            if (debt.subscription, debt.stamped, debt.settled) == (subscription, stamped, False):
                assert debt.message is not None, "what has a stamp was pushed"
                if (debt.message.data, debt.message.attributes) == (letter.data, attributes):
                    return debt, debt.message
        raise LookupError(f"a dead letter of {subscription} of {stamped.isoformat()} that nobody was owed: {letter}")

    def letters(self) -> list[DeadLetter]:
        with self._lock:
            return list(self._letters)

    def counts(self) -> Counts:
        return self.tally.snapshot()
