"""DuckDB's errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from freio.errors import Rejected, Unavailable

# Over by themselves: another process has the file, the disk or the memory is short, a transaction was lost.
PASSING = (
    duckdb.ConnectionException,
    duckdb.HTTPException,
    duckdb.IOException,
    duckdb.InterruptException,
    duckdb.OutOfMemoryException,
    duckdb.ResourceInUseException,
    duckdb.TransactionException,
)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raises `Unavailable` or `Rejected` for every error of DuckDB's; `what` names the file."""
    try:
        yield
    except PASSING as exc:
        raise Unavailable(f"{what}: {exc}") from exc
    except duckdb.Error as exc:
        raise Rejected(f"{what}: {exc}") from exc
