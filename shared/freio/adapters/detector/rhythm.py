"""Whether a series keeps a daily rhythm: how far its hours go up and down with the usual ones, over the last week."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.windows import DAY, Floats

WEEK_DAYS = 7
KEEPS = 0.75  # of a correlation: from here on a series is judged by its rhythm too
SEEN_DAYS = 3  # of usual hours, before anything is a rhythm
SWING = 0.003  # of the squared mean: what goes up and down by less than a twentieth has no rhythm to keep


def of_hours(x: Floats, usual: Floats) -> Floats:
    """What one hour adds to its day's sums (5, …), from what it cost and what it usually does.

    In square roots, so that the highest hour of a week does not decide alone.
    """
    root, rest = np.sqrt(x, dtype=float), np.sqrt(usual, dtype=float)
    return np.stack([root, rest, root * root, rest * rest, root * rest])


def of_days(x: Floats, usual: Floats) -> Floats:
    """The sums (5, days, series) of spend (hours, series); on the first day nothing is usual, and nothing is summed."""
    sums = np.add.reduceat(of_hours(x, usual), np.arange(0, len(x), DAY), axis=1)
    sums[:, :1] = 0.0
    return np.asarray(sums)


def keeps(sums: Floats, days: int) -> NDArray[np.bool_]:
    """Whether each series kept its rhythm over so many whole days, whose sums (5, series) these are.

    The correlation of its hours with the usual ones, in square roots. A day that is busy from nine to six, and hardly
    ever otherwise, has one of about 1; a flat series, and one that bursts at any hour, has none.
    """
    if days < SEEN_DAYS:
        return np.zeros(sums.shape[1], dtype=bool)
    mean, usually, square, usual_square, product = sums / (days * DAY)
    together = product - mean * usually
    apart = np.sqrt(np.maximum(0.0, square - mean * mean) * np.maximum(0.0, usual_square - usually * usually))
    return np.asarray(together >= KEEPS * (apart + SWING * mean * usually) + np.finfo(float).tiny)


def every_day(x: Floats, usual: Floats) -> NDArray[np.bool_]:
    """For each day whether the rhythm was kept over the week that ended the day before: (days, series)."""
    sums = of_days(x, usual)
    out = np.zeros(sums.shape[1:], dtype=bool)
    for day in range(1, len(out)):
        past = slice(max(1, day - WEEK_DAYS), day)
        out[day] = keeps(sums[:, past].sum(axis=1), past.stop - past.start)
    return out
