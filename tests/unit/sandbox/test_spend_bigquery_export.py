"""The export that BigQuery holds: nothing stands in it before its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from freio.errors import Rejected
from freio.sandbox.spend.bigquery_export import BigQueryExport
from freio.sandbox.spend.billing_rows import BillingAccount, HourUse, rows_of

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
ACCOUNT = BillingAccount(id="01D4EE-079462-DFD6EC")
USES = [
    HourUse(
        start=START + timedelta(hours=hour),
        project="acme",
        location="global",
        model="gemini-2.5-flash",
        labels=(),
        requests=10,
        input_tokens=10_000,
        output_tokens=1_000,
    )
    for hour in range(48)
]
ROWS = [row for use in USES for row in rows_of(use, ACCOUNT, 7)]


class Table:
    """BigQuery's client, as far as it is used: what was inserted; `refuses` every row, if told to."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.rows: list[dict[str, Any]] = []
        self.refuses = refuses

    def create_dataset(self, name: str, *, exists_ok: bool) -> None: ...

    def create_table(self, table: object) -> object:
        return table

    def insert_rows_json(self, _table: object, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self.refuses:
            return [{"index": 0, "errors": [{"reason": "invalid"}]}]
        self.rows += rows
        return []


def export(table: Table, now: datetime) -> BigQueryExport:
    return BigQueryExport(cast("Client", table), "acme.billing.export", ACCOUNT, 7, now=lambda: now)


def exported(rows: list[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromisoformat(row["export_time"]) for row in rows]


def test_a_row_is_not_in_the_table_before_its_time_of_export() -> None:
    """What is written ahead is held back, and comes hour by hour, once, in the order of its export."""
    table = Table()
    bill = export(table, START)
    assert bill.write(USES) == len(ROWS) > 90
    assert table.rows == []
    for hour in range(24 * 7):
        now = START + timedelta(hours=hour)
        bill.arrive(now)
        assert len(table.rows) == sum(at <= now for at in exported(ROWS)), f"after {hour} hours"
    assert exported(table.rows) == sorted(exported(ROWS))
    assert bill.arrive(START + timedelta(days=30)) == 0


def test_history_is_there_at_once() -> None:
    """Rows whose time has long come are exported as they are written."""
    table = Table()
    export(table, START + timedelta(days=30)).write(USES)
    assert len(table.rows) == len(ROWS)


def test_a_refused_row_is_not_passed_over() -> None:
    """BigQuery answers 200 and names the rows that it did not take."""
    with pytest.raises(Rejected, match="invalid"):
        export(Table(refuses=True), START + timedelta(days=30)).write(USES)
