"""Topics and push subscriptions in Pub/Sub's emulator, as Terraform makes them in production.

Seen in the emulator: it keeps to the dead-letter policy (attempts, and the attributes of a dead letter), and pushes
several messages at once, so that none holds up another. Not shown by it:

* It does not sign a push: there is no header ``Authorization``.
* It says no ``deliveryAttempt``, and where a message has no data it pushes ``"data": ""``.
* Its pauses are its own, about a second each. With a retry policy they are longer, and now and then it forgets for good
  a message that failed (2 subscriptions of 12, on a busy machine; none of 24 without the policy). So a subscription
  has none here unless `pauses` are given; Terraform's have one.
* 202 is no acknowledgement to it, as it is to Pub/Sub; 200, 201 and 204 are.
* It checks no IAM: in production Pub/Sub's own service agent must be allowed to publish to the dead-letter topic and to
  subscribe to the subscription, and to make tokens for the account that signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import grpc  # type: ignore[import-untyped]  # it ships no types
from google.api_core.exceptions import AlreadyExists
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import DeadLetterPolicy, PullRequest, PushConfig, ReceivedMessage, RetryPolicy, Subscription

from freio.events import Message

DEAD_LETTERS = "freio-dead-letters"
AT_ONCE = 100
ANSWERS_WITHIN = 10.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Between two attempts, in seconds: from ``least``, growing to ``most``."""

    least: float = 0.1
    most: float = 1.0

    def policy(self) -> RetryPolicy:
        return RetryPolicy(minimum_backoff=timedelta(seconds=self.least), maximum_backoff=timedelta(seconds=self.most))


class PubSubSetup:
    """One project in the emulator at `address`; use it in a ``with``. See `push_setup`."""

    def __init__(
        self, address: str, project: str, *, attempts: int = 5, pauses: Pauses | None = None, deadline: int = 10
    ) -> None:
        self.project = project
        self._attempts = attempts
        self._pauses = pauses
        self._deadline = deadline
        self._made: list[str] = []
        self._open = ExitStack()
        # A channel of our own: two emulators may run side by side, whatever PUBSUB_EMULATOR_HOST says.
        channel = self._open.enter_context(grpc.insecure_channel(address))
        self._publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self._subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        self.create_topic(DEAD_LETTERS)
        self.listen(DEAD_LETTERS, DEAD_LETTERS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the subscriptions that were made, and close the connection; the topics stay.

        Left behind, they would be pushed to an address where by then somebody else may listen.
        """
        for name in self._made:
            self._subscriber.delete_subscription(subscription=self._subscription(name))
        self._made.clear()
        self._open.close()

    def create_topic(self, topic: str) -> None:
        """One that is there already will do."""
        with suppress(AlreadyExists):
            self._publisher.create_topic(name=self._topic(topic))

    def push(self, topic: str, url: str, name: str) -> None:
        """A push subscription with a dead-letter policy, and without ordering keys."""
        self.create_topic(topic)
        self._subscriber.create_subscription(
            request=Subscription(
                name=self._subscription(name),
                topic=self._topic(topic),
                ack_deadline_seconds=self._deadline,
                push_config=PushConfig(push_endpoint=url),
                retry_policy=self._pauses.policy() if self._pauses else None,
                dead_letter_policy=DeadLetterPolicy(
                    dead_letter_topic=self._topic(DEAD_LETTERS), max_delivery_attempts=self._attempts
                ),
            )
        )
        self._made.append(name)

    def listen(self, topic: str, name: str) -> None:
        """A pull subscription; what is published from now on waits in it."""
        with suppress(AlreadyExists):
            self._subscriber.create_subscription(name=self._subscription(name), topic=self._topic(topic))
            self._made.append(name)

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str] | None = None) -> str:
        message = PubsubMessage(data=data, attributes=dict(attributes or {}))
        return str(self._publisher.publish(topic=self._topic(topic), messages=[message]).message_ids[0])

    def take(self, name: str) -> list[Message]:
        """What waits in a pull subscription now, taken out of it; does not wait for more."""
        taken: list[Message] = []
        while received := self._pull(name):
            self._subscriber.acknowledge(
                subscription=self._subscription(name), ack_ids=[one.ack_id for one in received]
            )
            taken += [
                Message(
                    id=one.message.message_id,
                    published=one.message.publish_time,
                    attributes=dict(one.message.attributes),
                    data=one.message.data,
                )
                for one in received
            ]
        return taken

    def dead_letters(self) -> list[Message]:
        """The dead letters since the last call, each with the attributes ``CloudPubSubDeadLetterSource…``."""
        return self.take(DEAD_LETTERS)

    def _pull(self, name: str) -> Sequence[ReceivedMessage]:
        request = PullRequest(subscription=self._subscription(name), max_messages=AT_ONCE, return_immediately=True)
        # The bare call: the client warns of `return_immediately`, which is slow in production; here nobody waits.
        pull: Any = self._subscriber.transport.pull
        reply = pull(request, timeout=ANSWERS_WITHIN)
        return list(reply.received_messages)

    def _topic(self, topic: str) -> str:
        return f"projects/{self.project}/topics/{topic}"

    def _subscription(self, name: str) -> str:
        return f"projects/{self.project}/subscriptions/{name}"


def push_setup(
    address: str, project: str, routes: Mapping[str, str], *, attempts: int = 5, pauses: Pauses | None = None
) -> PubSubSetup:
    """Each topic pushed to its URL; what is given up after `attempts` (5 to 100) is read by `PubSubSetup.dead_letters`.

    The subscriptions are called ``<topic>-push``. A `project` of one's own keeps users of one emulator apart; it need
    not exist.
    """
    setup = PubSubSetup(address, project, attempts=attempts, pauses=pauses)
    for topic, url in routes.items():
        setup.push(topic, url, f"{topic}-push")
    return setup
