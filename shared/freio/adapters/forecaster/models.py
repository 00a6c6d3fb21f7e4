"""What each of the coming days costs: the mean of three simple models of statsforecast's.

The only file that imports statsforecast, and it does so at the first forecast: that takes some three seconds and 240
MB, most of it pandas. None of the models used here compiles anything (statsforecast compiles ARIMA and GARCH, not
these; `tests/unit/test_forecaster.py` counts).

Which models: `bench/forecast.py` shows them side by side on real usage. Of the month's total they are off by much the
same; the mean of a level that follows fast, a week's mean and the weekday's own mean is off least, as means of simple
forecasts often are, and it neither explodes on a trend nor fails on days without spend, as fitted ones do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Path = Callable[[Floats, int], Floats]  # days that were (oldest first), and how many to come → those

WEEK = 7
WEEKS = 4  # of the same weekday, at most
FOLLOWS = 0.5  # the weight of the newest day in the level that follows fast


def simple_mean(days: Floats, ahead: int) -> Floats:
    """The mean of the three. In the first week the mean of the days that there are stands in for a week's.

    From two weeks on, the level follows what is left once the weekday's part is taken out (MSTL), for else a quiet
    Sunday would make a quiet month. A week of 1, 2, … 7 goes on with (4 + 1 + 6.02) / 3 = 3.67: its mean, its first
    weekday, and a level of 6.02.
    """
    from statsforecast.models import (  # noqa: PLC0415  # heavy: see above
        MSTL,
        SeasonalWindowAverage,
        SimpleExponentialSmoothing,
        WindowAverage,
    )

    level = SimpleExponentialSmoothing(alpha=FOLLOWS)
    models: list[Any] = [WindowAverage(window_size=min(WEEK, len(days)))]
    models.append(MSTL(season_length=WEEK, trend_forecaster=level) if len(days) >= 2 * WEEK else level)
    if weeks := min(WEEKS, len(days) // WEEK):
        models.append(SeasonalWindowAverage(season_length=WEEK, window_size=weeks))
    paths = [np.asarray(model.forecast(y=days, h=ahead)["mean"], dtype=float) for model in models]
    return np.asarray(np.maximum(0.0, np.mean(paths, axis=0)))
