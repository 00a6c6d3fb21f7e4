"""``freio spend``: what AI cost, by whom and what for, from the client's export or from a file of it."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from freio.commands.refused import status_of
from freio.commands.table import aligned
from freio.domain.calendar import PACIFIC, month_start
from freio.domain.money import Money
from freio.domain.rates import Use
from freio.domain.spend import DIMENSIONS, Every
from freio.domain.spend_report import EVIDENCE, Part, SpendReport, summed
from freio.errors import BadInput, FreioError, UnknownPrice

if TYPE_CHECKING:
    from freio.adapters.warehouse.warehouse import SqlWarehouse
    from freio.bootstrap import Freio
    from freio.ports import PriceBook

NOBODY, UNSAID = "(nobody)", "-"
_BEGINNING, _END = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = _BEGINNING.date(), date(9998, 12, 30)  # whose Pacific midnights are within
_SHOWN = 5  # of what nobody owns, in words; JSON has all of it


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="the client's file: says whose spend is whose")
    parser.add_argument(
        "--billing",
        type=Path,
        metavar="FILE",
        help="an export (Parquet, CSV or JSON lines; standard, detailed or FOCUS): needs no cloud at all. Default: the"
        " warehouse that FREIO_WAREHOUSE names",
    )
    parser.add_argument(
        "--by",
        type=_dimensions,
        metavar="WHAT,…",
        help=f"any of {', '.join(DIMENSIONS)} (default: app,model; without a client's file: project,model)",
    )
    parser.add_argument(
        "--every",
        type=Every,
        choices=list(Every),
        default=Every.ALL,
        metavar="SPAN",
        help="day (Pacific, as Google bills), hour (UTC) or all (default)",
    )
    parser.add_argument(
        "--since",
        type=_day,
        metavar="DAY",
        help="first Pacific day (default: the month's first; of a file: all that it has)",
    )
    parser.add_argument("--until", type=_day, metavar="DAY", help="last Pacific day, included")
    parser.add_argument("--format", choices=tuple(FORMATS), default="table")


def main(options: Namespace, environment: Mapping[str, str] = os.environ, out: TextIO | None = None) -> int:
    """Exit code 2 where something that was given cannot be used, 1 where the warehouse fails."""
    try:
        report = _report(options, environment)
    except FreioError as fault:
        print(fault, file=sys.stderr)
        return status_of(fault)
    print(FORMATS[options.format](report), file=out or sys.stdout)
    if options.format == "csv":
        for note in _notes(report, _exact):
            print(note, file=sys.stderr)
    return 0


def _report(options: Namespace, environment: Mapping[str, str]) -> SpendReport:
    from freio.bootstrap import Freio  # noqa: PLC0415  # heavy things arrive late

    # Questions to the warehouse alone: where state and messages would be does not matter.
    unused = dict.fromkeys(("FREIO_STORE", "FREIO_QUEUE", "FREIO_CONFIG"), "unused")
    freio = Freio({**unused, **environment, **({"FREIO_CONFIG": options.file} if options.file else {})})
    now = freio.clock.now()
    by = options.by or (("app", "model") if options.file else ("project", "model"))
    first = _BEGINNING if options.billing else month_start(now)
    since = _midnight(options.since) if options.since else first
    until = _midnight(options.until + timedelta(days=1)) if options.until else _END
    if until <= since:
        raise BadInput(f"freio spend: --until {options.until} is before --since {options.since or since.date()}")
    warehouse = _warehouse(options, environment, freio)
    asked = tuple(name for name in DIMENSIONS if name in {*by, *EVIDENCE})
    found = warehouse.spend(since, until, by=asked, every=options.every, as_of=_END if options.billing else now)
    return SpendReport.of(
        summed(found, by),
        summed(found, EVIDENCE, over_time=True),
        by=by,
        has_price=lambda model: _has_price(freio.list_prices, model, now),
        has_owners=bool(options.file),
    )


def _warehouse(options: Namespace, environment: Mapping[str, str], freio: Freio) -> SqlWarehouse:
    from freio.bootstrap import file_warehouse  # noqa: PLC0415  # heavy things arrive late

    if options.billing:
        return file_warehouse(options.billing, freio.client.apps if options.file else ())
    if not options.file or not environment.get("FREIO_WAREHOUSE"):
        raise BadInput(
            "freio spend: needs --billing FILE, or the client's file with FREIO_WAREHOUSE=duckdb:PATH or"
            " bigquery:PROJECT.DATASET in the environment"
        )
    return freio.spend_warehouse


def _has_price(prices: PriceBook, model: str, at: datetime) -> bool:
    try:
        prices.per_token(Use(model=model), at)
    except UnknownPrice:
        return False
    return True


# ---- how it is written


def _table(report: SpendReport) -> str:
    if report.total is None:
        return "No AI spend in this time."
    has_periods = any(line.period for line in report.lines)
    header = [*(["when"] if has_periods else []), *report.by, f"net {report.total.currency}"]
    rows = [
        [
            *([line.period] if has_periods else []),
            *(line.by[name] or (NOBODY if name in {"app", "team", "cost_centre"} else UNSAID) for name in report.by),
            _amount(line.net),
        ]
        for line in sorted(report.lines, key=lambda line: (line.period, -line.net.amount))
    ]
    last = len(header) - 1
    foot = ["total", *[""] * (last - 1), _amount(report.total)] if last else [_amount(report.total)]
    notes = _notes(report, _amount)
    return "\n".join([aligned(header, [*rows, foot], numbers={last}), *(["", *notes] if notes else [])])


def _notes(report: SpendReport, written: Callable[[Money], str]) -> list[str]:
    """What wants somebody's eye, beside a table or a CSV file, with money as `written`."""
    return [
        *_note(report.unattributed, written, "belongs to no app of the client's file"),
        *_note(report.unpriced, written, "has no list price, so that its traffic costs nobody knows what"),
    ]


def _note(part: Part | None, written: Callable[[Money], str], what: str) -> list[str]:
    if part is None:
        return []
    most = ", ".join(f"{name} ({written(net)})" for name, net in part.of[:_SHOWN])
    more = f", and {len(part.of) - _SHOWN} more" if len(part.of) > _SHOWN else ""
    return [f"! {written(part.net)} {part.net.currency} ({part.share:.1%}) {what}: {most}{more}"]


def _exact(money: Money) -> str:
    """Every digit that counts, as beside it in the CSV file."""
    return f"{money.amount.normalize():f}"


def _amount(money: Money) -> str:
    """Cents; what is smaller keeps its digits."""
    cents = money.amount.quantize(Decimal("0.01"))
    return f"{cents:,}" if cents or not money.amount else f"{money.amount.normalize():f}"


def _json(report: SpendReport) -> str:
    return json.dumps(
        {
            "currency": report.total.currency if report.total else None,
            "total": f"{report.total.amount:f}" if report.total else None,
            "unattributed": _part(report.unattributed),
            "unpriced": _part(report.unpriced),
            "lines": [
                {
                    "period": line.period or None,
                    **{name: line.by[name] or None for name in report.by},
                    "net": f"{line.net.amount:f}",
                }
                for line in report.lines
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def _part(part: Part | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {
        "net": f"{part.net.amount:f}",
        "share": f"{part.share:.6f}",
        "of": [{"what": what, "net": f"{net.amount:f}"} for what, net in part.of],
    }


def _csv(report: SpendReport) -> str:
    """One line for each; what nobody owns has an empty cell. The notes go to standard error, for a file is of lines."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["period", *report.by, "net", "currency"])
    for line in report.lines:
        writer.writerow(
            [line.period, *(line.by[name] for name in report.by), f"{line.net.amount:f}", line.net.currency]
        )
    return out.getvalue().rstrip("\n")


FORMATS = {"table": _table, "json": _json, "csv": _csv}


# ---- what was typed


def _dimensions(text: str) -> tuple[str, ...]:
    asked = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [part for part in asked if part not in DIMENSIONS]
    if wrong or not asked:
        raise ArgumentTypeError(f"{', '.join(wrong) or text!r}: may be {', '.join(DIMENSIONS)}")
    return tuple(name for name in DIMENSIONS if name in asked)


def _day(text: str) -> date:
    may = f"may be a day such as 2026-11-01, from {_FIRST_DAY} to {_LAST_DAY}"
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise ArgumentTypeError(f"{text!r}: {may}") from exc
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ArgumentTypeError(f"{text!r}: {may}")
    return day


def _midnight(day: date) -> datetime:
    """The Pacific midnight that a day begins at."""
    return datetime.combine(day, time(), tzinfo=PACIFIC).astimezone(UTC)
