"""The statements that the warehouse runs, and the names that they give to models."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from freio.adapters.duckdb.warehouse import DuckDbWarehouse
from freio.adapters.model_names import plain_model
from freio.adapters.sql_text import question
from freio.errors import BadInput, UnknownPrice
from freio.sandbox.google.models import MODELS
from freio.sandbox.spend.billing_export import BillingExport
from freio.sandbox.spend.billing_rows import BillingAccount, HourUse
from freio.sandbox.spend.prices import token_price

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
QUESTIONS = sorted(
    file.name.removesuffix(".sql")
    for file in (files("freio") / "sql").iterdir()
    if file.name.endswith(".sql") and file.name != "line_items.sql"
)


@pytest.mark.parametrize("name", QUESTIONS)
def test_only_line_items_unnests(name: str) -> None:
    """Whoever joins credits beside SUM(cost) counts the cost once for each credit."""
    text = (files("freio") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    code = "\n".join(line.partition("--")[0] for line in text.splitlines())
    assert "UNNEST" not in code.upper()
    assert "JOIN" not in code.upper()
    assert "@as_of" in code


@pytest.mark.parametrize("table", ["t", "billing.t", "acme-finops.billing.gcp_billing_export_resource_v1_01D4EE"])
def test_a_table_may_name_its_dataset_and_project(table: str) -> None:
    """As the client's file gives it."""
    assert f"FROM `{table}` AS item" in question("hourly_costs", table)


@pytest.mark.parametrize("table", ["", "a.b.c.d", "t`", "t; DROP TABLE u", "t -- x"])
def test_what_is_no_table_is_refused(table: str) -> None:
    """The name is the one thing written into a statement."""
    with pytest.raises(BadInput):
        question("hourly_costs", table)


def _priced(name: str) -> bool:
    try:
        token_price(name, NOON, input_size=100, output_size=10)
    except UnknownPrice:
        return False
    return True


def test_a_model_has_one_name_on_the_bill_and_in_telemetry(tmp_path: Path) -> None:
    """The bill writes "Claude Opus 4.6", telemetry claude-opus-4-6: spend and tokens must meet under one name."""
    called = [name for name in (model.name for model in MODELS) if _priced(name)]
    uses = [
        HourUse(
            start=NOON,
            project="p",
            location="global",
            model=name,
            labels=(),
            requests=1,
            input_tokens=1_000_000,
            output_tokens=10_000,
        )
        for name in called
    ]
    BillingExport(tmp_path / "x.duckdb", "t", BillingAccount(id="01D4EE"), 7).write(uses)
    export = DuckDbWarehouse(tmp_path / "x.duckdb", "t").export(NOON, NOON + timedelta(days=9))
    assert {cost.model for cost in export.costs} == {plain_model(name) for name in called}
    assert len(called) > 10
