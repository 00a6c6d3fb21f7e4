"""How fast each model of a project was gone through in the busiest quarter of each hour that was, and how it jumped.

Of its tokens, or of its requests: each has its own.

A pace of fifteen minutes is compared with such paces: held against whole hours, each burst within one would look like
a runaway. A jump is by how much it is over the highest pace of the three hours before: what climbs every morning
seldom jumps so far. They are learned from five-minute telemetry, once for each hour, and live as long as the process
does; a new one asks for them again, one list for each project.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from freio.domain.spend import Requests, Tokens
from freio.guard.telemetry import DAY, HOUR, STEP, STEP_MINUTES, floor_day, floor_hour, floor_step, whole_hours

KEPT = timedelta(days=14)  # at least: it begins with a UTC day
FILLING = timedelta(minutes=3)  # the newest points come so late: a step that holds such minutes looks like a dip
WINDOW = 3 * STEP  # one step is a burst, and an hour is slow
BEFORE = 3 * HOUR  # whose highest pace a jump is measured from
REACH = BEFORE + 2 * WINDOW  # the steps before an hour that its jumps are made of
AN_HOUR = int(HOUR / WINDOW)  # windows

Steps = Mapping[datetime, int]
Usage = Tokens | Requests
Read = Callable[[Sequence[str], datetime, datetime, int], Sequence[Usage]]  # `tokens` or `requests` of a `Meter`


def window(now: datetime) -> tuple[datetime, datetime]:
    """The newest `WINDOW` whose points have all come.

    >>> from datetime import UTC
    >>> start, end = window(datetime(2026, 11, 23, 15, 7, tzinfo=UTC))
    >>> f"{start:%H:%M} to {end:%H:%M}"
    '14:45 to 15:00'
    """
    end = floor_step(now - FILLING)
    return end - WINDOW, end


class Highest(NamedTuple):
    """Of an hour, in tokens or requests an hour."""

    pace: int
    jump: int


NONE = Highest(0, 0)


class Paces:
    """The highest pace and jump of each hour, by project and model."""

    def __init__(self, read: Read, *, beside: Paces | None = None) -> None:
        """``beside``  paces that know of every project that is read, where these know of some alone."""
        self._read = read
        self._beside = beside
        self._until: dict[str, datetime] = {}
        self._hours: dict[str, dict[str, dict[datetime, Highest]]] = {}
        self._recent: dict[str, Mapping[str, Steps]] = {}
        self._heard: set[datetime] = set()  # hours in which some model of some project had traffic

    def learn(self, project: str, recent: Iterable[Usage], since: datetime, now: datetime) -> None:
        """Take in the hours that have ended: from `recent`, which reaches back to `since`, where it has all it takes.

        VendorError where it has not, and the project cannot be asked: nothing is learned then, and nothing lost. Hours
        in which the project was not heard are looked at again for a day: telemetry that was late may bring them yet.
        """
        self._recent[project] = _by_model(recent)
        oldest = floor_day(window(now)[1] - KEPT)
        begin = max(self._until.get(project, oldest), oldest)
        end = floor_hour(window(now)[1])
        known = self._hours.setdefault(project, {})
        for hours in known.values():
            for hour in [hour for hour in hours if hour < oldest]:
                del hours[hour]
        if begin >= end:
            return
        if project in self._until and not self._speaks(project, begin, end):
            self._until[project] = self._settled(project, begin, end)
            return
        if begin - REACH < since:
            recent = self._read([project], begin - REACH, floor_step(now), STEP_MINUTES)
        for model, steps in _by_model(recent).items():
            hours = known.setdefault(model, {})
            hours.update({hour: highest for hour in whole_hours(begin, end) if (highest := _highest(steps, hour))})
            self._heard.update(hours)
        self._heard = {hour for hour in self._heard if hour >= oldest}
        self._until[project] = self._settled(project, begin, end)

    def _speaks(self, project: str, begin: datetime, end: datetime) -> bool:
        """Whether what is recent of the project has any traffic of that time."""
        return any(begin <= start < end for steps in self._recent[project].values() for start in steps if steps[start])

    def _settled(self, project: str, begin: datetime, end: datetime) -> datetime:
        """Up to when all is known: after the last hour in which the project was heard, or a day before the end."""
        known = self._hours.get(project, {}).values()
        heard = [hour + HOUR for hour in whole_hours(begin, end) if any(hour in hours for hours in known)]
        return max(begin, end - DAY, *heard)

    def pace(self, project: str, model: str, now: datetime) -> int:
        """The present one, of `window`."""
        return _pace(self._recent.get(project, {}).get(model, {}), window(now)[1])

    def jump(self, project: str, model: str, now: datetime) -> int:
        """By how much the present pace is over the highest of the three hours before its window."""
        return _jump(self._recent.get(project, {}).get(model, {}), window(now)[1])

    def so_far(self, project: str, model: str, now: datetime) -> Highest:
        """The highest pace and jump of the windows that have ended in the present hour, the present one among them."""
        steps, end = self._recent.get(project, {}).get(model, {}), window(now)[1]
        ends = [end - n * STEP for n in range(int((end - floor_hour(end)) / STEP))] or [end]
        return Highest(max(_pace(steps, one) for one in ends), max(_jump(steps, one) for one in ends))

    def was_heard(self, hour: datetime) -> bool:
        """Whether any model of any project had traffic then."""
        return hour in self._heard or (self._beside is not None and self._beside.was_heard(hour))

    def of(self, project: str, model: str, now: datetime) -> tuple[Highest | None, ...]:
        """Every hour from the first with traffic up to the present one, oldest first; gaps as zero.

        None of an hour in which no model of any project had traffic: all were idle or the feed was down, and nobody
        knows which.
        """
        known = self._hours.get(project, {}).get(model, {})
        if not known:
            return ()
        hours = whole_hours(min(known), floor_hour(window(now)[1]))
        return tuple(known.get(hour, NONE) if self.was_heard(hour) else None for hour in hours)


def or_none(past: Iterable[Highest | None]) -> list[Highest]:
    """With zeros where nobody knows anything: `unheard` says where."""
    return [highest or NONE for highest in past]


def unheard(past: Sequence[Highest | None]) -> frozenset[int]:
    """By how long before the present hour: 1 is the one that ended last."""
    return frozenset(len(past) - at for at, highest in enumerate(past) if highest is None)


def _by_model(usage: Iterable[Usage]) -> dict[str, Steps]:
    """Of all endpoints and ways of asking, but what runs on provisioned throughput: that costs nothing more."""
    found: dict[str, dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for one in usage:
        if not one.is_dedicated:
            found[one.model][one.start] += one.total
    return {model: dict(steps) for model, steps in found.items()}


def _highest(steps: Steps, hour: datetime) -> Highest | None:
    """Of the windows that end within the hour; None for an hour without traffic of its own."""
    if not any(steps.get(hour + n * STEP) for n in range(int(HOUR / STEP))):
        return None
    first, count = hour - REACH + WINDOW, int((REACH - WINDOW + HOUR) / STEP)
    paces = [_pace(steps, first + (n + 1) * STEP) for n in range(count)]
    width, before, own = int(WINDOW / STEP), int(BEFORE / STEP), int(HOUR / STEP)
    jumps = [paces[at] - max(paces[at - width - before + 1 : at - width + 1]) for at in range(count - own, count)]
    return Highest(max(paces[-own:]), max(0, *jumps))


def _jump(steps: Steps, end: datetime) -> int:
    before = [end - WINDOW - n * STEP for n in range(int(BEFORE / STEP))]
    return max(0, _pace(steps, end) - max(_pace(steps, one) for one in before))


def _pace(steps: Steps, end: datetime) -> int:
    return sum(steps.get(end - (n + 1) * STEP, 0) for n in range(int(WINDOW / STEP))) * AN_HOUR
