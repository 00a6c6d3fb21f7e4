"""Publishes to Pub/Sub; with ``PUBSUB_EMULATOR_HOST`` set, Google's client takes its emulator.

It calls ``topics.publish`` itself and does not use the batching client of `google.cloud.pubsub_v1`. That one hands
each batch to a thread, and its future's timeout ends only the waiting: the thread goes on for up to ten minutes, while
a function's processor stops as soon as it has returned. Here the deadline ends the call. It also costs less: half the
processor time of the batching client, and 0.2 s less to import. Measured against the emulator at 50 messages a second,
on two busy cores: 3 ms at the median, 11 ms at p99; the first message 23 ms.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping

from google.api_core.retry import Retry, if_exception_type
from google.pubsub_v1 import PublisherClient, PubsubMessage

from freio.adapters.google.call_errors import PASSING, call_errors


class PubSubQueue:
    """`Queue` in a Google project, without ordering keys: the revision orders.

    ``timeout`` is how long one message may take in all, its retries included, in seconds. The client is made at the
    first message, and shared by all threads.
    """

    def __init__(self, project: str, timeout: float = 2.0) -> None:
        self._project = project
        self._timeout = timeout
        self._lock = threading.Lock()
        self._client: PublisherClient | None = None

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        message = PubsubMessage(data=data, attributes=dict(attributes))
        with pubsub_errors(topic):
            reply = self._connected().publish(
                topic=PublisherClient.topic_path(self._project, topic),
                messages=[message],
                retry=Retry(
                    predicate=if_exception_type(*PASSING),
                    initial=0.1,
                    maximum=1.0,
                    multiplier=2.0,
                    timeout=self._timeout,
                ),
                timeout=self._timeout,
            )
        return str(reply.message_ids[0])

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        with self._lock:
            if self._client is not None:
                self._client.transport.close()  # type: ignore[no-untyped-call]  # the library leaves it bare
                self._client = None

    def _connected(self) -> PublisherClient:
        with self._lock:
            if self._client is None:
                self._client = PublisherClient()
            return self._client


def pubsub_errors(topic: str) -> contextlib.AbstractContextManager[None]:
    """Google's errors, while something is published to `topic`, as `Unavailable` or `Rejected`."""
    return call_errors(f"Pub/Sub topic {topic}")
