"""Which of an app's places run away: those that are braked."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from freio.guard.explain import risen
from freio.guard.meter import Readings
from freio.guard.places import Traffic7d
from freio.guard.reconcile import USUAL

DRIVES = Decimal("0.10")  # a model that makes less of the current rate than this does not drive it
PLAINLY = 2  # times its usual peak: what is not dear may be a little above it on any day
_ZERO, _ONE = Decimal(0), Decimal(1)


def drivers(app: str, readings: Readings, places: Sequence[Traffic7d]) -> list[Traffic7d]:
    """The dear places above their usual peak, and those that credits pay for which plainly are; else the dear ones.

    Where a bill has no money for a place, it is never dear, however much runs there: an app that pays 30 USD an hour
    for one model, as ever, and runs at a hundred times its peak with another one on credits, runs away with the other.
    Where no place is above its peak, answers may run away where questions do not.
    """
    reading = readings.apps[app]
    if not reading.rate.amount and not reading.unpriced:
        return [place for place in places if place.current > place.peak]
    dear = [place for place in places if reading.rate.amount and place.rate >= DRIVES * reading.rate.amount]
    running = [place for place in dear if place.current > place.peak]
    rising = risen(reading.models, len(reading.hours) - 1)  # answers may run away where questions do not
    running += [p for p in dear if p not in running and rising.get(p.place.model, _ZERO) >= DRIVES]
    running += [
        place
        for place in places
        if place not in dear and _is_credited(readings, place) and place.current > PLAINLY * place.peak
    ]
    return running or dear


def _is_credited(readings: Readings, traffic: Traffic7d) -> bool:
    """Whether bills are so little of the estimates that credits pay for about all."""
    least, _ = USUAL
    return readings.scales.get((traffic.place.project, traffic.place.model), _ONE) < least
