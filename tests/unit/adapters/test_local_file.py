"""An export in a file of one's own: what is wrong in it is named, by row and column."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from freio.adapters.duckdb.local_file import LocalFile
from freio.adapters.warehouse.questions import Schema
from freio.errors import BadInput
from tests.contracts.export_rows import NOON, Row, lines
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
