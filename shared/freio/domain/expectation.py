"""What people have said of an app's spend: that it was expected, that it will be, or that it was trouble."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from freio.domain.money import Money

SLACK = Decimal("1.2")  # a rate that was called expected wavers
KEPT = timedelta(days=40)  # hours of trouble, and of what was announced: as long as anything looks back (a calendar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Somebody called an incident *expected*: its level is usual, at any hour at first, and later in its own hours.

    ``number``  how people name it, among all that was said of its app.
    ``level``   what an hour may cost, and a fifth more.
    ``hours``   the hours of the day in which it ran; while it is `hushed`, those in which it goes on running come to
                them. They are those of ``time_zone``, where its people live: what runs every night at two goes on at
                two when the clocks change. A lesson that was kept before that was known has hours of UTC.
    ``hushed``  until when it is expected at every hour; ``until`` when the lesson is forgotten.
    """

    number: int
    incident: str
    by: str
    at: datetime
    level: Money
    hours: tuple[int, ...]
    hushed: datetime
    until: datetime
    time_zone: str = "UTC"

    def covers(self, rate: Money, now: datetime) -> bool:
        """Whether an hour that ends now and costs that much was said to be expected.

        A level from before the client's file named this currency says nothing of it.
        """
        if now >= self.until or rate.currency != self.level.currency or not rate <= self.level * SLACK:
            return False
        return now < self.hushed or ended(now, self.time_zone) in self.hours

    def learns(self, now: datetime) -> bool:
        """Whether the hour that ends now is news to it."""
        return now < self.hushed and ended(now, self.time_zone) not in self.hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Somebody announced it in the chat: from `start` until `end`, up to `factor` times the usual.

    ``number`` is how people name it, among all that was said of its app.
    """

    number: int
    start: datetime
    end: datetime
    factor: Decimal
    why: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Somebody throttled an incident: what ran from `since` until it was over is no example of what is usual.

    ``until`` is None while it is still open.
    """

    incident: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """Everything that people have said of one app; `id` is the app's name, `count` how many numbers were given."""

    id: str
    count: int = 0
    lessons: tuple[Lesson, ...] = ()
    planned: tuple[Planned, ...] = ()
    confirmed: tuple[Confirmed, ...] = ()
    version: int = 0
    due_at: datetime | None = None

    def covers(self, rate: Money, now: datetime) -> bool:
        """Whether some lesson covers this rate."""
        return any(lesson.covers(rate, now) for lesson in self.lessons)

    def factor(self, now: datetime) -> Decimal:
        """Up to how many times the usual was announced for now (1: nothing was)."""
        return max((one.factor for one in self.planned if one.start <= now < one.end), default=Decimal(1))

    def excluded(self) -> tuple[tuple[datetime, datetime], ...]:
        """The spans of trouble that is over."""
        return tuple((one.since, one.until) for one in self.confirmed if one.until is not None)

    def without(self, number: int) -> Expectations:
        """Without what has this number; the same where nothing has."""
        return replace(
            self,
            lessons=tuple(one for one in self.lessons if one.number != number),
            planned=tuple(one for one in self.planned if one.number != number),
        )

    def remembered(self, now: datetime) -> Expectations:
        """Without what is forgotten.

        What was announced is remembered when it is over: its last hour is still judged, and its days are no example.
        """
        return replace(
            self,
            lessons=tuple(one for one in self.lessons if now < one.until),
            planned=tuple(one for one in self.planned if now < one.end + KEPT),
            confirmed=tuple(one for one in self.confirmed if one.until is None or now < one.until + KEPT),
        )


def ended(now: datetime, time_zone: str) -> int:
    """The hour of the day, there, that most of the hour ending now lies in.

    >>> from datetime import UTC
    >>> ended(datetime(2026, 11, 23, 15, 10, tzinfo=UTC), "UTC")
    14
    >>> ended(datetime(2026, 11, 23, 15, 40, tzinfo=UTC), "America/Sao_Paulo")
    12
    """
    return (now - timedelta(minutes=30)).astimezone(ZoneInfo(time_zone)).hour
