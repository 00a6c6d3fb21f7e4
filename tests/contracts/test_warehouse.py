"""What every warehouse promises: one suite, over the fake, DuckDB and the BigQuery emulator, each of Google's exports.

The statements are BigQuery's, run verbatim on the emulator; "rolled" reads through the hourly rollup.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from freio.adapters.duckdb.dialect import in_duckdb
from freio.adapters.duckdb.engine import ATTEMPTS, DuckDbEngine
from freio.adapters.duckdb.errors import translated
from freio.adapters.warehouse.questions import Schema, Tables, question
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.domain.money import Money
from freio.domain.spend import Export
from freio.errors import BadInput, CurrencyMismatch, Rejected, Unavailable, VendorError
from tests.contracts.export_rows import NOON, Row
from tests.contracts.warehouses import BigQueryWorld, DuckDbWorld, FakeWorld, SqlWorld, World, emulated, rules

LATER = NOON + timedelta(days=2)
BIGQUERY = [pytest.mark.real, pytest.mark.xdist_group("bigquery")]
ENGINES = [
    "duckdb-detailed",
    "duckdb-focus",
    "duckdb-detailed-rolled",
    "duckdb-focus-rolled",
    pytest.param("bigquery-detailed", marks=BIGQUERY),
    pytest.param("bigquery-focus", marks=BIGQUERY),
    pytest.param("bigquery-detailed-rolled", marks=BIGQUERY),
]


@pytest.fixture
def file(tmp_path: Path) -> DuckDbWorld:
    return DuckDbWorld(tmp_path / "export.duckdb", Schema.DETAILED, rules(), rolled=False)


@pytest.fixture(params=["fake", *ENGINES])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        yield FakeWorld()
    else:
        yield from _on_an_engine(request, tmp_path)


@pytest.fixture(params=ENGINES)
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWorld]:
    """For what only a table can show."""
    yield from _on_an_engine(request, tmp_path)


def _on_an_engine(request: pytest.FixtureRequest, folder: Path) -> Iterator[SqlWorld]:
    engine, schema, *rolled = request.param.split("-")
    if engine == "duckdb":
        yield DuckDbWorld(folder / "export.duckdb", Schema(schema), rules(), rolled=bool(rolled))
        return
    with emulated(request.getfixturevalue("bigquery_address")):
        yield BigQueryWorld(Schema(schema), rules(), rolled=bool(rolled))


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


def test_only_ai_services_count(table: SqlWorld) -> None:
    """By id, since Google renames services; Claude's by name, since each is a service of its own."""
    table.write(
        Row(cost=1.0, service=("C7E2-9256-1C43", "Vertex AI")),
        Row(cost=2.0, service=("AEFD-7695-64FA", "Gemini API")),
        Row(cost=4.0, service=("3A1B-0000-0001", "Claude Opus 4.6"), sku="Claude Opus 4.6 Input Tokens"),
        Row(cost=8.0, service=("24E6-581D-38E5", "BigQuery"), sku="Analysis"),
        Row(cost=16.0, service=(None, None), sku="Tax", project=None),
    )
    found = {cost.model: cost.net.amount for cost in _all(table).costs}
    assert found == {"gemini-2.5-flash": Decimal(3), "claude-opus-4-6": Decimal(4)}


SKUS = {
    "Gemini 3.7 Flash Global Text Input - Predictions": "gemini-3.7-flash",
    "Gemini 2.5 Flash Lite Regional Text Output - Predictions": "gemini-2.5-flash-lite",
    "Gemini 2.5 Flash GA Thinking Text Output - Predictions": "gemini-2.5-flash",
    "Gemini 2.5 Flash Image Image Output - Predictions": "gemini-2.5-flash-image",
    "Gemini 2.5 Pro Long Text Input - Predictions": "gemini-2.5-pro",
    "Gemini 3.1 Pro Preview Priority Text Input - Predictions": "gemini-3.1-pro-preview",
    "Gemini 2.5 Pro Caching Storage": "gemini-2.5-pro",
    "Gemini Embedding 001 Text Input - Predictions": "gemini-embedding-001",
    "Generate content input token count Gemini 2.5 Flash short input text": "gemini-2.5-flash",
    "Vertex AI: Online/Batch Prediction N1 Standard": "Vertex AI: Online/Batch Prediction N1 Standard",
    None: "",
}


def test_the_model_comes_from_the_sku(table: SqlWorld) -> None:
    """A SKU that names no model keeps its own text, so that its cost is seen under some name."""
    hours = dict(enumerate(SKUS.items()))
    table.write(*(Row(cost=1.0, sku=sku, at=NOON + timedelta(hours=hour)) for hour, (sku, _) in hours.items()))
    found = {cost.hour: cost.model for cost in _all(table).costs}
    assert found == {NOON + timedelta(hours=hour): model for hour, (_, model) in hours.items()}


def test_what_online_telemetry_does_not_count_is_told_apart(table: SqlWorld) -> None:
    """Batch jobs, and what is billed by something else than tokens: an estimate is never held against them."""
    beside = {
        "Gemini 3.8 Flash Global Text Output - Batch Predictions": True,
        "Gemini 3.7 Flash Text Input Caching Storage": True,
        "Grounding with Google Search on Gemini 3": True,
        "Gemini 3.7 Flash Text Input Caching": False,
        "Gemini 3.7 Flash Global Text Input Priority - Predictions": False,
        None: False,
    }
    hours = dict(enumerate(beside.items()))
    table.write(*(Row(cost=1.0, sku=sku, at=NOON + timedelta(hours=hour)) for hour, (sku, _) in hours.items()))
    found = {cost.hour: cost.beside for cost in _all(table).costs}
    assert found == {NOON + timedelta(hours=hour): is_beside for hour, (_, is_beside) in hours.items()}


def test_a_row_without_cost_counts_its_credit(table: SqlWorld) -> None:
    """A NULL cost does not swallow the credits beside it."""
    table.write(Row(cost=None, credits=(-2.0,)))
    assert _nets(_all(table)) == [(12, Decimal(-2))]


def test_a_label_without_a_value_is_empty(table: SqlWorld) -> None:
    """A NULL value and the empty text are the same label."""
    table.write(Row(cost=1.0, labels={"app": None}), Row(cost=2.0, labels={"app": ""}))
    assert [(dict(cost.labels), cost.net.amount) for cost in _all(table).costs] == [({"app": ""}, Decimal(3))]


def test_labels_that_no_rule_looks_at_are_not_read(table: SqlWorld) -> None:
    """A label with a value for each request would make a row for each request."""
    table.write(*(Row(cost=1.0, labels={"app": "chat", "request": str(each)}) for each in range(5)))
    assert [(dict(cost.labels), cost.net.amount) for cost in _all(table).costs] == [({"app": "chat"}, Decimal(5))]


def test_large_and_small_costs_are_exact(table: SqlWorld) -> None:
    """Nine decimals of NUMERIC, at sizes where a float has hardly that many."""
    table.write(Row(cost=1234567.891234567), Row(cost=0.000000001, at=NOON + timedelta(hours=1)), Row(cost=-0.1))
    assert _nets(_all(table)) == [(12, Decimal("1234567.791234567")), (13, Decimal("0.000000001"))]


# What only DuckDB can show


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
    engine = DuckDbEngine(file.path, sleep=lambda _: writer.close())
    assert len(SqlWarehouse(engine, file.tables, rules()).export(NOON, LATER).costs) == 1


def test_a_missing_file_and_a_missing_table_are_rejected(file: DuckDbWorld, tmp_path: Path) -> None:
    """A wrong path or name does not heal by itself, and no empty file is made in its place."""
    nowhere = DuckDbEngine(tmp_path / "nowhere.duckdb")
    with pytest.raises(Rejected, match="no billing export at"):
        SqlWarehouse(nowhere, file.tables, rules()).export(NOON, LATER)
    assert not (tmp_path / "nowhere.duckdb").exists()
    with pytest.raises(Rejected, match="other"):
        SqlWarehouse(file.engine, Tables(export="billing.other"), rules()).export(NOON, LATER)


def test_a_table_name_is_no_way_into_the_statement() -> None:
    """A name is written into the SQL, so it is checked first."""
    with pytest.raises(BadInput, match="table"):
        Tables(export="t` AS x; DROP TABLE y; --")


def test_every_number_of_money_is_exact_in_duckdb(file: DuckDbWorld) -> None:
    """A bare DECIMAL would be DECIMAL(18,3) there."""
    [said] = in_duckdb(question("hourly_costs", file.tables))
    assert "DECIMAL(38, 9)" in said
    assert "AS DECIMAL)" not in said


ERRORS = {one for one in vars(duckdb).values() if isinstance(one, type) and issubclass(one, duckdb.Error)}


@pytest.mark.parametrize("vendors", sorted(ERRORS, key=str))
def test_every_error_of_duckdb_has_a_word_of_ours(vendors: type[duckdb.Error]) -> None:
    """Nothing of the vendor's passes the edge."""
    with pytest.raises(VendorError, match=r"the file: x"), translated("the file"):
        raise vendors("x")
