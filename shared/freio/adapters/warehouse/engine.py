"""What runs BigQuery's SQL: BigQuery itself, or DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = str | int | datetime | Sequence[str]


class Session(Protocol):
    """Statements on one state of the tables, one after the other."""

    def rows(self, sql: str, values: Mapping[str, Value]) -> list[tuple[Any, ...]]:
        """Runs a query, with the parameters that it names out of `values`."""
        ...

    def run(self, sql: str, values: Mapping[str, Value]) -> None:
        """Runs a script of statements; all of it or nothing, where the script says so."""
        ...


class Engine(Protocol):
    """Every error of the vendor's leaves it as `Unavailable` or `Rejected`."""

    def mark(self, table: str) -> str:
        """Changes whenever the table does, and costs nothing to ask for; '' where that cannot be told."""
        ...

    def session(self) -> AbstractContextManager[Session]: ...


def moment(micros: int) -> datetime:
    """Times leave the engines as integers: DuckDB hands out no TIMESTAMPTZ without pytz, and a float would round."""
    return _EPOCH + timedelta(microseconds=micros)
