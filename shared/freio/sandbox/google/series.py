"""Time series, held as arrays: a month of five-minute points of one series is three arrays of 8,640 numbers."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What the points of a metric are: a DELTA adds up over its interval, a GAUGE holds at its end."""

    kind: Literal["DELTA", "GAUGE"] = "DELTA"
    value_type: Literal["INT64", "DOUBLE", "BOOL"] = "INT64"


@dataclass(kw_only=True, eq=False)
class Series:
    """One series: a metric with all its labels, of one resource with all its labels.

    `ends` and `widths` are seconds: a point covers (end - width, end]. `ends` is sorted.
    """

    metric: str
    metric_labels: Mapping[str, str]
    resource: str
    resource_labels: Mapping[str, str]
    kind: Kind
    ends: array[int] = field(default_factory=lambda: array("q"))
    widths: array[int] = field(default_factory=lambda: array("q"))
    values: array[int] = field(default_factory=lambda: array("q"))

    def record(self, end: int, width: int, value: int) -> None:
        """A point; a second one at the same end adds to a DELTA and replaces a GAUGE."""
        ends = self.ends
        if not ends or end > ends[-1]:
            ends.append(end)
            self.widths.append(width)
            self.values.append(value)
            return
        at = bisect_left(ends, end)
        if ends[at] != end:
            ends.insert(at, end)
            self.widths.insert(at, width)
            self.values.insert(at, value)
        elif self.kind.kind == "GAUGE":
            self.values[at] = value
        else:
            self.values[at] += value
            self.widths[at] = max(self.widths[at], width)

    def between(self, start: float, end: float) -> range:
        """The positions of the points that end in (start, end]."""
        return range(bisect_right(self.ends, start), bisect_right(self.ends, end))


class SeriesStore:
    """All series of all projects."""

    def __init__(self) -> None:
        self._of_project: dict[str, dict[tuple[object, ...], Series]] = {}

    def series(
        self,
        project: str,
        metric: str,
        kind: Kind,
        *,
        labels: Mapping[str, str],
        resource: str,
        resource_labels: Mapping[str, str],
    ) -> Series:
        """The series with these labels, made at the first call."""
        key = (metric, tuple(sorted(labels.items())), resource, tuple(sorted(resource_labels.items())))
        known = self._of_project.setdefault(project, {})
        if key not in known:
            known[key] = Series(
                metric=metric,
                metric_labels=dict(labels),
                resource=resource,
                resource_labels=dict(resource_labels),
                kind=kind,
            )
        return known[key]

    def of_project(self, project: str) -> Iterable[Series]:
        """In an order that does not depend on who wrote first."""
        known = self._of_project.get(project, {})
        return [known[key] for key in sorted(known, key=repr)]
