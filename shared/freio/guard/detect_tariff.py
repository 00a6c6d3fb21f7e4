"""Signals of the price of a token, under the same money gate: dearer models for the same tokens, or dearer tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.app import App, Client
from freio.domain.incident import Incident, State
from freio.domain.money import Money
from freio.domain.phrase import Phrase
from freio.domain.sentences import BILLED_MIX, BILLED_TOKENS, DEARER_MIX, DEARER_TOKENS
from freio.domain.severity import level_of
from freio.domain.signal import Signal, SignalKind
from freio.guard.meter import Reading
from freio.guard.tariff import Before, Dearer, all_heard, dearer
from freio.guard.telemetry import HOUR, floor_hour

HOURS = 6  # of telemetry: an hour or two of another mix are no change
A_DAY = 24  # of bills
MILLION = 1_000_000
NORMAL_AFTER = timedelta(days=28)


def of_tariff(
    client: Client, app: App, reading: Reading, *, factor: Decimal, now: datetime, told: Sequence[Signal] = ()
) -> Signal | None:
    """What telemetry says of the last six hours; where that says nothing, what bills say of their newest day.

    ``factor``  how much more than usual was announced: of money, whatever makes it.
    ``told``    the price signals of the app's open incident (`open_prices`): such a price is told until it is less
                than a fifth over what was usual before it, or people have accepted it, and for so long it is the same
                trouble: the kind and the model that were told. A quiet night does not end it: the gate is then held
                against a whole day.
    """
    uses = reading.uses
    if uses is None:
        return None
    for hourly, until, hours in ((uses.estimated, floor_hour(now), HOURS), (uses.billed, uses.settled, A_DAY)):
        before = _before([s for s in told if s.window_minutes == hours * 60], late=now - until)
        said = dearer(hourly, until, hours, before)
        if said is not None and hourly is uses.billed and (heard := all_heard(hourly, until, hours)) is not hourly:
            said = dearer(heard, until, hours, before, many=True)
        day = said if before is None or hours == A_DAY else dearer(hourly, until, A_DAY, before)
        worth = any(one and _excess(client, one, factor) > client.money_gate for one in (said, day))
        if said is not None and worth:
            return _signal(client, app, said, factor, now, billed=hourly is uses.billed)
    return None


def _before(told: Sequence[Signal], *, late: timedelta) -> Before | None:
    """What was told of hours that were as `late` as those that are looked at now; the first of them says as what."""
    prices = [signal.unit_usual.amount / MILLION for signal in told if signal.unit_usual is not None]
    if not prices:
        return None
    said = dict(told[0].detail.data) if told[0].detail is not None else {}
    return Before(
        usual=min(prices),
        since=min(signal.at for signal in told) - late,
        mix=told[0].kind is SignalKind.MIX_CHANGE,
        driver=told[0].driver,
        was=Decimal(said.get("was", 0)),
    )


def open_prices(incident: Incident | None, now: datetime) -> tuple[Signal, ...]:
    """The price signals that an app's incident goes on with, as of when it was opened: what was usual then counts.

    None where somebody called it expected. Four weeks after it was opened, the price is what is usual: as long as
    everything else is remembered.
    """
    if incident is None or incident.state is State.EXPECTED or now - incident.opened_at >= NORMAL_AFTER:
        return ()
    return tuple(replace(signal, at=incident.opened_at) for signal in incident.signals if signal.unit_usual is not None)


def hides_price(told: Sequence[Signal], reading: Reading, now: datetime) -> bool:
    """Whether a price was told that the last hours cannot show, for want of tokens: that it is back nobody has seen."""
    if not any(signal.window_minutes == HOURS * 60 for signal in told):
        return False
    starts = [floor_hour(now) - (back + 1) * HOUR for back in range(HOURS)]
    estimated = reading.uses.estimated if reading.uses else {}
    return not any(hours.get(start, (0, 0))[0] for hours in estimated.values() for start in starts)


def last_price(reading: Reading, now: datetime) -> Decimal | None:
    """What a million tokens cost in the last whole hour, by telemetry; None: there were none."""
    start = floor_hour(now) - HOUR
    uses = [hours[start] for hours in reading.uses.estimated.values() if start in hours] if reading.uses else []
    tokens = sum((count for count, _ in uses), Decimal(0))
    return sum((cost for _, cost in uses), Decimal(0)) * MILLION / tokens if tokens else None


def _excess(client: Client, change: Dearer, factor: Decimal) -> Money:
    return Money((change.now - change.usual * factor) * change.tokens, client.currency)


def _signal(client: Client, app: App, change: Dearer, factor: Decimal, now: datetime, *, billed: bool) -> Signal:
    observed = Money(change.now * change.tokens, client.currency)
    usual = Money(change.usual * change.tokens, client.currency) * factor
    excess = observed - usual
    kind = SignalKind.MIX_CHANGE if change.mix else SignalKind.PRICE_CHANGE
    return Signal(
        key=f"{app.name}/{kind}/{change.driver}/{change.until.isoformat()}",
        app=app.name,
        kind=kind,
        level=level_of(excess * (Decimal(1) / change.hours), app.policy, client.money_gate),
        at=now,
        observed=observed,
        usual=usual,
        window_minutes=change.hours * 60,
        score=float(change.over),
        driver=change.driver,
        detail=_why(client, change, billed=billed),
        unit_usual=Money(change.usual * MILLION, client.currency),
    )


def _why(client: Client, change: Dearer, *, billed: bool) -> Phrase:
    mix, tokens = (BILLED_MIX, BILLED_TOKENS) if billed else (DEARER_MIX, DEARER_TOKENS)
    return Phrase.of(
        mix if change.mix else tokens,
        now=Money(change.now * MILLION, client.currency),
        usual=Money(change.usual * MILLION, client.currency),
        model=change.driver,
        share=f"{change.share:.4f}",
        was=f"{change.was:.4f}",
        until=change.until.isoformat(),
    )
