"""Freio's detector as the incident benchmark asks for one: every hour's score of every series, in one matrix.

The same numbers as `PyodDetector.score` on the series cut after each hour (a test holds them together). What an hour
may be depends on the hours before it alone, so here it is worked out once, and not again for every later hour.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from freio.adapters.pyod_detector import distance, envelope, features

Floats = NDArray[np.float64]


def score(spend: Floats) -> Floats:
    """USD per hour (series, hours) → scores of the same shape; column t uses columns ≤ t only."""
    return np.array([_scores(np.ascontiguousarray(series, float).tobytes()) for series in spend])


@lru_cache(maxsize=20_000)  # an injection changes 15 % of the series: the others come again as they were
def _scores(series: bytes) -> Floats:
    x = np.frombuffer(series)
    hours = [envelope(x, t) for t in range(len(x))]
    scores = np.array([hour.over(spent) for hour, spent in zip(hours, x, strict=True)])
    scores[0] = 0.0  # one hour is no history
    calm = scores < 1.0
    for t in np.flatnonzero(~calm):
        far = distance(features(x[: t + 1], hours[: t + 1]), calm=calm[: t + 1])
        if far is not None:
            scores[t] = min(scores[t], far)
    return scores
