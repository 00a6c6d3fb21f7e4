"""How fast each app goes through tokens, model by model: what shows a runaway first.

Money of the last hour takes most of an hour to show that something began; tokens of the last ten minutes show it in
ten. They are held against the same app's own hours, as money is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.spend import Tokens
from freio.guard.telemetry import HOUR, STEP, floor_hour, floor_step

FILLING = timedelta(minutes=3)  # the newest points come so late: a step that holds such minutes looks like a dip
WINDOW = 2 * STEP  # of one step alone, any burst would look like a runaway
DAY_HOURS = 24
AN_HOUR = int(HOUR / WINDOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRate:
    """One app's tokens of one model.

    ``hours``  of each hour, oldest first, gaps as zero; the last one is the present `pace` and not an hour that was.
    ``pace``   tokens an hour at which the last `WINDOW` ran that has wholly been reported.
    ``cost``   what an hour at that pace costs, in the client's currency.
    """

    model: str
    hours: tuple[int, ...]
    cost: Decimal

    @property
    def pace(self) -> int:
        return self.hours[-1]


def window(now: datetime) -> tuple[datetime, datetime]:
    """The newest `WINDOW` whose points have all come.

    >>> from datetime import UTC
    >>> start, end = window(datetime(2026, 11, 23, 15, 7, tzinfo=UTC))
    >>> f"{start:%H:%M} to {end:%H:%M}"
    '14:50 to 15:00'
    """
    end = floor_step(now - FILLING)
    return end - WINDOW, end


@dataclass(slots=True)
class TokenSums:
    """Adds up tokens by app and model: whole hours of the past, and the window."""

    now: datetime
    past: dict[tuple[str, str], dict[datetime, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    recent: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    cost: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def hour(self, app: str, tokens: Tokens, share: Decimal) -> None:
        if not tokens.is_dedicated:
            hours = self.past[app, tokens.model]
            hour = floor_hour(tokens.start)
            hours[hour] = hours.get(hour, Decimal(0)) + sum(tokens.counts.values()) * share

    def step(self, app: str, tokens: Tokens, share: Decimal, cost: Decimal) -> None:
        """Five minutes, with what they cost; those outside the window do not count."""
        since, until = window(self.now)
        if since <= tokens.start < until and not tokens.is_dedicated:
            self.recent[app, tokens.model] += sum(tokens.counts.values()) * share
            self.cost[app, tokens.model] += cost * share

    def rates(self, silent: frozenset[datetime]) -> dict[str, list[TokenRate]]:
        """Each app's rates, dearest first; of what runs now alone: what has stopped is no runaway."""
        found: dict[str, list[TokenRate]] = defaultdict(list)
        for (app, model), tokens in self.recent.items():
            hours = [*_dense(self.past[app, model], floor_hour(self.now), silent), round(tokens * AN_HOUR)]
            cost = self.cost[app, model] * AN_HOUR
            found[app].append(TokenRate(model=model, hours=tuple(hours), cost=cost))
        return {app: sorted(rates, key=lambda rate: -rate.cost) for app, rates in found.items()}


def silent_hours(hourly: Iterable[Tokens], now: datetime) -> frozenset[datetime]:
    """Hours in which nobody had a point, between those in which somebody had: the feed was down, or everybody slept."""
    heard = {floor_hour(tokens.start) for tokens in hourly}
    if not heard:
        return frozenset()
    span = int((floor_hour(now) - min(heard)) / HOUR)
    return frozenset(min(heard) + at * HOUR for at in range(span)) - heard


def _dense(hours: Mapping[datetime, Decimal], until: datetime, silent: frozenset[datetime]) -> Sequence[int]:
    """Every hour from the first one known up to `until`.

    An hour without points is a zero, but one in which nobody had any is what the same hour of the day before was: a
    feed that was down must not make what is usual look like much.
    """
    if not hours:
        return ()
    first = min(hours)
    dense: list[int] = []
    for at in range(int((until - first) / HOUR)):
        hour = first + at * HOUR
        gap = hour in silent and at >= DAY_HOURS
        dense.append(dense[at - DAY_HOURS] if gap else round(hours.get(hour, Decimal(0))))
    return dense
