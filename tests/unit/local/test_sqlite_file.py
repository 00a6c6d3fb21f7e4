"""The file: whose it is, which schema it has, and what SQLite's errors mean."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from freio.adapters.local.sqlite import SqliteStore
from freio.adapters.local.sqlite_file import LASTING, PASSING, SCHEMA_VERSION, sqlite_errors
from freio.errors import Rejected, Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(statement)


def use(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.used("anything")


def test_making_a_store_does_nothing_until_it_is_used(path: Path) -> None:
    """A server may make it before it forks."""
    SqliteStore(path).close()
    assert not path.exists()


def test_a_newer_schema_is_rejected_with_both_versions(path: Path) -> None:
    """An old Freio does not guess what a newer one wrote."""
    use(path)
    change(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(Rejected, match=f"schema version {SCHEMA_VERSION + 1}, and this Freio knows {SCHEMA_VERSION}"):
        use(path)


def test_another_programs_database_is_left_alone(path: Path) -> None:
    """A wrong path in the environment must not add tables to somebody's data."""
    change(path, "CREATE TABLE theirs (id INTEGER)")
    with pytest.raises(Rejected, match="database of another program"):
        use(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]


def test_a_file_that_is_no_database_is_rejected(path: Path) -> None:
    """With its path, because the path is what is wrong."""
    path.write_bytes(b"client: acme\n" * 200)
    with pytest.raises(Rejected, match=r"state\.db.*not a database"):
        use(path)


def test_a_folder_that_is_missing_is_rejected(tmp_path: Path) -> None:
    """Freio makes the file and not the folder: a typing error would make a tree of them."""
    with pytest.raises(Rejected, match="unable to open"):
        use(tmp_path / "missing" / "state.db")


def test_readers_do_not_wait_for_writers(path: Path) -> None:
    """The file is in write-ahead mode, for every process that opens it from now on."""
    use(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# Primary result codes that only a wrong statement or a wrong call brings: https://www.sqlite.org/rescode.html
BUGS = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_INTERNAL,
    sqlite3.SQLITE_ABORT,
    sqlite3.SQLITE_NOTFOUND,
    sqlite3.SQLITE_EMPTY,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_RANGE,
}


def test_every_error_code_of_sqlite_is_sorted() -> None:
    """The primary error codes are the numbers 1 to 26: each passes, lasts, or is a bug."""
    assert set(range(1, 27)) == PASSING | LASTING | BUGS
    assert len(PASSING) + len(LASTING) + len(BUGS) == 26


@pytest.mark.parametrize("code", sorted(PASSING))
def test_what_passes_by_itself_is_unavailable(code: int, path: Path) -> None:
    """Also where SQLite gives the code with its details."""
    for detailed in (code, code | 5 << 8):
        error = sqlite3.OperationalError("details")
        error.sqlite_errorcode = detailed
        with pytest.raises(Unavailable, match="details"), sqlite_errors(path):
            raise error


@pytest.mark.parametrize("code", sorted(LASTING))
def test_what_a_person_must_change_is_rejected(code: int, path: Path) -> None:
    """Trying again would fail again."""
    error = sqlite3.DatabaseError("details")
    error.sqlite_errorcode = code
    with pytest.raises(Rejected, match="details"), sqlite_errors(path):
        raise error


def test_a_bug_of_ours_stays_what_it_is(path: Path) -> None:
    """A wrong statement must not be retried for ever as if the disk were slow."""
    with closing(sqlite3.connect(":memory:")) as db, pytest.raises(sqlite3.OperationalError), sqlite_errors(path):
        db.execute("SELECT nonsense")
    with pytest.raises(sqlite3.ProgrammingError), sqlite_errors(path):
        raise sqlite3.ProgrammingError("closed")
