"""The hourly rollup: what the export says of AI, by hour of use and moment of export, kept up to date by what is new.

The export only grows: a correction is a new row, and a late hour comes in a late row. So a refresh reads what was
exported since the last one and adds it. Rows are not written in the order of their `export_time`, though, so what was
exported shortly before is read again and put in place of what was there: the last day's each time, and once a day that
of the last five days. Whole days, since a partition is a day: BigQuery drops those without reading them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from freio.adapters.warehouse.engine import Engine, Session
from freio.adapters.warehouse.questions import Tables, question
from freio.adapters.warehouse.rules import Rules

LATENESS = timedelta(days=5)
RECENT = timedelta(days=1)
RESTATED_EVERY = timedelta(days=1)
KEPT = timedelta(days=62)  # a month that has begun, and the whole one before it
# Whatever the export holds is taken in; who reads the rollup says as of when.
_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One refresh: ``watermark`` is the latest `export_time` in the rollup then (None: it was empty).

    ``mark`` is what the engine said of the export's table just before ('': it cannot tell).
    """

    at: datetime
    restated_from: datetime
    watermark: datetime | None
    rules: str
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """``read_from``: from when on the export was read (None: it has not changed since it was read last).

    ``watermark`` is the latest `export_time` that the rollup was known to hold before (None: none).
    """

    read_from: datetime | None
    watermark: datetime | None


def restate_from(runs: list[Run], rules: str, as_of: datetime) -> datetime:
    """From which midnight (UTC) on the export is read again; `runs` newest first.

    All that is kept, where the client's rules have changed or nothing was read yet; five days, once a day; else the
    last day before the watermark.

    >>> at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> last = Run(at=at, restated_from=at - timedelta(days=5), watermark=at - timedelta(hours=3), rules="r")
    >>> restate_from([last], "r", at + timedelta(hours=1)).isoformat()
    '2026-11-22T00:00:00+00:00'
    """
    last = runs[0] if runs else None
    if last is None or last.watermark is None or last.rules != rules:
        return _midnight(as_of - KEPT)
    deep = next((run.at for run in runs if run.rules == rules and _is_deep(run)), None)
    back = LATENESS if deep is None or as_of - deep >= RESTATED_EVERY else RECENT
    return _midnight(last.watermark - back)


def _is_deep(run: Run) -> bool:
    return run.watermark is not None and run.restated_from <= run.watermark - LATENESS


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


class Rollup:
    """`tables.rollup`, brought up to date from `tables.export`."""

    def __init__(self, engine: Engine, tables: Tables, rules: Rules) -> None:
        self._engine = engine
        self._tables = tables
        self._rules = rules
        self._is_made = False

    def refresh(self, as_of: datetime) -> Refreshed:
        """Reads what is new in the export. Doing it twice changes nothing."""
        # Before the export is read: what is written meanwhile changes the mark, and is read the next time.
        mark = self._engine.mark(self._tables.export)
        with self._engine.session() as session:
            if not self._is_made:
                session.run(question("rollup_tables", self._tables), {})
                self._is_made = True
            runs = self._runs(session)
            watermark = runs[0].watermark if runs else None
            if mark and runs and (runs[0].mark, runs[0].rules) == (mark, self._rules.fingerprint):
                return Refreshed(read_from=None, watermark=watermark)
            since = restate_from(runs, self._rules.fingerprint, as_of)
            session.run(
                question("rollup_refresh", self._tables),
                {
                    "exported_since": since,
                    "as_of": _EVER,
                    "refreshed_at": as_of,
                    "apps": self._rules.apps,
                    "label_keys": self._rules.label_keys,
                    "rules": self._rules.fingerprint,
                    "mark": mark,
                },
            )
        return Refreshed(read_from=since, watermark=watermark)

    def _runs(self, session: Session) -> list[Run]:
        return [_run(row) for row in session.rows(question("rollup_runs", self._tables), {})]


def _run(row: tuple[Any, ...]) -> Run:
    at, restated_from, watermark, rules, mark = row
    return Run(
        at=_moment(at),
        restated_from=_moment(restated_from),
        watermark=None if watermark is None else _moment(watermark),
        rules=rules,
        mark=mark,
    )


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
