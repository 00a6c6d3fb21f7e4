"""Served traffic becomes rows of Google's detailed export: exact, late, corrected, and readable while it is written."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from freio.errors import BadInput, Unavailable, UnknownPrice
from freio.sandbox.spend import billing_export, lag, skus
from freio.sandbox.spend.billing_export import BillingExport, create_table, table_name
from freio.sandbox.spend.billing_rows import BillingAccount, HourUse, invoice_month, rows_of
from freio.sandbox.spend.columns import COLUMNS
from freio.sandbox.spend.ledger import Served
from freio.sandbox.spend.traffic import Traffic

ACCOUNT = BillingAccount(id="01D4EE-079462-DFD6EC", currency="BRL", per_usd=Decimal("5.4321"))
TABLE = table_name(ACCOUNT.id)
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
SCHEMA = Path(__file__).parents[3].parent / "shared" / "facts" / "billing_export_resource_v1.schema.json"


def use(start: datetime = NOON, *, model: str = "gemini-2.5-flash", inputs: int = 1_000_003) -> HourUse:
    return HourUse(
        start=start,
        project="acme-chat",
        location="global",
        model=model,
        labels=(("app", "support-chat"), ("feature", "answer")),
        requests=1000,
        input_tokens=inputs,
        output_tokens=50_001,
    )


def month() -> list[HourUse]:
    return [use(NOON + timedelta(hours=k), inputs=1_000_003 + 977 * k) for k in range(720)]


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def regular(one: HourUse, seed: int = 1, account: BillingAccount = ACCOUNT) -> list[dict[str, Any]]:
    return [row for row in rows_of(one, account, seed) if row["cost_type"] == "regular"]


def test_our_columns_are_those_of_googles_schema() -> None:
    """Names, types, modes and nesting agree with the published schema, in its order."""
    if not SCHEMA.exists():
        pytest.skip(f"{SCHEMA.name} is not beside the project: our columns cannot be compared with Google's here")
    assert [column.in_bigquery() for column in COLUMNS] == json.loads(SCHEMA.read_text())


def test_the_table_has_all_columns_with_exact_prices_and_instants(tmp_path: Path) -> None:
    """NUMERIC keeps nine digits, FLOAT is a double as at Google, and times are instants."""
    path = tmp_path / "w.duckdb"
    create_table(path, f"billing.{TABLE}")
    create_table(path, f"billing.{TABLE}")
    with reading(path) as connection:
        types = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE billing.{TABLE}").fetchall()}
    assert list(types) == [column.name for column in COLUMNS]
    assert types["cost"] == "DOUBLE"
    assert types["export_time"] == "TIMESTAMP WITH TIME ZONE"
    assert types["price"].startswith("STRUCT(effective_price DECIMAL(38,9)")
    assert types["credits"].endswith("[]")


def test_a_table_name_that_is_no_name_is_refused(tmp_path: Path) -> None:
    """Nothing but a name reaches the SQL."""
    with pytest.raises(BadInput, match="letters, digits and underscores"):
        create_table(tmp_path / "w.duckdb", 'x"; DROP TABLE y')


def test_a_months_cost_is_price_times_tokens(tmp_path: Path) -> None:
    """The regular rows of a month add up to what its tokens cost at list price, to the rounding of a double."""
    export = BillingExport(tmp_path / "w.duckdb", TABLE, ACCOUNT, 1)
    hours = month()
    written = export.write(hours)
    inputs, outputs = sum(h.input_tokens for h in hours), sum(h.output_tokens for h in hours)
    in_reais = inputs * Decimal("0.30") * ACCOUNT.per_usd + outputs * Decimal("2.50") * ACCOUNT.per_usd
    with reading(tmp_path / "w.duckdb") as connection:
        count, cost, exact = connection.execute(
            "SELECT count(*), sum(cost), sum(CAST(usage.amount AS DECIMAL(38,0)) * price.effective_price) "
            f"FROM {TABLE} WHERE cost_type = 'regular'"
        ).fetchall()[0]
        every = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchall()[0][0]
    assert exact == in_reais
    assert cost == pytest.approx(float(in_reais / 1_000_000), rel=1e-12)
    assert (count, every) == (2 * len(hours), written)


def test_a_row_says_what_google_says() -> None:
    """Service by its id, SKU by its text, project, labels, unit, price and conversion rate."""
    given, taken = regular(use())
    assert given["service"] == {"id": "C7E2-9256-1C43", "description": "Vertex AI"}
    assert given["sku"]["description"] == "Gemini 2.5 Flash Global Text Input - Predictions"
    assert taken["sku"]["description"] == "Gemini 2.5 Flash Global Text Output - Predictions"
    assert given["labels"] == [{"key": "app", "value": "support-chat"}, {"key": "feature", "value": "answer"}]
    assert given["usage"]["amount"] == 1_000_003
    assert given["price"]["effective_price"] == "1.629630000"
    assert (given["currency"], given["currency_conversion_rate"]) == ("BRL", 5.4321)
    assert given["usage_end_time"] == "2026-11-10T13:00:00+00:00"


def test_a_claude_model_is_a_service_of_its_own() -> None:
    """Its service is named after the model, and sold by a partner."""
    row = regular(use(model="claude-opus-4-6"))[0]
    assert row["service"]["description"] == "Claude Opus 4.6"
    assert row["service"]["id"] != skus.VERTEX_AI[0]
    assert (row["seller_name"], row["invoice"]["publisher_type"]) == ("Anthropic", "PARTNER")


def test_long_context_and_regions_are_skus_of_their_own() -> None:
    """A dearer price never hides under the text of the cheaper one."""
    long = regular(use(model="gemini-2.5-pro", inputs=300_000_000))[0]
    assert long["sku"]["description"] == "Gemini 2.5 Pro Global Long Text Input - Predictions"
    regional = skus.sku("gemini-2.5-flash", "us-central1", "Input", long_context=False)
    assert regional.sku == "Gemini 2.5 Flash Regional Text Input - Predictions"


@pytest.mark.parametrize(
    ("at", "invoice"),
    [
        (datetime(2026, 12, 1, 7, 59, tzinfo=UTC), "202611"),
        (datetime(2026, 12, 1, 8, 0, tzinfo=UTC), "202612"),
        (datetime(2026, 7, 1, 6, 59, tzinfo=UTC), "202606"),
        (datetime(2026, 7, 1, 7, 0, tzinfo=UTC), "202607"),
    ],
)
def test_the_invoice_month_turns_at_pacific_midnight(at: datetime, invoice: str) -> None:
    """In winter at 08:00 UTC, in summer at 07:00 UTC."""
    assert invoice_month(at) == invoice
    start = at.replace(minute=0)
    assert regular(use(start))[0]["invoice"]["month"] == invoice


def test_rows_are_hours_late_and_some_more_than_a_day() -> None:
    """The median lag is about six hours; one row in fifty or so comes after more than 24; none before its hour ends."""
    ends = [NOON + timedelta(hours=k) for k in range(6000)]
    lags = np.array([(lag.export_time(end, 4, "p") - end) / timedelta(hours=1) for end in ends])
    assert 5 < np.median(lags) < 7
    assert 0.01 < (lags > 24).mean() < 0.05
    assert lags.min() > 0


def test_rows_come_in_loads() -> None:
    """Many rows share one export time: Google loads in batches."""
    ends = [NOON + timedelta(hours=k % 100) for k in range(2000)]
    times = {lag.export_time(end, 4, f"project-{k}") for k, end in enumerate(ends)}
    assert len(times) < 250


def test_some_rows_are_corrected_later_by_a_row_of_their_own() -> None:
    """A correction is an adjustment of up to a tenth, of either sign, on the invoice of its own month."""
    rows = [row for one in month() for row in rows_of(one, ACCOUNT, 2)]
    fixes = [row for row in rows if row["cost_type"] == "adjustment"]
    assert 0.003 < len(fixes) / len(rows) < 0.03
    for fix in fixes:
        key = ("usage_start_time", "sku")
        (original,) = [r for r in rows if r["cost_type"] == "regular" and all(r[k] == fix[k] for k in key)]
        assert 0 < abs(fix["cost"]) <= 0.1 * original["cost"]
        exported = datetime.fromisoformat(fix["export_time"])
        assert exported > datetime.fromisoformat(original["export_time"]) + timedelta(days=1)
        assert fix["invoice"]["month"] == invoice_month(exported)
        assert fix["adjustment_info"]["type"] == "USAGE_CORRECTION"


def test_some_rows_hold_a_credit() -> None:
    """A credit is a negative amount inside its row; the row's cost stays gross."""
    rows = [row for one in month() for row in regular(one)]
    credited = [row for row in rows if row["credits"]]
    assert 0.01 < len(credited) / len(rows) < 0.06
    assert all(row["credits"][0]["amount"] == -row["cost"] / 10 for row in credited)


def test_the_same_seed_writes_the_same_rows() -> None:
    """Rows depend on the seed and on what they are about, not on the order of writing."""
    assert list(rows_of(use(), ACCOUNT, 9)) == list(rows_of(use(), ACCOUNT, 9))
    assert list(rows_of(use(), ACCOUNT, 9)) != list(rows_of(use(), ACCOUNT, 10))


def test_a_model_without_a_price_stops_the_whole_write(tmp_path: Path) -> None:
    """No row of the batch is written, so that it can be written again in full."""
    export = BillingExport(tmp_path / "w.duckdb", TABLE, ACCOUNT, 1)
    with pytest.raises(UnknownPrice, match="gemini-nonesuch"):
        export.write([use(), use(model="gemini-nonesuch")])
    with reading(tmp_path / "w.duckdb") as connection:
        assert connection.execute(f"SELECT count(*) FROM {TABLE}").fetchall() == [(0,)]


def test_a_write_waits_for_a_reader_to_finish(tmp_path: Path) -> None:
    """A file that is open elsewhere for a moment delays a write and does not fail it."""
    path = tmp_path / "w.duckdb"
    export = BillingExport(path, TABLE, ACCOUNT, 1)
    reader = duckdb.connect(str(path), read_only=True)
    closing = threading.Timer(0.3, reader.close)
    closing.start()
    assert export.write([use()]) >= 2
    closing.join()


def test_a_write_waits_for_another_process_to_finish(tmp_path: Path) -> None:
    """The lock of another process's writer is waited for, too."""
    path = tmp_path / "w.duckdb"
    export = BillingExport(path, TABLE, ACCOUNT, 1)
    held = f"import duckdb, time; c = duckdb.connect({str(path)!r}); print('held', flush=True); time.sleep(0.3)"
    with subprocess.Popen([sys.executable, "-c", held], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert export.write([use()]) >= 2


def test_a_file_that_stays_open_elsewhere_is_said_to_be_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is bounded, and its end is an error that can be tried again."""
    path = tmp_path / "w.duckdb"
    export = BillingExport(path, TABLE, ACCOUNT, 1)
    monkeypatch.setattr(billing_export, "ATTEMPTS", 2)
    with duckdb.connect(str(path), read_only=True), pytest.raises(Unavailable, match="stayed locked"):
        export.write([use()])


def test_a_file_that_cannot_be_opened_fails_at_once(tmp_path: Path) -> None:
    """Only a lock is waited for; a folder that is not there is told."""
    with pytest.raises(duckdb.IOException, match="No such file"):
        create_table(tmp_path / "absent" / "w.duckdb", TABLE)


def traffic(requests: int = 100) -> Traffic:
    return Traffic(
        app="chat",
        project="p",
        location="global",
        model="gemini-2.5-flash",
        labels=(),
        requests=requests,
        input_tokens=50_000,
        output_tokens=5_000,
    )


def test_an_hours_served_steps_become_one_row_a_sku_when_the_hour_is_over(tmp_path: Path) -> None:
    """Twelve steps are one hour of use; the running hour is not billed, and nothing is billed twice."""
    path = tmp_path / "w.duckdb"
    served = Served(BillingExport(path, TABLE, ACCOUNT, 1))
    for step in range(13):
        at = NOON + step * timedelta(minutes=5)
        served.record(traffic(), at, requests=60, input_tokens=30_000, output_tokens=3_000)
    assert served.flush(NOON + timedelta(minutes=59)) == 0
    assert served.flush(NOON + timedelta(hours=1)) == 2
    assert served.flush(NOON + timedelta(hours=1)) == 0
    with reading(path) as connection:
        amounts = connection.execute(f"SELECT usage.amount FROM {TABLE} ORDER BY 1 DESC").fetchall()
    assert amounts == [(360_000.0,), (36_000.0,)]


def test_more_served_than_asked_is_a_mistake(tmp_path: Path) -> None:
    """Both triples are quoted."""
    served = Served(BillingExport(tmp_path / "w.duckdb", TABLE, ACCOUNT, 1))
    with pytest.raises(ValueError, match=r"\(101, 1, 1\) of the \(100, 50000, 5000\)"):
        served.record(traffic(), NOON, requests=101, input_tokens=1, output_tokens=1)
