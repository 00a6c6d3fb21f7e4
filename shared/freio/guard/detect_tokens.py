"""Signals of the pace of tokens: what telemetry shows of a runaway within minutes, under the same money gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from freio.domain.app import App, Client
from freio.domain.money import Money
from freio.domain.phrase import Phrase
from freio.domain.sentences import TOKENS_OVER_USUAL, TOKENS_UNUSUAL
from freio.domain.severity import level_of
from freio.domain.signal import Signal, SignalKind
from freio.domain.spend import Score
from freio.guard.paces import WINDOW
from freio.guard.token_rate import TokenRate

HOUR_MINUTES = 60


def series_name(app: App, rate: TokenRate) -> str:
    return f"{app.name}/{rate.project}/{rate.model} tokens"


def matters(rate: TokenRate, gate: Money) -> bool:
    """What costs less than the gate cannot be over the usual by more: the detector is not asked."""
    return rate.pace > 0 and rate.cost > gate.amount


def of_tokens(
    client: Client, app: App, rate: TokenRate, score: Score | None, *, factor: Decimal, now: datetime
) -> Signal | None:
    """Tokens that come much faster than is usual at this hour, under the same money gate as spend is.

    What is usual in money is what the usual tokens would cost at the present price of one. Judged by the hour, said
    of the window.
    """
    if score is None or score.value < 1.0:
        return None
    usual = Decimal(str(round(score.usual))) * factor
    an_hour = Money(rate.cost, client.currency)
    excess = an_hour - an_hour * (usual / rate.pace)
    if excess <= client.money_gate:
        return None
    kind = SignalKind.GROWTH if score.kind == SignalKind.GROWTH else SignalKind.SPIKE
    said = {"window": int(WINDOW.total_seconds()), "now": rate.pace, "model": rate.model}
    times = {"usual": usual, "times": f"{rate.pace / usual:.1f}"} if usual > 0 else {}
    minutes = int(WINDOW.total_seconds()) // 60
    part = Decimal(minutes) / 60
    return Signal(
        key=f"{app.name}/tokens/{rate.project}/{rate.model}/{kind}/{now.isoformat()}",
        app=app.name,
        kind=kind,
        level=level_of(excess, app.policy, client.money_gate),
        at=now,
        observed=an_hour * part,
        usual=an_hour * (usual / rate.pace) * part,
        window_minutes=minutes,
        score=score.value,
        driver=rate.model,
        detail=Phrase.of(TOKENS_OVER_USUAL if times else TOKENS_UNUSUAL, **said, **times),
    )


def together(client: Client, app: App, signals: Sequence[Signal]) -> list[Signal]:
    """The signals, each pace of tokens as bad as all of them: models that run away at once cost until someone acts."""
    nothing = Money.zero(client.currency)
    paces = [signal for signal in signals if 0 < signal.window_minutes < HOUR_MINUTES]
    excess = sum((signal.pace - signal.usual_pace for signal in paces), nothing)
    level = level_of(excess, app.policy, client.money_gate)
    return [replace(signal, level=level) if signal in paces else signal for signal in signals]
