"""Estimators of a usage series' shape: what is fitted on real usage, and checked on what is generated.

A series is the count of requests in ten-minute steps from a local midnight, whole days. The model, for step t
in hour h of weekday d:

    requests(t) ~ Poisson(level · hour[h] · weekday[d] · on(t) · exp(x(t) - sigma²/2))

`x` is Gaussian with deviation `sigma`, and the sum of a smooth part (a first-order autoregression with coefficient
`phi` per step, share `smooth` of the variance) and a rough one (independent steps), so that its autocorrelation is
smooth·phi^k at lag k. `on` switches between runs of traffic and runs of none, geometric in length.

Why not a single autoregression: real series lose much of their correlation in the first ten minutes and keep the
rest for hours; one coefficient cannot say both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

STEPS_PER_HOUR = 6
STEPS_PER_DAY = 144

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Burstiness:
    """Deviation of log traffic about its daily shape, the smooth share of its square, and `phi` per ten minutes."""

    sigma: float
    smooth: float
    phi: float


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """Share of ten-minute steps without traffic, and the mean length, in steps, of a run with traffic."""

    inactive: float
    active_run: float


def hour_shape(series: Floats) -> Floats:
    """Typical traffic of each of the 24 hours, by the median day, with mean 1; needs whole days.

    The median of the days, so that one launch at three in the morning does not become a habit.
    """
    by_hour = series.reshape(-1, 24, STEPS_PER_HOUR).sum(axis=2)
    typical: Floats = np.median(by_hour, axis=0)
    mean = float(typical.mean())
    if mean <= 0:
        raise ValueError(f"no hour shape: the median day of {len(by_hour)} days has no traffic")
    return typical / mean


def burstiness(series: Floats) -> Burstiness:
    """Deviation, smooth share and `phi` of log traffic over the steps that have any.

    It is measured about the series' own mean for each hour of the day; about one mean where less than three tenths
    of the steps have traffic, because 24 means of a few runs would take the smooth part for a habit.

    `phi` comes from the autocorrelations at one hour and at one step: (r6 / r1)^(1/5); smooth = r1 / phi.
    Example: r1 = .60 and r6 = .50 give phi = .964 and smooth = .62.
    """
    on: Flags = series > 0
    hours = (np.arange(len(series)) // STEPS_PER_HOUR) % 24 if on.mean() >= 0.3 else np.zeros(len(series), np.int64)
    logs = np.log(np.where(on, series, 1.0))
    count = np.bincount(hours[on], minlength=24)
    mean = np.bincount(hours[on], logs[on], 24) / np.maximum(count, 1)
    residual = np.where(on, logs - mean[hours], 0.0)
    variance = float((residual[on] ** 2).mean())
    near = _correlation(residual, on, 1, variance)
    far = _correlation(residual, on, STEPS_PER_HOUR, variance)
    near = min(max(near, 0.0), 0.999)
    far = min(max(far, 0.0), near)
    phi = min((far / near) ** (1 / (STEPS_PER_HOUR - 1)), 0.999) if near > 0 else 0.0
    smooth = min(near / phi, 1.0) if phi > 0 else 0.0
    return Burstiness(sigma=float(np.sqrt(variance)), smooth=smooth, phi=phi)


def gaps(series: Floats) -> Gaps:
    """How much of the time nothing is asked, and how long a run of traffic lasts."""
    on: Flags = series > 0
    starts = int(on[0]) + int(np.count_nonzero(on[1:] & ~on[:-1]))
    return Gaps(inactive=float(1 - on.mean()), active_run=float(on.sum() / max(starts, 1)))


def _correlation(residual: Floats, on: Flags, lag: int, variance: float) -> float:
    """Autocorrelation at `lag` over the pairs of steps that both have traffic; 0 where there is no such pair."""
    both = on[lag:] & on[:-lag]
    if not both.any() or variance == 0:
        return 0.0
    return float((residual[lag:] * residual[:-lag])[both].mean() / variance)
