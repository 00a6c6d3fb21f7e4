"""All series of a client at once, however old each is: what they share is what is small, and what the young borrow.

An app of two days has records of one, and next to any of them a usual third day is a record. What it has not seen yet,
the client's older apps have: by how much their records lie over their level, kind by kind, and of those the third
quartile. As a multiple of a level it has no scale, and it fades with each day of the app's own. Cut to two days of
history, a fifth of ServeGen's series at a time alerted .42 times a series-week where all of theirs gave .25, at one
threshold. With what they borrow it should be between the two, which was seen for a fade of seven days alone: the data
at hand has fourteen. It finds no more: it keeps the young from using up the budget of all.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np

from freio.adapters.detector.engine import CHUNK, Judged, every_hour, judge
from freio.adapters.detector.evidence import ALL, HIGH_DAYS
from freio.adapters.detector.highs import records
from freio.adapters.detector.level import SMALL, daily, levels
from freio.adapters.detector.today import GROWN
from freio.adapters.detector.windows import DAY, Floats, known, usual

BORROWED = 0.75  # of the older ones have no higher records
READ = 256  # series at a time
ASKED = 64  # older series, at most, that the young borrow from


@dataclass(frozen=True)
class Shown:
    """Series of one age: their names, and what each spent by the hour, NaN where an hour is missing.

    An hour of credits is an hour without spend: what was paid back makes no level less than nothing.
    """

    names: Sequence[str]
    series: Sequence[Sequence[float]] | Floats

    @property
    def hours(self) -> int:
        return len(self.series[0])

    def parts(self) -> Iterator[tuple[slice, Floats]]:
        """The spend of some series at a time (series, hours): what is read again and again stays in the cache."""
        for first in range(0, len(self.names), READ):
            part = slice(first, min(first + READ, len(self.names)))
            yield part, _spend(self.series[part], self.hours)

    @cached_property
    def spend(self) -> Floats:
        """Of all series (series, hours)."""
        out = np.empty((len(self.names), self.hours))
        for part, spend in self.parts():
            out[part] = spend
        return out

    @property
    def over_usual(self) -> Floats:
        """By how much each hour was over what is usual then; 0 where it is missing."""
        out = np.empty_like(self.spend)
        for first in range(0, len(out), CHUNK):
            chunk = slice(first, first + CHUNK)
            x = known(np.ascontiguousarray(self.spend[chunk].T))
            out[chunk] = (x - usual(x)).T
        out[np.isnan(self.spend)] = 0.0
        return out


def by_age(series: Mapping[str, Sequence[float]]) -> list[Shown]:
    """Oldest first; by name within an age, so that it does not matter in which order they come.

    Ten thousand series of four weeks are read in some 20 ms where they are ``array("d")``, and in 200 where they are
    lists.
    """
    ages: dict[int, list[str]] = defaultdict(list)
    for name in sorted(series):
        ages[len(series[name])].append(name)
    return [Shown(names, [series[name] for name in names]) for _, names in sorted(ages.items(), reverse=True)]


def _spend(series: Sequence[Sequence[float]] | Floats, hours: int) -> Floats:
    found: Floats
    arrays = [each for each in series if isinstance(each, array) and each.typecode == "d"]
    if len(arrays) == len(series):
        found = np.frombuffer(bytearray().join(arrays), dtype=float).reshape(len(series), hours)
    else:
        found = np.array(series, dtype=float)
    return np.maximum(found, 0.0, out=found)


def judge_all(groups: Sequence[Shown], last: int) -> Judged:
    """The last hours of all of them, in the order of `groups`; what was before a series is NaN in its score."""
    kept = min(last, groups[0].hours)
    small = least_levels([group.spend for group in groups], kept) if len(groups) > 1 else None
    lent = records_of_the_grown([group.spend for group in groups if group.hours >= GROWN], kept, small)
    found = [
        judge(
            group.spend,
            last=last,
            small=None if small is None else small[-min(last, group.hours) :],
            borrowed=None if lent is None else lent[:, -min(last, group.hours) :],
        )
        for group in groups
    ]
    if len(found) == 1:
        return found[0]
    return Judged(
        np.concatenate([_padded(one.score, kept, np.nan) for one in found]),
        np.concatenate([_padded(one.evidence, kept, 0.0) for one in found]),
    )


def pasts(groups: Sequence[Floats], last: int) -> list[bytes]:
    """For each day of the last hours a digest of all that was before it: the same where nothing of that has changed.

    Days are those of the oldest series. ``groups`` as of `least_levels`.
    """
    hours = groups[0].shape[1]
    first = hours - min(last, hours)
    digest = blake2b(repr((first, [(len(spend), hours - spend.shape[1]) for spend in groups])).encode())
    found = []
    for day in range(0, hours, DAY):
        if day >= first:
            found.append(digest.digest())
        for spend in groups:
            since, until = (max(0, at - (hours - spend.shape[1])) for at in (day, day + DAY))
            digest.update(spend[:, since:until].tobytes())
    return found


def over_usual(groups: Sequence[Shown], last: int) -> Floats:
    """By how much each of the last hours was over what is usual then; 0 where it is missing, or before a series."""
    kept = min(last, groups[0].hours)
    return np.concatenate([_padded(group.over_usual[:, -kept:], kept, 0.0) for group in groups])


def least_levels(groups: Sequence[Floats], kept: int) -> Floats:
    """A quarter of the median level of all, hour by hour: as `measured` has it for series of one age.

    ``groups``  the spend of each age (series, hours), oldest first.
    """
    found = np.concatenate([_padded(_levels(spend).T[:, -kept:], kept, 0.0) for spend in groups])
    small = np.zeros(kept)
    some = (found > 0).any(axis=0)
    small[some] = SMALL * np.nanmedian(np.where(found > 0, found, np.nan)[:, some], axis=0)
    return small


def _levels(spend: Floats) -> Floats:
    return np.repeat(levels(*daily(known(spend.T))), DAY, axis=0)[: spend.shape[1]]


def records_of_the_grown(groups: Sequence[Floats], kept: int, small: Floats | None) -> Floats | None:
    """Records over the level, of those that are old enough: (kind, hours). ``groups`` as of `least_levels`."""
    if small is None or not groups:
        return None
    ratios = []
    for spend in groups:
        hours, some = spend.shape[1], spend[lenders(len(spend))]
        unit = np.maximum(_levels(some)[-kept:], small[-min(kept, hours) :, np.newaxis])
        ratio = over_level([record[-kept:] for record in _records(some)], unit)
        ratio[:, :, : max(0, GROWN - (hours - len(unit)))] = np.nan  # it was young itself then
        ratios.append(np.stack([_padded(each, kept, np.nan) for each in ratio]))
    return borrowed(ratios)


def lenders(series: int) -> slice:
    """Which series of one age the young borrow from."""
    return slice(None, None, max(1, series // ASKED))


def over_level(records: Sequence[Floats], unit: Floats) -> Floats:
    """Each kind's records (hours, series) over the level: (kind, series, hours)."""
    ratios = [np.divide(record, unit, out=np.zeros_like(unit), where=unit > 0).T for record in records]
    return np.stack(ratios)


def borrowed(ratios: Sequence[Floats]) -> Floats:
    """What the young have of the records over the level (kind, series, hours) of each age; NaN where it was young.

    As numpy's `nanquantile`, and 0 where all are NaN; but that takes a tenth of a millisecond for each kind and hour.
    """
    every = np.sort(np.concatenate(ratios, axis=1), axis=1)  # NaN last
    there = (~np.isnan(every)).sum(axis=1, keepdims=True)
    place = np.maximum(0.0, BORROWED * (there - 1))
    low = place.astype(int)
    below = np.take_along_axis(every, low, axis=1)
    above = np.take_along_axis(every, np.minimum(low + 1, np.maximum(0, there - 1)), axis=1)
    part, apart = place - low, above - below
    out = np.where(part < 0.5, below + apart * part, above - apart * (1 - part))
    found: Floats = np.where(there > 0, out, 0.0)[:, 0]
    return found


def _records(spend: Floats) -> Iterator[Floats]:
    for kind, excess in zip(ALL, every_hour(known(np.ascontiguousarray(spend.T))).excess, strict=True):
        yield records(excess, HIGH_DAYS, kind.lag)


def _padded(values: Floats, kept: int, before: float) -> Floats:
    """(series, hours, …) with so many hours, what was before it filled in."""
    out = np.full((len(values), kept, *values.shape[2:]), before)
    out[:, kept - values.shape[1] :] = values
    return out
