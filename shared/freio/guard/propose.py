"""From an app that runs away to the brake that is offered: the lever that binds, on which targets, how far.

Only traffic that runs away is braked: models at their usual rate are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from freio.domain.app import App, Client
from freio.domain.attribution import Traits, sharing
from freio.domain.budget_fit import budget_fit, refused
from freio.domain.calendar import month_end
from freio.domain.incident import Proposal, Refusal, Step
from freio.domain.lever import UNLIMITED
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import (
    NO_LEVER_LEFT,
    NO_TARGET,
    NO_TRAFFIC,
    NOT_OVER,
    OTHER_UNIT,
    STRICTER_STANDS,
)
from freio.domain.spend import Probe
from freio.guard.estimate import NOBODY, split
from freio.guard.meter import Readings
from freio.guard.places import Places, Traffic7d
from freio.ports import Lever, Meter, Place, PriceBook

DRIVES = Decimal("0.10")  # a model that makes less of the current rate than this does not drive it
INPUT_TOKENS = "input_tokens_per_minute"
_ZERO = Decimal(0)


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
        """The softest lever that binds and was not tried yet; without one, a proposal without steps says why.

        ``spend`` is the month's, as the incident shows it: what is left of the budget is left after that.
        """
        reading = readings.apps[app.name]
        places = self._places.of(app, readings, began=began, now=now)
        dear = [p for p in places if reading.rate.amount and p.rate >= DRIVES * reading.rate.amount]
        drivers = [p for p in dear if p.current > p.peak] or dear  # answers may run away where questions do not
        if not drivers:
            return Proposal(lever="", steps=(), reasons=(Phrase(NO_TRAFFIC),))
        reasons: list[Phrase] = []
        for lever in self._levers:
            if lever.name not in app.policy.levers or lever.name in tried:
                continue
            probes = {(p.target.project, p.location, p.model): p for p in lever.probe(app, [d.place for d in drivers])}
            loose = [why for d in drivers if (why := _why_not(d, probes.get(_key(d.place))))]
            binding = [(d, probes[_key(d.place)]) for d in drivers if not _why_not(d, probes.get(_key(d.place)))]
            if binding:
                others = reading.rate.amount - sum((d.rate * self._part(app, readings, d) for d, _ in binding), _ZERO)
                left = _left(app, spend, allowance)
                fitted = self._steps(app, readings, binding, others=others, left=left, now=now)
                steps = tuple(step for step in fitted if not _idle(step))
                loose += [why for step in fitted if (why := _idle(step))]
                if steps:
                    return Proposal(lever=lever.name, steps=steps, uncovered=tuple(loose))
            reasons += loose
        return Proposal(lever="", steps=(), reasons=tuple(dict.fromkeys(reasons)) or (Phrase(NO_LEVER_LEFT),))

    def _part(self, app: App, readings: Readings, driver: Traffic7d) -> Decimal:
        """Which part of a place's traffic is the app's."""
        return split(self._client, readings.shares, driver.place.project, driver.place.model).get(app.name, _ZERO)

    def _steps(
        self,
        app: App,
        readings: Readings,
        binding: list[tuple[Traffic7d, Probe]],
        *,
        others: Decimal,
        left: Decimal | None,
        now: datetime,
    ) -> tuple[Step, ...]:
        minutes_left = int((month_end(now) - now).total_seconds() // 60)
        total = sum((d.rate for d, _ in binding), Decimal(0))
        steps = []
        for driver, probe in binding:
            part = driver.rate / total if total else Decimal(1)
            fit = budget_fit(
                remaining=None if left is None else left * part,
                others_rate=max(Decimal(0), others) * part / 60,
                minutes_left=minutes_left,
                unit_cost=driver.unit_cost,
                usual_peak=driver.peak,
                floor=app.floor.get(probe.unit, 0),
            )
            mine = split(self._client, readings.shares, driver.place.project, driver.place.model)
            would = refused(driver.inputs, fit.value)
            steps.append(
                Step(
                    target=probe.target,
                    location=driver.place.location,
                    model=driver.place.model,
                    value=fit.value,
                    rule=fit.rule,
                    unit=probe.unit,
                    unit_cost=driver.unit_cost,
                    current=driver.current,
                    usual_peak=driver.peak,
                    effective=None if probe.effective in (None, UNLIMITED) else probe.effective,
                    refused=would,
                    refusals=tuple(Refusal(who=who or "?", share=would * share) for who, share in sorted(mine.items())),
                    shared_with=self._shared_with(app, driver, mine),
                )
            )
        return tuple(steps)

    def _shared_with(self, app: App, driver: Traffic7d, owners: Mapping[str, Decimal]) -> tuple[str, ...]:
        """The other apps on a place: those that could have traffic there, and those that were billed for some."""
        traits = Traits(project=driver.place.project, model=driver.place.model)
        could = {a.name for a in sharing(self._client.apps, traits)}
        return tuple(sorted((could | set(owners)) - {app.name, NOBODY}))


def _left(app: App, spend: SpendRange, allowance: Money | None) -> Decimal | None:
    """Of the month's budget and what was allowed beyond it; None: the app has no budget."""
    if app.budget is None:
        return None
    budget = app.budget if allowance is None else app.budget + allowance
    return (budget - spend.likely).amount


def _idle(step: Step) -> Phrase | None:
    """Why a limit would throttle nothing; None where it would: less runs than it lets through, or as little may."""
    where = {"model": step.model, "location": step.location, "value": step.value}
    if step.effective is not None and step.effective <= step.value:
        return Phrase.of(STRICTER_STANDS, **where, standing=step.effective)
    if step.current <= step.value:
        return Phrase.of(NOT_OVER, **where, current=step.current)
    return None


def _key(place: Place) -> tuple[str, str, str]:
    return place.project, place.location, place.model


def _why_not(driver: Traffic7d, probe: Probe | None) -> Phrase | None:
    """Why there is no brake at a place; None where there is one."""
    where = {"model": driver.place.model, "location": driver.place.location}
    if probe is None:
        return Phrase.of(NO_TARGET, **where)
    if not probe.binds:
        return probe.reason or Phrase.of(NO_TARGET, **where)
    if probe.unit != INPUT_TOKENS:  # nothing to compute a limit from
        return Phrase.of(OTHER_UNIT, unit=probe.unit, **where)
    return None
