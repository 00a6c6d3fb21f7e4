"""The detector behind the port: the last hour of each series, judged by its records and by the pool of all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from freio.adapters.detector.engine import Judged, judge
from freio.adapters.detector.evidence import ALL, WORTH
from freio.adapters.detector.hold import HELD_DAYS, held, runs_now
from freio.adapters.detector.kinds import shape_of, silent
from freio.adapters.detector.pool import ODD, POOL_DAYS, second_opinion
from freio.adapters.detector.why import why
from freio.adapters.detector.windows import DAY, Floats, known, usual
from freio.domain.spend import Score

JUDGED = (HELD_DAYS + POOL_DAYS) * DAY  # hours whose scores are needed for the last one's
OVER = 0.99  # a value that fires nothing, of what has just ended
TOLD = (HELD_DAYS + 1) * DAY  # hours whose usual is told: a held alert, and the day before it


class PyodDetector:
    """Implements `Detector`. It compares hours of the day by their distance alone, so it needs no calendar.

    Series that are scored together are one pool: their levels say what is small, their calm hours what is normal.
    """

    def __init__(self, threshold: float = WORTH) -> None:
        self._threshold = threshold

    def score(self, series: Mapping[str, Sequence[float]], last_hour: datetime) -> dict[str, Score]:  # noqa: ARG002  # the port's: a calendar will need it
        """The last hour of each; a missing hour (NaN) is not zero spend, and a series of one hour is no history."""
        by_length: dict[int, list[str]] = defaultdict(list)
        for name in sorted(series):
            by_length[len(series[name])].append(name)
        found: dict[str, Score] = {}
        for hours, names in by_length.items():
            matrix = np.array([series[name] for name in names], dtype=float).reshape(len(names), hours)
            found |= zip(names, self._scores(matrix), strict=True)
        return {name: found[name] for name in series}

    def _scores(self, spend: Floats) -> list[Score]:
        hours = spend.shape[1]
        if hours <= 1:
            return [Score(value=0.0, usual=float(np.nan_to_num(row.sum())), kind="spike") for row in spend]
        judged = judge(spend, last=JUDGED)
        score = judged.score
        if (score[:, -HELD_DAYS * DAY :] >= ODD).any():
            score = second_opinion(judged, first=hours - score.shape[1])
        return [self._last(spend[row], judged, score, row) for row in range(len(spend))]

    def _last(self, spend: Floats, judged: Judged, scores: Floats, row: int) -> Score:
        """One series; what costs time is worked out only where something has fired within a week."""
        x = known(spend[:, np.newaxis])
        normal = usual(x)[:, 0]
        x = x[:, 0]
        value = float(scores[row, -1]) / self._threshold
        fired = np.zeros(len(x), dtype=bool)
        fired[-scores.shape[1] :] = scores[row] >= self._threshold
        still, since = (0.0, len(x) - 1) if np.isnan(spend[-1]) or not fired.any() else held(x, normal, fired)
        began = since if still >= 1 else len(x) - 1
        if still >= 1:
            normal = _as_at(normal, began)
        if max(value, still) < 1 or not runs_now(x - normal):
            shape = "silence" if silent(spend) else ""
            told = tuple(normal[-TOLD:].tolist())
            return Score(value=min(value, OVER), usual=float(normal[-1]), kind="spike", shape=shape, normal=told)
        kind, shape = shape_of(x, normal)
        return Score(
            value=max(value, still),
            usual=float(normal[-1]),
            kind=kind,
            why=why(x, float(normal[-1])),
            shape=shape,
            hours=len(x) - began,
            excess=float(np.maximum(0.0, x[began:] - normal[began:]).sum()),
            evidence=tuple(
                (one.name, round(float(over), 2))
                for one, over in sorted(zip(ALL, judged.evidence[row, -1], strict=True), key=lambda pair: -pair[1])
                if over >= 1
            ),
            normal=tuple(normal[-TOLD:].tolist()),
            fired=tuple(int(hour) for hour in len(x) - 1 - np.flatnonzero(fired) if hour < TOLD),
        )


def _as_at(normal: Floats, began: int) -> Floats:
    """What is usual, with that of the day when it began for all hours since."""
    if began < DAY:
        return normal
    out = normal.copy()
    later = np.arange(began + 1, len(normal))
    out[later] = normal[began - DAY + 1 + (later - began - 1) % DAY]
    return out
