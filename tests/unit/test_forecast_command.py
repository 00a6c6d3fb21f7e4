"""`freio forecast` and `freio watch --backtest` on a file: in both languages, and in three forms."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from freio.adapters.warehouse.questions import Schema
from freio.bootstrap import Freio
from freio.cli import main
from freio.errors import Unavailable
from freio.guard.meter import SpendMeter
from tests.contracts.export_rows import Row, lines
from tests.unit.guard.watching import NOW, Town, client
from tests.unit.test_spend_command import CONFIG

START = datetime(2026, 11, 2, tzinfo=UTC)
BUDGETED = CONFIG.replace("    match:", "    budget: {monthly: 1000.00}\n    match:")


def written(tmp_path: Path, rows: list[Row], config: str = BUDGETED) -> tuple[str, str]:
    export, config_file = tmp_path / "export.jsonl", tmp_path / "freio.yaml"
    export.write_text(lines(rows, Schema.DETAILED), encoding="utf-8")
    config_file.write_text(config, encoding="utf-8")
    return str(export), str(config_file)


def steady(days: int, an_hour: float = 1.0, **changes: str) -> list[Row]:
    return [Row(cost=an_hour, at=START + timedelta(hours=hour), **changes) for hour in range(24 * days)]  # type: ignore[arg-type]


# ---- forecast


def test_a_steady_month_ends_where_it_is_going(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One an hour from the second of November on: twenty days so far, and 24 a day to come, of a budget of 1,000."""
    export, config = written(tmp_path, steady(20))
    assert main(["forecast", config, "--billing", export, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    [one] = found["forecasts"]
    assert found["level"] == "0.8"
    assert Decimal(one["so_far"]) == 480
    assert Decimal(one["low"]) <= Decimal(one["expected"]) <= Decimal(one["high"])
    assert Decimal(one["expected"]) == pytest.approx(480 + 24 * Decimal("9.33"), rel=Decimal("0.05"))
    assert Decimal(one["chance"]) == Decimal("0.01")
    assert one["days"] == 18  # the last two are not all billed


@pytest.mark.parametrize(("locale", "money", "share"), [("en", "R$480.00", "1%"), ("pt-BR", "R$\u00a0480,00", "1%")])
def test_it_is_printed_in_the_readers_language(
    locale: str, money: str, share: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Money and shares as they are written there."""
    export, config = written(tmp_path, steady(20))
    assert main(["forecast", config, "--billing", export, "--locale", locale]) == 0
    row = next(row for row in capsys.readouterr().out.splitlines() if row.startswith("chat"))
    assert money in row
    assert row.endswith(share)


def test_what_is_billed_of_the_last_two_days_is_the_least_that_they_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are forecast, not counted twice; and a month never ends with less than was billed."""
    runaway = [Row(cost=500.0, at=START + timedelta(days=19))]
    export, config = written(tmp_path, steady(20) + runaway)
    assert main(["forecast", config, "--billing", export, "--format", "json"]) == 0
    [one] = json.loads(capsys.readouterr().out)["forecasts"]
    assert Decimal(one["so_far"]) == 980
    assert {Decimal(one[which]) for which in ("low", "expected", "high")} == {Decimal(980)}


def test_a_broken_budget_is_certain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And CSV has every digit, with its notes beside it."""
    export, config = written(tmp_path, steady(20, an_hour=3.0))
    assert main(["forecast", config, "--billing", export, "--format", "csv"]) == 0
    said = capsys.readouterr()
    [one] = csv.DictReader(io.StringIO(said.out))
    assert (one["app"], one["chance"], one["currency"]) == ("chat", "1.0000", "BRL")
    assert "80% of months" in said.err


def test_too_little_history_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Eight days, of which two are not settled, are no week."""
    export, config = written(tmp_path, steady(8))
    assert main(["forecast", config, "--billing", export]) == 0
    assert "! No forecast, for want of a week of history: chat" in capsys.readouterr().out


def test_without_a_clients_file_projects_are_forecast(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There are no budgets then, and so no chances."""
    export, _ = written(tmp_path, steady(20) + steady(20, project="acme-lab"))
    assert main(["forecast", "--billing", export, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["forecasts"]
    assert [(one["app"], one["budget"], one["chance"]) for one in found] == [
        ("acme-chat", None, None),
        ("acme-lab", None, None),
    ]


@pytest.mark.parametrize("command", [["forecast", "--billing"], ["watch", "--backtest"]])
def test_an_export_in_another_currency_is_refused(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two currencies are never added, nor is one taken for the other."""
    export, config = written(tmp_path, steady(8), BUDGETED.replace("currency: BRL", "currency: USD"))
    verb, option = command
    assert main([verb, config, option, export]) == 2
    assert "the export is in BRL; freio.yaml says USD" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["forecast", "--billing"], ["watch", "--backtest"], ["spend", "--billing"]])
@pytest.mark.parametrize("counts", [True, False])
def test_two_currencies_in_one_file_are_said_of_the_file(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], *, counts: bool
) -> None:
    """It cannot be used, which is exit code 2; what table it was read into is nothing to whoever gave it."""
    rows = [*steady(2), Row(cost=1.0, at=START, currency="USD")]
    export, _ = used(tmp_path, rows, [1000] * len(rows), Schema.DETAILED) if counts else written(tmp_path, rows)
    assert main([*command, export]) == 2
    assert capsys.readouterr().err == f"{export} holds BRL and USD: an export must be of one billing account\n"


def test_without_a_file_and_a_warehouse_there_is_nothing_to_forecast_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is named."""
    monkeypatch.delenv("FREIO_WAREHOUSE", raising=False)
    assert main(["forecast", "freio.yaml"]) == 2
    assert "needs --billing FILE, or the client's file with FREIO_WAREHOUSE" in capsys.readouterr().err


def test_without_an_export_it_is_made_from_what_the_watch_sees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Export and telemetry, up to now; telemetry that cannot be read is an error, and no forecast of a part."""
    _, config = written(tmp_path, [])
    town = Town(client=client(currency="BRL"))
    town.bill(NOW - timedelta(days=12), NOW - timedelta(hours=3), 2)
    town.serve(NOW - timedelta(days=12), NOW, 2_000_000)
    meter = SpendMeter(town.client, town.warehouse, town.telemetry, town.prices)
    monkeypatch.setattr(Freio, "spend_meter", meter)
    monkeypatch.setattr(Freio, "clock", town.clock)
    monkeypatch.setenv("FREIO_WAREHOUSE", "duckdb:unused")
    monkeypatch.delenv("FREIO_STORE", raising=False)
    assert main(["forecast", config, "--format", "json"]) == 0
    [one] = json.loads(capsys.readouterr().out)["forecasts"]
    assert Decimal(one["so_far"]) == pytest.approx(48 * 12, rel=0.01)
    assert Decimal(one["expected"]) == pytest.approx(Decimal(48) * 12 + 48 * Decimal("7.7"), rel=Decimal("0.05"))
    town.telemetry.fails = Unavailable("503")
    assert main(["forecast", config]) == 1
    assert "telemetry of acme-chat: 503" in capsys.readouterr().err


# ---- backtest


def runaway() -> list[Row]:
    """Ten days at ten an hour, then five hours at two hundred, then a day more."""
    rows = steady(11, an_hour=10.0)
    for hour in range(240, 245):
        rows[hour] = Row(cost=200.0, at=START + timedelta(hours=hour))
    return rows


def test_a_runaway_in_the_past_is_found_by_the_real_detector(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At once, with what it had cost until then and after; the rate is that of the ten days that were judged."""
    export, config = written(tmp_path, runaway())
    assert main(["watch", config, "--backtest", export, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    [alert] = found["alerts"]
    assert alert["app"] == "chat"
    assert alert["at"] in {f"{START + timedelta(hours=hour):%Y-%m-%dT%H:%M}:00+00:00" for hour in (241, 242)}
    assert Decimal(alert["before"]) + Decimal(alert["after"]) == pytest.approx(Decimal(950), rel=Decimal("0.01"))
    assert found["alerts_per_app_week"] == "0.25"
    assert Decimal(found["per_app_week"]) == Decimal("0.7000")


def test_the_table_says_how_it_stands_against_the_budget_and_what_was_too_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than the budget is marked, and so is a history of less than four weeks."""
    export, config = written(tmp_path, runaway())
    assert main(["watch", config, "--backtest", export]) == 0
    said = capsys.readouterr().out
    assert said.startswith("! 1 alert in 1.4 weeks of apps")
    assert "0.7 for each app and week, of a budget of 0.25 (alerts_per_app_week)" in said
    assert "! chat: 11 days of history." in said
    assert "gemini-2.5-flash" in said


def test_an_alert_says_which_feature_drove_it_where_the_file_names_their_label(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As far as a bill knows who called; without the label there is no such column."""
    rows = runaway()
    rows[240:245] = [replace(row, labels={"feature": "tags"}) for row in rows[240:245]]
    export, config = written(
        tmp_path, rows, BUDGETED.replace("    match:", "    features: {label: feature}\n    match:")
    )
    assert main(["watch", config, "--backtest", export]) == 0
    *_, header, _, row = (line for line in capsys.readouterr().out.splitlines() if line)
    assert header.endswith("mostly of the feature")
    assert row.endswith("tags")
    assert main(["watch", config, "--backtest", export, "--format", "csv"]) == 0
    assert [one["feature"] for one in csv.DictReader(io.StringIO(capsys.readouterr().out))] == ["tags"]
    _, without = written(tmp_path, rows)
    assert main(["watch", without, "--backtest", export]) == 0
    assert "mostly of the feature" not in capsys.readouterr().out


INPUT = "Gemini 2.5 Flash Global Text Input - Predictions"


def used(
    tmp_path: Path, rows: list[Row], tokens: list[int], schema: Schema, *, sku: str = INPUT, unit: str = "count"
) -> tuple[str, str]:
    """The same export with how much was used, as Google writes it."""
    export, config = written(tmp_path, rows)
    written_rows = []
    for row, amount in zip(rows, tokens, strict=True):
        columns = replace(row, sku=sku).of(schema)
        if schema is Schema.FOCUS:
            columns |= {"ConsumedQuantity": str(amount), "ConsumedUnit": unit}
        else:
            columns["usage"] = {"amount": float(amount), "unit": unit, "pricing_unit": unit}
        written_rows.append(json.dumps(columns))
    Path(export).write_text("\n".join(written_rows), encoding="utf-8")
    return export, config


@pytest.mark.parametrize("schema", list(Schema))
def test_a_file_that_counts_tokens_is_judged_by_them_too(
    schema: Schema, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same money for a fortnight, and in the last six hours for half of the tokens: their price has doubled."""
    tokens = [1_000_000] * (24 * 13)
    rows = steady(13, an_hour=10.0)
    rows[-8:] = [replace(row, cost=20.0) for row in rows[-8:]]
    export, config = used(tmp_path, rows, tokens, schema)
    assert main(["watch", config, "--backtest", export, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["judged_by"] == ["money", "tokens", "price"]
    assert found["pace_step_minutes"] == 60
    assert ("price_change", "tokens") in {(alert["kind"], alert["by"]) for alert in found["alerts"]}
    assert main(["watch", config, "--backtest", export]) == 0
    assert "of them by the pace or the price of tokens" in capsys.readouterr().out


@pytest.mark.parametrize(("step", "bursts"), [(5, False), (10, False), (30, True)])
def test_a_file_of_finer_rows_is_judged_by_their_step_and_says_so(
    step: int, bursts: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In an hour like any other all of the tokens come in its last half: told when that ends, by the real detectors."""
    parts, last = 60 // step, 24 * 9 + 12
    rows, tokens = [], []
    for hour in range(24 * 10):
        for part in range(parts):
            now = hour == last and part >= parts // 2
            rows.append(Row(cost=100.0 / parts, at=START + timedelta(minutes=60 * hour + step * part)))
            tokens.append(20_000_000 // parts if now else 0 if hour == last else 1_000_000 // parts)
    export, config = used(tmp_path, rows, tokens, Schema.FOCUS)
    written_rows = [json.loads(text) for text in Path(export).read_text(encoding="utf-8").splitlines()]
    ends = [row.at + timedelta(minutes=step) for row in rows]
    said = [row | {"ChargePeriodEnd": end.isoformat()} for row, end in zip(written_rows, ends, strict=True)]
    Path(export).write_text("\n".join(map(json.dumps, said)), encoding="utf-8")
    assert main(["watch", config, "--backtest", export, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pace_step_minutes"] == step
    assert found["not_replayed"][0].startswith("bursts within") is bursts
    [alert] = [one for one in found["alerts"] if one["by"] == "tokens"]
    at = datetime.fromisoformat(alert["at"])
    assert START + timedelta(hours=last, minutes=30) < at <= START + timedelta(hours=last + 1)
    assert main(["watch", config, "--backtest", export]) == 0
    told = capsys.readouterr().out
    assert f"how fast tokens came, every {step} minutes" in told
    assert (f"paces are of {step} minutes, with thresholds" in told) is bursts
    assert ("paces are of quarters of an hour, as in production" in told) is not bursts


@pytest.mark.parametrize(("sku", "unit"), [(INPUT, "seconds"), ("Grounding Requests Input", "count")])
def test_what_is_no_token_is_not_counted_as_one(
    sku: str, unit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that counts other things alone is judged by its money."""
    rows = steady(3)
    export, config = used(tmp_path, rows, [5] * len(rows), Schema.DETAILED, sku=sku, unit=unit)
    assert main(["watch", config, "--backtest", export, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["judged_by"] == ["money"]


def test_what_a_file_cannot_exercise_is_said_aloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A backtest without an alert must not read as if everything had been watched again."""
    export, config = written(tmp_path, steady(3))
    assert main(["watch", config, "--backtest", export]) == 0
    said = capsys.readouterr().out
    assert "! Each hour was judged as it ended, by its money alone: this file has no amounts of usage" in said
    assert "! No bill can show, so that none of it was replayed here: bursts within an hour" in said
    export, config = used(tmp_path, rows := steady(3), [1000] * len(rows), Schema.DETAILED)
    assert main(["watch", config, "--backtest", export]) == 0
    said = capsys.readouterr().out
    assert "alone" not in said
    assert "how fast its tokens came" in said


def test_spend_of_no_app_is_not_left_out_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A project that the file does not name, or rows without any where each project is an app."""
    export, config = written(tmp_path, [*steady(3), *steady(3, 9.0, project="acme-else")])
    assert main(["watch", config, "--backtest", export]) == 0
    assert "! R$648.00 of R$720.00 belong to none of these apps, and were not judged" in capsys.readouterr().out
    assert main(["watch", "--backtest", export]) == 0
    assert "belong to none" not in capsys.readouterr().out
    export, _ = written(tmp_path, [*steady(3), *steady(3, 9.0, project="")])
    assert main(["watch", "--backtest", export, "--format", "json"]) == 0
    assert Decimal(json.loads(capsys.readouterr().out)["spend_of_no_app"]) == 648


def test_csv_has_one_line_for_each_alert(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the rest on standard error."""
    export, config = written(tmp_path, runaway())
    assert main(["watch", config, "--backtest", export, "--format", "csv"]) == 0
    said = capsys.readouterr()
    assert [row["app"] for row in csv.DictReader(io.StringIO(said.out))] == ["chat"]
    assert "alerts_per_app_week" in said.err


def test_a_history_too_short_to_judge_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not that there were no alerts."""
    export, config = written(tmp_path, steady(1))
    assert main(["watch", config, "--backtest", export]) == 0
    said = capsys.readouterr().out
    assert "! Nothing could be judged: every app has less than 24 hours of history." in said
    assert "Each hour was judged" not in said


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(("cost", "credit"), [(-1.0, 0.0), (0.0, 0.0), (5.0, -5.0)])
def test_a_file_of_nothing_that_was_paid_is_no_short_history(
    cost: float, credit: float, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, named: bool
) -> None:
    """Credits alone, or what they paid for: four days of rows, and no hour that cost anything."""
    rows = [replace(row, cost=cost, credits=(credit,)) for row in steady(4)]
    export, config = written(tmp_path, rows)
    assert main(["watch", *([config] if named else []), "--backtest", export]) == 0
    said = capsys.readouterr().out.replace("\u202f", " ")
    assert said.startswith(
        "! Nothing could be judged: net of credits, none of these apps has cost anything in any hour"
    )
    assert "less than 24 hours" not in said
    assert "Each hour was judged" not in said
    assert main(["watch", *([config] if named else []), "--backtest", export, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["judged_by"] == []


def test_a_gap_that_may_be_a_wrong_date_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A year without spend, and one row: the weeks between are not judged, and do not count as such."""
    export, config = written(tmp_path, [*steady(3), Row(cost=1.0, at=START + timedelta(days=365))])
    assert main(["watch", config, "--backtest", export]) == 0
    said = capsys.readouterr().out.replace("\u202f", " ")
    assert "in 0.3 weeks of apps" in said
    assert "! None of these apps spent anything from Nov 4, 2026 9:00 PM (GMT-03:00) to Nov 1, 2027 9:00 PM" in said
    assert "Has a row of the file a wrong date?" in said
