"""What is owed to people: notices are delivered after the step that owes them was committed, until they are.

A notice is claimed before it is delivered, so two sweeps do not say a thing twice; and since a claim can die with its
holder, what is not idempotent (a first post, a line in a thread) is looked for before it is said again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from freio.domain.app import Client
from freio.domain.ask import Ask
from freio.domain.incident import Incident
from freio.domain.journal import Entry, Kind
from freio.domain.notice import Card, Notice, NoticeKind
from freio.domain.sentences import PAGE_DEAD
from freio.errors import Conflict, Rejected, Unavailable, VendorError
from freio.guard.hold import pause
from freio.guard.retry import again
from freio.ports import Change, Chat, Clock, Line, Pager, Store

CLAIM = timedelta(minutes=2)
TRIES = 12  # with growing pauses, about four hours; then the notice is dead, and a person is paged
_ORDER = {kind: n for n, kind in enumerate((NoticeKind.PAGE, NoticeKind.DRAW, NoticeKind.ASK))}


class Alerter:
    """Delivers what is due."""

    def __init__(self, client: Client, store: Store, clock: Clock, chat: Chat, pager: Pager) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._chat = chat
        self._pager = pager
        self._deliver: dict[NoticeKind, Callable[[Notice], None]] = {
            NoticeKind.DRAW: self._draw,
            NoticeKind.THREAD: self._thread,
            NoticeKind.MENTION: self._thread,
            NoticeKind.WHISPER: self._whisper,
            NoticeKind.ASK: self._ask,
            NoticeKind.PAGE: self._page,
        }

    def deliver(self) -> int:
        """Deliver everything that is due now, pages first, messages before their threads. Returns how many."""
        done = 0
        due = self._store.due(Notice, self._clock.now())
        for notice in sorted(due, key=lambda n: _ORDER.get(n.kind, len(_ORDER))):
            done += self._one(notice)
        return done

    def _one(self, notice: Notice) -> bool:
        claimed = replace(notice, attempts=notice.attempts + 1, due_at=self._clock.now() + CLAIM)
        try:
            self._store.commit(Change(put=(claimed,)))
        except Conflict:
            return False  # somebody else delivers it
        claimed = replace(claimed, version=claimed.version + 1)
        try:
            self._deliver[notice.kind](claimed)
        except VendorError as error:
            self._failed(claimed, error)
            return False
        self._close(replace(claimed, due_at=None, attempts=0))
        return True

    def _close(self, notice: Notice, entry: Entry | None = None) -> None:
        """A conflict means that it was touched meanwhile, and is due anew: that is as it should be."""
        try:
            self._store.commit(Change(put=(notice,), journal=(entry,) if entry else ()))
        except Conflict:
            return

    def _failed(self, notice: Notice, error: VendorError) -> None:
        now = self._clock.now()
        wait = pause(notice.attempts)
        if isinstance(error, Unavailable) and error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        dead = notice.attempts >= TRIES and notice.kind is not NoticeKind.PAGE
        entry = Entry(
            id=f"{notice.id}/{notice.version}/failed",
            at=now,
            kind=Kind.FAILURE,
            app=notice.app,
            incident=notice.incident,
            what=str(error),
            data={"notice": notice.id, "attempts": str(notice.attempts)},
        )
        if dead or isinstance(error, Rejected):
            data = {"app": notice.app, "incident": notice.incident, "error": str(error)}
            page = Notice(
                id=f"page/{notice.id}",
                kind=NoticeKind.PAGE,
                due_at=now,
                incident=notice.incident,
                app=notice.app,
                text=PAGE_DEAD,
                data=data,
            )
            if notice.kind is not NoticeKind.PAGE and self._store.get(Notice, page.id) is None:
                self._store.commit(Change(touch=(page,)))
        self._close(replace(notice, due_at=None if dead else now + wait, dead=dead), entry)

    # ---- each kind

    def _draw(self, notice: Notice) -> None:
        incident = self._store.get(Incident, notice.incident)
        assert incident is not None, "a draw is committed with its incident"
        card = self._store.get(Card, incident.id) or Card(id=incident.id, channel=self._client.channel, ts="")
        if not card.ts:
            card = replace(card, ts=self._chat.find(card.channel, incident.id) or "")
        ts = self._chat.show(incident, card)
        if ts == card.ts and card.version > 0:
            return
        posted = Entry(
            id=f"{incident.id}/posted",
            at=self._clock.now(),
            kind=Kind.NOTICE,
            app=incident.app,
            incident=incident.id,
            what="posted",
            data={"channel": card.channel, "ts": ts},
        )
        again(partial(self._keep_ts, card, ts, posted))

    def _keep_ts(self, card: Card, ts: str, posted: Entry) -> None:
        """The card may have got a chart meanwhile."""
        now_there = self._store.get(Card, card.id) or card
        self._store.commit(Change(put=(replace(now_there, ts=ts),), journal=(posted,)))

    def _thread(self, notice: Notice) -> None:
        card = self._store.get(Card, notice.incident)
        if card is None or not card.ts:
            raise Unavailable(f"the message of {notice.incident} is not posted yet")
        mention: tuple[str, ...] = ()
        if notice.kind is NoticeKind.MENTION:
            app = self._client.app(notice.app)
            mention = (*(app.owners if app else ()), *self._client.approvals.ops)
        self._chat.thread(card, Line(text=notice.text, data=notice.data, mention=mention), notice.id)

    def _whisper(self, notice: Notice) -> None:
        self._chat.whisper(notice.channel, notice.person, Line(text=notice.text, data=notice.data))

    def _ask(self, notice: Notice) -> None:
        ask = self._store.get(Ask, notice.data["ask"])
        assert ask is not None, "a request's notice is committed with it"
        card = self._store.get(Card, ask.incident) if ask.incident else None
        app = self._client.app(ask.app)
        people = self._client.approvals.cost_owners.get(app.cost_centre, ()) if app else ()
        self._chat.ask(ask, people or self._client.approvals.ops, card, f"ask/{ask.id}")

    def _page(self, notice: Notice) -> None:
        """Pages are in English and plain: they are read by people and by paging systems alike."""
        details = {"app": notice.app, "incident": notice.incident, **notice.data}
        self._pager.page(notice.id, plain(notice), details)


def plain(notice: Notice) -> str:
    """A notice's sentence with its data as they are.

    >>> from datetime import UTC, datetime
    >>> plain(Notice(id="x", kind=NoticeKind.PAGE, due_at=datetime(2026, 1, 1, tzinfo=UTC), text="{app} waits "
    ...              "{waited:duration}.", data={"app": "chat", "waited": "60"}))
    'chat waits 60.'
    """
    text = notice.text
    for name, value in notice.data.items():
        for kind in ("", ":duration", ":money", ":number", ":person", ":time", ":word", ":limit", ":percent"):
            text = text.replace(f"{{{name}{kind}}}", value)
    return text
