"""What the last hours come to: arrays of (hours, series), every hour from itself and earlier ones alone.

Hours lie in rows, so that a step along time is a view, and each operation runs over all series at once. Before the
first hour nothing was spent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]  # double precision, but where evidence is kept

DAY = 24
DAYS_USUAL = 7
WEEKS_BEFORE = (14 * DAY, 21 * DAY)  # hours: the same weekday two and three weeks ago
WEEKS_USUAL = max(WEEKS_BEFORE) // DAY  # days after which both of them are there
BEFORE = 2 * DAY - 1  # hours that the statistics of one look back on


def ago(x: Floats, hours: int) -> Floats:
    """`x` as it was so many hours ago, zero before its first hour: `ago([1, 2, 3], 1)` is `[0, 1, 2]`."""
    out = np.zeros_like(x)
    if hours < len(x):
        out[hours:] = x[: len(x) - hours]
    return out


def after_nothing(x: Floats) -> Floats:
    """`x` after the hours that its first ones look back on, in which nothing was spent."""
    return np.concatenate((np.zeros((BEFORE, *x.shape[1:]), x.dtype), x))


def statistics(x: Floats) -> dict[str, Floats]:
    """Everything that the evidence is made of: of the hours after the first `BEFORE`, which are what was before them.

    ``mean_3``, ``mean_24``: means of the last hours. ``low_3``, ``low_6``, ``low_12``: what none of them went under; a
    burst of one hour leaves it where it was, a loop that never ends lifts it. ``third_12``, ``third_24``,
    ``fifth_24``: the third lowest of half a day and of a day, and its fifth, so that a pause of two or four hours hides
    nothing. ``jump_3``: by how much an hour is over each of the three before. ``rise_3``: by how much each of the last
    three hours is over every hour of the day before them. ``gain_24``: by how much all but two hours of a day are over
    the same hour of the day before: a Monday gains on its Sunday, and is held against what it usually gains.
    """
    now = x[BEFORE:]
    out = {"hour": now}
    total = now + _ago(x, 1)
    for k in range(2, DAY):
        total += _ago(x, k)
        if k == 2:
            out["mean_3"] = total / 3
    out["mean_24"] = np.divide(total, DAY, out=total)
    three = _threes(x[BEFORE - DAY + 1 :])
    six = lowest_five_of_six(*_halves(three, 3))
    twelve = lowest_five(*_halves(six, 6))
    day = lowest_five(*_halves(twelve, 12))
    out |= {"low_3": three[0][-len(now) :], "low_6": six[0][-len(now) :], "low_12": twelve[0][-len(now) :]}
    out |= {"third_12": twelve[2][-len(now) :], "third_24": day[2], "fifth_24": day[4]}
    out["jump_3"] = np.maximum(0.0, now - np.maximum(np.maximum(_ago(x, 1), _ago(x, 2)), _ago(x, 3)))
    out["rise_3"] = np.maximum(0.0, out["low_3"] - _highest_of_day(x[BEFORE - 2 - DAY : -3]))
    gains = _threes(x[DAY:] - x[:-DAY])
    for hours in (3, 6, 12):
        gains = lowest_three(*_halves(gains, hours))
    out["gain_24"] = np.maximum(0.0, gains[2], out=gains[2])
    return out


def _ago(x: Floats, hours: int) -> Floats:
    return x[BEFORE - hours : len(x) - hours]


def _threes(x: Floats) -> list[Floats]:
    """Each hour and the two before it, lowest first."""
    return in_order(x[2:], x[1:-1], x[:-2])


def _halves(low: list[Floats], hours: int) -> tuple[list[Floats], list[Floats]]:
    """Of twice as long a window: what is said of its newer half, and of its older one."""
    return [each[hours:] for each in low], [each[:-hours] for each in low]


def _highest_of_day(x: Floats) -> Floats:
    """Of each hour and the 23 before it."""
    high = np.maximum(np.maximum(x[2:], x[1:-1]), x[:-2])
    for hours in (3, 6, 12):
        high = np.maximum(high[hours:], high[:-hours])
    return high


# What follows are sorting networks: pairs of arrays are exchanged element by element, and nothing is stacked.


def _exchanged(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    return np.minimum(a, b), np.maximum(a, b)


def in_order(a: Floats, b: Floats, c: Floats) -> list[Floats]:
    """Element by element, lowest first."""
    a, b = _exchanged(a, b)
    b, c = np.minimum(b, c), np.maximum(b, c)
    return [np.minimum(a, b), np.maximum(a, b), c]


def lowest_three(a: list[Floats], b: list[Floats]) -> list[Floats]:
    """The three lowest of six, which are three and three in order: in order too."""
    return in_order(np.minimum(a[0], b[2]), np.minimum(a[1], b[1]), np.minimum(a[2], b[0]))


def lowest_five_of_six(a: list[Floats], b: list[Floats]) -> list[Floats]:
    """All but the highest of three and three in order."""
    first, second = _exchanged(a[0], b[0])
    second, third = _exchanged(second, np.minimum(a[2], b[2]))
    low, high = _exchanged(a[1], b[1])
    return [first, *_exchanged(second, low), *_exchanged(third, high)]


def lowest_five(a: list[Floats], b: list[Floats]) -> list[Floats]:
    """The five lowest of ten, which are five and five in order: in order too."""
    low = [np.minimum(a[place], b[4 - place]) for place in range(5)]
    for one, other in ((0, 3), (1, 4), (0, 2), (1, 3), (0, 1), (2, 4), (1, 2), (3, 4), (2, 3)):
        low[one], low[other] = _exchanged(low[one], low[other])
    return low


def median(days: Sequence[Floats]) -> Floats:
    """Element by element, of seven arrays: the seventh, unless it is out of the middle two of the other six."""
    a, b = in_order(*days[:3]), in_order(*days[3:6])
    low = np.maximum(np.maximum(np.minimum(a[0], b[2]), np.minimum(a[1], b[1])), np.minimum(a[2], b[0]))
    high = np.minimum(np.minimum(np.maximum(a[0], b[2]), np.maximum(a[1], b[1])), np.maximum(a[2], b[0]))
    return np.maximum(low, np.minimum(high, days[6], out=high), out=low)


def usual(x: Floats) -> Floats:
    """What the same hour usually is: the median of the last seven days, or last week's weekday where that is more.

    Or what it was on that weekday both two and three weeks ago: a week in which everybody was away is no reason to call
    the next one odd, and what happened once, in one of those weeks, is none to call it usual. In the first week the
    days that there are stand in for the others; on the first day nothing is usual.
    """
    out = np.zeros_like(x)
    starts = (*range(DAY, DAYS_USUAL * DAY, DAY), DAYS_USUAL * DAY, max(WEEKS_BEFORE))
    for first, end in pairwise((*starts, max(len(x), *WEEKS_BEFORE))):
        last = min(end, len(x))
        if first < last:
            out[first:last] = usual_from(partial(_days_ago, x, first, last), first // DAY)
    return out


def _days_ago(x: Floats, first: int, last: int, days: int) -> Floats:
    return x[first - days * DAY : last - days * DAY]


def usual_from(days_ago: Callable[[int], Floats], days: int) -> Floats:
    """What is usual after so many days, one at least, from what the same hours were 1 to 7, 14 and 21 days ago."""
    usually = of_days([days_ago(back) for back in days_usual(days)])
    return or_before(usually, [days_ago(back // DAY) for back in WEEKS_BEFORE]) if days >= WEEKS_USUAL else usually


def days_usual(days: int) -> list[int]:
    """Which days ago the usual is of after so many days; in the first week some stand in for others."""
    return [1 + k % min(days, DAYS_USUAL) for k in range(DAYS_USUAL)]


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
            guess = median([x[t - DAY * back] for back in days_usual(days)])
        else:
            guess = x[t - 1] if t else np.zeros(x.shape[1])
        x[t] = np.where(missing[t], guess, x[t])
    return x
