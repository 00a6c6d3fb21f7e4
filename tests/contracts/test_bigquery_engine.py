"""The engine of BigQuery: what every job carries, and what becomes of one that fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from google.cloud import bigquery

from freio.adapters.google.bigquery_engine import BigQueryEngine
from freio.adapters.warehouse.questions import Schema, Tables
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.domain.spend import Every
from freio.errors import Rejected, VendorError
from freio.sandbox.emulators.parts import PROJECT
from tests.contracts.export_rows import NOON, Row
from tests.contracts.warehouses import BigQueryWorld, emulated, rules

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("bigquery")]


@pytest.fixture
def world(bigquery_address: str) -> Iterator[BigQueryWorld]:
    with emulated(bigquery_address):
        yield BigQueryWorld(Schema.DETAILED, rules(), rolled=True)


def test_no_job_is_without_a_limit_on_what_it_may_read(world: BigQueryWorld) -> None:
    """The statements of a refresh, of the export and of a report: all of them."""
    world.write(Row(cost=1.0))
    seen: list[Any] = []
    asked = bigquery.Client.query

    def query(client: bigquery.Client, sql: str, **options: Any) -> Any:
        seen.append(options["job_config"].maximum_bytes_billed)
        return asked(client, sql, **options)

    with mock.patch.object(bigquery.Client, "query", query):
        world.warehouse.export(NOON, NOON + timedelta(days=1))
        world.warehouse.spend(NOON, NOON + timedelta(days=1), by=(), every=Every.ALL, as_of=NOON + timedelta(days=1))
        world.engine.would_read("SELECT 1", {})
    assert len(seen) >= 6
    assert set(seen) == {1024**3}


def test_a_table_that_is_not_there_is_named(world: BigQueryWorld) -> None:
    """A wrong name in the client's file does not heal by itself."""
    warehouse = SqlWarehouse(world.engine, Tables(export=f"{PROJECT}.nowhere.t", rollup=world.tables.rollup), rules())
    with pytest.raises(Rejected, match="nowhere"):
        warehouse.export(NOON, NOON + timedelta(days=1))


def test_a_service_that_is_not_there_is_said_to_be_so(world: BigQueryWorld) -> None:
    """In the time that a statement may take, not in the library's ten minutes."""
    with emulated("127.0.0.1:9"):
        engine = BigQueryEngine(PROJECT, maximum_bytes_billed=1, timeout=2)
        with pytest.raises(VendorError, match="BigQuery"):
            engine.rows("SELECT 1", {})
