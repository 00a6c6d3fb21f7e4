"""What a lesson remembers of its hours: they are those of the clock that its people live by."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from freio.adapters.codec import decode, encode
from freio.domain.app import App, Level
from freio.domain.expectation import Expectations, Lesson
from freio.domain.incident import Action, Decision
from freio.domain.money import SpendRange
from freio.domain.signal import Signal, SignalKind
from freio.guard.decide import open_or_merge
from freio.guard.lessons import teach
from freio.guard.step import Step
from tests.unit.guard.watching import HOUR, Town, app, usd

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


def lesson_of(time_zone: str, at: datetime) -> Lesson:
    """An hour of a hundred dollars that ends then, called expected at once by somebody who lives there."""
    town, step, one = Town(), Step(at), app()
    spend = SpendRange(billed=usd(100), in_flight=usd(0), worst_case=usd(0))
    incident = open_or_merge(step, one, None, [told(one, at)], spend=spend, rate=usd(100))
    assert incident is not None
    decision = Decision(action=Action.EXPECTED, by="U1", at=at, until=at + DAY)
    teach(step, town.store, incident, decision, time_zone)
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
