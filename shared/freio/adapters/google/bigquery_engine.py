"""BigQuery's SQL on BigQuery, verbatim; with ``BIGQUERY_EMULATOR_HOST`` set, on its emulator."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from freio.adapters.google.bigquery_errors import translated
from freio.adapters.warehouse.engine import Value
from freio.adapters.warehouse.questions import parameters

TIMEOUT = 120.0  # seconds, for one statement with its repetitions


class BigQueryEngine:
    """Jobs run, and are paid, in `project`.

    One that would read more than `maximum_bytes_billed` is refused before it costs anything.
    The client is made at the first question, and shared by all threads. Times are TIMESTAMP parameters, lists arrays.
    """

    def __init__(self, project: str, *, maximum_bytes_billed: int, timeout: float = TIMEOUT) -> None:
        self._project = project
        self._most = maximum_bytes_billed
        self._timeout = timeout
        self._lock = threading.Lock()
        self._client: bigquery.Client | None = None

    @contextmanager
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
            retry = DEFAULT_RETRY.with_timeout(self._timeout)
            job = self._connected().query(sql, job_config=config, timeout=self._timeout, retry=retry, job_retry=None)
            return int(job.total_bytes_processed)

    def mark(self, table: str) -> str:
        """Changes whenever the table does; asking for it scans nothing."""
        with translated(f"BigQuery table {table}", self._most):
            found = self._connected().get_table(table, timeout=self._timeout)
            return f"{found.modified} {found.num_rows} {found.num_bytes}"

    def _done(self, sql: str, values: Mapping[str, Value]) -> Any:
        """The rows of a job that has ended.

        Calls are repeated for `timeout`. A job that failed is not: with any `job_retry` of its own the library goes on
        for ten minutes, longer than a function lives, and the tick that asked comes again.
        """
        retry = DEFAULT_RETRY.with_timeout(self._timeout)
        config = self._config(sql, values)
        job = self._connected().query(sql, job_config=config, timeout=self._timeout, retry=retry, job_retry=None)
        return job.result(timeout=self._timeout, retry=retry, job_retry=None)

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
