"""Telemetry of every project, and whether what it says is all there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

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

        Where it had spoken in nearly every step of the hour before, for longer than it pauses otherwise in the recent
        hours (`freio.domain.silence.LONGER`), and not as on other days: an office's lunch is no outage. Where it had
        not spoken in the recent hours, for longer than it ever pauses: a night and a weekend are none either. Of a
        client whose traffic comes now and then nobody can say, and nothing is missed.
        """
        steps = sorted({tokens.start for tokens in self.recent})
        if not steps:
            return False
        since = steps[-1] + STEP - TELLING
        pauses = [(last, after, after - last - STEP) for last, after in pairwise(steps)]
        second, longest = sorted((timedelta(0), timedelta(0), *(lasted for *_, lasted in pauses)))[-2:]
        silences = [
            (last + STEP, after)
            for last, after, lasted in pauses
            if after > since
            and lasted > max(FEED_SILENT, LONGER * (longest if lasted < longest else second))
            and _was_steady(steps, last)
        ]
        if not silences and steps[0] <= since:
            return False
        heard = {floor_hour(tokens.start) for tokens in (*self.hourly, *self.recent)}
        earlier = sorted(hour for hour in heard if hour < floor_hour(steps[0]))
        if earlier and steps[0] > since:
            silent = steps[0] - earlier[-1] - HOUR
            if silent > max(FEED_SILENT, LONGER * pause(earlier)):
                silences.append((earlier[-1] + HOUR, steps[0]))
        return not all(_is_habit(heard, *silence) for silence in silences)


def _was_steady(steps: Sequence[datetime], last: datetime) -> bool:
    """Whether nearly all steps of the hour up to the last one had traffic, as far back as they are known."""
    known = min(int(HOUR / STEP), int((last - steps[-1] + RECENT) / STEP))
    spoke = sum(last - HOUR < step <= last for step in steps)
    return spoke * int(HOUR / STEP) >= STEADY * known


def _is_habit(heard: Collection[datetime], since: datetime, until: datetime) -> bool:
    """Whether such a silence is as on other days: each of its hours was silent on most of them, three at least.

    Of an hour at its edge a part that is no silence by itself may be lost.
    """
    first, days = floor_hour(since), range(1, DAYS_USUAL + 1)
    for hour in (first + n * HOUR for n in range(int((until - first) / HOUR) + 1)):
        if min(hour + HOUR, until) - max(hour, since) <= FEED_SILENT:
            continue
        known = [day for n in days if (day := hour - n * DAY) >= min(heard)]
        if len(known) < ENOUGH_DAYS or 2 * sum(day in heard for day in known) >= len(known):
            return False
    return until - since >= HOUR


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
