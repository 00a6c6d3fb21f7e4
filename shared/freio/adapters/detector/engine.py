"""Every hour of every series judged at once: what the watch and the benchmark ask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from freio.adapters.detector import rhythm
from freio.adapters.detector.evidence import ALL, AROUND, HIGH_DAYS, RHYTHM, excesses, together
from freio.adapters.detector.highs import records
from freio.adapters.detector.level import NOT_ZERO, daily, levels, measured
from freio.adapters.detector.windows import (
    DAY,
    DAYS_USUAL,
    WEEKS_BEFORE,
    Floats,
    ago,
    around,
    coming,
    known,
    statistics,
    usual,
)

CHUNK = 64  # series at a time: their arrays stay in a processor's cache
GROWN = 14 * DAY  # hours after which an app is judged by its own records alone
# Whole days of the past that an hour is judged by: records, what was usual then, and what that knew of missing hours.
DAYS_KEPT = HIGH_DAYS + max(WEEKS_BEFORE) // DAY + DAYS_USUAL + 2


@dataclass(frozen=True, slots=True)
class Judged:
    """``score`` (series, hours); ``evidence`` (series, hours, kind), each over its edge; ``level`` (series, hours)."""

    score: Floats
    evidence: Floats
    level: Floats


@dataclass(frozen=True, slots=True)
class Hours:
    """Hour by hour: the statistics, the excess of each kind of evidence, and what is `coming` of those of `AROUND`."""

    statistic: dict[str, Floats]
    excess: list[Floats]
    usually: dict[str, Floats]


def every_hour(x: Floats) -> Hours:
    """On the first day nothing is usual yet."""
    statistic = statistics(lambda hours: ago(x, hours))
    statistic["gain_24"][: 2 * DAY] = 0.0  # a day's gain on what was before the first hour is none
    usually = {of: coming(statistic[of]) for of in AROUND}
    out = [
        excess.copy() for excess in excesses(statistic, lambda of: usual(statistic[of]), lambda of: around(usually[of]))
    ]
    for kind, excess in zip(ALL, out, strict=True):
        if kind.over_usual:
            excess[:DAY] = 0.0
    return Hours(statistic, out, usually)


def judge(
    spend: Floats, *, last: int | None = None, small: Floats | None = None, borrowed: Floats | None = None
) -> Judged:
    """Spend per hour (series, hours), NaN where an hour is missing → the score of each hour, or of the `last` ones.

    From `WORTH` on a score is worth an alert; an hour that is missing says nothing, and scores 0. Five series of
    10 USD an hour for ten days, one of which turns to 60: it scores 1.08 at once and 1.63 in its third hour, while the
    others rest at .57, as everything flat does.

    ``small``     the least level of each of these hours, where other series of the client's are not among these.
    ``borrowed``  records over the level (kind, hours) that the client's older apps have: a young one's count in their
                  place as far as it has none of its own, less each day until `GROWN`.
    """
    if last is not None:
        spend = spend[:, max(0, (spend.shape[1] - last) // DAY - DAYS_KEPT) * DAY :]
    series, hours = spend.shape
    kept = hours if last is None else min(last, hours)
    weight = np.maximum(0.0, 1.0 - np.arange(hours - kept, hours) / GROWN)
    score = np.zeros((series, kept))
    seen = np.zeros((series, kept, len(ALL)), np.float32)
    level = np.zeros((series, kept))
    chunks = [slice(first, min(first + CHUNK, series)) for first in range(0, series, CHUNK)]
    filled = [known(np.ascontiguousarray(spend[chunk].T, dtype=float)) for chunk in chunks]
    by_day = np.concatenate([levels(*daily(x)) for x in filled], axis=1) if chunks and hours else np.zeros((0, 0))
    for day in range(len(by_day)) if small is None else ():
        by_day[day] = measured(by_day[day])
    for chunk, x in zip(chunks, filled, strict=True):
        unit = np.repeat(by_day[:, chunk], DAY, axis=0)[hours - kept : hours]
        if small is not None:
            unit = np.maximum(unit, small[:, np.newaxis]) + NOT_ZERO
        judged = np.empty((len(ALL), kept, x.shape[1]))
        found = every_hour(x)
        for place, (kind, excess) in enumerate(zip(ALL, found.excess, strict=True)):
            past = records(excess, HIGH_DAYS, kind.lag)[hours - kept :]
            if borrowed is not None:
                past = np.maximum(past, (weight * borrowed[place])[:, np.newaxis] * unit)
            judged[place] = excess[hours - kept :] / (kind.share * unit + past) / kind.edge
            judged[place, : max(0, kind.from_hour - (hours - kept))] = 0.0
        judged[:, np.isnan(spend[chunk, hours - kept :].T)] = 0.0
        judged[RHYTHM] *= np.repeat(rhythm.every_day(x, found.usually["hour"][:-1]), DAY, axis=0)[hours - kept : hours]
        score[chunk] = together(judged).T
        seen[chunk] = judged.transpose(2, 1, 0)
        level[chunk] = unit.T
    return Judged(score, seen, level)
