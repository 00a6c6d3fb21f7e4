"""The same incidents seen every ten minutes: what is gained in delay and in money against looking once an hour.

Every ten minutes the last sixty are an hour: six series of hours, each ten minutes later than the one before, are
judged by the same detector, and whichever alerts first counts. An hour's added money is spread evenly over it. The
threshold of each is set on its own clean scores to the same budget, over all clients, without folds: what is compared
is one way of looking with the other, both seen in the same way. An alert on hours comes when the hour is over.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from freio.adapters.detector.windows import Floats

STEPS = 6  # in an hour
BUDGET = 0.25
SEEDS = (1, 2)


def load(path: Path, incidents: Any, names: list[str]) -> Floats:
    """The spend of `incidents.load`, in steps of ten minutes: (clients, steps); by the hour it adds up to the same."""
    rows: dict[str, list[tuple[int, int, float, float]]] = {}
    with gzip.open(path, "rt") as lines:
        for r in csv.DictReader(lines):
            rows.setdefault(f"{r['tier']}/{r['client']}", []).append(
                (
                    int(r["t_seconds"]),
                    int(r["requests"]),
                    float(r["input_tokens_per_request"] or "nan"),
                    float(r["output_tokens_per_request"] or "nan"),
                )
            )
    medians = {
        tier: np.nanmedian(
            [x[2:] for name, found in rows.items() if name.startswith(tier + "/") for x in found], axis=0
        )
        for tier in incidents.PRICES
    }
    out = []
    for name in names:
        tier, found = name.split("/")[0], np.array(rows[name], float)
        own = medians[tier] if np.isnan(found[:, 2:]).all() else np.nanmedian(found[:, 2:], axis=0)
        tokens = np.where(np.isnan(found[:, 2:]), own, found[:, 2:])
        usd = found[:, 1] * (tokens @ np.array(incidents.PRICES[tier])) / 1e6 * incidents.SCALE
        steps = (found[:, 0] // 600).astype(int)
        out.append(np.bincount(steps, usd, incidents.HOURS * STEPS))
    return np.array(out)


def compare(steps: Floats, incidents: Any, score: Callable[[Floats], Floats]) -> Mapping[str, Any]:
    """Mean recall over the types, median delay by type in hours, and money lost, of both ways of looking."""
    hourly = steps.reshape(len(steps), -1, STEPS).sum(axis=2)
    trials = [(k, *incidents.inject(hourly, k, s)) for s in SEEDS for k in incidents.INCIDENTS]
    looks = {"hourly": _hours, "every ten minutes": _every_ten_minutes}
    return {name: _seen(look, steps, trials, incidents, score) for name, look in looks.items()}


def _hours(steps: Floats, score: Callable[[Floats], Floats]) -> Floats:
    """Scores at each step; an hour's stands at its last ten minutes."""
    out = np.zeros_like(steps)
    out[:, STEPS - 1 :: STEPS] = score(steps.reshape(len(steps), -1, STEPS).sum(axis=2))
    return out


def _every_ten_minutes(steps: Floats, score: Callable[[Floats], Floats]) -> Floats:
    out = _hours(steps, score)
    for shift in range(1, STEPS):
        kept = (steps.shape[1] - shift) // STEPS * STEPS
        hours = steps[:, shift : shift + kept].reshape(len(steps), -1, STEPS).sum(axis=2)
        out[:, shift + STEPS - 1 : shift + kept : STEPS] = score(hours)
    return out


def _alerts(scores: Floats, threshold: float, warm: int) -> list[int]:
    out: list[int] = []
    for t in (np.flatnonzero(scores[warm:] >= threshold) + warm).tolist():
        if not out or t - out[-1] >= 24 * STEPS:
            out.append(t)
    return out


def _seen(
    look: Callable[..., Floats],
    steps: Floats,
    trials: list[tuple[str, Floats, Floats]],
    incidents: Any,
    score: Callable[[Floats], Floats],
) -> Mapping[str, Any]:
    warm = incidents.WARM * STEPS
    clean = look(steps, score)
    values = np.unique(clean[:, warm:])
    low, high = 0, len(values) - 1
    while low < high:
        middle = (low + high) // 2
        if np.mean([len(_alerts(s, values[middle], warm)) for s in clean]) <= BUDGET:
            high = middle
        else:
            low = middle + 1
    quiet = [_alerts(s, values[low], warm) for s in clean]
    found: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in incidents.INCIDENTS}
    for kind, _, added in trials:
        spread = np.repeat(added / STEPS, STEPS, axis=1)
        scores = look(steps + spread, score)
        for row in np.flatnonzero(added.sum(axis=1) >= incidents.MIN_USD):
            first, last = np.flatnonzero(spread[row])[[0, -1]]
            hit = next(
                (
                    t
                    for t in _alerts(scores[row], values[low], warm)
                    if first <= t <= last and not any(abs(t - q) < 24 * STEPS for q in quiet[row])
                ),
                None,
            )
            lost = 1.0 if hit is None else spread[row, : hit + 1].sum() / spread[row].sum()
            hours = (last + 1 - first) / STEPS if hit is None else (hit + 1 - first) / STEPS
            found[kind].append((float(hit is not None), float(hours), float(lost)))
    by = {kind: np.array(rows) for kind, rows in found.items()}
    return {
        "recall": round(float(np.mean([rows[:, 0].mean() for rows in by.values()])), 3),
        "lost": round(float(np.mean([rows[:, 2].mean() for rows in by.values()])), 3),
        "delay_h": {kind: round(float(np.median(rows[:, 1])), 2) for kind, rows in by.items()},
    }
