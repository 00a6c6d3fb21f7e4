"""Freio's detector asked about many possible values of one series' hours: what it says of each if that hour ended so.

The same numbers as `PaceDetector.score` on the hours before with that value after them (a test holds them together).
What an hour may be depends on those before it alone, so here it is worked out once for all values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from freio.adapters.pace_detector import Hour, distance, envelope, features

Floats = NDArray[np.float64]


class LastHour:
    """One series, oldest hour first."""

    def __init__(self, hours: Floats) -> None:
        self._x = np.ascontiguousarray(hours, float)
        self._known: list[Hour] = []
        self._calm: list[bool] = []

    def score(self, hour: int, value: float) -> tuple[float, float]:
        """The score of `value` in that hour, after the hours before it; and what is usual then."""
        while len(self._known) <= hour:
            known = envelope(self._x, len(self._known))
            self._calm.append(known.over(self._x[len(self._known)]) < 1.0)
            self._known.append(known)
        last = self._known[hour]
        over = last.over(value)
        if over < 1.0 or hour < 1:
            return (over if hour else 0.0), last.usual
        x = np.append(self._x[:hour], value)
        calm = np.append(np.array(self._calm[:hour], bool), values=False)
        far = distance(features(x, self._known[: hour + 1]), calm=calm)
        return (over if far is None else min(over, far)), last.usual
