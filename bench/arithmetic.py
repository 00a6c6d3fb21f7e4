"""The arithmetic of the benchmarks: arrivals, percentiles, ratios. Pure, and chance comes as a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import median

from freio.domain.forecast import LEVEL


def arrivals(count: int, per_second: float, seed: int) -> list[float]:
    """When each of `count` clicks is due, in seconds: a Poisson process, of which the first arrives at 0."""
    chance = random.Random(seed)
    due = [0.0]
    while len(due) < count:
        due.append(due[-1] + chance.expovariate(per_second))
    return due


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: the least of `values` that at least `share` of them do not exceed. It never interpolates.

    >>> percentile([10, 20, 30, 40], 0.5), percentile([10, 20, 30, 40], 0.99)
    (20, 40)
    """
    if not values or not 0 < share <= 1:
        raise ValueError(f"no {share} percentile of {len(values)} values")
    return sorted(values)[math.ceil(share * len(values)) - 1]


def ratio_interval(
    ours: Sequence[float], theirs: Sequence[float], seed: int, draws: int = 2000
) -> tuple[float, float, float]:
    """median(ours) / median(theirs), and its 95 % interval (percentile bootstrap, both sides drawn anew)."""
    chance = random.Random(seed)
    ratios = [
        median(chance.choices(ours, k=len(ours))) / median(chance.choices(theirs, k=len(theirs))) for _ in range(draws)
    ]
    return median(ours) / median(theirs), percentile(ratios, 0.025), percentile(ratios, 0.975)


def edges() -> tuple[int, int]:
    """Where a forecast's range begins and ends among its 99 percentiles."""
    tail = int((1 - LEVEL) / 2 * 100)
    return tail - 1, 99 - tail


def within(low: float, came: float, high: float) -> int:
    """Whether what came lies within (0), below (-1) or above (1)."""
    slack = 1e-6 * max(1.0, came)  # a range without width holds what is equal to it
    return -1 if came < low - slack else 1 if came > high + slack else 0
