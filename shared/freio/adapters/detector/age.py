"""Series of one age on their present day: what they were shown, what is known of them, and the hours judged of it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.client import Shown, lenders, over_level
from freio.adapters.detector.engine import Odd, Today, Told, begin, day_begins
from freio.adapters.detector.evidence import ALL, ODD
from freio.adapters.detector.hold import may_run
from freio.adapters.detector.kinds import QUIET_HOURS, silent
from freio.adapters.detector.said import TOLD
from freio.adapters.detector.windows import DAY, Floats


class Age:
    """Series of one age, on their present day.

    ``names``, ``spend``  as they were shown last (series, hours to the end of the day), of which ``hours`` are known.
    ``row``     of all series the first of these; ``offset`` by how many hours they are younger than the oldest.
    ``begins``  the first hour of their present day, and ``until`` the first present one.
    """

    def __init__(self, shown: Shown, row: int, offset: int, until: int) -> None:
        self.names, self.hours, self.row, self.offset, self.until = shown.names, shown.hours, row, offset, until
        self.begins = day_begins(shown.hours)
        self.spend = np.empty((len(self.names), self.begins + DAY))
        for part, spend in shown.parts():
            self.spend[part, : shown.hours] = spend
        self.told = Told.empty(len(self.names), self.begins)
        self._today: Today
        self._spending = (self.spend[:, :until] > 0).sum(axis=1)

    @property
    def rows(self) -> slice:
        return slice(self.row, self.row + len(self.names))

    @property
    def present(self) -> Floats:
        """The present hours (series, hours), as they were shown last."""
        return self.spend[:, self.until : self.hours]

    def begin(self, kept: int, some: slice, small: Floats | None, lent: Floats | None) -> tuple[Floats, Floats, Odd]:
        """The last ``kept`` hours before the present ones, as `engine.Past` has them, with the evidence of ``some``."""
        before = kept - (self.until - self.begins)
        past, begun = begin(
            self.spend[:, : self.begins],
            before,
            None if small is None else small[:before],
            None if lent is None else lent[:, :before],
            asked=some,
            told=self.told,
        )
        self._today = Today.of(begun, len(self.names))
        hours = slice(self.until - self.begins)
        if not hours.stop:
            return past.score, past.seen, past.odd
        self._judge(
            slice(self.begins, self.until),
            None if small is None else small[before:],
            None if lent is None else lent[:, before:],
        )
        hour, row = np.nonzero(self._today.score[hours] >= ODD)
        return (
            np.concatenate((past.score, self._today.score[hours].T), axis=1),
            np.concatenate((past.seen, self._today.evidence[:, hours, some].transpose(2, 1, 0)), axis=1),
            Odd.joined([past.odd, Odd(row, hour + before, self._today.evidence[:, hour, row].T)]),
        )

    def judge(self, since: int, small: Floats | None, lent: Floats | None) -> None:
        """The hours from `since` on, of this day, up to the last one."""
        self._judge(slice(since, self.hours), small, lent)

    def _judge(self, hours: slice, small: Floats | None, lent: Floats | None) -> None:
        today, first = self.spend[:, self.begins : hours.stop], hours.start - self.begins
        self._today.judge(today, first, small, lent)
        for chunk in self._today.chunks():
            filled = self._today.begun.of(chunk).filled(np.ascontiguousarray(today[chunk].T), first)
            self.told.x[chunk, hours] = filled.T

    def score(self, since: int) -> Floats:
        """The hours from `since` on (hours, series), by the records alone."""
        return self._today.score[since - self.begins : self.hours - self.begins]

    def evidence(self, row: NDArray[np.intp] | int, hour: NDArray[np.intp] | int) -> Floats:
        """Of hours of this day: (…, kind)."""
        return self._today.evidence[:, hour - self.begins, row].T

    def over_usual(self, rows: slice, kept: int) -> Floats:
        """By how much each of so many hours before the present ones was over what is usual then, missing ones as it."""
        hours = slice(self.until - kept, self.until)
        over: Floats = self.told.x[rows, hours] - self.told.normal[rows, hours]
        return over

    def ratios(self, hours: slice, small: Floats) -> Floats:
        """As of `over_level`, of those that the young borrow from, in some hours of this day."""
        some = lenders(len(self.names))
        begun, grown = self._today.begun.of(some), self._today.grown[:, :, some]
        of_day = slice(hours.start - self.begins, hours.stop - self.begins)
        unit = np.maximum(begun.level, small[:, np.newaxis])
        return over_level([begun.records(place, grown, of_day) for place in range(len(ALL))], unit)

    def may_run(self, row: NDArray[np.intp], hour: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether each of these alerts may still run in the last hour."""
        hours = self.hours
        if not len(row) or hours <= DAY:
            return np.zeros(len(row), dtype=bool)
        out = hour < hours - 1
        missing = np.isnan(self.spend[:, hours - DAY : hours])
        x, normal = self.told.x[:, :hours], self.told.normal[:, :hours]
        out[out] = may_run(x, normal, missing, row[out], hour[out])
        return out

    def present_of(self, shown: Shown) -> Floats | None:
        """The present hours of what is shown; None where they are other series, on another day or of another past."""
        if self.begins != day_begins(shown.hours) or shown.hours <= self.until or self.names != shown.names:
            return None
        out = np.empty((len(self.names), shown.hours - self.until))
        for part, spend in shown.parts():
            if not np.array_equal(_bits(spend[:, : self.until]), _bits(self.spend[part, : self.until])):
                return None
            out[part] = spend[:, self.until :]
        return out

    def show(self, present: Floats) -> int:
        """From now on these are the present hours; the first one that is new, or not what it was."""
        both = slice(min(present.shape[1], self.hours - self.until))
        differ = (_bits(self.present[:, both]) != _bits(present[:, both])).any(axis=0)
        self.hours = self.until + present.shape[1]
        self.present[:] = present
        return self.until + (int(np.argmax(differ)) if differ.any() else both.stop)

    @property
    def told_from(self) -> int:
        """The first hour whose usual is told today."""
        return max(0, self.begins + 1 - TOLD)

    @cached_property
    def usual(self) -> list[tuple[float, ...]]:
        """Of each series, what its hours from `told_from` to the end of the day usually cost."""
        return [tuple(row.tolist()) for row in self.told.normal[:, self.told_from :]]

    def silent(self) -> NDArray[np.bool_]:
        """Whether nothing came lately from a series that spends nearly always."""
        lately = self.spend[:, max(0, self.hours - QUIET_HOURS) : self.hours] > 0
        spending = self._spending + (self.present > 0).sum(axis=1) - lately.sum(axis=1)
        return silent(spending, lately, self.hours)


def _bits(spend: Floats) -> NDArray[np.int64]:
    """So that an hour that is missing is what it was."""
    return spend.view(np.int64)
