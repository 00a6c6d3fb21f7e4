"""What every warehouse promises: the fake, and the DuckDB file that BigQuery's own statements are run on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import duckdb
import pytest

from freio.adapters.duckdb.dialect import in_duckdb
from freio.adapters.duckdb.errors import translated
from freio.adapters.duckdb.warehouse import ATTEMPTS, DuckDbWarehouse
from freio.domain.money import Money
from freio.domain.spend import Export, HourlyCost
from freio.errors import BadInput, CurrencyMismatch, Rejected, Unavailable, VendorError
from freio.ports import Warehouse
from tests.fakes import ExportRow, FakeWarehouse

TABLE = "billing.gcp_billing_export_resource_v1_01D4EE_079462_DFD6EC"
VERTEX = ("C7E2-9256-1C43", "Gemini Enterprise Agent Platform")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=2)
# The columns of Google's detailed export that are read, in Google's types.
COLUMNS = {
    "service": "STRUCT(id VARCHAR, description VARCHAR)",
    "sku": "STRUCT(id VARCHAR, description VARCHAR)",
    "usage_start_time": "TIMESTAMPTZ",
    "usage_end_time": "TIMESTAMPTZ",
    "project": "STRUCT(id VARCHAR, name VARCHAR)",
    "labels": "STRUCT(key VARCHAR, value VARCHAR)[]",
    "export_time": "TIMESTAMPTZ",
    "cost": "DOUBLE",
    "currency": "VARCHAR",
    "currency_conversion_rate": "DOUBLE",
    "credits": "STRUCT(name VARCHAR, amount DOUBLE, id VARCHAR, type VARCHAR)[]",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row as Google writes it, of Gemini 2.5 Flash unless it says otherwise."""

    cost: float | None
    at: datetime = NOON
    exported: datetime | None = None
    credits: Sequence[float] | None = ()
    labels: Mapping[str, str] | None = field(default_factory=dict)
    project: str | None = "acme-chat"
    service: tuple[str | None, str | None] = VERTEX
    sku: str | None = "Gemini 2.5 Flash Global Text Input - Predictions"
    currency: str = "BRL"
    rate: float | None = 5.25

    @property
    def exported_at(self) -> datetime:
        return self.exported or self.at + timedelta(hours=6)

    def json(self) -> str:
        """As a line of JSON, in the columns' order."""
        taken_off = None if self.credits is None else [{"name": "Promotion", "amount": one} for one in self.credits]
        labels = None if self.labels is None else [{"key": k, "value": v} for k, v in self.labels.items()]
        values = [
            {"id": self.service[0], "description": self.service[1]},
            {"id": "B35A-60C0-A6D0", "description": self.sku},
            self.at.isoformat(),
            (self.at + timedelta(hours=1)).isoformat(),
            {"id": self.project, "name": self.project},
            labels,
            self.exported_at.isoformat(),
            self.cost,
            self.currency,
            self.rate,
            taken_off,
        ]
        return json.dumps(dict(zip(COLUMNS, values, strict=True)))


class World(Protocol):
    @property
    def warehouse(self) -> Warehouse: ...
    def write(self, *rows: Row) -> None: ...


class FakeWorld:
    def __init__(self) -> None:
        self.warehouse = FakeWarehouse()

    def write(self, *rows: Row) -> None:
        for row in rows:
            net = Decimal(str(row.cost)) + sum((Decimal(str(one)) for one in row.credits or ()), Decimal(0))
            cost = HourlyCost(
                hour=row.at.replace(minute=0),
                project=row.project or "",
                model="gemini-2.5-flash",
                labels=row.labels or {},
                net=Money(net, row.currency),
            )
            self.warehouse.write([ExportRow(cost=cost, exported=row.exported_at, usd_rate=Decimal(str(row.rate)))])


class DuckDbWorld:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.naps: list[float] = []
        self.warehouse = DuckDbWarehouse(path, TABLE, sleep=self.naps.append)
        with duckdb.connect(str(path)) as connection:
            connection.execute("CREATE SCHEMA billing")
            columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
            connection.execute(f"CREATE TABLE {TABLE} ({columns})")

    def write(self, *rows: Row) -> None:
        lines = self.path.with_suffix(".json")
        lines.write_text("\n".join(row.json() for row in rows), encoding="utf-8")
        with duckdb.connect(str(self.path)) as connection:
            reader = "read_json(?, format = 'newline_delimited', columns = ?)"
            connection.execute(f"INSERT INTO {TABLE} SELECT * FROM {reader}", [str(lines), COLUMNS])


@pytest.fixture
def file(tmp_path: Path) -> DuckDbWorld:
    return DuckDbWorld(tmp_path / "export.duckdb")


@pytest.fixture(params=["fake", "duckdb"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        return FakeWorld()
    found: World = request.getfixturevalue("file")
    return found


def _all(world: World) -> Export:
    return world.warehouse.export(NOON - timedelta(days=30), LATER)


def _nets(export: Export) -> list[tuple[int, Decimal]]:
    return [(cost.hour.hour, cost.net.amount) for cost in export.costs]


def test_an_empty_export_has_no_costs_no_hours_and_no_rate(world: World) -> None:
    """Nothing there is nothing known, not a rate of one and a day without spend."""
    assert _all(world) == Export(costs=(), complete_until=None, usd_rate=None)


def test_hours_are_summed_net_of_credits(world: World) -> None:
    """Two rows of one hour, one with two credits: each cost counts once, each credit once."""
    world.write(Row(cost=10.0, credits=(-1.5, -0.25)), Row(cost=2.5))
    [cost] = _all(world).costs
    assert cost.net == Money(Decimal("10.75"), "BRL")
    assert (cost.hour, cost.project, cost.model) == (NOON, "acme-chat", "gemini-2.5-flash")


def test_no_credits_and_null_credits_are_the_same(world: World) -> None:
    """An empty list and a NULL both mean that nothing is taken off."""
    world.write(Row(cost=1.0, credits=()), Row(cost=1.0, credits=None))
    assert _nets(_all(world)) == [(12, Decimal(2))]


def test_token_prices_keep_their_nine_decimals(world: World) -> None:
    """A row of some tokens costs less than a thousandth; a thousand of them still sum up."""
    world.write(*[Row(cost=0.000000125)] * 1_000)
    assert _nets(_all(world)) == [(12, Decimal("0.000125"))]


def test_a_correction_is_a_row_of_its_own_and_restates_the_hour(world: World) -> None:
    """Negative and late: before it came the hour cost 10, since then 7."""
    world.write(Row(cost=10.0), Row(cost=-3.0, exported=NOON + timedelta(days=1)))
    since = NOON - timedelta(days=1)
    assert _nets(world.warehouse.export(since, NOON + timedelta(hours=12))) == [(12, Decimal(10))]
    assert _nets(world.warehouse.export(since, LATER)) == [(12, Decimal(7))]


def test_only_rows_exported_by_then_are_there(world: World) -> None:
    """A replay sees what could have been seen; a row exported at that very moment can be."""
    world.write(Row(cost=1.0, exported=NOON + timedelta(hours=3)))
    before, on = NOON + timedelta(hours=3) - timedelta(microseconds=1), NOON + timedelta(hours=3)
    assert world.warehouse.export(NOON, before).costs == ()
    assert len(world.warehouse.export(NOON, on).costs) == 1


def test_usage_belongs_to_the_hour_it_began_in(world: World) -> None:
    """The last minute of an hour and the first of the next are two hours."""
    world.write(Row(cost=1.0, at=NOON + timedelta(minutes=59)), Row(cost=2.0, at=NOON + timedelta(minutes=60)))
    assert _nets(_all(world)) == [(12, Decimal(1)), (13, Decimal(2))]


def test_usage_before_since_is_left_out(world: World) -> None:
    """`since` itself is in."""
    world.write(Row(cost=1.0, at=NOON - timedelta(hours=1)), Row(cost=2.0))
    assert _nets(world.warehouse.export(NOON, LATER)) == [(12, Decimal(2))]


def test_labels_and_projects_are_kept_apart(world: World) -> None:
    """Equal labels in another order are equal; no labels are labels of their own."""
    world.write(
        Row(cost=1.0, labels={"app": "chat", "feature": "summary"}),
        Row(cost=2.0, labels={"feature": "summary", "app": "chat"}),
        Row(cost=4.0, labels={"app": "chat"}),
        Row(cost=8.0, labels=None),
        Row(cost=16.0, labels={}),
        Row(cost=32.0, labels={}, project="acme-search"),
    )
    found = {(cost.project, *sorted(cost.labels.items())): cost.net.amount for cost in _all(world).costs}
    assert found == {
        ("acme-chat", ("app", "chat"), ("feature", "summary")): Decimal(3),
        ("acme-chat", ("app", "chat")): Decimal(4),
        ("acme-chat",): Decimal(24),
        ("acme-search",): Decimal(32),
    }


def test_the_newest_hour_is_never_complete(world: World) -> None:
    """An hour is complete once rows of a later hour are there; gaps do not make an hour."""
    world.write(Row(cost=1.0))
    assert _all(world).complete_until is None
    world.write(Row(cost=1.0, at=NOON + timedelta(hours=1)), Row(cost=1.0, at=NOON + timedelta(hours=5)))
    assert _all(world).complete_until == NOON + timedelta(hours=2)
    assert world.warehouse.export(NOON, NOON + timedelta(hours=7)).complete_until == NOON + timedelta(hours=1)


def test_the_rate_is_that_of_the_newest_row(world: World) -> None:
    """The rate changes by the month; the row exported last says today's."""
    world.write(
        Row(cost=1.0, at=NOON + timedelta(hours=1), exported=NOON + timedelta(hours=4), rate=5.25),
        Row(cost=1.0, at=NOON, exported=NOON + timedelta(hours=9), rate=5.375),
    )
    assert _all(world).usd_rate == Decimal("5.375")
    assert world.warehouse.export(NOON, NOON + timedelta(hours=5)).usd_rate == Decimal("5.25")


def test_two_currencies_are_refused_by_name(world: World) -> None:
    """A billing account has one currency: two are two accounts, and are never added."""
    world.write(Row(cost=1.0), Row(cost=1.0, currency="USD", rate=1.0))
    with pytest.raises(CurrencyMismatch, match="BRL and USD"):
        _all(world)


# What only the table can show


def test_only_ai_services_count(file: DuckDbWorld) -> None:
    """By id, since Google renames services; Claude's by name, since each is a service of its own."""
    file.write(
        Row(cost=1.0, service=("C7E2-9256-1C43", "Vertex AI")),
        Row(cost=2.0, service=("AEFD-7695-64FA", "Gemini API")),
        Row(cost=4.0, service=("3A1B-0000-0001", "Claude Opus 4.6"), sku="Claude Opus 4.6 Input Tokens"),
        Row(cost=8.0, service=("24E6-581D-38E5", "BigQuery"), sku="Analysis"),
        Row(cost=16.0, service=(None, None), sku="Tax", project=None),
    )
    found = {cost.model: cost.net.amount for cost in _all(file).costs}
    assert found == {"gemini-2.5-flash": Decimal(3), "claude-opus-4-6": Decimal(4)}


@pytest.mark.parametrize(
    ("sku", "model"),
    [
        ("Gemini 3.7 Flash Global Text Input - Predictions", "gemini-3.7-flash"),
        ("Gemini 2.5 Flash Lite Regional Text Output - Predictions", "gemini-2.5-flash-lite"),
        ("Gemini 2.5 Flash GA Thinking Text Output - Predictions", "gemini-2.5-flash"),
        ("Gemini 2.5 Flash Image Image Output - Predictions", "gemini-2.5-flash-image"),
        ("Gemini 2.5 Pro Long Text Input - Predictions", "gemini-2.5-pro"),
        ("Gemini 3.1 Pro Preview Priority Text Input - Predictions", "gemini-3.1-pro-preview"),
        ("Gemini 2.5 Pro Caching Storage", "gemini-2.5-pro"),
        ("Gemini Embedding 001 Text Input - Predictions", "gemini-embedding-001"),
        ("Generate content input token count Gemini 2.5 Flash short input text", "gemini-2.5-flash"),
        ("Vertex AI: Online/Batch Prediction N1 Standard", "Vertex AI: Online/Batch Prediction N1 Standard"),
        (None, ""),
    ],
)
def test_the_model_comes_from_the_sku(file: DuckDbWorld, sku: str | None, model: str) -> None:
    """A SKU that names no model keeps its own text, so that its cost is seen under some name."""
    file.write(Row(cost=1.0, sku=sku))
    assert [cost.model for cost in _all(file).costs] == [model]


def test_a_row_without_cost_counts_its_credit(file: DuckDbWorld) -> None:
    """A NULL cost does not swallow the credits beside it."""
    file.write(Row(cost=None, credits=(-2.0,)))
    assert _nets(_all(file)) == [(12, Decimal(-2))]


def test_hours_are_utc_whatever_the_machine_says(file: DuckDbWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a zone half an hour off, truncating to local hours would move the edges."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    file.write(Row(cost=1.0, at=NOON + timedelta(minutes=29)), Row(cost=2.0, at=NOON + timedelta(minutes=31)))
    assert _nets(_all(file)) == [(12, Decimal(3))]


def test_a_writer_is_waited_for(file: DuckDbWorld) -> None:
    """A file that is open for writing is tried again for a bounded time; then it is Unavailable."""
    with duckdb.connect(str(file.path)), pytest.raises(Unavailable, match="billing export"):
        _all(file)
    assert len(file.naps) == ATTEMPTS - 1


def test_a_writer_that_is_done_in_time_is_not_noticed(file: DuckDbWorld) -> None:
    """The next try succeeds."""
    file.write(Row(cost=1.0))
    writer = duckdb.connect(str(file.path))
    warehouse = DuckDbWarehouse(file.path, TABLE, sleep=lambda _: writer.close())
    assert len(warehouse.export(NOON, LATER).costs) == 1


def test_a_missing_file_and_a_missing_table_are_rejected(file: DuckDbWorld, tmp_path: Path) -> None:
    """A wrong path or name does not heal by itself, and no empty file is made in its place."""
    with pytest.raises(Rejected, match="no billing export at"):
        DuckDbWarehouse(tmp_path / "nowhere.duckdb", TABLE).export(NOON, LATER)
    assert not (tmp_path / "nowhere.duckdb").exists()
    with pytest.raises(Rejected, match="other"):
        DuckDbWarehouse(file.path, "billing.other").export(NOON, LATER)


def test_a_table_name_is_no_way_into_the_statement(file: DuckDbWorld) -> None:
    """A name is written into the SQL, so it is checked first."""
    with pytest.raises(BadInput, match="table"):
        DuckDbWarehouse(file.path, "t` AS x; DROP TABLE y; --").export(NOON, LATER)


def test_every_number_of_money_is_exact_in_duckdb() -> None:
    """A bare DECIMAL would be DECIMAL(18,3) there."""
    assert "DECIMAL(38, 9)" in in_duckdb("hourly_costs", TABLE)
    assert "AS DECIMAL)" not in in_duckdb("hourly_costs", TABLE)


ERRORS = {one for one in vars(duckdb).values() if isinstance(one, type) and issubclass(one, duckdb.Error)}


@pytest.mark.parametrize("vendors", sorted(ERRORS, key=str))
def test_every_error_of_duckdb_has_a_word_of_ours(vendors: type[duckdb.Error]) -> None:
    """Nothing of the vendor's passes the edge."""
    with pytest.raises(VendorError, match=r"the file: x"), translated("the file"):
        raise vendors("x")
