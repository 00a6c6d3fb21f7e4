"""One change into Firestore, once: through lost races and lost replies.

A commit is two calls. One reads every document that the change is about, in one snapshot; then one Commit writes all
of them or nothing, each on the condition that it has not been written since. Firestore checks and writes in one
serialisable transaction of its own. Whoever loses a race reads again: where the caller's versions still stand, the
change is tried anew, else it is a `Conflict`.

Why not the library's transactions: those repeat a Commit whose reply was lost without looking; they cost one more
call; and their read locks outlive a function that is killed, so that an incident would stand still until they expire.

A lost reply: each change signs its documents with an id of its own. After an error that leaves it open whether the
Commit took effect, the documents are read before anything else is done. Signed: it did, and all is well. As they
were: it is sent again, under the same conditions, so that at most one of the two takes effect even if the first
arrives late. Changed by somebody else: `Unavailable`, because a `Conflict` would claim that nothing was written, and
a second try might do it twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from freio.adapters.google.call_errors import is_passing
from freio.adapters.google.firestore_database import Database
from freio.adapters.google.firestore_documents import Found, Place, Write
from freio.adapters.google.firestore_draft import Draft
from freio.errors import Unavailable


class Commit:
    """The attempts at one change; ``id`` signs them all."""

    def __init__(self, database: Database, draft: Draft) -> None:
        self._database = database
        self._draft = draft
        self._id = uuid.uuid4().hex
        self._sent: dict[Place, datetime | None] = {}  # what a Commit of unknown outcome was based on; empty: none is

    def attempt(self) -> None:
        """Raises `Conflict`; `Moved` and Google's passing errors, after which it may be called again."""
        found = self._database.read(self._draft.places)
        if self._sent and self._took_effect(found):
            return
        writes = self._draft.writes(found, self._database.now())
        if writes:
            self._send(writes)

    def _took_effect(self, found: Mapping[Place, Found]) -> bool:
        if any(each.fields.get("commit") == self._id for each in found.values()):
            return True
        for place, based_on in self._sent.items():
            if found[place].at != based_on:
                raise Unavailable(
                    f"Firestore, writing a change: the reply was lost, and {place.collection} {place.id}"
                    " has changed since: whether the change took effect is not known"
                )
        return False

    def _send(self, writes: Sequence[Write]) -> None:
        try:
            self._database.write(writes, self._id)
        except Exception as exc:
            if is_passing(exc):
                self._sent = {write.place: write.based_on for write in writes}
            raise
