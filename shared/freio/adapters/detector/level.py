"""How much a series spends when it spends: the unit of an excess, and what is small beside the client's other apps."""

from __future__ import annotations

import numpy as np

from freio.adapters.detector.windows import DAY, Floats

LEVEL_DAYS = 28
SMALL = 0.25  # of the client's median series: the least level an excess is measured in, so that cents wake nobody
NOT_ZERO = 1e-9  # money: less than any price of a token makes of an hour


def daily(x: Floats) -> tuple[Floats, Floats]:
    """Of each day: what was spent, and in how many hours anything was (days, series)."""
    starts = np.arange(0, len(x), DAY)
    return np.add.reduceat(x, starts, axis=0), np.add.reduceat((x > 0).astype(x.dtype), starts, axis=0)


def levels(spent: Floats, active: Floats) -> Floats:
    """The mean spend of a series' active hours, for every day: (days, series).

    From the four weeks that ended yesterday: of a day that is not over nothing is known. On the first day it is zero.
    A series of 10 USD in half of its hours has a level of 10.
    """
    out = np.zeros_like(spent)
    for day in range(1, len(spent)):
        out[day] = level(spent[:day], active[:day])
    return out


def level(spent: Floats, active: Floats) -> Floats:
    """The level of the day after these."""
    return np.asarray(spent[-LEVEL_DAYS:].sum(axis=0) / np.maximum(1, active[-LEVEL_DAYS:].sum(axis=0)))


def measured(level: Floats) -> Floats:
    """A day's levels, none under a quarter of the client's median one; a client of one app has no other to compare."""
    spending = level > 0
    small = SMALL * float(np.median(level[spending])) if spending.any() else 0.0
    return np.maximum(level, small) + NOT_ZERO
