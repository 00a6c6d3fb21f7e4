"""Freio's month-end forecast on real usage: how often its range holds, how wide it is, and what its chances are worth.

Each client's fourteen recorded days are taken for a month: on the evening of days 7 to 13 its total is forecast from
the days so far, with the range that should hold it in eight of ten cases. All clients of one fold stand for one
organisation, whose apps are asked about together; smaller organisations are drawn from them. Which models are
averaged, how a range is measured and the scores that a pool begins with were chosen on the clients of folds 0 and 1
(SHA-256 of ``fold:<client>`` modulo 5, as in `bench/incidents.py`), the narrowest whose range held there in 80 of 100
months at the lower end of its own 90 % interval; the figures shown are of folds 2, 3 and 4. No day is seen before it
is over.

The peers are other models of statsforecast's under the same measure of their errors, and a model's own intervals added
up day by day, as one would at first. MSTL is not among them: with a week's season it wants two weeks of past. Budgets
for the chances are 0.8 to 1.5 times fourteen of the mean day so far, whatever came.

Fourteen days cannot show horizons over a week. Generated demand can (its rhythm and bursts are fitted on the same
usage), as far as it goes: nothing in it changes for good.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from bench.detection import usage_file
from bench.recorded import PER_HOUR, fold
from bench.result import ROOT, Result, table, verdict
from freio.adapters.forecaster.adapter import StatsForecaster
from freio.adapters.forecaster.models import WEEK, Floats, Path, simple_mean
from freio.domain.forecast import LEVEL, Outlook
from freio.sandbox.spend.generator import Generator
from freio.sandbox.spend.profile import profile
from freio.sandbox.spend.traffic import EPOCH

DAYS, DAY = 14, 24
ORIGINS = range(7, DAYS)
CHOSEN_ON, REPORTED_ON = (0, 1), (2, 3, 4)
SIZES = {"one app": 1, "three apps": 3, "ten apps": 10}
DRAWS = 20
SEED = 20261127
AHEAD = (3, 10, 20, 28)
TYPICAL: Mapping[str, Any] = {"level": 20.0, "size": (1000.0, 200.0)}
OURS = "Freio: mean of three"
BUDGETS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5)
BANDS = (0.0, 0.1, 0.3, 0.7, 0.9, 1.0001)
HOLDS = 0.75  # an 80 % range that holds less often is none
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
before, began = most(), time.perf_counter()
with recorder as found:
    StatsForecaster().outlook(days, ahead=Decimal("20.5"), after=Decimal(0))
again, after = time.perf_counter(), most()
StatsForecaster().outlook(days, ahead=Decimal("20.5"), after=Decimal(0))
print(json.dumps({"first_s": again - began, "again_s": time.perf_counter() - again, "mib": after - before,
                  "compiled": len(found.buffer) if found else 0}))
"""


def run() -> Result:
    """About two minutes, most of them the peers'."""
    usage = usage_file()
    incidents: Any = importlib.import_module("bench.incidents")
    names, spend = incidents.load(usage)
    days = spend[:, : DAYS * DAY].reshape(len(names), DAYS, DAY).sum(axis=2)
    folds = np.array([fold(name) for name in names])
    steady = np.isin(np.arange(len(names)), incidents.steady(spend))
    rows = np.isin(folds, REPORTED_ON)
    panels = {"all": rows, "steady": rows & steady}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {name: _months(days, folds, path) for name, path in {OURS: simple_mean, **_peers()}.items()}
        added_up = _added_up(days)
    tables = {
        panel: {name: _figures(months, days, shown) for name, months in (found | {ADDED_UP: added_up}).items()}
        for panel, shown in panels.items()
    }
    sizes = {name: _small(days, np.flatnonzero(rows), size) for name, size in SIZES.items()}
    chances = _chances(days, found[OURS], np.flatnonzero(rows))
    longer = _longer()
    cold = _cold()
    digest = hashlib.sha256(usage.read_bytes()).hexdigest()
    return Result(
        figures={
            "usage_sha256": digest,
            "panels": tables,
            "sizes": sizes,
            "chances": chances,
            "generated": longer,
            "cold": cold,
        },
        lines=[
            f"Usage: {usage.name}, SHA-256 {digest[:12]}…; 14 days as a month, forecast on days 7 to 13; folds 2 to 4.",
            "holds: share of months that ended within the 80 % range (90 % interval over clients); below, above: where",
            "the others ended; width: of the range, over the total that was expected; off: mean error of the total.",
            *(line for panel in panels for line in ("", *_panel(panel, tables[panel], int(panels[panel].sum())))),
            "",
            *table(
                ("clients with", "holds", "width"),
                [(name, f"{holds:.1%}", f"{width:.2f}") for name, (holds, width) in sizes.items()],
            ),
            "",
            *table(
                ("chance to pass the budget, as said", "months", "said", "came"),
                [(band, str(many), f"{said:.1%}", f"{came:.1%}") for band, many, said, came in chances["bands"]],
            ),
            f"Brier score {chances['brier']:.3f}; the share that passes, always said: {chances['brier_of_base']:.3f}",
            "",
            *table(
                ("generated demand, 28 days so far, of", "holds", "width"),
                [(f"{ahead} days to come", f"{holds:.1%}", f"{width:.2f}") for ahead, (holds, width) in longer.items()],
            ),
            "",
            _cold_said(cold),
            "",
            *_verdicts(tables, sizes, cold),
        ],
    )


# ---- forecasts

Months = Mapping[tuple[int, int], tuple[Floats, float]]  # client and day → percentiles of the total, expected total


def _months(days: Floats, folds: Any, path: Path) -> dict[tuple[int, int], tuple[Floats, float]]:
    """Every client's, each fold an organisation of its own."""
    found: dict[tuple[int, int], tuple[Floats, float]] = {}
    for number in REPORTED_ON:
        found |= _of(days, np.flatnonzero(folds == number), path)
    return found


def _of(days: Floats, clients: Any, path: Path) -> dict[tuple[int, int], tuple[Floats, float]]:
    found = {}
    forecaster = StatsForecaster(path)
    for origin in ORIGINS:
        past = {str(row): [Decimal(repr(float(day))) for day in days[row, :origin]] for row in clients}
        said: Mapping[str, Outlook] = forecaster.outlook(past, ahead=Decimal(DAYS - origin), after=Decimal(0))
        for row in clients:
            total = days[row, :origin].sum() + np.array([float(each) for each in said[str(row)].percentiles])
            found[int(row), origin] = (total, float(total[49]))
    return found


def _peers() -> dict[str, Path]:
    """Other models of statsforecast's, each with the errors of its own past."""
    models: Any = importlib.import_module("statsforecast.models")

    def of(make: Callable[[int], Any]) -> Path:
        def path(days: Floats, ahead: int) -> Floats:
            try:
                mean = np.asarray(make(len(days)).forecast(y=days, h=ahead)["mean"], dtype=float)
            except Exception:  # noqa: BLE001  # statsforecast raises what it likes on days without spend
                mean = np.full(ahead, np.nan)
            return np.maximum(0.0, np.where(np.isfinite(mean), mean, days.mean()))

        return path

    return {
        "SeasonalNaive(7)": of(lambda n: models.SeasonalNaive(WEEK) if n >= WEEK else models.Naive()),
        "WindowAverage(7)": of(lambda n: models.WindowAverage(min(WEEK, n))),
        "SES(0.5)": of(lambda _: models.SimpleExponentialSmoothing(0.5)),
        "AutoETS": of(lambda _: models.AutoETS(season_length=1)),
        "AutoTheta": of(lambda _: models.AutoTheta(season_length=1)),
    }


ADDED_UP = "AutoETS, own 80 %, added up"


def _added_up(days: Floats) -> dict[tuple[int, int], tuple[Floats, float]]:
    """The range as its only two percentiles, at their places; where it cannot be fitted, the mean without a range."""
    models: Any = importlib.import_module("statsforecast.models")
    found = {}
    for row in range(len(days)):
        for origin in ORIGINS:
            spent, ahead = days[row, :origin].sum(), DAYS - origin
            try:
                said = models.AutoETS(season_length=1).forecast(y=days[row, :origin], h=ahead, level=[80])
                low, mean, high = (float(np.maximum(0, said[which]).sum()) for which in ("lo-80", "mean", "hi-80"))
            except Exception:  # noqa: BLE001  # statsforecast raises what it likes on days without spend
                low = mean = high = float(days[row, :origin].mean() * ahead)
            total = np.full(99, spent + mean)
            total[:10], total[89:] = spent + low, spent + high
            found[row, origin] = (total, spent + mean)
    return found


# ---- what they were worth


def _figures(months: Months, days: Floats, shown: Any) -> dict[str, Any]:
    clients = [int(row) for row in np.flatnonzero(shown)]
    came = days.sum(axis=1)
    low, high = _edges()
    inside = np.array(
        [[_within(months[row, o][0][low], came[row], months[row, o][0][high]) for o in ORIGINS] for row in clients]
    )
    widths = [(m[high] - m[low]) / e for m, e in (months[row, o] for row in clients for o in ORIGINS) if e > 0]
    off = [abs(months[row, o][1] - came[row]) / came[row] for row in clients for o in ORIGINS]
    rng = np.random.default_rng(SEED)
    draws = [(inside[rng.integers(0, len(clients), len(clients))] == 0).mean() for _ in range(2000)]
    return {
        "holds": float((inside == 0).mean()),
        "holds_90": [float(each) for each in np.quantile(draws, (0.05, 0.95))],
        "below": float((inside < 0).mean()),
        "above": float((inside > 0).mean()),
        "width": float(np.median(widths)),
        "off": float(np.mean(off)),
        "by_day": {str(o): float((inside[:, n] == 0).mean()) for n, o in enumerate(ORIGINS)},
    }


def _edges() -> tuple[int, int]:
    tail = int((1 - LEVEL) / 2 * 100)
    return tail - 1, 99 - tail


def _within(low: float, came: float, high: float) -> int:
    slack = 1e-6 * max(1.0, came)  # a range without width holds what is equal to it
    return -1 if came < low - slack else 1 if came > high + slack else 0


def _small(days: Floats, clients: Any, size: int) -> tuple[float, float]:
    """Organisations of so few apps, drawn at random."""
    rng = np.random.default_rng(SEED + size)
    low, high = _edges()
    came = days.sum(axis=1)
    inside, widths = [], []
    for _ in range(max(DRAWS, 60 // size)):
        for (row, _), (total, expected) in _of(days, rng.choice(clients, size, replace=False), simple_mean).items():
            inside.append(_within(total[low], came[row], total[high]) == 0)
            if expected > 0:
                widths.append((total[high] - total[low]) / expected)
    return float(np.mean(inside)), float(np.median(widths))


def _chances(days: Floats, months: Months, clients: Any) -> dict[str, Any]:
    said, came = [], []
    for row in clients:
        for origin in ORIGINS:
            spent = days[row, :origin].sum()
            outlook = Outlook(percentiles=tuple(Decimal(repr(float(each))) for each in months[int(row), origin][0]))
            for factor in BUDGETS:
                budget = factor * DAYS * spent / origin
                if budget <= spent:
                    continue  # broken already: nothing is forecast
                said.append(float(outlook.chance_over(Decimal(repr(float(budget))))))
                came.append(bool(days[row].sum() > budget))
    says, comes = np.array(said), np.array(came)
    bands = []
    for low, high in pairwise(BANDS):
        here = (says >= low) & (says < high)
        if here.any():
            name = f"{low:.0%} to {min(high, 1):.0%}"
            bands.append((name, int(here.sum()), float(says[here].mean()), float(comes[here].mean())))
    return {
        "bands": bands,
        "brier": float(((says - comes) ** 2).mean()),
        "brier_of_base": float(((comes.mean() - comes) ** 2).mean()),
    }


def _longer() -> dict[int, tuple[float, float]]:
    """On generated demand: three habits of three sizes of model, two apps each, in four worlds of eighteen apps."""
    figures = profile()
    low, high = _edges()
    found: dict[int, tuple[list[bool], list[float]]] = {ahead: ([], []) for ahead in AHEAD}
    for seed in range(4):
        days = np.array(
            [
                _generated(Generator(profile=figures, tier=tier, habit=habit, seed=SEED + seed, app=app, **TYPICAL))
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
                inside.append(_within(rest[low], each[28 : 28 + ahead].sum(), rest[high]) == 0)
                widths.append((rest[high] - rest[low]) / max(rest[49], 1e-9))
    return {ahead: (float(np.mean(inside)), float(np.median(widths))) for ahead, (inside, widths) in found.items()}


def _generated(generator: Generator) -> Floats:
    """Money of 56 days, in any currency: an output token costs as much as four of input."""
    stretch = generator.stretch(EPOCH, 56 * DAY * PER_HOUR)
    spent = np.asarray(stretch.input_tokens) + 4.0 * np.asarray(stretch.output_tokens)
    return np.asarray(spent.reshape(56, DAY * PER_HOUR).sum(axis=1))


def _cold() -> dict[str, float]:
    """Without numba's recorder, which imports numba, and then with it for what it counts."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "shared")}

    def measured(what: str) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-c", COLD, what], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
        )
        found: dict[str, float] = json.loads(done.stdout)
        return found

    return {**measured("time"), "compiled": measured("compiled")["compiled"]}


# ---- how it is said


def _cold_said(cold: Mapping[str, float]) -> str:
    return (
        f"A fresh process, 50 apps of 28 days: {cold['first_s']:.1f} s with statsforecast's import and "
        f"{cold['mib']:.0f} MiB; again, {cold['again_s']:.2f} s. numba compiled {cold['compiled']:.0f} functions."
    )


def _panel(panel: str, found: Mapping[str, Mapping[str, Any]], clients: int) -> Sequence[str]:
    rows = [
        (
            name,
            f"{one['holds']:.1%}",
            f"{one['holds_90'][0]:.0%} to {one['holds_90'][1]:.0%}",
            f"{one['below']:.1%}",
            f"{one['above']:.1%}",
            f"{one['width']:.2f}",
            f"{one['off']:.1%}",
        )
        for name, one in found.items()
    ]
    return table((f"{panel} ({clients} clients)", "holds", "90 %", "below", "above", "width", "off"), rows)


def _verdicts(
    tables: Mapping[str, Mapping[str, Mapping[str, Any]]],
    sizes: Mapping[str, tuple[float, float]],
    cold: Mapping[str, float],
) -> Sequence[str]:
    holding = {f"{panel}": found[OURS]["holds"] for panel, found in tables.items()} | {
        f"clients with {name}": holds for name, (holds, _) in sizes.items()
    }
    return [
        *(
            verdict(f"{name}: an 80 % range holds {holds:.1%} (at least {HOLDS:.0%})", met=holds >= HOLDS)
            for name, holds in holding.items()
        ),
        verdict(f"numba compiles nothing ({cold['compiled']:.0f})", met=not cold["compiled"]),
    ]
