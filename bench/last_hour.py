"""Freio's detector asked about many possible values of one series' hour: what it says of each if the hour ended so.

The same numbers as the engine's on the hours before with that value after them (a test holds them together).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from freio.adapters.detector.engine import judge
from freio.adapters.detector.windows import Floats, known, usual


class LastHour:
    """One series, oldest hour first."""

    def __init__(self, hours: Floats) -> None:
        self._x = np.ascontiguousarray(hours, float)
        self._usual = usual(known(self._x[:, np.newaxis]))[:, 0]

    def usual(self, hour: int) -> float:
        """What is usual in an hour, by those before it."""
        return float(self._usual[hour])

    def scores(self, hour: int, values: Sequence[float]) -> list[float]:
        """The score of each value in that hour, after the hours before it."""
        asked = np.column_stack((np.tile(self._x[:hour], (len(values), 1)), np.asarray(values, float)))
        return [float(score) for score in judge(asked, last=1).score[:, 0]]
