"""`freio spend` on a local file: a table, JSON or CSV, with what nobody owns and what has no price in the open."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from unittest import mock

import pytest

from freio.adapters.warehouse.questions import Schema
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.cli import main
from tests.contracts.export_rows import NOON, Row, lines

CONFIG = """\
client: acme
locale: en
time_zone: America/Sao_Paulo
currency: BRL
billing: {account: 01D4EE-079462-DFD6EC, export: acme-finops.billing.gcp_billing_export_v1_01D4EE_079462_DFD6EC}
apps:
  - name: chat
    team: care
    cost_centre: CC-1
    environment: production
    owners: [ana@acme.example]
    match: {projects: [acme-chat]}
approvals:
  ops: [U0RITA0000]
  cost_owners: {CC-1: [rui@acme.example]}
slack: {channel: C0FINOPS00}
"""
ROWS = (
    Row(cost=1234.5),
    Row(cost=0.5, at=NOON + timedelta(days=1)),
    Row(cost=8.0, project="acme-lab", sku="Gemini 99 Ultra Global Text Input - Predictions"),
    Row(cost=0.000004, project="acme-lab", at=NOON + timedelta(days=1)),
)


@pytest.fixture
def export(tmp_path: Path) -> str:
    path = tmp_path / "export.jsonl"
    path.write_text(lines(ROWS, Schema.DETAILED), encoding="utf-8")
    return str(path)


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "freio.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return str(path)


def test_a_local_file_needs_no_cloud_and_no_settings(
    export: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a client's file: then it is told by project, and nothing is said of owners."""
    monkeypatch.delenv("FREIO_CONFIG", raising=False)
    assert main(["spend", "--billing", export]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "project    model              net BRL",
        "---------  ----------------  --------",
        "acme-chat  gemini-2.5-flash  1,235.00",
        "acme-lab   gemini-99-ultra       8.00",
        "acme-lab   gemini-2.5-flash  0.000004",
        "total                        1,243.00",
        "",
        "! 8.00 BRL (0.6%) has no list price, so that its traffic costs nobody knows what: gemini-99-ultra (8.00)",
    ]


def test_what_nobody_owns_is_said(export: str, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """How much of it there is, and of what."""
    assert main(["spend", config, "--billing", export]) == 0
    said = (
        "! 8.000004 BRL (0.6%) belongs to no app of the client's file: gemini-99-ultra in acme-lab (8.00), gemini-2.5"
    )
    assert said.replace("8.000004", "8.00") in capsys.readouterr().out


def test_json_has_every_digit(export: str, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: what nobody owns is null."""
    assert main(["spend", config, "--billing", export, "--by", "team,app", "--every", "day", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(line["period"], line["app"], line["team"], Decimal(line["net"])) for line in said["lines"]] == [
        ("2026-11-02", None, None, Decimal(8)),
        ("2026-11-02", "chat", "care", Decimal("1234.5")),
        ("2026-11-03", None, None, Decimal("0.000004")),
        ("2026-11-03", "chat", "care", Decimal("0.5")),
    ]
    assert Decimal(said["total"]) == Decimal("1243.000004")
    assert Decimal(said["unattributed"]["net"]) == Decimal("8.000004")
    assert [part["what"] for part in said["unpriced"]["of"]] == ["gemini-99-ultra"]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_number_is_written_in_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    """What was credited in full is 0 and not 0E-9, and what is tiny has no exponent: not every reader takes one."""
    path = tmp_path / "export.jsonl"
    rows = (Row(cost=1.0, credits=(-1.0,)), Row(cost=0.00000001, project="acme-lab"))
    path.write_text(lines(rows, Schema.DETAILED), encoding="utf-8")
    assert main(["spend", "--billing", str(path), "--format", form]) == 0
    said = capsys.readouterr().out
    assert "0.000000010" in said
    assert not re.search(r"\dE-", said)


def test_the_lines_and_their_total_are_one_answer(export: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Two statements would be two scans, and between them the export may change."""
    asked = SqlWarehouse.spend
    with mock.patch.object(SqlWarehouse, "spend", autospec=True, side_effect=asked) as spend:
        assert main(["spend", "--billing", export, "--by", "endpoint", "--every", "day", "--format", "json"]) == 0
    assert spend.call_count == 1
    said = json.loads(capsys.readouterr().out)
    assert [(line["period"], line["endpoint"], Decimal(line["net"])) for line in said["lines"]] == [
        ("2026-11-02", "global", Decimal("1242.5")),
        ("2026-11-03", "global", Decimal("0.500004")),
    ]
    assert sum(Decimal(line["net"]) for line in said["lines"]) == Decimal(said["total"])


def test_csv_is_one_line_for_each(export: str, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For spreadsheets."""
    assert main(["spend", config, "--billing", export, "--by", "app", "--format", "csv"]) == 0
    said = capsys.readouterr()
    found = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["app"], Decimal(row["net"]), row["currency"]) for row in found] == [
        ("", Decimal("8.000004"), "BRL"),
        ("chat", Decimal(1235), "BRL"),
    ]
    assert said.err.splitlines() == [
        (
            "! 8.000004 BRL (0.6%) belongs to no app of the client's file: gemini-99-ultra in acme-lab (8),"
            " gemini-2.5-flash in acme-lab (0.000004)"
        ),
        "! 8 BRL (0.6%) has no list price, so that its traffic costs nobody knows what: gemini-99-ultra (8)",
    ]


def test_a_table_and_json_say_it_once(export: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What wants somebody's eye stands in them: standard error stays empty."""
    for form in ("table", "json"):
        assert main(["spend", "--billing", export, "--format", form]) == 0
        assert not capsys.readouterr().err


def test_the_last_day_that_may_stand_can_be_asked_for(export: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And the first."""
    days = ["--since", "1970-01-02", "--until", "9998-12-30"]
    assert main(["spend", "--billing", export, *days, "--format", "json"]) == 0
    assert Decimal(json.loads(capsys.readouterr().out)["total"]) == Decimal("1243.000004")


def test_days_are_given_as_google_bills_them(export: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are included."""
    days = ["--since", "2026-11-03", "--until", "2026-11-03"]
    assert main(["spend", "--billing", export, *days, "--format", "json"]) == 0
    assert Decimal(json.loads(capsys.readouterr().out)["total"]) == Decimal("0.500004")
    assert main(["spend", "--billing", export, "--since", "2026-12-01"]) == 0
    assert capsys.readouterr().out == "No AI spend in this time.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "colour"], "'colour': may be app, team"),
        (["--since", "Monday"], "'Monday': may be a day such as 2026-11-01"),
        (["--until", "9999-12-31"], "'9999-12-31': may be a day such as 2026-11-01, from 1970-01-02 to 9998-12-30"),
        (["--since", "0001-01-01"], "'0001-01-01': may be a day such as 2026-11-01, from 1970-01-02 to 9998-12-30"),
        (["--since", "2026-11-03", "--until", "2026-11-01"], "--until 2026-11-01 is before --since 2026-11-03"),
    ],
)
def test_what_was_typed_wrong_is_said(
    export: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what may stand there; exit code 2."""
    try:
        code: object = main(["spend", "--billing", export, *words])
    except SystemExit as exc:
        code = exc.code
    assert code == 2
    assert said in capsys.readouterr().err


def test_without_a_file_and_a_warehouse_it_says_what_it_needs(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a traceback."""
    monkeypatch.delenv("FREIO_WAREHOUSE", raising=False)
    assert main(["spend", config]) == 2
    assert "needs --billing FILE" in capsys.readouterr().err
