"""Cloud Monitoring v3: `projects.timeSeries.list`.

Points arrive late (three minutes were observed for token counts) and leave after the retention. The newest stand
first. A page is a number of points, so one series can go on over several pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.alignment import (
    NO_ALIGNER,
    NO_REDUCER,
    Grid,
    Number,
    Windows,
    align,
    aligned_kind,
    reduce,
    reduced_kind,
)
from freio.sandbox.google.errors import invalid, not_found, unimplemented
from freio.sandbox.google.filters import LABEL, Filter, reader
from freio.sandbox.google.metrics import known_metrics
from freio.sandbox.google.paging import offset_of, size_of, token_for
from freio.sandbox.google.series import Kind, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from freio.sandbox.google.catalogue import Limit
    from freio.sandbox.google.projects import Projects
    from freio.sandbox.google.requests import Call
    from freio.sandbox.google.series import SeriesStore

MOST_POINTS = 100_000
SHORTEST_PERIOD = 60
ALWAYS_KEPT = frozenset({"metric.type", "resource.type", "resource.labels.project_id", "resource.label.project_id"})


@dataclass(frozen=True, kw_only=True)
class Line:
    """One series of a reply: its identity, and its points as (start, end, value), newest first."""

    header: Mapping[str, Any]
    kind: Kind
    points: Sequence[tuple[float, float, Number]]


class MonitoringApi:
    """Reads the store as the API would show it now. `lag` and `retention` are in seconds."""

    def __init__(
        self,
        *,
        store: SeriesStore,
        projects: Projects,
        limits: tuple[Limit, ...],
        now: Callable[[], datetime],
        lag: float,
        retention: float,
    ) -> None:
        self._store = store
        self._projects = projects
        self._known = known_metrics(limits)
        self._now = now
        self._lag = lag
        self._retention = retention

    def list_time_series(self, call: Call) -> dict[str, Any]:
        asked = call.parameters
        _refuse_what_is_not_simulated(asked)
        series = self._matching(asked)
        grid = self._grid(asked)
        lines = list(self._aggregated(series, asked, grid)) if grid.period else [_raw(one, grid) for one in series]
        lines = [line for line in lines if line.points]
        if asked.get("view", "FULL") == "HEADERS":
            lines = [Line(header=line.header, kind=line.kind, points=[]) for line in lines]
            shown, token = _page_of_lines(lines, asked)
        else:
            shown, token = _page_of_points(lines, asked)
        reply: dict[str, Any] = {"timeSeries": [_json(line) for line in shown], "nextPageToken": token}
        return {key: value for key, value in reply.items() if value}

    def _matching(self, asked: Mapping[str, Any]) -> list[Series]:
        wanted = Filter(asked.get("filter", ""))
        unknown = sorted(wanted.metric_types - self._known.keys())
        if unknown:
            raise not_found(f"Cannot find metric(s) that match type = {unknown}.")
        project = self._projects.get(asked["name"].removeprefix("projects/"))
        found = [one for one in self._store.of_project(project.project_id) if wanted.matches(one)]
        types = {one.metric for one in found} | wanted.metric_types
        if len(types) > 1 or not wanted.names_a_metric:
            raise invalid(("filter", f"must name a single metric type, names {sorted(types) or 'none'}"))
        return found

    def _grid(self, asked: Mapping[str, Any]) -> Grid:
        end_text = asked.get("interval.endTime")
        if not end_text:
            raise invalid(("interval.endTime", "is required"))
        end = _seconds(end_text)
        start = _seconds(asked["interval.startTime"]) if "interval.startTime" in asked else end
        if start > end:
            raise invalid(("interval.startTime", f"{asked['interval.startTime']} is after the end, {end_text}"))
        now = self._now().timestamp()
        return Grid(
            start=max(start, now - self._retention),
            end=int(end),
            period=_period(asked),
            visible_until=now - self._lag,
        )

    def _aggregated(self, found: list[Series], asked: Mapping[str, Any], grid: Grid) -> Iterator[Line]:
        aligner = asked["aggregation.perSeriesAligner"]
        reducer = asked.get("aggregation.crossSeriesReducer", NO_REDUCER)
        if reducer == NO_REDUCER:
            for one in found:
                kind = aligned_kind(one.kind, aligner)
                yield Line(header=_header(one), kind=kind, points=_points(align(one, aligner, grid), kind, grid))
            return
        fields = asked.get("aggregation.groupByFields", [])
        for members in _groups(found, fields):
            kind = reduced_kind(aligned_kind(members[0].kind, aligner), reducer)
            windows = reduce((align(one, aligner, grid) for one in members), reducer)
            yield Line(header=_header(members[0], keep=fields), kind=kind, points=_points(windows, kind, grid))


def _refuse_what_is_not_simulated(asked: Mapping[str, Any]) -> None:
    if asked.get("orderBy"):
        raise invalid(("orderBy", "is unsupported and must be blank"))
    for name in asked:
        if name.startswith("secondaryAggregation."):
            raise unimplemented(name)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def _period(asked: Mapping[str, Any]) -> int:
    """The alignment period in seconds; 0 where nothing is aligned."""
    aligner = asked.get("aggregation.perSeriesAligner", NO_ALIGNER)
    if aligner == NO_ALIGNER:
        if asked.get("aggregation.crossSeriesReducer", NO_REDUCER) != NO_REDUCER:
            raise invalid(("aggregation.perSeriesAligner", "is required with a crossSeriesReducer"))
        return 0
    period = float(asked.get("aggregation.alignmentPeriod", "0s").removesuffix("s"))
    if period < SHORTEST_PERIOD:
        raise invalid(("aggregation.alignmentPeriod", f"must be at least {SHORTEST_PERIOD}s, is {period:g}s"))
    return int(period)


def _groups(found: list[Series], fields: list[str]) -> Iterator[list[Series]]:
    """The series with the same value of every field; the type of the resource is always one of them."""
    readers = []
    for name in fields:
        read = reader(name)
        if read is None:
            raise invalid(("aggregation.groupByFields", f"{name!r} is no field of a series"))
        readers.append(read)
    groups: dict[tuple[str, ...], list[Series]] = {}
    for one in found:
        groups.setdefault((one.resource, *(read(one) for read in readers)), []).append(one)
    yield from groups.values()


def _header(series: Series, keep: list[str] | None = None) -> dict[str, Any]:
    """The identity of a series; of a reduced one, the labels it was grouped by, and its project."""
    labels, resource_labels = dict(series.metric_labels), dict(series.resource_labels)
    if keep is not None:
        kept = {fit.groups() for name in keep if (fit := LABEL.fullmatch(name))}
        labels = {key: value for key, value in labels.items() if ("metric", key) in kept}
        resource_labels = {
            key: value for key, value in resource_labels.items() if key == "project_id" or ("resource", key) in kept
        }
    metric = {"type": series.metric, "labels": labels}
    resource = {"type": series.resource, "labels": resource_labels}
    return {
        "metric": {key: value for key, value in metric.items() if value},
        "resource": {key: value for key, value in resource.items() if value},
    }


def _raw(series: Series, grid: Grid) -> Line:
    is_delta = series.kind.kind == "DELTA"
    points = [
        (float(end - series.widths[at] if is_delta else end), float(end), series.values[at])
        for at in reversed(series.between(grid.start, min(grid.end, grid.visible_until)))
        for end in (series.ends[at],)
    ]
    return Line(header=_header(series), kind=series.kind, points=points)


def _points(windows: Windows, kind: Kind, grid: Grid) -> list[tuple[float, float, Number]]:
    width = grid.period if kind.kind == "DELTA" else 0
    ends = ((grid.end - at * grid.period, windows[at]) for at in sorted(windows))
    return [(float(end - width), float(end), value) for end, value in ends]


def _page_of_lines(lines: list[Line], asked: Mapping[str, Any]) -> tuple[list[Line], str]:
    start = offset_of(asked)
    end = start + size_of(asked, default=MOST_POINTS, most=MOST_POINTS)
    return lines[start:end], token_for(asked, end) if end < len(lines) else ""


def _page_of_points(lines: list[Line], asked: Mapping[str, Any]) -> tuple[list[Line], str]:
    """The lines with only those of their points that fall into the page, counted over all lines."""
    start = offset_of(asked)
    end = start + size_of(asked, default=MOST_POINTS, most=MOST_POINTS)
    shown: list[Line] = []
    before = 0
    for line in lines:
        part = line.points[max(start - before, 0) : max(end - before, 0)]
        if part:
            shown.append(Line(header=line.header, kind=line.kind, points=part))
        before += len(line.points)
    return shown, token_for(asked, end) if end < before else ""


def _json(line: Line) -> dict[str, Any]:
    whole = {**line.header, "metricKind": line.kind.kind, "valueType": line.kind.value_type}
    if line.points:
        whole["points"] = [
            {
                "interval": {"startTime": _moment(start), "endTime": _moment(end)},
                "value": _value(line.kind, value),
            }
            for start, end, value in line.points
        ]
    return whole


def _value(kind: Kind, value: Number) -> dict[str, Any]:
    """A typed value. It is one of several kinds, so a zero is written: only plain fields lose theirs."""
    if kind.value_type == "BOOL":
        return {"boolValue": bool(value)}
    if kind.value_type == "DOUBLE":
        return {"doubleValue": float(value)}
    return {"int64Value": str(value)}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
