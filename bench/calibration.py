"""What a budget of alerts comes to: by a client's own past and the prior, by the prior alone, by the least threshold.

A client is 3, 8 or 20 of the recorded series (those of one panel of bench/detection.py: the steady ones, or all), drawn
without replacement, `DRAWS` times each; the drawing has a seed of its own for each panel and size. Its fourteen days
are judged as in production (`scored` and `past` of the adapter, `thresholds` of the calibration): an app's first week
is too young to count, so the eleventh to the fourteenth day are told with three to six days of past. Counted are the
alerts of those four days, each of which silences its series for a day; alerts of the days before silence as well.

Budgets are what money alone may come to: of the client's own budget, which it shares with paces, it has half (`PART`).
The prior alone is the same calculation with a past of no hours. The least threshold is that of a detector without a
budget. The recorded usage is taken to be clean, so that every alert is counted as one too many.

The interval (90 %) is over which series there are: `RESAMPLED` times as many are drawn from the panel with replacement,
and each counts in all the clients that it was in. The prior was fitted on the same series, so that it is no stranger's:
a client of another kind is further from it than these are.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.detection import usage_file
from bench.result import Result, table
from freio.adapters.detector.adapter import OF_CLEAN_USAGE, past, scored
from freio.adapters.detector.calibration import WEEK, thresholds, utc_days
from freio.adapters.detector.client import by_age
from freio.adapters.detector.evidence import WORTH
from freio.adapters.detector.windows import DAY, Floats

SIZES = (3, 8, 20)
BUDGETS = (0.10, 0.25, 0.50)  # alerts per app-week
DRAWS = 200
RESAMPLED = 1000
GATE = 25.0  # USD an hour over the usual: the default
FROM = 10 * DAY  # of the hours, those that are counted
SEED = 20261127
NOW = datetime(2026, 11, 22, 23, tzinfo=UTC)  # the last hour of a UTC day
OWN, PRIOR, LEAST = WAYS = ("own past and prior", "prior alone", "least threshold")

Counts = NDArray[np.int_]  # (series, budget, way)


def run() -> Result:
    """About a minute."""
    usage = usage_file()
    incidents: Any = importlib.import_module("bench.incidents")  # without types, and not ours to give it some
    _, spend = incidents.load(usage)
    panels = {"steady": incidents.steady(spend), "all": np.arange(len(spend))}
    found = {
        panel: {str(size): measured(spend[rows], size, [SEED, place, size]) for size in SIZES}
        for place, (panel, rows) in enumerate(panels.items())
    }
    return Result(
        figures={"usage_sha256": hashlib.sha256(usage.read_bytes()).hexdigest(), "draws": DRAWS, "calibration": found},
        lines=[
            f"Alerts per app-week on clean spend, by the budget of money; {DRAWS} clients of so many series each, told",
            f"for four days after three to six of past. Gate {GATE:.0f} USD an hour; 90 % over which series there are.",
            *(line for panel, sizes in found.items() for line in ["", *_table(panel, len(panels[panel]), sizes)]),
        ],
    )


def measured(spend: Floats, size: int, seed: Sequence[int]) -> dict[str, dict[str, dict[str, float]]]:
    """By budget and way, over clients of so many of these series (series, hours): the rate and its interval."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros(len(spend), dtype=int)
    told = np.zeros((len(spend), len(BUDGETS), len(WAYS)), dtype=int)
    for _ in range(DRAWS):
        rows = rng.choice(len(spend), size, replace=False)
        drawn[rows] += 1
        told[rows] += counted(spend[rows])
    weeks = drawn * (spend.shape[1] - FROM) / WEEK
    low, high = _interval(told, weeks, rng)
    rate = told.sum(axis=0) / weeks.sum()
    return {
        f"{budget:.2f}": {
            way: {
                name: round(float(values[at, n]), 3) for name, values in (("rate", rate), ("low", low), ("high", high))
            }
            for n, way in enumerate(WAYS)
        }
        for at, budget in enumerate(BUDGETS)
    }


def counted(spend: Floats) -> Counts:
    """The alerts of one client's series from `FROM` on, at each budget, in each way."""
    width = len(str(len(spend)))
    client = {f"{place:0{width}}": row.tolist() for place, row in enumerate(spend)}  # by name in that order
    out = np.zeros((len(spend), len(BUDGETS), len(WAYS)), dtype=int)
    for place, ways in enumerate(held_against(client, BUDGETS)):
        for n, way in enumerate(WAYS):
            out[:, place, n] = [len(alerts(row)) for row in ways[way]]
    return out


def held_against(client: Mapping[str, Sequence[float]], budgets: Iterable[float]) -> Iterator[Mapping[str, Floats]]:
    """For each budget and way: the score of every hour that is over the gate, over that hour's threshold.

    Arrays of (series by name, hours): from 1 on it is an alert.
    """
    groups = by_age(client)
    judged, score = scored(groups)
    told, counts = past(groups, score, judged.score, GATE)
    days = utc_days(NOW, score.shape[1])
    for budget in budgets:
        yield {
            OWN: told / thresholds(told, counts, days, OF_CLEAN_USAGE, budget).by_hour,
            PRIOR: told / thresholds(told, np.zeros_like(counts), days, OF_CLEAN_USAGE, budget).by_hour,
            LEAST: told / WORTH,
        }


def alerts(over: Floats) -> list[int]:
    """The hours from `FROM` on at which one series alerts; an alert before them silences as well."""
    incidents: Any = importlib.import_module("bench.incidents")
    return [hour for hour in incidents.alerts(over, 1.0) if hour >= FROM]


def _interval(told: Counts, weeks: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    found = []
    for _ in range(RESAMPLED):
        rows = rng.choice(len(weeks), len(weeks))
        found.append(told[rows].sum(axis=0) / weeks[rows].sum())
    low, high = np.quantile(found, (0.05, 0.95), axis=0)
    return low, high


def _table(panel: str, series: int, sizes: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]) -> list[str]:
    def cells(ways: Mapping[str, Mapping[str, float]]) -> Iterable[str]:
        for way in WAYS:
            yield f"{ways[way]['rate']:.2f}"
            yield f"{ways[way]['low']:.2f} to {ways[way]['high']:.2f}"

    header = (f"{panel} ({series})", "budget", *(cell for way in WAYS for cell in (way, "90 %")))
    rows = [
        (f"{size} at a time", budget, *cells(ways))
        for size, budgets in sizes.items()
        for budget, ways in budgets.items()
    ]
    return table(header, rows)
