"""A series' own records: the highest value of the last four weeks, as far as it was known."""

from __future__ import annotations

import numpy as np

from freio.adapters.detector.windows import DAY, Floats, ago


def highs(values: Floats, days: int) -> Floats:
    """For each hour the highest value of its own day so far and of the `days` days before: (hours, series)."""
    hours = len(values)
    out = np.empty_like(values)
    peaks: list[Floats] = []
    for first in range(0, hours, DAY):
        block = np.maximum.accumulate(values[first : first + DAY], axis=0)
        before = peaks[-days:]
        out[first : first + DAY] = np.maximum(block, np.max(before, axis=0)) if before else block
        peaks.append(block[-1])
    return out


def records(values: Floats, days: int, lag: int) -> Floats:
    """The records that stood `lag` hours ago."""
    return ago(highs(values, days), lag)
