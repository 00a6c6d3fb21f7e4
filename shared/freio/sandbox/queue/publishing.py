"""The call ``topics.publish`` of Pub/Sub's REST API: what it takes, and what it refuses.

Limits: https://cloud.google.com/pubsub/quotas#resource_limits
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

PATH = re.compile(r"/v1/projects/[^/]+/topics/(?P<topic>[^/:]+):publish")
MOST_ATTRIBUTES = 100
LONGEST_KEY = 256  # bytes, and so for the value
LONGEST_VALUE = 1024
LARGEST_REQUEST = 10_000_000  # bytes


class Refused(Exception):
    """A call that Google would refuse, with its HTTP status and the status's name."""

    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    def body(self) -> bytes:
        return json.dumps({"error": {"code": self.code, "message": str(self), "status": self.status}}).encode()


def topic_of(path: str) -> str:
    """The topic that a path publishes to. All projects are one here: a publisher need not know how it is called."""
    match = PATH.fullmatch(path)
    if match is None:
        raise Refused(404, "NOT_FOUND", f"no method at {path}")
    return match["topic"]


def messages_of(body: bytes) -> list[tuple[bytes, dict[str, str]]]:
    """Data and attributes of each message in a request."""
    if len(body) > LARGEST_REQUEST:
        raise _invalid(f"a request has at most {LARGEST_REQUEST} bytes, this one {len(body)}")
    try:
        request = json.loads(body)
    except ValueError as exc:
        raise _invalid(f"the body is no JSON: {exc}") from exc
    messages = request.get("messages") if isinstance(request, dict) else None
    if not isinstance(messages, list) or not messages:
        raise _invalid("`messages` holds at least one message")
    return [_message(message) for message in messages]


def _message(message: Any) -> tuple[bytes, dict[str, str]]:
    if not isinstance(message, Mapping):
        raise _invalid(f"a message is an object, not {message!r:.80}")
    unknown = message.keys() - {"data", "attributes", "orderingKey"}
    if unknown:
        raise _invalid(f"unknown fields: {', '.join(sorted(unknown))}")
    try:
        data = base64.b64decode(message.get("data", ""), validate=True)
    except (ValueError, TypeError) as exc:
        raise _invalid(f"`data` is base64: {exc}") from exc
    attributes = message.get("attributes", {})
    _check_attributes(attributes)
    if not data and not attributes:
        raise _invalid("a message has data, attributes, or both")
    return data, dict(attributes)


def _check_attributes(attributes: Any) -> None:
    if not isinstance(attributes, Mapping) or not all(isinstance(value, str) for value in attributes.values()):
        raise _invalid(f"`attributes` are texts by name, not {attributes!r:.80}")
    if len(attributes) > MOST_ATTRIBUTES:
        raise _invalid(f"a message has at most {MOST_ATTRIBUTES} attributes, this one {len(attributes)}")
    for key, value in attributes.items():
        if not key or len(key.encode()) > LONGEST_KEY or len(value.encode()) > LONGEST_VALUE:
            raise _invalid(f"attribute {key[:40]!r}: keys have 1 to {LONGEST_KEY} bytes, values up to {LONGEST_VALUE}")


def _invalid(message: str) -> Refused:
    return Refused(400, "INVALID_ARGUMENT", message)
