"""One tick of the watch: every app is looked at, and one app's trouble is no other's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from freio.adapters.detector.adapter import Budget, PyodDetector
from freio.adapters.detector.paces import PaceRecords
from freio.domain.app import App, Level, Mode, Policy
from freio.domain.ask import Answer, Ask, override_id
from freio.domain.budget import BudgetReport, BudgetStatus
from freio.domain.calendar import month_start
from freio.domain.expectation import Expectations
from freio.domain.incident import Action, Decision, Incident, State
from freio.domain.journal import Kind
from freio.domain.notice import Card
from freio.domain.spend import Pace, Probe
from freio.errors import Rejected, Unavailable
from freio.guard.settle import Settler
from freio.guard.step import Step as StepOf
from freio.ports import Change, Place, Record
from tests.fakes import FakeMeter
from tests.unit.guard.watching import FLASH, HOUR, NOW, FakeDetector, Town, app, client, usd


@pytest.fixture
def town() -> Town:
    return Town()


def the_incident(town: Town, name: str = "chat") -> Incident:
    incident = town.store.open_incident(name)
    assert incident is not None
    return incident


def test_a_quiet_tick_writes_nothing(town: Town) -> None:
    """No signal, no incident, no message."""
    town.bill(NOW - timedelta(days=3), NOW - HOUR, 1)
    town.serve(NOW - 2 * HOUR, NOW, 1_000_000)
    assert town.watcher.watch().incidents == 0
    assert town.store.entries() == []
    assert town.chat.shown == {}


def test_a_runaway_is_one_incident_one_message_and_one_question(town: Town) -> None:
    """Ticks that follow merge into it, and redraw what is there."""
    town.runs_away()
    watched = town.watcher.watch()
    assert (watched.apps, watched.signals, watched.incidents, watched.failures) == (1, 1, 1, [])
    first = the_incident(town)
    assert first.state is State.PROPOSED
    assert first.proposal is not None
    assert len(first.proposal.steps) == 1
    for _ in range(3):
        town.clock.sleep(300)
        town.serve(town.clock.now() - timedelta(minutes=5), town.clock.now(), 100_000_000)
        town.watcher.watch()
    assert list(town.chat.shown) == [first.id]
    assert the_incident(town).revision == first.revision
    assert town.kinds().count("signal") == 1


def test_an_incident_explains_itself_anew_at_each_look(town: Town) -> None:
    """By the detector itself: a dollar an hour was usual, and now it is a hundred."""
    detector: Any = PyodDetector()
    town.runs_away()
    town.detector, town.paces = detector, PaceRecords()
    town.watcher.watch()
    first = the_incident(town).explanation
    assert first is not None
    assert (first.since, first.so_far, first.driver) == (NOW - HOUR, usd(99), FLASH)
    assert first.share == 1
    assert first.fired
    for minutes in range(60, 0, -5):
        town.serve(town.clock.now(), town.clock.now() + timedelta(minutes=5), 100_000_000)
        town.clock.sleep(300)
        if minutes % 30 == 0:
            town.watcher.watch()
    later = the_incident(town).explanation
    assert later is not None
    assert later.since == first.since
    assert first.so_far.amount * Decimal("1.4") < later.so_far.amount < first.so_far.amount * 2


def test_the_chart_is_uploaded_kept_and_renewed_by_the_hour(town: Town) -> None:
    """Not with every tick: Slack keeps each file."""
    town.runs_away()
    town.watcher.watch()
    card = town.store.get(Card, the_incident(town).id)
    assert card is not None
    assert (card.chart, card.chart_at) == ("F1", NOW)
    assert town.chat.charts[0].startswith(b"\x89PNG")
    town.clock.sleep(300)
    town.watcher.watch()
    assert len(town.chat.charts) == 1
    town.clock.sleep(3600)
    town.watcher.watch()
    assert len(town.chat.charts) == 2


def test_one_apps_failure_does_not_stop_the_others_and_fails_the_tick() -> None:
    """Its brake cannot be worked out: the others are asked about, and the tick is delivered again."""
    town = Town(client=client(app("search"), app()))
    town.runs_away("search")
    town.runs_away("chat")
    town.lever.will_fail("probe", Unavailable("serviceusage is down"))
    watched = town.watcher.watch()
    assert watched.failures == ["search: Unavailable('serviceusage is down')"]
    assert the_incident(town, "chat").state is State.PROPOSED
    with pytest.raises(Unavailable, match="serviceusage is down"):
        watched.raise_failures()


def test_people_hear_of_trouble_though_the_brake_cannot_be_worked_out(town: Town) -> None:
    """The incident is told first; the next tick asks."""
    town.runs_away()
    town.lever.will_fail("probe", Rejected("permission denied"))
    town.watcher.watch()
    incident = the_incident(town)
    assert incident.state is State.OPEN
    assert list(town.chat.shown) == [incident.id]
    town.clock.sleep(300)
    assert town.watcher.watch().failures == []
    assert the_incident(town).state is State.PROPOSED


def test_a_project_that_cannot_be_read_fails_the_tick(town: Town) -> None:
    """No data is never no traffic; the incident is not called quiet for it."""
    town.runs_away()
    town.watcher.watch()
    town.detector.scores.clear()
    town.telemetry.fails = Unavailable("monitoring is down")
    town.clock.sleep(3600)
    watched = town.watcher.watch()
    assert watched.failures[0] == "telemetry of acme-chat: monitoring is down"
    assessment = the_incident(town).assessment
    assert assessment is not None
    assert not assessment.complete
    assert assessment.quiet_since is None


def test_slack_that_is_down_is_told_to_the_tick_and_nothing_is_lost(town: Town) -> None:
    """The incident stands, its message is owed, and the next tick draws both."""
    town.runs_away()
    town.chat.fails = Unavailable("slack is down")
    assert town.watcher.watch().failures == ["chat: Unavailable('slack is down')"]
    incident = the_incident(town)
    assert incident.state is State.PROPOSED
    town.chat.fails = None
    town.clock.sleep(300)
    assert town.watcher.watch().failures == []
    assert list(town.chat.shown) == [incident.id]
    assert len(town.chat.charts) == 1


def test_levers_are_asked_every_quarter_of_an_hour_also_where_nobody_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app that is only observed may stay open for days."""
    town = Town(client=client(app(policy=Policy(modes=dict.fromkeys(Level, Mode.OBSERVE)))))
    town.runs_away()
    asked = []
    probe = town.lever.probe

    def asking(app: App, places: Sequence[Place]) -> list[Probe]:
        asked.append(town.clock.now())
        return probe(app, places)

    monkeypatch.setattr(town.lever, "probe", asking)
    watcher = town.watcher
    for _ in range(7):
        watcher.watch()
        town.serve(town.clock.now(), town.clock.now() + timedelta(minutes=5), 8_000_000)
        town.clock.sleep(300)
    assert the_incident(town).state is State.OPEN
    assert [(at - NOW) // timedelta(minutes=1) for at in asked] == [0, 15, 30]


def test_it_ends_when_it_is_quiet_on_complete_data(town: Town) -> None:
    """Half an hour of usual traffic, seen by every tick."""
    town.runs_away()
    town.watcher.watch()
    incident = the_incident(town)
    town.detector.scores.clear()
    for _ in range(7):
        town.serve(town.clock.now(), town.clock.now() + timedelta(minutes=5), 1_000_000)
        town.clock.sleep(300)
        town.watcher.watch()
    ended = town.store.get(Incident, incident.id)
    assert ended is not None
    assert ended.state is State.RESOLVED


@pytest.mark.parametrize(("down_at", "lasts"), [(120, 50), (270, 80)])
def test_a_feed_that_was_down_ends_no_incident_that_money_told(down_at: int, lasts: int) -> None:
    """It runs on before and after; once the feed speaks again, most of the last hours was not heard."""
    detector: Any = PyodDetector(Budget(alerts=0.25, gate=5.0))
    town = Town(detector=detector, paces=FakeDetector())
    town.bill(NOW - timedelta(days=28), NOW - timedelta(days=2), 5)
    town.serve(NOW - timedelta(days=12), NOW, 5_000_000)
    watcher, told = town.watcher, set()
    for minutes in range(0, 10 * 60, 5):
        if not down_at <= minutes < down_at + lasts:
            town.serve(town.clock.now(), town.clock.now() + timedelta(minutes=5), 30_000_000)
        town.clock.sleep(300)
        if minutes % 15 == 10:
            watcher.watch()
            told |= {incident.id for incident in town.store.open_incidents()}
    assert len(told) == 1
    assessment = the_incident(town).assessment
    assert assessment is not None
    assert assessment.running_away


def test_refusals_behind_the_brake_are_not_quiet(town: Town) -> None:
    """Traffic looks usual because the limit holds it; what it refuses says that the trouble goes on."""
    town.runs_away()
    town.watcher.watch()
    incident = the_incident(town)
    assert incident.proposal is not None
    target = incident.proposal.steps[0].target
    braking = incident.to(State.BRAKING, NOW, due_at=NOW, holding=(target,))
    held = braking.to(State.THROTTLED, NOW, due_at=NOW)
    town.store.commit(_put(held))
    town.detector.scores.clear()
    town.telemetry.write_usage(target, NOW, used=100, refused=40)
    town.serve(NOW, NOW + timedelta(minutes=10), 1_000_000)
    town.clock.sleep(600)
    town.watcher.watch()
    assessment = the_incident(town).assessment
    assert assessment is not None
    assert assessment.running_away


def test_where_nothing_reports_of_the_brake_the_app_is_looked_at_all_the_same(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its spend is renewed, nobody calls it quiet, and the tick fails."""
    town.runs_away()
    town.watcher.watch()
    incident = the_incident(town)
    assert incident.proposal is not None
    braking = incident.to(State.BRAKING, NOW, due_at=NOW, holding=(incident.proposal.steps[0].target,))
    town.store.commit(_put(braking.to(State.THROTTLED, NOW, due_at=NOW)))
    town.detector.scores.clear()

    def fails(*_: object, **__: object) -> None:
        raise Unavailable("monitoring: 503")

    monkeypatch.setattr(town.telemetry, "windows", fails)
    town.clock.sleep(600)
    town.serve(NOW, town.clock.now(), 50_000_000)
    watched = town.watcher.watch()
    assert watched.failures == ["chat: Unavailable('monitoring: 503')"]
    seen = the_incident(town)
    assert seen.assessment is not None
    assert (seen.assessment.at, seen.assessment.complete) == (town.clock.now(), False)
    assert seen.spend.likely.amount > incident.spend.likely.amount


@pytest.mark.parametrize("state", [State.PROPOSED, State.STUCK])
def test_a_brake_that_is_held_while_people_are_asked_hides_no_demand(town: Town, state: State) -> None:
    """At *renew?* the brake goes on refusing: that is not quiet, and the question is not taken back for it."""
    town.runs_away()
    town.watcher.watch()
    incident = the_incident(town)
    assert incident.proposal is not None
    target = incident.proposal.steps[0].target
    town.store.commit(_put(replace(incident, state=state, holding=(target,))))
    town.detector.scores.clear()
    for _ in range(9):
        town.telemetry.write_usage(target, town.clock.now(), used=100, refused=40)
        town.serve(town.clock.now(), town.clock.now() + timedelta(minutes=5), 1_000_000)
        town.clock.sleep(300)
        town.watcher.watch()
    assert the_incident(town).state is state
    assessment = the_incident(town).assessment
    assert assessment is not None
    assert assessment.running_away


def test_one_apps_odd_data_does_not_keep_the_others_from_being_looked_at() -> None:
    """A detector that answers with no number, and a budget record that cannot be read: each is noted and paged."""
    town = Town(client=client(app("odd"), app("unread"), app()))
    for name in ("odd", "unread", "chat"):
        town.runs_away(name)
    town.detector.fires("odd", usual=float("nan"))
    get = town.store.get

    def unreadable(kind: type[Record], record_id: str) -> Record | None:
        if kind is BudgetStatus and record_id == "unread":
            raise Rejected("the store holds a BudgetStatus that cannot be read")
        return get(kind, record_id)  # any of the kinds

    town.store.get = unreadable  # type: ignore[method-assign,assignment]  # a record that went bad
    watched = town.watcher.watch()
    assert [failure.partition(":")[0] for failure in watched.failures] == ["odd", "unread"]
    assert the_incident(town).state is State.PROPOSED
    assert any("watching odd" in page for page in town.pager.pages.values())
    assert any("watching unread" in page for page in town.pager.pages.values())


def runs(town: Town, at: datetime, an_hour: int = 100_000_000) -> int:
    """An hour of such traffic that ends at that moment, and how many signals the watch makes of it."""
    town.clock.at = at
    town.serve(at - HOUR, at, an_hour)
    return town.watcher.watch().signals


@pytest.fixture
def expecting(town: Town) -> Town:
    """A runaway of a hundred dollars an hour that somebody has called expected, at its first message."""
    town.runs_away()
    town.watcher.watch()
    incident, step = the_incident(town), StepOf(NOW)
    decision = Decision(action=Action.EXPECTED, by="U1", at=NOW, until=NOW + timedelta(days=1))
    Settler(town.store, town.client).settle(step, incident, decision, approver="U1")
    town.store.commit(step.change())
    return town


def test_what_was_called_expected_is_not_told_again_in_its_hours(expecting: Town) -> None:
    """At any hour for a day; then at the hours in which it ran, those among them that came after the click."""
    assert runs(expecting, NOW + HOUR) == 0
    week = NOW + timedelta(days=7)
    assert runs(expecting, week) == 0
    assert runs(expecting, week + HOUR) == 0
    assert runs(expecting, week + 4 * HOUR) == 1


def test_what_was_called_expected_is_told_when_it_costs_more(expecting: Town) -> None:
    """A fifth more is the same; beyond that, it is another question, on the same message."""
    first = the_incident(expecting)
    assert first.state is State.EXPECTED
    assert runs(expecting, NOW + HOUR, 119_000_000) == 0
    assert the_incident(expecting).state is State.EXPECTED
    assert runs(expecting, NOW + 2 * HOUR, 125_000_000) == 1
    again = the_incident(expecting)
    assert (again.id, again.state) == (first.id, State.PROPOSED)


def test_a_lesson_is_forgotten_in_the_end(expecting: Town) -> None:
    """Four weeks on, whoever called it expected may have left."""
    assert runs(expecting, NOW + timedelta(days=27)) == 0
    assert runs(expecting, NOW + timedelta(days=28)) == 1


def missing_hours(town: Town) -> list[bool]:
    """Of the app's money, as the detector was shown it last."""
    hours = town.detector.shown["chat"]
    assert not isinstance(hours, Pace)
    return [math.isnan(hour) for hour in hours]


def test_hours_of_confirmed_trouble_judge_no_later_ones(town: Town) -> None:
    """As soon as it is over: while it runs, the detector has to see that it goes on."""
    town.runs_away()
    town.watcher.watch()
    incident = the_incident(town)
    step = StepOf(NOW)
    settled = Settler(town.store, town.client).settle(
        step, incident, Decision(action=Action.THROTTLE, by="U1", at=NOW), approver="U1"
    )
    town.store.commit(step.change())
    assert runs(town, NOW + HOUR) == 1
    assert not any(missing_hours(town))
    over = replace(settled, state=State.RESOLVED, changed_at=NOW + 2 * HOUR, version=the_incident(town).version)
    town.store.commit(_put(over))
    town.detector.scores = {}
    town.serve(NOW + HOUR, NOW + 4 * HOUR, 1_000_000)
    runs(town, NOW + 5 * HOUR, 1_000_000)
    assert missing_hours(town)[-7:] == [
        True,
        True,
        True,
        False,
        False,
        False,
        False,
    ]  # 14:00 to 17:00; the last one ends now
    known = town.store.get(Expectations, "chat")
    assert known is not None
    assert known.excluded() == ((NOW - HOUR, NOW + 2 * HOUR),)


def test_what_was_granted_beforehand_loosens_the_brake() -> None:
    """A cost owner's allowance is in the budget that the limit is fitted to."""
    values = []
    for amount in ("1", "100000"):
        town = Town(client=client(app(budget=usd(400))))
        town.runs_away()
        town.store.commit(_put(_ask(override_id("chat"), Action.RAISE, amount=amount)))
        town.watcher.watch()
        proposal = the_incident(town).proposal
        assert proposal is not None
        values.append(proposal.steps[0].rule)
    assert values == ["budget", "usual peak"]


def _status(*costs: int, interval: datetime | None = None) -> BudgetStatus:
    """Budgets of 1,000 that have cost so much, in this month."""
    start = interval or month_start(NOW)
    return BudgetStatus(
        id="chat",
        reports=tuple(
            BudgetReport(source=f"b-{n}", interval_start=start, cost=usd(cost), budget=usd(1000), published=NOW)
            for n, cost in enumerate(costs)
        ),
    )


def test_the_last_intervals_budget_message_is_forgotten(town: Town) -> None:
    """October's cost is no part of November."""
    town.runs_away()
    town.store.commit(_put(_status(5_000, interval=month_start(month_start(NOW) - HOUR))))
    town.watcher.watch()
    assert the_incident(town).spend.likely == usd("339")


def test_the_widest_budget_says_the_months_spend(town: Town) -> None:
    """Not the one that spoke last; and one that has billed less than was seen says nothing."""
    town.runs_away()
    town.store.commit(_put(_status(20, 5_000)))
    town.watcher.watch()
    assert the_incident(town).spend.likely == usd("5000")


def test_the_brake_is_fitted_to_the_spend_that_the_message_shows() -> None:
    """One figure for the card, the detection and the limit."""
    town = Town(client=client(app(budget=usd(40_000))))
    town.runs_away()
    town.store.commit(_put(_status(39_900)))
    town.watcher.watch()
    incident = the_incident(town)
    assert incident.proposal is not None
    assert (incident.spend.likely, incident.proposal.steps[0].rule) == (usd(39_900), "budget")


def test_two_ticks_at_once_make_one_incident(town: Town) -> None:
    """The second finds what the first has committed, whenever it comes in between."""
    town.runs_away()
    read = FakeMeter.tokens
    other = town.watcher
    reads = 0

    def interrupted(self: FakeMeter, *args: object) -> object:
        nonlocal reads
        reads += 1
        if reads == 3:  # while the first works out its brake
            other.watch()
        return read(self, *args)  # type: ignore[arg-type]  # handed on as it came

    town.telemetry.tokens = interrupted.__get__(town.telemetry)  # type: ignore[method-assign]  # another tick in between
    town.watcher.watch()
    assert len(town.chat.shown) == 1
    assert the_incident(town).signal_count == 1
    assert [e.what for e in town.store.entries() if e.kind == "state"] == ["->OPEN", "OPEN->PROPOSED"]


def _ask(ask_id: str, action: Action, *, amount: str) -> Ask:
    return Ask(
        id=ask_id,
        app="chat",
        incident="",
        action=action,
        by="U1",
        at=NOW,
        amount=usd(amount),
        until=NOW + timedelta(hours=24),
        why="launch",
        answer=Answer.APPROVED,
    )


def _put(record: Record) -> Change:
    return Change(put=(record,))


def test_a_doubt_about_prices_is_journalled_once_a_day_and_wakes_nobody() -> None:
    """The account's own prices cannot be read: the estimate goes on by list prices, and so does the tick."""
    town = Town()
    town.prices.doubts = ("list prices stand in for the account's: 403",)
    town.serve(NOW - 2 * HOUR, NOW, 1_000_000)
    for _ in range(3):
        assert town.watcher.watch().failures == []
    assert [entry.what for entry in town.store.entries() if entry.kind is Kind.FAILURE] == [
        "reading prices: list prices stand in for the account's: 403"
    ]
    assert town.pager.pages == {}
