"""What the detector keeps from one look to the next: all that hours of the present day do not change.

A look judges three to six weeks of every series, and a look five minutes later is shown the same weeks with another
last hour. What was before the present day is compared with what was kept, number by number; where it is the same, only
the hours that are new or changed are judged. Late rows that restate it, series that come or go, and each new day of an
age begin it anew.

The present hours begin where the present day of each age has begun, and the UTC day that has a threshold of its own:
at the latest of these beginnings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.age import Age
from freio.adapters.detector.calibration import SETTLED, Thresholds, utc_days
from freio.adapters.detector.client import (
    Shown,
    borrowed,
    least_levels,
    pasts,
    records_of_the_grown,
)
from freio.adapters.detector.engine import CHUNK, Odd, day_begins
from freio.adapters.detector.evidence import ALL, ODD
from freio.adapters.detector.hold import HELD_DAYS
from freio.adapters.detector.pool import Calm, Pool, Pools, asked, with_opinions
from freio.adapters.detector.said import TOLD, Seen, calm, said
from freio.adapters.detector.today import GROWN
from freio.adapters.detector.windows import DAY, Floats
from freio.domain.spend import Score

JUDGED = (HELD_DAYS + 14) * DAY  # hours whose scores are needed: of those held, and for the threshold of the first


@dataclass(frozen=True, slots=True)
class Learned:
    """What a threshold is learned from.

    ``score``   with the pool's opinion (series, hours), 0 where nothing is told: before a series, and under the gate.
    ``counts``  whether an hour is one of the past that counts (series, hours): the series was there, and old enough.
    ``days``    the number of each hour's UTC day, and of the one after them, the first of the present ones.
    """

    score: Floats
    counts: NDArray[np.bool_]
    days: NDArray[np.int_]


class Day:
    """The series of a client, and what is known of them for as long as their present hours have the same past."""

    def __init__(
        self,
        groups: Sequence[Shown],
        last_hour: datetime,
        gate: float,
        learn: Callable[[Learned], Thresholds],
        pools: Pools,
    ) -> None:
        """From a first look; ``learn`` makes the threshold of the past, ``pools`` are those of earlier looks.

        ``gate``  what is over the usual by no more is not told, in money.
        """
        hours = groups[0].hours
        self._utc_day = _utc_day(groups, last_hour)
        offsets = [hours - group.hours for group in groups]
        begins = [day_begins(group.hours) + offset for group, offset in zip(groups, offsets, strict=True)]
        self._begins, self._until = begins[0], max(*begins, self._utc_day, 0)
        self._first = max(0, begins[0] - JUDGED)
        rows = np.cumsum([0, *(len(group.names) for group in groups)]).tolist()
        self._rows = rows[-1]
        self._ages = [
            Age(group, row, offset, self._until - offset)
            for group, row, offset in zip(groups, rows[:-1], offsets, strict=True)
        ]
        self._small: float | None = None
        score, seen, odd = self._past()
        known = Calm.of(score, seen)
        day = self._begins - self._first
        self._learned = known.rows(day) if known.are_enough(day) else None
        shown = [age.spend[:, : age.hours] for age in self._ages]
        before = pasts(shown, hours - self._first) if len(odd.row) else ()
        told = with_opinions(score, odd, known, pools=pools, pasts=before)
        counts = self._counted(score)
        del score, seen, known  # they are large
        told[np.isnan(told)] = 0.0
        fires = told[odd.row, odd.hour]
        self._leave_out(told, gate)
        days = utc_days(last_hour, hours - self._first)[: self._until - self._first + 1]
        self._against = learn(Learned(told, counts, days))
        fired = fires >= self._against.by_hour[odd.hour]
        fired &= odd.hour + self._first >= self._until - TOLD
        self._fired = odd.row[fired], odd.hour[fired] + self._first, odd.evidence[fired]
        self._scores = np.zeros((self._rows, DAY))
        self._judged = self._until

    def _past(self) -> tuple[Floats, Floats, Odd]:
        """As `engine.Past` has them, of all series and of the columns before the present hours."""
        width = self._until - self._first
        small, lent = None, None
        if len(self._ages) > 1:
            small = least_levels([age.spend[:, : age.until + 1] for age in self._ages], width + 1)
            self._small, small = float(small[-1]), small[:-1]
            grown = [age.spend[:, : age.until] for age in self._ages if age.until >= GROWN]
            lent = records_of_the_grown(grown, width, small)
        every = asked(self._rows)
        score = np.full((self._rows, width), np.nan)
        seen = np.zeros((len(range(self._rows)[every]), width, len(ALL)), np.float32)
        odd: list[Odd] = []
        row = 0
        for age in self._ages:
            kept = min(width, age.until)
            part = slice(width - kept, width)
            some = slice(-age.row % every.step, None, every.step)
            found = age.begin(
                kept, some, None if small is None else small[part], None if lent is None else lent[:, part]
            )
            score[age.rows, part] = found[0]
            seen[row : row + len(found[1]), part] = found[1]
            row += len(found[1])
            odd.append(Odd(found[2].row + age.row, found[2].hour + width - kept, found[2].evidence))
        return score, seen, Odd.joined(odd)

    def _counted(self, score: Floats) -> NDArray[np.bool_]:
        """As of `Learned`; the score is NaN before a series."""
        out: NDArray[np.bool_] = ~np.isnan(score)
        for age in self._ages:
            out[age.rows, : max(0, age.offset + SETTLED - self._first)] = False
        return out

    def _leave_out(self, score: Floats, gate: float) -> None:
        """The scores of what is not over the gate: 0 from now on."""
        for age in self._ages:
            kept = min(score.shape[1], age.until)
            for first in range(age.row, age.rows.stop, CHUNK):
                rows = slice(first, min(first + CHUNK, age.rows.stop))
                over = age.over_usual(slice(rows.start - age.row, rows.stop - age.row), kept)
                score[rows, score.shape[1] - kept :][~(over > gate)] = 0.0

    @property
    def present(self) -> list[Floats]:
        """Of each age the present hours, as they were shown last."""
        return [age.present for age in self._ages]

    def present_of(self, groups: Sequence[Shown], last_hour: datetime) -> list[Floats] | None:
        """The present hours of each age; None where what is kept is not what a look at these would make anew."""
        ages = [(age.names, age.offset) for age in self._ages]
        if ages != [(group.names, groups[0].hours - group.hours) for group in groups]:
            return None
        if _utc_day(groups, last_hour) != self._utc_day:
            return None
        found = []
        for age, group in zip(self._ages, groups, strict=True):
            present = age.present_of(group)
            if present is None:
                return None
            found.append(present)
        return found

    def look(self, present: Sequence[Floats]) -> Iterator[tuple[str, Score]]:
        """What is said of the last hour of each series, by the present hours of each age."""
        changed = [age.show(hours) + age.offset for age, hours in zip(self._ages, present, strict=True)]
        since, hours = min(self._judged, *changed), self._ages[0].hours
        if since < hours:
            self._judge(since, hours)
        self._judged = hours
        return self._said(hours)

    def _judge(self, since: int, hours: int) -> None:
        """The present hours from `since` on: their scores, with the opinion of the day's pool."""
        small = None if self._small is None else np.full(hours - since, self._small)
        is_lent = small is not None and self._ages[-1].begins < GROWN
        ratios: list[Floats] = []
        columns = slice(since - self._until, hours - self._until)
        for age in self._ages:
            lent = borrowed(ratios) if ratios and age.begins < GROWN else None
            age.judge(since - age.offset, small, lent)
            if is_lent and small is not None and age.begins >= GROWN:
                ratios.append(age.ratios(slice(since - age.offset, hours - age.offset), small))
            self._scores[age.rows, columns] = age.score(since - age.offset).T
        row, column = np.nonzero(self._scores[:, columns] >= ODD)
        if self._learned is not None and len(row):
            column += columns.start
            evidence = np.empty((len(row), len(ALL)), np.float32)
            for age in self._ages:
                of = slice(*np.searchsorted(row, (age.row, age.rows.stop)))
                evidence[of] = age.evidence(row[of] - age.row, column[of] + self._until - age.offset)
            self._scores[row, column] = self._pool.moved(evidence, self._scores[row, column])

    @cached_property
    def _pool(self) -> Pool:
        if self._learned is None:
            raise ValueError("too little is known for a pool")
        return Pool(*self._learned)

    def _said(self, hours: int) -> Iterator[tuple[str, Score]]:
        threshold = float(self._against.by_hour[-1])
        values = self._scores[:, hours - 1 - self._until] / threshold
        row, column = np.nonzero(self._scores[:, : hours - self._until] >= threshold)
        rows, at = np.append(self._fired[0], row), np.append(self._fired[1], column + self._until)
        for age in self._ages:
            mine = np.flatnonzero((rows >= age.row) & (rows < age.rows.stop))
            alerts = _Alerts(mine, rows[mine] - age.row, at[mine] - age.offset)
            yield from self._said_of(age, values[age.rows], alerts)

    def _said_of(self, age: Age, values: Floats, alerts: _Alerts) -> Iterator[tuple[str, Score]]:
        hours, calibration = age.hours, self._against.now
        shapes = ["silence" if is_silent else "" for is_silent in age.silent().tolist()]
        usual = slice(max(0, hours - TOLD) - age.told_from, hours - age.told_from)
        asks = values >= 1
        asks[alerts.row[age.may_run(alerts.row, alerts.hour)]] = True
        fired: dict[int, dict[int, Floats]] = {place: {} for place in np.flatnonzero(asks).tolist()}
        for number, place, hour in alerts.of(asks):
            is_past = number < len(self._fired[0])
            fired[place][hour] = self._fired[2][number] if is_past else age.evidence(place, hour)
        for place, (name, value, normal) in enumerate(zip(age.names, values.tolist(), age.usual, strict=True)):
            if place not in fired:
                yield name, calm(value, normal[usual.stop - 1], shapes[place], normal[usual], calibration)
                continue
            seen = Seen(
                spend=age.spend[place, :hours],
                x=age.told.x[place, :hours],
                normal=age.told.normal[place, :hours],
                value=value,
                shape=shapes[place],
                fired=fired[place],
                calibration=calibration,
            )
            yield name, said(seen)


@dataclass(frozen=True, slots=True)
class _Alerts:
    """Of one age: the number of each among those of all, its series and its hour."""

    number: NDArray[np.intp]
    row: NDArray[np.intp]
    hour: NDArray[np.intp]

    def of(self, wanted: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
        """Of the series that are wanted."""
        some = wanted[self.row]
        return zip(*(each[some].tolist() for each in (self.number, self.row, self.hour)), strict=True)


def _utc_day(groups: Sequence[Shown], last_hour: datetime) -> int:
    """The column in which the UTC day of the last hour began: of the hours of the oldest; before them, less than 0."""
    return groups[0].hours - 1 - int(last_hour.timestamp()) // 3600 % DAY
