"""State and journal in one SQLite file, shared by the threads and processes of one machine.

A commit is one transaction that takes the write lock before it looks (``BEGIN IMMEDIATE``), so that what it compared
is still so when it writes. Write-ahead logging lets readers go on meanwhile. With ``synchronous=NORMAL`` a killed
process loses nothing that was committed; a power cut may lose the last commits, and never half of one.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

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
from freio.adapters.local.sqlite_file import open_file, sqlite_errors
from freio.domain.incident import Incident
from freio.domain.journal import Entry
from freio.domain.notice import Notice
from freio.domain.target import Brake
from freio.errors import Conflict
from freio.ports import Change, R, Record

INSERT = (
    "INSERT INTO documents (kind, id, version, due_at, open_app, body) VALUES (?, ?, 1, ?, ?, ?)"
    " ON CONFLICT (kind, id) DO NOTHING"
)
UPDATE = (
    "UPDATE documents SET version = version + 1, due_at = ?, open_app = ?, body = ?"
    " WHERE kind = ? AND id = ? AND version = ?"
)
TOUCH = (
    "INSERT INTO documents (kind, id, version, due_at, body) VALUES (?, ?, 1, ?, ?)"
    " ON CONFLICT (kind, id) DO UPDATE SET version = version + 1, due_at = excluded.due_at, body = excluded.body"
)
ONCE = "INSERT INTO once (key) VALUES (?)"
JOURNAL = "INSERT INTO journal (id, at, incident, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"


class SqliteStore:
    """`Store` and `Journal` over one file, made when it is not there.

    The file is opened at the first use, so that a server may fork before it; one connection serves all threads of a
    process. ``timeout`` is how long to wait for another process's write, in seconds, before `Unavailable`.
    """

    def __init__(self, path: str | os.PathLike[str], timeout: float = 10.0) -> None:
        self._path = Path(path)
        self._timeout = timeout
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def get(self, kind: type[R], record_id: str) -> R | None:
        rows = self._read("SELECT version, body FROM documents WHERE kind = ? AND id = ?", kind_of(kind), record_id)
        return decode(kind, *rows[0]) if rows else None

    def due(self, kind: type[R], now: datetime, limit: int = 100) -> list[R]:
        rows = self._read(
            "SELECT id, version, body FROM documents WHERE kind = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?",
            kind_of(kind),
            microseconds(now),
            limit,
        )
        return decode_all(kind, rows)

    def every_brake(self) -> list[Brake]:
        rows = self._read("SELECT id, version, body FROM documents WHERE kind = ? ORDER BY id", kind_of(Brake))
        return decode_all(Brake, rows)

    def open_incidents(self) -> list[Incident]:
        """Every open incident, by app; one that cannot be read is left out here, and told of where it is due."""
        rows = self._read("SELECT id, version, body FROM documents WHERE open_app IS NOT NULL ORDER BY open_app")
        return decode_readable(Incident, rows)

    def open_incident(self, app: str) -> Incident | None:
        rows = self._read("SELECT version, body FROM documents WHERE open_app = ?", app)
        return decode(Incident, *rows[0]) if rows else None

    def used(self, key: str) -> bool:
        return bool(self._read("SELECT 1 FROM once WHERE key = ?", key))

    def entries(self, *, incident: str | None = None) -> list[Entry]:
        if incident is None:
            rows = self._read("SELECT body FROM journal ORDER BY at, seq")
        else:
            rows = self._read("SELECT body FROM journal WHERE incident = ? ORDER BY at, seq", incident)
        return [decode_entry(text) for (text,) in rows]

    def commit(self, change: Change) -> None:
        # An app's open incident may be ended and its next one begun in one change: the end goes first.
        puts = sorted(change.put, key=lambda record: open_app_of(record) is not None)
        texts = [(record, encode(record)) for record in puts]
        touches = [_touch_row(revived(notice)) for notice in change.touch]
        lines = [(entry.id, microseconds(entry.at), entry.incident, encode(entry)) for entry in change.journal]
        if not (texts or touches or change.once or lines):
            return
        with self._transaction() as db:
            for record, text in texts:
                _put(db, record, text)
            db.executemany(TOUCH, touches)
            for key in change.once:
                _use(db, key)
            db.executemany(JOURNAL, lines)

    def _read(self, query: str, *values: object) -> Sequence[Any]:
        with self._lock, sqlite_errors(self._path):
            return self._connection().execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, whatever is raised inside."""
        with self._lock, sqlite_errors(self._path):
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = open_file(self._path, self._timeout)
        return self._opened


def _put(db: sqlite3.Connection, record: Record, text: str) -> None:
    kind, due, app = kind_of(type(record)), due_of(record), open_app_of(record)
    try:
        if record.version == 0:
            written = db.execute(INSERT, (kind, record.id, due, app, text)).rowcount
        else:
            written = db.execute(UPDATE, (due, app, text, kind, record.id, record.version)).rowcount
    except sqlite3.IntegrityError as exc:
        raise Conflict(f"{app} has an open incident already") from exc
    if not written:
        raise Conflict(f"{kind} {record.id}: read at version {record.version}, which is no longer so")


def _touch_row(notice: Notice) -> tuple[str, str, int | None, str]:
    return kind_of(Notice), notice.id, due_of(notice), encode(notice)


def _use(db: sqlite3.Connection, key: str) -> None:
    try:
        db.execute(ONCE, (key,))
    except sqlite3.IntegrityError as exc:
        raise Conflict(f"used before: {key}") from exc
