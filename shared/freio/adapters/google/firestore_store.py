"""State and journal in Firestore (native mode); with ``FIRESTORE_EMULATOR_HOST`` set, its emulator.

`firestore_documents` says what stands where, for how long, and what Terraform must set; `firestore_commit` how a change
is written. Reads are strong: what was committed is seen by the next read of anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1.base_query import FieldFilter

from freio.adapters.codec import decode, decode_all, decode_entry, decode_readable, kind_of, microseconds
from freio.adapters.google.firestore_commit import Commit
from freio.adapters.google.firestore_database import NEVER, Database
from freio.adapters.google.firestore_documents import Place, document_id, is_expired, journal_order
from freio.adapters.google.firestore_draft import Draft
from freio.adapters.google.firestore_uncopied import UncopiedEntries
from freio.domain.incident import Incident
from freio.domain.journal import Entry
from freio.domain.target import Brake
from freio.ports import Change, R

JOURNAL_TIMEOUT = 300.0  # seconds for a whole journal


class FirestoreStore:
    """`Store` and `Journal` in one database of a Google project, shared by any number of threads and processes.

    ``prefix`` begins the name of each collection. ``now`` says what has expired. ``timeout`` is how long one use may
    go on trying, in seconds (see `Database`). The first use connects, so that a server may fork before it.

    Entries of one instant are read back in the order of writing: within a change as it lists them; of two commits,
    where one began after the other had returned, in that order; of commits at the same time, in an order that is the
    same for every reader.
    """

    def __init__(
        self,
        project: str,
        database: str = "(default)",
        prefix: str = "freio",
        *,
        now: Callable[[], datetime],
        timeout: float = 10.0,
    ) -> None:
        self._database = Database(project, database, prefix, now=now, timeout=timeout)

    def close(self) -> None:
        """Let go of the connection; the next use opens another."""
        self._database.close()

    def get(self, kind: type[R], record_id: str) -> R | None:
        fields = self._fields(Place(kind_of(kind), document_id(record_id)), record_id)
        return decode(kind, fields["version"], fields["body"]) if fields else None

    def due(self, kind: type[R], now: datetime, limit: int = 100) -> list[R]:
        if limit < 1:
            return []
        # Among equals Firestore orders by the documents' ids. What is due never expires, so that the limit holds.
        query = self._where(kind_of(kind), "due_at", "<=", microseconds(now)).order_by("due_at").limit(limit)
        return decode_all(kind, self._rows(f"looking for what is due in {kind_of(kind)}", query))

    def every_brake(self) -> list[Brake]:
        """Reads a whole collection: one document for each target, which no client has many of."""
        rows = self._rows("reading every target", self._database.collection(kind_of(Brake)))
        return sorted(decode_all(Brake, rows), key=lambda brake: brake.id)

    def open_incidents(self) -> list[Incident]:
        """Every open incident, by app."""
        query = self._where(kind_of(Incident), "open_app", ">", "")
        found = decode_readable(Incident, self._rows("looking for open incidents", query))
        return sorted(found, key=lambda incident: incident.app)

    def open_incident(self, app: str) -> Incident | None:
        query = self._where(kind_of(Incident), "open_app", "==", document_id(app))
        return next(iter(decode_all(Incident, self._rows(f"looking for the open incident of {app}", query))), None)

    def used(self, key: str) -> bool:
        return bool(self._fields(Place("once", document_id(key)), key))

    def commit(self, change: Change) -> None:
        draft = Draft(change)
        if draft.places:
            self._database.repeated("writing a change", Commit(self._database, draft).attempt)

    def entries(self, *, incident: str | None = None) -> list[Entry]:
        if incident is None:
            query, what = self._database.collection("journal"), "reading the journal"
        else:
            query = self._where("journal", "incident", "==", document_id(incident))
            what = f"reading the journal of {incident or 'no incident'}"

        def lines() -> list[Entry]:
            found, now = [], self._database.now()
            for each in query.stream(retry=NEVER, timeout=JOURNAL_TIMEOUT):
                fields = each.to_dict()
                if not is_expired(fields, now):
                    entry = decode_entry(fields["body"])
                    found.append((journal_order(fields, entry, each.update_time), entry))
            return [entry for _, entry in sorted(found, key=lambda line: line[0])]

        return self._database.repeated(what, lines)

    @property
    def uncopied(self) -> UncopiedEntries:
        """The journal's entries that have no copy in BigQuery yet."""
        return UncopiedEntries(self._database)

    def _fields(self, place: Place, name: str) -> dict[str, Any]:
        """What stands there; empty: nothing, or nothing any more."""
        what = f"reading {place.collection} {name}"
        return dict(self._database.repeated(what, lambda: self._database.read([place]))[place].fields)

    def _where(self, collection: str, field: str, relation: str, value: object) -> Any:
        return self._database.collection(collection).where(filter=FieldFilter(field, relation, value))

    def _rows(self, what: str, query: Any) -> list[tuple[str, int, str]]:
        """Id, version and text of each document that is found."""

        def rows() -> list[tuple[str, int, str]]:
            found = query.stream(retry=NEVER, timeout=self._database.timeout)
            return [(each.id, each.get("version"), each.get("body")) for each in found]

        return self._database.repeated(what, rows)
