"""How late a row reaches the export: hours as a rule, more than a day at times, many rows in one load.

From the lag observed in public (hours to over a day, 1.6 days once): log-normal with a median of 5.5 hours and
sigma .65, then on to the next load, about one an hour; so about six hours, and later than 24 hours for one row in 45.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from statistics import NormalDist

from freio.sandbox.spend.chance import uniform
from freio.sandbox.spend.traffic import EPOCH

MEDIAN = timedelta(hours=5.5)
SIGMA = 0.65
LOAD_EVERY = timedelta(hours=1)


def export_time(usage_end: datetime, seed: int, *of: str) -> datetime:
    """When the row of usage that ended then is loaded; `of` names what it is about, so like rows travel together."""
    ready = usage_end + lag(uniform(seed, "lag", usage_end.isoformat(), *of))
    number = (ready - EPOCH) // LOAD_EVERY
    return next(at for at in (_load(seed, number + k) for k in range(3)) if at >= ready)


def lag(at: float) -> timedelta:
    """The lag that this share of rows does not exceed, before loads: .5 gives 5.5 hours, .98 gives 20.9."""
    return MEDIAN * math.exp(SIGMA * NormalDist().inv_cdf(at))


def _load(seed: int, number: int) -> datetime:
    """The moment of one load, at chance within its hour, to the second."""
    seconds = int(uniform(seed, "load", number) * LOAD_EVERY.total_seconds())
    return EPOCH + number * LOAD_EVERY + timedelta(seconds=seconds)
