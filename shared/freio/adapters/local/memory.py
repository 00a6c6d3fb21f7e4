"""The store as a fake: the promises of the real one, in memory, for tests and for a process of its own.

It keeps the same text as the real store, so that it is no kinder: what cannot be written there is refused here, and a
reader who changes a record's dict changes nobody else's.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from freio.adapters.codec import (
    decode,
    decode_all,
    decode_entry,
    decode_readable,
    due_of,
    encode,
    kind_of,
    microseconds,
    open_app_of,
    revived,
)
from freio.domain.incident import Incident
from freio.domain.journal import Entry
from freio.domain.target import Brake
from freio.errors import Conflict
from freio.ports import Change, R, Record


@dataclass(frozen=True, slots=True)
class _Row:
    version: int
    due: int | None
    open_app: str | None
    text: str

    @classmethod
    def of(cls, record: Record, version: int) -> _Row:
        return cls(version, due_of(record), open_app_of(record), encode(record))


@dataclass(frozen=True, slots=True)
class _Line:
    at: int
    incident: str
    text: str


class MemoryStore:
    """`Store` and `Journal` in memory; any number of threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, str], _Row] = {}
        self._once: set[str] = set()
        self._journal: dict[str, _Line] = {}

    def get(self, kind: type[R], record_id: str) -> R | None:
        with self._lock:
            row = self._rows.get((kind_of(kind), record_id))
        return decode(kind, row.version, row.text) if row else None

    def due(self, kind: type[R], now: datetime, limit: int = 100) -> list[R]:
        name, latest = kind_of(kind), microseconds(now)
        with self._lock:
            found = [
                (row.due, record_id, row)
                for (row_kind, record_id), row in self._rows.items()
                if row_kind == name and row.due is not None and row.due <= latest
            ]
        found.sort(key=lambda item: item[:2])
        return decode_all(kind, [(record_id, row.version, row.text) for _, record_id, row in found[:limit]])

    def every_brake(self) -> list[Brake]:
        with self._lock:
            found = [(key[1], row.version, row.text) for key, row in self._rows.items() if key[0] == kind_of(Brake)]
        return decode_all(Brake, sorted(found))

    def open_incidents(self) -> list[Incident]:
        """Every open incident, by app; one that cannot be read is left out here, and told of where it is due."""
        with self._lock:
            rows = [(key[1], row.version, row.text) for key, row in self._rows.items() if row.open_app is not None]
        return sorted(decode_readable(Incident, rows), key=lambda incident: incident.app)

    def open_incident(self, app: str) -> Incident | None:
        with self._lock:
            row = next((row for row in self._rows.values() if row.open_app == app), None)
        return decode(Incident, row.version, row.text) if row else None

    def used(self, key: str) -> bool:
        with self._lock:
            return key in self._once

    def commit(self, change: Change) -> None:
        with self._lock:
            rows: dict[tuple[str, str], _Row] = {}
            for record in change.put:
                key = (kind_of(type(record)), record.id)
                self._expect(key, record.version, rows)
                rows[key] = _Row.of(record, record.version + 1)
            for notice in change.touch:
                key = (kind_of(type(notice)), notice.id)
                before = rows.get(key) or self._rows.get(key)
                rows[key] = _Row.of(revived(notice), before.version + 1 if before else 1)
            self._expect_one_open_incident_each(rows)
            self._expect_unused(change.once)
            lines = [
                (entry.id, _Line(microseconds(entry.at), entry.incident, encode(entry))) for entry in change.journal
            ]
            # Nothing below can fail: all of it is written, or none of it was.
            self._rows.update(rows)
            self._once.update(change.once)
            for entry_id, line in lines:
                self._journal.setdefault(entry_id, line)

    def _expect(self, key: tuple[str, str], version: int, changed: dict[tuple[str, str], _Row]) -> None:
        row = changed.get(key) or self._rows.get(key)
        found = row.version if row else 0
        if found != version:
            raise Conflict(f"{key[0]} {key[1]}: read at version {version}, now at {found}")

    def _expect_one_open_incident_each(self, changed: dict[tuple[str, str], _Row]) -> None:
        opened = {row.open_app: key for key, row in changed.items() if row.open_app is not None}
        if not opened:
            return
        for key, row in {**self._rows, **changed}.items():
            if row.open_app in opened and opened[row.open_app] != key:
                raise Conflict(f"{row.open_app} has an open incident already: {key[1]}")

    def _expect_unused(self, keys: tuple[str, ...]) -> None:
        used = self._once.intersection(keys)
        if used or len(set(keys)) != len(keys):
            raise Conflict(f"used before: {', '.join(sorted(used or keys))}")

    def entries(self, *, incident: str | None = None) -> list[Entry]:
        with self._lock:
            lines = [line for line in self._journal.values() if incident is None or line.incident == incident]
        return [decode_entry(line.text) for line in sorted(lines, key=lambda line: line.at)]
