"""Signals of the pace of tokens: what telemetry shows of a runaway within minutes, under the same money gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from freio.domain.app import App, Client
from freio.domain.money import Money
from freio.domain.phrase import Phrase
from freio.domain.sentences import REQUESTS_OVER_USUAL, REQUESTS_UNUSUAL, TOKENS_OVER_USUAL, TOKENS_UNUSUAL
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
    of the window. Where it is their requests that told it, more of them with fewer tokens each, they are what is said.
    """
    if score is None or score.value < 1.0:
        return None
    usual = Decimal(str(round(score.usual))) * factor
    an_hour = Money(rate.cost, client.currency)
    excess = an_hour - an_hour * (usual / rate.pace)
    if excess <= client.money_gate:
        return None
    kind, detail = _told(rate, score, usual, factor)
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
        detail=detail,
    )


def _told(rate: TokenRate, score: Score, usual: Decimal, factor: Decimal) -> tuple[SignalKind, Phrase]:
    """What it is called, and what is said of it: of requests, where there are still more of them with less in each."""
    if score.usual_requests is not None and rate.requests:
        many, usual_requests = rate.requests[-1], Decimal(str(round(score.usual_requests))) * factor
        if many * usual > usual_requests * rate.pace:
            return SignalKind.RETRY_STORM, _said(rate, many, usual_requests, REQUESTS_OVER_USUAL, REQUESTS_UNUSUAL)
    kind = SignalKind.GROWTH if score.kind == SignalKind.GROWTH else SignalKind.SPIKE
    return kind, _said(rate, rate.pace, usual, TOKENS_OVER_USUAL, TOKENS_UNUSUAL)


def _said(rate: TokenRate, pace: int, usual: Decimal, over: str, unusual: str) -> Phrase:
    said = {"window": int(WINDOW.total_seconds()), "now": pace, "model": rate.model}
    if usual <= 0:
        return Phrase.of(unusual, **said)
    return Phrase.of(over, **said, usual=usual, times=f"{pace / usual:.1f}")


def together(client: Client, app: App, signals: Sequence[Signal]) -> list[Signal]:
    """The signals, each pace of tokens as bad as all of them: models that run away at once cost until someone acts."""
    nothing = Money.zero(client.currency)
    paces = [signal for signal in signals if 0 < signal.window_minutes < HOUR_MINUTES]
    excess = sum((signal.pace - signal.usual_pace for signal in paces), nothing)
    level = level_of(excess, app.policy, client.money_gate)
    return [replace(signal, level=level) if signal in paces else signal for signal in signals]
