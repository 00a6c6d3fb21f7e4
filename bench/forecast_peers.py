"""Other forecasts than Freio's: single models of statsforecast's, and a model's own intervals added up day by day.

Where a peer raises, or says what is no number, the mean of the days so far stands in for it. That is a forecast that it
did not make: `Fallen` counts them, and the bench prints how many.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from freio.adapters.forecaster.models import WEEK, Floats, Path


@dataclass
class Fallen:
    """Of each peer, how many forecasts were asked of it, at how many it raised, and how many were no numbers."""

    asked: Counter[str] = field(default_factory=Counter)
    raised: Counter[str] = field(default_factory=Counter)
    no_number: Counter[str] = field(default_factory=Counter)

    def said(self) -> list[tuple[str, str, str, str]]:
        """A row for each peer."""
        return [
            (name, f"{asked:,}", f"{self.raised[name]:,}", f"{self.no_number[name]:,}")
            for name, asked in self.asked.items()
        ]


def peers(fallen: Fallen) -> dict[str, Path]:
    """Other models of statsforecast's, each with the errors of its own past."""
    models: Any = importlib.import_module("statsforecast.models")

    def of(name: str, make: Callable[[int], Any]) -> Path:
        def path(days: Floats, ahead: int) -> Floats:
            fallen.asked[name] += 1
            try:
                mean = np.asarray(make(len(days)).forecast(y=days, h=ahead)["mean"], dtype=float)
            except Exception:  # noqa: BLE001  # statsforecast raises what it likes on days without spend
                fallen.raised[name] += 1
                return np.full(ahead, max(0.0, days.mean()))
            fallen.no_number[name] += not np.isfinite(mean).all()
            return np.maximum(0.0, np.where(np.isfinite(mean), mean, days.mean()))

        return path

    made: dict[str, Callable[[int], Any]] = {
        "SeasonalNaive(7)": lambda n: models.SeasonalNaive(WEEK) if n >= WEEK else models.Naive(),
        "WindowAverage(7)": lambda n: models.WindowAverage(min(WEEK, n)),
        "SES(0.5)": lambda _: models.SimpleExponentialSmoothing(0.5),
        "AutoETS": lambda _: models.AutoETS(season_length=1),
        "AutoTheta": lambda _: models.AutoTheta(season_length=1),
    }
    return {name: of(name, make) for name, make in made.items()}


ADDED_UP = "AutoETS, own 80 %, added up"


def added_up(days: Floats, origins: Sequence[int], fallen: Fallen) -> dict[tuple[int, int], tuple[Floats, float]]:
    """The range as its only two percentiles, at their places; where it cannot be fitted, the mean without a range."""
    models: Any = importlib.import_module("statsforecast.models")
    found = {}
    for row in range(len(days)):
        for origin in origins:
            spent, ahead = days[row, :origin].sum(), days.shape[1] - origin
            fallen.asked[ADDED_UP] += 1
            try:
                said = models.AutoETS(season_length=1).forecast(y=days[row, :origin], h=ahead, level=[80])
                low, mean, high = (float(np.maximum(0, said[which]).sum()) for which in ("lo-80", "mean", "hi-80"))
            except Exception:  # noqa: BLE001  # statsforecast raises what it likes on days without spend
                fallen.raised[ADDED_UP] += 1
                low = mean = high = float(days[row, :origin].mean() * ahead)
            total = np.full(99, spent + mean)
            total[:10], total[89:] = spent + low, spent + high
            found[row, origin] = (total, spent + mean)
    return found
