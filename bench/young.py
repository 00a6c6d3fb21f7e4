"""What borrowing gives an app in its first days: alerts on clean spend, and incidents found, with it and without.

An app younger than two weeks borrows the records of the client's older ones. Recorded usage is two weeks long, too
short for anybody to be old in it; so generated demand is used (its rhythm and bursts are fitted on that usage), where
nothing changes for good: worlds of twelve apps of five weeks and six that began five days ago. Each young one is
judged hour by hour from its second day on, once as it is and once with an incident that begins on its fourth. The money
gate and the budget of alerts are those of the defaults; apps spend some ten dollars an hour.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from bench.forecast_longer import DAY, demand
from bench.result import Result, table
from freio.adapters.detector.adapter import Budget, PyodDetector
from freio.adapters.forecaster.models import Floats

OLD, YOUNG = 35 * DAY, 5 * DAY
JUDGED_FROM, BEGINS = DAY, 3 * DAY  # of a young app's age
WORLDS = range(4)
MEAN = 10.0  # USD an hour
GATE, ALERTS = 25.0, 0.25
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SEED = 20261127
NEVER = 10**9  # hours of age from which an app lends
KINDS = ("spike", "retry_storm", "stuck_loop", "growth")


def run() -> Result:
    """About seven minutes."""
    with _nobody_lends():
        alone = _measured()
    found = {"borrowing": _measured(), "not borrowing": alone}
    rows = [(name, f"{one['alerts']:.2f}", *(f"{one[kind]:.0%}" for kind in KINDS)) for name, one in found.items()]
    return Result(
        figures={"young": found},
        lines=[
            f"Six apps of five days beside twelve of five weeks, {len(WORLDS)} worlds of generated demand; an alert",
            f"silences its app for a day. Gate {GATE:.0f} USD an hour, {ALERTS} alerts an app-week. One incident in",
            f"each young app, {6 * len(WORLDS) // len(KINDS)} of each kind: too few for more than a direction.",
            "",
            *table(("young apps", "false alerts, app-week", *(f"{kind} found" for kind in KINDS)), rows),
        ],
    )


@contextmanager
def _nobody_lends() -> Iterator[None]:
    shared: Any = importlib.import_module("freio.adapters.detector.client")
    grown, shared.GROWN = shared.GROWN, NEVER
    try:
        yield
    finally:
        shared.GROWN = grown


def _measured() -> Mapping[str, float]:
    false, hours = 0, 0
    caught: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for world in WORLDS:
        spend = _world(world)
        old = {f"old-{n}": row for n, row in enumerate(spend[:12])}
        young = {f"young-{n}": row[-YOUNG:] for n, row in enumerate(spend[12:])}
        kinds = {name: KINDS[(n + world) % len(KINDS)] for n, name in enumerate(young)}
        clean = _alerts(old, young, JUDGED_FROM)
        false += sum(len(_told(fired)) for fired in clean.values())
        hours += len(young) * (YOUNG - JUDGED_FROM)
        hit = _alerts(old, {name: _with(kinds[name], row, world) for name, row in young.items()}, BEGINS)
        for name, fired in hit.items():
            before = clean[name][BEGINS - JUDGED_FROM - DAY : BEGINS - JUDGED_FROM]
            caught[kinds[name]].append(bool(fired.any()) and not before.any())
    return {"alerts": false * 7 * DAY / hours, **{kind: float(np.mean(each)) for kind, each in caught.items()}}


def _world(seed: int) -> Floats:
    """Eighteen apps of five weeks, each of some dollars an hour, in an order of chance."""
    rng = np.random.default_rng(SEED + seed)
    spend = np.array([hours[:OLD] for hours in demand(seed)])
    spend *= MEAN * rng.uniform(0.5, 2, (len(spend), 1)) / np.maximum(spend.mean(axis=1, keepdims=True), 1e-9)
    return np.asarray(spend[rng.permutation(len(spend))])


def _with(kind: str, row: Floats, seed: int) -> Floats:
    incidents: Any = importlib.import_module("bench.incidents")
    make, _ = incidents.INCIDENTS[kind]
    extra = make(max(float(row[:BEGINS].mean()), MEAN / 4), np.random.default_rng([SEED, seed]), None)[: YOUNG - BEGINS]
    out = row.copy()
    out[BEGINS : BEGINS + len(extra)] += extra
    return out


def _alerts(old: Mapping[str, Floats], young: Mapping[str, Floats], since: int) -> dict[str, Floats]:
    """Whether each young app's hours fire, from that age on, each judged when it ends."""
    detector = PyodDetector(Budget(alerts=ALERTS, gate=GATE))
    fired: dict[str, list[bool]] = {name: [] for name in young}
    for age in range(since, YOUNG):
        series = {name: row[: OLD - YOUNG + age + 1] for name, row in old.items()}
        series |= {name: row[: age + 1] for name, row in young.items()}
        scores = detector.score({name: row.tolist() for name, row in series.items()}, NOW + timedelta(hours=age))
        for name in young:
            over = series[name][-1] - scores[name].usual
            fired[name].append(scores[name].value >= 1 and over > GATE)
    return {name: np.array(each) for name, each in fired.items()}


def _told(fired: Floats) -> list[int]:
    told: list[int] = []
    for at in np.flatnonzero(fired):
        if not told or at - told[-1] >= DAY:
            told.append(int(at))
    return told
