"""The detector of paces: tokens come faster than this traffic ever did.

Three records, of which 1 is the edge of each, and the score is their mean: the present pace beside the highest of four
weeks; its excess over the usual beside the highest excess; and its jump over the last three hours beside the highest
jump. Nothing has to last, so that a runaway is told within minutes. What lasts and is never a record of a quarter of
an hour is found in money.

Tried on the same paces, with incidents of seeds 21 to 30 (44 steady clients, .25 alerts per series-week, 67 spikes and
73 retry storms): the median of minutes, misses counted as never, and the share told within 25.

===================================================  ===============  ===============
                                                     spikes           retry storms
===================================================  ===============  ===============
these three                                           20 min   .57     15 min   .74
the pace and its excess                               20 min   .52     20 min   .58
the pace alone                                        80 min   .42     20 min   .59
the excess alone                                      70 min   .46     20 min   .60
the jump alone                                        missed   .46     20 min   .66
windows of 20 minutes in place of 15                  25 min   .55     20 min   .77
windows of an hour, the pace alone                    65 min   .10     60 min   .23
the highest of windows of 20 and of 60 minutes        60 min   .46     25 min   .52
the lowest step of 20 minutes, alone                  85 min   .46     25 min   .58
records of the same time of day, of half an hour     115 min   .40     25 min   .51
a score over its own past highs                       40 min   .49     20 min   .59
===================================================  ===============  ===============

A jump over one hour to six, records that count after one hour to twelve, shares of a half to double, other weights:
within .05 of the first line. In 40 of 100 the first quarter of an hour of a spike is no record of its app's, and no
rule that judges an app by its own past pace tells them within minutes: so .57 is near what can be had here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from freio.adapters.detector.calibration import SETTLED, Prior, Thresholds, thresholds, utc_days
from freio.adapters.detector.evidence import HIGH_DAYS
from freio.adapters.detector.highs import records
from freio.adapters.detector.hold import HELD_DAYS, held
from freio.adapters.detector.kinds import shape_of
from freio.adapters.detector.level import daily, levels, measured
from freio.adapters.detector.why import why
from freio.adapters.detector.windows import DAY, Floats, usual
from freio.domain.spend import Pace, Score

LAG = 3  # the newest hours whose records do not count yet: an incident's first ones do not excuse its next
SHARES = (1.0, 2.0, 1.0)  # of the level, beside the records of pace, excess and jump: what is small
EDGES = (0.78, 0.7, 0.82)  # so that 1.0 fires as often as one budget of .25 allows, beside money
PART = 0.8  # of a budget of alerts that is shared with money: see `freio.adapters.detector.adapter`
OF_CLEAN_USAGE = Prior(rate=0.36, least=0.9, fall=1.5, most=2.0)  # ServeGen, both panels, gate of 5 USD an hour


@dataclass(frozen=True, slots=True)
class Bounds:
    """What each hour may be, by those before it: the usual pace, and what pace, excess and jump are at their edges.

    Arrays of (hours, series), or of (hours,) for one series.
    """

    usual: Floats
    edges: tuple[Floats, Floats, Floats]

    def score(self, pace: Floats, jump: Floats, hour: int | slice = slice(None)) -> Floats:
        """What such paces and jumps score in that hour: 1.0 fires."""
        over = np.maximum(0.0, pace - self.usual[hour])
        parts = zip((pace, over, jump), self.edges, strict=True)
        return np.asarray(sum(value / edge[hour] for value, edge in parts) / len(self.edges))

    def of(self, column: int) -> Bounds:
        """One series'."""
        high, far, leap = (edge[:, column] for edge in self.edges)
        return Bounds(self.usual[:, column], (high, far, leap))


def bounds(peaks: Floats, jumps: Floats) -> Bounds:
    """From the highest pace and jump of each hour (hours, series); what an hour may be needs no later one.

    On the first day nothing is usual, and nothing is too much. An app that went through 10,000 tokens an hour for ten
    days has its edges at a pace of 15,600, 14,000 over the usual, and a jump of 8,200; what starts at once is at their
    mean from 19,200 on.
    """
    normal = usual(peaks)
    over = np.maximum(0.0, peaks - normal)
    over[:DAY] = 0.0
    by_day = levels(*daily(peaks))
    unit = np.repeat(np.array([measured(day) for day in by_day]), DAY, axis=0)[: len(peaks)]
    found = []
    for values, share, edge in zip((peaks, over, jumps), SHARES, EDGES, strict=True):
        most = edge * (share * unit + records(values, HIGH_DAYS, LAG))
        most[:DAY] = np.inf
        found.append(most)
    high, far, leap = found
    return Bounds(normal, (high, far, leap))


class PaceRecords:
    """Implements `PaceDetector`. It compares hours of the day by their distance alone, so it needs no calendar."""

    def __init__(self, alerts: float | None = None) -> None:
        """``alerts`` per app-week, of money and paces together; without a budget 1.0 fires."""
        self._alerts = alerts

    def score(self, series: Mapping[str, Pace], last_hour: datetime) -> dict[str, Score]:
        """The present of each: it fires from its second day on."""
        ages: dict[int, list[str]] = defaultdict(list)
        for name in sorted(series):
            ages[len(series[name].peaks)].append(name)
        found: dict[str, _Known] = {}
        for names in ages.values():
            peaks = np.array([series[name].peaks for name in names], dtype=float).T
            jumps = np.array([series[name].jumps for name in names], dtype=float).T
            every = bounds(peaks, jumps)
            score = every.score(peaks, jumps)
            for column, name in enumerate(names):
                gate = series[name].gate
                found[name] = _Known(peaks[:, column], every.usual[:, column], score[:, column], series[name].app, gate)
        held_against = self._thresholds(list(found.values()), last_hour)
        return {name: _last(found[name], held_against) for name in series}

    def _thresholds(self, found: Sequence[_Known], last_hour: datetime) -> Thresholds:
        kept = max((len(one.peaks) for one in found), default=0)
        if self._alerts is None or not found:
            return Thresholds(np.ones(kept), None)
        apps = {app: row for row, app in enumerate(sorted({one.app for one in found}))}
        told, counts = np.zeros((len(apps), kept)), np.zeros((len(apps), kept), dtype=bool)
        for one in found:
            row, mine = apps[one.app], slice(kept - len(one.peaks), None)
            np.maximum(told[row, mine], one.told, out=told[row, mine])
            counts[row, kept - len(one.peaks) + SETTLED :] = True
        return thresholds(told, counts, utc_days(last_hour, kept), OF_CLEAN_USAGE, PART * self._alerts)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one series, hour by hour."""

    peaks: Floats
    usual: Floats
    score: Floats
    app: str
    gate: float

    @property
    def told(self) -> Floats:
        return np.where(self.peaks - self.usual > self.gate, self.score, 0.0)


def _last(known: _Known, held_against: Thresholds) -> Score:
    """It fires while the pace is too high, and after that until the excess is half of what it was."""
    peaks, bar = known.peaks, held_against.by_hour[-len(known.peaks) :]
    value, then, last = float(known.score[-1] / bar[-1]), len(peaks) - 1, len(peaks) - 1
    fired = known.score >= bar
    if fired[-HELD_DAYS * DAY : -1].any():
        still, since = held(peaks, known.usual, fired[:-1], width=1)
        if still >= 1:  # what was usual at this hour of the day when it began
            value, then = max(value, still), since - (since - last) % DAY
    normal = float(known.usual[then])
    if value < 1:
        return Score(value=value, usual=normal, kind="spike", calibration=held_against.now)
    kind, _ = shape_of(peaks, known.usual)
    return Score(value=value, usual=normal, kind=kind, why=why(peaks, normal), calibration=held_against.now)
