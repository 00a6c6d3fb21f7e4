"""What a month of Freio costs: the counts are those of the code, and the sums add up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.adapters.google import credential_calls
from freio.adapters.google.credential_calls import CredentialCalls
from freio.adapters.google.time_series import Counts, Question
from freio.adapters.local.kept_telemetry import KeptTelemetry
from freio.adapters.warehouse import sizing
from freio.adapters.warehouse.questions import Tables, question
from freio.adapters.warehouse.rollup import LATENESS, RECENT, RESTATED_EVERY
from freio.adapters.warehouse.rules import Rules
from freio.adapters.warehouse.warehouse import SqlWarehouse
from freio.domain import google_prices, running_cost, running_work
from freio.domain.app import App, Match
from freio.domain.forecast import Outlook
from freio.domain.money import Money
from freio.domain.phrase import Phrase
from freio.domain.running_cost import RunningCost
from freio.domain.running_work import Size
from freio.errors import CurrencyMismatch
from freio.guard.callers import CallerWatch
from freio.guard.forecast import ForecastWatch
from freio.guard.meter import HISTORY, WITH_MONTH_ENDS, SpendMeter
from freio.guard.telemetry import HOUR, read_telemetry
from tests.fakes import FakeClock, FakeMeter
from tests.unit.guard.test_budget import STATUS
from tests.unit.guard.watching import NOW, Town, app, client

TABLES = Tables(export="p.billing.export", rollup="f.freio.hourly_spend")
SMALL = Size.estimated(apps=5, projects=2, export_gib=Decimal("0.2"), ai_spend=Money(Decimal(8000), "USD"))
LARGE = Size.estimated(apps=50, projects=20, export_gib=Decimal(5), ai_spend=Money(Decimal(100_000), "USD"))
HUGE = Size.estimated(apps=50, projects=20, export_gib=Decimal(60), ai_spend=Money(Decimal(100_000), "USD"))


class Counting:
    """Whatever stands behind it, and how often each of its methods was called."""

    def __init__(self, behind: Any) -> None:
        self._behind = behind
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.calls[name] += 1
            return getattr(self._behind, name)(*arguments, **named)

        return counted


def cost(size: Size) -> RunningCost:
    return running_cost.running_cost(size)


def cents(amount: Decimal) -> str:
    return f"{amount:.2f}"


@pytest.mark.parametrize(
    ("size", "total", "without_free"),
    [(SMALL, "9.93", "12.96"), (LARGE, "12.37", "21.77"), (HUGE, "14.91", "28.30")],
)
def test_the_totals_of_three_clients_stay_as_they_were_told(size: Size, total: str, without_free: str) -> None:
    """A change of a price or a count shows here, and in the README."""
    assert (cents(cost(size).total_usd), cents(cost(size).total_without_free_usd)) == (total, without_free)


def test_a_large_client_meets_both_aims_with_the_free_tiers() -> None:
    """50 apps cost less than 15 USD, and less than a thousandth of what they spend."""
    month = cost(LARGE)
    assert month.share is not None
    assert month.total_usd < running_cost.AIM_USD
    assert month.share < running_cost.AIM_SHARE


@pytest.mark.parametrize("size", [SMALL, LARGE, HUGE])
def test_a_free_tier_never_pays_anybody(size: Size) -> None:
    """No item costs less than nothing, nor more than without its free tier."""
    for item in cost(size).items:
        assert item.free >= 0
        assert 0 <= item.cost_usd <= item.cost_without_free_usd


def test_several_items_share_one_free_tier() -> None:
    """All scans together have one TiB for nothing."""
    scans = [item for item in cost(HUGE).items if item.unit == "TiB"]
    assert len(scans) > 1
    paid = sum(item.quantity for item in scans) - google_prices.BIGQUERY_SCAN.free
    assert cents(sum((item.cost_usd for item in scans), Decimal(0))) == cents(paid * google_prices.BIGQUERY_SCAN.usd)


def test_twice_the_export_is_twice_the_scan_beyond_the_minimums() -> None:
    """What a refresh reads of the export counts in full, and the column of its latest moment once more."""
    once, twice, thrice = (
        running_work.refresh_bytes(replace(HUGE, recent_bytes=n * HUGE.recent_bytes, deep_bytes=n * HUGE.deep_bytes))
        for n in (1, 2, 3)
    )
    assert twice - once == pytest.approx(thrice - twice, rel=1e-8)
    read = running_work.DAYS * (23 * HUGE.recent_bytes + HUGE.deep_bytes)
    assert twice - once == pytest.approx(float(read * (213 + 8) / 213), rel=1e-8)


def test_an_empty_export_is_billed_the_least_that_a_statement_costs() -> None:
    """Ten MiB for each table, however small."""
    empty = replace(SMALL, recent_bytes=0, deep_bytes=0, rollup_bytes_a_day=0)
    assert running_work.asked_bytes(empty) == 730 * 3 * 10 * 1024**2
    assert running_work.refresh_bytes(empty) == 730 * 7 * 10 * 1024**2


def test_a_refresh_reads_as_many_days_as_the_rollup_restates() -> None:
    """Whole days back, and today: the counts of the sum are those of the warehouse."""
    assert RECENT.days + 1 == running_work.RECENT_DAYS
    assert (LATENESS + RESTATED_EVERY).days + 1 == running_work.DEEP_DAYS


def test_the_rollup_is_stored_until_its_partitions_expire() -> None:
    """The days that are kept are those of the table's own statement."""
    expires = re.search(r"partition_expiration_days = (\d+)", question("rollup_tables", TABLES))
    assert expires is not None
    assert int(expires[1]) == running_work.ROLLUP_KEPT_DAYS
    day = replace(HUGE, rollup_bytes_a_day=10 * running_work.GIB)
    assert next(i for i in cost(day).items if i.name == "rollup: storage").quantity == 10 * int(expires[1])


def test_a_refresh_reads_the_tables_that_the_sum_counts() -> None:
    """A lock, what is deleted, and the export twice: the second time for its latest moment alone."""
    statements = question("rollup_refresh", TABLES).split(";\n")
    assert [re.findall(r"\A\s*([A-Z ]+) (\S+)", text)[0] for text in statements] == [
        ("BEGIN", "TRANSACTION"),
        ("UPDATE", "`f.freio.hourly_spend_lock`"),
        ("DELETE FROM", "`f.freio.hourly_spend`"),
        ("INSERT INTO", "`f.freio.hourly_spend`"),
        ("INSERT INTO", "`f.freio.hourly_spend_runs`"),
        ("COMMIT", "TRANSACTION"),
    ]
    latest = statements[4].rpartition("\nSELECT\n")[2]
    assert latest.endswith("FROM export")
    assert set(re.findall(r"\bexport_\w+", latest)) == {"export_time"}


class Recorded:
    """An engine with an empty export, and the statements that it was sent."""

    name = "recorded"

    def __init__(self) -> None:
        self.sent: list[str] = []

    def mark(self, table: str) -> str:
        return f"{table}, once"

    @contextmanager
    def session(self) -> Iterator[Recorded]:
        yield self

    def run(self, sql: str, values: Mapping[str, object]) -> None:
        self.sent.append(sql)

    def rows(self, sql: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        self.sent.append(sql)
        if sql == question("rollup_runs", TABLES):
            return [(1, 0, 0, 0, 0, 0, "another", "")]
        return [(None,)] if sql == question("complete_until", TABLES, rolled=True) else []


def test_an_hour_sends_the_warehouse_as_many_statements_as_the_sum_says() -> None:
    """Beside the making of the tables, which each process does once."""
    engine = Recorded()
    SqlWarehouse(engine, TABLES, Rules.of([])).export(NOW, NOW)
    sent = Counter(sql for sql in engine.sent if sql != question("rollup_tables", TABLES))
    assert sent[question("rollup_runs", TABLES)] == running_work.RUNS_READS
    assert sent[question("rollup_refresh", TABLES)] == 1
    assert sent.total() == running_work.JOBS_AN_HOUR


def test_spend_in_another_currency_is_refused() -> None:
    """A share of BRL in USD would be wrong by five."""
    with pytest.raises(CurrencyMismatch, match="BRL"):
        _ = cost(replace(SMALL, ai_spend=Money(Decimal(1), "BRL"))).share


def test_a_month_without_ai_spend_has_no_share() -> None:
    """Nothing is divided by nothing."""
    assert cost(replace(SMALL, ai_spend=None)).share is None


def test_a_quiet_tick_reads_the_store_as_often_as_the_sum_says() -> None:
    """The counts in `running_work` are those of the watch."""
    town = Town(client=client(*(app(f"app{number}") for number in range(3))))
    store = Counting(town.store)
    town.store = store  # type: ignore[assignment]  # it stands for the store that it counts
    town.watcher.watch()
    read = sum(store.calls[name] for name in ("get", "open_incident", "open_incidents", "used", "due"))
    assert read == running_work.WATCH_READS + 3 * running_work.WATCH_READS_AN_APP
    assert store.calls["commit"] == 0


def test_a_budget_message_reads_and_writes_the_store_as_the_sum_says() -> None:
    """With an actual and a forecast threshold that were crossed before, as in every message of the rest of a month."""
    town = Town()
    crossed = replace(STATUS, actual=Decimal("0.5"), forecast=Decimal(1))
    town.desk.take(crossed)
    store = Counting(town.store)
    town.store = store  # type: ignore[assignment]  # it stands for the store that it counts
    incident = town.store.open_incident("chat")
    assert incident is not None
    store.calls.clear()
    town.desk.take(replace(crossed, published=crossed.published + timedelta(minutes=20)))
    asked = sum(store.calls[name] for name in ("get", "open_incident", "used", "due"))
    assert asked + running_work.BUDGET_WRITES == running_work.BUDGET_READS  # a commit reads what it writes
    assert store.calls["commit"] == 1


def test_an_hour_of_ticks_asks_for_telemetry_as_often_as_the_sum_says() -> None:
    """Twelve times for the last five hours, three times for the last week, and requests at each tick."""
    clock = FakeClock(NOW)
    counting = Counting(FakeMeter(clock))
    kept = KeptTelemetry(counting, clock.now)
    week = NOW - 7 * 24 * HOUR
    for _ in range(12):
        read_telemetry(kept, ["p"], since=week, now=clock.now())
        clock.sleep(300)
    assert counting.calls["tokens"] == running_work.TOKEN_CALLS_AN_HOUR


def test_an_hour_of_ticks_asks_for_requests_as_often_as_the_sum_says() -> None:
    """Of a project that is dear: at each tick; and once for what was before."""
    town = Town()
    town.serve(NOW - 30 * HOUR, NOW + 2 * HOUR, 12_000_000, requests=1200)
    counting = Counting(town.telemetry)
    meter = SpendMeter(town.client, town.warehouse, counting, town.prices)
    meter.read(town.clock.now())
    counting.calls.clear()
    for _ in range(12):
        town.clock.sleep(300)
        meter.read(town.clock.now())
    assert counting.calls["requests"] == running_work.REQUEST_CALLS_AN_HOUR


class NoOutlook:
    """A forecaster whose answers do not matter here."""

    def outlook(self, days: Mapping[str, Any], **_: Any) -> dict[str, Outlook]:
        return dict.fromkeys(days, Outlook(percentiles=(Decimal(1),) * 99))


def test_a_day_s_forecast_reads_and_writes_the_store_as_the_sum_says_and_nothing_else() -> None:
    """What the tick has read is what it is made from; after that the budgets of each app once an hour, and no more."""
    town = Town(client=client(*(app(f"app{number}") for number in range(3))))
    counting = Counting(town.store)
    readings = town.read()
    watch = ForecastWatch(town.client, counting, town.clock, NoOutlook())
    watch.look(readings)
    asked = sum(counting.calls[name] for name in ("get", "open_incident", "open_incidents", "used", "due"))
    written = 1  # the forecast; a commit reads what it writes, the journal apart
    assert asked + written == running_work.FORECAST_READS + 3 * running_work.FORECAST_READS_AN_APP
    assert written + len(town.store.entries()) == running_work.FORECAST_WRITES
    assert counting.calls["commit"] == 1
    counting.calls.clear()
    town.clock.sleep(300)
    watch.look(readings)
    assert not counting.calls
    for _ in range(12 * 5):
        town.clock.sleep(300)
        watch.look(readings)
    hours_left = 24 - 1  # of the day, after the first
    assert counting.calls == {"get": 5 * 3 * running_work.FORECAST_CHECKS_AN_APP // hours_left}


class Unheard:
    """A log in which nobody is found, and how often it was asked."""

    asked = 0

    def calls(self, app: App, until: datetime) -> None:
        self.asked += 1

    def named(self, app: App, caller: str) -> Phrase:
        raise AssertionError(f"{caller} of {app.name}: nobody was heard")


def test_an_incident_asks_who_calls_and_reads_the_store_as_often_as_the_sum_says() -> None:
    """While nobody is named: every third tick; its store is read no more often, its forecast included."""
    town, log = Town(), Unheard()
    town.callers = CallerWatch((log,))
    town.runs_away()
    counting = Counting(town.store)
    town.store = counting  # type: ignore[assignment]  # it stands for the store that it counts
    watcher = town.watcher
    watcher._follower._forecasts = ForecastWatch(town.client, counting, town.clock, NoOutlook())
    for _ in range(24):
        counting.calls.clear()
        watcher.watch()
        assert sum(counting.calls[name] for name in ("get", "open_incident", "open_incidents", "used", "due")) <= (
            running_work.INCIDENT_READS
        )
        town.clock.sleep(300)
        town.serve(town.clock.now() - timedelta(minutes=5), town.clock.now(), 100_000_000)
    assert log.asked == 24 / running_work.CALLER_TICKS


def test_whose_calls_they_are_is_one_list_of_each_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every service's requests, by service, credential and reply: they are sorted out once they are here."""
    read: list[tuple[str, Question]] = []

    def count(_: object, project: str, question: Question, **__: object) -> list[Counts]:
        read.append((project, question))
        return []

    monkeypatch.setattr(credential_calls, "count", count)
    three = app(match=Match(projects=frozenset({"a", "b", "c"})))
    CredentialCalls(None, [three]).calls(three, NOW)  # type: ignore[arg-type]  # nothing else of it is asked
    assert [project for project, _ in read] == ["a", "b", "c"]
    assert all(not question.where and len(question.by) == 3 for _, question in read)


def test_who_calls_shares_the_free_tier_of_what_is_spent() -> None:
    """The first million series are one for both; an app of many projects has a list of each."""
    small, large = ([i for i in cost(size).items if i.unit == "series"] for size in (SMALL, LARGE))
    assert [len(small), len(large)] == [2, 2]
    assert sum(item.cost_usd for item in small) == 0
    assert large[1].free == 0
    assert large[1].quantity == 20 * 48 * running_work.CALLER_SERIES
    assert running_work.caller_calls(replace(LARGE, projects=101)) == 3 * running_work.caller_calls(LARGE)
    assert running_work.caller_calls(replace(LARGE, incidents=0)) == 0


def test_the_days_that_are_asked_for_are_those_of_the_meter_and_of_the_dry_run() -> None:
    """With a calendar and without one."""
    assert WITH_MONTH_ENDS.days == running_work.CALENDAR_DAYS
    assert HISTORY.days <= running_work.ROLLUP_DAYS <= 31
    assert sizing.HISTORY.days == running_work.DRY_RUN_DAYS


def test_every_price_names_its_source_and_how_sure_it_is() -> None:
    """A price without a page to look it up is a guess."""
    for price in google_prices.PRICES:
        assert price.source.startswith("https://cloud.google.com/")
        assert price.confirmed
        assert price.usd > 0


def test_the_sizes_of_rows_leave_room_for_what_is_read() -> None:
    """A part is never larger than its whole."""
    assert sum(running_work.ASKED_OF_ROW) <= running_work.ROLLUP_ROW
    assert running_work.READ_OF_ROW < running_work.EXPORT_ROW
    assert timedelta(hours=running_work.HOURS) == datetime(2026, 1, 31, 10, tzinfo=UTC) - datetime(
        2026, 1, 1, tzinfo=UTC
    )
