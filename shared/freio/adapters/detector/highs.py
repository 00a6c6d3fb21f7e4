"""A series' own records: the highest value of the last four weeks, as far as it was known."""

from __future__ import annotations

import numpy as np

from freio.adapters.detector.windows import DAY, Floats, ago


def highs(values: Floats, days: int) -> Floats:
    """For each hour the highest value of its own day so far and of the `days` days before: (hours, series)."""
    so_far = of_day_so_far(values)
    before = of_days_before(so_far[DAY - 1 :: DAY], days)
    for day in range(1, -(-len(values) // DAY)):
        block = so_far[day * DAY : (day + 1) * DAY]
        np.maximum(block, before[day], out=block)
    return so_far


def of_day_so_far(values: Floats) -> Floats:
    """For each hour the highest value of its own day up to it: (hours, series)."""
    out = values.copy()
    for hour in range(1, min(DAY, len(out))):
        block = out[hour::DAY]
        np.maximum(block, out[hour - 1 :: DAY][: len(block)], out=block)
    return out


def of_days_before(peaks: Floats, days: int) -> Floats:
    """For each day, and the one after them, the highest of the `days` days before it; 0 on the first: (days + 1, …)."""
    out = np.zeros((len(peaks) + 1, *peaks.shape[1:]), peaks.dtype)
    if len(peaks):
        np.maximum.accumulate(peaks[:days], axis=0, out=out[1 : days + 1])
    for day in range(days + 1, len(out)):
        out[day] = peaks[day - days : day].max(axis=0)
    return out


def records(values: Floats, days: int, lag: int) -> Floats:
    """The records that stood `lag` hours ago."""
    return ago(highs(values, days), lag)
