"""What is owed to the outside after a change: committed with the change, delivered after it, retried until done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """How a notice is delivered."""

    DRAW = "draw"  # the incident's one message, posted or updated
    THREAD = "thread"  # a line of history in its thread
    MENTION = "mention"  # a line in the thread that calls people
    WHISPER = "whisper"  # to one person only
    ASK = "ask"  # a request with Approve and Deny
    POST = "post"  # a message of its own in the channel
    PAGE = "page"  # by the pager, which is not Slack


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to deliver. ``text`` is the key of a sentence in the catalogue, ``data`` what stands in it.

    ``due_at`` is None once it was delivered, or is ``dead``: given up, with a person paged about it.
    """

    id: str
    kind: NoticeKind
    due_at: datetime | None
    incident: str = ""
    app: str = ""
    person: str = ""
    channel: str = ""
    text: str = ""
    data: dict[str, str] = field(default_factory=dict)
    version: int = 0
    attempts: int = 0
    dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Where an incident's message stands in the chat since when, and which chart it shows."""

    id: str
    channel: str
    ts: str
    chart: str = ""
    chart_at: datetime | None = None
    posted_at: datetime | None = None
    version: int = 0
    due_at: datetime | None = None
