"""The detector of paces: a seasonal envelope rule and a nearest-neighbour model, which both have to fire.

It judges how fast tokens come, within minutes. The records of `freio.adapters.detector` find more, but by what lasts
for hours: on paces they alerted after 88 minutes of a spike where this rule did after 20, in the same bench.

Causal: the score of an hour uses that hour and earlier ones alone. Seasonal: an hour is compared with the same hour
of the last two weeks, and of the same weekday. The model is PyOD's KNN on four features of the series' own calm hours;
hours that the envelope already calls odd stay out of its training, or a lasting incident would soon have near
neighbours of its own. Neither is asked about the whole history, nor PyOD imported, before the last hour looks odd: a
tick with nothing to say costs well under a millisecond for each series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from freio.domain.phrase import Phrase
from freio.domain.sentences import DEVIATIONS as ONLY_DEVIATIONS
from freio.domain.sentences import TIMES_THE_USUAL
from freio.domain.spend import Score

Floats = NDArray[np.float64]

DAY, WEEK = 24, 168
DAYS_BACK = 14
WEEKS_BACK = 4
MIN_DAYS = 3  # before that, an hour is compared with all that went before it
MIN_TRAINING = 72  # calm hours that a neighbour model needs
# DEVIATIONS, OVER_HIGH and QUANTILE were chosen on two fifths of the clients of real usage (ServeGen; SHA-256 of
# ``fold:<client>`` modulo 5 is 0 or 1), for fewer false alerts while nine of ten injected incidents were still seen.
DEVIATIONS = 6.0  # robust deviations over the same hour's median that the envelope takes
OVER_HIGH = 1.5  # times the usual dearest hour of a day that it takes as well
NEIGHBOURS = 5
QUANTILE = 0.95  # of the model's own scores on calm hours: its threshold
NOT_ZERO = 1e-6  # money: less than any price of a token makes of an hour


class PaceDetector:
    """Implements `Detector`. It compares hours of the day by their distance alone, so it needs no calendar."""

    def score(self, series: Mapping[str, Sequence[float]], last_hour: datetime) -> dict[str, Score]:  # noqa: ARG002  # the port's: a calendar will need it
        return {name: _score(np.asarray(hours, float)) for name, hours in series.items()}


@dataclass(frozen=True, slots=True)
class Hour:
    """What is known of an hour from those before it: the usual, its spread, and the usual dearest hour of a day."""

    usual: float
    spread: float
    high: float

    def over(self, spent: float) -> float:
        """How far out of the envelope an hour is: 1.0 is its edge."""
        deviations = (spent - self.usual) / self.spread
        return float(max(0.0, min(deviations / DEVIATIONS, spent / max(self.high * OVER_HIGH, NOT_ZERO))))


def _score(x: Floats) -> Score:
    """Only where the last hour leaves its envelope, the history is judged hour by hour."""
    if len(x) <= 1:
        return Score(value=0.0, usual=float(x[-1]) if len(x) else 0.0, kind="spike")
    last = envelope(x, len(x) - 1)
    over = last.over(x[-1])
    if over < 1.0:
        return Score(value=over, usual=last.usual, kind="spike")
    hours = [envelope(x, t) for t in range(len(x))]
    overs = np.array([hour.over(spent) for hour, spent in zip(hours, x, strict=True)])
    usual = np.array([hour.usual for hour in hours])
    far = distance(features(x, hours), calm=overs < 1.0)
    value = over if far is None else min(over, far)
    return Score(value=value, usual=last.usual, kind=kind_of(x, usual, overs), why=_why(float(x[-1]), last))


def _why(spent: float, hour: Hour) -> Phrase:
    """How far above the usual; where nothing was usual, nothing is a multiple of it."""
    deviations = f"{(spent - hour.usual) / hour.spread:.0f}"
    if hour.usual > NOT_ZERO:
        return Phrase.of(TIMES_THE_USUAL, times=f"{spent / hour.usual:.1f}", deviations=deviations)
    return Phrase.of(ONLY_DEVIATIONS, deviations=deviations)


def envelope(x: Floats, t: int) -> Hour:
    """What hour `t` may be, from `x[:t]` alone; for the first hour, from itself.

    The usual is the median of the same hour of the last days, or, where that is more, of the same weekday: the lower
    of the middle ones, so that one odd week of two teaches nothing. Its spread is never under a tenth of the usual,
    nor of the series' own mean, so that a flat series does not fire on cents.
    """
    before = x[:t] if t else x[:1]
    days = min(t // DAY, DAYS_BACK)
    same = x[t - DAY * days : t : DAY] if days >= MIN_DAYS else before
    usual = float(np.median(same))
    spread = 1.4826 * float(np.median(np.abs(same - usual)))
    weeks = np.sort(x[t % WEEK : t : WEEK][-WEEKS_BACK:])
    if len(weeks) >= 2:
        usual = max(usual, float(weeks[(len(weeks) - 1) // 2]))
    return Hour(
        usual=usual,
        spread=max(spread, 0.1 * usual, 0.1 * float(before.mean())) + NOT_ZERO,
        high=_high(x[max(0, t - DAY * DAYS_BACK) : t]) if t else float(x[0]),
    )


def _high(before: Floats) -> float:
    """The dearest hour of a usual day: the days with the dearest hours of all do not count, up to four of fourteen.

    So an incident of two days becomes neither its own measure nor that of the next one.
    """
    days = len(before) // DAY
    if not days:
        return float(before.max())
    dearest = np.sort(before[-days * DAY :].reshape(days, DAY).max(axis=1))
    left_out = 4 if days >= 13 else 3 if days >= 10 else 2 if days >= 5 else days // 2
    return float(dearest[-1 - left_out])


def features(x: Floats, hours: Sequence[Hour]) -> Floats:
    """Four for each hour: residual, ratio to a day's high, last three hours and last day against usual (log)."""
    small = NOT_ZERO + 0.01 * float(np.mean(x))
    usual, spread, high = (np.array([getattr(h, name) for h in hours]) for name in ("usual", "spread", "high"))

    def window(values: Floats, width: int) -> Floats:
        sums = np.cumsum(np.concatenate(([0.0], values)))
        at = np.arange(1, len(values) + 1)
        return np.asarray(sums[at] - sums[np.maximum(0, at - width)]) + small

    return np.column_stack(
        (
            np.clip((x - usual) / spread, -10, 50) / 10,
            np.log(np.maximum(x + small, small) / np.maximum(high + small, small)),
            np.log(np.maximum(window(x, 3), small) / np.maximum(window(usual, 3), small)),
            np.log(np.maximum(window(x, DAY), small) / np.maximum(window(usual, DAY), small)),
        )
    )


def distance(rows: Floats, *, calm: NDArray[np.bool_]) -> float | None:
    """The KNN distance of the last hour over its threshold, or None while too few calm hours are known."""
    from pyod.models.knn import KNN  # noqa: PLC0415  # heavy: only when the envelope has fired

    training = rows[DAY:-1][calm[DAY:-1]]
    if len(training) < MIN_TRAINING:
        return None
    model = KNN(n_neighbors=NEIGHBOURS, method="largest")
    model.fit(training)
    threshold = float(np.quantile(model.decision_scores_, QUANTILE))
    return float(model.decision_function(rows[-1:])[0]) / max(threshold, NOT_ZERO)


def kind_of(x: Floats, usual: Floats, over: Floats) -> str:
    """Name the trouble.

    ``level_shift``: high for half a day, and flat; ``growth``: each third of the last day dearer than the one before;
    ``spike``: anything else.
    """
    if len(x) < DAY:
        return "spike"
    if np.all(over[-12:] >= 0.6) and np.ptp(x[-12:]) < 0.5 * x[-12:].mean():
        return "level_shift"
    thirds = (x - usual)[-DAY:].reshape(3, -1).sum(axis=1)
    if thirds[0] > 0 and thirds[1] > 1.2 * thirds[0] and thirds[2] > 1.2 * thirds[1]:
        return "growth"
    return "spike"
