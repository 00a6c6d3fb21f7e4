"""How much of each bucket each minute and each Pacific day has used."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from freio.sandbox.google.catalogue import Limit
    from freio.sandbox.google.quotas import BucketKey

Minute: TypeAlias = int  # minutes since 1970, UTC

PACIFIC = ZoneInfo("America/Los_Angeles")
MINUTES_OF_A_DAY = 1_440


def minute_of(moment: datetime) -> Minute:
    return int(moment.timestamp()) // 60


@lru_cache(maxsize=4_096)
def _pacific_day_of_hour(hour: int) -> int:
    # An offset of the zone is a whole number of hours, so an hour lies in one Pacific day.
    return datetime.fromtimestamp(hour * 3_600, tz=UTC).astimezone(PACIFIC).toordinal()


def pacific_day(minute: Minute) -> int:
    """The day, as an ordinal, whose quota this minute uses: days begin at midnight in Los Angeles."""
    return _pacific_day_of_hour(minute // 60)


class Usage:
    """Counted units under each bucket; a month of minutes is kept as plain arrays, one of each UTC day."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._minutes: dict[tuple[BucketKey, int], array[int]] = {}
        self._days: dict[tuple[BucketKey, int], int] = {}

    def add(self, bucket: BucketKey, limit: Limit, minute: Minute, amount: int) -> None:
        if limit.period == "day":
            key = (bucket, pacific_day(minute))
            self._days[key] = self._days.get(key, 0) + amount
            return
        day, offset = divmod(minute, MINUTES_OF_A_DAY)
        counts = self._minutes.get((bucket, day))
        if counts is None:
            counts = self._minutes[bucket, day] = array("q", bytes(8 * MINUTES_OF_A_DAY))
        counts[offset] += amount

    def used(self, bucket: BucketKey, limit: Limit, minute: Minute) -> int:
        """What the window that holds this minute has used so far."""
        if limit.period == "day":
            return self._days.get((bucket, pacific_day(minute)), 0)
        day, offset = divmod(minute, MINUTES_OF_A_DAY)
        counts = self._minutes.get((bucket, day))
        return 0 if counts is None else counts[offset]

    def recent(self, bucket: BucketKey, limit: Limit) -> int:
        """What the safety check compares a new limit with: the running window or, of minutes, the last full one."""
        minute = minute_of(self._now())
        return max(self.used(bucket, limit, minute), self.used(bucket, limit, minute - 1))
