"""Peers that a library brings, fitted anew for every series and day: PyOD's ECOD and IForest on raw spend.

Each is fitted on the two weeks before a day and scores its hours; only spend over the median counts. ECOD is asked
hour by hour: its `decision_function` mixes the rows asked about into its pool, so that a day asked at once would look
ahead. A day of a series that was scored already is taken from memory, so their seconds compare to nothing.

MSTL's and Prophet's intervals are measured where statsforecast and prophet are installed, and else said not to be.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from freio.adapters.detector.windows import DAY, Floats

PAST = 14 * DAY
FIRST = 7 * DAY
Fit = Callable[[Floats], Callable[[Floats], Floats]]  # the past of a series → what scores the hours of the next day


def detectors() -> tuple[Mapping[str, Callable[[Floats], Floats]], list[str]]:
    """The peers that can be run here, and the names of those that cannot."""
    fits: dict[str, Fit] = {"PyOD ECOD, refitted daily": _ecod, "PyOD IForest, refitted daily": _iforest}
    missing = []
    for name, module, fit in (
        ("statsforecast MSTL intervals", "statsforecast", _mstl),
        ("Prophet intervals", "prophet", _prophet),
    ):
        if importlib.util.find_spec(module):
            fits[name] = fit
        else:
            missing.append(name)
    return {name: _daily(fit) for name, fit in fits.items()}, missing


def _daily(fit: Fit) -> Callable[[Floats], Floats]:
    @lru_cache(maxsize=100_000)
    def day(past: bytes, today: bytes) -> Floats:
        before, hours = np.frombuffer(past), np.frombuffer(today)
        if not hours.any():
            return np.zeros(len(hours))
        return fit(before)(hours) * (hours > np.median(before))

    def score(spend: Floats) -> Floats:
        out = np.zeros_like(spend)
        for row, series in enumerate(np.ascontiguousarray(spend, dtype=float)):
            for t in range(FIRST, len(series), DAY):
                out[row, t : t + DAY] = day(series[max(0, t - PAST) : t].tobytes(), series[t : t + DAY].tobytes())
        return out

    return score


def _ecod(before: Floats) -> Callable[[Floats], Floats]:
    from pyod.models.ecod import ECOD  # noqa: PLC0415  # as late as everywhere

    model = ECOD()
    model.fit(before[:, np.newaxis])
    return lambda hours: np.array([model.decision_function(np.array([[hour]]))[0] for hour in hours])


def _iforest(before: Floats) -> Callable[[Floats], Floats]:
    from pyod.models.iforest import IForest  # noqa: PLC0415  # as late as everywhere

    model = IForest(random_state=0, n_jobs=1)
    model.fit(before[:, np.newaxis])
    lowest = model.decision_scores_.min()  # the protocol's scores are positive
    return lambda hours: np.maximum(0.0, model.decision_function(hours[:, np.newaxis]) - lowest)


def _mstl(before: Floats) -> Callable[[Floats], Floats]:
    """Over the upper 95 % bound, in half widths of the interval."""
    models: Any = importlib.import_module("statsforecast.models")
    model = models.MSTL(season_length=[DAY])
    found = model.forecast(y=before, h=DAY, level=[95])
    return _over(found["mean"], found["hi-95"])


def _prophet(before: Floats) -> Callable[[Floats], Floats]:
    """The same with Prophet's uncertainty interval of 95 %."""
    pandas: Any = importlib.import_module("pandas")
    prophet: Any = importlib.import_module("prophet")
    logging.getLogger("cmdstanpy").setLevel(logging.WARNING)
    model = prophet.Prophet(interval_width=0.95, daily_seasonality=True, weekly_seasonality=len(before) >= PAST)
    times = pandas.date_range("2026-01-01", periods=len(before) + DAY, freq="h")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.random.seed(0)  # noqa: NPY002  # its intervals are drawn from numpy's global chance
        model.fit(pandas.DataFrame({"ds": times[:-DAY], "y": before}))
        found = model.predict(pandas.DataFrame({"ds": times[-DAY:]}))
    return _over(found["yhat"].to_numpy(), found["yhat_upper"].to_numpy())


def _over(mean: Floats, high: Floats) -> Callable[[Floats], Floats]:
    width = np.maximum(np.asarray(high) - np.asarray(mean), 1e-3)
    return lambda hours: np.maximum(0.0, (hours - np.asarray(mean)[: len(hours)]) / width[: len(hours)])
