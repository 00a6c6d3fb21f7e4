"""What a lever without a number stops: one step for each target, however many places go through it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from freio.domain.app import App
from freio.domain.incident import Step
from freio.domain.lever import Reach, kind_of
from freio.domain.phrase import Phrase
from freio.domain.sentences import MODELS_LEFT, NO_MODEL_LEFT, STOPS_UNDER_FLOOR
from freio.domain.target import Target
from freio.guard.fit import Bound, weights
from freio.guard.owners import Owners

STOP = "stop"
_ZERO = Decimal(0)


def under_floor(app: App, lever: str) -> Phrase | None:
    """Why a full stop is not offered: the app has a floor. None: it has none, or the lever leaves it something.

    A model that is taken away leaves the others, as far as there are any (`over_floor`); and a hard lever is what two
    named people decide, floor or not.
    """
    kind, lowest = kind_of(lever), _floor(app)
    if kind.limits or kind.hard or kind.reach is not Reach.CALLER or not lowest:
        return None
    return Phrase.of(STOPS_UNDER_FLOOR, lever=lever, floor=lowest)


def over_floor(app: App, bound: Sequence[Bound]) -> tuple[list[Bound], list[Phrase]]:
    """What may be stopped, and why the rest may not: where no model is left, an app with a floor would have nothing."""
    there: dict[Target, list[Bound]] = defaultdict(list)
    for one in bound:
        there[one.probe.target].append(one)
    lowest, kept, why = _floor(app), list[Bound](), dict[Phrase, None]()
    for target, through in there.items():
        if lowest and not kind_of(target.lever).hard and _left(through) == ():
            why[Phrase.of(STOPS_UNDER_FLOOR, lever=target.lever, floor=lowest)] = None
        else:
            kept += through
    return kept, list(why)


def _floor(app: App) -> int:
    return next((least for least in app.floor.values() if least > 0), 0)


def _left(through: Sequence[Bound]) -> tuple[str, ...] | None:
    """The models that the app may go on with, without those that are taken by the same brake; None: none is taken."""
    said = [one.probe.left for one in through]
    known = [left for left in said if left is not None]
    taken = {one.traffic.place.model for one in through}
    return tuple(dict.fromkeys(name for left in known for name in left if name not in taken)) if known else None


def stops(app: App, owners: Owners, bound: Sequence[Bound]) -> tuple[Step, ...]:
    """A step for each target. What it would refuse is all of the traffic that goes through it."""
    there: dict[Target, list[Bound]] = defaultdict(list)
    for one in bound:
        there[one.probe.target].append(one)
    return tuple(_stop(app, owners, target, through) for target, through in there.items())


def _stop(app: App, owners: Owners, target: Target, through: Sequence[Bound]) -> Step:
    share = {one.traffic.place: _share(app, owners, target, one) for one in through}
    seen = {one.traffic.place: sum(one.traffic.inputs) for one in through}
    refused = {place: share[place] * part for place, part in weights(seen).items()}
    places = list(share)
    others = {name for one in through for name in owners.others(app, target, one.traffic.place, one.probe.through)}
    return Step(
        target=target,
        location=", ".join(dict.fromkeys(place.location for place in places)),
        model=", ".join(dict.fromkeys(place.model for place in places)),
        value=0,
        rule=STOP,
        unit="",
        unit_cost=_ZERO,
        current=int(sum((one.traffic.current * share[one.traffic.place] for one in through), _ZERO)),
        usual_peak=int(sum((one.traffic.peak * share[one.traffic.place] for one in through), _ZERO)),
        effective=None,
        refused=sum(refused.values(), _ZERO) if any(seen.values()) else Decimal(1),
        refusals=owners.refusals(app, target, refused),
        shared_with=tuple(sorted(others)),
        unattributed=any(owners.touches_nobody_s(target, one.traffic.place) for one in through),
        takes=tuple(sorted({name for one in through for name in one.probe.takes})),
        bites_within=max(one.probe.bites_within for one in through),
        note=_note(target, through),
    )


def _note(target: Target, through: Sequence[Bound]) -> Phrase | None:
    """What people should know before; of models that are taken together, what is left without all of them."""
    left = _left(through)
    if left is None:
        return next((one.probe.note for one in through if one.probe.note), None)
    model = ", ".join(dict.fromkeys(one.traffic.place.model for one in through))
    if not left:
        return Phrase.of(NO_MODEL_LEFT, model=model, project=target.project)
    return Phrase.of(MODELS_LEFT, model=model, project=target.project, left=", ".join(left))


def _share(app: App, owners: Owners, target: Target, one: Bound) -> Decimal:
    """Which part of a place's traffic goes through the target: one caller's is taken to be all of the app's."""
    is_callers = kind_of(target.lever).reach is Reach.CALLER
    return owners.part(app, one.traffic.place) if is_callers else Decimal(1)
