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
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

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

    def score(self, series: Mapping[str, Pace], last_hour: datetime) -> dict[str, Score]:  # noqa: ARG002  # the port's
        """The present of each: it fires from its second day on."""
        by_length: dict[int, list[str]] = defaultdict(list)
        for name in sorted(series):
            by_length[len(series[name].peaks)].append(name)
        found: dict[str, Score] = {}
        for names in by_length.values():
            peaks = np.array([series[name].peaks for name in names], dtype=float).T
            jumps = np.array([series[name].jumps for name in names], dtype=float).T
            every = bounds(peaks, jumps)
            for column, name in enumerate(names):
                found[name] = _last(peaks[:, column], jumps[:, column], every.of(column))
        return {name: found[name] for name in series}


def _last(peaks: Floats, jumps: Floats, bound: Bounds) -> Score:
    """It fires while the pace is too high, and after that until the excess is half of what it was."""
    scores = bound.score(peaks, jumps)
    value, then, last = float(scores[-1]), len(peaks) - 1, len(peaks) - 1
    fired = scores >= 1
    if fired[-HELD_DAYS * DAY : -1].any():
        still, since = held(peaks, bound.usual, fired[:-1], width=1)
        if still >= 1:  # what was usual at this hour of the day when it began
            value, then = max(value, still), since - (since - last) % DAY
    normal = float(bound.usual[then])
    if value < 1:
        return Score(value=value, usual=normal, kind="spike")
    kind, _ = shape_of(peaks, bound.usual)
    return Score(value=value, usual=normal, kind=kind, why=why(peaks, normal))
