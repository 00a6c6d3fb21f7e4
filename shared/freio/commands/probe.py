"""``freio probe``: which brakes an app has, app by lever, with nothing set; and what only a person can find out."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TextIO

from freio.commands.experiments import FORMATS, render
from freio.commands.table import aligned
from freio.domain.lever import KINDS
from freio.domain.rights import RightsReport
from freio.errors import BadInput, FreioError, VendorError

if TYPE_CHECKING:
    from datetime import datetime

    from freio.bootstrap import Freio
    from freio.guard.survey import Surveyed

HEADER = ("app", "lever", "where", "binds", "stands now", "would set", "would refuse", "bites within", "missing")
LONGEST = 48  # characters of a cell


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="the client's file")
    parser.add_argument("--every-lever", action="store_true", help="also the levers that the file does not name")
    parser.add_argument("--sandbox", action="store_true", help="probe the sandbox's client instead: needs no cloud")
    parser.add_argument("--experiments", action="store_true", help="print what only a client's own project can show")
    parser.add_argument("--format", choices=FORMATS, default="text")


def main(options: Namespace, environment: Mapping[str, str] = os.environ, out: TextIO | None = None) -> int:
    """Exit code 1 where an app has no brake or something failed, 2 for a file or an environment with faults."""
    out = out or sys.stdout
    try:
        if options.experiments:
            out.write(render(options.format, known_places(options.file, environment)))
            return 0
        with ExitStack() as stack:
            return _probe(_freio(stack, options, environment), options, out)
    except FreioError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 1


def _freio(stack: ExitStack, options: Namespace, environment: Mapping[str, str]) -> Freio:
    from freio.bootstrap import Freio  # noqa: PLC0415  # the experiments need none of it

    if options.sandbox:
        return Freio(options.sandboxed(stack))
    return Freio({**environment, **({"FREIO_CONFIG": options.file} if options.file else {})}, is_operator=True)


def _probe(freio: Freio, options: Namespace, out: TextIO) -> int:
    from freio.guard.survey import Surveyor  # noqa: PLC0415  # the experiments need none of it

    now = freio.clock.now()
    report, unread = _report(freio)
    surveyor = Surveyor(freio.client, freio.meter, freio.prices, freio.levers_as(report))
    readings = freio.spend_meter.read(now)
    rows: list[Surveyed] = []
    for app in freio.client.apps:
        levers = tuple(KINDS) if options.every_lever else app.policy.levers
        rows += surveyor.survey(app, readings, levers, now)
    without = [app.name for app in freio.client.apps if not _has_brake(app.name, app.policy.levers, rows)]
    if options.format == "json":
        probed = [{**_as_json(row), "rights_of": _rights_of(row, report, now)} for row in rows]
        json.dump({"probed": probed, "without_a_brake": without, "enforcers_rights_unread": unread}, out, indent=2)
        out.write("\n")
    else:
        out.write(_table(rows, markdown=options.format == "markdown"))
        out.write(_whose(rows, report, now, unread))
        out.write("".join(f"\nNO BRAKE: {name}. None of its levers would bind now.\n" for name in without))
    return 1 if without else 0


def _report(freio: Freio) -> tuple[RightsReport, str | None]:
    """What the enforcer has found out of its own rights, and why that could not be read."""
    try:
        return freio.store.get(RightsReport, RightsReport().id) or RightsReport(), None
    except VendorError as error:
        return RightsReport(), str(error)


def _rights_of(row: Surveyed, report: RightsReport, now: datetime) -> str | None:
    """Whose rights a row shows; None: they were not asked for."""
    if row.probe is None:
        return None
    return "enforcer" if report.knows(row.lever, row.probe.target.project, now) else "you"


def _whose(rows: Sequence[Surveyed], report: RightsReport, now: datetime, unread: str | None) -> str:
    """Under the table: an operator who may all must not read that the enforcer may."""
    own = {f"{row.lever} in {row.probe.target.project}" for row in rows if row.probe and _is_own(row, report, now)}
    theirs = [a.at for row in rows if row.probe and (a := report.knows(row.lever, row.probe.target.project, now))]
    said = [f"What the enforcer has found out could not be read: {unread}"] if unread else []
    if theirs:
        said.append(f"Rights are the enforcer's, as it last looked ({min(theirs):%Y-%m-%d %H:%M} UTC or later).")
    if own:
        but = "But these" if theirs else "Rights"
        said.append(f"{but} are YOUR OWN, and not the enforcer's, which has not looked: {', '.join(sorted(own))}")
    return "".join(f"\n{line}\n" for line in said)


def _is_own(row: Surveyed, report: RightsReport, now: datetime) -> bool:
    return _rights_of(row, report, now) == "you"


def _has_brake(app: str, levers: Sequence[str], rows: Sequence[Surveyed]) -> bool:
    """Whether a lever that the file names would bind at every place of the app, or at least at one."""
    return any(row.app == app and row.lever in levers and row.binds for row in rows)


def _table(rows: Sequence[Surveyed], *, markdown: bool) -> str:
    cells = [_cells(row) for row in rows]
    if markdown:
        lines = [HEADER, ["---"] * len(HEADER), *cells]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)
    notes = [f"{row.app}, {row.lever}: {row.why}" for row in rows if row.why]
    notes += [f"{row.app}, {row.lever}: {row.probe.note}" for row in rows if row.probe and row.probe.note]
    return aligned(HEADER, cells) + "\n\n" + "".join(f"- {note}\n" for note in dict.fromkeys(notes))


def _cells(row: Surveyed) -> list[str]:
    probe, step = row.probe, row.step
    where = f"{row.place.project} {row.place.location} {row.place.model}" if row.place else ""
    would_set = ""
    if step is not None:
        would_set = f"{step.value:,} ({step.rule})" if step.rule != "stop" else f"stop {', '.join(step.taken)}".strip()
    return [
        row.app,
        row.lever,
        _cut(where),
        "yes" if row.binds else "NO",
        _cut(_stands(probe.override)) if probe else "?",
        _cut(would_set),
        f"{step.refused:.1%}" if step else "",
        f"{int(probe.bites_within.total_seconds() // 60)} min" if probe else "",
        " ".join(probe.missing) if probe else "",
    ]


def _stands(setting: int | str | None) -> str:
    if setting is None:
        return "nothing"
    return f"{setting:,}" if isinstance(setting, int) else setting


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _as_json(row: Surveyed) -> dict[str, Any]:
    probe, step = row.probe, row.step
    return {
        "app": row.app,
        "lever": row.lever,
        "project": row.place.project if row.place else None,
        "location": row.place.location if row.place else None,
        "model": row.place.model if row.place else None,
        "target": probe.target.id if probe else None,
        "binds": row.binds,
        "why_not": row.why or None,
        "note": str(probe.note) if probe and probe.note else None,
        "stands": probe.override if probe else None,
        "missing": list(probe.missing) if probe else [],
        "bites_within_seconds": int(probe.bites_within.total_seconds()) if probe else None,
        "would_set": step.value if step else None,
        "would_take": list(step.taken) if step else [],
        "rule": step.rule if step else None,
        "would_refuse": str(step.refused) if step else None,
        "shared_with": list(step.shared_with) if step else [],
    }


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
    first = next((project for app in client.apps for project in sorted(app.match.projects)), None)
    if first is not None and client.apps:
        known["<APP_PROJECT>"] = first
    return known
