"""The hourly rollup: reads what is new, restates what came late, and says what the export says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest import mock

import pytest

from freio.adapters.warehouse.engine import Session
from freio.adapters.warehouse.questions import Schema, question
from freio.adapters.warehouse.rollup import KEPT, LATENESS, RECENT, Reach, Rollup, Run, reach
from freio.adapters.warehouse.rules import Rules
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.domain.app import App, Match
from freio.domain.spend import Every
from freio.errors import Rejected, VendorError
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


def _nets(asked: SqlWarehouse, as_of: datetime) -> list[tuple[datetime, Decimal]]:
    return [(cost.hour, cost.net.amount) for cost in asked.export(NOON - 30 * DAY, as_of).costs]


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


def _owners(asked: SqlWarehouse, as_of: datetime) -> set[str]:
    asked.refresh(as_of)
    found = asked.spend(NOON - DAY, as_of, by=("app",), every=Every.ALL, as_of=as_of)
    return {line.by["app"] for line in found}


@pytest.mark.real
@pytest.mark.xdist_group("bigquery")
def test_a_table_that_has_not_changed_is_not_read(request: pytest.FixtureRequest) -> None:
    """BigQuery says for nothing whether it has: an hour in which nothing came costs no scan."""
    with emulated(request.getfixturevalue("bigquery_address")):
        world = BigQueryWorld(Schema.DETAILED, rules(), rolled=True)
        rollup = Rollup(world.engine, world.tables, rules())
        world.write(Row(cost=1.0))
        first = rollup.refresh(NOON + DAY)
        assert rollup.refresh(NOON + DAY + HOUR) == first
        world.write(Row(cost=2.0))
        assert rollup.refresh(NOON + DAY + 2 * HOUR).at == NOON + DAY + 2 * HOUR


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
            assert asked.call_count == jobs + 1, "only how the rollup stands"
            assert _nets(world.warehouse, NOON) == []
            world.write(Row(cost=-1.0, exported=NOON + DAY))
            assert _nets(world.warehouse, NOON + 2 * DAY) == [(NOON, Decimal(0)), (NOON + HOUR, Decimal(2))]


# From when on the export is read again

AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


@dataclass
class History:
    """Hourly refreshes of an export whose newest row was made an hour ago."""

    runs: list[Run] = field(default_factory=list)

    def refreshed(self, at: datetime) -> datetime:
        goes = reach(self.runs, "b", at)
        newest = at - HOUR
        made = Run(at=at, restated_from=goes.read, held_from=goes.held, watermark=newest, newest=newest, basis="b")
        self.runs.insert(0, made)
        return goes.read


def test_the_first_time_everything_that_is_kept_is_read() -> None:
    """From a midnight on, since a partition is a day; and whatever else the rollup held is gone."""
    first = (AT - KEPT).replace(hour=0, minute=0)
    assert reach([], "b", AT) == Reach(read=first, replaced=datetime(1970, 1, 1, tzinfo=UTC), held=first)


def test_another_basis_begins_anew() -> None:
    """Other rules, another table or other SQL: nothing of what stands there is what would stand there."""
    history = History()
    history.refreshed(AT)
    assert reach(history.runs, "other", AT + HOUR) == reach([], "other", AT + HOUR)


def test_in_a_week_of_hours_the_deep_past_is_read_once_a_day_and_one_day_otherwise() -> None:
    """So that most hours read two partitions."""
    history = History()
    history.refreshed(AT)
    spans = [at - history.refreshed(at) for at in (AT + n * HOUR for n in range(1, 24 * 7))]
    deep = [span for span in spans if span > LATENESS]
    assert len(deep) == 6
    assert all(span < RECENT + DAY + 2 * HOUR for span in spans if span not in deep)


@pytest.mark.parametrize("late", [HOUR, DAY, 4 * DAY, 4 * DAY + 23 * HOUR, 5 * DAY])
def test_a_row_that_appears_up_to_five_days_late_is_read_within_a_day(late: timedelta) -> None:
    """Whenever it appears between two deep refreshes."""
    for appears in range(1, 26):
        history = History()
        for hour in range(72):
            history.refreshed(AT + hour * HOUR)
        made = AT + (72 + appears) * HOUR - late
        for hour in range(72, 72 + appears):
            history.refreshed(AT + hour * HOUR)
        reads = [history.refreshed(AT + hour * HOUR) for hour in range(72 + appears, 72 + appears + 25)]
        assert min(reads) <= made


def test_a_quiet_month_of_ai_is_not_read_over_and_over(world: DuckDbWorld | BigQueryWorld) -> None:
    """The watermark is that of the whole export, in which other services go on."""
    world.write(Row(cost=1.0))
    _nets(world.warehouse, NOON + DAY)
    world.write(Row(cost=1.0, service=("6F81-5844-456A", "Compute Engine"), at=NOON + 20 * DAY))
    rollup = Rollup(world.engine, world.tables, rules())
    assert rollup.refresh(NOON + 21 * DAY).watermark == NOON + 20 * DAY + 6 * HOUR
    world.write(Row(cost=1.0, service=("6F81-5844-456A", "Compute Engine"), at=NOON + 22 * DAY))
    assert rollup.refresh(NOON + 23 * DAY).restated_from > NOON + 13 * DAY


def test_a_row_from_the_future_does_not_hide_what_comes(world: DuckDbWorld | BigQueryWorld) -> None:
    """It is a mistake of somebody's clock, and no watermark."""
    world.write(Row(cost=1.0), Row(cost=2.0, exported=NOON + 2000 * DAY))
    assert _nets(world.warehouse, NOON + DAY) == [(NOON, Decimal(1))]
    world.write(Row(cost=4.0, at=NOON + DAY))
    assert _nets(world.warehouse, NOON + 3 * DAY) == [(NOON, Decimal(1)), (NOON + DAY, Decimal(4))]


def test_tables_that_terraform_has_made_are_filled(world: DuckDbWorld | BigQueryWorld) -> None:
    """They come without a row; the lock gets its one at the first refresh, and another process adds none."""
    made = question("rollup_tables", world.tables).replace("AS SELECT 0 AS number", "(number INT64)")
    with world.engine.session() as session:
        session.run(made, {})
    world.write(Row(cost=1.0))
    for hours in (24, 25):
        again = SqlWarehouse(world.engine, world.tables, rules())
        assert _nets(again, NOON + hours * HOUR) == [(NOON, Decimal(1))]
        world.write(Row(cost=0.0, exported=NOON + hours * HOUR))
    with world.engine.session() as session:
        assert session.rows(f"SELECT number FROM `{world.tables.rollup}_lock`", {}) == [(2,)]


def test_another_table_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    """The standard export's rows are not added to those of the detailed one."""
    path = tmp_path / "export.duckdb"
    standard = DuckDbWorld(path, Schema.DETAILED, rules(), rolled=True)
    standard.write(Row(cost=20.0))
    assert _nets(standard.warehouse, NOON + DAY) == [(NOON, Decimal(20))]
    focus = DuckDbWorld(path, Schema.FOCUS, rules(), rolled=True)
    focus.write(Row(cost=20.0, exported=NOON + 9 * DAY))
    assert _nets(focus.warehouse, NOON + 10 * DAY) == [(NOON, Decimal(20))]


def test_what_somebody_else_refreshed_is_seen_at_once(world: DuckDbWorld | BigQueryWorld) -> None:
    """An answer from memory is of the rollup as this process left it, and of no other."""
    world.write(Row(cost=1.0))
    mine = world.warehouse
    assert _nets(mine, NOON + DAY) == [(NOON, Decimal(1))]
    world.write(Row(cost=500.0, exported=NOON + 5 * HOUR))
    theirs = SqlWarehouse(world.engine, world.tables, rules())
    assert _nets(theirs, NOON + DAY + HOUR) == _nets(mine, NOON + DAY + 2 * HOUR) == [(NOON, Decimal(501))]


def test_an_answer_that_somebody_changed_meanwhile_is_asked_for_again(world: DuckDbWorld | BigQueryWorld) -> None:
    """Three statements are one answer: costs of before and hours of after would make an hour without spend."""
    world.write(Row(cost=1.0), Row(cost=1.0, at=NOON + HOUR))
    theirs = SqlWarehouse(world.engine, world.tables, rules())
    asked, between = SqlWarehouse._asked, [True]

    def asked_slowly(self: SqlWarehouse, since: datetime, as_of: datetime) -> object:
        found = asked(self, since, as_of)
        if self is world.warehouse and between.pop():
            world.write(Row(cost=900.0, at=NOON + 2 * HOUR), Row(cost=1.0, at=NOON + 3 * HOUR))
            theirs.refresh(as_of + HOUR)
            between.append(False)
        return found

    with mock.patch.object(SqlWarehouse, "_asked", asked_slowly):
        found = world.warehouse.export(NOON - DAY, NOON + DAY)
    assert found.complete_until == NOON + 3 * HOUR
    assert sum(cost.net.amount for cost in found.costs) == Decimal(903)


def test_a_refresh_that_was_planned_before_another_one_does_nothing(world: DuckDbWorld | BigQueryWorld) -> None:
    """Two versions of the client's file for a moment, as in a deployment: no days of one among those of the other."""
    world.write(Row(cost=1.0))
    ours, theirs = (Rollup(world.engine, world.tables, rules(labels=(name,))) for name in ("ours", "theirs"))
    ours.refresh(NOON + DAY)
    planned = Rollup._made

    def overtaken(self: Rollup, session: Session) -> list[Run]:
        runs = planned(self, session)
        if self is ours:
            theirs.refresh(NOON + 3 * DAY)
        return runs

    world.write(Row(cost=2.0, exported=NOON + 2 * DAY))
    with (
        mock.patch.object(Rollup, "_made", overtaken),
        pytest.raises(VendorError, match="due to concurrent update"),
    ):
        ours.refresh(NOON + 3 * DAY)
    stands = ours.standing()
    assert stands is not None
    assert (stands.number, stands.basis) == (2, theirs.basis)
    assert ours.refresh(NOON + 4 * DAY).number == 3


def test_a_report_is_whole_while_the_watch_stands_still(world: DuckDbWorld | BigQueryWorld) -> None:
    """What came after the last refresh is read from the export itself; where nothing came, the rollup will do."""
    world.write(Row(cost=1.0))
    world.warehouse.refresh(NOON + DAY)
    world.write(Row(cost=2.0, exported=NOON + 2 * DAY))
    as_of = NOON + 3 * DAY
    [line] = world.warehouse.spend(NOON - DAY, as_of, by=(), every=Every.ALL, as_of=as_of)
    assert line.net.amount == Decimal(3)


@pytest.mark.parametrize(("mark", "is_read"), [("as it was", True), ("changed", False), ("", False)])
def test_an_old_rollup_is_read_only_where_the_export_has_not_changed(
    tmp_path: Path, mark: str, *, is_read: bool
) -> None:
    """By its mark; an engine that cannot tell is not believed."""
    world = DuckDbWorld(tmp_path / "export.duckdb", Schema.DETAILED, rules(), rolled=True)
    world.write(Row(cost=1.0))
    with mock.patch.object(world.engine, "mark", side_effect=["as it was" if mark else "", mark]):
        world.warehouse.refresh(NOON + DAY)
        with mock.patch("freio.adapters.warehouse.warehouse.question", wraps=question) as asked:
            world.warehouse.spend(NOON - DAY, NOON + 3 * DAY, by=(), every=Every.ALL, as_of=NOON + 3 * DAY)
    assert asked.call_args.kwargs == {"rolled": is_read}


def test_an_operator_reads_it_as_the_watch_left_it(world: DuckDbWorld | BigQueryWorld) -> None:
    """Who may neither read the export nor write: what came since is not there, and nothing is changed."""
    operator = SqlWarehouse(world.engine, world.tables, rules(), refreshes=False)
    world.write(Row(cost=1.0))
    with pytest.raises(Rejected, match="nobody has filled it"):
        operator.export(NOON - DAY, NOON + DAY)
    world.warehouse.refresh(NOON + DAY)
    before = Rollup(world.engine, world.tables, rules()).standing()
    world.write(Row(cost=2.0, at=NOON + HOUR, exported=NOON + 2 * DAY))
    with mock.patch.object(world.engine, "mark", side_effect=Rejected("403")):
        assert _nets(operator, NOON + 3 * DAY) == [(NOON, Decimal(1))]
    assert Rollup(world.engine, world.tables, rules()).standing() == before
    others = SqlWarehouse(world.engine, world.tables, rules(labels=("other",)), refreshes=False)
    with pytest.raises(Rejected, match="made for other apps"):
        others.export(NOON - DAY, NOON + DAY)


def test_a_report_changes_nothing_and_is_whole(world: DuckDbWorld | BigQueryWorld) -> None:
    """By other rules, or of a time before the rollup: the export itself is read."""
    world.write(Row(cost=1.0), Row(cost=2.0, at=NOON - 200 * DAY))
    as_of = NOON + DAY
    world.warehouse.refresh(as_of)
    before = Rollup(world.engine, world.tables, rules()).standing()
    draft = SqlWarehouse(world.engine, world.tables, rules(labels=("other",)))
    for asked in (world.warehouse, draft):
        found = asked.spend(NOON - 300 * DAY, as_of, by=(), every=Every.ALL, as_of=as_of)
        assert [line.net.amount for line in found] == [Decimal(3)]
    assert Rollup(world.engine, world.tables, rules()).standing() == before
