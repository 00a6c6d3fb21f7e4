"""BigQuery's SQL on BigQuery, verbatim; with ``BIGQUERY_EMULATOR_HOST`` set, on its emulator."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from google.api_core.exceptions import Forbidden, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from freio.adapters.google.bigquery_errors import translated
from freio.adapters.warehouse.engine import Value
from freio.adapters.warehouse.questions import parameters

TIMEOUT = 120.0  # seconds, for one statement with its repetitions
_OF_OTHERS = ("VIEW", "MATERIALIZED_VIEW", "EXTERNAL")  # whose rows stand elsewhere


class BigQueryEngine:
    """Jobs run, and are paid, in the project of `home` (``PROJECT.DATASET``), and in the location of that dataset.

    BigQuery finds a statement's location by the tables in it, but not always that of a script, which it then runs in
    US: https://github.com/snowplow/sql-runner/issues/173. Where the dataset is not there yet, it is left to find it.
    One that would read more than `maximum_bytes_billed` is refused before it costs anything.
    The client is made at the first question, and shared by all threads. Times are TIMESTAMP parameters, lists arrays.
    """

    def __init__(self, home: str, *, maximum_bytes_billed: int, timeout: float = TIMEOUT) -> None:
        self._home = home
        self._project = home.partition(".")[0]
        self._location: str | None = None
        self._most = maximum_bytes_billed
        self._timeout = timeout
        self._retry = DEFAULT_RETRY.with_timeout(timeout)  # of each call; the library's own goes on for ten minutes
        self._lock = threading.Lock()
        self._client: bigquery.Client | None = None

    @contextlib.contextmanager
    def session(self) -> Iterator[BigQueryEngine]:
        yield self

    def rows(self, sql: str, values: Mapping[str, Value]) -> list[tuple[Any, ...]]:
        with translated("BigQuery", self._most):
            return [tuple(row.values()) for row in self._done(sql, values)]

    def run(self, sql: str, values: Mapping[str, Value]) -> None:
        with translated("BigQuery", self._most):
            self._done(sql, values)

    def would_read(self, sql: str, values: Mapping[str, Value]) -> int:
        """Bytes that a query would be billed for, at most; a dry run, which costs nothing."""
        with translated("BigQuery", self._most):
            config = self._config(sql, values, dry_run=True, use_query_cache=False)
            return int(self._sent(sql, config).total_bytes_processed)

    def mark(self, table: str) -> str:
        """Changes whenever the table does; asking for it scans nothing.

        '' of what is not a table: a view's own entry changes with its text alone, and not with the rows behind it.
        Rows that are still in the streaming buffer are read by queries, but are in none of the table's counts.
        """
        with translated(f"BigQuery table {table}", self._most):
            found = self._connected().get_table(table, retry=self._retry, timeout=self._timeout)
        if found.table_type in _OF_OTHERS:
            return ""
        waiting = found.streaming_buffer
        more = f" {waiting.estimated_rows} {waiting.estimated_bytes}" if waiting else ""
        return f"{found.modified} {found.num_rows} {found.num_bytes}{more}"

    def _done(self, sql: str, values: Mapping[str, Value]) -> Any:
        """The rows of a job that has ended.

        A job that failed is not repeated: with any `job_retry` of its own the library goes on for ten minutes, longer
        than a function lives, and the tick that asked comes again.
        """
        job = self._sent(sql, self._config(sql, values))
        return job.result(timeout=self._timeout, retry=self._retry, job_retry=None)

    def _sent(self, sql: str, config: bigquery.QueryJobConfig) -> Any:
        return self._connected().query(
            sql, job_config=config, location=self._where(), timeout=self._timeout, retry=self._retry, job_retry=None
        )

    def _where(self) -> str | None:
        """Asked for once; None: the dataset is not there, or not for us to see."""
        if self._location is None and "." in self._home:
            with contextlib.suppress(NotFound, Forbidden):
                dataset = self._connected().get_dataset(self._home, retry=self._retry, timeout=self._timeout)
                self._location = dataset.location
        return self._location

    def _config(self, sql: str, values: Mapping[str, Value], **more: Any) -> bigquery.QueryJobConfig:
        asked = parameters(sql)
        return bigquery.QueryJobConfig(
            maximum_bytes_billed=self._most,
            query_parameters=[_parameter(name, value) for name, value in values.items() if name in asked],
            **more,
        )

    def _connected(self) -> bigquery.Client:
        with self._lock:
            if self._client is None:
                with translated("BigQuery", self._most):
                    self._client = connected(self._project)
            return self._client


def connected(project: str) -> bigquery.Client:
    """Google's client for jobs in `project`: the emulator has no accounts, and the library would look for one."""
    if "BIGQUERY_EMULATOR_HOST" in os.environ:
        anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]  # the library leaves it bare
        return bigquery.Client(project=project, credentials=anonymous)
    return bigquery.Client(project=project)


def _parameter(name: str, value: Value) -> Any:
    if isinstance(value, datetime):
        return bigquery.ScalarQueryParameter(name, "TIMESTAMP", value)
    if isinstance(value, str):
        return bigquery.ScalarQueryParameter(name, "STRING", value)
    if isinstance(value, int):
        return bigquery.ScalarQueryParameter(name, "INT64", value)
    return bigquery.ArrayQueryParameter(name, "STRING", list(value))
