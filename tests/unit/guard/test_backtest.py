"""A backtest: the past hour by hour, causally, through the gate and the merging of production."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from freio.commands.watch_report import notes
from freio.config.model import ClientKeys
from freio.domain.app import ExpectedEvent, Level
from freio.domain.money import Money
from freio.domain.signal import SignalKind
from freio.domain.spend import Pace, Score, SpendLine, Tokens
from freio.errors import BadInput, CurrencyMismatch
from freio.guard.backtest import backtest
from freio.guard.counted import Counted
from freio.guard.history import History, by_project
from freio.guard.paces import FILLING, Paces, or_none
from freio.guard.replay import KEPT, Alert
from freio.guard.telemetry import RECENT, floor_step
from freio.i18n.catalogue import Language
from tests.fakes import FakeClock
from tests.unit.guard.watching import HOUR, Town, app, client, usd

START = datetime(2026, 11, 1, tzinfo=UTC)


def line(hour: int, amount: str | int, *, name: str = "chat", model: str = "flash", currency: str = "USD") -> SpendLine:
    return SpendLine(
        period=f"{START + hour * HOUR:%Y-%m-%dT%H:%MZ}",
        by={"app": name, "project": f"acme-{name}", "model": model},
        net=Money(Decimal(amount), currency),
    )


def history(hours: Sequence[int | str], **others: Sequence[int | str]) -> History:
    lines = [line(n, amount) for n, amount in enumerate(hours)]
    lines += [line(n, amount, name=name) for name, each in others.items() for n, amount in enumerate(each)]
    return History.of(lines)


@dataclass
class Threshold:
    """Fires over ten, where 1 is usual, unless told; keeps the lengths that it was shown, and their last hours."""

    shown: list[dict[str, list[float]]] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    over: float = 10.0
    usual: float = 1.0

    def score(self, series: Mapping[str, Sequence[float]], last_hour: datetime) -> dict[str, Score]:
        self.shown.append({name: list(each) for name, each in series.items()})
        self.at.append(last_hour + timedelta(seconds=1))  # it is asked just before the hour ends
        return {
            name: Score(value=each[-1] / self.over, usual=self.usual, kind="spike") for name, each in series.items()
        }


def test_every_hour_is_judged_from_itself_and_earlier_ones() -> None:
    """From the 24th on; the newest of what is shown is the hour that just ended, and no more than production keeps.

    That begins with a UTC day: 28 days of hours, and those of the day that has begun.
    """
    hours = [n % 7 + 1 for n in range(KEPT + 30)]
    detector = Threshold()
    backtest(client(), history(hours), detector)
    assert detector.at[0] == START + 24 * HOUR
    assert len(detector.at) == len(hours) - 23
    for at, shown in zip(detector.at, detector.shown, strict=True):
        end = int((at - START) / HOUR)
        assert shown["chat"] == [float(hour) for hour in hours[:end][-KEPT - (end - 1) % 24 - 1 :]]


def test_an_alert_says_what_was_known_when_it_came() -> None:
    """Twenty in its hour, though it came to three hundred two hours later: what people would have been told."""
    hours = [1] * 40 + [20, 60, 300] + [1] * 20
    whole, part = (backtest(client(), history(each), Threshold()).alerts for each in (hours, hours[:41]))
    for (alert,) in (whole, part):
        assert (alert.observed, alert.usual, alert.before) == (usd(20), usd("1.0"), usd("19.0"))
        assert (alert.kind, alert.level) == (SignalKind.SPIKE, Level.WARNING)


def test_the_turn_of_a_month_keeps_no_incident_running() -> None:
    """By Google's clock November ends with the hour before 08:00 UTC: what it has cost is no part of December's budget.

    An hour of 30 ends two hours before; November is at 777 then, and December at 31 times a day of 53, of 2,000.
    """
    hours = [1] * 725 + [30] + [1] * 40
    (alert,) = backtest(client(app(budget=usd(2000))), history(hours), Threshold()).alerts
    assert alert.at == alert.ended == START + 726 * HOUR


def test_what_the_future_holds_changes_no_alert_before_it() -> None:
    """Cut anywhere, what was found until then is the same."""
    hours = [1] * 40 + [100] * 3 + [1] * 20 + [60] * 2 + [1] * 10
    whole = backtest(client(), history(hours), Threshold())
    for cut in (42, 44, 60, 66):
        part = backtest(client(), history(hours[:cut]), Threshold())
        assert [alert.at for alert in part.alerts] == [
            alert.at for alert in whole.alerts if alert.at <= START + cut * HOUR
        ]


def test_an_alert_says_when_what_and_how_much_before_and_after() -> None:
    """Three hours lead up to it under the threshold, it fires, runs on for two, and is over."""
    hours = [1] * 30 + [3, 5, 8, 100, 50, 40] + [1] * 10
    [alert] = backtest(client(), history(hours), Threshold()).alerts
    assert (alert.at, alert.began) == (START + 34 * HOUR, START + 30 * HOUR)
    assert (alert.kind, alert.observed, alert.usual, alert.driver) == (SignalKind.SPIKE, usd(100), usd(1), "flash")
    assert alert.before.amount == 2 + 4 + 7 + 99
    assert alert.after.amount == 49 + 39
    assert alert.ended == START + 36 * HOUR


def test_what_goes_on_is_one_alert_and_what_comes_back_is_another() -> None:
    """As in production an incident takes in what goes on, and ends when it has been quiet; nothing is counted twice."""
    hours = [1] * 30 + [100] * 5 + [1] * 6 + [100, 1, 100] + [1] * 6
    found = backtest(client(), history(hours), Threshold())
    assert [alert.at for alert in found.alerts] == [START + 31 * HOUR, START + 42 * HOUR]
    assert [(alert.before, alert.after) for alert in found.alerts] == [(usd(99), usd(4 * 99)), (usd(99), usd(99))]
    assert found.money() == (usd(198), usd(5 * 99))


def test_what_is_under_the_gate_is_no_alert() -> None:
    """The detector fires over ten; the gate is five over the usual, or a hundred."""
    hours = [1] * 30 + [20] + [1] * 5
    assert len(backtest(client(), history(hours), Threshold()).alerts) == 1
    assert backtest(client(money_gate=usd(100)), history(hours), Threshold()).alerts == ()


def test_what_the_file_expects_is_no_alert() -> None:
    """A factor of thirty on that day."""
    black_friday = ExpectedEvent(start=date(2026, 11, 2), end=date(2026, 11, 2), factor=Decimal(30), why="sale")
    hours = [1] * 30 + [20] + [1] * 5
    assert backtest(client(app(expected=(black_friday,))), history(hours), Threshold()).alerts == ()


def test_special_days_are_held_against_their_like_where_the_file_names_a_country() -> None:
    """The hours of a holiday are those that lie in it: what the detector is shown of them is divided, and no other."""

    class Holidays:
        """The first Wednesday and the third Friday of that November, days as quiet as a Sunday."""

        def is_holiday(self, day: date) -> bool:
            return day in {date(2026, 11, 4), date(2026, 11, 20)}

    quiet = {1, 4, 8, 15, 20, 22}
    hours = [2 if 1 + n // 24 in quiet else 20 for n in range(24 * 22)]
    with_calendar, without = Threshold(), Threshold()
    there = client(time_zone="UTC")
    backtest(there, history(hours), with_calendar, calendar=Holidays())
    backtest(there, history(hours), without)
    end = 19 * 24 + 12  # noon of the twentieth
    plain, same = with_calendar.shown[end - 24]["chat"], without.shown[end - 24]["chat"]
    assert plain[-24:-12] == same[-24:-12]
    assert all(each > shown for each, shown in zip(plain[-12:], same[-12:], strict=True))


def test_with_a_calendar_as_much_of_the_past_is_shown_as_in_production() -> None:
    """Forty days, and the one that has begun: else no month's end could be held against the one before."""
    detector = Threshold()
    backtest(client(country="BR"), history([1] * (24 * 45)), detector)
    assert len(detector.shown[-1]["chat"]) == 24 * 41


def test_alerts_are_counted_for_each_app_and_week_that_was_judged() -> None:
    """Two weeks and a day of one app, a week and a day of a later one: three weeks; one that never spent has none."""
    found = backtest(
        client(app(), app("search"), app("idle")),
        history([1] * 40 + [100] + [1] * (24 * 15 - 41), search=[0] * (24 * 7) + [1] * (24 * 8)),
        Threshold(),
    )
    assert found.app_weeks == 3
    assert found.rate == Decimal(1) / 3
    assert [(one.app, one.hours) for one in found.judged] == [("chat", 360), ("search", 192), ("idle", 0)]


def test_what_belongs_to_none_of_the_apps_is_named() -> None:
    """Ninety of a hundred dollars are of a project that the file does not know: nothing of it was judged."""
    found = backtest(client(), history([1] * 10, other=[9] * 10), Threshold())
    assert (found.total, found.unowned) == (usd(100), usd(90))
    assert backtest(client(), history([1] * 10), Threshold()).unowned == usd(0)


def test_what_still_runs_has_no_end() -> None:
    """Nobody knows yet how long it lasts."""
    [alert] = backtest(client(), history([1] * 30 + [100] * 4), Threshold()).alerts
    assert alert.ended is None
    assert alert.after.amount == 3 * 99


def test_an_app_begins_with_its_first_spend_and_gaps_are_hours_without() -> None:
    """A week of nothing before it is no history of an app; a gap in it is."""
    lines = [line(hour, 1) for hour in range(200)] + [line(hour, 2, name="new") for hour in (150, 160)]
    found = History.of(lines)
    assert found.first("new") == START + 150 * HOUR
    assert found.hours("new", START + 162 * HOUR) == [2, *[0] * 9, 2, 0]
    assert found.settled == START + timedelta(hours=152)
    assert found.hours("nobody", found.until) == []
    assert found.spent("chat", START, START + 10 * HOUR) == usd(10)


def test_the_dearest_model_of_the_hour_drives_it() -> None:
    """And every model counts."""
    lines = [line(hour, 1) for hour in range(40)] + [line(39, 30, model="pro"), line(39, 5, model="lite")]
    [alert] = backtest(client(), History.of(lines), Threshold()).alerts
    assert (alert.driver, alert.observed) == ("pro", usd(36))


def test_the_model_and_the_feature_with_most_beyond_the_usual_drive_it() -> None:
    """Not those that always cost most: a dear one that goes on as ever is no news."""

    def of(hour: int, amount: int, model: str, feature: str) -> SpendLine:
        plain = line(hour, amount, model=model)
        return replace(plain, by={**plain.by, "feature": feature})

    lines = [of(hour, 40, "pro", "answers") for hour in range(60)]
    lines += [of(hour, 20 if hour >= 57 else 1, "flash", "tags") for hour in range(60)]
    [alert] = backtest(client(), History.of(lines), Threshold(over=50, usual=41)).alerts
    assert (alert.driver, alert.feature) == ("flash", "tags")
    [plain] = backtest(client(), history([1] * 30 + [100]), Threshold()).alerts
    assert plain.feature == ""


def counted(hours: Sequence[tuple[int, int]], *, model: str = "flash") -> tuple[list[SpendLine], list[SpendLine]]:
    """Lines of money and of tokens."""
    money = [line(n, amount, model=model) for n, (amount, _) in enumerate(hours)]
    return money, [line(n, tokens, model=model) for n, (_, tokens) in enumerate(hours)]


class Fast:
    """A detector of paces that fires over a thousand tokens an hour; keeps the paces that it was shown."""

    def __init__(self) -> None:
        self.shown: list[Mapping[str, Pace]] = []

    def score(self, paces: Mapping[str, Pace], last_hour: datetime) -> dict[str, Score]:
        self.shown.append(paces)
        return {name: Score(value=pace.peaks[-1] / 1000, usual=10.0, kind="spike") for name, pace in paces.items()}


def test_tokens_are_judged_where_the_export_counts_them() -> None:
    """Under the same gate, as money would not have been: it never fires here. Put as an hour, it is what it cost."""
    money, tokens = counted([(10, 100)] * 40 + [(20, 2000)] + [(10, 100)] * 5)
    fast = Fast()
    found = backtest(client(), History.of(money, tokens=tokens), Threshold(over=10_000), paces=fast)
    [alert] = found.alerts
    assert found.tokens
    assert (alert.at, alert.kind, alert.driver) == (START + 41 * HOUR, SignalKind.SPIKE, "flash")
    assert alert.by_tokens
    assert not backtest(client(), History.of(money), Threshold()).alerts[0].by_tokens
    assert (alert.observed, alert.usual) == (usd(20), usd("0.1"))
    [pace] = fast.shown[40 - 23].values()
    assert (pace.peaks[-2:], pace.jumps[-2:], len(pace.peaks)) == ((100, 2000), (0, 1900), 41)
    assert backtest(client(), History.of(money), Threshold(over=10_000), paces=fast).alerts == ()
    assert not backtest(client(), History.of(money), Threshold(over=10_000), paces=fast).tokens


def test_dearer_tokens_are_one_alert_for_as_long_as_they_are_dear() -> None:
    """Ten days, of which the last six at twice the price: half a week would make it usual, if nobody remembered."""
    money, tokens = counted([(10, 500)] * (24 * 4) + [(20, 500)] * (24 * 6))
    found = backtest(client(), History.of(money, tokens=tokens), Threshold(over=10_000), paces=Fast())
    [alert] = found.alerts
    assert alert.kind is SignalKind.PRICE_CHANGE
    assert alert.ended is None
    assert not found.budgeted
    assert found.rate == 0  # the budget sets no threshold of it, and Monday's digest counts so


def test_what_the_budget_does_not_count_is_said() -> None:
    one = client()
    money, tokens = counted([(10, 500)] * (24 * 4) + [(20, 500)] * 48)
    found = backtest(one, History.of(money, tokens=tokens), Threshold(over=10_000), paces=Fast())
    said = notes(one, found, Language("en", "UTC"))
    assert any(line.startswith("Of these, 1 alert of what a token costs") for line in said)
    usual = backtest(one, History.of(money[:90]), Threshold(over=1), paces=Fast())
    assert len(usual.alerts) == len(usual.budgeted) > 0
    assert not any(line.startswith("Of these") for line in notes(one, usual, Language("en", "UTC")))


def test_a_runaway_beside_a_dearer_price_counts_as_in_the_digest() -> None:
    """One incident, told by its price; on Monday it is one of the detector's, whatever it began with."""
    money, tokens = counted([(10, 500)] * (24 * 4) + [(20, 500)] * 24 + [(200, 5000)] * 3 + [(20, 500)] * 24)
    found = backtest(client(), History.of(money, tokens=tokens), Threshold(over=10_000), paces=Fast())
    [alert] = found.alerts
    assert alert.kind is SignalKind.PRICE_CHANGE
    assert found.budgeted == (alert,)


def test_nights_without_tokens_end_no_price_that_was_told() -> None:
    """As in production: that it is back nobody has seen. Twelve hours of each day, for four days at ten, then at 20."""
    night = [(0, 0)] * 12
    days = [hour for price in [10] * 4 + [20] * 5 for hour in ([(price, 500)] * 12 + night)]
    money, tokens = counted(days)
    found = backtest(client(), History.of(money, tokens=tokens), Threshold(over=10_000), paces=Fast())
    assert [(alert.kind, alert.ended) for alert in found.alerts] == [(SignalKind.PRICE_CHANGE, None)]


def test_tokens_of_later_hours_change_no_alert_before_them() -> None:
    """Cut anywhere, what was found until then is the same."""
    money, tokens = counted([(10, 100)] * 60 + [(20, 2000)] * 3 + [(10, 100)] * 30 + [(30, 3000)] * 2)
    whole = backtest(client(), History.of(money, tokens=tokens), Threshold(over=10_000), paces=Fast())
    part = backtest(client(), History.of(money[:70], tokens=tokens[:70]), Threshold(over=10_000), paces=Fast())
    assert len(whole.alerts) == 2
    assert [alert.at for alert in part.alerts] == [alert.at for alert in whole.alerts[:1]]


# ---- rows that are finer than hours


def in_steps(hours: Sequence[int], *within: tuple[int, Sequence[int]], parts: int = 6, price: int = 10) -> History:
    """Tokens of each hour, evenly over its parts unless it is said how; a thousand of them cost so many dollars."""
    said = dict(within)
    each = [said.get(n, [tokens // parts] * parts) for n, tokens in enumerate(hours)]
    money = [line(n, str(Decimal(sum(tokens) * price) / 1000)) for n, tokens in enumerate(each)]
    return History.of(
        money,
        tokens=[line(n, sum(tokens)) for n, tokens in enumerate(each)],
        steps=[[line(n, tokens[part]) for n, tokens in enumerate(each)] for part in range(parts)],
    )


TEN = timedelta(minutes=10)
BURST = (40, [100, 100, 400, 100, 100, 100])  # a quarter of an hour at 1,800 an hour, in an hour of 900


def test_a_burst_is_found_where_the_row_ends_that_has_it() -> None:
    """The hour as a whole is under the threshold, as it was before."""
    found = backtest(client(), in_steps([600] * 60, BURST), Threshold(over=10_000), paces=Fast())
    [alert] = found.alerts
    assert found.step == TEN
    assert alert.at == START + 40 * HOUR + 3 * TEN
    assert (alert.kind, alert.driver, alert.by_tokens) == (SignalKind.SPIKE, "flash", True)
    assert alert.observed == usd(18)  # ten minutes at 2,400 tokens an hour and five at 600, a thousand for ten dollars
    hourly = replace(in_steps([600] * 60, BURST), steps={}, step=HOUR)
    assert backtest(client(), hourly, Threshold(over=10_000), paces=Fast()).alerts == ()


def test_what_an_hour_cost_is_before_and_after_an_alert_within_it_by_its_tokens() -> None:
    """Six of nine hundred tokens had come; eight dollars of nine are over the usual."""
    [alert] = backtest(client(), in_steps([600] * 60, BURST), Threshold(over=10_000), paces=Fast()).alerts
    assert (alert.before, alert.after) == (
        usd(8) * (Decimal(600) / 900) + alert_hours(alert),
        usd(8) * (Decimal(300) / 900),
    )
    assert (alert.began, alert.ended) == (START + 23 * HOUR, START + 41 * HOUR)


def test_tokens_that_are_taken_back_later_in_the_hour_save_nothing() -> None:
    """A thousand had come of seven hundred: all that the hour cost was before the alert."""
    history = in_steps([600] * 60, (40, [100, 100, 800, 100, -300, -100]))
    [alert] = backtest(client(), history, Threshold(over=10_000), paces=Fast()).alerts
    assert (alert.before, alert.after) == (usd(6) + alert_hours(alert), usd(0))


def alert_hours(alert: Alert) -> Money:
    """Five dollars over the usual in each of the hours on end before the one that fired."""
    hours = (START + 40 * HOUR - alert.began) // HOUR
    return usd(5) * Decimal(hours)


def test_paces_within_the_hour_are_those_that_the_watch_sees() -> None:
    """At the burst's end: of a quarter of an hour, beside the highest of each hour that was, and as far a jump."""
    seen: list[tuple[datetime, Mapping[str, Pace]]] = []

    class Seen(Fast):
        def score(self, paces: Mapping[str, Pace], last_hour: datetime) -> dict[str, Score]:
            seen.append((last_hour, paces))
            return super().score(paces, last_hour)

    backtest(client(), in_steps([600] * 43, BURST), Threshold(over=10_000), paces=Seen())
    times = [at for at, _ in seen]
    assert times == sorted(set(times))
    shown = {at - FILLING: paces for at, paces in seen}
    assert all((at - START) % TEN == timedelta(0) for at in shown)
    [pace] = shown[START + 40 * HOUR + 3 * TEN].values()
    assert pace.peaks == (*[600] * 40, 1800)
    assert pace.jumps == (600, *[0] * 39, 1200)  # before an app's first hour there was nothing
    [later] = shown[START + 42 * HOUR].values()
    assert later.peaks == (*[600] * 40, 1800, 600, 600)

    town = Town(clock=FakeClock(START + 40 * HOUR + 3 * TEN + FILLING))
    for n in range(40 * 12 + 6):
        at = START + n * timedelta(minutes=5)
        town.telemetry.write(
            Tokens(
                start=at,
                minutes=5,
                project="acme-chat",
                location="global",
                model="flash",
                input=200 if n >= 40 * 12 + 4 else 50,
                output=0,
            )
        )
    paces = Paces(town.telemetry.tokens)
    now = town.clock.now()
    paces.learn("acme-chat", town.telemetry.tokens(["acme-chat"], now - RECENT, floor_step(now), 5), now - RECENT, now)
    watched = or_none(paces.of("acme-chat", "flash", now))
    assert [(highest.pace, highest.jump) for highest in watched] == list(zip(pace.peaks, pace.jumps, strict=True))[:-1]
    assert paces.jump("acme-chat", "flash", now) == pace.jumps[-1]


def test_paces_of_a_sale_are_none_of_the_usual_at_any_look() -> None:
    """A day of it: from its first hour up to the first quarter after it, whose windows begin in the sale."""
    shown: dict[datetime, Pace] = {}

    class Seen(Fast):
        def score(self, paces: Mapping[str, Pace], last_hour: datetime) -> dict[str, Score]:
            [shown[last_hour - FILLING]] = paces.values()
            return {}

    sale = ExpectedEvent(start=date(2026, 11, 3), end=date(2026, 11, 3), factor=Decimal(4), why="sale")
    there = client(app(expected=(sale,)), time_zone="UTC")
    backtest(there, in_steps([600] * 48 + [2400] * 24 + [600] * 24), Threshold(over=10_000), paces=Seen())
    for at, pace in shown.items():
        assert set(pace.peaks) == {600}, at
        assert max(pace.jumps[1:]) <= 450, at  # the sale's first hour: a quarter of what it jumped by


def test_what_comes_later_in_the_hour_changes_no_look_within_it() -> None:
    """But for the price of a token, which only the whole hour tells: here it is the same in both."""
    calm = in_steps([600] * 41, (40, [100, 100, 400, 0, 0, 0]))
    other = in_steps([600] * 41, (40, [100, 100, 400, 900, 900, 900]))
    alerts = [backtest(client(), each, Threshold(over=10_000), paces=Fast()).alerts for each in (calm, other)]
    assert [found[0].at for found in alerts] == [START + 40 * HOUR + 3 * TEN] * 2


def test_a_burst_under_the_gate_is_no_alert_however_fast() -> None:
    """A hundredth of the price: 18 cents an hour."""
    assert backtest(client(), in_steps([600] * 60, BURST, price=1), Threshold(over=10_000), paces=Fast()).alerts == ()


def test_an_incident_of_money_takes_in_a_burst_within_its_hours() -> None:
    """One trouble, told once, and it runs until the burst's hour."""
    history = in_steps([600] * 38 + [6000] + [600] * 20, BURST)
    [alert] = backtest(client(), history, Threshold(over=50), paces=Fast()).alerts
    assert alert.at <= START + 39 * HOUR
    assert alert.ended == START + 41 * HOUR


def test_a_burst_at_the_end_of_an_hour_costs_what_tokens_did_in_it() -> None:
    """And not what they do in the next, in which there are none."""
    [alert] = backtest(
        client(), in_steps([600] * 40, (39, [100, 100, 100, 100, 100, 400])), Threshold(over=10_000), paces=Fast()
    ).alerts
    assert (alert.at, alert.observed) == (START + 40 * HOUR, usd(18))


def test_money_of_an_hour_that_is_over_is_not_told_again_within_the_next() -> None:
    """It ran until that hour ended."""

    class Calm(Fast):
        def score(self, paces: Mapping[str, Pace], last_hour: datetime) -> dict[str, Score]:
            return {}

    history = in_steps([600] * 38 + [6000] + [600] * 20)
    [alert] = backtest(client(), history, Threshold(over=50), paces=Calm()).alerts
    assert (alert.at, alert.ended) == (START + 39 * HOUR, START + 39 * HOUR)


def test_a_burst_within_the_hour_breaks_the_quiet_that_ends_an_incident() -> None:
    """One in each of four hours: at none of their ends anything runs, and no hour was quiet."""
    history = in_steps([600] * 60, *((40 + n, [100, 400, 400, 100, 100, 100]) for n in range(4)))
    [alert] = backtest(client(), history, Threshold(over=10_000), paces=Fast()).alerts
    assert (alert.at, alert.ended) == (START + 40 * HOUR + 2 * TEN, START + 44 * HOUR)


def test_without_a_clients_file_projects_are_the_apps() -> None:
    """With the gate and the budget that a file has when it says nothing."""
    found = History.of([line(0, 1), line(1, 1, name="search")], who="project")
    made = by_project(found)
    assert [each.name for each in made.apps] == ["acme-chat", "acme-search"]
    defaults = {name: ClientKeys.model_fields[name].default for name in ("alerts_per_app_week", "money_gate")}
    assert made.currency == "USD"
    assert (made.alerts_per_app_week, made.money_gate.amount) == tuple(defaults.values())


def test_an_export_without_ai_or_in_another_currency_is_refused() -> None:
    """In words that name both."""
    with pytest.raises(BadInput, match="no spend on AI"):
        History.of([])
    with pytest.raises(CurrencyMismatch, match=r"in USD; freio\.yaml says BRL"):
        history([1]).expect("BRL")


def test_the_clients_own_policy_and_names_play_no_part_in_what_is_found() -> None:
    """An app that is only observed is watched like any other."""
    hours = [1] * 30 + [100] + [1] * 5
    one = backtest(client(), history(hours), Threshold()).alerts
    other = backtest(client(replace(app(), owners=(), team="x")), history(hours), Threshold()).alerts
    assert one == other


def test_an_app_begins_anew_after_as_long_as_records_are_kept() -> None:
    """As in production, where nothing is left of what it was: ten hours of it later are no jump from nothing."""
    later = 60 * 24
    lines = [line(hour, 1) for hour in (*range(40), *range(later, later + 30))]
    detector = Threshold()
    found = backtest(client(), History.of(lines), detector)
    assert detector.shown[-1]["chat"] == [1.0] * 30
    assert max(len(shown["chat"]) for shown in detector.shown) == KEPT + 24
    assert found.alerts == ()
    [judged] = found.judged
    assert (judged.hours, judged.judged) == (70, 40 - 24 + 30 - 24)
    assert found.gaps == ((START + 40 * HOUR, START + later * HOUR),)


@pytest.mark.parametrize("years", [-27, 30])
def test_a_row_of_another_time_is_not_walked_to(years: int) -> None:
    """Hours in which no app has any records are left out: 236,000 of them took an hour and a half."""
    stray = years * 365 * 24
    lines = [line(hour, 1, name=name) for name in ("chat", "search") for hour in range(60)] + [line(stray, 40)]
    seen: list[datetime] = []
    found = backtest(client(app(), app("search")), History.of(lines), Threshold(over=100), seen.append)
    assert len(seen) <= 2 * KEPT + 60
    assert (found.since, found.until) == (START + min(0, stray) * HOUR, START + max(60, stray + 1) * HOUR)
    assert [(one.hours, one.judged) for one in found.judged] == [(61, 36), (60, 36)]
    [(since, until)] = found.gaps
    assert until - since > timedelta(days=9_000)


def test_an_incident_before_a_gap_ends_in_it() -> None:
    """It is quiet, and nobody needs to see the whole of the gap for that."""
    lines = [line(hour, 1) for hour in range(40)] + [line(40, 100)] + [line(90 * 24 + hour, 1) for hour in range(40)]
    lines += [line(90 * 24 + 40, 100), *(line(90 * 24 + hour, 1) for hour in range(41, 48))]
    found = backtest(client(), History.of(lines), Threshold())
    times = [(alert.at, alert.began, alert.ended) for alert in found.alerts]
    ends = [START + 41 * HOUR, START + (90 * 24 + 41) * HOUR]
    assert times == [(end, end - HOUR, end) for end in ends]
    assert [alert.driver for alert in found.alerts] == ["flash", "flash"]


def test_a_correction_of_usage_makes_no_price() -> None:
    """Every seventh hour has its tokens taken back, and costs what it did: of what a token costs it says nothing."""
    for take_back in (-500, 0):
        money, tokens = counted([(10, take_back if n % 7 == 5 else 500) for n in range(24 * 16)])
        fast = Fast()
        found = backtest(client(), History.of(money, tokens=tokens), Threshold(over=10_000), paces=fast)
        assert found.alerts == ()
        assert min(count for shown in fast.shown for pace in shown.values() for count in pace.peaks) == 0


def test_an_hour_that_more_was_taken_back_of_than_spent_cost_nothing() -> None:
    """As production has it, whose detectors are shown no negative hour either; the sum of money keeps it."""
    detector = Threshold()
    found = backtest(client(), history([1] * 30 + [-20] + [1] * 5), detector)
    assert detector.shown[-1]["chat"][28:32] == [1, 1, 0, 1]
    assert found.total == usd(15)


def test_paces_of_bills_begin_with_a_utc_day_as_those_of_telemetry_do() -> None:
    """Fourteen whole days, and the hours of the one that has begun."""
    counted = Counted()
    for hour in range(20 * 24 + 9):
        counted.add(START + hour * HOUR, {"m": Decimal(hour)}, {"m": Decimal(9)})
    (rate,) = counted.rates({"m": Decimal(9)})
    assert rate.hours == tuple(range(6 * 24, 20 * 24 + 9))
    assert len(rate.jumps) == len(rate.hours)
