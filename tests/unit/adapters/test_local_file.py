"""An export in a file of one's own: what is wrong in it is named, by row and column."""

from __future__ import annotations

import csv
import gzip
import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from freio.adapters.duckdb.local_file import LocalFile
from freio.adapters.warehouse.questions import Schema
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.domain.spend import Every
from freio.errors import BadInput
from tests.contracts.export_rows import NOON, Row, duckdb_types, lines
from tests.contracts.warehouses import file_warehouse, rules


def _net(path: Path) -> Decimal:
    [cost] = file_warehouse(path, rules()).export(NOON - timedelta(days=1), NOON + timedelta(days=9)).costs
    return cost.net.amount


def _csv(path: Path, *rows: dict[str, Any]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(
            {k: json.dumps(v) if isinstance(v, (dict, list)) else v for k, v in row.items()} for row in rows
        )
    return path


def test_a_file_may_be_packed(tmp_path: Path) -> None:
    """As bq extract leaves it."""
    path = tmp_path / "export.jsonl.gz"
    path.write_bytes(gzip.compress(lines([Row(cost=1.5)], Schema.DETAILED).encode()))
    assert _net(path) == Decimal("1.5")


def test_records_may_be_spread_over_columns(tmp_path: Path) -> None:
    """As consoles and spreadsheets flatten them, with dotted names; times as BigQuery prints them."""
    row = Row(cost=1.5, credits=(-0.5,)).detailed()
    flat = {
        (f"{name}.{part}" if part else name): inner
        for name, value in row.items()
        for part, inner in (value.items() if isinstance(value, dict) else [("", value)])
    }
    flat |= {"usage_start_time": "2026-11-02 12:00:00 UTC", "location.location": ""}
    assert _net(_csv(tmp_path / "export.csv", flat)) == Decimal(1)


def test_fields_that_json_leaves_out_are_nothing(tmp_path: Path) -> None:
    """BigQuery's JSON has no key for what is NULL."""
    row = {k: v for k, v in Row(cost=2.0).detailed().items() if v} | {"project": {}, "labels": [], "credits": []}
    path = tmp_path / "export.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    assert _net(path) == Decimal(2)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("cost", "a lot", r"row 2, `cost`: 'a lot' stands there; may be a number such as 0.25"),
        (
            "usage_start_time",
            "yesterday",
            r"row 2, `usage_start_time`: 'yesterday' stands there; may be a time such as",
        ),
        ("credits", '[{"amount": "x"}]', r"row 2, `credits`: .* may be JSON such as \[\{\"amount\": …\}\]"),
        ("cost", "NaN", r"row 2, `cost`: 'NaN' stands there; may be a number such as 0.25"),
        ("cost", "-inf", r"row 2, `cost`: '-inf' stands there; may be a number such as 0.25"),
        ("cost", "1e30", r"row 2, `cost`: '1e30' stands there; may be a number such as 0.25"),
        ("credits", '[{"amount": "NaN"}]', r"row 2, `credits`: .* may be JSON such as \[\{\"amount\": …\}\]"),
        ("credits", '[{"Amount": -0.25}]', r"row 2, `credits`: .* may be JSON such as \[\{\"amount\": …\}\]"),
        ("credits", '[{"amount": -1}, {"Amount": -2}]', r"row 2, `credits`: .* may be JSON such as"),
        ("credits", "[-0.25]", r"row 2, `credits`: '\[-0.25\]' stands there; may be JSON such as"),
        ("labels", '[{"Key": "app", "Value": "chat"}]', r"row 2, `labels`: .* may be JSON such as"),
        ("labels", "app=chat", r"row 2, `labels`: 'app=chat' stands there; may be JSON such as"),
        ("project", "[1]", r"row 2, `project`: '\[1\]' stands there; may be JSON such as \{\"id\": …\}"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    """The file, the row, the column, what stands there and what may; nothing is left out in silence."""
    good = Row(cost=1.0).detailed()
    path = _csv(tmp_path / "export.csv", good, {**good, name: value})
    with pytest.raises(BadInput, match=said) as caught:
        _ = LocalFile(path).tables
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("schema", list(Schema))
@pytest.mark.parametrize("kind", ["time", "export", "currency"])
def test_a_row_that_no_sum_would_hold_is_named(tmp_path: Path, schema: Schema, kind: str) -> None:
    """Without the hour of its use or of its export, its cost would be left out in silence."""
    name = {
        "time": {Schema.DETAILED: "usage_start_time", Schema.FOCUS: "ChargePeriodStart"},
        "export": {Schema.DETAILED: "export_time", Schema.FOCUS: "x_ExportTime"},
        "currency": {Schema.DETAILED: "currency", Schema.FOCUS: "BillingCurrency"},
    }[kind][schema]
    good = Row(cost=1.0).of(schema)
    path = tmp_path / "export.jsonl"
    for nothing in (None, ""):
        path.write_text(json.dumps(good) + "\n" + json.dumps({**good, name: nothing}), encoding="utf-8")
        with pytest.raises(BadInput, match=rf"row 2, `{name}`: nothing stands there; may be (a time|text)"):
            _ = LocalFile(path).tables


@pytest.mark.parametrize("schema", list(Schema))
@pytest.mark.parametrize("stands", ["1999-08-01T00:00:00+00:00", "2026-11-09T12:00:00+00:00"])
def test_a_time_that_cannot_be_is_named(tmp_path: Path, schema: Schema, stands: str) -> None:
    """Before there was a cloud, or days after its row was written: what is told by the hour would reach that far."""
    name = "usage_start_time" if schema is Schema.DETAILED else "ChargePeriodStart"
    good = Row(cost=1.0).of(schema)
    path = tmp_path / "export.jsonl"
    path.write_text(json.dumps(good) + "\n" + json.dumps({**good, name: stands}), encoding="utf-8")
    said = rf"row 2, `{name}`: '{re.escape(stands)}' stands there; may be a time from 2008 on, and none after its row's"
    with pytest.raises(BadInput, match=said):
        _ = LocalFile(path).tables


MANY = 21_000  # DuckDB guesses a file's shape by its first 20,480 rows


def test_quotes_that_come_late_are_quotes(tmp_path: Path) -> None:
    """Labels and credits that only the last row of many has."""
    row = Row(cost=1.0).detailed()
    flat = {k: v for k, v in row.items() if not isinstance(v, (dict, list))} | {
        f"{name}.{part}": inner
        for name in ("service", "sku", "project", "location")
        for part, inner in row[name].items()
    }
    plain = {**flat, "labels": "", "credits": ""}
    last = {**flat, "labels": [{"key": "app", "value": "chat"}], "credits": [{"amount": -0.5}]}
    found = file_warehouse(_csv(tmp_path / "export.csv", *[plain] * MANY, last), rules())
    costs = found.export(NOON - timedelta(days=1), NOON + timedelta(days=9)).costs
    assert [(cost.labels, cost.net.amount) for cost in costs] == [({}, MANY), ({"app": "chat"}, Decimal("0.5"))]


def test_columns_that_come_late_are_columns(tmp_path: Path) -> None:
    """BigQuery's JSON has no key for what is NULL, as a region may be for weeks."""
    plain = Row(cost=1.0).detailed()
    del plain["location"]
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join([*[json.dumps(plain)] * MANY, json.dumps(Row(cost=1.0).detailed())]), encoding="utf-8")
    assert _net(path) == MANY + 1


def test_a_column_of_nothing_is_nothing(tmp_path: Path) -> None:
    """Parquet has a type of its own for a list that no row has."""
    path = _parquet(tmp_path / "export.parquet", Row(cost=1.5))
    empty = tmp_path / "empty.parquet"
    with duckdb.connect(":memory:") as connection:
        rows = f"SELECT * REPLACE (NULL AS labels, NULL AS credits) FROM '{path}'"
        connection.execute(f"COPY ({rows}) TO '{empty}' (FORMAT parquet)")
    assert _net(empty) == Decimal("1.5")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("export.jsonl", "{}\n{", r"Malformed JSON in file .* at byte \d+ in line \d+"),
        ("export.parquet", "PAR0", "magic bytes|too small"),
        ("export.csv", "a,b\n1,\xff\n", "CSV"),
    ],
)
def test_a_file_that_is_broken_is_a_fault_of_what_was_given(tmp_path: Path, name: str, text: str, why: str) -> None:
    """With the place, in one line."""
    path = tmp_path / name
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=why) as caught:
        _ = LocalFile(path).tables
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    """And not to hold a column that nobody has written."""
    path = tmp_path / "export.csv"
    path.touch()
    with pytest.raises(BadInput, match="is empty; a billing export has a header or rows"):
        _ = LocalFile(path).tables


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    """With what is there instead."""
    row = Row(cost=1.0).detailed()
    del row["currency"]
    with pytest.raises(BadInput, match=r"lacks the column `currency`; has service, sku"):
        _ = LocalFile(_csv(tmp_path / "export.csv", row)).tables


def test_a_file_that_is_no_export_is_said_to_be_none(tmp_path: Path) -> None:
    """By what a standard, detailed or FOCUS export would have."""
    with pytest.raises(BadInput, match=r"holds the columns day, cost; a standard or detailed export has"):
        _ = LocalFile(_csv(tmp_path / "x.csv", {"day": "1", "cost": "2"})).tables
    with pytest.raises(BadInput, match=r"is read from \.parquet, \.csv"):
        _ = LocalFile(_csv(tmp_path / "x.xlsx", {"a": "1"})).tables
    with pytest.raises(BadInput, match="there is no such file"):
        _ = LocalFile(tmp_path / "nowhere.csv").tables


@pytest.mark.parametrize("name", ["export[1].jsonl", "export*.jsonl", "export?.jsonl", "export[!2].jsonl"])
def test_signs_of_patterns_are_signs_of_names(tmp_path: Path, name: str) -> None:
    """A browser names the second download `export[1]`: what lies beside it is not read in its place, nor with it."""
    (tmp_path / "export1.jsonl").write_text(lines([Row(cost=2.0)], Schema.DETAILED), encoding="utf-8")
    path = tmp_path / name
    path.write_text(lines([Row(cost=1.5)], Schema.DETAILED), encoding="utf-8")
    assert _net(path) == Decimal("1.5")


def test_a_folder_is_no_column(tmp_path: Path) -> None:
    """Whatever it is called."""
    folder = tmp_path / "cost=5"
    folder.mkdir()
    assert _net(_csv(folder / "export.csv", Row(cost=1.5).detailed())) == Decimal("1.5")
    (folder / "export.jsonl").write_text(lines([Row(cost=1.5)], Schema.DETAILED), encoding="utf-8")
    assert _net(folder / "export.jsonl") == Decimal("1.5")
    assert _net(_parquet(folder / "export.parquet", Row(cost=1.5))) == Decimal("1.5")


def test_columns_that_nobody_asks_for_are_not_kept(tmp_path: Path) -> None:
    """An export has many: 64 MB of text stand in this one, in a file of a few kB, and in no table."""
    path = _parquet(tmp_path / "export.parquet", Row(cost=1.0), also="repeat('x', 64000000) AS resource")
    with duckdb.connect(":memory:") as connection, pytest.MonkeyPatch.context() as patch:
        connection.execute("SET memory_limit = '40MB'; SET max_temp_directory_size = '0MB'")
        patch.setattr(duckdb, "connect", lambda *_: connection)
        assert _net(path) == Decimal(1)


def test_credits_may_be_none_or_of_nothing(tmp_path: Path) -> None:
    """An empty list, an amount that is null, no list at all: the cost is the net."""
    row = Row(cost=1.0).detailed()
    found = [[], [{"amount": None}], None, [{"name": "free", "amount": -0.5}]]
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(json.dumps({**row, "credits": one}) for one in found), encoding="utf-8")
    assert _net(path) == Decimal("3.5")
    assert _net(_csv(tmp_path / "export.csv", *({**row, "credits": one} for one in found))) == Decimal("3.5")


def test_one_credit_that_is_spelt_otherwise_is_found_among_many(tmp_path: Path) -> None:
    """In JSON lines too, where a guessed type would make it null."""
    row = Row(cost=1.0).detailed()
    found = [[{"amount": -0.5}], [{"Amount": -0.25}]]
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(json.dumps({**row, "credits": one}) for one in found), encoding="utf-8")
    with pytest.raises(BadInput, match=r"row 2, `credits`: '\[\{\"Amount\":-0.25\}\]' stands there"):
        _ = LocalFile(path).tables


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (Row(cost=float("nan")), "cost"),
        (Row(cost=float("inf")), "cost"),
        (Row(cost=1.0, credits=(float("nan"),)), "credits"),
    ],
)
def test_numbers_that_are_none_are_named_in_parquet_too(tmp_path: Path, row: Row, name: str) -> None:
    """There a float can hold them."""
    with pytest.raises(BadInput, match=rf"row 1, `{name}`: .*nan|row 1, `{name}`: 'inf'"):
        _ = LocalFile(_parquet(tmp_path / "export.parquet", row)).tables


def _parquet(path: Path, row: Row, *, also: str = "1 AS one") -> Path:
    written = path.with_suffix(".rows")
    written.write_text(lines([row], Schema.DETAILED), encoding="utf-8")
    with duckdb.connect(":memory:") as connection:
        reader = "read_json(?, format = 'newline_delimited', columns = ?, hive_partitioning = false)"
        types = duckdb_types(Schema.DETAILED)
        connection.execute(f"CREATE TABLE made AS SELECT *, {also} FROM {reader}", [str(written), types])
        connection.execute(f"COPY made TO '{path}' (FORMAT parquet)")
    return path


def _used(schema: Schema, *spans: tuple[float, float], **changes: Any) -> list[dict[str, Any]]:
    """Rows of a thousand tokens each, from one minute after noon until another."""
    found = []
    for first, last in spans:
        at, until = (NOON + timedelta(minutes=minutes) for minutes in (first, last))
        columns = Row(cost=1.0, at=at).of(schema)
        if schema is Schema.FOCUS:
            columns |= {"ConsumedQuantity": "1000", "ConsumedUnit": "count", "ChargePeriodEnd": until.isoformat()}
        else:
            columns |= {"usage": {"amount": 1000.0, "unit": "count"}, "usage_end_time": until.isoformat()}
        found.append(columns | changes)
    return found


def _steps(path: Path, rows: list[dict[str, Any]]) -> list[int]:
    """The tokens of each part of the hour of noon."""
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    file = LocalFile(path)
    found = []
    for tables in file.steps:
        lines = SqlWarehouse(file, tables, rules()).spend(
            NOON, NOON + timedelta(hours=1), by=("app",), every=Every.HOUR, as_of=NOON + timedelta(days=9)
        )
        found.append(int(sum(one.net.amount for one in lines)))
    return found


@pytest.mark.parametrize("schema", list(Schema))
@pytest.mark.parametrize(
    ("spans", "steps"),
    [
        ([(0, 5), (5, 10), (5, 10), (55, 60)], [1000, 2000, *[0] * 9, 1000]),
        ([(0, 1), (3, 4), (7, 8)], [2000, 1000, *[0] * 10]),  # minutes are in their five
        ([(0, 10), (20, 30)], [1000, 0, 1000, 0, 0, 0]),
        ([(0, 5), (15, 30)], [1000, 1000, 0, 0]),
        ([(0, 30), (30, 60)], [1000, 1000]),
        ([(0, 60)], []),
        ([(0, 5), (0, 60)], []),  # an hour's tokens are of none of its parts
        ([(3, 8)], [1000, *[0] * 5]),
        ([(55, 65)], []),
        ([(5, 5)], []),  # no span, no time
    ],
)
def test_rows_finer_than_an_hour_are_told_apart(
    schema: Schema, spans: list[tuple[float, float]], steps: list[int], tmp_path: Path
) -> None:
    """In as many parts of the hour as no row reaches out of."""
    assert _steps(tmp_path / "export.jsonl", _used(schema, *spans)) == steps


def test_rows_that_do_not_say_when_they_end_may_be_hours(tmp_path: Path) -> None:
    """Nor does a time that cannot be read; what is no token may be as long as it likes."""
    path = tmp_path / "export.jsonl"
    rows = _used(Schema.DETAILED, (0, 5), (5, 10))
    assert (
        _steps(path, [{name: value for name, value in row.items() if name != "usage_end_time"} for row in rows]) == []
    )
    assert _steps(path, [rows[0], rows[1] | {"usage_end_time": None}]) == []
    assert _steps(path, [rows[0], rows[1] | {"usage_end_time": "later"}]) == []
    storage = _used(Schema.DETAILED, (0, 60), sku={"id": "X", "description": "Gemini 2.5 Flash Caching Storage"})
    assert _steps(path, [*rows, *storage]) == [1000, 1000, *[0] * 10]
