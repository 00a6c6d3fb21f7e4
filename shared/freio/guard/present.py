"""The forecast of the month as an incident shows it: the day's own, moved by what the runaway has done since."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.app import App, Mode
from freio.domain.calendar import month_end
from freio.domain.explanation import Explanation
from freio.domain.forecast import Forecast, Shift, shifted
from freio.domain.incident import Incident, State
from freio.domain.money import Money
from freio.domain.severity import BITES_AFTER

DAY = 24
SOMEBODY_ACTS = timedelta(hours=24)  # where only a person ends it, and has not said when
CHANGED = Decimal("0.02")  # of an amount, or of a chance: less is not worth drawing the message again
_GOES_ON = {State.OPEN, State.PROPOSED, State.STUCK, State.OVERRIDDEN, State.SNOOZED, State.EXPECTED}


def present(made: tuple[Forecast, ...], incident: Incident, app: App, now: datetime) -> tuple[Forecast, ...]:
    """The day's forecasts of an app, as of now; as they were made, where its spend does not run away."""
    said = incident.explanation
    if said is None or incident.is_drill:
        return made
    shown = {(one.of, one.shift.made): one.shift.base for one in incident.forecasts if one.shift is not None}
    nothing = Money.zero(said.so_far.currency)
    stops, goes_on = _adds(said, incident, app, now)
    found = []
    for one in made:
        before = said.so_far * _part_before(said, one.at, now) if said.since < one.at else nothing
        base = shown.get((one.of, one.at), before)
        over = max(nothing, said.so_far - base)
        shift = Shift(made=one.at, base=base, over=over, stops=stops, goes_on=goes_on)
        found.append(shifted(one, shift, at=now, spent=incident.spend.likely))
    return tuple(found)


def _part_before(said: Explanation, made: datetime, now: datetime) -> Decimal:
    """Of a trouble that was told after the forecast was made, the part of its time before that."""
    return Decimal(int((made - said.since).total_seconds())) / max(1, int((now - said.since).total_seconds()))


def _adds(said: Explanation, incident: Incident, app: App, now: datetime) -> tuple[Money, Money]:
    """What the runaway is going to cost from now on: until it is likely to be stopped, and until the month ends."""
    stops = goes_on = nothing = Money.zero(said.so_far.currency)
    seen = incident.assessment
    if incident.state in _GOES_ON and seen is not None and seen.running_away:
        goes_on = max(nothing, said.month_end - said.so_far)
        pace = max(nothing, said.tomorrow - said.so_far)
        hours = Decimal(int((_ends(incident, app, now) - now).total_seconds())) / 3600
        stops = min(goes_on, pace * (max(Decimal(0), hours) / DAY))
    return stops, goes_on


def _ends(incident: Incident, app: App, now: datetime) -> datetime:
    """When it is going to be stopped, as it stands: by the policy, when what was decided ends, or within a day."""
    if incident.until is not None:
        return min(incident.until, month_end(now))
    enforced = app.policy.mode(incident.level) is Mode.ENFORCE and incident.state in {State.OPEN, State.PROPOSED}
    waits = incident.proposal is not None and not incident.proposal.waits
    if enforced and waits and incident.due_at is not None:
        return incident.due_at + BITES_AFTER
    return now + SOMEBODY_ACTS


def is_news(before: tuple[Forecast, ...], after: tuple[Forecast, ...]) -> bool:
    """Whether people would see another forecast: another day's, other budgets, or amounts that have moved."""
    if [_made(one) for one in before] != [_made(one) for one in after]:
        return True
    return any(_moved(one, other) for one, other in zip(before, after, strict=True))


def _made(one: Forecast) -> tuple[str, datetime, bool]:
    return one.of, one.shift.made if one.shift else one.at, one.shift is not None and one.shift.goes_on.amount > 0


def _moved(before: Forecast, after: Forecast) -> bool:
    pairs = ((before.low, after.low), (before.expected, after.expected), (before.high, after.high))
    if any(abs(new.amount - old.amount) > abs(old.amount) * CHANGED for old, new in pairs):
        return True
    return abs((before.chance or Decimal(0)) - (after.chance or Decimal(0))) >= CHANGED
