"""The forecaster behind the port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

import numpy as np

from freio.adapters.forecaster.errors import outlooks
from freio.adapters.forecaster.models import Floats, Path, simple_mean
from freio.domain.forecast import Outlook

DAYS_NEEDED = 7  # a week, of which every weekday is one
_PLACES = Decimal("0.000001")


class StatsForecaster:
    """Implements `Forecaster`. Series that are asked about together are one pool of errors."""

    def __init__(self, path: Path = simple_mean) -> None:
        self._path = path

    def outlook(
        self,
        days: Mapping[str, Sequence[Decimal]],
        *,
        ahead: Decimal,
        after: Decimal,
        coming: Mapping[str, Sequence[tuple[Decimal, Decimal]]] = MappingProxyType({}),
    ) -> dict[str, Outlook]:
        """Those of the series with at least a week of history."""
        names = [name for name in sorted(days) if len(days[name]) >= DAYS_NEEDED]
        weights = counted(float(ahead), float(after))
        if not names or not len(weights):
            nothing = Outlook(percentiles=(Decimal(0),) * 99)
            return dict.fromkeys(names, nothing)
        # A day of credits is a day without spend: there is no ratio to less than nothing.
        series = [np.array([max(0.0, float(day)) for day in days[name]]) for name in names]
        special = [ranges(coming.get(name, ()), len(weights)) for name in names]
        found = outlooks(series, weights, self._path, special)
        return {name: _outlook(percentiles) for name, percentiles in zip(names, found, strict=True)}


def counted(ahead: float, after: float) -> Floats:
    """How much of each coming day lies within `ahead` days that begin `after` days from now.

    >>> counted(1.5, 0.25).tolist()
    [0.75, 0.75]
    """
    days = np.arange(int(np.ceil(max(0.0, ahead) + after)) if ahead > 0 else 0)
    return np.asarray(np.clip(np.minimum(days + 1, after + ahead) - np.maximum(days, after), 0.0, 1.0))


def ranges(known: Sequence[tuple[Decimal, Decimal]], many: int) -> Floats:
    """At least and at most how many times the usual each coming day costs, one row for each; 1 where nothing is known.

    >>> ranges([(Decimal("0.5"), Decimal(2))], 2).tolist()
    [[0.5, 2.0], [1.0, 1.0]]
    """
    found = np.ones((many, 2))
    for at, (low, high) in enumerate(known[:many]):
        found[at] = float(low), float(high)
    return found


def _outlook(percentiles: Floats) -> Outlook:
    return Outlook(percentiles=tuple(Decimal(repr(float(each))).quantize(_PLACES) for each in percentiles))
