"""What a lesson remembers of its hours: they are those of the clock that its people live by."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from freio.adapters.codec import decode, encode
from freio.domain.app import App, ExpectedEvent, Level
from freio.domain.expectation import Expectations, Lesson, Planned
from freio.domain.incident import Action, Decision
from freio.domain.money import Money, SpendRange
from freio.domain.signal import Signal, SignalKind
from freio.guard.decide import open_or_merge
from freio.guard.lessons import LESSON_FOR, teach
from freio.guard.step import Step
from tests.unit.guard.watching import HOUR, Town, app, client, usd

NEW_YORK, LONDON, KOLKATA = map(ZoneInfo, ("America/New_York", "Europe/London", "Asia/Kolkata"))
DAY = timedelta(days=1)


def told(one: App, at: datetime) -> Signal:
    return Signal(
        key="k",
        app=one.name,
        kind=SignalKind.SPIKE,
        level=Level.WARNING,
        at=at,
        observed=usd(100),
        usual=usd(1),
        window_minutes=60,
        score=3.0,
        driver="flash",
    )


def lesson_of(
    time_zone: str, at: datetime, *planned: Planned, after: timedelta = timedelta(0), **changes: Any
) -> Lesson:
    """An hour of a hundred dollars that ends then, called expected at once by somebody who lives there.

    ``planned``  what was announced in the chat before that; ``changes`` what the file says of the app; ``after`` how
    long they took to answer.
    """
    town, step, one = Town(), Step(at), app(**changes)
    announced = Expectations(id=one.name, planned=planned, count=len(planned))
    before = Step(at - HOUR)
    before.put(announced)
    town.store.commit(before.change())
    spend = SpendRange(billed=usd(100), in_flight=usd(0), worst_case=usd(0))
    incident = open_or_merge(step, one, None, [told(one, at)], spend=spend, rate=usd(100))
    assert incident is not None
    at += after
    step = Step(at)
    decision = Decision(action=Action.EXPECTED, by="U1", at=at, until=at + DAY)
    teach(step, town.store, incident, decision, client(one, time_zone=time_zone))
    town.store.commit(step.change())
    known = town.store.get(Expectations, "chat")
    assert known is not None
    return known.lessons[0]


@pytest.mark.parametrize(
    "taught",
    [
        datetime(2026, 10, 28, 3, tzinfo=NEW_YORK),  # the clocks go back on 1 November
        datetime(2027, 3, 10, 4, tzinfo=NEW_YORK),  # and forward on 14 March
        datetime(2026, 10, 22, 3, tzinfo=LONDON),  # back on 25 October
        datetime(2026, 10, 28, 3, tzinfo=KOLKATA),  # never; half an hour beside the hours of UTC
    ],
)
def test_the_hours_of_a_lesson_go_with_the_clocks(taught: datetime) -> None:
    """A nightly job that was called expected is so on every night, and the hours beside it are on none."""
    lesson = lesson_of(str(taught.tzinfo), taught.astimezone(UTC))
    for days in range(2, 14):
        nights = [(taught + days * DAY + beside * HOUR).astimezone(UTC) for beside in (-1, 0, 1)]  # of the clock
        assert [lesson.covers(usd(100), night) for night in nights] == [False, True, False], days


def test_a_level_in_another_currency_covers_nothing() -> None:
    """It was taught before the client's file named this one: what runs away is told, and its app looked at."""
    lesson = lesson_of("UTC", datetime(2026, 10, 28, 15, tzinfo=UTC))
    at = lesson.at + HOUR
    assert lesson.covers(usd(100), at)
    assert not lesson.covers(Money(Decimal(100), "BRL"), at)


def test_what_goes_on_is_learned_by_the_clock_of_the_lesson() -> None:
    """While it is hushed: an hour is news by the same clock that it will be covered by."""
    lesson = lesson_of("America/New_York", datetime(2026, 10, 31, 15, tzinfo=NEW_YORK))
    assert lesson.hours == (14,)
    assert lesson.learns(datetime(2026, 11, 1, 14, tzinfo=NEW_YORK))
    assert not lesson.learns(datetime(2026, 11, 1, 15, tzinfo=NEW_YORK))


def test_a_lesson_that_was_kept_without_a_time_zone_has_hours_of_utc() -> None:
    """It is read as it was meant, whoever's clocks have changed since."""
    lesson = replace(lesson_of("America/New_York", datetime(2026, 10, 28, 7, tzinfo=UTC)), hours=(6,))
    old = json.loads(encode(Expectations(id="chat", lessons=(lesson,), count=1)))
    del old["lessons"][0]["time_zone"]
    (read,) = decode(Expectations, 3, json.dumps(old)).lessons
    assert read == replace(lesson, time_zone="UTC")
    covered = [read.covers(usd(100), datetime(2026, 11, 9, hour, tzinfo=UTC)) for hour in (6, 7, 8)]
    assert covered == [False, True, False]


def test_what_was_expected_in_a_sale_is_forgotten_with_it() -> None:
    """A hundred an hour was more than the sale's; after it, it would be many times the usual, and hide a runaway."""
    at = datetime(2026, 11, 23, 15, tzinfo=UTC)
    sale = Planned(number=1, start=at - DAY, end=at + 3 * DAY, factor=Decimal(4), why="sale", by="U1", at=at - 2 * DAY)
    assert lesson_of("UTC", at, sale).until == sale.end
    assert lesson_of("UTC", at, replace(sale, start=at)).until == at + LESSON_FOR  # it was before the sale
    assert lesson_of("UTC", at, replace(sale, factor=Decimal(1))).until == at + LESSON_FOR
    soon = lesson_of("UTC", at, replace(sale, end=at + HOUR))
    assert soon.until == soon.hushed == at + DAY  # as long as people asked for


def test_of_sales_that_overlap_the_lesson_is_of_the_one_that_it_went_beyond() -> None:
    """Four times for three days of a month of one and a half: after them a hundred an hour would hide a runaway."""
    at = datetime(2026, 11, 23, 15, tzinfo=UTC)
    sale = Planned(number=1, start=at - DAY, end=at + 3 * DAY, factor=Decimal(4), why="sale", by="U1", at=at - 2 * DAY)
    month = replace(sale, number=2, end=at + 20 * DAY, factor=Decimal("1.5"))
    assert lesson_of("UTC", at, sale, month).until == sale.end
    assert lesson_of("UTC", at, sale, replace(month, factor=Decimal(4))).until == month.end
    of_file = ExpectedEvent(start=date(2026, 11, 20), end=date(2026, 12, 20), factor=Decimal(2), why="launch")
    assert lesson_of("UTC", at, sale, expected=(of_file,)).until == sale.end


@pytest.mark.parametrize("after", [HOUR, 3 * HOUR, 10 * HOUR])
def test_whoever_answers_when_a_sale_is_over_speaks_of_what_was_seen_in_it(after: timedelta) -> None:
    """On the next morning, of the last evening's hundred; and in a sale, of what was seen before it began."""
    at = datetime(2026, 11, 23, 15, tzinfo=UTC)
    sale = Planned(number=1, start=at - DAY, end=at, factor=Decimal(4), why="sale", by="U1", at=at - 2 * DAY)
    lesson = lesson_of("UTC", at, sale, after=after)
    assert lesson.until == lesson.hushed == at + after + DAY
    later = lesson_of("UTC", at, replace(sale, start=at, end=at + 3 * DAY), after=after)
    assert later.until == at + after + LESSON_FOR


def test_a_sale_of_the_file_ends_with_its_last_day_there() -> None:
    at = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # half past eleven in the evening of the 23rd
    sale = ExpectedEvent(start=date(2026, 11, 20), end=date(2026, 11, 25), factor=Decimal(4), why="sale")
    over = datetime(2026, 11, 26, 3, tzinfo=UTC)
    assert lesson_of("America/Sao_Paulo", at, expected=(sale,)).until == over
    later = replace(sale, start=date(2026, 11, 24))
    assert lesson_of("America/Sao_Paulo", at, expected=(later,)).until == at + LESSON_FOR


def test_the_hour_after_a_sale_is_no_part_of_it() -> None:
    """What is seen in it is a lesson of its own, of an announcement as of a file."""
    at = datetime(2026, 11, 24, 1, tzinfo=UTC)
    over = at - HOUR
    sale = Planned(number=1, start=at - DAY, end=over, factor=Decimal(4), why="sale", by="U1", at=at - 2 * DAY)
    of_file = ExpectedEvent(start=date(2026, 11, 20), end=date(2026, 11, 23), factor=Decimal(4), why="sale")
    assert lesson_of("UTC", at, sale).until == at + LESSON_FOR
    assert lesson_of("UTC", at, expected=(of_file,)).until == at + LESSON_FOR
    assert lesson_of("UTC", at, replace(sale, end=over + timedelta(minutes=1))).until == at + DAY


def test_what_a_file_expects_for_ever_has_no_end() -> None:
    """The last day that there is has no day after it."""
    at = datetime(2026, 11, 24, 1, tzinfo=UTC)
    always = ExpectedEvent(start=date(2026, 11, 20), end=date.max, factor=Decimal(4), why="it is new")
    for zone in ("UTC", "America/Sao_Paulo", "Pacific/Kiritimati"):
        assert lesson_of(zone, at, expected=(always,)).until == at + LESSON_FOR
