"""An incident's one message: posted once, then redrawn in place, by one deliverer at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from freio.domain.app import Client
from freio.domain.incident import Incident
from freio.domain.journal import Entry, Kind
from freio.domain.notice import Card
from freio.errors import Conflict
from freio.guard.retry import again
from freio.ports import Change, Chat, Clock, Store

CLAIM = timedelta(minutes=2)  # longer than a post may take


class Drawer:
    """Draws incidents as they stand.

    A notice that is touched while it is delivered is due at once, and so would be drawn twice at the same time: two
    first posts, or an old picture over a new one. Hence the card is claimed as well: its ``due_at`` is until when.
    """

    def __init__(self, client: Client, store: Store, clock: Clock, chat: Chat) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._chat = chat

    def draw(self, incident_id: str) -> None:
        """Post the message, or redraw it. A post whose reply was lost is found before it is posted again.

        Raises `Conflict` while somebody else draws it.
        """
        card = self._claim(incident_id)
        incident = self._store.get(Incident, incident_id)
        assert incident is not None, "a draw is committed with its incident"
        if not card.ts:
            card = replace(card, ts=self._chat.find(card.channel, incident.id) or "")
        ts = self._chat.show(incident, card)
        posted = Entry(
            id=f"{incident.id}/posted",
            at=self._clock.now(),
            kind=Kind.NOTICE,
            app=incident.app,
            incident=incident.id,
            what="posted",
            data={"channel": card.channel, "ts": ts},
        )
        again(partial(self._keep, card, ts, posted))

    def _claim(self, incident_id: str) -> Card:
        now = self._clock.now()
        card = self._store.get(Card, incident_id) or Card(id=incident_id, channel=self._client.channel, ts="")
        if card.due_at is not None and card.due_at > now:
            raise Conflict(f"the message of {incident_id} is being drawn until {card.due_at.isoformat()}")
        claimed = replace(card, due_at=now + CLAIM)
        self._store.commit(Change(put=(claimed,)))
        return replace(claimed, version=claimed.version + 1)

    def _keep(self, drawn: Card, ts: str, posted: Entry) -> None:
        """Where it stands, and that it may be drawn again; the card may have got a chart meanwhile."""
        card = self._store.get(Card, drawn.id)
        assert card is not None, "it was claimed"
        mine = card.due_at == drawn.due_at
        kept = replace(card, ts=ts, due_at=None if mine else card.due_at, posted_at=card.posted_at or posted.at)
        self._store.commit(Change(put=(kept,), journal=(posted,)))
