"""The present day of series of one age: its hours alone are judged, by what the days before them have fixed.

Days are counted from the first hour of a series. Until its present day is over, what is usual in each of its hours, the
records of the days before, the level and the rhythm stay what they were when it began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.evidence import ALL, AROUND, OVER_USUAL, RHYTHM, excesses, together
from freio.adapters.detector.level import NOT_ZERO
from freio.adapters.detector.windows import (
    BEFORE,
    DAY,
    WEEKS_BEFORE,
    WEEKS_USUAL,
    Floats,
    days_usual,
    known,
    median,
    statistics,
    usual_from,
)

GROWN = 14 * DAY  # hours after which an app is judged by its own records alone
GROWING = tuple(place for place, kind in enumerate(ALL) if kind.lag < DAY)  # kinds that today's own records count for


@dataclass(frozen=True, slots=True)
class Begun:
    """What the hours of a day that has begun are judged by; the last axis of each array is the series.

    ``hours``    before this day.
    ``before``   the last `BEFORE` of them, (hours, …), missing ones filled in.
    ``filling``  what stands in for each hour of this day (24, …) where it is missing.
    ``usual``    what each statistic of `OVER_USUAL` usually is (statistic, 24, …); ``usually`` the same for `AROUND`,
                 from the hour before this day on (statistic, 25, …); ``firsts`` what those were in the first hour of
                 the days that tomorrow's first hour is judged by (statistic, day, …): see `_days_of_tomorrow`.
    ``stood``    of each kind the records of the hours before this day that count in its first ones (hours of its lag);
    ``peak``     the highest of the `evidence.HIGH_DAYS` before (kind, …).
    ``level``    in money, and whether the daily ``rhythm`` is kept.
    """

    hours: int
    before: Floats
    filling: Floats
    usual: Floats
    usually: Floats
    firsts: Floats
    stood: tuple[Floats, ...]
    peak: Floats
    level: Floats
    rhythm: NDArray[np.bool_]

    @classmethod
    def empty(cls, hours: int, series: int) -> Begun:
        """To be filled in with `fill`, some series at a time."""
        return cls(
            hours,
            before=np.zeros((BEFORE, series)),
            filling=np.zeros((DAY, series)),
            usual=np.zeros((len(OVER_USUAL), DAY, series)),
            usually=np.zeros((len(AROUND), DAY + 1, series)),
            firsts=np.zeros((len(AROUND), len(_days_of_tomorrow(hours // DAY)), series)),
            stood=tuple(np.zeros((kind.lag, series)) for kind in ALL),
            peak=np.zeros((len(ALL), series)),
            level=np.zeros(series),
            rhythm=np.zeros(series, dtype=bool),
        )

    def of(self, chunk: slice) -> Begun:
        """Some of the series: views."""
        every = {field.name: getattr(self, field.name) for field in fields(self)}
        some = {name: value[..., chunk] for name, value in every.items() if isinstance(value, np.ndarray)}
        return Begun(**{**every, **some, "stood": tuple(each[:, chunk] for each in self.stood)})

    def filled(self, today: Floats, since: int = 0) -> Floats:
        """Hours of this day from `since` on, the missing ones filled in; of all up to the last one (hours, series)."""
        if not self.hours:
            return known(today)[since:]
        return np.where(np.isnan(today[since:]), self.filling[since : len(today)], today[since:])

    def records(self, place: int, grown: Floats, hours: slice) -> Floats:
        """The records of one kind that count in these hours of the day (hours, series); ``grown`` as of `judge`."""
        lag, out = ALL[place].lag, np.empty((hours.stop - hours.start, self.peak.shape[1]))
        early = max(0, min(hours.stop, lag) - hours.start)
        out[:early] = self.stood[place][hours.start : hours.start + early]
        if early < len(out):
            since = hours.start + early - lag
            np.maximum(
                grown[GROWING.index(place), since : hours.stop - lag], self.peak[place][np.newaxis], out=out[early:]
            )
        return out

    def judge(
        self, today: Floats, grown: Floats, since: int, small: Floats | None = None, borrowed: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """Hours of this day from `since` on: scores (hours, series), and evidence (kind, hours, series).

        ``today``   all its hours up to the last one (hours, series), NaN where one is missing.
        ``grown``   the highest excess of the day up to each hour (`GROWING`, 24, series): known before `since`, filled
                    in from there.
        ``small``, ``borrowed``  as of `engine.judge`, for these hours.
        """
        end, series = today.shape
        missing = np.isnan(today[since:])
        excess = self._excess(self.filled(today), since)
        self._grow(excess, grown, since)
        index = np.arange(self.hours + since, self.hours + end)
        weight = np.maximum(0.0, 1.0 - index / GROWN)
        unit = np.broadcast_to(self.level, (end - since, series))
        if small is not None:
            unit = np.maximum(unit, small[:, np.newaxis]) + NOT_ZERO
        judged = np.empty((len(ALL), end - since, series))
        for place, kind in enumerate(ALL):
            past = self.records(place, grown, slice(since, end))
            if borrowed is not None and weight.any():
                past = np.maximum(past, (weight * borrowed[place])[:, np.newaxis] * unit)
            over_edge(excess[place], past, unit, place, out=judged[place])
            judged[place, index < kind.from_hour] = 0.0
        if missing.any():
            judged[:, missing] = 0.0
        judged[RHYTHM] *= self.rhythm
        return together(judged), judged

    def _excess(self, x: Floats, since: int) -> list[Floats]:
        window = np.concatenate((self.before, x))
        statistic = statistics(window[since:])
        if self.hours < 2 * DAY:
            statistic["gain_24"][:] = 0.0  # as of `every_hour`
        usually = dict(zip(OVER_USUAL, self.usual[:, since : len(x)], strict=True))
        wide = dict(zip(AROUND, self.usually, strict=True))
        if len(x) == DAY:
            first = statistic if not since else statistics(window[: BEFORE + 1])
            wide = {
                of: np.concatenate((wide[of], self._tomorrow(place, first[of][0]))) for place, of in enumerate(AROUND)
            }

        def around(of: str) -> Floats:
            hours = wide[of][since : len(x) + 2]
            high: Floats = np.maximum(np.maximum(hours[:-2], hours[1:-1]), hours[2:])
            return high

        found = excesses(statistic, usually.__getitem__, around)
        if not self.hours:
            for kind, excess in zip(ALL, found, strict=True):
                if kind.over_usual:
                    excess[:] = 0.0
        return found

    def _tomorrow(self, place: int, first: Floats) -> Floats:
        """What is usual in the first hour of tomorrow (1, series), from what this day's first hour was."""
        days = _days_of_tomorrow(self.hours // DAY)
        past = {1: first, **dict(zip(days, self.firsts[place], strict=True))}
        return usual_from(past.__getitem__, self.hours // DAY + 1)[np.newaxis]

    def _grow(self, excess: list[Floats], grown: Floats, since: int) -> None:
        for row, place in enumerate(GROWING):
            for at, values in enumerate(excess[place], since):
                grown[row, at] = np.maximum(grown[row, at - 1], values) if at else values


def fill(begun: Begun, x: Floats, statistic: Mapping[str, Floats], usually: Mapping[str, Floats]) -> None:
    """All but the records, level and rhythm: from the hours of the past and a day more, of which only the usual counts.

    Arrays of (hours, series); ``usually`` of every statistic that is held against its usual.
    """
    at = begun.hours
    last = x[max(0, at - BEFORE) : at]
    begun.before[BEFORE - len(last) :] = last
    if at:
        back = days_usual(at // DAY)
        begun.filling[:] = median([x[at - DAY * days : at - DAY * (days - 1)] for days in back])
    for place, of in enumerate(OVER_USUAL):
        begun.usual[place] = usually[of][at : at + DAY]
    for place, of in enumerate(AROUND):
        begun.usually[place, 1:] = usually[of][at : at + DAY]
        begun.usually[place, 0] = usually[of][at - 1] if at else 0.0
        for day, days in enumerate(_days_of_tomorrow(at // DAY)):
            begun.firsts[place, day] = statistic[of][at - DAY * (days - 1)]


def over_edge(excess: Floats, past: Floats, unit: Floats, place: int, *, out: Floats) -> None:
    """How far one kind is over its edge: the excess over the record and a share of the level."""
    kind = ALL[place]
    np.multiply(unit, kind.share, out=out)
    np.add(out, past, out=out)
    np.divide(excess, out, out=out)
    np.divide(out, kind.edge, out=out)


def _days_of_tomorrow(days: int) -> list[int]:
    """Which days before tomorrow say what is usual in it, this one apart, after so many days before this one."""
    weeks = [back // DAY for back in WEEKS_BEFORE] if days + 1 >= WEEKS_USUAL else []
    return sorted({*days_usual(days + 1), *weeks} - {1})
