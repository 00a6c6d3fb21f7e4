"""Months and days turn at midnight in California, whatever the clocks there do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freio.domain.calendar import PACIFIC, month_end, month_start, next_midnight


@pytest.mark.parametrize(
    ("at", "start", "end"),
    [
        ("2026-11-01T06:59:59+00:00", "2026-10-01T07:00:00+00:00", "2026-11-01T07:00:00+00:00"),
        ("2026-11-01T07:00:00+00:00", "2026-11-01T07:00:00+00:00", "2026-12-01T08:00:00+00:00"),  # DST ends that day
        ("2026-12-31T23:00:00+00:00", "2026-12-01T08:00:00+00:00", "2027-01-01T08:00:00+00:00"),
        ("2026-03-08T12:00:00+00:00", "2026-03-01T08:00:00+00:00", "2026-04-01T07:00:00+00:00"),
    ],
)
def test_a_month_is_googles(at: str, start: str, end: str) -> None:
    """The interval of a budget message begins at 07:00 or 08:00 UTC."""
    moment = datetime.fromisoformat(at)
    assert (month_start(moment).isoformat(), month_end(moment).isoformat()) == (start, end)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis adds the zone
def test_every_moment_is_in_its_month_and_before_its_midnight(at: datetime) -> None:
    """Months meet without a gap; a day there has 23 to 25 hours."""
    assert month_start(at) <= at < month_end(at)
    assert month_start(month_end(at)) == month_end(at)
    midnight = next_midnight(at)
    assert timedelta(0) < midnight - at <= timedelta(hours=25)
    assert midnight.astimezone(PACIFIC).hour == 0
