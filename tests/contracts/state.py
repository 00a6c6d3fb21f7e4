"""Records to write into a store, with only what a test says about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from freio.domain.app import Level, Mode
from freio.domain.incident import Incident, State
from freio.domain.journal import Entry, Kind
from freio.domain.money import Money, SpendRange
from freio.domain.notice import Card, Notice, NoticeKind

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def incident(incident_id: str, app: str = "", **changes: Any) -> Incident:
    """An incident of an app that is named after it, unless the test names one."""
    made = Incident(
        id=incident_id,
        app=app or f"app-of-{incident_id}",
        state=State.OPEN,
        mode=Mode.APPROVE,
        level=Level.WARNING,
        opened_at=NOW,
        changed_at=NOW,
        spend=SpendRange.zero("BRL"),
        rate=Money(Decimal("1.10"), "BRL"),
    )
    return replace(made, **changes)


def card(card_id: str, ts: str = "1.0", **changes: Any) -> Card:
    return replace(Card(id=card_id, channel="C1", ts=ts), **changes)


def notice(notice_id: str, **changes: Any) -> Notice:
    return replace(Notice(id=notice_id, kind=NoticeKind.DRAW, due_at=NOW), **changes)


def entry(entry_id: str, incident_id: str = "i-1", at: datetime = NOW, what: str = "") -> Entry:
    return Entry(id=entry_id, at=at, kind=Kind.STATE, incident=incident_id, what=what)
