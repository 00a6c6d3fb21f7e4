"""Every hour of every series judged at once: what the watch and the benchmark ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector import rhythm
from freio.adapters.detector.evidence import ALL, AROUND, HIGH_DAYS, ODD, OVER_USUAL, RHYTHM, excesses, together
from freio.adapters.detector.highs import of_day_so_far, of_days_before
from freio.adapters.detector.level import NOT_ZERO, daily, levels, measured
from freio.adapters.detector.today import GROWING, GROWN, Begun, fill, over_edge
from freio.adapters.detector.windows import (
    DAY,
    DAYS_USUAL,
    WEEKS_BEFORE,
    Floats,
    after_nothing,
    around,
    coming,
    known,
    statistics,
    usual,
)

CHUNK = 64  # series at a time: their arrays stay in a processor's cache
OF_A_DAY = 768  # series at a time, of the few hours of a day
# Whole days of the past that an hour is judged by: records, what was usual then, and what that knew of missing hours.
DAYS_KEPT = HIGH_DAYS + max(WEEKS_BEFORE) // DAY + DAYS_USUAL + 2


@dataclass(frozen=True, slots=True)
class Judged:
    """``score`` (series, hours); ``evidence`` (series, hours, kind), each over its edge."""

    score: Floats
    evidence: Floats


@dataclass(frozen=True, slots=True)
class Odd:
    """Hours that score `ODD` or more: the row and the column of each, and its ``evidence`` (hours, kind)."""

    row: NDArray[np.intp]
    hour: NDArray[np.intp]
    evidence: Floats

    @classmethod
    def joined(cls, parts: Sequence[Odd]) -> Odd:
        nothing = cls(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros((0, len(ALL)), np.float32))
        every = (nothing, *parts)
        return cls(
            np.concatenate([part.row for part in every]),
            np.concatenate([part.hour for part in every]),
            np.concatenate([part.evidence for part in every]),
        )


@dataclass(frozen=True, slots=True)
class Past:
    """The hours before the present day: their ``score`` (series, hours) as the records alone have it.

    ``seen``  the evidence of the series that were asked for (series, hours, kind); ``odd`` that of odd hours of all.
    """

    score: Floats
    seen: Floats
    odd: Odd


@dataclass(frozen=True, slots=True)
class Told:
    """What every hour cost, missing ones as usual (series, hours), and what it usually costs, to the end of the day."""

    x: Floats
    normal: Floats

    @classmethod
    def empty(cls, series: int, hours: int) -> Told:
        """Of so many hours before the present day, and all of its own."""
        return cls(np.empty((series, hours + DAY)), np.empty((series, hours + DAY)))


@dataclass(frozen=True, slots=True)
class Hours:
    """Hour by hour: the statistics, what they usually are, and the excess of each kind of evidence."""

    statistic: dict[str, Floats]
    usually: dict[str, Floats]
    excess: list[Floats]


def every_hour(x: Floats) -> Hours:
    """On the first day nothing is usual yet."""
    statistic = statistics(after_nothing(x))
    statistic["gain_24"][: 2 * DAY] = 0.0  # a day's gain on what was before the first hour is none
    usually = {of: usual(statistic[of]) for of in OVER_USUAL} | {of: coming(statistic[of]) for of in AROUND}
    excess = excesses(statistic, usually.__getitem__, lambda of: around(usually[of]))
    for kind, values in zip(ALL, excess, strict=True):
        if kind.over_usual:
            values[:DAY] = 0.0
    return Hours(statistic, usually, excess)


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
    series, hours = spend.shape
    kept = hours if last is None else min(last, hours)
    begins = day_begins(hours)
    before = max(0, kept - (hours - begins))

    def of(part: slice) -> tuple[Floats | None, Floats | None]:
        return None if small is None else small[part], None if borrowed is None else borrowed[:, part]

    past, begun = begin(spend[:, :begins], before, *of(slice(before)))
    today, since = Today.of(begun, series), hours - begins - (kept - before)
    if since:
        today.judge(spend[:, begins : begins + since], 0, np.zeros(since))  # for its records alone
    today.judge(spend[:, begins:], since, *of(slice(before, None)))
    rest = slice(since, hours - begins)
    return Judged(
        np.concatenate((past.score, today.score[rest].T), axis=1),
        np.concatenate((past.seen, today.evidence[:, rest].transpose(2, 1, 0)), axis=1),
    )


def day_begins(hours: int) -> int:
    """The first hour of the day of the last one, of so many."""
    return max(0, hours - 1) // DAY * DAY


def begin(
    spend: Floats,
    kept: int,
    small: Floats | None = None,
    borrowed: Floats | None = None,
    *,
    asked: slice | None = None,
    told: Told | None = None,
) -> tuple[Past, Begun]:
    """From the hours before the present day, whole days of them: the last ``kept`` judged, and the day begun.

    ``small``, ``borrowed``  as of `judge`, of the hours kept.
    ``asked``  the series whose evidence is wanted (None: of all). ``told`` is filled in.
    """
    series, hours = spend.shape
    skipped = max(0, (hours - kept) // DAY - DAYS_KEPT) * DAY
    chunks = [slice(first, min(first + CHUNK, series)) for first in range(0, series, CHUNK)]
    every = np.zeros(series, dtype=bool)
    every[asked or slice(None)] = True
    begun = Begun.empty(hours - skipped, series)
    past = _Past(begun, kept, small, borrowed)
    score = np.zeros((series, kept))
    seen = np.zeros((int(every.sum()), kept, len(ALL)), np.float32)
    row = np.cumsum(every) - every
    by_day = _levels(spend[:, skipped:], chunks, is_measured=small is None)
    begun.level[:] = by_day[-1]
    odd: list[Odd] = []
    for chunk in chunks:
        x = _with_a_day(spend[chunk, skipped:])
        found = every_hour(x)
        judged = past.judge(chunk, x, found, by_day[:, chunk])
        judged[:, np.isnan(spend[chunk, hours - kept :].T)] = 0.0
        scores = together(judged)
        score[chunk] = scores.T
        among = np.flatnonzero(every[chunk])
        if len(among):
            seen[row[chunk.start + among]] = judged[:, :, among].transpose(2, 1, 0)
        hour, place = np.nonzero(scores >= ODD)
        odd.append(Odd(place + chunk.start, hour, judged[:, hour, place].T.astype(np.float32)))
        if told is not None and not skipped:
            told.x[chunk], told.normal[chunk] = x.T, found.usually["hour"][:-1].T
        elif told is not None:
            x = _with_a_day(spend[chunk])
            told.x[chunk], told.normal[chunk] = x.T, usual(x).T
    return Past(score, seen, Odd.joined(odd)), begun


def _with_a_day(spend: Floats) -> Floats:
    """(hours, series), missing ones filled in, and a day more, in which nothing is spent."""
    x = known(np.ascontiguousarray(spend.T, dtype=float))
    return np.concatenate((x, np.zeros((DAY, x.shape[1]))))


def _levels(spend: Floats, chunks: list[slice], *, is_measured: bool) -> Floats:
    """Of each day and of the one that has begun (days, series)."""
    if not chunks:
        return np.zeros((spend.shape[1] // DAY + 1, 0))
    spent, active = zip(*(daily(_with_a_day(spend[chunk])) for chunk in chunks), strict=True)
    by_day = levels(np.concatenate(spent, axis=1), np.concatenate(active, axis=1))
    for day in range(len(by_day)) if is_measured else ():
        by_day[day] = measured(by_day[day])
    return by_day


class _Past:
    """How the hours kept of the past are judged, some series at a time."""

    def __init__(self, begun: Begun, kept: int, small: Floats | None, borrowed: Floats | None) -> None:
        self._begun, self._kept, self._small, self._borrowed = begun, kept, small, borrowed
        self._index = np.arange(begun.hours - kept, begun.hours)
        self._weight = np.maximum(0.0, 1.0 - self._index / GROWN)

    def judge(self, chunk: slice, x: Floats, found: Hours, by_day: Floats) -> Floats:
        """The evidence of each hour (kind, hours, series); what the day that has begun needs is filled in."""
        begun = self._begun.of(chunk)
        fill(begun, x, found.statistic, found.usually)
        first = begun.hours - self._kept
        unit = np.repeat(by_day, DAY, axis=0)[first : begun.hours]
        if self._small is not None:
            unit = np.maximum(unit, self._small[:, np.newaxis]) + NOT_ZERO
        judged = np.empty((len(ALL), self._kept, x.shape[1]))
        for place, (kind, excess) in enumerate(zip(ALL, found.excess, strict=True)):
            past = self._records(begun, place, excess[: begun.hours])
            if self._borrowed is not None and self._weight.any():
                past = np.maximum(past, (self._weight * self._borrowed[place])[:, np.newaxis] * unit)
            over_edge(excess[first : begun.hours], past, unit, place, out=judged[place])
            judged[place, self._index < kind.from_hour] = 0.0
        kept = rhythm.every_day(x, found.usually["hour"][:-1])
        begun.rhythm[:] = kept[-1]
        judged[RHYTHM] *= np.repeat(kept, DAY, axis=0)[first : begun.hours]
        return judged

    def _records(self, begun: Begun, place: int, excess: Floats) -> Floats:
        """Those of the hours kept: as `highs.records`, without the hours before."""
        lag, first = ALL[place].lag, begun.hours - self._kept
        if not begun.hours:
            return excess
        peaks = excess.reshape(-1, DAY, excess.shape[1]).max(axis=1)
        before = of_days_before(peaks, HIGH_DAYS)
        begun.peak[place] = before[-1]
        day = min(max(0, first - lag), begun.hours - 1) // DAY
        high = of_day_so_far(excess[day * DAY :])
        by_day = high.reshape(-1, DAY, excess.shape[1])
        np.maximum(by_day, before[day:-1, np.newaxis], out=by_day)
        begun.stood[place][:] = high[-lag:]
        high = high[max(0, first - lag) - day * DAY : max(0, len(high) - lag)]
        return (
            high
            if len(high) == self._kept
            else np.concatenate((np.zeros((self._kept - len(high), high.shape[1])), high))
        )


@dataclass(frozen=True, slots=True)
class Today:
    """The hours of a day that has begun, as far as they were judged: rows of `DAY` hours.

    ``grown``  the highest excess of the day up to each hour, of the kinds that it counts for (kind, 24, series).
    ``score`` (24, series), as the records alone have it; ``evidence`` (kind, 24, series).
    """

    begun: Begun
    grown: Floats
    score: Floats
    evidence: Floats

    @classmethod
    def of(cls, begun: Begun, series: int) -> Today:
        """Before its first hour."""
        return cls(
            begun,
            np.zeros((len(GROWING), DAY, series)),
            np.zeros((DAY, series)),
            np.zeros((len(ALL), DAY, series), np.float32),
        )

    def judge(self, spend: Floats, since: int, small: Floats | None = None, borrowed: Floats | None = None) -> None:
        """The hours of this day (series, hours) from `since` on are judged; before it they are what they were."""
        hours = spend.shape[1]
        for chunk in self.chunks():
            today = np.ascontiguousarray(spend[chunk].T, dtype=float)
            score, judged = self.begun.of(chunk).judge(today, self.grown[:, :, chunk], since, small, borrowed)
            self.score[since:hours, chunk] = score
            self.evidence[:, since:hours, chunk] = judged

    def chunks(self) -> Iterator[slice]:
        series = self.score.shape[1]
        return (slice(first, min(first + OF_A_DAY, series)) for first in range(0, series, OF_A_DAY))
