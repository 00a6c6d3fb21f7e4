"""The hourly rollup: what the export says of AI, by hour of use and moment of export, kept up to date by what is new.

The export only grows: a correction is a new row, and a late hour comes in a late row. So a refresh reads what was
exported since the last one and adds it. Rows do not appear in the order of their `export_time`, though, so what was
exported shortly before is read again and put in place of what was there: the last day's each time, and once a day six
days, so that a row that appears five days late is found whenever that is. Whole days, since a partition is a day:
BigQuery drops those without reading them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from freio.adapters.warehouse.engine import Engine, Session, moment
from freio.adapters.warehouse.questions import Tables, question
from freio.adapters.warehouse.rules import Rules
from freio.errors import Rejected

LATENESS = timedelta(days=5)
RESTATED_EVERY = timedelta(days=1)
DEEP = LATENESS + RESTATED_EVERY
RECENT = timedelta(days=1)
KEPT = timedelta(days=62)  # a month that has begun, and the whole one before it
# Whatever the export holds is taken in; who reads the rollup says as of when.
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One refresh of the rollup.

    ``held_from`` is from when on the rollup holds all that was exported. ``watermark`` is the latest `export_time` in
    the export then, and ``newest`` the latest at all, were it in the future. ``basis`` changes with everything that the
    rollup's rows depend on: the client's rules, the export's table, our own SQL. ``mark`` is what the engine said of
    the export's table just before ('': it cannot tell).
    """

    at: datetime
    restated_from: datetime
    held_from: datetime
    watermark: datetime
    newest: datetime
    basis: str
    mark: str = ""
    number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a refresh reads of the export (from ``read``) and puts in place (of all from ``replaced``)."""

    read: datetime
    replaced: datetime
    held: datetime


def reach(runs: list[Run], basis: str, as_of: datetime) -> Reach:
    """How far the next refresh goes back; `runs` newest first. Midnights, UTC.

    All that is kept, in place of everything, where nothing was read yet on this basis; six days, once a day; else the
    last day before the watermark.

    >>> at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> first = datetime(2026, 9, 22, tzinfo=UTC)
    >>> last = Run(at=at, restated_from=first, held_from=first, watermark=at, newest=at, basis="b")
    >>> reach([last], "b", at + timedelta(hours=1)).read.isoformat()
    '2026-11-22T00:00:00+00:00'
    """
    last = runs[0] if runs else None
    if last is None or last.basis != basis:
        first = _midnight(as_of - KEPT)
        return Reach(read=first, replaced=moment(0), held=first)
    deep = next((run.at for run in runs if run.basis == basis and run.restated_from <= run.watermark - DEEP), None)
    since = _midnight(last.watermark - (DEEP if deep is None or as_of - deep >= RESTATED_EVERY else RECENT))
    return Reach(read=since, replaced=since, held=last.held_from)


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


class Rollup:
    """`tables.rollup`, brought up to date from `tables.export`."""

    def __init__(self, engine: Engine, tables: Tables, rules: Rules) -> None:
        self._engine = engine
        self._tables = tables
        self._rules = rules
        made_by = "\n".join((rules.apps, *rules.label_keys, question("rollup_refresh", tables)))
        self.basis = sha256(made_by.encode()).hexdigest()[:16]

    def refresh(self, as_of: datetime) -> Run:
        """Reads what is new in the export, if anything is; returns how the rollup stands. Twice changes nothing."""
        # Before the export is read: what is written meanwhile changes the mark, and is read the next time.
        mark = self._engine.mark(self._tables.export)
        with self._engine.session() as session:
            runs = self._made(session)
            if mark and runs and (runs[0].mark, runs[0].basis) == (mark, self.basis):
                return runs[0]
            goes = reach(runs, self.basis, as_of)
            session.run(
                question("rollup_refresh", self._tables),
                {
                    "number": runs[0].number + 1 if runs else 1,
                    "exported_since": goes.read,
                    "replaced_since": goes.replaced,
                    "held_from": goes.held,
                    "last_watermark": runs[0].watermark if runs else goes.read,
                    "as_of": _EVER,
                    "refreshed_at": as_of,
                    "apps": self._rules.apps,
                    "label_keys": self._rules.label_keys,
                    "basis": self.basis,
                    "mark": mark,
                },
            )
            return self._runs(session)[0]

    def _made(self, session: Session) -> list[Run]:
        """The runs so far; the tables are made where there are none: that of the runs last, so that all are there.

        Where Terraform has made them, they are empty, the lock too.
        """
        try:
            runs = self._runs(session)
        except Rejected:
            session.run(question("rollup_tables", self._tables), {})
            return []
        if not runs:
            session.run(question("rollup_lock", self._tables), {})
        return runs

    def standing(self) -> Run | None:
        """How the rollup stands, on whatever basis; None: there is none yet. Changes nothing."""
        try:
            with self._engine.session() as session:
                return next(iter(self._runs(session)), None)
        except Rejected:
            return None

    def _runs(self, session: Session) -> list[Run]:
        return [_run(row) for row in session.rows(question("rollup_runs", self._tables), {})]


def _run(row: tuple[Any, ...]) -> Run:
    number, *instants, basis, mark = row
    at, restated_from, held_from, watermark, newest = map(moment, instants)
    return Run(
        number=number,
        at=at,
        restated_from=restated_from,
        held_from=held_from,
        watermark=watermark,
        newest=newest,
        basis=basis,
        mark=mark,
    )
