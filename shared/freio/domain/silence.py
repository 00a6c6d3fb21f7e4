"""Silence: a feed that used to speak has said nothing for longer than it ever did. It is no quiet, and no zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

HOUR = timedelta(hours=1)
LONGER = 1.5  # times the longest pause that was
ENOUGH = 24  # hours in which it spoke, on three days at least: before that it has no habits
THREE_DAYS = timedelta(days=3)
KEPT = timedelta(days=28)


class Feed(StrEnum):
    """Where Freio knows spend from."""

    TELEMETRY = "telemetry"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing since `since`, for `lasted`; until now never for longer than `usual`. More than `allowed` is silence."""

    feed: Feed
    since: datetime
    lasted: timedelta
    usual: timedelta
    allowed: timedelta


def pause(hours: Sequence[datetime]) -> timedelta:
    """The longest pause between hours in which something was said.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 23, tzinfo=UTC)
    >>> str(pause([at, at + HOUR, at + 4 * HOUR]))
    '2:00:00'
    """
    return max((b - a - HOUR for a, b in pairwise(hours)), default=timedelta(0))


def silence(
    feed: Feed, hours: Sequence[datetime], last: datetime, now: datetime, *, least: timedelta
) -> Silence | None:
    """Whether a feed is silent at `now`, which spoke in these hours (in order), until `last`.

    ``least``  a silence of less is none, however steady the feed was.
    """
    if len(hours) < ENOUGH or now - hours[0] < THREE_DAYS:
        return None
    usual, lasted = pause(hours), now - last
    allowed = max(usual * LONGER, least)
    if lasted <= allowed:
        return None
    return Silence(feed=feed, since=last, lasted=lasted, usual=usual, allowed=allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How late the export usually is, learned by watching: its hours come in bunches, each later than the one before.

    ``until``   the end of what it was complete to at the last look.
    ``latest``  by day, how late it was at most just before more came.
    """

    id: str = "export"
    until: datetime | None = None
    latest: tuple[tuple[date, timedelta], ...] = ()
    version: int = 0
    due_at: datetime | None = None

    def seen(self, until: datetime, now: datetime) -> Lateness:
        """With what a look says; how late it was is known once it has moved on."""
        if self.until is None or until <= self.until:
            return self if self.until is not None else replace(self, until=until)
        late = now - self.until
        days = {day: most for day, most in self.latest if day > (now - KEPT).date()}
        days[now.date()] = max(late, days.get(now.date(), late))
        return replace(self, until=until, latest=tuple(sorted(days.items())))

    def silence(self, now: datetime, *, least: timedelta, unknown: timedelta) -> Silence | None:
        """Whether it is silent; ``unknown`` is how late it may be before it has been watched for three days."""
        if self.until is None:
            return None
        usual, lasted = max((most for _, most in self.latest), default=timedelta(0)), now - self.until
        allowed = max(usual * LONGER, least, unknown if len(self.latest) < THREE_DAYS.days else least)
        if lasted <= allowed:
            return None
        return Silence(feed=Feed.EXPORT, since=self.until, lasted=lasted, usual=usual, allowed=allowed)
