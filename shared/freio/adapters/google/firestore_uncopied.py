"""Which entries of the journal in Firestore have no copy yet.

An entry is written with ``uncopied_since`` and without ``expires_at``. The mark, set once its copy stands, takes the
one off and puts the other on: Firestore never lets go of an entry whose copy is missing, however long BigQuery is away.
The query is answered by the automatic index of ``uncopied_since``, which holds only what is waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from freio.adapters.codec import EPOCH
from freio.adapters.google.firestore_database import NEVER, Database
from freio.adapters.google.firestore_documents import Place, Write, copied_fields
from freio.adapters.google.firestore_errors import Moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncopied:
    """A journal document as it was read.

    ``document`` is its id in Firestore, ``body`` the codec's text, ``ordinal`` its place in its commit.
    ``since`` is the writer's clock, ``written_at`` Firestore's own, at the commit.
    """

    document: str
    body: str
    ordinal: int
    since: datetime
    written_at: datetime


class UncopiedEntries:
    """The journal's documents in `database` that are still to be copied."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def oldest(self, limit: int) -> list[Uncopied]:
        """The first `limit` of them, by when they were written. One read is billed where there are none."""
        query = self._database.collection("journal").order_by("uncopied_since").limit(limit)

        def found() -> list[Uncopied]:
            return [
                Uncopied(
                    document=each.id,
                    body=each.get("body"),
                    ordinal=each.get("ordinal"),
                    since=EPOCH + timedelta(microseconds=each.get("uncopied_since")),
                    written_at=each.update_time,
                )
                for each in query.stream(retry=NEVER, timeout=self._database.timeout)
            ]

        return self._database.repeated("looking for entries without a copy", found)

    def mark(self, copied: Sequence[Uncopied]) -> None:
        """All of them, or none: their copies stand, and their time in Firestore begins to run.

        Each must be as it was read. Where one is not, somebody else has marked it, or this call did before its reply
        was lost: what has no mark then is found, copied and marked the next time, and a copy is never doubled.
        """
        now = self._database.now()
        writes = [
            Write(Place("journal", each.document), copied_fields(now, each.written_at), each.written_at)
            for each in copied
        ]

        def marked() -> None:
            try:
                self._database.write(writes, commit="")
            except Moved:
                return

        self._database.repeated("marking entries as copied", marked)
