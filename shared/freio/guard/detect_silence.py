"""Signals of silence: an app of which nothing is heard any more, gated by what it usually spends in that time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from freio.domain.app import App, Client, Level
from freio.domain.incident import Incident
from freio.domain.money import Money
from freio.domain.phrase import Phrase
from freio.domain.sentences import SILENT_EXPORT, SILENT_TELEMETRY
from freio.domain.signal import Signal, SignalKind
from freio.domain.silence import Feed, Silence
from freio.guard.meter import Reading
from freio.guard.telemetry import HOUR

WEEK = 7 * 24  # hours
_ZERO = Decimal(0)
_WHY = {Feed.TELEMETRY: SILENT_TELEMETRY, Feed.EXPORT: SILENT_EXPORT}


def of_silence(client: Client, app: App, reading: Reading, now: datetime) -> Signal | None:
    """What usually would have been spent since, where it is more than the money gate: so much may run unseen."""
    silent = reading.silence
    if silent is None:
        return None
    hours = int(silent.lasted / HOUR)
    usual = Money(_an_hour(reading, silent) * hours, client.currency)
    if usual <= client.money_gate:
        return None
    return Signal(
        key=f"{app.name}/silence/{silent.feed}/{silent.since.isoformat()}",
        app=app.name,
        kind=SignalKind.SILENCE,
        level=Level.WARNING,
        at=now,
        observed=Money.zero(client.currency),
        usual=usual,
        window_minutes=hours * 60,
        score=silent.lasted / silent.allowed,
        driver=silent.feed,
        detail=Phrase.of(
            _WHY[silent.feed],
            since=silent.since.isoformat(),
            lasted=silent.lasted.total_seconds(),
            usual=silent.usual.total_seconds(),
        ),
    )


def _an_hour(reading: Reading, silent: Silence) -> Decimal:
    """The mean of the week before it fell silent."""
    until = max(0, int((silent.since - reading.first_hour) / HOUR))
    before = reading.hours[max(0, until - WEEK) : until]
    return sum(before, _ZERO) / len(before) if before else _ZERO


def told(signals: Sequence[Signal], incident: Incident | None) -> list[Signal]:
    """Without the silence of an app that is stopped: by our own brake, or by Google's cap."""
    stopped = incident is not None and (bool(incident.holding) or any(cap.pauses for cap in incident.caps))
    return [signal for signal in signals if not (stopped and signal.kind is SignalKind.SILENCE)]
