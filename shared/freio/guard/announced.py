"""What was announced, taken out of what the detectors are shown: so that a sale is no example of the usual.

A sale of four times is no runaway while it lasts, because its hours are held against four times the usual. Shown as it
was, it would be its own record for four weeks, and hide a runaway of as much; its hours would count as alerts of the
past, and raise the threshold of all apps; and after four days of it the usual itself would be four times what it was,
times the four that were announced.

So an hour of which a part was announced is shown as what it was over its announcement, and never under its usual: what
stayed within it, as usual; twice what was announced, as twice the usual. Two simpler ways were tried with it, on a sale
of four times for five days, with runaways of three times that within it, at .25 alerts a week:

- left out, as trouble is that people have confirmed: what runs away in a sale is itself missing an hour later, and
  cannot be held. It was told in its first hour and in its third, and no more in its eighth; as it is here, in its third
  and in its eighth.
- divided and no more: "up to four times" is often two, or none by night. After four days the usual would be a half of
  what it is, or a quarter, for the week that follows: in what is told, and in what is said to be spent over it.

Where no hour of the days before is known, for the app or its records begin in a sale, the days after it say what is
usual: else its first day would stand as it was, the others of it beside that, and the whole sale would be back on the
day on which its beginning is forgotten. While no other days are known at all, a sale is what was announced, or four
times what runs in it would be expected; and as soon as it is over it is as it was, for "up to four times" may have been
once.

What people have called expected stays as it was: they have said that it is usual, and that an alert was none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

from freio.domain.app import App, Client
from freio.domain.expectation import Expectations
from freio.guard.season import DAY, DAYS_USUAL, usual_at
from freio.guard.telemetry import HOUR, floor_hour

_ONE = Decimal(1)
_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)

Series = list[float]


def announced(
    client: Client, app: App, known: Expectations, start: datetime, *, back: timedelta = timedelta(0)
) -> Decimal:
    """Up to how many times the usual was announced for an hour, or a part of it, by file or in the chat.

    ``back``  by how much what is said of the hour reaches into the one before it.
    """
    start = start.astimezone(UTC)
    return _said(client, app, known, start - back, start + HOUR - _INSTANT)


def expected_factor(client: Client, app: App, known: Expectations, now: datetime) -> Decimal:
    """How much more than usual is expected in the hour that ends now (1: nothing special), by file or announcement.

    An hour of which a part was expected is expected: else the end of each sale would be told as a runaway, for what ran
    until then. One that ends as a sale begins has no part of it.
    """
    now = now.astimezone(UTC)
    return _said(client, app, known, now - HOUR, now - _INSTANT)


def announced_until(client: Client, app: App, known: Expectations, now: datetime) -> datetime | None:
    """When what was announced for the hour that ends now is over; None: nothing was.

    Of several the largest counts, as it does for what is expected: when that is over, less is. By hand: a sale until
    the 25th in the file of a client in São Paulo ends at 03:00 UTC of the 26th.
    """
    now = now.astimezone(UTC)
    said = [one for one in _spans(client, app, known, now - HOUR, now - _INSTANT) if one[0] > 1]
    _, over = max(said, default=(_ONE, None))  # of two as large, the one that ends later
    return over


def _said(client: Client, app: App, known: Expectations, first: datetime, last: datetime) -> Decimal:
    return max((factor for factor, _ in _spans(client, app, known, first, last)), default=_ONE)


def _spans(
    client: Client, app: App, known: Expectations, first: datetime, last: datetime
) -> Iterator[tuple[Decimal, datetime]]:
    """What was announced for a part of that time, both moments in it, and when each is over.

    The file's days are those of the client's time zone; the last day that there is has none after it.
    """
    yield from ((one.factor, one.end) for one in known.planned if one.start <= last and first < one.end)
    zone = ZoneInfo(client.time_zone)
    first_day, last_day = (at.astimezone(zone).date() for at in (first, last))
    for one in app.expected:
        if one.start <= last_day and first_day <= one.end:
            after = min(one.end, date.max - _DAY) + _DAY
            yield one.factor, datetime.combine(after, time(), zone).astimezone(UTC)


def factors_of(
    client: Client,
    app: App,
    known: Expectations,
    count: int,
    until: datetime,
    *,
    now: Decimal,
    back: timedelta = timedelta(0),
) -> list[Decimal]:
    """Of so many hours up to the one that ends then, for which `now` was announced; empty: nothing was, of any."""
    if not (app.expected or known.planned):
        return []
    starts = [floor_hour(until) - (count - 1 - at) * HOUR for at in range(count - 1)]
    return [*(announced(client, app, known, start, back=back) for start in starts), now]


def plain(hours: Sequence[float], factors: Sequence[Decimal]) -> Series:
    """The hours as if nothing had been announced; NaN stays NaN. Without factors they are what they were.

    >>> plain([10.0] * 24 + [40.0, 20.0, 5.0, 80.0], [Decimal(1)] * 24 + [Decimal(4)] * 4)[24:]
    [10.0, 10.0, 5.0, 20.0]
    """
    if not any(factor > 1 for factor in factors):
        return list(hours)
    out: Series = []
    for at, (spent, factor) in enumerate(zip(hours, factors, strict=True)):
        if factor <= 1 or math.isnan(spent):
            out.append(spent)
            continue
        usual = usual_at(out, at)
        if math.isnan(usual):
            usual = _usual_after(hours, factors, at)
        known = not math.isnan(usual)
        least = spent / float(factor if known else min(factor, factors[-1]))
        out.append(min(spent, max(usual, least) if known else least))
    return out


def _usual_after(hours: Sequence[float], factors: Sequence[Decimal], at: int) -> float:
    """The middle of the same hour of seven days after it for which nothing was announced; the last is asked about."""
    same = [hours[one] for one in range(at + DAY, len(hours) - 1, DAY) if factors[one] <= 1]
    same = [value for value in same if not math.isnan(value)][:DAYS_USUAL]
    return median(same) if same else math.nan
