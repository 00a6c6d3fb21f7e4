"""What the detector is shown: every app's series at once, because what is normal for a client is learned from all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import SupportsFloat

from freio.domain.app import App, Client
from freio.domain.spend import Score
from freio.guard.detect_tokens import matters, series_name
from freio.guard.meter import Reading, Readings
from freio.guard.token_rate import TokenRate
from freio.ports import Detector

MIN_HOURS = 24  # of history before a shape can be judged at all


def judged(client: Client, readings: Readings, detector: Detector, paces: Detector, now: datetime) -> dict[str, Score]:
    """The score of each app's money, by the app's name, and of its token paces, by `series_name`.

    Money and tokens are two questions: an hour of one and an hour of the other are no pool. `detector` is asked about
    money, which may take its hours to tell; `paces` about how fast tokens come now.
    """
    money: dict[str, Sequence[SupportsFloat]] = {}
    tokens: dict[str, Sequence[SupportsFloat]] = {}
    for app in client.apps:
        reading = readings.apps[app.name]
        money[app.name] = reading.hours
        tokens |= {name: rate.hours for name, rate in token_series(client, app, reading).items()}
    return {**_scores(detector, money, now), **_scores(paces, tokens, now)}


def token_series(client: Client, app: App, reading: Reading) -> dict[str, TokenRate]:
    """The paces that could cost more than the money gate: of the others nothing could come."""
    return {series_name(app, rate): rate for rate in reading.tokens if matters(rate, client.money_gate)}


def _scores(detector: Detector, series: Mapping[str, Sequence[SupportsFloat]], now: datetime) -> dict[str, Score]:
    shown = {name: [float(hour) for hour in hours] for name, hours in series.items() if len(hours) >= MIN_HOURS}
    return detector.score(shown, now) if shown else {}
