"""What the statements would read, as the warehouse itself says: dry runs, which cost nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from freio.adapters.warehouse.engine import Value
from freio.adapters.warehouse.questions import Tables, question
from freio.adapters.warehouse.rollup import LATENESS, RECENT, RESTATED_EVERY
from freio.adapters.warehouse.rules import Rules
from freio.errors import Rejected

HISTORY = timedelta(days=28)  # what each tick asks the rollup for, at least
QUESTIONS = ("hourly_costs", "complete_until", "usd_rate")
WHOLE = datetime(1970, 1, 1, tzinfo=UTC)


class DryRun(Protocol):
    """An engine that can tell what a query would read, in bytes."""

    def would_read(self, sql: str, values: Mapping[str, Value]) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scans:
    """Bytes of one statement each.

    ``recent`` and ``deep`` are the hourly and the daily refresh; ``whole`` is what a refresh would read if the export
    had no partitions. ``asked`` is what the three questions of an hour read of the rollup, together (None: there is no
    rollup yet).
    """

    recent: int
    deep: int
    whole: int
    asked: int | None

    @property
    def is_pruned(self) -> bool | None:
        """Whether a window of two days reads less than one of a week: the partitions of other days are dropped unread.

        None: that cannot be told. The export holds nothing yet but what both windows read, or it has no partitions.
        """
        if self.recent == self.deep == self.whole:
            return None
        # An export that has paused for a week: both windows read nothing, since all older partitions are dropped.
        return self.recent < self.deep or self.recent == 0


def scans(engine: DryRun, tables: Tables, rules: Rules, now: datetime) -> Scans:
    """The refreshes and questions that would run at `now`."""
    select = refresh_select(tables)

    def refresh(since: datetime) -> int:
        return engine.would_read(select, _values(rules, since=since, as_of=now))

    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Scans(
        recent=refresh(today - RECENT),
        deep=refresh(today - LATENESS - RESTATED_EVERY),
        whole=refresh(WHOLE),
        asked=_asked(engine, tables, _values(rules, since=now - HISTORY, as_of=now)),
    )


def refresh_select(tables: Tables) -> str:
    """The part of a refresh that reads the export."""
    script = question("rollup_refresh", tables)
    start = script.index("WITH export AS")
    return script[start : script.index(";", start)]


def _asked(engine: DryRun, tables: Tables, values: Mapping[str, Value]) -> int | None:
    try:
        return sum(engine.would_read(question(name, tables, rolled=True), values) for name in QUESTIONS)
    except Rejected as error:
        if "not found" in str(error).lower():
            return None
        raise


def _values(rules: Rules, *, since: datetime, as_of: datetime) -> dict[str, Value]:
    return {
        "since": since,
        "exported_since": since,
        "as_of": as_of,
        "apps": rules.apps,
        "label_keys": rules.label_keys,
    }
