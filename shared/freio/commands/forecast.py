"""``freio forecast``: where the month of each budget is going, and the chance to pass it."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from freio.commands.refused import status_of
from freio.commands.spoken import language_of, locale_argument
from freio.commands.table import aligned
from freio.domain.budget import BudgetStatus
from freio.domain.calendar import month_start
from freio.domain.expectation import Expectations
from freio.domain.forecast import LEVEL, Forecast, Forecasts
from freio.domain.money import Money
from freio.domain.sentences import N_
from freio.errors import BadInput, FreioError, Unavailable
from freio.i18n.catalogue import Language

if TYPE_CHECKING:
    from freio.bootstrap import Freio
    from freio.domain.app import Client

HEADER = (
    N_("app"),
    N_("so far"),
    N_("likely"),
    N_("at least"),
    N_("at most"),
    N_("budget"),
    N_("chance to pass it"),
)
AS_OF = N_("As of {at:time}. Each range is to hold in {level:percent} of months.")
SETTLED = N_(
    "The export is complete until about {settled:time}: what came later is forecast too, and costs at least what is "
    "billed of it."
)
SHORT = N_("No forecast, for want of a week of history: {apps}")
PARTLY = N_("Some of the telemetry could not be read or has no price, so more may have been spent: {apps}")
_NUMBERS = {1, 2, 3, 4, 5, 6}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="the client's file: its apps and their budgets; without: by project")
    parser.add_argument(
        "--billing",
        type=Path,
        metavar="FILE",
        help="an export (Parquet, CSV or JSON lines; standard, detailed or FOCUS): needs no cloud, and forecasts the"
        " month of its newest hour. Default: what the watch sees, by FREIO_WAREHOUSE and Cloud Monitoring",
    )
    parser.add_argument("--format", choices=tuple(FORMATS), default="table")
    locale_argument(parser)


def main(options: Namespace, environment: Mapping[str, str] = os.environ, out: TextIO | None = None) -> int:
    """Exit code 2 where something that was given cannot be used, 1 where something failed."""
    try:
        client, found, settled = _of_file(options, environment) if options.billing else _of_watch(options, environment)
    except FreioError as fault:
        print(fault, file=sys.stderr)
        return status_of(fault)
    language = language_of(client, options.locale)
    print(FORMATS[options.format](found, language), file=out or sys.stdout)
    notes = _notes(found, settled, language)
    if options.format == "table":
        print("\n".join(["", *notes]), file=out or sys.stdout)
    elif options.format == "csv":
        print("\n".join(notes), file=sys.stderr)
    return 0


# ---- what it is made from


def _freio(options: Namespace, environment: Mapping[str, str], *unused: str) -> Freio:
    from freio.bootstrap import Freio  # noqa: PLC0415  # heavy things arrive late

    given = {"FREIO_CONFIG": options.file} if options.file else {}
    return Freio({**dict.fromkeys(unused, "unused"), **environment, **given})


def _of_file(options: Namespace, environment: Mapping[str, str]) -> tuple[Client, Forecasts, datetime | None]:
    """As of its newest hour: a file of August forecasts August."""
    from freio.bootstrap import file_history  # noqa: PLC0415  # heavy things arrive late
    from freio.guard.forecast import Spending, forecast, known_of  # noqa: PLC0415
    from freio.guard.history import by_project  # noqa: PLC0415

    freio = _freio(options, environment, "FREIO_STORE", "FREIO_QUEUE", "FREIO_CONFIG")
    client = freio.client if options.file else None
    history = file_history(options.billing, client.apps if client else None)
    if client is None:
        client = by_project(history)
    history.expect(client.currency)
    now = history.until - timedelta(seconds=1)
    spending = {
        app.name: Spending(
            hours=history.hours(app.name, history.settled),
            end=history.settled,
            so_far=history.spent(app.name, month_start(now), history.until),
            before=history.spent(app.name, month_start(now), history.settled),
        )
        for app in client.apps
    }
    calendar = freio.calendar if options.file else None
    known = {app.name: known_of(client, Expectations(id=app.name), calendar) for app in client.apps}
    return client, forecast(client, spending, freio.forecaster, now, known), history.settled


def _of_watch(options: Namespace, environment: Mapping[str, str]) -> tuple[Client, Forecasts, datetime | None]:
    """Now, from the export and the telemetry; with FREIO_STORE also from what budget messages and people have said."""
    from freio.guard.forecast import forecast, known_of, spending_of  # noqa: PLC0415  # heavy things arrive late

    if not options.file or not environment.get("FREIO_WAREHOUSE"):
        raise BadInput(
            "freio forecast: needs --billing FILE, or the client's file with FREIO_WAREHOUSE=duckdb:PATH or"
            " bigquery:PROJECT.DATASET in the environment"
        )
    freio = _freio(options, environment, "FREIO_STORE", "FREIO_QUEUE")
    now = freio.clock.now()
    readings = freio.spend_meter.read(now)
    if readings.failures:
        unread = "; ".join(f"telemetry of {project}: {why}" for project, why in readings.failures.items())
        raise Unavailable(f"freio forecast: {unread}")

    def reports(app: str) -> BudgetStatus | None:
        return freio.store.get(BudgetStatus, app) if environment.get("FREIO_STORE") else None

    def said(app: str) -> Expectations:
        found = freio.store.get(Expectations, app) if environment.get("FREIO_STORE") else None
        return found or Expectations(id=app)

    client = freio.client
    spending = {app.name: spending_of(readings, app.name, reports(app.name), client.currency) for app in client.apps}
    known = {app.name: known_of(client, said(app.name), freio.calendar) for app in client.apps}
    return client, forecast(client, spending, freio.forecaster, now, known), None


# ---- how it is written


def _table(found: Forecasts, language: Language) -> str:
    rows = [
        [
            f"{one.app} ({one.of})" if one.of else one.app,
            *(_money(each, language) for each in (one.so_far, one.expected, one.low, one.high)),
            "-" if one.budget is None else _money(one.budget, language),
            "-" if one.chance is None else language.say("{chance:percent}", {"chance": f"{one.chance:.2f}"}),
        ]
        for one in found.all
    ]
    return aligned([language.gettext(name) for name in HEADER], rows, numbers=_NUMBERS)


def _notes(found: Forecasts, settled: datetime | None, language: Language) -> list[str]:
    assert found.at is not None, "it was just made"
    partly = sorted({one.app for one in found.all if not one.complete})
    return [
        language.say(AS_OF, {"at": found.at.isoformat(), "level": str(LEVEL)}),
        *([language.say(SETTLED, {"settled": settled.isoformat()})] if settled else []),
        *([f"! {language.say(SHORT, {'apps': ', '.join(found.short)})}"] if found.short else []),
        *([f"! {language.say(PARTLY, {'apps': ', '.join(partly)})}"] if partly else []),
    ]


def _money(money: Money, language: Language) -> str:
    return language.say("{amount:money}", {"amount": f"{money.amount:f} {money.currency}"})


def _json(found: Forecasts, _language: Language) -> str:
    return json.dumps(
        {
            "at": found.at.isoformat() if found.at else None,
            "level": f"{LEVEL}",
            "forecasts": [_fields(one) for one in found.all],
            "too_little_history": list(found.short),
        },
        indent=2,
        ensure_ascii=False,
    )


def _csv(found: Forecasts, _language: Language) -> str:
    out = io.StringIO()
    rows = [_fields(one) for one in found.all]
    names = list(_fields(found.all[0])) if rows else ["app"]
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().rstrip("\n")


def _fields(one: Forecast) -> dict[str, Any]:
    return {
        "app": one.app,
        "budget_of": one.of or None,
        "so_far": f"{one.so_far.amount:f}",
        "low": f"{one.low.amount:f}",
        "expected": f"{one.expected.amount:f}",
        "high": f"{one.high.amount:f}",
        "budget": None if one.budget is None else f"{one.budget.amount:f}",
        "chance": None if one.chance is None else f"{one.chance:.4f}",
        "currency": one.so_far.currency,
        "until": one.until.isoformat(),
        "days": one.days,
        "complete": one.complete,
    }


FORMATS = {"table": _table, "json": _json, "csv": _csv}
