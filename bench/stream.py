"""The detector's records as a stream: one hour more, without the past anew, from eighteen kilobytes of each series.

A step gives what `engine.judge` gives for its last hour. Rings are (hours, series) in single precision: the memory
of 100,000 series is some 1.8 GB, and an hour of all of them is a few hundred operations on whole rows.

It shows what a step of these records costs beside fits of each series. Freio does not run so, and has it not in its
package: bills restate hours that are two days old, and the threshold comes from the scores of three weeks, so the watch
judges what it is given anew. A stream does not know apps of several ages either.
"""

from __future__ import annotations

import numpy as np

from freio.adapters.detector import rhythm
from freio.adapters.detector.engine import CHUNK, DAYS_KEPT, every_hour
from freio.adapters.detector.evidence import ALL, AROUND, HIGH_DAYS, OVER_USUAL, RHYTHM, excesses, together
from freio.adapters.detector.level import LEVEL_DAYS, daily, level, measured
from freio.adapters.detector.windows import (
    DAY,
    DAYS_USUAL,
    WEEKS_BEFORE,
    Floats,
    known,
    median,
    of_days,
    or_before,
    statistics,
)

WEEK = DAY * DAYS_USUAL
KEPT = max(WEEKS_BEFORE)  # hours of each statistic that the usual is made of


class Stream:
    """What was, of every series; hours are added with `step`."""

    def __init__(self, spend: Floats) -> None:
        """From at least a week of spend (series, hours), NaN where an hour is missing."""
        series, hours = spend.shape
        if hours < WEEK:
            raise ValueError(f"a stream starts from {WEEK} hours at least: {hours} were given; judge() takes fewer")
        skipped = max(0, hours // DAY - DAYS_KEPT) * DAY
        self._hours = hours - skipped
        days = -(-self._hours // DAY)
        self._past = {of: np.zeros((KEPT, series), np.float32) for of in (*OVER_USUAL, *AROUND)}
        self._usual = {of: np.empty((2, series), np.float32) for of in AROUND}  # of the last hour and of the next one
        self._days = np.empty((2, days, series), np.float32)
        self._highs = np.empty((len(ALL), DAY, series), np.float32)
        self._peaks = np.empty((len(ALL), days, series), np.float32)
        self._sums = np.empty((5, min(days, rhythm.WEEK_DAYS + 1), series))
        for first in range(0, series, CHUNK):
            chunk = slice(first, min(first + CHUNK, series))
            self._begin(chunk, known(np.ascontiguousarray(spend[chunk, skipped:].T, dtype=np.float32)))
        full = self._hours // DAY
        self._today = self._days[:, full:].sum(axis=1)
        self._peak = self._peaks[:, full] if days > full else np.zeros_like(self._peaks[:, 0])
        self._days, self._peaks = self._days[:, :full][:, -LEVEL_DAYS:], self._peaks[:, :full][:, -HIGH_DAYS:]
        self._today_sums = self._sums[:, -1] if days > full else np.zeros((5, series))
        self._sums = (self._sums[:, :-1] if days > full else self._sums)[:, -rhythm.WEEK_DAYS :]
        self._turn()

    def _begin(self, chunk: slice, x: Floats) -> None:
        hours = len(x)
        found = every_hour(x)
        kept, starts = np.arange(max(0, hours - KEPT), hours), np.arange(0, hours, DAY)
        for of, ring in self._past.items():
            ring[kept % KEPT, chunk] = found.statistic[of][kept]
        for of, pair in self._usual.items():
            pair[:, chunk] = found.usually[of][-2:]
        self._days[:, :, chunk] = daily(x)
        lately = slice(max(0, len(starts) - rhythm.WEEK_DAYS - 2) * DAY, hours)  # of the first day nothing is summed
        sums = rhythm.of_days(x[lately], found.usually["hour"][lately])
        self._sums[:, :, chunk] = sums[:, -self._sums.shape[1] :]
        for place, values in enumerate(found.excess):
            peaks = np.maximum.reduceat(values, starts, axis=0)
            self._peaks[place][:, chunk] = peaks
            for day in ((hours - DAY) // DAY, (hours - 1) // DAY):  # the last 24 hours lie in one day or in two
                today = np.maximum.accumulate(values[day * DAY : (day + 1) * DAY], axis=0)
                high = np.maximum(today, peaks[max(0, day - HIGH_DAYS) : day].max(axis=0))
                for hour in range(max(hours - DAY, day * DAY), day * DAY + len(high)):
                    self._highs[place][hour % DAY, chunk] = high[hour - day * DAY]

    def _turn(self) -> None:
        """What holds for a whole day: the level, and the records of the days before."""
        self._unit = measured(np.asarray(level(self._days[0], self._days[1]), dtype=float)).astype(np.float32)
        self._before = self._peaks.max(axis=1)
        days = min(rhythm.WEEK_DAYS, self._hours // DAY - 1)  # on the first day nothing was usual
        self._rhythm = rhythm.keeps(self._sums.sum(axis=1), days)

    def step(self, spend: Floats) -> tuple[Floats, Floats]:
        """Adds an hour of spend (series,), NaN where it is missing → its scores (series,), and (kind, series)."""
        missing = np.isnan(spend)
        t = self._hours
        x = spend.astype(np.float32)
        if missing.any():
            x = np.where(missing, median([self._past["hour"][(t - DAY * k) % KEPT] for k in range(1, 8)]), x)
        hour = self._past["hour"]
        statistic = statistics(lambda back: hour[(t - back) % KEPT] if back else x)
        judged = np.empty((len(ALL), len(x)), np.float32)
        usually = {of: self._usual_at(of, t) for of in OVER_USUAL}
        excess = excesses(statistic, usually.__getitem__, self._around)
        for place, kind in enumerate(ALL):
            then = self._highs[place][(t - kind.lag) % DAY]
            judged[place] = excess[place] / (np.float32(kind.share) * self._unit + then) / np.float32(kind.edge)
        judged[:, missing] = 0.0
        judged[RHYTHM] *= self._rhythm
        self._today_sums += rhythm.of_hours(x, self._usual["hour"][0])
        self._remember(x, statistic, excess)
        return together(judged), judged

    def _around(self, of: str) -> Floats:
        """As `windows.around`; what is kept has the next hour's days, and no more those of the one before."""
        coming = self._usual_at(of, self._hours + 1)
        before, now = self._usual[of]
        self._usual[of] = np.stack((now, coming))
        return np.maximum(np.maximum(before, now), coming)

    def _usual_at(self, of: str, hour: int) -> Floats:
        """As `windows.usual`."""
        past = self._past[of]
        usually = of_days([past[(hour - DAY * k) % KEPT] for k in range(1, DAYS_USUAL + 1)])
        return or_before(usually, [past[(hour - back) % KEPT] for back in WEEKS_BEFORE]) if hour >= KEPT else usually

    def _remember(self, x: Floats, statistic: dict[str, Floats], excess: list[Floats]) -> None:
        t = self._hours
        for of, ring in self._past.items():
            ring[t % KEPT] = statistic[of]
        self._today[0] += x
        self._today[1] += x > 0
        for place, now in enumerate(excess):
            np.maximum(self._peak[place], now, out=self._peak[place])
            np.maximum(self._peak[place], self._before[place], out=self._highs[place][t % DAY])
        self._hours += 1
        if self._hours % DAY == 0:
            self._days = np.concatenate((self._days, self._today[:, None]), axis=1)[:, -LEVEL_DAYS:]
            self._peaks = np.concatenate((self._peaks, self._peak[:, None]), axis=1)[:, -HIGH_DAYS:]
            self._sums = np.concatenate((self._sums, self._today_sums[:, None]), axis=1)[:, -rhythm.WEEK_DAYS :]
            self._today_sums = np.zeros_like(self._today_sums)
            self._today, self._peak = np.zeros_like(self._today), np.zeros_like(self._peak)
            self._turn()
