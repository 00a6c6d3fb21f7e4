"""What budget messages do: each crossing counts once, and the newest message says the spend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freio.domain.app import Level
from freio.domain.budget import BudgetMessage, BudgetStatus, report_of
from freio.errors import BadMessage
from tests.unit.guard.watching import ACCOUNT, NOW, Town, app, client, usd

OCTOBER = datetime(2026, 10, 1, 7, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, 7, tzinfo=UTC)
STATUS = BudgetMessage(
    account=ACCOUNT,
    budget_id="b-1",
    name="chat",
    interval_start=NOVEMBER,
    cost=usd(800),
    budget=usd(1000),
    amount_type="SPECIFIED_AMOUNT",
    actual=None,
    forecast=None,
    published=NOW,
)
CROSSED = replace(STATUS, actual=Decimal("0.8"))


@pytest.fixture
def town() -> Town:
    return Town()


def signals(town: Town) -> list[tuple[str, str]]:
    incident = town.store.open_incident("chat")
    return [(str(s.kind), str(s.detail)) for s in incident.signals] if incident else []


def test_a_crossing_counts_once_however_often_it_is_said(town: Town) -> None:
    """Google repeats it all month, with later publish times and the threshold spelled as it likes."""
    for n in range(5):
        again = replace(CROSSED, published=NOW + timedelta(minutes=25 * n), actual=Decimal("0.8") + Decimal("0.00"))
        town.desk.take(again)
    assert signals(town) == [("budget_threshold", "0.8 of the budget")]
    assert len(town.chat.shown) == 1
    assert [topic for topic, _, _ in town.queue.published] == ["freio-watch"]


def test_a_status_without_a_threshold_alerts_nobody(town: Town) -> None:
    """It only says how things stand."""
    town.desk.take(STATUS)
    assert signals(town) == []
    assert town.chat.shown == {}
    assert town.queue.published == []


def test_a_status_updates_the_open_incidents_spend(town: Town) -> None:
    """The range in the message follows the bill, and the message is redrawn; nobody is called."""
    town.desk.take(CROSSED)
    town.desk.take(replace(CROSSED, cost=usd(850), published=NOW + timedelta(minutes=20)))
    incident = town.store.open_incident("chat")
    assert incident is not None
    assert incident.spend.billed == usd(850)
    assert incident.signal_count == 1
    assert [drawn.spend.billed for drawn in town.chat.shown[incident.id]] == [usd(800), usd(850)]


def test_actual_and_forecast_and_each_threshold_count_apart(town: Town) -> None:
    """Kind and threshold are part of what was crossed."""
    for n, (actual, forecast) in enumerate([("0.8", None), (None, "0.8"), ("0.9", "1.2"), ("1.0", "1.2")]):
        actual_ratio = Decimal(actual) if actual else None
        forecast_ratio = Decimal(forecast) if forecast else None
        at = NOW + timedelta(minutes=n)
        town.desk.take(replace(STATUS, actual=actual_ratio, forecast=forecast_ratio, published=at))
    assert signals(town) == [
        ("budget_threshold", "0.8 of the budget"),
        ("budget_forecast", "0.8 of the budget"),
        ("budget_threshold", "0.9 of the budget"),
        ("budget_forecast", "1.2 of the budget"),
        ("budget_threshold", "1 of the budget"),
    ]


def test_a_budget_that_is_used_up_is_critical(town: Town) -> None:
    """A crossed forecast, or a part of the budget, is a warning."""
    town.desk.take(replace(STATUS, forecast=Decimal("1.5")))
    incident = town.store.open_incident("chat")
    assert incident is not None
    assert incident.level is Level.WARNING
    town.desk.take(replace(STATUS, actual=Decimal(1), published=NOW + timedelta(minutes=1)))
    incident = town.store.open_incident("chat")
    assert incident is not None
    assert incident.level is Level.CRITICAL


def test_a_new_amount_counts_anew(town: Town) -> None:
    """Who raises a budget wants to hear of it again when that is crossed too."""
    town.desk.take(CROSSED)
    town.desk.take(replace(CROSSED, budget=usd(2000), published=NOW + timedelta(minutes=1)))
    assert len(signals(town)) == 2


def test_a_message_about_the_old_amount_that_comes_late_says_nothing(town: Town) -> None:
    """The budget was raised meanwhile: what was crossed is no budget any more. It stands in the journal."""
    town.desk.take(replace(STATUS, budget=usd(2000), published=NOW + timedelta(minutes=30)))
    town.desk.take(CROSSED)
    assert signals(town) == []
    assert [e.what for e in town.store.entries()] == ["overtaken"]


def test_an_interval_that_is_over_says_nothing(town: Town) -> None:
    """October's last messages come in November."""
    town.desk.take(STATUS)
    town.desk.take(replace(CROSSED, interval_start=OCTOBER, published=NOW + timedelta(minutes=1)))
    assert signals(town) == []


def test_a_new_interval_counts_anew_and_begins_its_spend_anew(town: Town) -> None:
    """December starts at Pacific midnight, with little spent, whatever November had come to."""
    town.desk.take(CROSSED)
    town.clock.at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    december = datetime(2026, 12, 1, 8, tzinfo=UTC)
    town.desk.take(replace(CROSSED, interval_start=december, cost=usd(30), published=town.clock.at))
    incident = town.store.open_incident("chat")
    assert incident is not None
    assert incident.spend.billed == usd(30)
    assert incident.signal_count == 2


def test_an_older_message_that_comes_late_does_not_lower_the_spend(town: Town) -> None:
    """They are ordered by publish time; a crossing in a late one still counts."""
    town.desk.take(replace(CROSSED, actual=Decimal("0.9"), cost=usd(900), published=NOW))
    town.desk.take(replace(CROSSED, cost=usd(800), published=NOW - timedelta(hours=1)))
    incident = town.store.open_incident("chat")
    assert incident is not None
    assert incident.spend.billed == usd(900)
    status = town.store.get(BudgetStatus, "chat")
    assert status is not None
    assert [report.cost for report in status.reports] == [usd(900)]
    assert len(signals(town)) == 2


def test_a_yearly_budget_beside_a_monthly_one_keeps_its_own_order(town: Town) -> None:
    """Its interval began long before, and is not over for that; the month's status is the monthly one's."""
    town.desk.take(STATUS)
    year = datetime(2026, 1, 1, 8, tzinfo=UTC)
    yearly = replace(CROSSED, budget_id="b-2", interval_start=year, budget=usd(9000), cost=usd(7200))
    town.desk.take(replace(yearly, published=NOW + timedelta(minutes=1)))
    assert signals(town) == [("budget_threshold", "0.8 of the budget")]
    status = town.store.get(BudgetStatus, "chat")
    assert status is not None
    assert [report.budget for report in status.of_month(NOVEMBER, "USD")] == [usd(1000)]
    incident = town.store.open_incident("chat")
    assert incident is not None
    assert incident.spend.billed == usd(800)  # the year's cost is not the month's


def test_a_message_of_last_month_that_comes_after_it_is_not_this_months_money(town: Town) -> None:
    """Published ten minutes before midnight, delivered ten minutes after it: it is overtaken, and its crossing too."""
    town.clock.at = NOVEMBER + timedelta(minutes=10)
    late = replace(CROSSED, interval_start=OCTOBER, cost=usd(38_000), published=NOVEMBER - timedelta(minutes=10))
    town.desk.take(late)
    assert signals(town) == []
    assert [e.what for e in town.store.entries()] == ["overtaken"]


def test_of_several_budgets_the_widest_says_the_months_spend(town: Town) -> None:
    """Whichever spoke last, and where the small one's month turns later."""
    town.client = client(app(budget_names=("chat-dev",)))
    small = replace(STATUS, budget_id="b-2", name="chat-dev", budget=usd(500), cost=usd(1))
    town.clock.at = NOVEMBER - timedelta(days=3)
    town.desk.take(replace(small, interval_start=OCTOBER, published=town.clock.at))
    town.clock.at = NOW
    town.desk.take(CROSSED)
    town.desk.take(replace(small, cost=usd(20), published=NOW + timedelta(minutes=5)))
    incident = town.store.open_incident("chat")
    assert incident is not None
    assert incident.spend.billed == usd(800)


def test_the_first_message_of_a_month_drops_what_the_incident_had_of_the_last() -> None:
    """And a second budget's first message, before the watch has looked, drops nothing more."""
    town = Town(client=client(app(budget_names=("chat-dev",))))
    town.desk.take(CROSSED)
    december = datetime(2026, 12, 1, 8, tzinfo=UTC)
    town.clock.at = december + timedelta(hours=1)
    town.desk.take(replace(STATUS, interval_start=december, cost=usd(30), published=town.clock.at))
    town.desk.take(
        replace(STATUS, budget_id="b-2", name="chat-dev", interval_start=december, cost=usd(2), published=town.clock.at)
    )
    incident = town.store.open_incident("chat")
    assert incident is not None
    assert incident.spend.billed == usd(30)


@pytest.mark.parametrize(
    ("after", "is_monthly"),
    [(timedelta(days=20), True), (timedelta(days=31, hours=5), True), (timedelta(days=33), False)],
)
def test_a_quarters_budget_is_told_by_its_second_month(after: timedelta, is_monthly: bool) -> None:
    """A message does not say how long its interval is; a month's last one may be published just after it."""
    first = report_of(replace(STATUS, interval_start=OCTOBER, published=OCTOBER + timedelta(days=1)), None)
    assert first.is_monthly
    later = report_of(replace(STATUS, interval_start=OCTOBER, published=OCTOBER + after), first)
    assert later.is_monthly is is_monthly
    january = datetime(2027, 1, 1, 8, tzinfo=UTC)
    next_one = report_of(replace(STATUS, interval_start=january, published=january), later)
    assert next_one.is_monthly is is_monthly  # what was learned is kept


def test_a_budget_that_was_taken_for_a_quarters_is_a_months_again() -> None:
    """Its next interval begins where the month ends."""
    late = report_of(replace(STATUS, interval_start=OCTOBER, published=NOVEMBER + timedelta(days=2)), None)
    assert not late.is_monthly
    assert report_of(STATUS, late).is_monthly


def test_a_budget_in_a_currency_of_before_is_left_out(town: Town) -> None:
    """The file names another one since: two currencies are never compared, and nothing fails for it."""
    town.desk.take(STATUS)
    status = town.store.get(BudgetStatus, "chat")
    assert status is not None
    assert status.of_month(NOVEMBER, "BRL") == ()


@pytest.mark.parametrize("changes", [{"account": "000000-000000-000000"}, {"name": "somebody-elses"}])
def test_a_foreign_budget_is_journalled_once(town: Town, changes: dict[str, str]) -> None:
    """Nobody is told, and it can be found."""
    for n in range(3):
        town.desk.take(replace(CROSSED, published=NOW + timedelta(minutes=n), **changes))  # type: ignore[arg-type]  # names and accounts are texts
    assert [e.what for e in town.store.entries()] == ["foreign budget"]
    assert signals(town) == []


def test_a_budget_of_the_account_that_pays_for_the_app_is_its_own() -> None:
    """A subsidiary pays for its projects by itself; the client's own account is foreign to that app then."""
    town = Town(client(replace(app(), budget_account="02AAAA-BBBBBB-CCCCCC")))
    town.desk.take(CROSSED)
    assert signals(town) == []
    town.desk.take(replace(CROSSED, account="02AAAA-BBBBBB-CCCCCC"))
    assert signals(town) == [("budget_threshold", "0.8 of the budget")]


def test_another_currency_is_refused(town: Town) -> None:
    """Two currencies are never compared; the message ends as a dead letter."""
    in_reais = replace(STATUS.budget, currency="BRL")
    with pytest.raises(BadMessage, match=r"in BRL; freio\.yaml says USD"):
        town.desk.take(replace(CROSSED, budget=in_reais, cost=in_reais))


def test_a_budget_is_found_by_its_names() -> None:
    """By the app's name, by ``freio-<app>``, and by what the file adds."""
    for name in ("chat", "freio-chat", "acme-vertex-monthly"):
        town = Town(client=client(app(budget_names=("acme-vertex-monthly",))))
        town.desk.take(replace(CROSSED, name=name))
        assert len(signals(town)) == 1


def test_a_crash_between_store_and_queue_loses_no_alert(town: Town) -> None:
    """The message was committed and told; its second delivery only calls nobody twice."""

    class Broken(Exception):
        pass

    def broken(*_: object) -> str:
        raise Broken

    town.queue.publish = broken  # type: ignore[assignment,method-assign]  # a queue that is down
    with pytest.raises(Broken):
        town.desk.take(CROSSED)
    town.desk.take(CROSSED)
    assert len(town.chat.shown) == 1
    assert len(signals(town)) == 1
