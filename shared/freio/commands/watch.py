"""``freio watch --backtest``: a client's own past, watched again by the detector and the gate of production."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from freio.commands.refused import status_of
from freio.commands.spoken import language_of, locale_argument
from freio.commands.watch_report import FORMATS, notes
from freio.errors import FreioError

if TYPE_CHECKING:
    from freio.domain.app import Client
    from freio.guard.backtest import Backtest


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", help="the client's file: its apps, gate and alert budget; without: by project"
    )
    parser.add_argument(
        "--backtest",
        type=Path,
        required=True,
        metavar="FILE",
        help="an export (Parquet, CSV or JSON lines; standard, detailed or FOCUS) to watch again, hour by hour",
    )
    parser.add_argument("--format", choices=tuple(FORMATS), default="table")
    locale_argument(parser)


def main(options: Namespace, environment: Mapping[str, str] = os.environ, out: TextIO | None = None) -> int:
    """Exit code 2 where something that was given cannot be used."""
    try:
        client, found = _watched(options, environment)
    except FreioError as fault:
        print(fault, file=sys.stderr)
        return status_of(fault)
    language = language_of(client, options.locale)
    print(FORMATS[options.format](client, found, language), file=out or sys.stdout)
    if options.format == "csv":
        print("\n".join(notes(client, found, language)), file=sys.stderr)
    return 0


def _watched(options: Namespace, environment: Mapping[str, str]) -> tuple[Client, Backtest]:
    from freio.bootstrap import Freio, detector_of, file_history, paces_of  # noqa: PLC0415  # heavy things arrive late
    from freio.guard.backtest import backtest  # noqa: PLC0415
    from freio.guard.history import by_project  # noqa: PLC0415

    unused = dict.fromkeys(("FREIO_STORE", "FREIO_QUEUE", "FREIO_CONFIG"), "unused")
    freio = Freio({**unused, **environment, **({"FREIO_CONFIG": options.file} if options.file else {})})
    history = file_history(options.backtest, freio.client.apps if options.file else None)
    client = freio.client if options.file else by_project(history)
    history.expect(client.currency)
    calendar = freio.calendar if options.file else None
    try:
        return client, backtest(
            client, history, detector_of(client), _progress, calendar=calendar, paces=paces_of(client)
        )
    finally:
        if sys.stderr.isatty():
            print(end="\r\033[K", file=sys.stderr)


def _progress(hour: datetime) -> None:
    """A long history takes minutes: somebody who sits before it sees how far it is."""
    if hour.hour == 0 and sys.stderr.isatty():
        print(f"\r{hour:%Y-%m-%d}", end="", file=sys.stderr, flush=True)
