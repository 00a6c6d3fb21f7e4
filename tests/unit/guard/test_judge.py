"""What the detectors are shown: hours of trouble that somebody has confirmed are no example of what is usual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from freio.adapters.detector.adapter import PyodDetector
from freio.adapters.detector.paces import PaceRecords
from freio.domain.app import Match
from freio.domain.expectation import Confirmed, Expectations, Planned
from freio.domain.money import SpendRange
from freio.domain.sentences import ESTIMATE_ODD
from freio.domain.signal import SignalKind
from freio.domain.spend import Pace, Score, Tokens
from freio.errors import Unavailable
from freio.guard.detect import detect
from freio.guard.judge import Spans, as_usual, judged, paces_of, without
from freio.guard.meter import Reading, Readings
from freio.guard.paces import Paces
from freio.guard.token_rate import TokenRate
from tests.unit.guard.watching import FLASH, HOUR, NOW, PROJECT, Town, app, client, usd

DAYS = 28


def confirming(spans: Spans) -> Expectations:
    """What people have said of the app: that this was trouble."""
    confirmed = tuple(Confirmed(incident=f"i{n}", since=since, until=until) for n, (since, until) in enumerate(spans))
    return Expectations(id="chat", confirmed=confirmed)


TROUBLE = (NOW - timedelta(days=12), NOW - timedelta(days=10))


def scored(spans: Spans) -> dict[str, Score]:
    """An app at ten dollars an hour, at seventy for two days a while ago, and at seventy in the last hour again."""
    rng = np.random.default_rng(11)
    hours = 10 + rng.random(24 * DAYS)
    since, until = (len(hours) - 1 - int((NOW - at) / HOUR) for at in TROUBLE)
    hours[since:until] += 60
    hours[-1] += 60
    paces = [round(hour * 10**6) for hour in hours[-24 * 14 :]]
    jumps = [max(0, pace - max(paces[max(0, at - 3) : at], default=pace)) for at, pace in enumerate(paces)]
    rate = TokenRate(project=PROJECT, model=FLASH, hours=tuple(paces), jumps=tuple(jumps), cost=Decimal(70))
    reading = Reading(
        app="chat",
        at=NOW,
        first_hour=NOW - (len(hours) - 1) * HOUR,
        hours=tuple(Decimal(str(round(hour, 2))) for hour in hours),
        spend=SpendRange.zero("USD"),
        rate=usd(70),
        tokens=(rate,),
    )
    readings = Readings(at=NOW, apps={"chat": reading}, shares={}, usd_rate=None)
    return judged(client(), readings, PyodDetector(), PaceRecords(), NOW, known={"chat": confirming(spans)})


def test_confirmed_trouble_excuses_no_later_one() -> None:
    """It is its own record for four weeks, and hides what comes after; without its hours the next one is found."""
    tokens = f"chat/{PROJECT}/{FLASH} tokens"
    hidden, found = scored(()), scored((TROUBLE,))
    assert hidden["chat"].value < 1 <= found["chat"].value
    assert found[tokens].value >= hidden[tokens].value
    assert found[tokens].value >= 1


def test_hours_are_left_out_where_they_touch_a_span() -> None:
    """Each lasts from its start; the last one, which ends now, is what is asked about."""
    hours = range(6)  # from 10:00 to 15:00, of which the last one ends at 15:00 too
    missing = [math.isnan(hour) for hour in without(hours, ((NOW - 3.5 * HOUR, NOW - 2 * HOUR),), NOW)]
    assert missing == [False, True, True, False, False, False]
    assert without(hours, ((NOW - 9 * HOUR, NOW + HOUR),), NOW)[-1] == 5
    assert without(hours, (), NOW) == [float(hour) for hour in hours]


class Steps:
    """Telemetry of three days: a million tokens in each five minutes, and ten of them from nine to seven hours ago."""

    def tokens(self, projects: Sequence[str], since: datetime, until: datetime, minutes: int) -> list[Tokens]:
        starts = [
            since + n * timedelta(minutes=minutes) for n in range(int((until - since) / timedelta(minutes=minutes)))
        ]
        times = [10 if TOLD[0] <= start < TOLD[1] else 1 for start in starts]
        (project,) = projects
        return [
            Tokens(
                start=start, minutes=5, project=project, location="global", model=FLASH, input=many * 10**6, output=0
            )
            for start, many in zip(starts, times, strict=True)
            if start >= NOW - timedelta(days=3)
        ]


TOLD = (NOW - 9 * HOUR, NOW - 7 * HOUR)


@pytest.mark.parametrize("minute", [0, 2, 3, 8, 30, 59])
def test_the_paces_of_a_span_are_left_out_whatever_the_minute(minute: int) -> None:
    """Points come three minutes late: until then the present pace is of the hour before, and so are those before it."""
    now = NOW + timedelta(minutes=minute)
    meter: Any = Steps()
    paces = Paces(meter.tokens)
    paces.learn(PROJECT, meter.tokens([PROJECT], now - 6 * HOUR, now, 5), now - 6 * HOUR, now)
    hours = tuple(highest.pace for highest in paces.of(PROJECT, FLASH, now) if highest)
    rate = TokenRate(project=PROJECT, model=FLASH, hours=(*hours, 1), jumps=(0,) * (len(hours) + 1), cost=Decimal(70))
    reading = Reading(
        app="chat", at=now, first_hour=now, hours=(), spend=SpendRange.zero("USD"), rate=usd(70), tokens=(rate,)
    )
    span = (TOLD[0], TOLD[1] + timedelta(minutes=10))  # a pace is of a quarter: its last ones reach into the next hour
    (shown,) = paces_of(client(), app(), reading, confirming((span,)), now).values()
    assert max(hours) == 120 * 10**6
    assert max(shown.peaks) == 12 * 10**6


@pytest.mark.parametrize("minute", [0, 20, 59])
def test_a_span_that_is_over_long_ago_touches_nothing(minute: int) -> None:
    """Nor one that is to come."""
    now = NOW + timedelta(minutes=minute)
    spans = ((now - 99 * HOUR, now - 90 * HOUR), (now + HOUR, now + 2 * HOUR))
    assert not any(math.isnan(hour) for hour in without(range(48), spans, now))


def test_hours_of_which_nobody_knows_anything_are_missing_and_not_zero() -> None:
    """The feed of all was down for two hours, half a day ago; of an hour that has been billed since, something is."""
    town = Town()
    town.bill(NOW - 10 * 24 * HOUR, NOW - 11 * HOUR, 5)
    town.serve(NOW - 10 * 24 * HOUR, NOW - 12 * HOUR, 5_000_000)
    town.serve(NOW - 9 * HOUR, NOW, 5_000_000)
    readings = town.read()
    reading = readings.apps["chat"]
    assert reading.unheard == {NOW - 11 * HOUR, NOW - 10 * HOUR}
    judged(town.client, readings, town.detector, town.detector, NOW)
    shown = town.detector.shown["chat"]
    assert not isinstance(shown, Pace)
    missing = [NOW - (len(shown) - 1 - at) * HOUR for at, hour in enumerate(shown) if math.isnan(hour)]
    assert set(missing) == reading.unheard
    assert {hour for hour in shown if not math.isnan(hour)} == {5.0}


def refuse(town: Town) -> None:
    """From now on the telemetry of one project cannot be read."""
    read = town.telemetry.tokens

    def refused(projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
        if PROJECT in projects:
            raise Unavailable("503")
        return read(projects, since, until, step_minutes)

    town.telemetry.tokens = refused  # type: ignore[method-assign]  # of one project alone


def test_hours_of_an_app_whose_project_cannot_be_read_are_missing() -> None:
    """But those that are billed, or settled; the other app's are what they are."""
    town = Town(client=client(app(), app("search")))
    for project in (PROJECT, "acme-search"):
        town.bill(NOW - 10 * 24 * HOUR, NOW - 5 * HOUR, 5, project=project)
        town.serve(NOW - 10 * 24 * HOUR, NOW, 5_000_000, project=project)
    refuse(town)
    seen = town.read().apps
    assert seen["chat"].unheard == {NOW - n * HOUR for n in range(1, 6)}
    assert seen["search"].unheard == frozenset()


def test_hours_of_an_app_that_is_read_in_part_are_known_in_part() -> None:
    """One of its two projects cannot be read: the other's trouble is seen, and what it cost is not all."""
    town = Town(client=client(app(match=Match(projects=frozenset({PROJECT, "acme-beside"})))))
    for project in (PROJECT, "acme-beside"):
        town.bill(NOW - 10 * 24 * HOUR, NOW - 5 * HOUR, 5, project=project)
        town.serve(NOW - 10 * 24 * HOUR, NOW, 5_000_000, project=project)
    assert town.read().apps["chat"].unknown == frozenset()
    refuse(town)
    seen = town.read().apps["chat"]
    assert seen.unheard == frozenset()
    assert seen.partly == seen.unknown == {NOW - n * HOUR for n in range(1, 6)}
    assert seen.hours[-4] == 5
    assert not seen.seen


def test_requests_are_shown_as_tokens_are() -> None:
    """Confirmed hours are none of the usual of either, and each hour of one lies beside the same hour of the other."""
    paces = [100 + n for n in range(60)]
    requests = paces[-50:]  # there were none to be known before
    rate = TokenRate(
        project=PROJECT,
        model=FLASH,
        hours=tuple(paces),
        jumps=(0,) * 60,
        cost=Decimal(70),
        requests=tuple(requests),
        request_jumps=(0,) * 50,
    )
    reading = Reading(
        app="chat", at=NOW, first_hour=NOW, hours=(), spend=SpendRange.zero("USD"), rate=usd(70), tokens=(rate,)
    )
    span = (NOW - 9 * HOUR, NOW - 7 * HOUR)
    (shown,) = paces_of(client(), app(), reading, confirming((span,)), NOW).values()
    taken_out = [at for at, pace in enumerate(paces) if shown.peaks[at] != pace]
    assert taken_out == [51, 52]
    assert [at + 10 for at, many in enumerate(requests) if shown.requests[at] != many] == taken_out
    assert len(shown.request_jumps) == 50


def test_requests_of_less_than_a_day_are_not_shown() -> None:
    """As little as tokens are."""
    rate = TokenRate(
        project=PROJECT,
        model=FLASH,
        hours=(5,) * 60,
        jumps=(0,) * 60,
        cost=Decimal(70),
        requests=(1,) * 23,
        request_jumps=(0,) * 23,
    )
    reading = Reading(
        app="chat", at=NOW, first_hour=NOW, hours=(), spend=SpendRange.zero("USD"), rate=usd(70), tokens=(rate,)
    )
    (shown,) = paces_of(client(), app(), reading, confirming(()), NOW).values()
    assert (shown.requests, shown.request_jumps) == ((), ())


def test_a_storm_of_short_requests_is_found_from_telemetry_to_signal() -> None:
    """A tenth of the tokens in each request: a half more of them in all, which no rule of tokens would tell."""
    one = app()
    rng = np.random.default_rng(5)
    found = {}
    for short in (False, True):
        town = Town(client=client(one))
        town.bill(NOW - timedelta(days=14), NOW - 3 * HOUR, 30)
        for hour in range(14 * 24 - 1, -1, -1):
            start = NOW - (hour + 1) * HOUR
            until = start + HOUR if hour else start + 40 * timedelta(minutes=1)
            tokens, requests = (round(many * rng.uniform(0.8, 1.2)) for many in (30_000_000, 30_000))
            town.serve(start, until, tokens, requests=requests)
        storm = NOW - timedelta(minutes=20)
        town.serve(storm, NOW, 45_000_000, requests=180_000 if short else 45_000)
        readings = town.read()
        scores = judged(town.client, readings, PyodDetector(), PaceRecords(), NOW)
        known = Expectations(id="chat")
        finding = detect(
            town.client, one, readings.apps["chat"], scores, budgets=(), known=known, allowance=None, now=NOW
        )
        found[short] = [(signal.kind, signal.window_minutes) for signal in finding.signals]
    assert found == {False: [], True: [(SignalKind.RETRY_STORM, 15)]}


@pytest.mark.parametrize("seed", range(3))
def test_a_runaway_that_goes_on_is_told_at_every_look_of_its_first_hours(seed: int) -> None:
    """Twice and a half as many tokens from 15:00 on: told within 25 minutes, and then no look says that it is over."""
    one, rng = app(), np.random.default_rng(seed)
    town = Town(client=client(one))
    town.bill(NOW - timedelta(days=14), NOW - 3 * HOUR, 30)
    for hour in range(14 * 24, 0, -1):
        town.serve(NOW - hour * HOUR, NOW - (hour - 1) * HOUR, round(30e6 * rng.uniform(0.85, 1.15)))
    found = []
    for minutes in range(5, 125, 5):
        town.clock.at = NOW + timedelta(minutes=minutes)
        town.serve(town.clock.at - timedelta(minutes=5), town.clock.at, round(75e6 * rng.uniform(0.9, 1.1)))
        readings = town.read()
        scores = judged(town.client, readings, PyodDetector(), PaceRecords(), town.clock.at)
        known, reading = Expectations(id="chat"), readings.apps["chat"]
        finding = detect(town.client, one, reading, scores, budgets=(), known=known, allowance=None, now=town.clock.at)
        found.append(finding.running_away)
    first = found.index(True)
    assert first < 5
    assert all(found[first:])


def test_what_is_missing_was_as_usual() -> None:
    """Also where that is missing too; on the first day it is nothing. One odd day of seven plays no part."""
    hours = [1.0] * 24 + [math.nan] * 48 + [math.nan]
    assert as_usual(hours) == [1.0] * 73
    assert as_usual([math.nan, 2.0]) == [0.0, 2.0]
    assert as_usual([1.0] * 6 * 24 + [9.0] * 24 + [math.nan])[-1] == 1.0


def test_one_night_s_run_is_no_example_of_the_nights_on_which_nobody_was_heard() -> None:
    """It ran on the first night that is known: on the next one nobody knows better, and later ones are quiet."""
    night = [0.0] * 23 + [60.0]
    hours = [*night, *[*[0.0] * 23, math.nan] * 9]
    shown = as_usual(hours, frozenset(range(47, 240, 24)))
    assert shown[23::24] == [60.0, 60.0, *[0.0] * 8]


def test_an_hour_of_paces_of_which_nobody_knows_anything_is_as_usual_and_not_as_a_sale() -> None:
    """Four days of five times as much were announced, and the morning after nobody was heard: it is an ordinary one."""
    sale = (NOW - timedelta(days=5), NOW - timedelta(days=1))
    paces = [20] * (9 * 24 + 1)
    paces[4 * 24 : 8 * 24] = [80] * 4 * 24
    paces[-4:-1] = [0] * 3
    rate = TokenRate(
        project=PROJECT,
        model=FLASH,
        hours=tuple(paces),
        jumps=tuple(pace // 10 for pace in paces),
        cost=Decimal(70),
        unheard=frozenset({1, 2, 3}),
    )
    reading = Reading(
        app="chat", at=NOW, first_hour=NOW, hours=(), spend=SpendRange.zero("USD"), rate=usd(70), tokens=(rate,)
    )
    planned = Planned(
        number=1, start=sale[0], end=sale[1], factor=Decimal(4), why="a sale", by="ana", at=sale[0] - HOUR
    )
    (shown,) = paces_of(client(), app(), reading, Expectations(id="chat", planned=(planned,)), NOW).values()
    assert shown.peaks[-4:] == (20.0,) * 4
    assert shown.jumps[-4:] == (2.0,) * 4


@pytest.mark.parametrize("billed", ["1", "0"])
def test_credits_that_pay_for_nearly_all_are_no_runaway(billed: str) -> None:
    """Two hundredths of the list's price on the bill, or nothing, each day for weeks; use is steady."""
    one = app(budget=usd(1500))
    town = Town(client=client(one))
    town.bill(NOW - timedelta(days=22), NOW - 3 * HOUR, billed)
    town.serve(NOW - timedelta(days=22), NOW, 50_000_000)  # 50 USD an hour by the list
    readings = town.read()
    mine = readings.apps["chat"]
    assert mine.rate == usd(billed)
    scores = judged(town.client, readings, PyodDetector(), PaceRecords(), NOW)
    found = detect(town.client, one, mine, scores, budgets=(), known=Expectations(id="chat"), allowance=None, now=NOW)
    assert (found.signals, found.running_away) == ((), False)
    (said,) = readings.doubts
    assert "estimates go by that" in said


def test_a_bill_that_estimates_do_not_go_by_is_said_where_they_are_read() -> None:
    """The credits ran out two days before: zero is no price any more. The list's stands, and the message says why."""
    town = Town()
    town.bill(NOW - timedelta(days=9), NOW - timedelta(days=4), 0)
    town.bill(NOW - timedelta(days=4), NOW - 3 * HOUR, 40)
    town.serve(NOW - timedelta(days=9), NOW, 50_000_000)
    readings = town.read()
    assert readings.ratios == {}
    assert ESTIMATE_ODD in [said.text for said in readings.apps["chat"].spend.basis]
