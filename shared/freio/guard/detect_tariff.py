"""Signals of the price of a token, under the same money gate: dearer models for the same tokens, or dearer tokens."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from freio.domain.app import App, Client, Level
from freio.domain.money import Money
from freio.domain.phrase import Phrase
from freio.domain.sentences import BILLED_MIX, BILLED_TOKENS, DEARER_MIX, DEARER_TOKENS
from freio.domain.signal import Signal, SignalKind
from freio.guard.detect_tokens import CRITICAL_GATES
from freio.guard.meter import Reading
from freio.guard.tariff import Dearer, dearer
from freio.guard.telemetry import floor_hour

HOURS = 6  # of telemetry: an hour or two of another mix are no change
A_DAY = 24  # of bills
MILLION = 1_000_000


def of_tariff(client: Client, app: App, reading: Reading, *, factor: Decimal, now: datetime) -> Signal | None:
    """What telemetry says of the last six hours; where that says nothing, what bills say of their newest day.

    ``factor``  how much more than usual was announced: of money, whatever makes it.
    """
    uses = reading.uses
    if uses is None:
        return None
    said = dearer(uses.estimated, floor_hour(now), HOURS)
    if said is not None and (signal := _signal(client, app, said, factor, now, billed=False)):
        return signal
    said = dearer(uses.billed, uses.settled, A_DAY)
    return _signal(client, app, said, factor, now, billed=True) if said is not None else None


def _signal(client: Client, app: App, change: Dearer, factor: Decimal, now: datetime, *, billed: bool) -> Signal | None:
    observed = Money(change.now * change.tokens, client.currency)
    usual = Money(change.usual * change.tokens, client.currency) * factor
    excess = observed - usual
    if excess <= client.money_gate:
        return None
    kind = SignalKind.MIX_CHANGE if change.mix else SignalKind.PRICE_CHANGE
    return Signal(
        key=f"{app.name}/{kind}/{change.driver}/{change.until.isoformat()}",
        app=app.name,
        kind=kind,
        level=Level.CRITICAL if client.money_gate * CRITICAL_GATES * change.hours < excess else Level.WARNING,
        at=now,
        observed=observed,
        usual=usual,
        window_minutes=change.hours * 60,
        score=float(change.over),
        driver=change.driver,
        detail=_why(client, change, billed=billed),
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
