"""Telemetry of every project, and whether what it says is all there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from freio.domain.silence import LONGER, pause
from freio.domain.spend import Tokens
from freio.errors import VendorError
from freio.ports import Meter

HOUR = timedelta(hours=1)
STEP_MINUTES = 5
STEP = timedelta(minutes=STEP_MINUTES)
FEED_SILENT = timedelta(minutes=20)  # telemetry is about three minutes late; this long without a point is silence
BELIEVED = timedelta(hours=1)  # a steady app's silence this long, while others' telemetry goes on, is an end of traffic
STEADY = 10  # of the twelve steps before it fell silent had traffic
TELLING = 3 * HOUR  # the hours that an alert stands by: money of a part of them looks like its end
DAY = timedelta(days=1)
DAYS_USUAL = 7
ENOUGH_DAYS = 3  # of a habit
AS_MANY = 0.75  # of an hour's usual tokens: no part of it was lost
RECENT = 5 * HOUR  # an hour that has just ended, and what its paces are held against


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Whole hours and recent steps of every project that could be read."""

    hourly: list[Tokens]
    recent: list[Tokens]
    failures: dict[str, str]
    read: list[str] = field(default_factory=list)

    def newest(self) -> datetime | None:
        """The end of the newest step with traffic, in any project."""
        return max(self.ends(), default=None)

    def ends(self, projects: frozenset[str] | None = None) -> set[datetime]:
        """The ends of the steps with traffic, in these projects or in any."""
        return {t.start + STEP for t in self.recent if projects is None or t.project in projects}

    def unheard(
        self, homes: Mapping[str, frozenset[str]], since: datetime, until: datetime
    ) -> dict[str, frozenset[datetime]]:
        """The whole hours of that time of which telemetry says nothing, by app; ``homes`` are each one's projects.

        All of them where a project of its could not be read. Else those in which no project at all had any traffic,
        once some had had any: Monitoring leaves out what is zero, so either all were idle or the feed was down, and
        nobody knows which.
        """
        heard = {floor_hour(tokens.start) for tokens in (*self.hourly, *self.recent)}
        every = frozenset(whole_hours(since, until))
        silent = frozenset(whole_hours(max(since, min(heard)), until)) - heard if heard else frozenset()
        return {app: silent if home.issubset(self.read) else every for app, home in homes.items()}

    def shows(self, home: frozenset[str], now: datetime) -> bool:
        """Whether what telemetry says of an app is all there is.

        Monitoring leaves out what is zero, so a feed that is down looks like an app that has ended. Points of its own
        within `FEED_SILENT` settle it; without them the feed must be alive elsewhere, and an app that had traffic all
        the time must have been silent for `BELIEVED`. Nor is it all while the feed was down lately: see `missed`.
        """
        newest = self.newest()
        if not home or any(project in self.failures for project in home):
            return False
        if newest is None or now - newest > FEED_SILENT:
            return False
        own = self.ends(home)
        if not own or now - max(own) <= FEED_SILENT or now - max(own) > BELIEVED:
            return True
        return sum(end > max(own) - HOUR for end in own) < STEADY

    def missed(self) -> bool:
        """Whether the feed was down within `TELLING`: no project had traffic, and then some had again.

        For longer than it otherwise pauses (`freio.domain.silence.LONGER`) in the recent hours, where it had spoken in
        them before, and not as on other days. So a job that runs every hour, every five hours or each night is no
        outage, and nor is an office's lunch, its night and its weekend.
        """
        steps = sorted({tokens.start for tokens in self.recent})
        if not steps:
            return False
        since = steps[-1] + STEP - TELLING
        silences = []
        for at, (before, after) in enumerate(pairwise(steps)):
            silent = after - before - STEP
            if after > since and silent > FEED_SILENT:
                others = pause(steps[: at + 1], STEP), pause(steps[at + 1 :], STEP)
                if silent > LONGER * max(others):
                    silences.append((before + STEP, after))
        if not silences and steps[0] <= since:
            return False
        days = _Days.of(self)
        earlier = max((hour for hour in days.total if hour < floor_hour(steps[0])), default=None)
        if steps[0] > since and earlier is not None and steps[0] - earlier - HOUR > FEED_SILENT:
            silences.append((earlier + HOUR, steps[0]))
        return not all(days.have_such(*silence) for silence in silences)


@dataclass(frozen=True, slots=True)
class _Days:
    """The hours in which any project had traffic, with all their tokens; ``whole`` until when they have ended."""

    total: Mapping[datetime, int]
    whole: datetime

    @classmethod
    def of(cls, telemetry: Telemetry) -> _Days:
        total: dict[datetime, int] = defaultdict(int)
        for tokens in telemetry.hourly:
            total[floor_hour(tokens.start)] += tokens.total
        whole = max(total, default=datetime.min.replace(tzinfo=UTC))
        for tokens in telemetry.recent:
            if floor_hour(tokens.start) > whole:
                total[floor_hour(tokens.start)] += tokens.total
        return cls(total, whole)

    def have_such(self, since: datetime, until: datetime) -> bool:
        """Whether other days have such a silence: in each of its hours, and as many tokens beside it.

        Of an hour at its edge that has not ended nobody knows yet.
        """
        first = floor_hour(since)
        hours = [first + n * HOUR for n in range(int((until - first) / HOUR) + 1)]
        lost = {hour: min(hour + HOUR, until) - max(hour, since) for hour in hours}
        return all(self._is_usual(hour, whole=lost[hour] == HOUR) for hour in hours if lost[hour] > FEED_SILENT)

    def _is_usual(self, hour: datetime, *, whole: bool) -> bool:
        known = [hour - n * DAY for n in range(1, DAYS_USUAL + 1) if hour - n * DAY >= min(self.total)]
        if len(known) < ENOUGH_DAYS:
            return False
        spoke = [self.total[day] for day in known if day in self.total]
        if whole:
            week_before = hour - DAYS_USUAL * DAY
            return 2 * len(spoke) < len(known) or (week_before in known and week_before not in self.total)
        return hour <= self.whole and bool(spoke) and self.total.get(hour, 0) >= AS_MANY * median(spoke)


def whole_hours(first: datetime, until: datetime) -> list[datetime]:
    """The starts of the whole hours from the first on."""
    return [first + at * HOUR for at in range(max(0, (until - first) // HOUR))]


def floor_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def floor_day(at: datetime) -> datetime:
    """Its UTC day. What is looked at of the past begins with one: an hour lies in the same day of it at every look.

    An app begins in it with its first spend, which may be hours later.
    """
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def floor_step(at: datetime) -> datetime:
    """Steps are laid back from here, so that each lies within one hour, and so within one month."""
    return at.replace(minute=at.minute - at.minute % STEP_MINUTES, second=0, microsecond=0)


def read_telemetry(meter: Meter, projects: Iterable[str], *, since: datetime, now: datetime) -> Telemetry:
    """Project by project: one that cannot be read is no reason not to look at the others."""
    found = Telemetry(hourly=[], recent=[], failures={})
    for project in sorted(projects):
        try:
            hourly = meter.tokens([project], since, floor_hour(now), 60)
            recent = meter.tokens([project], floor_step(now) - RECENT, floor_step(now), STEP_MINUTES)
        except VendorError as error:
            found.failures[project] = str(error)
        else:
            found.hourly.extend(hourly)
            found.recent.extend(recent)
            found.read.append(project)
    return found
