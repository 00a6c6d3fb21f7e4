"""What recorded days are too few to show: horizons of up to four weeks, on generated demand; and a cold start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from bench.arithmetic import edges, within
from bench.recorded import PER_HOUR
from bench.result import ROOT
from freio.adapters.forecaster.adapter import StatsForecaster
from freio.adapters.forecaster.models import Floats
from freio.sandbox.spend.generator import Generator
from freio.sandbox.spend.profile import profile
from freio.sandbox.spend.traffic import EPOCH

DAY = 24
SEED = 20261127
AHEAD = (3, 10, 20, 28)
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
    figures = profile()
    low, high = edges()
    found: dict[int, tuple[list[bool], list[float]]] = {ahead: ([], []) for ahead in AHEAD}
    for seed in range(4):
        days = np.array(
            [
                _money(Generator(profile=figures, tier=tier, habit=habit, seed=SEED + seed, app=app, **TYPICAL))
                for tier, sizes in figures.tiers.items()
                for habit in sizes.habits
                for app in ("first", "second")
            ]
        )
        past = {str(row): [Decimal(repr(float(day))) for day in each[:28]] for row, each in enumerate(days)}
        for ahead, (inside, widths) in found.items():
            said = StatsForecaster().outlook(past, ahead=Decimal(ahead), after=Decimal(0))
            for row, each in enumerate(days):
                rest = [float(amount) for amount in said[str(row)].percentiles]
                inside.append(within(rest[low], each[28 : 28 + ahead].sum(), rest[high]) == 0)
                widths.append((rest[high] - rest[low]) / max(rest[49], 1e-9))
    return {ahead: (float(np.mean(inside)), float(np.median(widths))) for ahead, (inside, widths) in found.items()}


def _money(generator: Generator) -> Floats:
    """Money of 56 days, in any currency: an output token costs as much as four of input."""
    stretch = generator.stretch(EPOCH, 56 * DAY * PER_HOUR)
    spent = np.asarray(stretch.input_tokens) + 4.0 * np.asarray(stretch.output_tokens)
    return np.asarray(spent.reshape(56, DAY * PER_HOUR).sum(axis=1))


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
