"""A real usage file as demand: how its 14 days are laid end to end, split, scaled and given to apps.

**Tiling.** The file's first day is taken as a weekday (``Profile.first_weekday``, Tuesday), and its two weeks are
repeated without end and without jitter, on the app's own wall clock, from the first such weekday at or after
1 January 2024. A step shows what the file has at the same time of day, 14 days earlier or later. Where clocks are
set forward an hour of the file is left out; where they are set back, one is shown twice.

**Splitting.** Each ten-minute step is two five-minute steps of half its requests.

**Scaling.** Requests are multiplied by one factor, so that 30/14 of the file's two weeks cost the app's monthly
amount. Fractions are carried to the next step, so the period's total is right to one request.

**Clients.** Each tier's clients stand in two lines, steady ones (traffic in nine of ten steps) and others, each by
most requests first. An app takes the next of its tier, from the line that fits its habit, or from the other one
when that is used up.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from freio.errors import BadInput
from freio.sandbox.spend.traffic import STEP, Counts, Stretch, step_index, step_start
from freio.sandbox.spend.usage_file import DAYS, STEPS, ClientUsage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from freio.sandbox.spend.profile import Habit, Tier

STATED = (
    "14 real days, repeated end to end without jitter on each app's own wall clock, weekday on weekday; "
    "ten-minute steps halved into five-minute ones; requests scaled by one factor an app to its monthly amount"
)  # for whoever shows figures made from a usage file

PERIOD = 2 * STEPS  # five-minute steps in the file's 14 days
STEADY = 0.9


@dataclass(frozen=True)
class TiledUsage:
    """One client's real usage, without end. `factor` multiplies its requests."""

    usage: ClientUsage
    factor: float
    time_zone: str
    first_weekday: int

    def stretch(self, start: datetime, steps: int) -> Stretch:
        """The `steps` five-minute steps from `start`."""
        at = self._places(start, steps)
        period = self._period
        return Stretch(
            requests=period.requests[at], input_tokens=period.input_tokens[at], output_tokens=period.output_tokens[at]
        )

    def _places(self, start: datetime, steps: int) -> Counts:
        """Which five-minute step of the file each asked step shows."""
        zone = ZoneInfo(self.time_zone)
        new_year = date(2024, 1, 1)
        anchor = new_year + timedelta(days=(self.first_weekday - new_year.weekday()) % 7)
        first = step_index(start)
        places = np.empty(steps, np.int64)
        for k in range(steps):
            local = step_start(first + k).astimezone(zone)
            minutes = (local.date() - anchor).days * 1440 + local.hour * 60 + local.minute
            places[k] = minutes * 60 // int(STEP.total_seconds()) % PERIOD
        return places

    @cached_property
    def _period(self) -> Stretch:
        halves = np.repeat(self.usage.requests * self.factor / 2, 2)
        requests = np.diff(np.floor(np.cumsum(halves) + 1e-6), prepend=0).astype(np.int64)
        return Stretch(
            requests=requests,
            input_tokens=np.rint(requests * np.repeat(self.usage.input_tokens, 2)).astype(np.int64),
            output_tokens=np.rint(requests * np.repeat(self.usage.output_tokens, 2)).astype(np.int64),
        )


def tokens_in_thirty_days(usage: ClientUsage) -> tuple[float, float, float]:
    """Requests, input and output tokens that 30 days of this client come to, unscaled."""
    share = 30 / DAYS
    requests = usage.requests
    return (
        float(requests.sum()) * share,
        float((requests * usage.input_tokens).sum()) * share,
        float((requests * usage.output_tokens).sum()) * share,
    )


def assigned(clients: Iterable[ClientUsage], wanted: Iterable[tuple[str, Tier, Habit]]) -> dict[str, ClientUsage]:
    """A client for each app (name, tier, habit), always the same for the same file and apps.

    Raises BadInput when the file has fewer clients of a tier than there are apps of it.
    """
    by_most = sorted(clients, key=lambda c: (-float(c.requests.sum()), c.client))
    lines: dict[tuple[Tier, bool], deque[ClientUsage]] = {}
    for client in by_most:
        lines.setdefault((client.tier, client.active >= STEADY), deque()).append(client)
    chosen: dict[str, ClientUsage] = {}
    for app, tier, habit in wanted:
        fits = habit == "steady"
        line = lines.get((tier, fits)) or lines.get((tier, not fits))
        if not line:
            raise BadInput(
                f"app {app}: every client of tier {tier} in the usage file is taken by another app; "
                f"must be a file with a client of that tier for each app of it"
            )
        chosen[app] = line.popleft()
    return chosen
