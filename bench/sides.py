"""The two ways of seeing the same spend, each judged by the same detector under the same money gate.

*By meter*: every five minutes, from telemetry that is whole up to five minutes ago (points come three minutes late, and
the grid is of five): the pace of tokens in the last quarter of an hour, held against such paces, as `freio.guard.paces`
and `freio.guard.detect` do. *By export*: each hour's money, once its rows have come. What the meter's estimate of money
finds besides is not counted here: it would have a budget of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from bench.last_hour import LastHour
from bench.recorded import PER_HOUR, Client
from freio.guard.paces import WINDOW
from freio.guard.telemetry import STEP

GATE = 5.0  # USD an hour above the usual: less is no alert, on either side
UNSEEN = 1  # steps that are not whole yet at a poll
WIDTH = int(WINDOW / STEP)
MINUTES = 60 // PER_HOUR


class Side(Protocol):
    """Looks at one client, hour by hour of its looks; a look is numbered by the step that it comes after."""

    def best(self, hour: int) -> float:
        """The highest score of the looks within an hour."""
        ...

    def looks(self, hour: int) -> Iterator[tuple[int, float]]:
        """Each look of that hour with its score, in the order of time."""
        ...


class ByExport:
    """One look at each hour, dated by its end: how late its rows come is added by whoever counts."""

    def __init__(self, client: Client) -> None:
        self._hourly = client.usd.reshape(-1, PER_HOUR).sum(axis=1)
        self._detector = LastHour(self._hourly)

    def best(self, hour: int) -> float:
        (score,) = judged(self._detector, hour, [self._hourly[hour]], 1.0)
        return score

    def looks(self, hour: int) -> Iterator[tuple[int, float]]:
        yield (hour + 1) * PER_HOUR, self.best(hour)


class ByMeter:
    """Twelve looks in each hour at the pace of tokens; each hour before is worth the highest pace that ended in it."""

    def __init__(self, client: Client) -> None:
        sums = np.concatenate(([0.0], np.cumsum(client.tokens)))
        ends = np.arange(len(sums))
        self._pace = (sums - sums[np.maximum(0, ends - WIDTH)]) * PER_HOUR / WIDTH  # by the step's number at whose end
        self._detector = LastHour(self._pace[1:].reshape(-1, PER_HOUR).max(axis=1))
        self._a_token = client.usd.sum() / max(client.tokens.sum(), 1.0)
        self._seen: dict[int, list[float]] = {}

    def best(self, hour: int) -> float:
        return max(self._scores(hour))

    def looks(self, hour: int) -> Iterator[tuple[int, float]]:
        yield from zip(_polls(hour), self._scores(hour), strict=True)

    def _scores(self, hour: int) -> list[float]:
        if hour not in self._seen:
            paces = [float(self._pace[poll - UNSEEN]) for poll in _polls(hour)]
            self._seen[hour] = judged(self._detector, hour, paces, self._a_token)
        return self._seen[hour]


def _polls(hour: int) -> range:
    """The steps after which somebody looks: the last one when the hour has just ended."""
    return range(hour * PER_HOUR + 1, (hour + 1) * PER_HOUR + 1)


def judged(detector: LastHour, hour: int, values: Sequence[float], worth: float) -> list[float]:
    """The detector's score of each value in that hour, or 0 where it is over the usual by less than the gate."""
    usual = detector.usual(hour)
    matters = [at for at, value in enumerate(values) if (value - usual) * worth > GATE]
    scores = [0.0] * len(values)
    if matters:
        for at, score in zip(matters, detector.scores(hour, [values[at] for at in matters]), strict=True):
            scores[at] = score
    return scores
