"""The statements that the warehouse runs, and the names that they give to models."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from freio.adapters.duckdb.engine import DuckDbEngine
from freio.adapters.model_names import plain_model
from freio.adapters.warehouse.questions import Schema, Tables, parameters, question
from freio.adapters.warehouse.rules import Rules
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.errors import BadInput, UnknownPrice
from freio.sandbox.google.models import MODELS
from freio.sandbox.spend.billing_export import BillingExport
from freio.sandbox.spend.billing_rows import BillingAccount, HourUse
from freio.sandbox.spend.prices import token_price

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
TABLES = Tables(export="acme-finops.billing.gcp_billing_export_resource_v1_01D4EE", rollup="acme.freio.hourly_spend")
FILES = {file.name: file.read_text(encoding="utf-8") for file in (files("freio") / "sql").iterdir()}
CODE = {
    name.removesuffix(".sql"): "\n".join(line.partition("--")[0] for line in text.splitlines())
    for name, text in FILES.items()
    if name.endswith(".sql")
}


@pytest.mark.parametrize("name", sorted(CODE))
def test_credits_are_unnested_in_their_own_row_alone(name: str) -> None:
    """Whoever joins credits beside SUM(cost) counts the cost once for each credit."""
    code = CODE[name].upper()
    assert "JOIN" not in code
    assert ("UNNEST(ITEM.CREDITS)" in code) == (name == "export_detailed")
    assert "FROM `BILLING_EXPORT`" not in code or name.startswith("export_")


@pytest.mark.parametrize("name", ["export_detailed", "export_focus", "rolled"])
def test_whatever_is_scanned_is_bounded_by_its_partitions(name: str) -> None:
    """A scan without a bound reads, and bills, years."""
    assert {"exported_since", "as_of"} <= parameters(CODE[name])
    assert ("_PARTITIONTIME >= TIMESTAMP_TRUNC(@exported_since, DAY)" in CODE[name]) == (name == "export_detailed")


@pytest.mark.parametrize(
    "table",
    [
        "t",
        "billing.t",
        "2026_billing.t",
        "acme.01_billing.t",
        "acme-finops.billing.gcp_billing_export_resource_v1_01D4EE",
    ],
)
def test_a_table_may_name_its_dataset_and_project(table: str) -> None:
    """As the client's file gives it."""
    assert f"FROM `{table}` AS item" in question("hourly_costs", Tables(export=table))


@pytest.mark.parametrize("table", ["", "a.b.c.d", "t`", "t; DROP TABLE u", "t -- x"])
def test_what_is_no_table_is_refused(table: str) -> None:
    """The name is the one thing written into a statement."""
    with pytest.raises(BadInput):
        Tables(export=table)


def test_the_schema_is_told_by_the_name_that_google_gives() -> None:
    """Each of the three exports."""
    assert Schema.of("a.b.gcp_billing_export_v1_01D4EE_079462_DFD6EC") is Schema.DETAILED
    assert Schema.of("a.b.gcp_billing_export_resource_v1_01D4EE_079462_DFD6EC") is Schema.DETAILED
    assert Schema.of("a.focus.gcp_billing_export_focus_01D4EE_079462_DFD6EC") is Schema.FOCUS


def test_through_the_rollup_the_export_is_not_read() -> None:
    """That is what the rollup is for."""
    assert TABLES.export in question("spend", TABLES)
    assert TABLES.export not in question("spend", TABLES, rolled=True)


def test_a_refresh_is_one_transaction() -> None:
    """Whoever reads meanwhile sees the rollup before or after it, never without its last days."""
    statements = [part.strip() for part in question("rollup_refresh", TABLES).split(";")]
    assert statements[0] == "BEGIN TRANSACTION"
    assert statements[-1] == "COMMIT TRANSACTION"


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
    engine = DuckDbEngine(tmp_path / "x.duckdb")
    warehouse = SqlWarehouse(engine, Tables(export="t"), Rules(apps="[]", label_keys=()))
    export = warehouse.export(NOON, NOON + timedelta(days=9))
    assert {cost.model for cost in export.costs} == {plain_model(name) for name in called}
    assert len(called) > 10
