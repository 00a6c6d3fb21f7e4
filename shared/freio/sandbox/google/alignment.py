"""Points of many series brought to one grid of time, and then to fewer series.

A grid of period p and end E has the windows (E - p, E], (E - 2p, E - p], … numbered from 0, newest first. A point
counts whole in the window that holds its end. A window without a point has no value, not a zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from freio.sandbox.google.errors import ApiError, invalid, unimplemented
from freio.sandbox.google.series import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from freio.sandbox.google.series import Series

Number: TypeAlias = "int | float"
Windows: TypeAlias = "dict[int, Number]"

NO_ALIGNER = "ALIGN_NONE"
NO_REDUCER = "REDUCE_NONE"


@dataclass(frozen=True, kw_only=True)
class Grid:
    """All in seconds; `visible_until` leaves out what has not arrived yet."""

    start: float
    end: int
    period: int
    visible_until: float


def _gathered(series: Series, grid: Grid) -> dict[int, list[int]]:
    end, period, ends, values = grid.end, grid.period, series.ends, series.values
    windows: dict[int, list[int]] = {}
    for at in series.between(grid.start, min(grid.end, grid.visible_until)):
        windows.setdefault((end - ends[at]) // period, []).append(values[at])
    return windows


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)


ALIGNERS: Mapping[str, Callable[[list[int]], Number]] = {
    "ALIGN_SUM": sum,
    "ALIGN_DELTA": sum,
    "ALIGN_RATE": sum,  # divided by the period below
    "ALIGN_MAX": max,
    "ALIGN_MIN": min,
    "ALIGN_MEAN": _mean,
    "ALIGN_COUNT": len,
    "ALIGN_COUNT_TRUE": sum,
}
REDUCERS: Mapping[str, Callable[[list[Number]], Number]] = {
    "REDUCE_SUM": sum,
    "REDUCE_MAX": max,
    "REDUCE_MIN": min,
    "REDUCE_MEAN": lambda values: sum(values) / len(values),
}


def aligned_kind(kind: Kind, aligner: str) -> Kind:
    """What an aligned series is; INVALID_ARGUMENT for an aligner that does not fit, as the API's reference says."""
    if aligner not in ALIGNERS:
        raise unimplemented(aligner)
    is_flag = kind.value_type == "BOOL"
    if aligner == "ALIGN_COUNT":
        return Kind(kind="GAUGE")
    if (aligner == "ALIGN_COUNT_TRUE") != is_flag:
        raise _does_not_fit(aligner, kind)
    if aligner in ("ALIGN_DELTA", "ALIGN_RATE") and kind.kind != "DELTA":
        raise _does_not_fit(aligner, kind)
    if aligner in ("ALIGN_RATE", "ALIGN_MEAN"):
        return Kind(kind="GAUGE", value_type="DOUBLE")
    keeps_its_kind = aligner in ("ALIGN_SUM", "ALIGN_DELTA")
    return Kind(kind=kind.kind if keeps_its_kind else "GAUGE")


def align(series: Series, aligner: str, grid: Grid) -> Windows:
    """One value for each window that holds a point."""
    combine = ALIGNERS[aligner]
    windows: Windows = {at: combine(values) for at, values in _gathered(series, grid).items()}
    if aligner == "ALIGN_RATE":
        return {at: value / grid.period for at, value in windows.items()}
    return windows


def reduce(group: Iterable[Windows], reducer: str) -> Windows:
    """Many aligned series as one, window by window."""
    if reducer not in REDUCERS:
        raise unimplemented(reducer)
    columns: dict[int, list[Number]] = {}
    for windows in group:
        for at, value in windows.items():
            columns.setdefault(at, []).append(value)
    return {at: REDUCERS[reducer](values) for at, values in columns.items()}


def reduced_kind(kind: Kind, reducer: str) -> Kind:
    return Kind(kind="GAUGE", value_type="DOUBLE") if reducer == "REDUCE_MEAN" else kind


def _does_not_fit(aligner: str, kind: Kind) -> ApiError:
    said = f"{aligner} cannot be used with {kind.kind} metrics of value type {kind.value_type}"
    return invalid(("aggregation.perSeriesAligner", said))
