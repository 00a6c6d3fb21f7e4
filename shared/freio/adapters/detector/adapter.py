"""The detector behind the port: the last hour of each series, judged by its records and by the pool of all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.calibration import SETTLED, Prior, Thresholds, thresholds
from freio.adapters.detector.client import Shown, by_age, judge_all, over_usual
from freio.adapters.detector.day import JUDGED, Day, Learned
from freio.adapters.detector.engine import Judged
from freio.adapters.detector.evidence import ODD, WORTH
from freio.adapters.detector.pool import Pools, second_opinion
from freio.adapters.detector.windows import DAY, Floats
from freio.domain.spend import Score

PART = 0.5  # of a budget of alerts that is shared with paces: they coincide so far that .5 and .8 come to all of it
OF_CLEAN_USAGE = Prior(rate=0.44, least=WORTH, fall=2.5, most=1.6)  # ServeGen, both panels of bench/detection.py


@dataclass(frozen=True, slots=True)
class Budget:
    """``alerts`` per app-week, and the ``gate``: what is over the usual by no more, in an hour, is no alert."""

    alerts: float
    gate: float


def scored(groups: Sequence[Shown]) -> tuple[Judged, Floats]:
    """The last hours of all of them, by their records; and their scores, with the pool's opinion where one is odd.

    They begin with a day of the oldest series, so that what is told of an hour does not change with the hour of a look.
    What `Day` does step by step, in one.
    """
    judged = judge_all(groups, JUDGED + (groups[0].hours - 1) % DAY + 1)
    is_odd = (judged.score >= ODD).any()
    return judged, np.nan_to_num(second_opinion(judged) if is_odd else judged.score)


def past(groups: Sequence[Shown], score: Floats, known: Floats, gate: float) -> tuple[Floats, NDArray[np.bool_]]:
    """What `thresholds` learns from: the scores of what is over the gate, else 0; and whether each hour is counted.

    ``known``  the scores by the records alone: NaN before a series.
    """
    kept = score.shape[1]
    told = np.where(over_usual(groups, kept) > gate, score, 0.0)
    settled = np.concatenate([np.full(len(group.names), kept + SETTLED - group.hours) for group in groups])
    return told, ~np.isnan(known) & (np.arange(kept) >= settled[:, np.newaxis])


class PyodDetector:
    """Implements `Detector`. It compares hours of the day by their distance alone, so it needs no calendar.

    Series that are scored together are one client's: their levels say what is small, their calm hours what is normal,
    the records of the old what may be in store for the young, and the past of all sets the threshold.

    What a look finds out about the past is kept for the next one (`Day`), and used where that is shown the same past.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        """Without a budget everything that is worth an alert is one."""
        self._budget, self._gate = budget, -math.inf if budget is None else budget.gate
        self._pools = Pools()
        self._day: Day | None = None

    def score(self, series: Mapping[str, Sequence[float]], last_hour: datetime) -> dict[str, Score]:
        """The last hour of each; a missing hour (NaN) is not zero spend, and a series of one hour is no history.

        Of many series it takes ``array("d")`` soonest (`by_age`).
        """
        found = {
            name: Score(value=0.0, usual=float(np.nan_to_num(sum(hours))), kind="spike")
            for name, hours in series.items()
            if len(hours) <= 1
        }
        groups = by_age({name: hours for name, hours in series.items() if name not in found})
        if groups:
            day, self._day = self._day, None  # a look that fails leaves nothing behind
            present = None if day is None else day.present_of(groups, last_hour)
            if day is None or present is None:
                del day  # before there are two
                day = Day(groups, last_hour, self._gate, self._thresholds, self._pools)
                present = day.present
            found |= day.look(present)
            self._day = day
        return {name: found[name] for name in series}

    def _thresholds(self, past: Learned) -> Thresholds:
        if self._budget is None:
            return Thresholds(np.full(len(past.days), WORTH), None)
        return thresholds(past.score, past.counts, past.days, OF_CLEAN_USAGE, PART * self._budget.alerts)
