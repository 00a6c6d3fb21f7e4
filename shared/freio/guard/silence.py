"""Feeds that have fallen silent: of one app, by its telemetry and its bills; the whole of telemetry, or of the export.

Where both feeds agree that an app has stopped, it has: that is no silence. Until the bills have come as far, nobody
knows, and what is not known is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from freio.domain.app import Client
from freio.domain.silence import Feed, Silence, pause, silence
from freio.domain.spend import Export
from freio.guard.estimate import Owned, Shares, split
from freio.guard.telemetry import HOUR, STEP, Telemetry, floor_hour

BRIEF = 2 * HOUR  # a silence of telemetry that is none
BRIEF_BILLS = 6 * HOUR  # rows come out of order
AT_ONCE = HOUR  # of all telemetry at the same time


@dataclass(slots=True)
class Heard:
    """The hours in which each feed spoke of one app, and when telemetry last did."""

    telemetry: set[datetime] = field(default_factory=set)
    last: datetime | None = None
    bills: set[datetime] = field(default_factory=set)

    def speaks(self, hour: datetime, end: datetime) -> None:
        self.telemetry.add(hour)
        self.last = max(self.last or end, end)


def heard(client: Client, telemetry: Telemetry, costs: Iterable[Owned], shares: Shares) -> dict[str, Heard]:
    """What was heard of each app: of bills any row but a correction, also one that credits have paid for whole."""
    found: dict[str, Heard] = defaultdict(Heard)
    for tokens, length in (*((t, HOUR) for t in telemetry.hourly), *((t, STEP) for t in telemetry.recent)):
        for app, share in split(client, shares, tokens.project, tokens.model).items():
            if share and tokens.counts:
                found[app].speaks(floor_hour(tokens.start), tokens.start + length)
    for cost, app in costs:
        if cost.net.amount >= 0:
            found[app].bills.add(cost.hour)
    return found


def of_app(mine: Heard, export: Export, now: datetime) -> Silence | None:
    """The feed that is silent about one app; None: both speak, or both say that it has stopped."""
    telemetry = _telemetry(mine, now)
    bills = _bills(mine, export.complete_until)
    if telemetry is not None:
        return None if bills is not None or _has_ended(mine, telemetry, export.complete_until) else telemetry
    if bills is not None and mine.telemetry and not any(hour >= bills.since for hour in mine.telemetry):
        return None
    return bills


def _telemetry(mine: Heard, now: datetime) -> Silence | None:
    if mine.last is None:
        return None
    return silence(Feed.TELEMETRY, sorted(mine.telemetry), mine.last, now, least=BRIEF)


def _bills(mine: Heard, complete_until: datetime | None) -> Silence | None:
    """In the hours that the export has for others."""
    if complete_until is None or not mine.bills:
        return None
    hours = sorted(hour for hour in mine.bills if hour < complete_until)
    return silence(Feed.EXPORT, hours, hours[-1] + HOUR, complete_until, least=BRIEF_BILLS) if hours else None


def _has_ended(mine: Heard, silent: Silence, complete_until: datetime | None) -> bool:
    """Whether bills reach beyond the silence, by more than they ever pause, and have nothing of the app there."""
    if complete_until is None or not mine.bills or any(hour >= silent.since for hour in mine.bills):
        return False
    return complete_until - silent.since > max(pause(sorted(mine.bills)), timedelta(0)) + HOUR


def of_all(telemetry: Telemetry, now: datetime) -> Silence | None:
    """Whether telemetry of every project is silent at once; where a project cannot be read, nobody can say."""
    last = max(_ends(telemetry), default=None)
    if last is None or telemetry.failures:
        return None
    hours = sorted({floor_hour(tokens.start) for tokens in telemetry.hourly})
    return silence(Feed.TELEMETRY, hours, last, now, least=AT_ONCE)


def _ends(telemetry: Telemetry) -> Iterator[datetime]:
    yield from (tokens.start + HOUR for tokens in telemetry.hourly)
    yield from telemetry.ends()
