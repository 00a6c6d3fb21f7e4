"""The detector behind the port: the last hour of each series, judged by its records and by the pool of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.calibration import SETTLED, Prior, Thresholds, thresholds, utc_days
from freio.adapters.detector.client import Shown, by_age, judge_all, over_usual, pasts
from freio.adapters.detector.engine import Judged
from freio.adapters.detector.evidence import ALL, ODD, WORTH
from freio.adapters.detector.hold import HELD_DAYS, as_known, held, runs_now
from freio.adapters.detector.kinds import shape_of, silent
from freio.adapters.detector.pool import Pools, second_opinion
from freio.adapters.detector.why import why
from freio.adapters.detector.windows import DAY, Floats
from freio.domain.spend import Score

JUDGED = (HELD_DAYS + 14) * DAY  # hours whose scores are needed: of those held, and for the threshold of the first
OVER = 0.99  # a value that fires nothing, of what has just ended
TOLD = (HELD_DAYS + 1) * DAY  # hours whose usual is told: a held alert, and the day before it
PART = 0.5  # of a budget of alerts that is shared with paces: they coincide so far that .5 and .8 come to all of it
OF_CLEAN_USAGE = Prior(rate=0.44, least=WORTH, fall=2.5, most=1.6)  # ServeGen, both panels of bench/detection.py


@dataclass(frozen=True, slots=True)
class Budget:
    """``alerts`` per app-week, and the ``gate``: what is over the usual by no more, in an hour, is no alert."""

    alerts: float
    gate: float


def scored(groups: Sequence[Shown], pools: Pools | None = None) -> tuple[Judged, Floats]:
    """The last hours of all of them, by their records; and their scores, with the pool's opinion where one is odd.

    They begin with a day of the oldest series, so that what is told of an hour does not change with the hour of a look.
    """
    judged = judge_all(groups, JUDGED + (groups[0].hours - 1) % DAY + 1)
    score = judged.score
    if (score >= ODD).any():
        score = second_opinion(judged, pools=pools, pasts=() if pools is None else pasts(groups, score.shape[1]))
    return judged, np.nan_to_num(score)


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
    """

    def __init__(self, budget: Budget | None = None) -> None:
        """Without a budget everything that is worth an alert is one."""
        self._budget = budget
        self._pools = Pools()

    def score(self, series: Mapping[str, Sequence[float]], last_hour: datetime) -> dict[str, Score]:
        """The last hour of each; a missing hour (NaN) is not zero spend, and a series of one hour is no history."""
        found = {
            name: Score(value=0.0, usual=float(np.nan_to_num(sum(hours))), kind="spike")
            for name, hours in series.items()
            if len(hours) <= 1
        }
        groups = by_age({name: hours for name, hours in series.items() if name not in found})
        if groups:
            judged, score = scored(groups, self._pools)
            held_against = self._thresholds(groups, score, judged.score, last_hour)
            rows = [(group, at) for group in groups for at in range(len(group.names))]
            for row, (group, at) in enumerate(rows):
                found[group.names[at]] = _last(group, at, judged, score, row=row, held_against=held_against)
        return {name: found[name] for name in series}

    def _thresholds(self, groups: Sequence[Shown], score: Floats, known: Floats, last_hour: datetime) -> Thresholds:
        if self._budget is None:
            return Thresholds(np.full(score.shape[1], WORTH), None)
        told, counts = past(groups, score, known, self._budget.gate)
        days = utc_days(last_hour, score.shape[1])
        return thresholds(told, counts, days, OF_CLEAN_USAGE, PART * self._budget.alerts)


def _last(group: Shown, at: int, judged: Judged, scores: Floats, *, row: int, held_against: Thresholds) -> Score:
    """One series, by its place among its age and its `row` among all.

    What costs time is worked out only where something has fired within a week.
    """
    spend, (x, normal) = group.spend[at], (hours[at] for hours in group.filled)
    value = float(scores[row, -1] / held_against.by_hour[-1])
    fired = np.zeros(len(x), dtype=bool)
    judged_hours = min(len(x), scores.shape[1])
    fired[-judged_hours:] = (scores[row] >= held_against.by_hour)[-judged_hours:]
    calibration = held_against.now
    still, since = 0.0, len(x) - 1
    if fired.any() and not np.isnan(spend[-1]):
        still, since = held(x, normal, fired[:-1], missing=np.isnan(spend))
    began = since if still >= 1 else len(x) - 1
    if max(value, still) >= 1:
        normal = as_known(x, normal)
    if still >= 1:
        normal = _as_at(normal, began)
    if max(value, still) < 1 or not runs_now(spend - normal):
        shape = "silence" if silent(spend) else ""
        told = tuple(normal[-TOLD:].tolist())
        return Score(
            value=min(value, OVER),
            usual=float(normal[-1]),
            kind="spike",
            shape=shape,
            normal=told,
            calibration=calibration,
        )
    kind, shape = shape_of(x, normal)
    return Score(
        value=max(value, still),
        usual=float(normal[-1]),
        kind=kind,
        why=why(x, float(normal[-1])),
        shape=shape,
        hours=len(x) - began,
        excess=float(np.maximum(0.0, x[began:] - normal[began:]).sum()),
        evidence=_told_by(judged.evidence[row, -1 if value >= 1 else began - len(x)]),
        normal=tuple(normal[-TOLD:].tolist()),
        fired=tuple(int(hour) for hour in len(x) - 1 - np.flatnonzero(fired) if hour < TOLD),
        calibration=calibration,
    )


def _told_by(evidence: Floats) -> tuple[tuple[str, float], ...]:
    """The kinds over their edges, strongest first; the strongest alone where only several together make a score."""
    every = sorted(zip(ALL, evidence.tolist(), strict=True), key=lambda pair: -pair[1])
    over = [(kind.name, round(far, 2)) for kind, far in every if far >= 1]
    return tuple(over) or ((every[0][0].name, round(every[0][1], 2)),)


def _as_at(normal: Floats, began: int) -> Floats:
    """What is usual, with that of the day when it began for all hours since."""
    if began < DAY:
        return normal
    out = normal.copy()
    later = np.arange(began + 1, len(normal))
    out[later] = normal[began - DAY + 1 + (later - began - 1) % DAY]
    return out
