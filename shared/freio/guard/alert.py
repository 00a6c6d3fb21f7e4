"""What is owed to people: notices are delivered after the step that owes them was committed, until they are.

A notice is claimed before it is delivered, so two sweeps do not say a thing twice; and since a claim can die with its
holder, what is not idempotent (a first post, a line in a thread) is looked for before it is said again. A whisper
leaves no trace to look for: where its deliverer dies in between, it is said twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from freio.domain.app import Client
from freio.domain.ask import Ask
from freio.domain.journal import Entry, Kind
from freio.domain.notice import Card, Notice, NoticeKind
from freio.domain.sentences import PAGE_DEAD
from freio.errors import Conflict, Rejected, Unavailable
from freio.guard.draw import Drawer
from freio.guard.failing import due
from freio.guard.hold import pause
from freio.i18n.catalogue import Language
from freio.ports import Change, Chat, Clock, Line, Pager, Store

CLAIM = timedelta(minutes=2)
BUSY = timedelta(seconds=30)  # somebody else is at the message: after them
TRIES = 12  # with growing pauses, about four hours; then the notice is dead, and a person is paged
_ORDER = {kind: n for n, kind in enumerate((NoticeKind.PAGE, NoticeKind.DRAW, NoticeKind.ASK))}


@dataclass(slots=True)
class Delivered:
    """How many notices were delivered; ``failures`` are in words, and what failed is due again, or dead and paged."""

    notices: int = 0
    failures: list[str] = field(default_factory=list)


class Alerter:
    """Delivers what is due."""

    def __init__(self, client: Client, store: Store, clock: Clock, chat: Chat, pager: Pager) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._chat = chat
        self._pager = pager
        self._drawer = Drawer(client, store, clock, chat)
        self._deliver: dict[NoticeKind, Callable[[Notice], None]] = {
            NoticeKind.DRAW: self._draw,
            NoticeKind.THREAD: self._thread,
            NoticeKind.MENTION: self._thread,
            NoticeKind.WHISPER: self._whisper,
            NoticeKind.ASK: self._ask,
            NoticeKind.POST: self._post,
            NoticeKind.PAGE: self._page,
        }

    def deliver(self) -> Delivered:
        """Deliver everything that is due now, pages first, messages before their threads."""
        delivered = Delivered()
        notices = due(self._store, Notice, self._clock.now(), delivered.failures)
        for notice in sorted(notices, key=lambda n: _ORDER.get(n.kind, len(_ORDER))):
            self._one(notice, delivered)
        return delivered

    def _one(self, notice: Notice, delivered: Delivered) -> None:
        claimed = replace(notice, attempts=notice.attempts + 1, due_at=self._clock.now() + CLAIM)
        try:
            self._store.commit(Change(put=(claimed,)))
        except Conflict:
            return  # somebody else delivers it
        claimed = replace(claimed, version=claimed.version + 1)
        try:
            self._deliver[notice.kind](claimed)
        except Conflict:
            self._close(Change(put=(replace(claimed, attempts=notice.attempts, due_at=self._clock.now() + BUSY),)))
        except Exception as error:  # noqa: BLE001  # one that cannot be said must not keep the others from being said
            delivered.failures.append(f"{notice.id}: {error!r}")
            self._failed(claimed, error)
        else:
            self._close(Change(put=(replace(claimed, due_at=None, attempts=0),)))
            delivered.notices += 1

    def _close(self, change: Change) -> None:
        """A conflict means that it was touched meanwhile, and is due anew: that is as it should be."""
        try:
            self._store.commit(change)
        except Conflict:
            return

    def _failed(self, notice: Notice, error: Exception) -> None:
        """Due again after a pause. A person is paged when it is dead, or when only a person can help."""
        now = self._clock.now()
        wait = pause(notice.attempts)
        if isinstance(error, Unavailable) and error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        is_page = notice.kind is NoticeKind.PAGE  # never given up
        dead = notice.attempts >= TRIES and not is_page
        entry = Entry(
            id=f"{notice.id}/{notice.version}/failed",
            at=now,
            kind=Kind.FAILURE,
            app=notice.app,
            incident=notice.incident,
            what=str(error) or repr(error),
            data={"notice": notice.id, "attempts": str(notice.attempts)},
        )
        page = Notice(
            id=f"page/{notice.id}/{'dead' if dead else 'rejected'}",
            kind=NoticeKind.PAGE,
            due_at=now,
            incident=notice.incident,
            app=notice.app,
            text=PAGE_DEAD,
            data={"app": notice.app, "incident": notice.incident, "error": entry.what},
        )
        news = dead or (isinstance(error, Rejected) and not is_page and self._store.get(Notice, page.id) is None)
        kept = replace(notice, due_at=None if dead else now + wait, dead=dead)
        self._close(Change(put=(kept,), touch=(page,) if news else (), journal=(entry,)))

    # ---- each kind

    def _draw(self, notice: Notice) -> None:
        self._drawer.draw(notice.incident)

    def _thread(self, notice: Notice) -> None:
        card = self._store.get(Card, notice.incident)
        if card is None or not card.ts:
            raise Unavailable(f"the message of {notice.incident} is not posted yet")
        mention: tuple[str, ...] = ()
        if notice.kind is NoticeKind.MENTION:
            app = self._client.app(notice.app)
            mention = (*(app.owners if app else ()), *self._client.approvals.ops)
        self._chat.thread(card, Line(text=notice.text, data=notice.data, mention=mention), notice.id)

    def _post(self, notice: Notice) -> None:
        self._chat.post(notice.channel, Line(text=notice.text, data=notice.data), notice.id)

    def _whisper(self, notice: Notice) -> None:
        self._chat.whisper(notice.channel, notice.person, Line(text=notice.text, data=notice.data))

    def _ask(self, notice: Notice) -> None:
        ask = self._store.get(Ask, notice.data["ask"])
        assert ask is not None, "a request's notice is committed with it"
        card = self._store.get(Card, ask.incident) if ask.incident else None
        app = self._client.app(ask.app)
        approvals = self._client.approvals
        payers = approvals.cost_owners.get(app.cost_centre, ()) if app else ()
        people = tuple(dict.fromkeys((*approvals.hard_levers, *payers))) if ask.lever else payers
        self._chat.ask(ask, people or approvals.ops, card, f"ask/{ask.id}")

    def _page(self, notice: Notice) -> None:
        details = {"app": notice.app, "incident": notice.incident, **notice.data}
        self._pager.page(notice.id, plain(notice, self._client.time_zone), details)


def plain(notice: Notice, time_zone: str = "UTC") -> str:
    """A notice in plain words, always in English: pages are read by people and by paging systems alike.

    What cannot be said well is said as it is: a bug in a page's data must not keep anybody asleep.

    >>> from datetime import UTC, datetime
    >>> plain(Notice(id="x", kind=NoticeKind.PAGE, due_at=datetime(2026, 1, 1, tzinfo=UTC), text="{app} waits "
    ...              "{waited:duration}.", data={"app": "chat", "waited": "5400"}))
    'chat waits 1 hour, 30 minutes.'
    """
    try:
        return Language("en", time_zone).say(notice.text, notice.data)
    except (ArithmeticError, LookupError, ValueError):
        return f"{notice.text} {dict(notice.data)}"
