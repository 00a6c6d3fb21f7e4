"""The two ways of seeing the same spend, each judged by the same detector under the same money gate.

*By meter*: every five minutes, from telemetry that is whole up to five minutes ago (points come three minutes late, and
the grid is of five): the pace of tokens in the last quarter of an hour, held against such paces, as `freio.guard.paces`
and `freio.guard.detect` do. *By export*: each hour's money, once its rows have come. What the meter's estimate of money
finds besides is not counted here: it would have a budget of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
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
        return judged(self._detector, hour, self._hourly[hour], 1.0)

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

    def best(self, hour: int) -> float:
        """By the highest pace of the hour's looks: a higher one never scores less."""
        return self._score(hour, max(self._pace[poll - UNSEEN] for poll in _polls(hour)))

    def looks(self, hour: int) -> Iterator[tuple[int, float]]:
        for poll in _polls(hour):
            yield poll, self._score(hour, self._pace[poll - UNSEEN])

    def _score(self, hour: int, pace: float) -> float:
        return judged(self._detector, hour, float(pace), self._a_token)


def _polls(hour: int) -> range:
    """The steps after which somebody looks: the last one when the hour has just ended."""
    return range(hour * PER_HOUR + 1, (hour + 1) * PER_HOUR + 1)


def judged(detector: LastHour, hour: int, value: float, worth: float) -> float:
    """The detector's score of a value in that hour, or 0 where it is over the usual by less than the gate."""
    if value * worth <= GATE:
        return 0.0
    score, usual = detector.score(hour, value)
    return score if (value - usual) * worth > GATE else 0.0
