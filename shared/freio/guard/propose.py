"""From an app that runs away to the brake that is offered: the lever that binds and hits the fewest, and how far.

Only traffic that runs away is braked: models at their usual rate are left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from freio.domain.app import App, Client
from freio.domain.incident import Proposal
from freio.domain.lever import Reach, kind_of
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import NO_LEVER_LEFT, NO_PRICE, NO_TARGET, NO_TRAFFIC, OTHER_CALLERS, UNASKED
from freio.domain.spend import Probe
from freio.errors import VendorError
from freio.guard.drivers import DRIVES, drivers
from freio.guard.fit import Bound, Fitted, Left, idle, is_stricter_already, limits, why_not
from freio.guard.meter import Readings
from freio.guard.owners import Owners, other_callers
from freio.guard.places import Places, Traffic7d, place_of
from freio.guard.stops import over_floor, stops, under_floor
from freio.ports import Lever, Meter, Place, PriceBook

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What every lever is asked about.

    ``drivers`` run away; ``beside`` are the other endpoints of their models, which the app used in the last seven days.
    ``calm`` is what else it used in them: no brake is for it. It shows what is left where a model is taken, and needs
    room of its own under a limit that holds it too.
    ``fitted`` gives the limits for what is bound.
    """

    app: App
    owners: Owners
    drivers: Sequence[Traffic7d]
    beside: Sequence[Traffic7d]
    calm: Sequence[Traffic7d]
    fitted: Callable[[Sequence[Bound]], tuple[Fitted, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A brake that would bind.

    How many apps it hits beside this one orders it; then whether what it ``leaves`` running (a share of what the
    traffic that runs away costs) drives it on; then whether it limits or stops, for a stop refuses usual traffic too,
    which is no price for sparing what belongs to no app; then whether it brakes such; then how hard it hits.
    """

    proposal: Proposal
    leaves: Decimal = _ZERO

    @property
    def rank(self) -> tuple[bool, int, bool, bool, bool, int]:
        offered = self.proposal
        nobody_s = any(step.unattributed for step in offered.steps)
        drives_on = self.leaves >= DRIVES
        kind = offered.kind
        return kind.hard, len(offered.shared_with), drives_on, not kind.limits, nobody_s, kind.softness


class Proposer:
    """Computes the brake for one app."""

    def __init__(self, client: Client, meter: Meter, prices: PriceBook, levers: Sequence[Lever]) -> None:
        self._client = client
        self._places = Places(client, meter, prices)
        self._levers = levers

    def propose(
        self,
        app: App,
        readings: Readings,
        *,
        spend: SpendRange,
        allowance: Money | None,
        tried: Sequence[str],
        began: datetime,
        now: datetime,
    ) -> Proposal:
        """The lever that binds, was not tried yet, and hits the fewest; without one, a proposal that says why.

        ``spend`` is the month's, as the incident shows it: what is left of the budget is left after that. Of levers
        that hit as few, the softest; one whose service cannot be asked now is no reason to offer none of the others.
        """
        reading = readings.apps[app.name]
        places = self._places.of(app, readings, began=began, now=now)
        driving = drivers(app.name, readings, places)
        if not driving:
            unpriced = ", ".join(sorted(reading.unpriced))
            why = Phrase.of(NO_PRICE, models=unpriced) if unpriced else Phrase(NO_TRAFFIC)
            return Proposal(lever="", steps=(), reasons=(why,))
        owners = Owners(self._client, readings.shares, readings.strangers)
        left = _left(app, spend, allowance)

        def fitted(bound: Sequence[Bound]) -> tuple[Fitted, ...]:
            rates = {b.traffic.place: b.traffic.rate for b in bound if b.runs_away}  # once, whatever it goes through
            braked = sum((rate * owners.part(app, place) for place, rate in rates.items()), _ZERO)
            others = Left(money=left, others_rate=reading.rate.amount - braked)
            return limits(app, owners, bound, left=others, now=now)

        beside = _beside(driving, places)
        calm = _calm([*driving, *beside], places)
        case = Case(app=app, owners=owners, drivers=driving, beside=beside, calm=calm, fitted=fitted)
        found: list[Candidate] = []
        reasons: list[Phrase] = []
        failed: dict[str, VendorError] = {}
        for lever in self._levers:
            if lever.name not in app.policy.levers or lever.name in tried:
                continue
            try:
                offered = _offer(lever, case)
            except VendorError as error:
                failed[lever.name] = error
                continue
            found += [offered] if offered.proposal.steps else []
            reasons += offered.proposal.reasons
        if found:
            unasked = tuple(Phrase.of(UNASKED, lever=name, error=str(error)) for name, error in failed.items())
            return replace(min(found, key=lambda candidate: candidate.rank).proposal, unasked=unasked)
        if failed:
            raise next(iter(failed.values()))  # no answer is not "no brake"
        return Proposal(lever="", steps=(), reasons=tuple(dict.fromkeys(reasons)) or (Phrase(NO_LEVER_LEFT),))


def _offer(lever: Lever, case: Case) -> Candidate:
    """What one lever would do, with what it would not cover; without steps, why not."""
    app, owners = case.app, case.owners
    if why := under_floor(app, lever.name):
        return _nothing([why])
    bound, loose = _bound(lever, case)
    if not any(one.runs_away for one in bound):
        return _nothing(loose)
    callers = other_callers(app, lever.name)
    past = [Phrase.of(OTHER_CALLERS, app=app.name, callers=", ".join(callers))] if callers else []
    if not kind_of(lever.name).limits:
        bound, under = over_floor(app, bound)
        loose += under
        if not any(one.runs_away for one in bound):
            return _nothing(loose)
        proposal = Proposal(lever=lever.name, steps=stops(app, owners, bound), uncovered=(*loose, *past))
        return Candidate(proposal=proposal, leaves=_leaves(case, bound))
    fits = case.fitted(bound)
    loose += [why for one in fits if one.runs_away and (why := idle(one.step))]
    kept = [one for one in fits if not (idle(one.step) if one.runs_away else is_stricter_already(one.step))]
    if not any(one.runs_away for one in kept):
        return _nothing(loose)
    proposal = Proposal(lever=lever.name, steps=tuple(one.step for one in kept), uncovered=(*loose, *past))
    braked = [held for one in kept for held in one.bound]
    return Candidate(proposal=proposal, leaves=_leaves(case, braked))


def _nothing(reasons: Sequence[Phrase]) -> Candidate:
    return Candidate(proposal=Proposal(lever="", steps=(), reasons=tuple(reasons)))


def _bound(lever: Lever, case: Case) -> tuple[list[Bound], list[Phrase]]:
    """Every place with each target that would brake it, and why the others would not be braked."""
    kind, everywhere = kind_of(lever.name), (*case.drivers, *case.beside)
    calm = case.calm
    if not (kind.limits and kind.reach is Reach.CALLER):  # a caller's one limit holds other projects' traffic as well
        projects = {traffic.place.project for traffic in everywhere}
        calm = [traffic for traffic in calm if traffic.place.project in projects]
    probes: dict[Place, list[Probe]] = defaultdict(list)
    for probe in lever.probe(case.app, [traffic.place for traffic in (*everywhere, *calm)]):
        probes[place_of(probe)].append(probe)
    bound: list[Bound] = []
    loose: dict[Phrase, None] = {}
    for number, traffic in enumerate(everywhere):
        there = probes.get(traffic.place, [])
        if not there:
            loose[Phrase.of(NO_TARGET, model=traffic.place.model, location=traffic.place.location)] = None
        for probe in there:
            if why := why_not(traffic, probe):
                loose[why] = None
            else:
                bound.append(Bound(traffic=traffic, probe=probe, runs_away=number < len(case.drivers)))
    if kind.limits:
        bound += _through_the_same(bound, calm, probes)
    return bound, list(loose)


def _through_the_same(
    bound: Sequence[Bound], calm: Sequence[Traffic7d], probes: Mapping[Place, list[Probe]]
) -> list[Bound]:
    """Calm traffic that a limit would hold too, as one of all that a key asks for does: it needs its own room there."""
    targets = {one.probe.target for one in bound}
    return [
        Bound(traffic=traffic, probe=probe, runs_away=False)
        for traffic in calm
        for probe in probes.get(traffic.place, [])
        if probe.target in targets and not why_not(traffic, probe)
    ]


def _leaves(case: Case, bound: Sequence[Bound]) -> Decimal:
    """Which share of what runs away would run on, by what it costs."""
    total = sum((one.rate for one in case.drivers), _ZERO)
    braked = {one.traffic.place for one in bound}
    return sum((one.rate for one in case.drivers if one.place not in braked), _ZERO) / total if total else _ZERO


def _beside(drivers: Sequence[Traffic7d], places: Sequence[Traffic7d]) -> list[Traffic7d]:
    """The other endpoints of the models that run away, which the app used in the last seven days."""
    running = {(d.place.project, d.place.model) for d in drivers}
    return [p for p in places if p not in drivers and (p.place.project, p.place.model) in running and any(p.inputs)]


def _calm(braked: Sequence[Traffic7d], places: Sequence[Traffic7d]) -> list[Traffic7d]:
    """What else the app used in the last seven days."""
    return [p for p in places if p not in braked and any(p.inputs)]


def _left(app: App, spend: SpendRange, allowance: Money | None) -> Decimal | None:
    """Of the month's budget and what was allowed beyond it; None: the app has no budget."""
    if app.budget is None:
        return None
    budget = app.budget if allowance is None else app.budget + allowance
    return (budget - spend.likely).amount
