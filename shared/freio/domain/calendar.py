"""Budget months and days: they turn at midnight in the Pacific time zone (Google's budgets and daily quotas)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


def month_start(at: datetime) -> datetime:
    """The Pacific midnight that began the month of `at`, in UTC.

    >>> month_start(datetime(2026, 11, 1, 6, 59, tzinfo=UTC)).isoformat()
    '2026-10-01T07:00:00+00:00'
    """
    local = at.astimezone(PACIFIC)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def month_end(at: datetime) -> datetime:
    """The Pacific midnight that ends the month of `at`, in UTC."""
    first = month_start(at).astimezone(PACIFIC)
    year, month = (first.year + 1, 1) if first.month == 12 else (first.year, first.month + 1)
    return first.replace(year=year, month=month).astimezone(UTC)


def next_midnight(at: datetime) -> datetime:
    """The next Pacific midnight strictly after `at`, in UTC: a plain *keep running* lasts until then.

    >>> next_midnight(datetime(2026, 11, 23, 8, 0, tzinfo=UTC)).isoformat()
    '2026-11-24T08:00:00+00:00'
    """
    local = at.astimezone(PACIFIC)
    tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return tomorrow.astimezone(UTC)
