"""Looks for messages of ours by their metadata: posting is not idempotent, so what is there is never posted again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from slack_sdk import WebClient

from freio.adapters.slack.errors import translated

PAGE = 200  # messages a call, as Slack recommends
PAGES = 5  # so that a look is bounded: the newest 1,000 messages of a channel, the oldest 1,000 of a thread

INCIDENT = "freio_incident"
LINE = "freio_line"
POST = "freio_post"
REQUEST = "freio_request"

Payload = Mapping[str, str]


class Messages:
    """What stands in a channel or a thread, a page at a time."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def in_channel(self, channel: str, event_type: str, wanted: Callable[[Payload], bool]) -> str | None:
        """The ts of the newest such message of the channel, if there is one among the newest 1,000."""
        return self._first(self._client.conversations_history, event_type, wanted, channel=channel)

    def in_thread(self, channel: str, ts: str, event_type: str, wanted: Callable[[Payload], bool]) -> str | None:
        """The ts of the oldest such reply, if there is one among the oldest 1,000."""
        return self._first(self._client.conversations_replies, event_type, wanted, channel=channel, ts=ts)

    def _first(
        self, method: Callable[..., Any], event_type: str, wanted: Callable[[Payload], bool], **where: str
    ) -> str | None:
        for message in self._pages(method, where):
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == event_type and wanted(metadata.get("event_payload") or {}):
                return str(message["ts"])
        return None

    @staticmethod
    def _pages(method: Callable[..., Any], where: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        cursor = ""
        for _ in range(PAGES):
            with translated(f"looking for a message in {where['channel']}"):
                more = {"cursor": cursor} if cursor else {}
                page = method(**where, limit=PAGE, include_all_metadata=True, **more)
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
