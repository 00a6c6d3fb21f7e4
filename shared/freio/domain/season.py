"""Days that are not like the others: holidays, and the ends of months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum

EDGE = 2  # days at either end of a month
SUNDAY = 6


class DayKind(StrEnum):
    """What a day is compared with: others of its kind."""

    ORDINARY = "ordinary"
    SUNDAY = "sunday"
    HOLIDAY = "holiday"
    MONTH_END = "month_end"
    MONTH_START = "month_start"

    @property
    def rests(self) -> bool:
        """Whether offices are closed."""
        return self in {DayKind.SUNDAY, DayKind.HOLIDAY}


def kind_of(day: date, is_holiday: Callable[[date], bool]) -> DayKind:
    """A holiday is one wherever it falls; of the other days, the last and the first two of a month are its edges.

    >>> str(kind_of(date(2026, 11, 29), lambda day: False)), str(kind_of(date(2026, 11, 22), lambda day: False))
    ('month_end', 'sunday')
    """
    if is_holiday(day):
        return DayKind.HOLIDAY
    if day.day <= EDGE:
        return DayKind.MONTH_START
    if (day + timedelta(days=EDGE)).month != day.month:
        return DayKind.MONTH_END
    return DayKind.SUNDAY if day.weekday() == SUNDAY else DayKind.ORDINARY
