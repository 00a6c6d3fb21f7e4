"""BigQuery's SQL on a DuckDB file: the embedded engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from freio.adapters.duckdb.dialect import in_duckdb
from freio.adapters.duckdb.errors import translated
from freio.adapters.warehouse.engine import Value
from freio.errors import Rejected

ATTEMPTS = 100
PAUSE = 0.1  # seconds
# The writer has the file: another process's lock, or a connection for writing in this one.
_BUSY = ("Could not set lock on file", "with a different configuration than existing connections")


class DuckDbEngine:
    """The file at `path`; opened for writing only where `writes` is asked for (a rollup is written).

    A DuckDB file is open to one writer or to many readers, so each session opens it and closes it. While somebody else
    has it, opening is tried again for `ATTEMPTS` pauses; then it is Unavailable.
    """

    def __init__(self, path: Path, *, writes: bool = False, sleep: Callable[[float], None] = time.sleep) -> None:
        self._path = path
        self._writes = writes
        self._sleep = sleep

    def mark(self, table: str) -> str:
        """A file cannot tell: reading it costs nothing."""
        del table
        return ""

    @contextmanager
    def session(self) -> Iterator[DuckDbSession]:
        what = f"the billing export in {self._path}"
        with translated(what):
            connection = self._connect()
            try:
                yield prepared(connection, what)
            finally:
                connection.close()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if not self._path.exists():
            raise Rejected(
                f"there is no billing export at {self._path}: nothing has written it yet, or the path is wrong"
            )
        for _ in range(ATTEMPTS - 1):
            try:
                return duckdb.connect(str(self._path), read_only=not self._writes)
            except (duckdb.IOException, duckdb.ConnectionException) as exc:
                if not any(sign in str(exc) for sign in _BUSY):
                    raise
                self._sleep(PAUSE)
        return duckdb.connect(str(self._path), read_only=not self._writes)


def prepared(connection: duckdb.DuckDBPyConnection, what: str) -> DuckDbSession:
    """A session on an open connection, in UTC whatever the machine's zone is; `what` opens the message of a fault."""
    # Not in connect(config=…), where the zone's extension is not loaded yet.
    connection.execute("SET TimeZone = 'UTC'")
    return DuckDbSession(connection, what)


class DuckDbSession:
    """Statements on one open connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, what: str) -> None:
        self._connection = connection
        self._what = what

    def rows(self, sql: str, values: Mapping[str, Value]) -> list[tuple[Any, ...]]:
        with translated(self._what):
            return self._run(sql, values).fetchall()

    def run(self, sql: str, values: Mapping[str, Value]) -> None:
        with translated(self._what):
            self._run(sql, values)

    def _run(self, sql: str, values: Mapping[str, Value]) -> duckdb.DuckDBPyConnection:
        for statement in in_duckdb(sql):
            # DuckDB refuses a parameter that a statement does not name.
            named = {name: _given(value) for name, value in values.items() if f"${name}" in statement}
            self._connection.execute(statement, named)
        return self._connection


def _given(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value
