"""How far a limit brakes: the steps of a lever that sets numbers.

What runs away is limited to what the budget leaves, or to its usual peak. Endpoints of the same model that the app
used in the last seven days are limited to their own usual peak with it: Google meters them apart, so a client that
falls back to another endpoint would run on there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from freio.domain.app import App
from freio.domain.budget_fit import Fit, budget_fit, refused
from freio.domain.calendar import month_end
from freio.domain.gateway import INPUT_TOKENS, UNITS, in_gateway_tokens, shared_out
from freio.domain.incident import Step
from freio.domain.lever import UNLIMITED, Reach, kind_of
from freio.domain.phrase import Phrase
from freio.domain.sentences import NOT_OVER, OTHER_UNIT, STRICTER_STANDS
from freio.domain.spend import Probe
from freio.domain.target import Target
from freio.guard.owners import Owners
from freio.guard.places import Traffic7d
from freio.ports import Place

_MILLION = 1_000_000
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
    if probe.unit in UNITS.values():
        return None
    return Phrase.of(OTHER_UNIT, unit=probe.unit, model=traffic.place.model, location=traffic.place.location)


def limits(app: App, owners: Owners, bound: Sequence[Bound], *, left: Left, now: datetime) -> tuple[Step, ...]:
    """A limit for each of these, in their order; what is left of the budget is shared among those that run away.

    Where a place's traffic comes through several callers, each with a counter of its own, they get equal parts; but
    each at least the floor, since all of the traffic may be one caller's.
    """
    minutes_left = int((month_end(now) - now).total_seconds() // 60)
    total = sum((one.traffic.rate for one in bound if one.runs_away), _ZERO)
    ways: dict[Place, list[Bound]] = defaultdict(list)
    for one in bound:
        ways[one.traffic.place].append(one)
    steps: dict[int, Step] = {}
    for through in ways.values():
        first = through[0]
        measured = _in_unit(app, owners, first)
        floor = _floor(app, first)
        if first.runs_away:
            part = first.traffic.rate / total if total else _ONE
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
        values = shared_out(fit.value, [0] * len(through))
        for one, value in zip(through, values, strict=True):
            part_fit = Fit(value=value, rule=fit.rule) if value >= floor else Fit(value=floor, rule="floor")
            steps[id(one)] = _step(app, owners, one, _part_of(measured, len(through)), part_fit)
    return tuple(steps[id(one)] for one in bound)


def merged(steps: Sequence[Step]) -> tuple[Step, ...]:
    """One step for each target: a gateway's may hold several places, whose limits then add up to its own."""
    found: dict[Target, Step] = {}
    for step in steps:
        had = found.get(step.target)
        if had is None:
            found[step.target] = step
            continue
        heavier = max(had, step, key=lambda one: one.current)
        found[step.target] = replace(
            heavier,
            location=", ".join(dict.fromkeys((had.location, step.location))),
            model=", ".join(dict.fromkeys((had.model, step.model))),
            value=had.value + step.value,
            current=had.current + step.current,
            usual_peak=had.usual_peak + step.usual_peak,
            refused=max(had.refused, step.refused),
            unattributed=had.unattributed or step.unattributed,
        )
    return tuple(found.values())


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
    """The traffic as the target counts it: a gateway sees one app alone, and may count answers too.

    A limit on 100 input tokens with an answer of 0.5 is one on 150 of all tokens, each of which costs a 1.5th of an
    input token with its answer.
    """
    traffic, unit = bound.traffic, bound.probe.unit
    if kind_of(bound.probe.target.lever).reach is not Reach.CALLER:
        return traffic
    share, answer = owners.part(app, traffic.place), float(traffic.answer)

    def counted(tokens: int) -> int:
        return in_gateway_tokens(int(tokens * share), answer, unit)

    a_million = in_gateway_tokens(_MILLION, answer, unit)
    return replace(
        traffic,
        inputs=tuple(counted(tokens) for tokens in traffic.inputs),
        peak=counted(traffic.peak),
        current=counted(traffic.current),
        rate=traffic.rate * share,
        unit_cost=traffic.unit_cost * _MILLION / a_million if a_million else traffic.unit_cost,
    )


def _floor(app: App, bound: Bound) -> int:
    """The app's floor in the target's unit."""
    probe = bound.probe
    if probe.unit in app.floor or kind_of(probe.target.lever).reach is not Reach.CALLER:
        return app.floor.get(probe.unit, 0)
    return in_gateway_tokens(app.floor.get(INPUT_TOKENS, 0), float(bound.traffic.answer), probe.unit)


def _part_of(measured: Traffic7d, ways: int) -> Traffic7d:
    """Of traffic that comes through several callers each one's part, which is not known: equal ones."""
    if ways == 1:
        return measured
    inputs = tuple(tokens // ways for tokens in measured.inputs)
    return replace(measured, inputs=inputs, peak=measured.peak // ways, current=measured.current // ways)


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
        shared_with=owners.others(app, probe.target, place, probe.through),
        unattributed=owners.touches_nobody_s(app, probe.target, place),
        bites_within=probe.bites_within,
        note=probe.note,
    )
