"""What the engine of BigQuery asks of Google's client, where the emulator has no answer of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from freio.adapters.google import bigquery_engine
from freio.adapters.google.bigquery_engine import BigQueryEngine
from freio.errors import Unavailable

TABLE: dict[str, Any] = {
    "tableReference": {"projectId": "p", "datasetId": "d", "tableId": "t"},
    "lastModifiedTime": "1795000000000",
    "numRows": "7",
    "numBytes": "900",
    "type": "TABLE",
}


@pytest.fixture
def client() -> Iterator[Any]:
    with mock.patch.object(bigquery_engine, "connected") as connected:
        yield connected.return_value


def _mark(client: Any, **more: Any) -> str:
    client.get_table.return_value = bigquery.Table.from_api_repr({**TABLE, **more})
    return BigQueryEngine("freio.watch", maximum_bytes_billed=1).mark("p.d.t")


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED_VIEW", "EXTERNAL"])
def test_a_view_has_no_mark(client: Any, kind: str) -> None:
    """Its own entry stays as it is while rows come behind it: by that mark they would never be read."""
    assert _mark(client, type=kind) == ""
    assert _mark(client) != ""


def test_rows_in_the_streaming_buffer_change_the_mark(client: Any) -> None:
    """Queries read them; the table's own counts leave them out for an hour and a half."""
    buffered = {"estimatedRows": "3", "estimatedBytes": "200", "oldestEntryTime": "1795000000000"}
    marks = {_mark(client), _mark(client, streamingBuffer=buffered)}
    assert len(marks | {_mark(client, streamingBuffer={**buffered, "estimatedRows": "4"})}) == 3


def test_each_job_runs_where_the_dataset_is(client: Any) -> None:
    """A script, too, in whose first statement there is no table. It is asked for once."""
    client.get_dataset.return_value.location = "EU"
    client.query.return_value.total_bytes_processed = 0
    engine = BigQueryEngine("freio.watch", maximum_bytes_billed=1)
    engine.run("BEGIN TRANSACTION; COMMIT TRANSACTION", {})
    engine.would_read("SELECT 1", {})
    assert [call.kwargs["location"] for call in client.query.call_args_list] == ["EU", "EU"]
    client.get_dataset.assert_called_once_with("freio.watch", retry=mock.ANY, timeout=mock.ANY)


def test_without_the_dataset_the_place_is_left_to_bigquery(client: Any) -> None:
    """`freio cost` asks before anything of Freio's is there."""
    missing: Any = NotFound
    client.get_dataset.side_effect = missing("Not found: Dataset freio:watch")
    BigQueryEngine("freio.watch", maximum_bytes_billed=1).run("SELECT 1", {})
    assert client.query.call_args.kwargs["location"] is None


@pytest.mark.parametrize("home", ["freio", "freio.watch"])
@pytest.mark.parametrize("use", [lambda engine: engine.mark("p.d.t"), lambda engine: engine.rows("SELECT 1", {})])
def test_nobody_there_is_said_within_the_timeout(
    monkeypatch: pytest.MonkeyPatch, home: str, use: Callable[[BigQueryEngine], object]
) -> None:
    """Each of the calls: by itself the library would go on for ten minutes, and the tick with it."""
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:9")
    began = time.monotonic()
    with pytest.raises(Unavailable, match="BigQuery"):
        use(BigQueryEngine(home, maximum_bytes_billed=1, timeout=0.5))
    assert time.monotonic() - began < 5
