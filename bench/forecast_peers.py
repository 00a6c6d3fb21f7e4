"""Other forecasts than Freio's: single models of statsforecast's, and a model's own intervals added up day by day."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from freio.adapters.forecaster.models import WEEK, Floats, Path


def peers() -> dict[str, Path]:
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


def added_up(days: Floats, origins: Sequence[int]) -> dict[tuple[int, int], tuple[Floats, float]]:
    """The range as its only two percentiles, at their places; where it cannot be fitted, the mean without a range."""
    models: Any = importlib.import_module("statsforecast.models")
    found = {}
    for row in range(len(days)):
        for origin in origins:
            spent, ahead = days[row, :origin].sum(), days.shape[1] - origin
            try:
                said = models.AutoETS(season_length=1).forecast(y=days[row, :origin], h=ahead, level=[80])
                low, mean, high = (float(np.maximum(0, said[which]).sum()) for which in ("lo-80", "mean", "hi-80"))
            except Exception:  # noqa: BLE001  # statsforecast raises what it likes on days without spend
                low = mean = high = float(days[row, :origin].mean() * ahead)
            total = np.full(99, spent + mean)
            total[:10], total[89:] = spent + low, spent + high
            found[row, origin] = (total, spent + mean)
    return found
