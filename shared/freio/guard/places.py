"""Where an app's traffic goes, how much is usual there, and how much it is now: what a brake is computed from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.app import App, Client
from freio.domain.attribution import Traits, sharing
from freio.domain.budget_fit import output_per_input
from freio.domain.spend import Probe, Tokens
from freio.errors import UnknownPrice
from freio.guard.estimate import WEEK, cost_of
from freio.guard.meter import Readings
from freio.guard.telemetry import HOUR, STEP, STEP_MINUTES, floor_step
from freio.ports import Meter, Place, PriceBook

BEFORE_SEEN = timedelta(hours=6)  # trouble began some time before it was seen: this much is not called usual
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic7d:
    """Seven days of one place (project, endpoint, model), in input tokens a minute for each step, oldest first.

    ``peak`` is the usual peak before the trouble began; ``current`` the rate of the last hour that telemetry covers.
    ``answer`` is the 90th percentile of output tokens for each input token.
    """

    place: Place
    inputs: tuple[int, ...]
    peak: int
    current: int
    rate: Decimal  # of the last hour, in the client's currency an hour
    unit_cost: Decimal  # of one input token with a large answer
    answer: Decimal = Decimal(0)


class Places:
    """Measures an app's places."""

    def __init__(self, client: Client, meter: Meter, prices: PriceBook) -> None:
        self._client = client
        self._meter = meter
        self._prices = prices

    def of(self, app: App, readings: Readings, *, began: datetime, now: datetime) -> list[Traffic7d]:
        """Every place where the app could have had traffic since a week before the trouble, dearest now first.

        A place without a price is left out: that is a signal of its own, and no limit can be computed for it.
        """
        until, calm_until = floor_step(now), floor_step(began - BEFORE_SEEN)
        homes = {project for (project, _), owners in readings.shares.items() if app.name in owners}
        # A long incident has a usual too: that of the week before it.
        since = min(until, calm_until) - WEEK
        seen = self._meter.tokens(sorted(app.match.projects or homes), since, until, STEP_MINUTES)
        by_place: dict[Place, list[Tokens]] = defaultdict(list)
        for tokens in (t for t in seen if not t.is_dedicated):  # what is held by the hour costs no token
            billed_here = app.name in readings.shares.get((tokens.project, tokens.model), ())
            if billed_here or sharing([app], Traits(project=tokens.project, model=tokens.model)):
                by_place[Place(project=tokens.project, location=tokens.location, model=tokens.model)].append(tokens)
        newest = max((t.start + STEP for t in seen), default=until)
        measured = []
        for place, there in by_place.items():
            scale = readings.scales.get((place.project, place.model), _ONE)
            try:
                unit_cost = self._unit_cost(place, there, readings.usd_rate, now) * scale
                recent = [t for t in there if t.start >= newest - HOUR]
                costs = [cost_of(t, self._prices, self._client.currency, readings.usd_rate) for t in recent]
            except UnknownPrice:
                continue
            measured.append(
                Traffic7d(
                    place=place,
                    inputs=dense(there, until - WEEK, until),
                    peak=usual_peak(dense(there, calm_until - WEEK, calm_until)),
                    current=sum(t.input for t in recent) // int(HOUR.total_seconds() // 60),
                    rate=sum(costs, Decimal(0)) * scale,
                    unit_cost=unit_cost,
                    answer=Decimal(str(round(large_answer(there), 6))),
                )
            )
        return sorted(measured, key=lambda m: -m.rate)

    def _unit_cost(self, place: Place, seen: Sequence[Tokens], usd_rate: Decimal | None, now: datetime) -> Decimal:
        a_million = Tokens(
            start=now,
            minutes=1,
            project=place.project,
            location=place.location,
            model=place.model,
            input=1_000_000,
            output=int(1_000_000 * large_answer(seen)),
        )
        return cost_of(a_million, self._prices, self._client.currency, usd_rate) / 1_000_000


def idle_at(place: Place) -> Traffic7d:
    """A place where nothing runs."""
    return Traffic7d(place=place, inputs=(), peak=0, current=0, rate=Decimal(0), unit_cost=Decimal(0))


def place_of(probe: Probe) -> Place:
    """The place that a lever was asked about."""
    return Place(project=probe.project or probe.target.project, location=probe.location, model=probe.model)


def large_answer(seen: Sequence[Tokens]) -> float:
    """Output tokens for each input token, where the answer is large."""
    return output_per_input(tuple(t.output / t.input for t in seen if t.input > 0))


def dense(seen: Sequence[Tokens], since: datetime, until: datetime) -> tuple[int, ...]:
    """Input tokens a minute for every step of a span, gaps as zero: telemetry leaves out steps without traffic."""
    steps = [0] * ((until - since) // STEP)
    for tokens in seen:
        at = (tokens.start - since) // STEP
        if 0 <= at < len(steps):
            steps[at] += tokens.input // tokens.minutes
    return tuple(steps)


def usual_peak(calm: Sequence[int]) -> int:
    """The 99th percentile (nearest rank) of the hours of some steps, a minute; hours are averaged, so no burst sets it.

    >>> usual_peak([100] * 12 + [400] * 12)
    400
    """
    an_hour = 60 // STEP_MINUTES
    hours = sorted(sum(calm[i : i + an_hour]) // an_hour for i in range(0, max(1, len(calm) - an_hour + 1), an_hour))
    return hours[max(0, -(-99 * len(hours) // 100) - 1)]
