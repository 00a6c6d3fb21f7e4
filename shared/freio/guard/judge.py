"""What the detector is shown: every app's series at once, because what is normal for a client is learned from all."""

from __future__ import annotations

import math
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from statistics import median_low
from types import MappingProxyType
from typing import SupportsFloat

from freio.domain.app import App, Client
from freio.domain.expectation import Expectations
from freio.domain.spend import Pace, Score
from freio.guard.announced import expected_factor, factors_of, plain
from freio.guard.detect_tokens import matters, series_name
from freio.guard.meter import Reading, Readings
from freio.guard.paces import WINDOW, window
from freio.guard.season import days_of, factors, in_money
from freio.guard.telemetry import HOUR, STEP, floor_hour
from freio.guard.token_rate import TokenRate
from freio.ports import Calendar, Detector, PaceDetector

MIN_HOURS = 24  # of history before a shape can be judged at all
DAY = 24
DAYS_USUAL = 7
HELD = 8 * DAY  # hours in which an alert may lie that still stands, and the day before it

Series = list[float]
Spans = Sequence[tuple[datetime, datetime]]


def judged(
    client: Client,
    readings: Readings,
    detector: Detector,
    paces: PaceDetector,
    now: datetime,
    *,
    known: Mapping[str, Expectations] = MappingProxyType({}),
    calendar: Calendar | None = None,
) -> dict[str, Score]:
    """The score of each app's money, by the app's name, and of its token paces, by `series_name`.

    Money and tokens are two questions: an hour of one and an hour of the other are no pool. `detector` is asked about
    money, which may take its hours to tell; `paces` about how fast tokens come now.

    ``known``     what people have said of each app: hours of trouble that they have confirmed are shown to neither, so
                  that they are neither usual nor a record, nor in the pool of what other apps are held against; of what
                  was announced, both are shown what went beyond (`freio.guard.announced`).
    ``calendar``  the client's, where the file names a country: money of special days is held against such days.
    """
    money: dict[str, Sequence[float]] = {}
    tokens: dict[str, Pace] = {}
    for app in client.apps:
        reading, said = readings.apps[app.name], known.get(app.name, Expectations(id=app.name))
        if len(reading.hours) >= MIN_HOURS:
            factor = expected_factor(client, app, said, now)
            factors = factors_of(client, app, said, len(reading.hours), now, now=factor)
            spent = plain(_heard(reading, without(reading.hours, said.excluded(), now)), factors)
            money[app.name] = array("d", spent)  # the detector takes it as it is
        tokens |= paces_of(client, app, reading, said, now)
    scores = seasoned(client, detector, money, now, calendar) if money else {}
    return {**scores, **(paces.score(tokens, now) if tokens else {})}


def paces_of(client: Client, app: App, reading: Reading, known: Expectations, now: datetime) -> dict[str, Pace]:
    """What the detector of paces is shown of an app, by `series_name`; of requests, from a day of them on."""
    found: dict[str, Pace] = {}
    ends = window(now)[1]  # of the present pace: for some minutes it is still one of the hour that has ended
    spans, factor = known.excluded(), expected_factor(client, app, known, now)
    for name, rate in token_series(client, app, reading).items():
        hours = len(rate.hours)
        if hours >= MIN_HOURS:
            # an hour's first windows begin in the one before it
            said = factors_of(client, app, known, hours, ends, now=factor, back=WINDOW - STEP)
            peaks, jumps = _beyond(rate.hours, rate.jumps, said, unheard=rate.unheard, spans=spans, ends=ends)
            requests, leaps = _beyond(
                rate.requests[-hours:],
                rate.request_jumps[-hours:],
                said,
                unheard=rate.unheard,
                spans=spans,
                ends=ends,
            )
            beyond = peaks[-1] / rate.pace  # of what was announced, as the present pace is
            known_for_a_day = len(requests) >= MIN_HOURS
            found[name] = Pace(
                peaks=peaks,
                jumps=jumps,
                requests=requests if known_for_a_day else (),
                request_jumps=leaps if known_for_a_day else (),
                so_far=_times(rate.so_far, beyond),
                requests_so_far=_times(rate.requests_so_far, beyond) if known_for_a_day else None,
                app=app.name,
                gate=float(client.money_gate.amount * rate.pace / rate.cost),
                divided=float(max(said[-HELD:], default=Decimal(1))),
            )
    return found


def _times(so_far: tuple[int, int] | None, part: float) -> tuple[float, float] | None:
    return None if so_far is None else (so_far[0] * part, so_far[1] * part)


def _beyond(
    hours: Sequence[int],
    jumps: Sequence[int],
    said: Sequence[Decimal],
    *,
    unheard: Iterable[int],
    spans: Spans,
    ends: datetime,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Paces and jumps without the spans, and beyond what was announced; a jump is as much less as its hour's pace is.

    What is missing then, and what nobody knows of, is as usual.

    ``said``     what was announced of each hour, and of more before them.
    ``unheard``  hours of which nobody knows, by how long before the last one.
    """
    peaks, leaps = (without(x, spans, ends) for x in (hours, jumps))
    idle = frozenset(len(peaks) - 1 - back for back in unheard if back < len(peaks))
    for at in idle:
        peaks[at] = math.nan
    shown = plain(peaks, said[len(said) - len(peaks) :])
    parts = zip(leaps, shown, peaks, strict=True)
    leaps = [jump * part / peak if peak else jump for jump, part, peak in parts]
    return tuple(as_usual(shown, idle)), tuple(as_usual(leaps, idle))


def token_series(client: Client, app: App, reading: Reading) -> dict[str, TokenRate]:
    """The paces that could cost more than the money gate: of the others nothing could come."""
    return {series_name(app, rate): rate for rate in reading.tokens if matters(rate, client.money_gate)}


def without(hours: Sequence[SupportsFloat], spans: Spans, now: datetime) -> Series:
    """Hours up to the one that ends now, NaN where they lie in a span; the last one is what is asked about."""
    shown = [float(hour) for hour in hours]
    last = len(shown) - 1
    for since, until in spans:
        first = last - int((floor_hour(now) - since) / HOUR) - 1
        for at in range(max(0, first), last):
            start = floor_hour(now) - (last - at) * HOUR
            if start < until and since < start + HOUR:
                shown[at] = math.nan
    return shown


def _heard(reading: Reading, hours: Series) -> Series:
    """Without those that nobody knows anything of: they are not hours without spend."""
    shown = list(hours)
    for start in reading.unheard:
        at = (start - reading.first_hour) // HOUR
        if 0 <= at < len(shown):
            shown[at] = math.nan
    return shown


def as_usual(hours: Series, idle: Collection[int] = frozenset()) -> Series:
    """Missing hours as the middle of the same hour of up to seven days before, for a detector that knows no gaps.

    One night's runaway is no example of the others, and nor is one quiet one. On the first day they are nothing.

    ``idle``  places of hours in which nobody was heard: to other days they are examples of an hour without traffic.
    """
    shown = list(hours)
    for at, hour in enumerate(shown):
        if math.isnan(hour):
            before = [at - DAY * back for back in range(1, DAYS_USUAL + 1) if at >= DAY * back]
            same = [0.0 if one in idle else shown[one] for one in before]
            shown[at] = median_low(same) if same else 0.0
    return shown


def seasoned(
    client: Client, detector: Detector, money: Mapping[str, Sequence[float]], now: datetime, calendar: Calendar | None
) -> dict[str, Score]:
    """The scores of money, up to the hour that ends now, as if all days were alike."""
    if calendar is None:
        return detector.score(money, now)
    found = {
        name: factors(hours, days_of(len(hours), now, client.time_zone, calendar)) for name, hours in money.items()
    }
    scores = detector.score({name: array("d", plain) for name, (_, plain) in found.items()}, now)
    return {name: in_money(score, money[name], found[name][0]) for name, score in scores.items()}
