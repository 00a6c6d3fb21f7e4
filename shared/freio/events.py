"""A message of Pub/Sub between the envelope that a function receives and our words, in both directions.

A push from Eventarc is a CloudEvent whose data is ``{"message": {...}, "subscription": "..."}``; `from_cloudevent`
reads it and `to_push` writes the same, for the queue of the sandbox. Form: google.events.cloud.pubsub.v1
``MessagePublishedData``; Eventarc's own pushes add snake_case duplicates of some keys.

A push subscription of our own sends the same data as a plain body. functions-framework makes such an event of it, with
the message's id and time for the event's, and leaves out ``subscription`` and ``deliveryAttempt``. It takes a body
whose message has no ``data`` for no event, and answers 400: so what we publish has data, if only ``{}``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from freio.errors import BadMessage

TYPE = "google.cloud.pubsub.topic.v1.messagePublished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: ``id`` is the same at each delivery, ``published`` is UTC, ``data`` is decoded."""

    id: str
    published: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)
    data: bytes = b""


class CloudEvent(Protocol):
    """What functions-framework hands to a function: attributes by name, and the data."""

    @property
    def data(self) -> Any: ...

    def __getitem__(self, key: str) -> Any: ...


def from_cloudevent(event: CloudEvent | Mapping[str, Any]) -> Message:
    """The message in an event, or in the same as a dict (a structured CloudEvent, as JSON has it).

    Whatever cannot be used raises `BadMessage`, with one of the reasons ``json``, ``envelope``, ``message``, ``id``,
    ``time``, ``attributes`` and ``base64``.

    >>> from_cloudevent({"id": "7", "time": "2026-11-23T00:00:00Z", "data": {"message": {"data": "aGk="}}}).data
    b'hi'
    """
    message = _message_of(event.get("data") if isinstance(event, Mapping) else event.data)
    message_id = _either(message, "messageId", "message_id") or _attribute(event, "id")
    if not isinstance(message_id, str) or not message_id:
        raise BadMessage("id", f"a message has an id, and this one has {message_id!r}")
    published = _either(message, "publishTime", "publish_time") or _attribute(event, "time")
    return Message(
        id=message_id,
        published=_instant(published),
        attributes=_attributes(message.get("attributes")),
        data=_decoded(message.get("data")),
    )


def to_push(message: Message, *, topic: str, subscription: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of a binary-mode CloudEvent, as Eventarc pushes it.

    ``topic`` and ``subscription`` are full names: ``projects/p/topics/t``, ``projects/p/subscriptions/s``.
    """
    published = message.published.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    headers = {
        "ce-id": message.id,
        "ce-source": f"//pubsub.googleapis.com/{topic}",
        "ce-specversion": "1.0",
        "ce-type": TYPE,
        "ce-time": published,
        "content-type": "application/json",
    }
    content = {
        "data": base64.b64encode(message.data).decode("ascii"),
        "attributes": dict(message.attributes),
        "messageId": message.id,
        "message_id": message.id,
        "publishTime": published,
        "publish_time": published,
    }
    return headers, json.dumps({"message": content, "subscription": subscription}).encode()


def _message_of(data: object) -> Mapping[str, Any]:
    if isinstance(data, (bytes, str)):  # a body whose content type is not said to be JSON arrives unread
        try:
            data = json.loads(data)
        except ValueError as exc:
            raise BadMessage("json", f"the event's data is no JSON: {exc}") from exc
    if not isinstance(data, Mapping):
        raise BadMessage("envelope", f"the event's data is an object, not {_shown(data)}")
    message = data.get("message")
    if not isinstance(message, Mapping):
        raise BadMessage("message", f"the event's data has an object `message`, not {_shown(message)}")
    return message


def _either(message: Mapping[str, Any], camel: str, snake: str) -> Any:
    return message.get(camel) or message.get(snake)


def _attribute(event: CloudEvent | Mapping[str, Any], name: str) -> Any:
    try:
        return event[name]
    except KeyError:
        return None


def _instant(value: object) -> datetime:
    """RFC 3339, down to nanoseconds, of which microseconds are kept; an event's own time may be a datetime."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        utc = at.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise BadMessage("time", f"a publish time is RFC 3339, not {_shown(value)}") from exc
    if at.utcoffset() is None:
        raise BadMessage("time", f"a publish time has an offset, and {_shown(value)} has none")
    return utc


def _attributes(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(part, str) for pair in value.items() for part in pair):
        raise BadMessage("attributes", f"attributes are texts by name, not {_shown(value)}")
    return dict(value)


def _decoded(value: object) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise BadMessage("base64", f"a message's data is base64 text, not {_shown(value)}")
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as exc:
        raise BadMessage("base64", f"a message's data is base64, and {_shown(value)} is not: {exc}") from exc


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
