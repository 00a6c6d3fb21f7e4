"""What the last hours come to: arrays of (hours, series), every hour from itself and earlier ones alone.

Hours lie in rows, so that a step along time is a view, and each operation runs over all series at once. Before the
first hour nothing was spent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]  # double precision in the engine, single in a stream of the bench

DAY = 24
DAYS_USUAL = 7
WEEKS_BEFORE = (14 * DAY, 21 * DAY)  # hours: the same weekday two and three weeks ago


def ago(x: Floats, hours: int) -> Floats:
    """`x` as it was so many hours ago, zero before its first hour: `ago([1, 2, 3], 1)` is `[0, 1, 2]`."""
    out = np.zeros_like(x)
    if hours < len(x):
        out[hours:] = x[: len(x) - hours]
    return out


def statistics(back: Callable[[int], Floats]) -> dict[str, Floats]:
    """Everything that the evidence is made of, from `back(k)`: the spend of k hours ago, 0 to 47.

    ``mean_3``, ``mean_24``: means of the last hours. ``low_3``, ``low_6``, ``low_12``: what none of them went under; a
    burst of one hour leaves it where it was, a loop that never ends lifts it. ``third_12``, ``third_24``,
    ``fifth_24``: the third lowest of half a day and of a day, and its fifth, so that a pause of two or four hours hides
    nothing. ``jump_3``: by how much an hour is over each of the three before. ``rise_3``: by how much each of the last
    three hours is over every hour of the day before them. ``gain_24``: by how much all but two hours of a day are over
    the same hour of the day before: a Monday gains on its Sunday, and is held against what it usually gains.
    """
    now = back(0)
    out = {"hour": now}
    total, low, lowest_few = now, now, [now]
    least_gains: list[Floats] = [now - back(DAY)]
    high = back(1)
    for k in range(1, DAY):
        before = back(k)
        total = total + before
        if k < 12:
            low = np.minimum(low, before)
        insert(lowest_few, before, 5)
        insert(least_gains, before - back(k + DAY), 3)
        if k < 4:
            high = np.maximum(high, before)
        if k + 1 in (3, 6, 12):
            out[f"low_{k + 1}"] = low
        if k + 1 in (3, DAY):
            out[f"mean_{k + 1}"] = total / (k + 1)
        if k + 1 == 12:
            out["third_12"] = lowest_few[2]
    out["jump_3"] = np.maximum(0.0, now - high)
    out["rise_3"] = np.maximum(0.0, out["low_3"] - highest(back, 3, 3 + DAY))
    out["gain_24"] = np.maximum(0.0, least_gains[2])
    return out | {"third_24": lowest_few[2], "fifth_24": lowest_few[4]}


def highest(back: Callable[[int], Floats], first: int, end: int) -> Floats:
    """The highest of what was `first` to `end` - 1 hours ago."""
    high = back(first)
    for k in range(first + 1, end):
        high = np.maximum(high, back(k))
    return high


def insert(low: list[Floats], array: Floats, many: int) -> None:
    """Element by element, keeps the `many` lowest of what was inserted, in order.

    Pairs are exchanged as in a sorting network: no sort of short rows, and nothing is stacked.
    """
    for place, value in enumerate(low):
        low[place], array = np.minimum(value, array), np.maximum(value, array)
    if len(low) < many:
        low.append(array)


def usual(x: Floats) -> Floats:
    """What the same hour usually is: the median of the last seven days, or last week's weekday where that is more.

    Or what it was on that weekday both two and three weeks ago: a week in which everybody was away is no reason to call
    the next one odd, and what happened once, in one of those weeks, is none to call it usual. In the first week the
    days that there are stand in for the others; on the first day nothing is usual.
    """
    out = np.zeros_like(x)
    for first in range(DAY, min(len(x), DAYS_USUAL * DAY), DAY):  # the first week, day by day
        last = min(first + DAY, len(x))
        back = [1 + k % (first // DAY) for k in range(DAYS_USUAL)]
        out[first:last] = of_days([x[first - DAY * k : last - DAY * k] for k in back])
    start = DAYS_USUAL * DAY
    if len(x) > start:
        out[start:] = of_days([x[start - DAY * k : len(x) - DAY * k] for k in range(1, DAYS_USUAL + 1)])
    start = max(WEEKS_BEFORE)
    if len(x) > start:
        out[start:] = or_before(out[start:], [x[start - back : len(x) - back] for back in WEEKS_BEFORE])
    return out


def coming(x: Floats) -> Floats:
    """What each hour usually is, and the one after the last: (hours + 1, series). It is of the days before it."""
    return usual(np.concatenate((x, x[-1:])))


def around(usually: Floats) -> Floats:
    """The highest of what the hour before, this one and the next usually are, from what `coming` says.

    A job that comes an hour early or late, or by a clock that was changed, is still in its time.
    """
    return np.maximum(np.maximum(ago(usually, 1)[:-1], usually[:-1]), usually[1:])


def of_days(days: Sequence[Floats]) -> Floats:
    """The usual from the seven days before: their median, or the oldest (the same weekday) where that is more."""
    return np.maximum(median(days), days[-1])


def or_before(usually: Floats, weekdays: Sequence[Floats]) -> Floats:
    """The usual, or what the same weekday was in each of the `WEEKS_BEFORE` where that is more."""
    return np.maximum(usually, np.minimum.reduce(weekdays))


def median(days: Sequence[Floats]) -> Floats:
    """Element by element, of an odd number of arrays."""
    low: list[Floats] = []
    for day in days:
        insert(low, day, len(days) // 2 + 1)
    return low[-1]


def known(x: Floats) -> Floats:
    """Hours that are missing (NaN) as they usually are: a feed that was silent has not spent nothing.

    On the first day the hour before stands in. An hour of an incident that a person has confirmed may be given as
    missing too: then it teaches nothing.
    """
    missing = np.isnan(x)
    if not missing.any():
        return x
    x = x.copy()
    for t in np.flatnonzero(missing.any(axis=1)).tolist():
        days = t // DAY
        if days:
            guess = median([x[t - DAY * (1 + k % min(days, DAYS_USUAL))] for k in range(DAYS_USUAL)])
        else:
            guess = x[t - 1] if t else np.zeros(x.shape[1])
        x[t] = np.where(missing[t], guess, x[t])
    return x
