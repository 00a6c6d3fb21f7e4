"""Every warehouse that keeps the contract, each in a world of its own that rows are written to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Protocol
from unittest import mock

import duckdb
from google.cloud import bigquery

from freio.adapters.duckdb.engine import DuckDbEngine
from freio.adapters.duckdb.local_file import LocalFile
from freio.adapters.google.bigquery_engine import BigQueryEngine, connected
from freio.adapters.warehouse.engine import Engine
from freio.adapters.warehouse.questions import Schema, Tables
from freio.adapters.warehouse.rules import Rules
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.domain.app import App
from freio.domain.money import Money
from freio.domain.spend import HourlyCost
from freio.ports import Warehouse
from freio.sandbox.emulators.parts import PROJECT
from tests.contracts.export_rows import Row, bigquery_schema, duckdb_types, lines
from tests.fakes import ExportRow, FakeWarehouse

# As Google names them. The standard table is read as the detailed one is: they share all columns that are read.
NAMES = {
    "standard": "gcp_billing_export_v1_01D4EE_079462_DFD6EC",
    Schema.DETAILED: "gcp_billing_export_resource_v1_01D4EE_079462_DFD6EC",
    Schema.FOCUS: "gcp_billing_export_focus_01D4EE_079462_DFD6EC",
}
_numbers = itertools.count()


class World(Protocol):
    @property
    def warehouse(self) -> Warehouse: ...
    def write(self, *rows: Row) -> None: ...


class SqlWorld(World, Protocol):
    @property
    def warehouse(self) -> SqlWarehouse: ...


def rules(apps: Sequence[App] = (), labels: Sequence[str] = ("app", "feature")) -> Rules:
    """The rules of these apps, reading at least these labels."""
    found = Rules.of(apps)
    return Rules(apps=found.apps, label_keys=tuple(sorted({*found.label_keys, *labels})))


class FakeWorld:
    """The fake, told what a row costs."""

    def __init__(self) -> None:
        self.warehouse = FakeWarehouse()

    def write(self, *rows: Row) -> None:
        for row in rows:
            cost = HourlyCost(
                hour=row.at.replace(minute=0),
                project=row.project or "",
                model="gemini-2.5-flash",
                labels={key: value or "" for key, value in (row.labels or {}).items()},
                net=Money(row.net, row.currency),
            )
            self.warehouse.write([ExportRow(cost=cost, exported=row.exported_at, usd_rate=Decimal(str(row.rate)))])


class DuckDbWorld:
    """A DuckDB file; with `rolled`, read through its rollup. Its `table` is one of NAMES: else that of the schema."""

    def __init__(self, path: Path, schema: Schema, the_rules: Rules, *, rolled: bool, table: str = "") -> None:
        self.path = path
        self.schema = schema
        self.naps: list[float] = []
        export = f"billing.{NAMES[table or schema]}"
        self.tables = Tables(export=export, rollup="freio.hourly_spend" if rolled else "")
        self.engine: Engine = DuckDbEngine(path, writes=rolled, sleep=self.naps.append)
        with duckdb.connect(str(path)) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS billing; CREATE SCHEMA IF NOT EXISTS freio")
            columns = ", ".join(f'"{name}" {kind}' for name, kind in duckdb_types(schema).items())
            connection.execute(f"CREATE TABLE IF NOT EXISTS {self.tables.export} ({columns})")
        self.warehouse = SqlWarehouse(self.engine, self.tables, the_rules)

    def write(self, *rows: Row) -> None:
        written = self.path.with_suffix(".json")
        written.write_text(lines(rows, self.schema), encoding="utf-8")
        with duckdb.connect(str(self.path)) as connection:
            reader = "read_json(?, format = 'newline_delimited', columns = ?)"
            connection.execute(
                f"INSERT INTO {self.tables.export} SELECT * FROM {reader}", [str(written), duckdb_types(self.schema)]
            )


class BigQueryWorld:
    """A dataset of its own on the emulator, `rolled` and `table` as with DuckDB."""

    def __init__(self, schema: Schema, the_rules: Rules, *, rolled: bool, table: str = "") -> None:
        self.schema = schema
        self._client = connected(PROJECT)
        dataset = f"{PROJECT}.test_{next(_numbers)}"
        self._client.create_dataset(dataset)
        export = f"{dataset}.{NAMES[table or schema]}"
        self.tables = Tables(export=export, rollup=f"{dataset}.hourly_spend" if rolled else "")
        self._table = self._client.create_table(
            bigquery.Table(
                self.tables.export, [bigquery.SchemaField.from_api_repr(field) for field in bigquery_schema(schema)]
            )
        )
        self.engine = BigQueryEngine(dataset, maximum_bytes_billed=1024**3, timeout=30)
        self.warehouse = SqlWarehouse(self.engine, self.tables, the_rules)

    def write(self, *rows: Row) -> None:
        of_schema = (row.of(self.schema) for row in rows)
        given = [{k: v or [] if k in _LISTS else v for k, v in row.items()} for row in of_schema]
        assert self._client.insert_rows_json(self._table, given) == []


_LISTS = {"labels", "credits", "x_Labels"}  # BigQuery has no NULL list: it reads back as an empty one


@contextmanager
def emulated(address: str) -> Iterator[None]:
    """Google's client libraries go to the emulator at `address` meanwhile."""
    with mock.patch.dict("os.environ", {"BIGQUERY_EMULATOR_HOST": f"http://{address}"}):
        yield


def file_warehouse(path: Path, the_rules: Rules) -> SqlWarehouse:
    """The warehouse that a local file is."""
    file = LocalFile(path)
    return SqlWarehouse(file, file.tables, the_rules)
