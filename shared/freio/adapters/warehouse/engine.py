"""What runs BigQuery's SQL: BigQuery itself, or DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

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

    name: str

    def mark(self, table: str) -> str:
        """Changes whenever the table does, and costs nothing to ask for; '' where that cannot be told."""
        ...

    def session(self) -> AbstractContextManager[Session]: ...
