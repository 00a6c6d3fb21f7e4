"""The two ways of seeing the same spend, each judged as Freio judges it, by its records, under the same money gate.

*By meter*: every five minutes, from telemetry that is whole up to five minutes ago (points come three minutes late, and
the grid is of five): the pace of tokens in the last quarter of an hour, and of their requests, held against such paces,
as `freio.guard.paces` and `freio.guard.detect` do; and each hour's money as it ends. All share one budget of alerts.
*By export*: each hour's money, once its rows have come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bench.recorded import PER_HOUR, Client
from freio.adapters.detector.engine import judge
from freio.adapters.detector.paces import beside, bounds
from freio.adapters.detector.windows import Floats, usual
from freio.guard.paces import BEFORE as HOURS_BEFORE
from freio.guard.paces import WINDOW
from freio.guard.telemetry import STEP

GATE = 5.0  # USD an hour above the usual: less is no alert, on either side
OF_MONEY = 0.86  # of a pace's score, on the meter's side: its share of the one budget, chosen on seeds 21 to 30
UNSEEN = 1  # steps that are not whole yet at a poll
WIDTH, BEFORE = int(WINDOW / STEP), int(HOURS_BEFORE / STEP)
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
        self._score = _of_money(client)

    def best(self, hour: int) -> float:
        return float(self._score[hour])

    def looks(self, hour: int) -> Iterator[tuple[int, float]]:
        yield (hour + 1) * PER_HOUR, self.best(hour)


class ByMeter:
    """Twelve looks in each hour at the pace of tokens and of requests, held against the hours before.

    The first of them sees the hour before as money, too.
    """

    def __init__(self, client: Client, *, requests: bool = True) -> None:
        """Without `requests` it looks at tokens alone."""
        self._tokens = _Paces(client.tokens)
        self._requests = _Paces(client.requests) if requests else None
        self._a_token = client.usd.sum() / max(client.tokens.sum(), 1.0)
        self._hour_before = np.concatenate(([0.0], OF_MONEY * _of_money(client)))

    def best(self, hour: int) -> float:
        return max(score for _, score in self.looks(hour))

    def looks(self, hour: int) -> Iterator[tuple[int, float]]:
        seen = np.array(_polls(hour)) - UNSEEN
        scores = self._tokens.score(seen, hour)
        if self._requests is not None:
            scores = beside(scores, self._requests.score(seen, hour))
        scores = gated(scores, self._tokens.excess(seen, hour) * self._a_token)
        scores[0] = max(scores[0], self._hour_before[hour])
        yield from zip(_polls(hour), scores.tolist(), strict=True)


class _Paces:
    """What came in each step, as paces and jumps an hour by the number of the step at whose end they are."""

    def __init__(self, steps: Floats) -> None:
        sums = np.concatenate(([0.0], np.cumsum(steps)))
        ends = np.arange(len(sums))
        self._pace = (sums - sums[np.maximum(0, ends - WIDTH)]) * PER_HOUR / WIDTH
        before = np.concatenate((np.zeros(WIDTH + BEFORE - 1), self._pace))[: len(self._pace) + BEFORE - 1]
        self._jump = np.maximum(0.0, self._pace - sliding_window_view(before, BEFORE).max(axis=1))
        peaks, jumps = (each[1:].reshape(-1, PER_HOUR).max(axis=1) for each in (self._pace, self._jump))
        self._bounds = bounds(peaks[:, np.newaxis], jumps[:, np.newaxis]).of(0)

    def score(self, ends: NDArray[np.int_], hour: int) -> Floats:
        return self._bounds.score(self._pace[ends], self._jump[ends], hour)

    def excess(self, ends: NDArray[np.int_], hour: int) -> Floats:
        """Over what the hour usually is."""
        return np.asarray(self._pace[ends] - self._bounds.usual[hour])


def _polls(hour: int) -> range:
    """The steps after which somebody looks: the last one when the hour has just ended."""
    return range(hour * PER_HOUR + 1, (hour + 1) * PER_HOUR + 1)


def gated(score: Floats, excess: Floats) -> Floats:
    """The scores, but 0 where the excess over the usual, in USD an hour, is within the gate."""
    return np.where(excess > GATE, score, 0.0)


def _of_money(client: Client) -> Floats:
    """The score of each hour's money, by its own records: one client alone is no pool."""
    hours = client.usd.reshape(-1, PER_HOUR).sum(axis=1)
    return gated(judge(hours[np.newaxis]).score[0], hours - usual(hours[:, np.newaxis])[:, 0])
