"""The detector on the same usage in other orders: what another two weeks of such clients may bring.

The weeks that are reported on are few, and the constants were chosen on them. So the protocol of `bench/incidents.py`
is run again where week one is reported on after week two, and where time runs backwards: the same clients and prices,
other pasts, other alerts on clean spend. Days stay days, and weekdays stay a week apart. Seeds 1 to 5; that the
detector knows an app's rhythm was chosen on these four orders with seeds 21 to 24, everything before that on the
recorded one alone (see `freio.adapters.detector.evidence`).

The references are fitted to nothing: what they lose or gain is how much harder an order is.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.detection import PROTOCOL, check, usage_file
from bench.detector import score
from bench.result import Result, table
from freio.adapters.detector.windows import Floats

SEEDS = range(1, 6)
WEEK = 168
ORDERS = ("as recorded", "weeks swapped", "backwards", "backwards, swapped")
BUDGETS = ("budget 0.25", "budget 0.50")
OURS = "Freio"
WEEK_ONE_USD = 1.0  # what a client spends in its first week at least, as `incidents.load` has it


def ordered(spend: Floats, order: str) -> Floats:
    """Two weeks of hours (series, 336) in another order.

    >>> ordered(np.arange(336.0)[np.newaxis], "weeks swapped")[0, [0, 167, 168]].tolist()
    [168.0, 335.0, 0.0]
    """
    if order.startswith("backwards"):
        spend = spend[:, ::-1]
    return np.ascontiguousarray(np.roll(spend, WEEK, axis=1) if order.endswith("swapped") else spend)


def run() -> Result:
    """About three minutes."""
    check(PROTOCOL.read_bytes())
    incidents: Any = importlib.import_module("bench.incidents")
    names, recorded = incidents.load(usage_file())
    references = {name: incidents.REFERENCES[name] for name in ("rolling mean + k sigma", "KNN on raw spend")}
    found: dict[str, dict[str, dict[str, Any]]] = {"steady": {}, "all": {}}
    for order in ORDERS:
        spend = ordered(recorded, order)
        there = np.flatnonzero(spend[:, :WEEK].sum(axis=1) > WEEK_ONE_USD)
        panels = {"steady": there[incidents.steady(spend[there])], "all": there}
        for panel, rows in panels.items():
            found[panel][order] = {
                name: incidents.evaluate(detector, [names[row] for row in rows], spend[rows], SEEDS)
                for name, detector in {**references, OURS: score}.items()
            }
    lines = ["Seeds 1 to 5; recall and money lost at a budget of so many alerts a series-week, and what came out."]
    for panel, orders in found.items():
        header = (panel, "series", *(f"{what} {budget[-3:]}" for budget in BUDGETS for what in HEADS))
        rows = [_row(order, name, one) for order, detectors in orders.items() for name, one in detectors.items()]
        lines += ["", *table(header, rows)]
    return Result(figures={"orders": found}, lines=lines)


HEADS = ("recall", "lost", "background")


def _row(order: str, name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    figures = [f"{one[budget][what]:.3f}" for budget in BUDGETS for what in HEADS]
    return (f"{order}: {name}", f"{one['series']}", *figures)
