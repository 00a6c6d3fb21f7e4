"""What is said of the last hour of one series: how far over the threshold, what still runs, and what to call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from freio.adapters.detector.evidence import ALL
from freio.adapters.detector.hold import HELD_DAYS, as_known, held, runs_now
from freio.adapters.detector.kinds import shape_of
from freio.adapters.detector.why import why
from freio.adapters.detector.windows import DAY, Floats
from freio.domain.spend import Calibration, Score

OVER = 0.99  # a value that fires nothing, of what has just ended
TOLD = (HELD_DAYS + 1) * DAY  # hours whose usual is told: a held alert, and the day before it


@dataclass(frozen=True, slots=True)
class Seen:
    """One series up to its last hour.

    ``spend``  (hours,), NaN where one is missing; ``x`` the same filled in, ``normal`` what each hour usually costs.
    ``value``  the last hour's score over its threshold, and ``shape``, what it is called where nothing fires.
    ``fired``  the hours that alerted, the last one too, with the evidence of each (kind,).
    """

    spend: Floats
    x: Floats
    normal: Floats
    value: float
    shape: str
    fired: Mapping[int, Floats]
    calibration: Calibration | None


def said(seen: Seen) -> Score:
    """Of one series of which something fires, or may still run."""
    x, normal, value, last = seen.x, seen.normal, seen.value, len(seen.x) - 1
    still, since = 0.0, last
    if seen.fired and not np.isnan(seen.spend[-1]):
        fired = np.zeros(last, dtype=bool)
        fired[[hour for hour in seen.fired if hour < last]] = True
        still, since = held(x, normal, fired, missing=np.isnan(seen.spend))
    began = since if still >= 1 else last
    if max(value, still) >= 1:
        normal = as_known(x, normal)
    if still >= 1:
        normal = _as_at(normal, began)
    if max(value, still) < 1 or not runs_now(seen.spend - normal):
        told = tuple(normal[-TOLD:].tolist())
        return calm(value, float(normal[-1]), seen.shape, told, seen.calibration)
    kind, shape = shape_of(x, normal)
    return Score(
        value=max(value, still),
        usual=float(normal[-1]),
        kind=kind,
        why=why(x, float(normal[-1])),
        shape=shape,
        hours=len(x) - began,
        excess=float(np.maximum(0.0, x[began:] - normal[began:]).sum()),
        evidence=_told_by(seen.fired[last if value >= 1 else began]),
        normal=tuple(normal[-TOLD:].tolist()),
        fired=tuple(last - hour for hour in sorted(seen.fired) if last - hour < TOLD),
        calibration=seen.calibration,
    )


def calm(value: float, usual: float, shape: str, normal: tuple[float, ...], calibration: Calibration | None) -> Score:
    """Of one series of which nothing fires."""
    return Score(value=min(value, OVER), usual=usual, kind="spike", shape=shape, normal=normal, calibration=calibration)


def _told_by(evidence: Floats) -> tuple[tuple[str, float], ...]:
    """The kinds over their edges, strongest first; the strongest alone where only several together make a score."""
    every = sorted(zip(ALL, evidence.tolist(), strict=True), key=lambda pair: -pair[1])
    over = [(kind.name, round(far, 2)) for kind, far in every if far >= 1]
    return tuple(over) or ((every[0][0].name, round(every[0][1], 2)),)


def _as_at(normal: Floats, began: int) -> Floats:
    """What is usual, with that of the day when it began for all hours since."""
    if began < DAY:
        return normal
    out = normal.copy()
    later = np.arange(began + 1, len(normal))
    out[later] = normal[began - DAY + 1 + (later - began - 1) % DAY]
    return out
