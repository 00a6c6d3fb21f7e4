"""``freio probe``: for now the experiments alone, which a person runs; the probe itself comes with the levers."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TextIO

from freio.commands.experiments import FORMATS, render
from freio.errors import BadInput, FreioError

NOT_YET = (
    "freio probe: probing a client's levers is not there yet, it comes with the levers; freio probe --experiments"
    " prints what to try by hand"
)


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="the client's file: fills in the commands' places")
    parser.add_argument("--experiments", action="store_true", help="print the experiments")
    parser.add_argument("--format", choices=FORMATS, default="text")


def main(options: Namespace, environment: Mapping[str, str] = os.environ, out: TextIO | None = None) -> int:
    """Exit code 2 without ``--experiments``, since nothing would be probed, and for a file with faults."""
    if not options.experiments:
        print(NOT_YET, file=sys.stderr)
        return 2
    try:
        known = known_places(options.file, environment)
    except FreioError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 1
    (out or sys.stdout).write(render(options.format, known))
    return 0


def known_places(file: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    """What the client's file and FREIO_WAREHOUSE say of the places in the commands."""
    known: dict[str, str] = {}
    scheme, _, where = environment.get("FREIO_WAREHOUSE", "").partition(":")
    project, _, dataset = where.partition(".")
    if scheme == "bigquery" and dataset:
        known |= {"<FREIO_PROJECT>": project, "<DATASET>": dataset}
    if file is None:
        return known
    from freio.config import load  # noqa: PLC0415  # without a file none of its libraries is needed

    client = load(file)
    dataset_of_export = client.billing_export.rpartition(".")[0]
    known |= {
        "<CONFIG>": file,
        "<EXPORT_TABLE>": client.billing_export,
        "<EXPORT_DATASET>": dataset_of_export.replace(".", ":", 1),
        "<BILLING_ACCOUNT>": client.billing_account,
        "<CHANNEL>": client.channel,
    }
    if client.gateway is not None:
        known["<GATEWAY>"] = client.gateway.url
    first = next((project for app in client.apps for project in sorted(app.match.projects)), None)
    if first is not None and client.apps:
        known["<APP_PROJECT>"] = first
    return known
