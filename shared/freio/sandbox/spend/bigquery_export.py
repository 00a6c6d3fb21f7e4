"""The billing export as a table in BigQuery: a row is put there when its time of export has come.

Whoever reads BigQuery's table takes what is in it as exported; so rows of the simulated future are held back here.

The emulator puts each row into the partition of the real day on which it is written: that day must not lie before the
simulated ones, or a reader that leaves out old partitions would leave out new rows.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from datetime import datetime

from google.cloud import bigquery

from freio.adapters.google.bigquery_errors import translated
from freio.errors import Rejected
from freio.sandbox.spend.billing_rows import BillingAccount, HourUse, Row, rows_of
from freio.sandbox.spend.columns import COLUMNS

AT_ONCE = 1000  # rows in one request; the emulator takes about 1,700 a second, by a load job as by inserts


class BigQueryExport:
    """Writes hours of use as rows of one billing account to `table`, ``project.dataset.table``, which it makes."""

    def __init__(
        self, client: bigquery.Client, table: str, account: BillingAccount, seed: int, *, now: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._account = account
        self._seed = seed
        self._now = now
        self._held: list[tuple[datetime, int, Row]] = []  # a heap; the number keeps equal times in order
        self._count = 0
        schema = [bigquery.SchemaField.from_api_repr(column.in_bigquery()) for column in COLUMNS]
        with translated(f"BigQuery table {table}", 0):
            client.create_dataset(table.rpartition(".")[0], exists_ok=True)
            made = bigquery.Table(table, schema)
            made.time_partitioning = bigquery.TimePartitioning()  # by the day of writing, as Google's exports are
            self._table = client.create_table(made)

    def write(self, uses: Iterable[HourUse]) -> int:
        """Takes the rows of these hours, and exports those whose time has come; returns how many were taken.

        UnknownPrice where a model has no price: then none is taken.
        """
        rows = [row for use in uses for row in rows_of(use, self._account, self._seed)]
        for row in rows:
            self._count += 1
            heapq.heappush(self._held, (datetime.fromisoformat(row["export_time"]), self._count, row))
        self.arrive(self._now())
        return len(rows)

    def arrive(self, now: datetime) -> int:
        """Exports the rows whose time has come by `now`, oldest first; returns how many."""
        ripe: list[Row] = []
        while self._held and self._held[0][0] <= now:
            ripe.append(heapq.heappop(self._held)[2])
        for start in range(0, len(ripe), AT_ONCE):
            with translated(f"BigQuery table {self._table}", 0):
                refused = self._client.insert_rows_json(self._table, ripe[start : start + AT_ONCE])
            if refused:
                raise Rejected(f"BigQuery table {self._table} took no row: {refused[0]}")
        return len(ripe)
