"""``freio quotas diff | apply``: the standing quotas of the client's file against what stands at Google."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from getpass import getuser
from typing import TYPE_CHECKING, Any, TextIO

from freio.commands.table import aligned
from freio.domain.lever import UNLIMITED, Setting
from freio.domain.quota import Change, Standing
from freio.errors import BadInput, FreioError, Unavailable

if TYPE_CHECKING:
    from freio.bootstrap import Freio

HEADER = (
    "app", "project", "model", "endpoint", "unit", "stands", "granted", "file says", "change", "would refuse"
)  # fmt: skip
_NUMBERS = {5, 6, 7, 9}
NOTHING = "No app with quotas in the file had traffic in the last seven days, and no quota of another is left."
UNSET = "freio quotas apply: nothing was changed; add --yes to change what is listed"


def arguments(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, about in (
        ("diff", "say what stands, what the file says, and what would change"),
        ("apply", "put the file's quotas in place, through the levers that the brake uses"),
    ):
        one = verbs.add_parser(verb, help=about)
        one.add_argument("file", help="the client's file")
        one.add_argument("--format", choices=tuple(FORMATS), default="table")
        if verb == "apply":
            one.add_argument("--yes", action="store_true", help="really change it")


def main(options: Namespace, environment: Mapping[str, str] = os.environ, out: TextIO | None = None) -> int:
    """Exit code 2 where what was given cannot be used, or ``--yes`` is missing; 1 where something failed.

    It needs FREIO_STORE, which holds the leases, and FREIO_WAREHOUSE, which says whose traffic is whose.
    """
    to = out or sys.stdout
    try:
        freio = _freio(options, environment)
        standing = _diff(freio)
        print(FORMATS[options.format](standing), file=to)
        if options.verb == "diff":
            return 0
        return _apply(freio, standing, options, to)
    except FreioError as fault:
        print(fault, file=sys.stderr)
        return 2 if isinstance(fault, BadInput) else 1


def _freio(options: Namespace, environment: Mapping[str, str]) -> Freio:
    from freio.bootstrap import Freio  # noqa: PLC0415  # heavy things arrive late

    return Freio({"FREIO_QUEUE": "unused", **environment, "FREIO_CONFIG": options.file}, is_operator=True)


def _diff(freio: Freio) -> list[Standing]:
    quotas = freio.quotas  # first of all: what cannot be put together is said before anything is read
    readings = freio.spend_meter.read(freio.clock.now())
    if readings.failures:
        unread = "; ".join(f"telemetry of {project}: {why}" for project, why in readings.failures.items())
        raise Unavailable(f"freio quotas: {unread}")
    return quotas.diff(readings)


def _apply(freio: Freio, standing: Sequence[Standing], options: Namespace, out: TextIO) -> int:
    due = [one for one in standing if one.change.is_set]
    if not due:
        print("Nothing is to be changed.", file=sys.stderr)
        return 0
    if not options.yes:
        print(UNSET, file=sys.stderr)
        return 2
    failed = False
    told = out if options.format == "table" else sys.stderr  # JSON stays JSON
    for one in due:
        kept = freio.quotas.keep(one, by=_who())
        failed |= not kept.done
        said = f"not done: {kept.why}" if not kept.done else kept.why or _done(one)
        print(f"{_where(one)}: {said}", file=told)
    return 1 if failed else 0


def _who() -> str:
    """For the journal: who ran the command on which machine's account."""
    try:
        return f"freio quotas, by {getuser()}"
    except (KeyError, OSError):
        return "freio quotas"


def _done(one: Standing) -> str:
    if one.change is Change.LATER:
        return f"{one.wanted:,} stands there when the brake of {', '.join(one.leased)} ends"
    if one.change is Change.REMOVE:
        return f"taken away; what stood there before stands there again: {_limit(one.returns_to, 'none')}"
    return f"set to {one.wanted:,} and read back"


def _where(one: Standing) -> str:
    return f"{', '.join(one.apps)} in {one.target.project}, {_models(one)} at {_endpoints(one)}"


def _models(one: Standing) -> str:
    return ", ".join(dict.fromkeys(model for _, model in one.places))


def _endpoints(one: Standing) -> str:
    return ", ".join(dict.fromkeys(location for location, _ in one.places))


# ---- how it is written


def _table(standing: Sequence[Standing]) -> str:
    if not standing:
        return NOTHING
    rows = [
        [
            "+".join(one.apps),
            one.target.project,
            _models(one),
            _endpoints(one),
            one.unit,
            _limit(one.stands, "none"),
            _limit(one.granted, "no limit") if one.change is not Change.LOOSE else "?",
            _asked(one),
            str(one.change),
            "?" if one.refused is None else f"{one.refused:.1%}",
        ]
        for one in standing
    ]
    notes = [note for one in standing for note in _notes(one)]
    return "\n".join([aligned(HEADER, rows, numbers=_NUMBERS), *(["", *notes] if notes else [])])


def _asked(one: Standing) -> str:
    if not one.asked:
        return "none"
    return "?" if one.wanted is None else f"{one.wanted:,}"


def _notes(one: Standing) -> list[str]:
    """What wants somebody's eye about one target."""
    notes = []
    if one.is_shared:
        parts = " + ".join(f"{value:,} of {name}" for name, value in one.asked)
        notes.append(f"one limit serves them all, so it is the sum of their quotas: {parts}")
    if one.cuts:
        assert one.refused is not None
        notes.append(
            f"{one.wanted:,} is below what is in use, up to {one.peak:,}: it would have refused {one.refused:.1%} of"
            " the last seven days' traffic"
        )
    elif one.change is Change.REMOVE:
        notes.append(f"set by Freio, and in the file no more; before it stood there: {_limit(one.returns_to, 'none')}")
    elif one.refused is None and one.change.is_set:
        notes.append(f"telemetry does not count {one.unit}: nobody can say what it would refuse")
    if one.leased and one.change is Change.REMOVE:
        notes.append(
            f"a brake of {', '.join(one.leased)} is held there: the quota can be taken away once that has ended"
        )
    elif one.leased:
        notes.append(
            f"a brake of {', '.join(one.leased)} is held there: it returns to {_limit(one.returns_to, 'none')}"
        )
    if one.reason is not None and one.change is not Change.LOOSE:
        notes.append(str(one.reason))
    loose = [f"! {one.reason}"] if one.change is Change.LOOSE else []  # it names the place itself
    return [*loose, *(f"! {_where(one)}: {note}" for note in notes)]


def _limit(value: Setting, nothing: str) -> str:
    if value is None:
        return nothing
    return "no limit" if value == UNLIMITED else f"{value:,}" if isinstance(value, int) else value


def _json(standing: Sequence[Standing]) -> str:
    return json.dumps([_told(one) for one in standing], indent=2, ensure_ascii=False)


def _told(one: Standing) -> dict[str, Any]:
    return {
        "apps": list(one.apps),
        "project": one.target.project,
        "places": [{"endpoint": location, "model": model} for location, model in one.places],
        "target": one.target.id,
        "unit": one.unit,
        "stands": one.stands,
        "granted": one.granted,
        "quotas": dict(one.asked),
        "wanted": one.wanted,
        "change": one.change.name.lower(),
        "leased_by": list(one.leased),
        "returns_to": one.returns_to,
        "peak": one.peak,
        "would_refuse": None if one.refused is None else f"{one.refused:.6f}",
        "reason": None if one.reason is None else str(one.reason),
    }


FORMATS: Mapping[str, Callable[[Sequence[Standing]], str]] = {"table": _table, "json": _json}
