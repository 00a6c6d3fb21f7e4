"""``freio cost``: what it asks, what it prints, and how it says that an aim is missed."""

from __future__ import annotations

import csv
import io
import json
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from freio.adapters.warehouse.questions import Tables
from freio.adapters.warehouse.rules import Rules
from freio.adapters.warehouse.sizing import Scans, refresh_select, scans
from freio.bootstrap import Freio
from freio.cli import main as freio
from freio.commands import cost
from freio.domain import running_work
from freio.domain.running_work import Size
from freio.errors import Rejected

EXAMPLE = Path(__file__).parents[2] / "examples" / "freio.yaml"
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
TABLES = Tables(export="p.billing.gcp_billing_export_resource_v1_X", rollup="f.freio.hourly_spend")
LARGE = ["--apps", "50", "--projects", "20", "--export-gib-month", "5"]
MIB = 1024**2


class FakeDryRun:
    """Ten MiB for each day of an export's window; one MiB for each question to the rollup, unless it is missing."""

    def __init__(self, *, pruned: bool = True, rollup: bool = True) -> None:
        self.pruned, self.rollup = pruned, rollup

    def would_read(self, sql: str, values: Mapping[str, object]) -> int:
        if "billing_export" not in sql:
            if not self.rollup:
                raise Rejected("BigQuery: Not found: Table f:freio.hourly_spend")
            return MIB
        since = values["exported_since"]
        assert isinstance(since, datetime)
        return 10 * MIB * min((NOW - since).days + 1, 100) if self.pruned else 1000 * MIB


def run(*words: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    parser, out = ArgumentParser(), io.StringIO()
    cost.arguments(parser)
    return cost.main(parser.parse_args(words), environment or {}, out), out.getvalue()


def test_sizes_that_are_given_need_no_cloud_and_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    """The command line prints every item, the total and the share."""
    assert freio(["cost", *LARGE, "--ai-spend", "100000"]) == 0
    told = capsys.readouterr().out
    for part in ("slack_inbox, warm", "Monitoring reads", "scans:", "invocations", "12.37", "0.012% of 100000.00 USD"):
        assert part in told


def test_a_missed_aim_is_said_with_both_numbers() -> None:
    """It is no error: exit code 0."""
    code, told = run("--apps", "5", "--projects", "2", "--export-gib-month", "0.2", "--ai-spend", "8000")
    assert code == 0
    assert "AIM MISSED with the free tiers: 0.124% of the AI spend is over 0.1%." in told


def test_what_only_the_free_tiers_save_is_said() -> None:
    """They are one for the billing account, and others may have used them."""
    _, told = run(*LARGE)
    assert "AIM MISSED without the free tiers: 21.77 USD a month is 6.77 over 15 USD." in told
    assert "AIM MISSED with the free tiers" not in told


def test_json_and_csv_hold_the_same_items() -> None:
    """Both are read by machines: every item's cost, and the total."""
    told = json.loads(run(*LARGE, "--format", "json")[1])
    rows = list(csv.DictReader(io.StringIO(run(*LARGE, "--format", "csv")[1])))
    assert [row["usd"] for row in rows[:-1]] == [item["usd"] for item in told["items"]]
    assert rows[-1]["usd"] == told["total_usd"]
    items = told["items"]
    assert sum(Decimal(item["usd"]) for item in items) == pytest.approx(
        Decimal(told["total_usd"]), abs=Decimal("0.001")
    )


def test_without_a_size_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the words that would help."""
    assert run("--apps", "5", "--projects", "2")[0] == 2
    assert "--export-gib-month" in capsys.readouterr().err
    assert run("--export-gib-month", "1")[0] == 2
    assert "--apps and --projects" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["0", "-1", "many", "nan"])
def test_a_size_that_is_none_is_refused(word: str) -> None:
    """Nothing and less than nothing are typing errors."""
    with pytest.raises(SystemExit):
        run("--apps", "1", "--projects", "1", f"--export-gib-month={word}")


def test_the_client_s_file_says_how_many_apps_and_projects() -> None:
    """What is given besides comes first."""
    told = json.loads(run(str(EXAMPLE), "--export-gib-month", "1", "--projects", "7", "--format", "json")[1])
    assert told["apps"] == 1
    assert told["projects"] == 7


def test_a_country_in_the_client_s_file_is_asked_about_more_days(tmp_path: Path) -> None:
    """Forecasts and detector look for the last month's end: each hour's questions read that much more."""
    plain = tmp_path / "freio.yaml"
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    plain.write_text("\n".join(line for line in lines if not line.startswith(("country:", "subdivision:"))))
    found = {}
    for file in (EXAMPLE, plain):
        told = json.loads(
            run(str(file), "--export-gib-month", "60", "--rows-an-hour", "9999999", "--format", "json")[1]
        )
        found[file] = next(item for item in told["items"] if item["item"] == "scans: questions to rollup")
    assert "over 40 days of it" in found[EXAMPLE]["how"]
    assert "over 28 to 31 days of it" in found[plain]["how"]
    more = Decimal(found[EXAMPLE]["quantity"]) / Decimal(found[plain]["quantity"])
    assert more == pytest.approx(Decimal(40) / Decimal("29.5"), rel=Decimal("0.01"))


def test_what_a_dry_run_reads_of_the_rollup_is_of_as_many_days_as_it_asks_for() -> None:
    """A day of it is a 28th of that, and an hour's questions take the days that they are about."""
    found = Scans(recent=MIB, deep=MIB, whole=MIB, asked=28 * 271 * MIB)
    for days in (running_work.ROLLUP_DAYS, running_work.CALENDAR_DAYS):
        size = Size.estimated(apps=1, projects=1, export_gib=Decimal(1), rollup_days=days)
        measured = cost.measured(size, found)
        assert measured.rollup_bytes_a_day == 306 * MIB
        assert running_work.asked_bytes(measured) == 730 * int(days * 271 * MIB)
        assert measured.costs == int(days * MIB / 3)


def test_bigquery_s_own_sizes_replace_the_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a warehouse in the environment nothing about the export has to be given."""
    found = Scans(recent=30 * MIB, deep=70 * MIB, whole=900 * MIB, asked=216 * MIB)
    monkeypatch.setattr(Freio, "scans", found)
    code, told = run(str(EXAMPLE), "--projects", "3", environment={"FREIO_WAREHOUSE": "bigquery:p.freio"})
    assert code == 0
    assert "an hourly refresh reads 30.0 MiB, the daily one 70.0 MiB, the whole export 900.0 MiB" in told
    assert "hourly 30 MiB of the export, once a day 70" in told


@pytest.mark.parametrize(
    ("recent", "deep", "whole", "pruned"),
    [
        (2, 7, 900, True),
        (2, 7, 7, True),  # a week old
        (0, 0, 900, True),  # paused for a week
        (30, 30, 900, False),  # partitions of a month
        (2, 2, 2, None),  # two days old, or without partitions
        (0, 0, 0, None),  # empty
    ],
)
def test_an_export_that_is_not_pruned_is_said_loudly(
    monkeypatch: pytest.MonkeyPatch, recent: int, deep: int, whole: int, *, pruned: bool | None
) -> None:
    """It would cost many times what it should; one that is too young to show it is not accused."""
    found = Scans(recent=recent * MIB, deep=deep * MIB, whole=whole * MIB, asked=None)
    monkeypatch.setattr(Freio, "scans", found)
    _, told = run(str(EXAMPLE), "--projects", "3", environment={"FREIO_WAREHOUSE": "bigquery:p.freio"})
    assert found.is_pruned is pruned
    assert ("NOT PRUNED" in told) == (pruned is False)
    assert ("Too young to tell" in told) == (pruned is None)
    assert "The rollup is not there yet" in told


def test_a_month_may_pass_without_incidents_and_clicks() -> None:
    """They may be none; apps and projects may not."""
    code, told = run(*LARGE, "--incidents", "0", "--clicks", "0", "--format", "json")
    quantities = {item["item"]: Decimal(item["quantity"]) for item in json.loads(told)["items"]}
    assert code == 0
    assert quantities["scans: journal's copy"] == quantities["Firestore: storage"] == 0
    assert "slack_inbox 0," in next(
        i["how"] for i in json.loads(told)["items"] if i["item"] == "functions: invocations"
    )
    with pytest.raises(SystemExit):
        run(*LARGE, "--projects", "0")


def test_dry_runs_ask_for_the_windows_of_the_refreshes() -> None:
    """From a midnight on: a day back each hour, six days back once a day, and everything."""
    found = scans(FakeDryRun(), TABLES, Rules.of([]), NOW)
    assert (found.recent, found.deep, found.whole, found.asked) == (20 * MIB, 70 * MIB, 1000 * MIB, 3 * MIB)
    assert found.is_pruned
    assert scans(FakeDryRun(pruned=False), TABLES, Rules.of([]), NOW).is_pruned is None


def test_a_missing_rollup_is_no_error_to_a_dry_run() -> None:
    """Before the first refresh there is none."""
    assert scans(FakeDryRun(rollup=False), TABLES, Rules.of([]), NOW).asked is None


def test_a_dry_run_reads_the_export_as_a_refresh_does() -> None:
    """The very SELECT of the refresh, and nothing that writes."""
    select = refresh_select(TABLES)
    assert TABLES.export in select
    assert select.startswith("WITH export AS")
    assert not {"INSERT", "DELETE", "COMMIT"} & set(select.split())
