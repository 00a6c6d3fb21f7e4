"""How far off the forecast was at each earlier day, and what it may be off by now: conformal, over a client's apps.

For every earlier day the forecast is made again from what was known then, for as many days as have come since, and its
sum is held against what came: a score, the log of their ratio. A series is measured by its own mean score, so that
what holds for steady apps holds for bursty ones too, and the scores in that measure are one pool of all apps. No
distribution is assumed, nor that days err apart from each other; what the range covers is measured in
`bench/forecast.py`. The method is split conformal prediction with a scaled score (Lei et al. 2018, section 5.2), in
time order; scores of one series overlap, so that its promise is what is measured, and not a theorem.

An app alone, or new, has few scores: so a pool begins with those of recorded usage (`USUAL`), worth 40 of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from freio.adapters.forecaster.models import Floats, Path

FEWEST = 4  # days that a forecast is made from, where it is only held against what came
SOFT = 0.1  # of the mean day: added to both sides of a ratio, so that a day without spend is no infinity
CAP = 3.0  # of a score: a twentieth, or twenty times
LEAST = 0.02  # of a series' mean score: nobody knows a month to the cent
OWN = 1.0  # scores that the client's mean weighs in a series' own
GROWS = 0.25  # the power of the days counted with which scores grow: most windows of the past are shorter than the rest
PERCENTS = np.arange(1, 100) / 100

# Scores of ServeGen's clients of folds 0 and 1 (see `bench/forecast.py`), in their own measure, at 2.5, 7.5, … 97.5 %;
# and their mean size, of one day.
USUAL = np.array(
    (
        *(-2.03, -1.58, -1.36, -1.18, -1.03, -0.92, -0.78, -0.61, -0.42, -0.27),
        *(-0.12, -0.03, 0.15, 0.37, 0.53, 0.72, 0.90, 1.12, 1.35, 1.73),
    )
)
USUAL_SIZE = 0.77
USUAL_WEIGHT = 40.0


def outlooks(
    series: Sequence[Floats], weights: Floats, path: Path, special: Sequence[Floats] | None = None
) -> list[Floats]:
    """What each series spends over the coming days, as 99 percentiles.

    ``series``  money of each day, oldest first, at least `FEWEST`.
    ``weights`` how much of each coming day counts: ``[0, 1, 1, .5]`` is from the second one for two days and a half.
    ``special`` of each series, at least and at most how many times the usual each coming day costs. Every amount
                between them is as likely as another, and what is known of a day is as much off as the forecast is: the
                tenth percentile takes a tenth of the way. That makes a range too wide where both err apart, and none
                too narrow. By hand: of two days at 100, one is up to three times as dear: 200 at least, 400 at most,
                and 300 in the middle.
    """
    scores = [_scores(days, weights, path) for days in series]
    count = sum(map(len, scores))
    size = (sum(np.abs(each).sum() for each in scores) + USUAL_WEIGHT * USUAL_SIZE) / (count + USUAL_WEIGHT)
    measures = [max(LEAST, float((np.abs(each).sum() + OWN * size) / (len(each) + OWN))) for each in scores]
    pool = np.concatenate([USUAL, *(each / measure for each, measure in zip(scores, measures, strict=True))])
    worth = np.concatenate([np.full(len(USUAL), USUAL_WEIGHT / len(USUAL)), np.ones(count)])
    off = quantiles(pool, worth, PERCENTS) * weights.sum() ** GROWS
    found = []
    usual = np.ones((len(weights), 2))
    for days, measure, times in zip(series, measures, special or [usual] * len(series), strict=True):
        soft = SOFT * days.mean() * weights.sum()
        low, high = (path(days, len(weights)) * weights) @ times
        expected = low + (high - low) * PERCENTS
        found.append(np.maximum(0.0, (expected + soft) * np.exp(off * measure) - soft))
    return found


def _scores(days: Floats, weights: Floats, path: Path) -> Floats:
    """One for each day from which the coming ones could be foretold, put as if one day were counted."""
    found = []
    for origin in range(FEWEST, len(days)):
        counted = weights[: len(days) - origin]
        if not counted.any():
            continue
        soft = SOFT * days[:origin].mean() * counted.sum() + 1e-9
        came = days[origin : origin + len(counted)] @ counted
        said = path(days[:origin], len(counted)) @ counted
        score = np.log((came + soft) / (said + soft))
        found.append(np.clip(score, -CAP, CAP) / counted.sum() ** GROWS)
    return np.array(found, dtype=float)


def quantiles(values: Floats, worth: Floats, shares: Floats) -> Floats:
    """Weighted quantiles, straight between the middles of the values' weights."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(worth[order]) - worth[order] / 2
    return np.asarray(np.interp(shares, reached / worth.sum(), values[order]))
