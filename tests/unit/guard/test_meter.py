"""What the meter makes of a late export and a quick telemetry: hours, a range, a rate, and what it cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freio.domain.app import Match
from freio.domain.money import Money
from freio.domain.phrase import Phrase
from freio.domain.sentences import (
    ESTIMATE_DEDICATED,
    ESTIMATE_RECONCILED,
    ESTIMATE_SHARED,
    ESTIMATE_UNDIVIDED,
    ESTIMATE_UNRECONCILED,
)
from freio.domain.spend import Requests, Tokens
from freio.errors import CurrencyMismatch, Rejected, Unavailable
from freio.guard.estimate import NOBODY
from freio.guard.meter import Reading, SpendMeter
from tests.unit.guard.watching import FLASH, HOUR, NOW, PRO, PROJECT, Town, app, client, usd

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def chat(town: Town) -> Reading:
    return town.read().apps["chat"]


def test_settled_hours_are_worth_their_bill_and_later_ones_their_estimate() -> None:
    """The export ends three hours ago: what came after is in flight, and nothing counts twice."""
    town = Town()
    town.bill(NOW - 5 * DAY, NOW - 3 * HOUR, 2)
    town.serve(NOW - 5 * DAY, NOW, 2_000_000)
    reading = chat(town)
    assert reading.spend.billed == usd(2 * (5 * 24 - 3))
    assert reading.spend.in_flight == usd(6)
    assert set(reading.hours) == {Decimal(2)}
    assert len(reading.hours) == 5 * 24 + 1
    assert reading.rate == usd(2)


def test_rows_that_come_out_of_order_leave_no_hole() -> None:
    """One row of the newest hours has come and most have not: what is missing is estimated, not called zero."""
    town = Town()
    town.bill(NOW - 5 * DAY, NOW - 10 * HOUR, 1)
    town.bill(NOW - 2 * HOUR, NOW, 1)  # two hours that overtook the eight before them
    town.serve(NOW - 5 * DAY, NOW, 1_000_000)
    reading = chat(town)
    assert set(reading.hours) == {Decimal(1)}
    assert reading.spend.in_flight == usd(8)


def test_late_rows_restate_their_hour() -> None:
    """What was estimated at two is billed at three: the next reading says three, and nothing of it is in flight."""
    town = Town()
    town.bill(NOW - 3 * DAY, NOW - 5 * HOUR, 2)
    town.serve(NOW - 3 * DAY, NOW, 2_000_000)
    before = chat(town)
    town.bill(NOW - 5 * HOUR, NOW, 3, exported=NOW + HOUR)
    assert chat(town).spend == before.spend  # not there yet
    town.clock.at = NOW + HOUR
    town.serve(NOW, NOW + HOUR, 2_000_000)
    after = chat(town)
    assert after.hours[-7:-1] == (*[Decimal(3)] * 5, Decimal(2))
    assert after.spend.in_flight == usd(2)


def test_gaps_are_zeros_and_the_series_ends_now() -> None:
    """An app that sleeps at night has hours that say so."""
    town = Town()
    town.bill(NOW - 4 * DAY, NOW - 4 * DAY + HOUR, 7)
    town.bill(NOW - 3 * DAY, NOW - 3 * DAY + 2 * HOUR, 7)
    reading = chat(town)
    assert reading.first_hour == NOW - 4 * DAY
    assert len(reading.hours) == 4 * 24 + 1
    assert [i for i, hour in enumerate(reading.hours) if hour] == [0, 24, 25]


def test_the_month_turns_at_pacific_midnight() -> None:
    """At 07:59 UTC on 1 December it is still November in California; the next hour is December's."""
    town = Town()
    midnight = datetime(2026, 12, 1, 8, tzinfo=UTC)
    town.bill(midnight - 3 * DAY, midnight + 2 * HOUR, 1)
    town.clock.at = midnight - timedelta(minutes=1)
    assert chat(town).spend.billed == usd(3 * 24 - 1)  # the hour that runs has no row yet
    town.clock.at = midnight + 2 * HOUR
    assert chat(town).spend.billed == usd(2)


def test_a_shared_project_is_split_by_its_bills() -> None:
    """Telemetry shows no labels, so each app gets the share of the last seven days' export."""
    apps = [app(name, match=Match(projects=frozenset({PROJECT}), labels=(("app", name),))) for name in ("a", "b")]
    town = Town(client=client(*apps))
    for name, cost in (("a", 3), ("b", 1)):
        town.bill(NOW - 3 * DAY, NOW - 2 * HOUR, cost, labels={"app": name})
    town.serve(NOW - 3 * DAY, NOW, 4_000_000)
    readings = town.read()
    assert {name: readings.apps[name].rate for name in ("a", "b")} == {"a": usd(3), "b": usd(1)}
    assert readings.apps["b"].spend.in_flight == usd(2)


def test_an_estimate_is_scaled_to_what_settled_hours_were_billed() -> None:
    """Caches halve this app's bill: its estimate is halved too, or every hour in flight would look like trouble."""
    town = Town()
    town.bill(NOW - 6 * DAY, NOW - 3 * HOUR, 1)
    town.serve(NOW - 6 * DAY, NOW, 2_000_000)
    assert chat(town).rate == usd(1)
    assert set(chat(town).hours) == {Decimal(1)}


def test_a_model_without_a_price_is_said_and_never_zero() -> None:
    """What can be priced is; the reading is not complete, and names the model."""
    town = Town()
    town.serve(NOW - 2 * HOUR, NOW, 1_000_000)
    town.serve(NOW - 2 * HOUR, NOW, 1_000_000, model="gemini-9-ultra")
    reading = chat(town)
    assert reading.rate == usd(1)
    assert reading.unpriced == {"gemini-9-ultra"}
    assert not reading.complete


def test_without_a_currency_rate_nothing_can_be_said_in_reais() -> None:
    """List prices are in USD: until the export says the rate, every model counts as unpriced."""
    town = Town(client=client(currency="BRL", money_gate=Money(Decimal(25), "BRL")))
    town.serve(NOW - 2 * HOUR, NOW, 1_000_000)
    assert chat(town).unpriced == {FLASH}
    town.bill(NOW - DAY, NOW - HOUR, 5, rate=Decimal("5.5"))
    assert chat(town).rate == Money(Decimal("5.5"), "BRL")
    assert not chat(town).unpriced


def test_an_export_in_another_currency_is_refused() -> None:
    """Its amounts would be called dollars otherwise."""
    town = Town(client=client(currency="BRL", money_gate=Money(Decimal(25), "BRL")))
    town.bill(NOW - DAY, NOW, 1)
    town.client = client()
    with pytest.raises(CurrencyMismatch, match=r"in BRL; freio\.yaml says USD"):
        town.read()


def test_an_empty_export_leaves_telemetry_alone_to_speak() -> None:
    """A new client is watched from its first hour."""
    town = Town()
    town.serve(NOW - 3 * DAY, NOW, 1_000_000)
    reading = chat(town)
    assert len(reading.hours) == 3 * 24 + 1
    assert reading.spend.billed == usd(0)
    assert reading.spend.in_flight == usd(3 * 24)
    assert reading.complete


def test_silence_of_the_feed_is_not_quiet() -> None:
    """Twenty minutes without a point from anybody: nobody can say that spend has ended."""
    town = Town()
    town.serve(NOW - 2 * HOUR, NOW - timedelta(minutes=25), 1_000_000)
    assert not chat(town).complete


@pytest.mark.parametrize("lasted", [50 * MINUTE, 8 * HOUR])
def test_after_the_feed_was_down_not_all_is_there_for_three_hours(lasted: timedelta) -> None:
    """Traffic never pauses, and then nobody was heard: an alert may stand by hours of which a part is known."""
    town = Town()
    town.serve(NOW - 3 * DAY, NOW - lasted, 1_200_000)
    town.serve(NOW, NOW + 4 * HOUR, 1_200_000)
    complete = {}
    for minutes in (10, 60, 175, 180):
        town.clock.at = NOW + minutes * MINUTE
        complete[minutes] = chat(town).complete
    assert complete == {10: False, 60: False, 175: False, 180: True}


@pytest.mark.parametrize(
    ("every", "first"),
    [(HOUR, 3 * DAY), *[(n * HOUR, 9 * DAY) for n in (2, 3, 4, 5, 6, 8)], (DAY, 9 * DAY)],
)
def test_a_job_that_pauses_as_long_each_time_was_not_missed(every: timedelta, first: timedelta) -> None:
    """Ten minutes of each hour, of every second one, or of each night: what is silent between them is no outage."""
    town = Town()
    for at in range(first // every, -1, -1):
        town.serve(NOW - at * every, NOW - at * every + 10 * MINUTE, 1_200_000)
    town.clock.at = NOW + 15 * MINUTE
    assert chat(town).complete


@pytest.mark.parametrize(
    ("down", "back", "look"),
    [
        ((14, 40), (15, 20), (15, 25)),
        ((14, 40), (15, 20), (16, 10)),
        ((14, 45), (15, 15), (16, 10)),
        ((14, 5), (14, 55), (15, 10)),
        ((14, 5), (15, 55), (16, 10)),
        ((14, 5), (15, 55), (17, 50)),
        ((14, 5), (15, 55), (18, 50)),
        ((14, 5), (14, 30), (15, 10)),
    ],
)
@pytest.mark.parametrize("times", [1, 20])
def test_an_outage_is_seen_wherever_it_lies_in_the_hours(
    down: tuple[int, int], back: tuple[int, int], look: tuple[int, int], times: int
) -> None:
    """Traffic all day on ten days, and a runaway since noon or none."""
    town, day = Town(), NOW.replace(hour=0)
    lost = [day + timedelta(hours=hours, minutes=minutes) for hours, minutes in (down, back)]
    town.serve(day - 10 * DAY, day + 12 * HOUR, 1_200_000)
    town.serve(day + 12 * HOUR, lost[0], 1_200_000 * times)
    town.serve(lost[1], day + 20 * HOUR, 1_200_000 * times)
    town.clock.at = day + timedelta(hours=look[0], minutes=look[1])
    assert not chat(town).complete


@pytest.mark.parametrize("start", [525, 540, 570, 600])
def test_an_office_whose_day_begins_now_and_then_was_not_missed(start: int) -> None:
    """Minutes of the day; its other days began and ended at others."""
    town, day = Town(), NOW.replace(hour=0)
    for ago, begins in enumerate([start, 550, 530, 585, 540, 560, 525, 570, 545, 580]):
        town.serve(day - ago * DAY + (begins - begins % 5) * MINUTE, day - ago * DAY + 17 * HOUR, 1_200_000)
    for minutes in (5, 25, 65, 170):
        town.clock.at = day + (start + minutes) * MINUTE
        assert chat(town).complete


@pytest.mark.parametrize(
    ("down", "back", "look"),
    [
        ((14, 0), (14, 50), (14, 55)),
        ((14, 0), (14, 50), (15, 20)),
        ((11, 5), (14, 55), (15, 0)),
        ((11, 5), (14, 55), (15, 55)),
        ((-15, 0), (14, 30), (15, 10)),
    ],
)
def test_an_outage_beside_a_lunch_or_over_a_night_is_none_of_the_usual_pauses(
    down: tuple[int, int], back: tuple[int, int], look: tuple[int, int]
) -> None:
    """The office's lunch is from twelve to two; what was lost of the hours beside it is seen by their tokens."""
    town = Town()
    day = NOW.replace(hour=0)
    lost = tuple(day + timedelta(hours=hours, minutes=minutes) for hours, minutes in (down, back))
    for ago in range(9, -1, -1):
        for first, last in ((9, 12), (14, 18)):
            at, end = (day - ago * DAY + hours * HOUR for hours in (first, last))
            while at < end:
                if not lost[0] <= at < lost[1]:
                    town.serve(at, at + 5 * MINUTE, 1_200_000)
                at += 5 * MINUTE
    town.clock.at = day + timedelta(hours=look[0], minutes=look[1])
    assert not chat(town).complete


@pytest.mark.parametrize("hour", [11, 14, 21])
def test_a_lunch_and_an_evening_as_on_other_days_were_not_missed(hour: int) -> None:
    """An office of one app, from nine to twelve, two to six, and nine to eleven in the evening."""
    town = Town()
    for back in range(9, -1, -1):
        day = NOW.replace(hour=0) - back * DAY
        for first, last in ((9, 12), (14, 18), (21, 23)):
            town.serve(day + first * HOUR, day + last * HOUR, 1_200_000)
    town.clock.at = NOW.replace(hour=hour, minute=20)
    assert chat(town).complete


def test_an_app_that_ends_is_believed_after_an_hour_of_others_traffic() -> None:
    """A steady app's silence may be a late project; while others go on it is believed in the end."""
    town = Town(client=client(app(), app("search")))
    town.serve(NOW - 4 * HOUR, NOW + 2 * HOUR, 1_000_000, project="acme-search")
    town.serve(NOW - 4 * HOUR, NOW, 1_000_000)
    complete = {}
    for minutes in (15, 30, 65):
        town.clock.at = NOW + timedelta(minutes=minutes)
        complete[minutes] = chat(town).complete
    assert complete == {15: True, 30: False, 65: True}


def test_an_app_with_pauses_need_not_wait() -> None:
    """Traffic that comes now and then is not silence when it does not."""
    town = Town(client=client(app(), app("search")))
    town.serve(NOW - 4 * HOUR, NOW, 1_000_000, project="acme-search")
    town.serve(NOW - timedelta(minutes=50), NOW - timedelta(minutes=40), 1_000_000)
    assert chat(town).complete


def test_a_project_that_cannot_be_read_hides_its_apps_alone() -> None:
    """The other apps are read; the failure is named, and the app is not complete."""
    town = Town(client=client(app(), app("search")))
    town.serve(NOW - 2 * HOUR, NOW, 1_000_000)
    town.serve(NOW - 2 * HOUR, NOW, 1_000_000, project="acme-search")
    read = town.telemetry.tokens

    def refused(projects: list[str], *args: object) -> object:
        if projects == ["acme-search"]:
            raise Rejected("permission denied on acme-search")
        return read(projects, *args)  # type: ignore[arg-type]  # handed on as it came

    town.telemetry.tokens = refused  # type: ignore[assignment,method-assign]  # one project fails
    readings = town.read()
    assert dict(readings.failures) == {"acme-search": "permission denied on acme-search"}
    assert readings.apps["chat"].complete
    assert not readings.apps["search"].complete


def test_what_belongs_to_nobody_is_read_under_no_name() -> None:
    """A project that no app names is seen in the export."""
    town = Town()
    town.bill(NOW - DAY, NOW, 3, project="somebody-elses")
    readings = town.read()
    assert sum(readings.apps[NOBODY].hours) == 3 * 24
    assert sum(readings.apps["chat"].hours) == 0


def test_an_app_known_by_its_labels_has_telemetry_where_it_was_billed() -> None:
    """Without a project in the file, the export says where to look."""
    labelled = app(match=Match(labels=(("app", "chat"),)))
    town = Town(client=client(labelled))
    assert not chat(town).complete  # nobody knows where its telemetry is
    town.bill(NOW - 3 * DAY, NOW - 3 * HOUR, 1, labels={"app": "chat"}, project="shared")
    town.serve(NOW - 3 * DAY, NOW, 1_000_000, project="shared")
    assert chat(town).rate == usd(1)
    assert chat(town).complete


def test_the_worst_case_is_what_runs_until_a_brake_bites() -> None:
    """The grace of fifteen minutes and ten more, at the present rate; its parts are named, dearest first."""
    town = Town()
    town.serve(NOW - 2 * HOUR, NOW, 6_000_000)
    town.serve(NOW - 2 * HOUR, NOW, 1_200_000, model=PRO)
    reading = chat(town)
    assert reading.spend.worst_case == usd("8.25")  # 18 an hour, at most 1.1 of list price until a bill says
    assert list(reading.by_model) == [PRO, FLASH]


def test_ticks_between_two_steps_lose_nothing() -> None:
    """Seconds after the mark the same steps are read, each within its hour."""
    town = Town()
    town.serve(NOW - 3 * HOUR, NOW + HOUR, 1_200_000)
    town.clock.at = NOW + timedelta(minutes=10, seconds=7)
    reading = chat(town)
    assert reading.hours[-1] == reading.rate.amount == Decimal("1.2")
    assert replace(reading, at=NOW).spend.in_flight == usd("3.8")  # three hours and ten minutes


def test_an_estimate_is_a_range_by_how_bills_wavered() -> None:
    """Billed at 0.4 to 0.6 of list price from day to day: so may be what is in flight; the worst case is the most."""
    town = Town()
    midnight = NOW.replace(hour=0)
    for days, cost in ((9, 1), (8, "0.8"), (7, "1.2"), (6, 1), (5, 1), (4, 1), (3, 1)):
        town.bill(midnight - days * DAY, midnight - (days - 1) * DAY, cost)
    town.bill(midnight - 2 * DAY, NOW - 2 * DAY, 1)
    town.serve(NOW - 10 * DAY, NOW, 2_000_000)
    spend = chat(town).spend
    # 48 hours without a bill, and one that is billed at 1, which may be 1.2 in the end
    assert (spend.least, spend.in_flight, spend.utmost) == (usd("38.4"), usd(48), usd("57.8"))
    assert spend.most == spend.billed + usd("57.8") + spend.worst_case
    assert [phrase.text for phrase in spend.basis] == [ESTIMATE_RECONCILED]


def test_before_the_first_settled_bill_the_range_is_wide_and_said_to_be() -> None:
    """Nobody knows what caches will save: list price is the middle, and far from the least."""
    town = Town()
    town.serve(NOW - 2 * HOUR, NOW, 1_000_000)
    spend = chat(town).spend
    assert (spend.least, spend.in_flight, spend.utmost) == (usd("0.6"), usd(2), usd("2.2"))
    assert [phrase.text for phrase in spend.basis] == [ESTIMATE_UNRECONCILED]


def test_a_share_of_a_project_is_said_to_be_one() -> None:
    """How large, of what, and by the labels of which days."""
    apps = [app(name, match=Match(projects=frozenset({PROJECT}), labels=(("app", name),))) for name in ("a", "b")]
    town = Town(client=client(*apps))
    for name, cost in (("a", 3), ("b", 1)):
        town.bill(NOW - 3 * DAY, NOW - 2 * HOUR, cost, labels={"app": name})
    town.serve(NOW - 3 * DAY, NOW, 4_000_000)
    share, *_ = town.read().apps["b"].spend.basis
    until = (NOW - 3 * HOUR).isoformat()
    assert share == Phrase.of(ESTIMATE_SHARED, share="0.2500", model=FLASH, project=PROJECT, until=until)


def test_a_project_that_no_bill_divides_is_said_to_be_undivided() -> None:
    """All of it goes to the first that could own it, and the message names the others."""
    apps = [app(name, match=Match(projects=frozenset({PROJECT}), labels=(("app", name),))) for name in ("a", "b")]
    town = Town(client=client(*apps))
    town.serve(NOW - 2 * HOUR, NOW, 1_000_000)
    readings = town.read()
    said, *_ = readings.apps["a"].spend.basis
    assert said == Phrase.of(ESTIMATE_UNDIVIDED, model=FLASH, project=PROJECT, apps="b")
    assert readings.apps["b"].rate == usd(0)


def test_tokens_are_priced_by_the_way_they_were_asked_for() -> None:
    """A million at half price, one at 1.8 times, and one on provisioned throughput that costs nothing more."""
    town = Town()
    for request_type in ("flex", "priority", "dedicated"):
        town.serve(NOW - 2 * HOUR, NOW, 1_200_000, request_type=request_type)
    reading = chat(town)
    assert reading.rate == usd("2.76")
    assert reading.complete
    (dedicated,) = [one for one in reading.spend.basis if one.text == ESTIMATE_DEDICATED]
    assert dict(dedicated.data) == {"tokens": "1200000", "model": FLASH}


def test_a_kind_of_tokens_without_a_price_is_said_and_the_others_are_priced() -> None:
    """Input that has a price is not lost with cached tokens that have none; and these do not count as nothing."""
    town = Town()
    town.serve(NOW - 2 * HOUR, NOW, 1_200_000, others={"cache_write_1h_input": 1_200})
    reading = chat(town)
    assert reading.rate == usd("1.2")
    assert reading.unpriced == {f"{FLASH} (cache_write_1h_input)"}
    assert not reading.complete


def test_token_rates_are_of_the_last_quarter_that_has_all_come() -> None:
    """The newest step is still filling: it looks like a dip, and does not count."""
    town = Town()
    town.serve(NOW - 30 * HOUR, NOW - timedelta(minutes=20), 1_200_000)
    town.serve(NOW - timedelta(minutes=20), NOW - timedelta(minutes=5), 6_000_000)
    town.serve(NOW - timedelta(minutes=5), NOW, 12_000)  # three minutes of it have not come
    (rate,) = chat(town).tokens
    assert (rate.project, rate.model, rate.pace, rate.cost) == (PROJECT, FLASH, 6_000_000, Decimal(6))
    assert rate.hours[:-1] == (1_200_000,) * 29


def test_a_pace_is_held_against_the_busiest_quarters_of_the_hours_before() -> None:
    """An app that bursts in each hour is not odd when it bursts."""
    town = Town()
    for hour in range(1, 31):
        town.serve(NOW - hour * HOUR + timedelta(minutes=20), NOW - hour * HOUR + timedelta(minutes=35), 6_000_000)
    town.serve(NOW - timedelta(minutes=20), NOW, 6_000_000)
    (rate,) = chat(town).tokens
    assert set(rate.hours) == {6_000_000}


def lists(town: Town, *, over: timedelta) -> list[datetime]:
    """From now on the ends of the lists of five-minute steps that are asked for and span more than that."""
    asked: list[datetime] = []
    read = town.telemetry.tokens

    def counting(projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
        if step_minutes == 5 and until - since > over:
            asked.append(until)
        return read(projects, since, until, step_minutes)

    town.telemetry.tokens = counting  # type: ignore[method-assign]  # to see what is asked
    return asked


def test_paces_are_asked_for_once_and_then_learned_hour_by_hour() -> None:
    """A fortnight of five-minute steps is one list for each project and process."""
    town = Town()
    town.serve(NOW - 30 * HOUR, NOW + 4 * HOUR, 1_200_000)
    asked = lists(town, over=timedelta(days=13))
    meter = SpendMeter(town.client, town.warehouse, town.telemetry, town.prices)
    for minutes in range(0, 180, 5):
        town.clock.at = NOW + timedelta(minutes=minutes)
        meter.read(town.clock.at)
    assert len(asked) == 1
    (rate,) = meter.read(town.clock.at).apps["chat"].tokens
    fresh = SpendMeter(town.client, town.warehouse, town.telemetry, town.prices).read(town.clock.at)
    assert fresh.apps["chat"].tokens == (rate,)
    assert len(rate.hours) == 30 + 2 + 1


@pytest.mark.parametrize("hour", [0, 1, 15, 23])
def test_what_is_kept_begins_with_a_utc_day_at_every_look(hour: int) -> None:
    """So that an hour of an app that runs at all hours lies in the same day of its at every look; paces as well."""
    town = Town()
    town.clock.at = NOW.replace(hour=hour) + timedelta(days=1)
    town.bill(NOW - timedelta(days=40), NOW - 3 * DAY, 6)
    town.serve(NOW - timedelta(days=40), town.clock.at, 6_000_000)
    reading = chat(town)
    assert reading.first_hour == town.clock.at.replace(hour=0) - 28 * DAY
    (rate,) = reading.tokens
    present = town.clock.at - HOUR  # its window ended five minutes ago
    assert len(rate.hours) == 14 * 24 + present.hour + 1


def test_requests_are_known_where_their_tokens_cost_more_than_the_gate() -> None:
    """Of a shared project each app has the part of them that it has of tokens; elsewhere nobody asks for any."""
    town = Town(client=client(app(), app("search")))
    town.serve(NOW - 30 * HOUR, NOW, 12_000_000, requests=1200)  # 12 USD an hour
    town.serve(NOW - 30 * HOUR, NOW, 4_000_000, project="acme-search", requests=9600)  # 4 USD, under the gate of 5
    seen = town.read().apps
    (rate,), (cheap,) = seen["chat"].tokens, seen["search"].tokens
    assert set(rate.requests) == {1200}
    assert len(rate.requests) == len(rate.request_jumps) == len(rate.hours)
    assert rate.request_jumps[0] == 1200  # the first of all
    assert set(rate.request_jumps[1:]) == {0}
    assert cheap.requests == (0,)


def test_an_idle_hour_of_the_only_dear_app_has_no_requests() -> None:
    """Another app's tokens show that the feed was up, whatever they cost: nothing is as the day before."""
    town = Town(client=client(app(), app("search")))
    town.serve(NOW - 3 * DAY, NOW, 3_000_000, project="acme-search")
    town.serve(NOW - 3 * DAY, NOW - 30 * HOUR, 12_000_000, requests=1200)
    town.serve(NOW - HOUR, NOW, 12_000_000, requests=1200)
    (rate,) = chat(town).tokens
    assert rate.hours[-20] == rate.requests[-20] == 0


def test_requests_on_provisioned_throughput_are_no_pace() -> None:
    """They cost nothing more, as their tokens do."""
    town = Town()
    town.serve(NOW - 30 * HOUR, NOW, 12_000_000, requests=1200)
    town.serve(NOW - 30 * HOUR, NOW, 12_000_000, requests=5000, request_type="dedicated")
    (rate,) = chat(town).tokens
    assert set(rate.requests) == {1200}


def test_hours_older_than_two_days_have_a_bill_or_cost_nothing() -> None:
    """The client's only app was stopped four days ago, and nothing has been billed since: that is no outage."""
    town = Town()
    town.bill(NOW - 14 * DAY, NOW - 4 * DAY, 6)
    town.serve(NOW - 10 * DAY, NOW - 4 * DAY, 6_000_000)
    reading = chat(town)
    assert reading.unheard == {NOW - n * HOUR for n in range(1, 49)}
    assert reading.hours[-60] == 0


def test_hours_before_the_first_of_telemetry_are_not_unheard() -> None:
    """Nobody listened then: what is billed is all that there was."""
    town = Town()
    town.bill(NOW - 10 * DAY, NOW - 40 * HOUR, 6)
    town.serve(NOW - 20 * HOUR, NOW, 6_000_000)
    assert chat(town).unheard == frozenset()


def test_requests_of_before_are_asked_for_when_their_tokens_become_dear() -> None:
    """Hours that nobody asked about are not hours without any."""
    town = Town()
    town.serve(NOW - 30 * HOUR, NOW - 15 * MINUTE, 1_200_000, requests=1200)
    meter = SpendMeter(town.client, town.warehouse, town.telemetry, town.prices)
    town.clock.at = NOW - 20 * MINUTE
    assert meter.read(town.clock.at).apps["chat"].tokens[0].requests == (0,)
    town.serve(NOW - 15 * MINUTE, NOW, 12_000_000, requests=9600)
    town.clock.at = NOW
    (rate,) = meter.read(NOW).apps["chat"].tokens
    assert rate.requests == (*(1200,) * 29, 6800)  # a third of the present window was before


def test_a_project_whose_requests_cannot_be_read_counts_as_not_read() -> None:
    """What would have told of a storm is missing: nobody may take it for quiet."""
    town = Town(client=client(app(), app("search")))
    town.serve(NOW - 30 * HOUR, NOW - 10 * HOUR, 12_000_000, requests=1200)
    town.serve(NOW - 9 * HOUR, NOW, 12_000_000, requests=1200)
    town.serve(NOW - 10 * HOUR, NOW - 9 * HOUR, 1_000_000, project="acme-search")

    def down(projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Requests]:
        raise Unavailable("503")

    town.telemetry.requests = down  # type: ignore[method-assign]  # tokens can still be read
    seen = town.read()
    assert seen.failures == {PROJECT: "503"}
    assert not seen.apps["chat"].complete
    assert seen.apps["chat"].unheard == frozenset()  # its tokens were read


def test_an_hour_in_which_nobody_was_heard_is_said_to_be_unknown() -> None:
    """The feed was down for three hours: their paces are no zeros, and the detector is told which they are."""
    town = Town()
    town.serve(NOW - 3 * DAY, NOW - 8 * HOUR, 1_200_000)
    town.serve(NOW - 5 * HOUR, NOW, 1_200_000)
    (rate,) = chat(town).tokens
    assert rate.unheard == {5, 6, 7}
    assert {back for back, pace in enumerate(reversed(rate.hours)) if pace != 1_200_000} == {5, 6, 7}


def test_telemetry_that_is_hours_late_is_learned_when_it_comes() -> None:
    """Three hours of it came at once: a process that looked meanwhile knows them as a new one does."""
    town = Town()
    town.serve(NOW - 3 * DAY, NOW, 1_200_000)
    meter = SpendMeter(town.client, town.warehouse, town.telemetry, town.prices)
    for minutes in range(0, 180, 15):
        town.clock.at = NOW + minutes * MINUTE
        meter.read(town.clock.at)
    town.serve(NOW, NOW + 4 * HOUR, 2_400_000)
    town.clock.at = NOW + 3 * HOUR + 10 * MINUTE
    (late,) = meter.read(town.clock.at).apps["chat"].tokens
    (new,) = chat(town).tokens
    assert late == new
    assert late.unheard == frozenset()
    assert late.hours[-4:] == (2_400_000,) * 4


def test_what_is_silent_is_not_asked_for_again_at_each_tick() -> None:
    """Nobody is heard all night: what was asked for stands until somebody speaks, and one list brings what was late."""
    town = Town()
    town.serve(NOW - 3 * DAY, NOW, 1_200_000)
    town.serve(NOW + 9 * HOUR, NOW + 10 * HOUR, 1_200_000)
    asked = lists(town, over=6 * HOUR)
    meter = SpendMeter(town.client, town.warehouse, town.telemetry, town.prices)
    for minutes in range(0, 12 * 60, 5):
        town.clock.at = NOW + minutes * MINUTE
        meter.read(town.clock.at)
    assert asked == [NOW, NOW + 10 * HOUR + 5 * MINUTE]


def test_an_hour_in_which_others_were_heard_is_a_zero() -> None:
    """The feed was up, so this app really slept."""
    town = Town(client=client(app(), app("search")))
    town.serve(NOW - 3 * DAY, NOW, 1_200_000, project="acme-search")
    town.serve(NOW - 3 * DAY, NOW - 8 * HOUR, 1_200_000)
    town.serve(NOW - 5 * HOUR, NOW, 1_200_000)
    (rate,) = chat(town).tokens
    assert 0 in rate.hours


def test_an_app_s_paces_are_its_share_of_the_project_s() -> None:
    """Now and before alike: telemetry never told whose tokens were whose."""
    apps = [app(name, match=Match(projects=frozenset({PROJECT}), labels=(("app", name),))) for name in ("a", "b")]
    town = Town(client=client(*apps))
    for name, cost in (("a", 3), ("b", 1)):
        town.bill(NOW - 3 * DAY, NOW - 2 * HOUR, cost, labels={"app": name})
    town.serve(NOW - 3 * DAY, NOW, 4_800_000)
    (rate,) = town.read().apps["b"].tokens
    assert set(rate.hours) == {1_200_000}


def test_what_has_stopped_has_no_token_rate() -> None:
    """Nothing in the last quarter of an hour is nothing that runs away."""
    town = Town()
    town.serve(NOW - 3 * DAY, NOW - HOUR, 1_200_000)
    assert chat(town).tokens == ()


def test_a_tick_twice_reads_the_same() -> None:
    """Scheduler may send one tick twice: nothing is added up from one reading to the next."""
    town = Town()
    town.bill(NOW - 5 * DAY, NOW - 3 * HOUR, 2)
    town.serve(NOW - 5 * DAY, NOW, 2_000_000)
    assert town.read() == town.read()


def test_points_from_a_clock_that_runs_ahead_do_not_count_before_their_time() -> None:
    """Five minutes of the future in telemetry are neither the present pace nor this hour's money."""
    town = Town()
    town.serve(NOW - 3 * HOUR, NOW, 1_200_000)
    before = chat(town)
    town.telemetry.lag = timedelta(minutes=-10)
    town.serve(NOW, NOW + timedelta(minutes=5), 12_000_000)
    assert chat(town) == before


def test_a_project_whose_paces_cannot_be_read_is_not_called_read() -> None:
    """Its money stands; but nobody can say that it does not run away, and the failure is named."""
    town = Town()
    town.serve(NOW - 30 * HOUR, NOW, 1_200_000)
    read = town.telemetry.tokens

    def partly(projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
        if step_minutes == 5 and until - since > timedelta(days=13):
            raise Unavailable("only part of the data was read")
        return read(projects, since, until, step_minutes)

    town.telemetry.tokens = partly  # type: ignore[method-assign]  # a long span fails
    readings = town.read()
    assert dict(readings.failures) == {PROJECT: "only part of the data was read"}
    assert not readings.apps["chat"].complete
    assert readings.apps["chat"].rate == usd("1.2")


def test_points_that_come_late_are_counted_when_they_have_come() -> None:
    """A quarter of an hour that was not there at one tick is there at the next: nothing of it is lost, or doubled."""
    town = Town()
    town.serve(NOW - 30 * HOUR, NOW - timedelta(minutes=30), 1_200_000)
    meter = SpendMeter(town.client, town.warehouse, town.telemetry, town.prices)
    assert meter.read(NOW).apps["chat"].tokens == ()
    town.serve(NOW - timedelta(minutes=30), NOW, 1_200_000)
    town.clock.at = NOW + timedelta(minutes=1)
    late = meter.read(town.clock.at)
    assert (
        late.apps["chat"].spend
        == SpendMeter(town.client, town.warehouse, town.telemetry, town.prices).read(town.clock.at).apps["chat"].spend
    )
    (rate,) = late.apps["chat"].tokens
    assert rate.pace == 1_200_000


def test_batch_jobs_on_the_bill_are_money_and_teach_nothing() -> None:
    """Telemetry does not count them: as much again for batches makes no token dearer, and no estimate covers them."""
    town = Town()
    town.bill(NOW - 9 * DAY, NOW - 3 * HOUR, 1)
    town.bill(NOW - 9 * DAY, NOW - 3 * HOUR, 1, beside=True)
    town.serve(NOW - 9 * DAY, NOW, 2_000_000)
    readings = town.read()
    reading = readings.apps["chat"]
    assert readings.scales[PROJECT, FLASH] == Decimal("0.5")
    assert reading.spend.billed == usd(2 * (9 * 24 - 3))
    assert reading.spend.in_flight == usd(3)
    assert reading.hours[-5:] == (Decimal(2), Decimal(1), Decimal(1), Decimal(1), Decimal(1))


@pytest.mark.parametrize("beside", [False, True])
def test_an_hour_of_which_more_is_taken_back_than_was_spent_has_spent_nothing(*, beside: bool) -> None:
    """Of batch jobs as of others: less than nothing would be taken off the hours beside it. The month has it."""
    town = Town()
    town.bill(NOW - 9 * HOUR, NOW - HOUR, 10)
    town.bill(NOW - 4 * HOUR, NOW - 3 * HOUR, -500, beside=beside)
    reading = town.read().apps["chat"]
    assert min(reading.hours) == 0
    assert min(reading.models[FLASH]) == 0
    assert reading.spend.billed == usd(80 - 500)


def test_an_hour_that_is_priced_in_part_teaches_nothing() -> None:
    """Its bill holds what the estimate leaves out: the ratio would say that every token is dear."""
    town = Town()
    town.bill(NOW - 9 * DAY, NOW - 3 * HOUR, 2)
    town.serve(NOW - 9 * DAY, NOW, 2_000_000)
    town.serve(NOW - 9 * DAY, NOW, 2_000_000, request_type="turbo")
    readings = town.read()
    assert (PROJECT, FLASH) not in readings.ratios
    assert readings.apps["chat"].unpriced == {f"{FLASH} (turbo)"}


def test_a_jump_is_measured_from_the_three_hours_before_its_window() -> None:
    """Twelve million an hour after 4.8: a jump of 7.2; and an hour that was remembers its own."""
    town = Town()
    town.serve(NOW - 40 * HOUR, NOW - 30 * HOUR, 1_200_000)
    town.serve(NOW - 30 * HOUR, NOW - timedelta(minutes=20), 4_800_000)
    town.serve(NOW - timedelta(minutes=20), NOW, 12_000_000)
    (rate,) = chat(town).tokens
    assert len(rate.jumps) == len(rate.hours)
    assert (rate.pace, rate.jumps[-1]) == (12_000_000, 7_200_000)
    assert max(rate.jumps[1:-1]) == 3_600_000
    assert rate.jumps[-6:-1] == (0,) * 5
