"""How far a limit brakes: one step for each target of a lever that sets numbers.

What runs away is limited to what the budget leaves, or to its usual peak. Endpoints of the same model that the app
used in the last seven days are limited to their own usual peak with it: Google meters them apart, so a client that
falls back to another endpoint would run on there. Where one limit holds several places, as a gateway's on a key does,
it is the sum of what each of them gets; the floor is the app's, so it counts once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
from freio.domain.sentences import NO_TARGET, NOT_OVER, OTHER_UNIT, STRICTER_STANDS
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What would be set on one target, and the places that it would hold."""

    step: Step
    bound: tuple[Bound, ...]

    @property
    def runs_away(self) -> bool:
        return any(one.runs_away for one in self.bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """What one place gets of a target's limit; ``measured`` is its traffic through there, in the target's unit."""

    bound: Bound
    measured: Traffic7d
    fit: Fit


def not_countable(traffic: Traffic7d, probe: Probe) -> Phrase | None:
    """Why no limit can be computed in a target's unit; None where it can."""
    if probe.unit in UNITS.values():
        return None
    return Phrase.of(OTHER_UNIT, unit=probe.unit, model=traffic.place.model, location=traffic.place.location)


def why_not(traffic: Traffic7d, probe: Probe) -> Phrase | None:
    """Why a target does not brake a place; None where it does."""
    if not probe.binds:
        return probe.reason or Phrase.of(NO_TARGET, model=traffic.place.model, location=traffic.place.location)
    return not_countable(traffic, probe) if kind_of(probe.target.lever).limits else None


def limits(app: App, owners: Owners, bound: Sequence[Bound], *, left: Left, now: datetime) -> tuple[Fitted, ...]:
    """A limit for each target, in their order; what is left of the budget is shared among the places that run away.

    Where a place's traffic comes through several callers, each with a counter of its own, they get equal parts; but
    each target at least the floor, since all of the traffic may be one caller's.
    """
    minutes_left = int((month_end(now) - now).total_seconds() // 60)
    ways: dict[Place, list[Bound]] = defaultdict(list)
    for one in bound:
        ways[one.traffic.place].append(one)
    total = sum((through[0].traffic.rate for through in ways.values() if through[0].runs_away), _ZERO)
    rooms: dict[Target, list[_Room]] = defaultdict(list)
    for through in ways.values():
        first = through[0]
        measured = _in_unit(app, owners, first)
        fit = Fit(value=measured.peak, rule="usual peak")
        if first.runs_away:
            part = first.traffic.rate / total if total else _ONE
            fit = budget_fit(
                remaining=None if left.money is None else left.money * part,
                others_rate=max(_ZERO, left.others_rate) * part / 60,
                minutes_left=minutes_left,
                unit_cost=measured.unit_cost,
                usual_peak=measured.peak,
                floor=0,
            )
        values = shared_out(fit.value, [0] * len(through))
        for one, value in zip(through, values, strict=True):
            room = _Room(bound=one, measured=_part_of(measured, len(through)), fit=replace(fit, value=value))
            rooms[one.probe.target].append(room)
    return tuple(
        Fitted(step=_step(app, owners, target, there), bound=tuple(room.bound for room in there))
        for target, there in rooms.items()
    )


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


def weights(seen: Mapping[Place, int]) -> dict[Place, Decimal]:
    """Each place's part of all the traffic that was seen; equal ones where there was none."""
    total = sum(seen.values())
    return {place: Decimal(n) / total if total else _ONE / len(seen) for place, n in seen.items()}


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


def _step(app: App, owners: Owners, target: Target, rooms: Sequence[_Room]) -> Step:
    """One limit for all that go through a target; a unit more is priced as the dearest of them would spend it."""
    bound = [room.bound for room in rooms]
    probes = [one.probe for one in bound]
    measured = {room.bound.traffic.place: room.measured for room in rooms}
    fit = _fit(app, rooms)
    would = refused([sum(tokens) for tokens in zip(*(one.inputs for one in measured.values()), strict=True)], fit.value)
    seen = {place: sum(one.inputs) for place, one in measured.items()}
    others = {who for one in bound for who in owners.others(app, target, one.traffic.place, one.probe.through)}
    effective = probes[0].effective
    return Step(
        target=target,
        location=", ".join(dict.fromkeys(place.location for place in measured)),
        model=", ".join(dict.fromkeys(place.model for place in measured)),
        value=fit.value,
        rule=fit.rule,
        unit=probes[0].unit,
        unit_cost=max(one.unit_cost for one in measured.values()),
        current=sum(one.current for one in measured.values()),
        usual_peak=sum(one.peak for one in measured.values()),
        effective=None if effective in (None, UNLIMITED) else effective,
        refused=would,
        refusals=owners.refusals(app, target, {place: would * part for place, part in weights(seen).items()}),
        shared_with=tuple(sorted(others)),
        unattributed=any(owners.touches_nobody_s(target, place) for place in measured),
        bites_within=max(probe.bites_within for probe in probes),
        note=next((probe.note for probe in probes if probe.note), None),
    )


def _fit(app: App, rooms: Sequence[_Room]) -> Fit:
    """The sum of what the places get, at least the floor; by the rule that sets most of what runs away."""
    value, floor = sum(room.fit.value for room in rooms), max(_floor(app, room.bound) for room in rooms)
    if value < floor:
        return Fit(value=floor, rule="floor")
    heaviest = max(rooms, key=lambda room: (room.bound.runs_away, room.measured.current))
    return Fit(value=value, rule=heaviest.fit.rule)
