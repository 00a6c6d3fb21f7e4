"""A series' own records: the highest value of the last four weeks, as far as it was known."""

from __future__ import annotations

import numpy as np

from freio.adapters.detector.windows import DAY, Floats, ago


def highs(values: Floats, days: int) -> Floats:
    """For each hour the highest value of its own day so far and of the `days` days before: (hours, series)."""
    out = np.empty_like(values)
    peaks = np.empty((-(-len(values) // DAY), *values.shape[1:]), values.dtype)  # of each day
    for day in range(len(peaks)):
        block = out[day * DAY : (day + 1) * DAY]
        np.maximum.accumulate(values[day * DAY : (day + 1) * DAY], axis=0, out=block)
        peaks[day] = block[-1]
        if day:
            np.maximum(block, peaks[max(0, day - days) : day].max(axis=0), out=block)
    return out


def records(values: Floats, days: int, lag: int) -> Floats:
    """The records that stood `lag` hours ago."""
    return ago(highs(values, days), lag)
