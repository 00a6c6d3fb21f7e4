"""The file behind `SqliteStore`: its tables, its schema's version, and SQLite's errors in our words."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from freio.errors import Rejected, Unavailable

APPLICATION = 0x46726569  # "Frei": stands in the file's header, so that another program's file is known as such
SCHEMA_VERSION = 1

# Each document is a row with what is searched for beside its text. The unique index holds the one open incident of
# an app, across all processes. The journal's numbers keep the order of writing among entries of one instant.
SCHEMA = f"""
CREATE TABLE documents (
    kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, due_at INTEGER, open_app TEXT, body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX documents_due ON documents (kind, due_at, id) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX documents_open ON documents (open_app) WHERE open_app IS NOT NULL;
CREATE TABLE once (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, incident TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX journal_at ON journal (at, seq);
CREATE INDEX journal_incident ON journal (incident, at, seq);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {SCHEMA_VERSION};
"""

# Primary result codes that pass by themselves: another process writes, the disk is full or slow, the reply was cut.
# https://www.sqlite.org/rescode.html
PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_INTERRUPT,
}
# And those that a person must see to: rights, a missing folder, a file that is damaged or not ours.
LASTING = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_TOOBIG,
}


@contextlib.contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as `Unavailable` or `Rejected`. Any other code is a bug of ours, and stays what it is."""
    try:
        yield
    except sqlite3.Error as exc:
        # An extended code holds the primary one in its low byte; errors of Python's own module carry none.
        code = getattr(exc, "sqlite_errorcode", None)
        primary = code & 0xFF if code is not None else None
        if primary in PASSING:
            raise Unavailable(f"the store {path}: {exc}") from exc
        if primary in LASTING:
            raise Rejected(f"the store {path}: {exc}") from exc
        raise


def open_file(path: Path, timeout: float) -> sqlite3.Connection:
    """A connection to the file, made and laid out when it is new; raises SQLite's own errors, and `Rejected`."""
    # The store's lock lets one thread at a time in; transactions are begun and ended by hand.
    db = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        _write_ahead(db, timeout)
        db.execute("PRAGMA synchronous = NORMAL")
        _lay_out(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _write_ahead(db: sqlite3.Connection, timeout: float) -> None:
    """Switch to write-ahead logging. SQLite does not wait when two processes do so at once: we do."""
    give_up = time.monotonic() + timeout
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _lay_out(db: sqlite3.Connection, path: Path) -> None:
    if _known(db, path):
        return
    db.execute("BEGIN IMMEDIATE")  # of several processes that find a new file, one lays it out
    try:
        if not _known(db, path):
            for statement in filter(str.strip, SCHEMA.split(";")):
                db.execute(statement)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _known(db: sqlite3.Connection, path: Path) -> bool:
    """Whether the file is laid out; False: it is empty."""
    application, version, tables = db.execute(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)"
        " FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if tables == 0:
        return False
    if application != APPLICATION:
        raise Rejected(f"{path} is a database of another program, with {tables} tables and indexes of its own")
    if version != SCHEMA_VERSION:
        raise Rejected(f"{path} has schema version {version}, and this Freio knows {SCHEMA_VERSION}: use a newer Freio")
    return True
