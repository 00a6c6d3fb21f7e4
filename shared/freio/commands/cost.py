"""``freio cost``: what a month of Freio costs a client, from the client's own table or from sizes that are given."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TextIO

from freio.commands.cost_report import FORMATS, verdict
from freio.domain import running_work as work
from freio.domain.money import Money
from freio.domain.running_cost import running_cost
from freio.domain.running_work import Size
from freio.errors import BadInput, FreioError

if TYPE_CHECKING:
    from freio.adapters.warehouse.sizing import Scans
    from freio.domain.app import Client


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file",
        nargs="?",
        help="the client's file: counts its apps and projects; with FREIO_WAREHOUSE=bigquery:PROJECT.DATASET in the"
        " environment, BigQuery says what the statements would read (dry runs, which cost nothing)",
    )
    parser.add_argument("--apps", type=_count, help="instead of the file's")
    parser.add_argument("--projects", type=_count, help="that are watched, instead of the file's")
    parser.add_argument(
        "--export-gib-month", type=_amount, metavar="GIB", help="what a month adds to the billing export, all services"
    )
    parser.add_argument(
        "--rows-an-hour", type=_count, default=30, help="of AI in the export, for each app (default 30)"
    )
    parser.add_argument("--series", type=_count, help="models x locations x directions of a project (default 12)")
    parser.add_argument("--incidents", type=_count_or_none, help="a month, each open for half a day (default 20)")
    parser.add_argument("--clicks", type=_count_or_none, help="in Slack, a month (default 60)")
    parser.add_argument("--ai-spend", type=_amount, metavar="USD", help="a month; else the file's budgets, if in USD")
    parser.add_argument("--format", choices=tuple(FORMATS), default="table")


def main(options: Namespace, environment: Mapping[str, str] = os.environ, out: TextIO | None = None) -> int:
    """Exit code 0, also where an aim is missed (that is said); 2 where a size is not told, 1 where BigQuery fails."""
    try:
        size, remarks = _size(options, environment)
        cost = running_cost(size)
    except FreioError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 1
    remarks += verdict(cost)
    (out or sys.stdout).write(FORMATS[options.format](cost, remarks))
    if options.format == "csv":
        for remark in remarks:
            print(remark, file=sys.stderr)
    return 0


# ---- how large the client is


def _size(options: Namespace, environment: Mapping[str, str]) -> tuple[Size, list[str]]:
    client = _client(options.file)
    apps = options.apps or (len(client.apps) if client else 0)
    projects = options.projects or (len({p for app in client.apps for p in app.match.projects}) if client else 0)
    if not apps or not projects:
        raise BadInput("freio cost: needs the client's file (whose apps name their projects), or --apps and --projects")
    spend = Money(options.ai_spend, "USD") if options.ai_spend else _budgets(client)
    scans = None
    if options.export_gib_month is None:
        scans = _scans(options.file, environment)
    gib = options.export_gib_month if scans is None else _gib_a_month(scans)
    size = Size.estimated(
        apps=apps,
        projects=projects,
        export_gib=gib,
        rows_an_hour=options.rows_an_hour,
        rollup_days=work.CALENDAR_DAYS if client and client.country else work.ROLLUP_DAYS,
        ai_spend=spend,
    )
    given = {name: getattr(options, name) for name in ("series", "incidents", "clicks")}
    size = replace(size, **{name: value for name, value in given.items() if value is not None})
    if scans is None:
        return size, [_estimated(gib)]
    return measured(size, scans), _measured_remarks(scans)


def _client(file: str | None) -> Client | None:
    from freio.config import load  # noqa: PLC0415  # sizes that are given need no file, and none of its libraries

    return load(file) if file else None


def _budgets(client: Client | None) -> Money | None:
    """The sum of the apps' budgets: what Freio is there to guard. None where they are not in USD, or not given."""
    if client is None or client.currency != "USD":
        return None
    budgets = [app.budget for app in client.apps if app.budget is not None]
    return sum(budgets, Money.zero("USD")) if budgets else None


def _scans(file: str | None, environment: Mapping[str, str]) -> Scans:
    if not file or not environment.get("FREIO_WAREHOUSE", "").startswith("bigquery:"):
        raise BadInput(
            "freio cost: needs --export-gib-month, or the client's file with FREIO_WAREHOUSE=bigquery:PROJECT.DATASET"
            " in the environment"
        )
    from freio.bootstrap import Freio  # noqa: PLC0415  # heavy things arrive late

    # A question to the warehouse alone: where state and messages would be does not matter.
    unused = {"FREIO_STORE": "unused", "FREIO_QUEUE": "unused"}
    return Freio({**unused, **environment, "FREIO_CONFIG": file}).scans


def measured(size: Size, scans: Scans) -> Size:
    """The size, with what BigQuery says in place of what was estimated."""
    size = replace(size, recent_bytes=scans.recent, deep_bytes=scans.deep)
    if scans.asked is None:
        return size
    held = Decimal(scans.asked) * work.ROLLUP_ROW / sum(work.ASKED_OF_ROW)
    a_day = held / work.DRY_RUN_DAYS
    costs = a_day * size.rollup_days / work.ROLLUP_ROW / work.ROWS_A_COST
    return replace(size, rollup_bytes_a_day=int(a_day), costs=int(costs))


def _gib_a_month(scans: Scans) -> Decimal:
    """The table's growth as a refresh's bytes tell it: only what else is estimated depends on it."""
    return Decimal(scans.recent) / work.RECENT_DAYS * work.DAYS * work.EXPORT_ROW / work.READ_OF_ROW / work.GIB


def _estimated(gib: Decimal) -> str:
    return (
        f"Estimated from {gib} GiB of export a month: {work.READ_OF_ROW} of {work.EXPORT_ROW} bytes of a row are read;"
        " with the client's file and FREIO_WAREHOUSE, BigQuery says it exactly."
    )


def _measured_remarks(scans: Scans) -> list[str]:
    mib = {name: f"{getattr(scans, name) / work.MIB:,.1f} MiB" for name in ("recent", "deep", "whole")}
    remarks = [
        (
            f"Dry runs: an hourly refresh reads {mib['recent']}, the daily one {mib['deep']}, the whole export"
            f" {mib['whole']}."
        )
    ]
    if scans.is_pruned is None:
        remarks.append(
            "Too young to tell whether the export is pruned: a refresh of two days reads as much as one of all days. If"
            " it holds more than two days, it has no partitions by day, and each hour scans it all."
        )
    elif not scans.is_pruned:
        remarks.append("NOT PRUNED: a refresh of two days reads as much as one of a week: each hour scans too much.")
    if scans.asked is None:
        remarks.append("The rollup is not there yet: its size is estimated.")
    return remarks


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r}: must be a whole number above 0")
    return int(text)


def _count_or_none(text: str) -> int:
    """None of what may not happen: a month can pass without an incident."""
    return 0 if text == "0" else _count(text)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as exc:
        raise ArgumentTypeError(f"{text!r}: must be a number") from exc
    if not amount.is_finite() or amount <= 0:
        raise ArgumentTypeError(f"{text!r}: must be above 0")
    return amount
