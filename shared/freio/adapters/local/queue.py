"""Publishes to the queue of the sandbox over loopback, in the REST form of Pub/Sub's ``topics.publish``."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from freio.adapters.local.post import post_json
from freio.errors import Rejected


class LoopbackQueue:
    """`Queue` at ``url`` (``http://127.0.0.1:8085``); ``timeout`` in seconds."""

    def __init__(self, url: str, project: str = "local", timeout: float = 5.0) -> None:
        self._topics = f"{url.rstrip('/')}/v1/projects/{project}/topics"
        self._timeout = timeout

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        message = {"data": base64.b64encode(data).decode("ascii"), "attributes": dict(attributes)}
        reply = post_json(f"{self._topics}/{topic}:publish", {"messages": [message]}, self._timeout)
        try:
            (message_id,) = json.loads(reply)["messageIds"]
        except (ValueError, KeyError, TypeError) as exc:
            raise Rejected(f"no queue answers at {self._topics}: {reply[:200]!r} is no list of one message id") from exc
        return str(message_id)
