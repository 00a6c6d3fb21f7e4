"""The journal: the append-only record of every signal, decision, click, lever call and restore."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an entry records."""

    MESSAGE = "message"  # an event that came in and changed nothing else (a status, a foreign budget)
    SIGNAL = "signal"
    STATE = "state"
    CLICK = "click"
    LESSON = "lesson"  # what an answer, or an announcement, teaches
    REQUEST = "request"
    LEVER = "lever"
    PROOF = "proof"
    FOREIGN = "foreign"
    NOTICE = "notice"
    PAGE = "page"
    REJECTED = "rejected"  # an event that can never be used
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line. `id` is derived from what it records, so that recording it twice leaves one."""

    id: str
    at: datetime
    kind: Kind
    app: str = ""
    incident: str = ""
    by: str = ""
    what: str = ""
    data: dict[str, str] = field(default_factory=dict)
