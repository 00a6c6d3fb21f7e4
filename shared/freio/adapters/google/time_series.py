"""Cloud Monitoring v3 `projects.timeSeries.list`, for counts: sums over whole steps, grouped by labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import Missing, translated
from freio.errors import Unavailable

PAGE = 100_000  # points; the most that the list gives at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One group: its labels, and what it counted in each step, by the step's start. Steps without points are absent."""

    labels: Mapping[str, str]
    steps: Mapping[datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to count: the filter's parts, joined by AND, and the labels to group by (``metric.label.type``)."""

    metric: str
    resource: str
    where: Mapping[str, str]
    by: tuple[str, ...]

    @property
    def filter(self) -> str:
        parts = {"metric.type": self.metric, "resource.type": self.resource, **self.where}
        return " AND ".join(f'{name} = "{_quotable(value)}"' for name, value in parts.items())


def count(
    apis: GoogleApis, project: str, question: Question, *, since: datetime, until: datetime, step: timedelta
) -> list[Counts]:
    """The counts of each group in whole steps, laid back from `until`; a step that begins before `since` is left out.

    A metric that Monitoring does not know was never written in this project: no groups. A partial answer is none, and
    raises Unavailable.
    """
    what = f"reading {question.metric} of {project}"
    asked = {
        "name": f"projects/{project}",
        "filter": question.filter,
        "interval_startTime": _text(since),
        "interval_endTime": _text(until),
        "aggregation_alignmentPeriod": f"{int(step.total_seconds())}s",
        "aggregation_perSeriesAligner": "ALIGN_DELTA",
        "aggregation_crossSeriesReducer": "REDUCE_SUM",
        "aggregation_groupByFields": list(question.by),
        "pageSize": PAGE,
    }
    found: dict[tuple[tuple[str, str], ...], dict[datetime, int]] = {}
    try:
        with translated(what):
            for reply in _pages(apis, asked):
                _refuse_partial(what, reply)
                for one in reply.get("timeSeries", ()):
                    found.setdefault(tuple(sorted(_labels(one).items())), {}).update(_steps(one, since, step))
    except Missing:
        return []
    return [Counts(labels=dict(labels), steps=steps) for labels, steps in found.items()]


def _pages(apis: GoogleApis, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every page. The client's own `list_next` refuses a repeated parameter, which groupByFields is."""
    series = apis.monitoring().projects().timeSeries()
    token = ""
    while True:
        reply: dict[str, Any] = series.list(**asked, pageToken=token).execute()
        yield reply
        token = reply.get("nextPageToken", "")
        if not token:
            return


def _refuse_partial(what: str, reply: Mapping[str, Any]) -> None:
    failed = [*reply.get("executionErrors", ()), *reply.get("unreachable", ())]
    if failed:
        raise Unavailable(f"{what}: only part of the data was read: {failed}")


def _labels(series: Mapping[str, Any]) -> dict[str, str]:
    return {**series.get("resource", {}).get("labels", {}), **series.get("metric", {}).get("labels", {})}


def _steps(series: Mapping[str, Any], since: datetime, step: timedelta) -> dict[datetime, int]:
    """By start. A point's own start is not relied on: some aligners give only its end."""
    steps = {}
    for point in series.get("points", ()):
        start = datetime.fromisoformat(point["interval"]["endTime"]).astimezone(UTC) - step
        if start >= since:
            steps[start] = _number(point["value"])
    return steps


def _number(value: Mapping[str, Any]) -> int:
    """int64 comes as a string; a sum may come as a double; a zero may be left out."""
    if "doubleValue" in value:
        return round(float(value["doubleValue"]))
    return int(value.get("int64Value", "0"))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _quotable(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
