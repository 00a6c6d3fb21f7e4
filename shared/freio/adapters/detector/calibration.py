"""The threshold that keeps a budget of alerts, from what the client's own past would have brought.

One threshold for all apps of a client: the least at which their past weeks, told with a day of silence after each
alert and under the money gate, come to no more alerts per app-week than the budget. A past of a few app-weeks is mostly
chance, so what other clients had (`Prior`) counts as `PRIOR_WEEKS` of it: with ``n`` alerts in ``w`` app-weeks at a
threshold, and a prior rate ``r``, the rate expected is ``(n + PRIOR_WEEKS * r) / (w + PRIOR_WEEKS)``, the mean of a
gamma posterior. A new client has the prior's threshold, ten apps after three weeks nearly their own.

What comes out, beside the prior alone and the least threshold, by clients drawn from recorded usage: `python -m bench
calibration`.

An hour is held against the threshold of its UTC day, which comes from the days before that alone: an alert does not
move the threshold that it was told by. Trouble that people have confirmed is not in the past that is shown here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.windows import DAY, Floats
from freio.domain.spend import Calibration

WEEK = 7 * DAY
PRIOR_WEEKS = 8.0  # app-weeks
SETTLED = WEEK  # hours after which an app's past is counted: before that all of it is new
SILENCE = DAY  # after an alert: as long as it is the same trouble to those who are told


@dataclass(frozen=True, slots=True)
class Prior:
    """Alerts per app-week of clean usage: `rate` at the `least` threshold, falling by a factor of e every 1 / `fall`.

    ``most`` is a threshold under which gross trouble always comes.
    """

    rate: float
    least: float
    fall: float
    most: float

    def rates(self, thresholds: Floats) -> Floats:
        return np.asarray(self.rate * np.exp(-self.fall * (thresholds - self.least)))

    def candidates(self) -> Floats:
        return np.geomspace(self.least, self.most, 24)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """By hour, the last one now; and what is known of the last one."""

    by_hour: Floats
    now: Calibration | None


def thresholds(
    scores: Floats, counts: NDArray[np.bool_], day: NDArray[np.int_], prior: Prior, budget: float
) -> Thresholds:
    """For each hour, from ``scores`` (apps, hours) of the days before its own.

    ``counts``  whether an hour is one of the past that is counted: the app was old enough.
    ``day``     the number of each hour's UTC day, and of some hours more of the last one, whose scores do not matter.
    ``budget``  alerts per app-week.
    """
    tried = prior.candidates()
    fired = np.cumsum(_alerts(np.where(counts, scores, 0.0), tried), axis=0)  # (hours, thresholds)
    weeks = np.cumsum(counts.sum(axis=0)) / WEEK
    by_hour = np.empty(len(day))
    starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    found = Calibration(threshold=0.0, expected=0.0, app_weeks=0.0)
    for start, end in zip(starts, [*starts[1:], len(day)], strict=True):
        n, w = (fired[start - 1], float(weeks[start - 1])) if start else (np.zeros(len(tried)), 0.0)
        rates = (n + PRIOR_WEEKS * prior.rates(tried)) / (w + PRIOR_WEEKS)
        over = np.flatnonzero(rates > budget)
        place = min(int(over[-1]) + 1, len(tried) - 1) if len(over) else 0
        by_hour[start:end] = tried[place]
        found = Calibration(threshold=float(tried[place]), expected=float(rates[place]), app_weeks=w)
    return Thresholds(by_hour, found)


def utc_days(last_hour: datetime, hours: int) -> NDArray[np.int_]:
    """The number of the UTC day of each of so many hours, the last of which ends now."""
    return np.asarray((int(last_hour.timestamp()) // 3600 - np.arange(hours)[::-1]) // DAY)


def _alerts(scores: Floats, tried: Floats) -> Floats:
    """How many apps are told of something new in each hour, at each threshold: (hours, thresholds)."""
    scores = scores[(scores >= tried[0]).any(axis=1)]
    apps, hours = scores.shape
    silent_until = np.zeros((len(tried), apps), dtype=int)
    out = np.zeros((hours, len(tried)))
    for hour in np.flatnonzero((scores >= tried[0]).any(axis=0)).tolist():
        told = (scores[:, hour] >= tried[:, np.newaxis]) & (silent_until <= hour)
        silent_until[told] = hour + SILENCE
        out[hour] = told.sum(axis=1)
    return out
