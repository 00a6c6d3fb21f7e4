"""The billing export as a table of a DuckDB file: created once, written in bulk, never held open.

A DuckDB file is open to one writing process or to many reading ones. So each write opens, writes and closes at
once, and a file that somebody else has open is tried again for a bounded time.

Rows are written ahead of time: a row whose ``export_time`` is in the (simulated) future is not there yet. Readers
take ``WHERE export_time <= now``.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from freio.errors import BadInput, Unavailable
from freio.sandbox.spend.billing_rows import BillingAccount, HourUse, rows_of
from freio.sandbox.spend.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

ATTEMPTS = 100
PAUSE = 0.1  # seconds
# Another process has the file; or this one has it open for reading.
_BUSY = ("Could not set lock on file", "with a different configuration than existing connections")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?")


def table_name(account: str) -> str:
    """The name that Google gives the detailed export's table.

    >>> table_name("01D4EE-079462-DFD6EC")
    'gcp_billing_export_resource_v1_01D4EE_079462_DFD6EC'
    """
    return f"gcp_billing_export_resource_v1_{account.replace('-', '_')}"


def create_table(path: Path, table: str) -> None:
    """Creates the export's table, empty, if it is not there; `table` may name a schema first: ``billing.t``."""
    columns = ", ".join(f'"{column.name}" {column.duckdb_type()}' for column in COLUMNS)
    quoted = _quoted(table)
    with _opened(path) as connection:
        if "." in table:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted.split('.')[0]}")
        connection.execute(f"CREATE TABLE IF NOT EXISTS {quoted} ({columns})")


class BillingExport:
    """Writes hours of use as export rows of one billing account."""

    def __init__(self, path: Path, table: str, account: BillingAccount, seed: int) -> None:
        self._path = path
        self._table = table
        self._account = account
        self._seed = seed
        create_table(path, table)

    def write(self, uses: Iterable[HourUse]) -> int:
        """Appends the rows of these hours, all or none, and returns how many there are.

        UnknownPrice where a model has no price: then nothing is written. Unavailable where the file stays locked.
        """
        # A file of JSON lines is DuckDB's fastest way in for nested rows without pandas or Arrow.
        with tempfile.TemporaryDirectory(prefix="freio-spend-") as folder:
            lines = Path(folder) / "rows.json"
            count = 0
            with lines.open("w", encoding="utf-8") as out:
                for use in uses:
                    for row in rows_of(use, self._account, self._seed):
                        out.write(json.dumps(row) + "\n")
                        count += 1
            if count:
                self._append(lines)
        return count

    def arrive(self, now: datetime) -> int:  # noqa: ARG002  the protocol's; whoever reads here asks for export_time <= now
        """Nothing to do: the rows of the future are in the table, and readers leave them out."""
        return 0

    def _append(self, lines: Path) -> None:
        types = {column.name: column.duckdb_type() for column in COLUMNS}
        with _opened(self._path) as connection:
            connection.execute(
                f"INSERT INTO {_quoted(self._table)} BY NAME "  # noqa: S608  the name is checked in _quoted
                "SELECT * FROM read_json(?, format = 'newline_delimited', columns = ?)",
                [str(lines), types],
            )


def _quoted(table: str) -> str:
    if not _NAME.fullmatch(table):
        raise BadInput(f"table {table!r}: must be letters, digits and underscores, with at most one schema before it")
    return ".".join(f'"{part}"' for part in table.split("."))


@contextmanager
def _opened(path: Path, sleep: Callable[[float], None] = time.sleep) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file open for writing, in UTC; Unavailable when others hold it past ATTEMPTS pauses."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            connection = duckdb.connect(str(path))
        except (duckdb.IOException, duckdb.ConnectionException) as exc:
            if not any(sign in str(exc) for sign in _BUSY):
                raise
            if attempt == ATTEMPTS:
                raise Unavailable(f"{path} stayed locked for {ATTEMPTS * PAUSE:.0f} seconds: {exc}") from exc
            sleep(PAUSE)
        else:
            break
    else:
        raise AssertionError("unreachable: the last attempt returns or raises")
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()
