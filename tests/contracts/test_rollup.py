"""The hourly rollup: reads what is new, restates what came late, and says what the export says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest import mock

import pytest

from freio.adapters.warehouse.questions import Schema
from freio.adapters.warehouse.rollup import KEPT, LATENESS, RECENT, Rollup, Run, restate_from
from freio.adapters.warehouse.rules import Rules
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.domain.app import App, Match
from freio.domain.spend import Every
from tests.contracts.export_rows import NOON, Row
from tests.contracts.warehouses import BigQueryWorld, DuckDbWorld, emulated, rules

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(
    params=["duckdb", pytest.param("bigquery", marks=[pytest.mark.real, pytest.mark.xdist_group("bigquery")])]
)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DuckDbWorld | BigQueryWorld]:
    if request.param == "duckdb":
        yield DuckDbWorld(tmp_path / "export.duckdb", Schema.DETAILED, rules(), rolled=True)
        return
    with emulated(request.getfixturevalue("bigquery_address")):
        yield BigQueryWorld(Schema.DETAILED, rules(), rolled=True)


def _nets(warehouse: SqlWarehouse, as_of: datetime) -> list[tuple[datetime, Decimal]]:
    return [(cost.hour, cost.net.amount) for cost in warehouse.export(NOON - 30 * DAY, as_of).costs]


def test_a_refresh_that_is_done_twice_counts_nothing_twice(world: DuckDbWorld | BigQueryWorld) -> None:
    """A tick that is delivered again, or that was cut short after its work was done."""
    world.write(Row(cost=1.0), Row(cost=2.0, at=NOON + HOUR))
    at = NOON + DAY
    first = _nets(world.warehouse, at)
    again = SqlWarehouse(world.engine, world.tables, rules())  # another process, with nothing in mind
    assert _nets(again, at + HOUR) == _nets(world.warehouse, at + 2 * HOUR) == first
    assert first == [(NOON, Decimal(1)), (NOON + HOUR, Decimal(2))]


def test_late_rows_and_corrections_restate_their_hour(world: DuckDbWorld | BigQueryWorld) -> None:
    """Three days late, in an export whose watermark has gone on meanwhile."""
    world.write(Row(cost=1.0, exported=NOON + 6 * HOUR))
    assert _nets(world.warehouse, NOON + DAY) == [(NOON, Decimal(1))]
    world.write(Row(cost=4.0, at=NOON + 2 * DAY), Row(cost=-0.25, exported=NOON + 3 * DAY))
    assert _nets(world.warehouse, NOON + 4 * DAY) == [(NOON, Decimal("0.75")), (NOON + 2 * DAY, Decimal(4))]


def test_rows_that_were_written_out_of_order_are_found(world: DuckDbWorld | BigQueryWorld) -> None:
    """A row that was made before the watermark and appears after it: the last day at once, four days within a day."""
    world.write(Row(cost=1.0, exported=NOON + 4 * DAY))
    at = NOON + 4 * DAY + HOUR
    assert _nets(world.warehouse, at) == [(NOON, Decimal(1))]
    world.write(Row(cost=2.0, at=NOON + HOUR, exported=NOON + 4 * DAY - 12 * HOUR))
    assert _nets(world.warehouse, at + HOUR) == [(NOON, Decimal(1)), (NOON + HOUR, Decimal(2))]
    world.write(Row(cost=4.0, at=NOON + 2 * HOUR, exported=NOON + 12 * HOUR))
    assert _nets(world.warehouse, at + DAY)[-1] == (NOON + 2 * HOUR, Decimal(4))


def test_another_file_attributes_all_of_it_anew(world: DuckDbWorld | BigQueryWorld) -> None:
    """An app that is added owns what it had cost before, too."""
    world.write(Row(cost=1.0), Row(cost=2.0, at=NOON + HOUR, exported=NOON + 9 * DAY))
    at = NOON + 10 * DAY
    assert _owners(world.warehouse, at) == {""}
    app = App(
        name="chat",
        team="t",
        cost_centre="c",
        environment="e",
        owners=(),
        match=Match(projects=frozenset({"acme-chat"})),
    )
    assert _owners(SqlWarehouse(world.engine, world.tables, Rules.of([app])), at + HOUR) == {"chat"}


def _owners(warehouse: SqlWarehouse, as_of: datetime) -> set[str]:
    found = warehouse.spend(NOON - DAY, as_of, by=("app",), every=Every.ALL, as_of=as_of)
    return {line.by["app"] for line in found}


@pytest.mark.real
@pytest.mark.xdist_group("bigquery")
def test_a_table_that_has_not_changed_is_not_read(request: pytest.FixtureRequest) -> None:
    """BigQuery says for nothing whether it has: an hour in which nothing came costs no scan."""
    with emulated(request.getfixturevalue("bigquery_address")):
        world = BigQueryWorld(Schema.DETAILED, rules(), rolled=True)
        rollup = Rollup(world.engine, world.tables, rules())
        world.write(Row(cost=1.0))
        assert rollup.refresh(NOON + DAY).read_from is not None
        assert rollup.refresh(NOON + DAY + HOUR).read_from is None
        world.write(Row(cost=2.0))
        assert rollup.refresh(NOON + DAY + 2 * HOUR).read_from is not None


@pytest.mark.real
@pytest.mark.xdist_group("bigquery")
def test_an_export_that_has_not_changed_is_answered_from_memory(request: pytest.FixtureRequest) -> None:
    """Without a job; and what is asked of another moment, or of a changed export, is asked."""
    with emulated(request.getfixturevalue("bigquery_address")):
        world = BigQueryWorld(Schema.DETAILED, rules(), rolled=True)
        world.write(Row(cost=1.0), Row(cost=2.0, at=NOON + HOUR))
        asked = mock.Mock(wraps=world.engine.rows)
        with mock.patch.object(world.engine, "rows", asked):
            first = _nets(world.warehouse, NOON + DAY)
            jobs = asked.call_count
            assert _nets(world.warehouse, NOON + DAY + HOUR) == first
            assert asked.call_count == jobs + 1  # how the rollup stands
            assert _nets(world.warehouse, NOON) == []
            world.write(Row(cost=-1.0, exported=NOON + DAY))
            assert _nets(world.warehouse, NOON + 2 * DAY) == [(NOON, Decimal(0)), (NOON + HOUR, Decimal(2))]


# From when on the export is read again

AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


@dataclass
class History:
    """Hourly refreshes of an export that is three hours late."""

    runs: list[Run] = field(default_factory=list)

    def refreshed(self, at: datetime) -> datetime:
        since = restate_from(self.runs, "r", at)
        self.runs.insert(0, Run(at=at, restated_from=since, watermark=at - 3 * HOUR, rules="r"))
        return since


def test_the_first_time_everything_that_is_kept_is_read() -> None:
    """From a midnight on, since a partition is a day."""
    assert restate_from([], "r", AT) == (AT - KEPT).replace(hour=0, minute=0)
    empty = Run(at=AT, restated_from=AT, watermark=None, rules="r")
    assert restate_from([empty], "r", AT) == (AT - KEPT).replace(hour=0, minute=0)


def test_in_a_week_of_hours_five_days_are_read_once_a_day_and_one_day_otherwise() -> None:
    """So that a late row is found within a day, and most hours read two partitions."""
    history = History()
    history.refreshed(AT)
    reach = [at - history.refreshed(at) for at in (AT + n * HOUR for n in range(1, 24 * 7))]
    deep = [span for span in reach if span > LATENESS]
    assert len(deep) == 6
    assert all(span < RECENT + DAY + 4 * HOUR for span in reach if span not in deep)


def test_other_rules_read_everything_again() -> None:
    """And go on from there."""
    history = History()
    history.refreshed(AT)
    assert restate_from(history.runs, "other", AT + HOUR) == (AT + HOUR - KEPT).replace(hour=0, minute=0)
