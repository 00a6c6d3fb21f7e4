"""The billing export in a DuckDB file, read as it stood at a moment."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from freio.adapters.duckdb.dialect import in_duckdb
from freio.adapters.duckdb.errors import translated
from freio.domain.money import Money
from freio.domain.spend import Export, HourlyCost
from freio.errors import CurrencyMismatch, Rejected

ATTEMPTS = 100
PAUSE = 0.1  # seconds
# The writer has the file: another process's lock, or a connection for writing in this one.
_BUSY = ("Could not set lock on file", "with a different configuration than existing connections")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DuckDbWarehouse:
    """`table` is the detailed billing export, in Google's schema, in the DuckDB file at `path`.

    A DuckDB file is open to one writer or to many readers, so each export opens it, reads and closes it. While a
    writer has it, opening is tried again for `ATTEMPTS` pauses; then the export is Unavailable.
    """

    def __init__(self, path: Path, table: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._path = path
        self._table = table
        self._sleep = sleep

    def export(self, since: datetime, as_of: datetime) -> Export:
        """Net hourly cost of AI services used since `since`, from the rows that had been exported by `as_of`.

        CurrencyMismatch where the table holds two currencies: a billing account has one, so two are two accounts.
        """
        with translated(f"the billing export {self._table} in {self._path}"), self._opened() as connection:
            costs = self._ask(connection, "hourly_costs", since=since, as_of=as_of)
            [[complete_until]] = self._ask(connection, "complete_until", as_of=as_of)
            rates = self._ask(connection, "usd_rate", as_of=as_of)
        return Export(
            costs=tuple(_hourly_cost(row) for row in _of_one_currency(costs, self._table)),
            complete_until=None if complete_until is None else _moment(complete_until),
            usd_rate=Decimal(rates[0][0]) if rates else None,
        )

    def _ask(self, connection: duckdb.DuckDBPyConnection, name: str, **values: datetime) -> list[Any]:
        return connection.execute(in_duckdb(name, self._table), values).fetchall()

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._connect()
        try:
            # Not in connect(config=…), where the zone's extension is not loaded yet.
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if not self._path.exists():
            raise Rejected(
                f"there is no billing export at {self._path}: nothing has written it yet, or the path is wrong"
            )
        for _ in range(ATTEMPTS - 1):
            try:
                return duckdb.connect(str(self._path), read_only=True)
            except (duckdb.IOException, duckdb.ConnectionException) as exc:
                if not any(sign in str(exc) for sign in _BUSY):
                    raise
                self._sleep(PAUSE)
        return duckdb.connect(str(self._path), read_only=True)


def _of_one_currency(rows: list[Any], table: str) -> list[Any]:
    currencies = sorted({str(currency) for *_, currency, _ in rows})
    if len(currencies) > 1:
        raise CurrencyMismatch(f"{table} holds {' and '.join(currencies)}: an export must be of one billing account")
    return rows


def _hourly_cost(row: Any) -> HourlyCost:
    hour, project, model, labels, currency, net = row
    return HourlyCost(
        hour=_moment(hour),
        project=project,
        model=model,
        labels={pair["key"]: pair["value"] or "" for pair in json.loads(labels)},
        net=Money(net, currency),
    )


def _moment(micros: int) -> datetime:
    """Times leave DuckDB as integers: it hands out no TIMESTAMPTZ without pytz, and a float would round."""
    return _EPOCH + timedelta(microseconds=micros)
