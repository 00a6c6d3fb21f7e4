"""How far a limit brakes: the steps of a lever that sets numbers.

What runs away is limited to what the budget leaves, or to its usual peak. Endpoints of the same model that the app
used in the last seven days are limited to their own usual peak with it: Google meters them apart, so a client that
falls back to another endpoint would run on there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from freio.domain.app import App
from freio.domain.budget_fit import Fit, budget_fit, refused
from freio.domain.calendar import month_end
from freio.domain.incident import Step
from freio.domain.lever import UNLIMITED
from freio.domain.phrase import Phrase
from freio.domain.sentences import NOT_OVER, OTHER_UNIT, STRICTER_STANDS
from freio.domain.spend import Probe
from freio.guard.owners import Owners
from freio.guard.places import Traffic7d

INPUT_TOKENS = "input_tokens_per_minute"
ALL_TOKENS = "tokens_per_minute"  # what a gateway counts: questions and answers
UNITS = (INPUT_TOKENS, ALL_TOKENS)
_ZERO = Decimal(0)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left to spend.

    ``money`` of the budget (None: the app has none); ``others_rate``, an hour, of the app's traffic that is not braked.
    """

    money: Decimal | None
    others_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A place and the target that limits it; ``runs_away`` False: it is limited so that nothing runs on there."""

    traffic: Traffic7d
    probe: Probe
    runs_away: bool = True


def not_countable(traffic: Traffic7d, probe: Probe) -> Phrase | None:
    """Why no limit can be computed in a target's unit; None where it can."""
    if probe.unit in UNITS:
        return None
    return Phrase.of(OTHER_UNIT, unit=probe.unit, model=traffic.place.model, location=traffic.place.location)


def limits(app: App, owners: Owners, bound: Sequence[Bound], *, left: Left, now: datetime) -> tuple[Step, ...]:
    """A limit for each target; what is left of the budget is shared among those that run away, by their rates."""
    minutes_left = int((month_end(now) - now).total_seconds() // 60)
    total = sum((one.traffic.rate for one in bound if one.runs_away), _ZERO)
    steps = []
    for one in bound:
        measured = _in_unit(app, owners, one)
        floor = app.floor.get(INPUT_TOKENS if one.probe.unit == ALL_TOKENS else one.probe.unit, 0)
        if one.runs_away:
            part = one.traffic.rate / total if total else _ONE
            fit = budget_fit(
                remaining=None if left.money is None else left.money * part,
                others_rate=max(_ZERO, left.others_rate) * part / 60,
                minutes_left=minutes_left,
                unit_cost=measured.unit_cost,
                usual_peak=measured.peak,
                floor=floor,
            )
        else:
            fit = Fit(value=max(measured.peak, floor), rule="usual peak" if measured.peak >= floor else "floor")
        steps.append(_step(app, owners, one, measured, fit))
    return tuple(steps)


def idle(step: Step) -> Phrase | None:
    """Why a limit would throttle nothing; None where it would: less runs than it lets through, or as little may."""
    where = {"model": step.model, "location": step.location, "value": step.value}
    if is_stricter_already(step):
        return Phrase.of(STRICTER_STANDS, **where, standing=step.effective)
    if step.current <= step.value:
        return Phrase.of(NOT_OVER, **where, current=step.current)
    return None


def is_stricter_already(step: Step) -> bool:
    """Whether what is in force there limits as much."""
    return step.effective is not None and step.effective <= step.value


def _in_unit(app: App, owners: Owners, bound: Bound) -> Traffic7d:
    """The traffic as the target counts it.

    A gateway sees one app alone, and counts answers too: a limit on input tokens of 100 with an answer of 0.5 is one
    on 150 of all tokens, each of which costs a 1.5th of an input token with its answer.
    """
    traffic, probe = bound.traffic, bound.probe
    if probe.unit != ALL_TOKENS:
        return traffic
    share = owners.part(app, traffic.place)
    factor = (_ONE + traffic.answer) * share

    def scaled(tokens: int) -> int:
        return int(tokens * factor)

    return Traffic7d(
        place=traffic.place,
        inputs=tuple(scaled(tokens) for tokens in traffic.inputs),
        peak=scaled(traffic.peak),
        current=scaled(traffic.current),
        rate=traffic.rate * share,
        unit_cost=traffic.unit_cost / (_ONE + traffic.answer),
        answer=traffic.answer,
    )


def _step(app: App, owners: Owners, bound: Bound, measured: Traffic7d, fit: Fit) -> Step:
    probe, place = bound.probe, bound.traffic.place
    would = refused(measured.inputs, fit.value)
    return Step(
        target=probe.target,
        location=place.location,
        model=place.model,
        value=fit.value,
        rule=fit.rule,
        unit=probe.unit,
        unit_cost=measured.unit_cost,
        current=measured.current,
        usual_peak=measured.peak,
        effective=None if probe.effective in (None, UNLIMITED) else probe.effective,
        refused=would,
        refusals=owners.refusals(app, probe.target, place, would),
        shared_with=owners.others(app, probe.target, place),
        bites_within=probe.bites_within,
    )
