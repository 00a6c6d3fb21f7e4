"""The day's forecast: made once, kept, shown in open incidents and on request, and never from what is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

import pytest

from freio.domain.app import ExpectedEvent, Level, Mode, Policy
from freio.domain.budget import BudgetReport, BudgetStatus
from freio.domain.calendar import month_end, month_start
from freio.domain.click import Click, Verb
from freio.domain.expectation import Expectations, Planned
from freio.domain.forecast import Forecasts, Outlook
from freio.domain.incident import Incident, State
from freio.domain.journal import Kind
from freio.domain.notice import Notice, NoticeKind
from freio.domain.phrase import Phrase, unpacked
from freio.domain.sentences import BUDGET_LINES, BUDGET_NONE
from freio.domain.spend import Score
from freio.guard.forecast import ForecastWatch, Spending, forecast, spending_of
from freio.guard.meter import SpendMeter
from freio.guard.present import is_news, present
from freio.guard.reply import tell_budgets
from freio.guard.step import Step
from freio.guard.watch import Watcher
from freio.ports import Change
from tests.unit.guard.watching import HOUR, NOW, Town, app, client, usd


@dataclass
class FakeForecaster:
    """Says 1 to 99 for each day ahead, of series of a week at least; keeps what it was asked."""

    asked: list[tuple[dict[str, list[Decimal]], Decimal, Decimal]] = field(default_factory=list)
    coming: list[Mapping[str, Sequence[tuple[Decimal, Decimal]]]] = field(default_factory=list)

    def outlook(
        self,
        days: Mapping[str, Sequence[Decimal]],
        *,
        ahead: Decimal,
        after: Decimal,
        coming: Mapping[str, Sequence[tuple[Decimal, Decimal]]] = MappingProxyType({}),
    ) -> dict[str, Outlook]:
        self.coming.append(coming)
        self.asked.append(({name: list(each) for name, each in days.items()}, ahead, after))
        said = Outlook(percentiles=tuple(n * ahead for n in range(1, 100)))
        return {name: said for name, each in days.items() if len(each) >= 7}


@dataclass
class Foreseen(Town):
    """A town whose watch forecasts; it lives as long as the town."""

    forecaster: FakeForecaster = field(default_factory=FakeForecaster)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.watch = self.another_watch()

    def another_watch(self) -> ForecastWatch:
        return ForecastWatch(self.client, self.store, self.clock, self.forecaster)

    @property
    def watcher(self) -> Watcher:
        return Watcher(
            self.client,
            self.store,
            self.clock,
            meter=SpendMeter(self.client, self.warehouse, self.telemetry, self.prices),
            detector=self.detector,
            paces=self.detector,
            proposer=self.proposer,
            prover=None,  # type: ignore[arg-type]  # nothing is braked here
            chat=self.chat,
            alerter=self.alerter,
            forecasts=self.watch,
        )

    def runs(self) -> None:
        """The detector fires, and tells what the last day usually costs an hour."""
        self.detector.scores["chat"] = Score(value=3.0, usual=2.0, kind="spike", why=Phrase("w"), normal=(2.0,) * 24)

    @property
    def kept(self) -> Forecasts:
        return self.store.get(Forecasts, "forecasts") or Forecasts()


def town() -> Foreseen:
    found = Foreseen(client=client(app(budget=usd(1000))))
    found.bill(NOW - timedelta(days=12), NOW - timedelta(hours=3), 2)
    found.serve(NOW - timedelta(days=12), NOW, 2_000_000)
    return found


REPORTS = [
    BudgetReport(source=of, interval_start=month_start(NOW), cost=usd(cost), budget=usd(budget), published=NOW)
    for of, cost, budget in (("tests", "0.05", 50), ("all", "0.5", 1000))
]


def _with_reports(days: int = 12) -> Foreseen:
    """An app whose budgets are Cloud Billing's alone."""
    there = Foreseen(client=client())
    there.bill(NOW - timedelta(days=days), NOW - timedelta(hours=3), 2)
    there.serve(NOW - timedelta(days=days), NOW, 2_000_000)
    return there


def _speak(there: Foreseen, reports: Sequence[BudgetReport]) -> None:
    status = there.store.get(BudgetStatus, "chat") or BudgetStatus(id="chat")
    there.store.commit(Change(put=(replace(status, reports=tuple(reports)),)))


def test_the_first_tick_of_a_day_forecasts_every_budget_and_the_next_ones_do_not() -> None:
    """It is kept and journalled; so another process need not make it either."""
    there = town()
    there.watch.look(there.read())
    there.clock.sleep(300)
    there.watch.look(there.read())
    there.another_watch().look(there.read())
    assert len(there.forecaster.asked) == 1
    [one] = there.kept.all
    assert (one.app, one.budget, one.until) == ("chat", usd(1000), month_end(NOW))
    [entry] = [entry for entry in there.store.entries() if entry.what == "forecast"]
    assert entry.kind is Kind.NOTICE
    assert "chat: " in entry.data["said"]


def test_it_is_made_again_after_a_pacific_midnight() -> None:
    """The budgets' days turn there; 15:00 UTC is 7:00 in the morning."""
    there = town()
    there.watch.look(there.read())
    there.clock.sleep(16.9 * 3600)
    there.watch.look(there.read())
    assert len(there.forecaster.asked) == 1
    there.clock.sleep(0.2 * 3600)
    there.watch.look(there.read())
    assert len(there.forecaster.asked) == 2


def test_it_is_made_again_when_a_months_budgets_speak_for_the_first_time() -> None:
    """That of the tests first, as if it watched all of the app, then that of all: once for each, by one process."""
    there = _with_reports()
    for said in ([], REPORTS[:1], REPORTS):
        _speak(there, said)
        for watch in (there.watch, there.another_watch(), there.watch):
            there.clock.sleep(3600)
            watch.look(there.read())
    assert len(there.forecaster.asked) == 3
    assert [(one.of, one.budget, one.part) for one in there.kept.all] == [
        ("all", usd(1000), 1),
        ("tests", usd(50), Decimal("0.1")),
    ]
    assert len([entry for entry in there.store.entries() if entry.what == "forecast"]) == 3


def test_a_process_whose_forecast_is_not_the_newest_reads_that_and_goes_on() -> None:
    """Else it would work one out at each tick, and keep none."""
    there = _with_reports()
    there.watch.look(there.read())
    there.store.commit(Change(put=(there.kept,)))  # another process has made it again
    _speak(there, REPORTS)
    for _ in range(3):
        there.clock.sleep(3600)
        there.watch.look(there.read())
    assert [one.of for one in there.kept.all] == ["all", "tests"]
    assert len(there.forecaster.asked) == 3


def test_it_is_made_from_whole_days_that_end_with_the_last_whole_hour() -> None:
    """Ten past three: the hour since three is in what was spent so far, and in no day."""
    there = town()
    there.clock.sleep(600)
    there.serve(NOW, NOW + timedelta(minutes=10), 600_000_000)
    there.watch.look(there.read())
    [(days, ahead, after)] = there.forecaster.asked
    assert days["chat"] == [Decimal(48)] * 12
    assert after == 0
    assert float(ahead) == ((month_end(NOW) - NOW).total_seconds()) / 86400
    assert there.kept.all[0].so_far.amount > 1 * 12 * 48


def test_telemetry_that_cannot_be_read_is_waited_for_and_not_for_ever() -> None:
    """For six hours of the day; then the forecast is made from what there is, and says so."""
    there = town()
    readings = replace(there.read(), failures={"acme-chat": "503"})
    there.clock.at = datetime(2026, 11, 23, 13, 59, tzinfo=UTC)  # 5:59 Pacific
    there.watch.look(readings)
    assert not there.kept.all
    there.clock.sleep(120)
    apps = {"chat": replace(readings.apps["chat"], complete=False)}
    there.watch.look(replace(readings, apps=apps))
    assert [one.complete for one in there.kept.all] == [False]


def test_an_open_incident_shows_it_and_is_drawn_again_when_it_changes() -> None:
    """The whole watch: told at once, and with the day's forecast at the next tick; by another process too."""
    there = town()
    there.serve(NOW - HOUR, NOW, 100_000_000)
    there.detector.fires("chat")
    there.watcher.watch()
    opened = there.store.open_incident("chat")
    assert opened is not None
    assert opened.id in there.chat.shown
    there.clock.sleep(300)
    there.watch = there.another_watch()
    there.watcher.watch()
    incident = there.store.open_incident("chat")
    assert incident is not None
    [made], [shown] = there.kept.all, incident.forecasts
    assert shown.shift is not None
    assert shown.shift.made == made.at
    [*_, drawn] = there.chat.shown[incident.id]
    assert drawn.forecasts == incident.forecasts
    there.watch.merge(there.client.apps[0])
    assert there.store.open_incident("chat") == incident  # what it shows already is not written again


def test_what_budget_messages_have_billed_counts_and_names_the_budget() -> None:
    """An app without a budget in the file: its Cloud Billing budgets are forecast, each by its part."""
    there = town()
    there.client = replace(there.client, apps=(app(),))
    report = BudgetReport(
        source="A/b-1", interval_start=month_start(NOW), cost=usd(5000), budget=usd(9000), published=NOW
    )
    there.store.commit(Change(put=(BudgetStatus(id="chat", reports=(report,)),)))
    there.another_watch().look(there.read())
    (one,) = there.kept.all
    assert (one.of, one.budget) == ("A/b-1", usd(9000))
    assert one.so_far.amount >= 5000


def test_an_app_with_too_little_history_is_named() -> None:
    """It has no forecast, and is not forgotten."""
    there = Foreseen()
    there.serve(NOW - timedelta(days=3), NOW, 2_000_000)
    there.watch.look(there.read())
    assert (there.kept.all, there.kept.short) == ((), ("chat",))


def test_hours_that_end_before_the_month_leave_a_gap_that_is_no_part_of_it() -> None:
    """An export that is complete until a day before the month: what comes is counted from its first midnight on."""
    at = datetime(2026, 12, 2, 8, tzinfo=UTC)
    end = month_start(at) - timedelta(days=1)
    forecaster = FakeForecaster()
    forecast(client(), {"chat": Spending(hours=[Decimal(1)] * 240, end=end, so_far=usd(3))}, forecaster, at)
    [(_, ahead, after)] = forecaster.asked
    assert ahead == 31
    assert after == 1


class Fridays:
    """A calendar of one holiday, the last Friday of that November."""

    def is_holiday(self, day: date) -> bool:
        return day == date(2026, 11, 27)


def test_announced_and_planned_days_and_holidays_are_part_of_what_is_to_come() -> None:
    """A sale of the file on the 25th, one that somebody announced for the 28th, and a holiday on the 27th."""
    sale = ExpectedEvent(start=date(2026, 11, 25), end=date(2026, 11, 25), factor=Decimal(3), why="sale")
    there = town()
    there.client = replace(there.client, apps=(app(budget=usd(1000), expected=(sale,)),), time_zone="UTC")
    begin = datetime(2026, 11, 28, tzinfo=UTC)
    planned = Planned(number=1, start=begin, end=begin + timedelta(days=1), factor=Decimal(2), why="w", by="U1", at=NOW)
    there.store.commit(Change(put=(Expectations(id="chat", count=1, planned=(planned,)),)))
    ForecastWatch(there.client, there.store, there.clock, there.forecaster, Fridays()).look(there.read())
    [coming] = there.forecaster.coming
    high = [most for _, most in coming["chat"]]
    assert [round(float(each), 3) for each in high] == [1, 2.25, 1.75, 1, 1.625, 1.375, 1, 1]  # days begin at 15:00
    assert {low for low, _ in coming["chat"]} == {Decimal(1)}  # too few Sundays to know how little a holiday may be


def test_what_runs_away_now_is_no_example_of_the_days_to_come() -> None:
    """The day's forecast is made without it, and moved by it: else it would be counted twice."""
    there = town()
    there.serve(NOW - HOUR, NOW, 100_000_000)
    there.runs()
    there.watcher.watch()
    there.clock.sleep(17 * 3600)
    there.serve(NOW, there.clock.now(), 100_000_000)
    there.watcher.watch()
    days, _, _ = there.forecaster.asked[-1]
    assert days["chat"][-1] == 48
    incident = there.store.open_incident("chat")
    assert incident is not None
    assert incident.explanation is not None
    there.clock.sleep(300)
    there.serve(there.clock.now() - timedelta(minutes=5), there.clock.now(), 100_000_000)
    there.watcher.watch()
    [shown] = _open(there).forecasts
    assert shown.shift is not None
    assert shown.shift.base.amount > 1_000  # of the night before: it is in what had been spent when it was made
    assert shown.shift.over.amount < 50


def test_a_forecast_moves_with_the_runaway_and_stays_when_it_is_braked() -> None:
    """At least it stops now, at most it goes on; and once it is braked, only what it has cost is left."""
    there = town()
    there.watch.look(there.read())
    there.clock.sleep(3600)
    there.serve(NOW, NOW + HOUR, 100_000_000)
    there.runs()
    there.watcher.watch()
    there.clock.sleep(300)
    there.serve(NOW + HOUR, NOW + HOUR + timedelta(minutes=5), 100_000_000)
    there.watcher.watch()
    incident, [made] = _open(there), there.kept.all
    [drawn] = incident.forecasts
    [shown] = present(there.kept.all, incident, there.client.apps[0], there.clock.now())
    assert not is_news((drawn,), (shown,))
    assert incident.explanation is not None
    assert shown.shift is not None
    assert shown.shift.over == incident.explanation.so_far
    assert shown.low == made.low + shown.shift.over
    assert shown.high == made.high + shown.shift.over + shown.shift.goes_on
    assert shown.shift.stops == incident.explanation.tomorrow - incident.explanation.so_far
    assert shown.shift.stops < shown.shift.goes_on
    braked = replace(incident, state=State.THROTTLED)
    [after] = present(there.kept.all, braked, there.client.apps[0], there.clock.now())
    assert after.shift is not None
    assert (after.shift.stops, after.shift.goes_on) == (usd(0), usd(0))
    assert after.expected == made.expected + after.shift.over
    step = Step(there.clock.now())
    tell_budgets(step, _click(), there.store)
    [said] = _whispers(step)
    [line] = unpacked(said.data["budgets"])
    assert dict(line.data)["expected"] == str(drawn.expected)  # the same figure wherever it is asked for


def test_what_a_runaway_cost_before_it_was_told_is_not_all_in_the_forecast() -> None:
    """It began an hour before the day's forecast and was told ten hours after: ten elevenths came since."""
    there = town()
    there.watch.look(there.read())
    [made] = there.kept.all
    there.clock.sleep(600)
    there.serve(NOW, there.clock.now(), 100_000_000)
    there.runs()
    there.watcher.watch()
    incident = _open(there)
    assert incident.explanation is not None
    said = replace(incident.explanation, since=made.at - HOUR, so_far=usd(1100), tomorrow=usd(3500))
    late = replace(incident, forecasts=(), explanation=said)
    [shown] = present((made,), late, there.client.apps[0], made.at + 10 * HOUR)
    assert shown.shift is not None
    assert usd(999) < shown.shift.over < usd(1001)


def test_what_people_have_let_run_is_expected_to_run_until_then() -> None:
    """Kept running for two hours: so much more; under `enforce`, until the policy brakes."""
    there = town()
    there.serve(NOW - HOUR, NOW, 100_000_000)
    there.runs()
    there.watcher.watch()
    incident, now = _open(there), there.clock.now()
    made = there.kept.all
    two_hours = replace(incident, state=State.OVERRIDDEN, until=now + 2 * HOUR)
    [shown] = present(made, two_hours, there.client.apps[0], now)
    said = incident.explanation
    assert said is not None
    assert shown.shift is not None
    assert shown.shift.stops.amount == (said.tomorrow - said.so_far).amount / 12
    enforced = app(policy=Policy(modes=dict.fromkeys(Level, Mode.ENFORCE)))
    waits = replace(incident, state=State.PROPOSED, due_at=now + timedelta(minutes=20))
    [soon] = present(made, waits, enforced, now)
    assert soon.shift is not None
    half_an_hour = (said.tomorrow - said.so_far).amount / 48  # the grace, and ten minutes until it bites
    assert soon.shift.stops.amount == pytest.approx(half_an_hour)


def test_no_message_is_drawn_again_for_what_nobody_would_see() -> None:
    """A cent more is no other forecast; another day's is."""
    there = town()
    there.watch.look(there.read())
    [one] = there.kept.all
    assert not is_news((one,), (replace(one, expected=one.expected + usd("0.01")),))
    assert is_news((one,), (replace(one, expected=one.expected * 2),))
    assert is_news((one,), (replace(one, at=one.at + timedelta(days=1)),))
    assert is_news((), (one,))


def _open(there: Foreseen) -> Incident:
    found = there.store.open_incident("chat")
    assert found is not None
    return found


def _click() -> Click:
    return Click(id="c1", person="U1", verb=Verb.BUDGET, at=NOW, channel="C1")


def test_a_person_reads_where_each_budget_is_going() -> None:
    """One line for each; where there is none yet, that is said."""
    there = town()
    step = Step(NOW)
    tell_budgets(step, _click(), there.store)
    assert [notice.text for notice in _whispers(step)] == [BUDGET_NONE]
    there.watch.look(there.read())
    step = Step(NOW)
    tell_budgets(step, _click(), there.store)
    [said] = _whispers(step)
    assert said.text == BUDGET_LINES
    [line] = unpacked(said.data["budgets"])
    assert dict(line.data)["app"] == "chat"
    assert dict(line.data)["budget"] == "1000.00 USD"


def test_a_new_months_forecast_is_not_that_of_the_month_that_is_over() -> None:
    """Made at the end of a tick, it is in the open incident at the next one: in between somebody asks."""
    there = town()
    there.runs()
    there.serve(NOW - HOUR, NOW, 100_000_000)
    there.watcher.watch()
    there.clock.sleep(300)
    there.watcher.watch()
    assert _open(there).forecasts
    until = month_end(NOW)
    there.clock.at = until + timedelta(minutes=1)
    there.serve(NOW, there.clock.now(), 100_000_000)
    there.watch.look(there.read())
    step = Step(there.clock.now())
    tell_budgets(step, _click(), there.store)
    [said] = _whispers(step)
    [line] = unpacked(said.data["budgets"])
    [made] = there.kept.all
    assert made.until > until
    assert dict(line.data)["so_far"] == str(made.so_far)


def _whispers(step: Step) -> list[Notice]:
    return [notice for notice in step.change().touch if notice.kind is NoticeKind.WHISPER]


def test_an_hour_that_nobody_heard_of_is_as_a_week_before() -> None:
    """And not one without spend: what is to come does not go on as an outage of telemetry did."""
    there = _with_reports()
    there.clock.sleep(5 * 3600)  # the feed is down
    there.serve(NOW + timedelta(hours=4), NOW + timedelta(hours=5), 2_000_000)
    readings = there.read()
    assert len(readings.apps["chat"].unheard) == 4
    spending = spending_of(readings, "chat", None, "USD")
    forecast(client(), {"chat": spending}, there.forecaster, there.clock.now())
    assert set(there.forecaster.asked[-1][0]["chat"]) == {Decimal(48)}


def test_a_budget_that_the_file_has_got_or_changed_is_forecast_the_same_day() -> None:
    """And so is an app that it has got; what has not changed is not made again."""
    there = town()
    there.watch.look(there.read())
    made = there.forecaster.asked
    changed = replace(there.client, apps=(replace(there.client.apps[0], budget=usd(7)), *there.client.apps[1:]))
    for whole, count in ((there.client, 1), (changed, 2), (replace(changed, apps=(*changed.apps, app("new"))), 3)):
        there.client = whole
        there.clock.sleep(3700)
        there.another_watch().look(there.read())
        assert len(made) == count
    assert next(one for one in there.kept.all if one.app == changed.apps[0].name).budget == usd(7)


def test_an_app_with_too_short_a_history_is_not_forecast_again_for_its_budgets() -> None:
    """It has no forecast of any, and waits for the next day."""
    there = _with_reports(days=3)
    _speak(there, REPORTS)
    for _ in range(3):
        there.clock.sleep(3600)
        there.watch.look(there.read())
    assert len(there.forecaster.asked) == 1
