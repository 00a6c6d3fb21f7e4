"""Telemetry that no longer changes, kept: what ended ten minutes ago was reported, and is not asked for again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from freio.domain.spend import Requests, Tokens
from freio.ports import Meter

SETTLED = timedelta(minutes=10)  # points come about three minutes late
ANSWERS = 64  # kept at least; the oldest goes first
FOR_EACH = 4  # answers about each project: its hours and its minutes, the last ones and those before

_Question = tuple[tuple[str, ...], datetime, datetime, int]


class KeptTelemetry:
    """A `Meter` that asks the one behind it once for the same settled span, for as long as its process lives.

    Five-minute ticks ask for the same whole hours nine times out of twelve. Spans that end later than ten minutes
    ago always go through. ``projects`` is how many are asked about.
    """

    def __init__(self, meter: Meter, now: Callable[[], datetime], projects: int = 0) -> None:
        self._meter = meter
        self._now = now
        # Fewer than a tick asks for would each be gone before it is asked for again.
        self._most = max(ANSWERS, FOR_EACH * projects)
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Question, list[Tokens]] = OrderedDict()

    def requests(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Requests]:
        """Always asked anew: what is asked for ends now."""
        return self._meter.requests(projects, since, until, step_minutes)

    def tokens(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
        question = (tuple(projects), since, until, step_minutes)
        with self._lock:
            if question in self._kept:
                return list(self._kept[question])
        found = self._meter.tokens(projects, since, until, step_minutes)
        if self._now() - until >= SETTLED:
            with self._lock:
                self._kept[question] = list(found)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return found
