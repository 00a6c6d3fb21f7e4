"""What recorded days are too few to show: horizons of up to four weeks, on generated demand; and a cold start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from bench.arithmetic import edges, within
from bench.recorded import PER_HOUR
from bench.result import ROOT
from freio.adapters.forecaster.adapter import StatsForecaster
from freio.adapters.forecaster.models import Floats
from freio.domain.app import App, Match
from freio.domain.expectation import Expectations, Planned
from freio.guard.coming import Known, Past, coming
from freio.guard.forecast import in_days
from freio.sandbox.spend.generator import Generator
from freio.sandbox.spend.profile import profile
from freio.sandbox.spend.traffic import EPOCH

DAY = 24
SEED = 20261127
AHEAD = (3, 10, 20, 28)
BEGINS = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday, as the generator's first day is
HOLIDAYS, SALE, SUNDAY = (16, 30), (33, 34), 6  # days from there on; 28 of them are the past
SALE_IS_UP_TO = 3
SAID = Expectations(
    id="app",
    planned=(
        Planned(
            number=1,
            start=BEGINS + timedelta(days=SALE[0]),
            end=BEGINS + timedelta(days=SALE[-1] + 1),
            factor=Decimal(SALE_IS_UP_TO),
            why="a sale",
            by="",
            at=BEGINS,
        ),
    ),
)
TYPICAL: Mapping[str, Any] = {"level": 20.0, "size": (1000.0, 200.0)}
COLD = """
import contextlib, json, re, sys, time
from decimal import Decimal
from pathlib import Path
import numpy as np
from freio.adapters.forecaster.adapter import StatsForecaster

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

compiled = []
recorder = contextlib.nullcontext()
if sys.argv[1] == "compiled":
    from numba.core.event import install_recorder
    recorder = install_recorder("numba:compile")
rng = np.random.default_rng(0)
days = {f"app-{n}": [Decimal(str(day)) for day in rng.gamma(4, 25, 28)] for n in range(50)}
before, began = most(), time.process_time()
with recorder as found:
    StatsForecaster().outlook(days, ahead=Decimal("20.5"), after=Decimal(0))
again, after = time.process_time(), most()
StatsForecaster().outlook(days, ahead=Decimal("20.5"), after=Decimal(0))
print(json.dumps({"first_s": again - began, "again_s": time.process_time() - again, "mib": after - before,
                  "compiled": len(found.buffer) if found else 0}))
"""


def generated() -> dict[int, tuple[float, float]]:
    """On generated demand: three habits of three sizes of model, two apps each, in four worlds of eighteen apps."""
    low, high = edges()
    found: dict[int, tuple[list[bool], list[float]]] = {ahead: ([], []) for ahead in AHEAD}
    for seed in range(4):
        days = np.array([_money(one) for one in _generators(seed)])
        past = {str(row): [Decimal(repr(float(day))) for day in each[:28]] for row, each in enumerate(days)}
        for ahead, (inside, widths) in found.items():
            said = StatsForecaster().outlook(past, ahead=Decimal(ahead), after=Decimal(0))
            for row, each in enumerate(days):
                rest = [float(amount) for amount in said[str(row)].percentiles]
                inside.append(within(rest[low], each[28 : 28 + ahead].sum(), rest[high]) == 0)
                widths.append((rest[high] - rest[low]) / max(rest[49], 1e-9))
    return {ahead: (float(np.mean(inside)), float(np.median(widths))) for ahead, (inside, widths) in found.items()}


def special() -> dict[str, tuple[float, float]]:
    """Ten days to come with a holiday and a sale in them, foretold without knowing of them and with it.

    The same generated worlds. On holidays an app does what it does on Sundays, within a fifth; one lies in the past.
    The sale is announced for two days as up to three times the usual, and becomes anything up to that.
    """
    low, high = edges()
    found: dict[str, tuple[list[bool], list[float]]] = {"unknown": ([], []), "known": ([], [])}
    for seed in range(4):
        rng = np.random.default_rng(SEED + seed)
        worlds = demand(seed)
        pasts: dict[str, Past] = {}
        came: dict[str, float] = {}
        for row, hours in enumerate(worlds):
            days = hours.reshape(-1, DAY)
            weekdays = [(BEGINS + timedelta(days=at)).weekday() for at in range(len(days))]
            sunday = np.mean([days[at].sum() for at in range(28) if weekdays[at] == SUNDAY])
            for at in HOLIDAYS:
                same = [days[n].sum() for n in range(28) if weekdays[n] == weekdays[at] and n not in HOLIDAYS]
                days[at] *= min(1.0, sunday / max(np.mean(same), 1e-9)) * rng.uniform(0.8, 1.2)
            days[list(SALE)] *= rng.uniform(1, SALE_IS_UP_TO)
            past = [Decimal(repr(float(hour))) for hour in days[:28].ravel()]
            pasts[str(row)] = Past(_app(), past, BEGINS + timedelta(days=28), Known(expectations=SAID, calendar=Days()))
            came[str(row)] = days[28:38].sum()
        for name, (inside, widths) in found.items():
            knows = name == "known"
            said = StatsForecaster().outlook(
                {row: in_days(past.plain() if knows else past.hours) for row, past in pasts.items()},
                ahead=Decimal(10),
                after=Decimal(0),
                coming={row: coming(past, past.end + timedelta(days=10)) for row, past in pasts.items() if knows},
            )
            for app, outlook in said.items():
                rest = [float(amount) for amount in outlook.percentiles]
                inside.append(within(rest[low], came[app], rest[high]) == 0)
                widths.append((rest[high] - rest[low]) / max(rest[49], 1e-9))
    return {name: (float(np.mean(inside)), float(np.median(widths))) for name, (inside, widths) in found.items()}


class Days:
    """The calendar of those worlds."""

    def is_holiday(self, day: date) -> bool:
        return (day - BEGINS.date()).days in HOLIDAYS


def _app() -> App:
    return App(name="app", team="", cost_centre="", environment="", owners=(), match=Match())


def demand(seed: int) -> list[Floats]:
    """The money of each hour of the eighteen apps of a world."""
    return [_hours(one) for one in _generators(seed)]


def _generators(seed: int) -> list[Generator]:
    """Three habits of three sizes of model, two apps each."""
    figures = profile()
    return [
        Generator(profile=figures, tier=tier, habit=habit, seed=SEED + seed, app=app, **TYPICAL)
        for tier, sizes in figures.tiers.items()
        for habit in sizes.habits
        for app in ("first", "second")
    ]


def _hours(generator: Generator) -> Floats:
    """Money of each hour of 56 days, in any currency: an output token costs as much as four of input."""
    stretch = generator.stretch(EPOCH, 56 * DAY * PER_HOUR)
    spent = np.asarray(stretch.input_tokens) + 4.0 * np.asarray(stretch.output_tokens)
    return np.asarray(spent.reshape(56 * DAY, PER_HOUR).sum(axis=1), dtype=float)


def _money(generator: Generator) -> Floats:
    return np.asarray(_hours(generator).reshape(56, DAY).sum(axis=1))


def cold() -> dict[str, float]:
    """Without numba's recorder, which imports numba, and then with it for what it counts."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "shared")}

    def measured(what: str) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-c", COLD, what], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
        )
        found: dict[str, float] = json.loads(done.stdout)
        return found

    return {**measured("time"), "compiled": measured("compiled")["compiled"]}
