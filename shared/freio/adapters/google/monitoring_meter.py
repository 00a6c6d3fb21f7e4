"""The meter: Vertex AI's counts of tokens and requests and its quota series, about three minutes late."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.quota_catalogue import GLOBAL, VERTEX, goes_by, metric_named
from freio.adapters.google.time_series import Counts, Question, count
from freio.adapters.model_names import plain_model
from freio.domain.proof import Window
from freio.domain.rates import INPUT, OUTPUT, STANDARD
from freio.domain.spend import Requests, Tokens
from freio.domain.target import Target
from freio.errors import Rejected

SHARED = "shared"
LAG = timedelta(minutes=3)  # token_count was observed to arrive that late

_MODEL = "resource.label.model_user_id"
_LOCATION = "resource.label.location"
TOKEN_COUNT = Question(
    metric=f"{VERTEX}/publisher/online_serving/token_count",
    resource=f"{VERTEX}/PublisherModel",
    where={},
    by=(_LOCATION, _MODEL, "metric.label.type", "metric.label.request_type", "metric.label.shared_request_type"),
)
INVOCATIONS = Question(
    metric=f"{VERTEX}/publisher/online_serving/model_invocation_count",
    resource=f"{VERTEX}/PublisherModel",
    where={},
    by=(_LOCATION, _MODEL, "metric.label.response_code"),
)
# Of all endpoints: what was answered, by way of asking. Public dashboards group invocations by `request_type` as well.
ANSWERED = Question(
    metric=f"{VERTEX}/publisher/online_serving/model_invocation_count",
    resource=f"{VERTEX}/PublisherModel",
    where={},
    by=(_MODEL, "metric.label.response_code", "metric.label.request_type"),
)
# One metric can hold the series of a limit a minute and of a limit a day, told apart by the limit's name alone.
_A_DAY = re.compile(r"(?i)per-?day|(^|[-_/])d([-_/]|$)")


class MonitoringMeter:
    """Reads project by project, and fails when one of them fails: no data is never "no traffic"."""

    def __init__(self, apis: GoogleApis, *, now: Callable[[], datetime], lag: timedelta = LAG) -> None:
        self._apis = apis
        self._now = now
        self._lag = lag

    def tokens(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
        """Tokens by project, location, model, way of asking and step, oldest first; whole steps, back from `until`.

        One list for each project. Models go by their bare name, whatever version was called. A kind of tokens or a way
        of asking that nobody has heard of is handed on by the name that it has. Steps of the last three minutes are
        still filling.
        """
        step = timedelta(minutes=step_minutes)
        found = []
        for project in dict.fromkeys(projects):
            sums: dict[tuple[datetime, str, str, str], Counter[str]] = {}
            for counts in count(self._apis, project, TOKEN_COUNT, since=since, until=until, step=step):
                labels = counts.labels
                place = (labels.get("location", ""), plain_model(labels.get("model_user_id", "")), _asked(labels))
                for start, tokens in counts.steps.items():
                    sums.setdefault((start, *place), Counter())[labels.get("type", INPUT)] += tokens
            found += [
                Tokens(
                    start=start,
                    minutes=step_minutes,
                    project=project,
                    location=location,
                    model=model,
                    request_type=request_type,
                    input=kinds.pop(INPUT, 0),
                    output=kinds.pop(OUTPUT, 0),
                    others=dict(kinds),
                )
                for (start, location, model, request_type), kinds in sums.items()
            ]
        return sorted(found, key=lambda one: (one.start, one.project, one.location, one.model, one.request_type))

    def requests(self, projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Requests]:
        """Requests that were answered (2xx), by project, model, shared or dedicated and step, as `tokens` has them.

        One list for each project.
        """
        step = timedelta(minutes=step_minutes)
        found = []
        for project in dict.fromkeys(projects):
            sums: Counter[tuple[datetime, str, str]] = Counter()
            for counts in count(self._apis, project, ANSWERED, since=since, until=until, step=step):
                labels = counts.labels
                if labels.get("response_code", "").startswith("2"):
                    place = (plain_model(labels.get("model_user_id", "")), _asked(labels))
                    for start, many in counts.steps.items():
                        sums[start, *place] += many
            found += [
                Requests(
                    start=start,
                    minutes=step_minutes,
                    project=project,
                    model=model,
                    total=many,
                    request_type=request_type,
                )
                for (start, model, request_type), many in sums.items()
            ]
        return sorted(found, key=lambda one: (one.start, one.project, one.model, one.request_type))

    def windows(
        self,
        target: Target,
        since: datetime,
        until: datetime,
        minutes: int,
        *,
        takes: tuple[str, ...] = (),  # noqa: ARG002  # a quota takes nothing away
    ) -> list[Window]:
        """Usage a minute (tokens or requests, as the quota counts) and refusals, in whole windows from `since`.

        From Vertex AI's own series of the quota. Where the project has no usage series, usage is what the model let
        through by its token or invocation counts. Where it has no series of refusals they are 0: a 429 alone is not
        counted, since shared capacity refuses with it too, and `serviceruntime`'s series tell no models apart.
        """
        if metric_named(target.metric) is None:
            raise Rejected(f"no series are known for the quota {target.metric}")
        width = timedelta(minutes=minutes)
        whole = (min(until, self._now() - self._lag) - since) // width
        if whole < 1:
            return []
        end = since + whole * width
        usage = self._quota_series(target, "usage", since, end, width)
        used = _largest(usage) if usage else self._let_through(target, since, end, width)
        refused = _largest(
            one
            for one in self._quota_series(target, "exceeded", since, end, width)
            if not _A_DAY.search(one.labels.get("limit_name", ""))
        )
        starts = [(since + at * width).astimezone(UTC) for at in range(whole)]
        return [
            Window(start=start, usage=round(used.get(start, 0) / minutes), exceeded=refused.get(start, 0))
            for start in starts
        ]

    def _quota_series(
        self, target: Target, what: str, since: datetime, until: datetime, width: timedelta
    ) -> list[Counts]:
        where = {"metric.label.base_model": target.dimension("base_model") or ""}
        if region := target.dimension("region"):
            where[_LOCATION] = region
        question = Question(
            metric=f"{VERTEX}/quota/{target.metric.rpartition('/')[2]}/{what}",
            resource=f"{VERTEX}/Location",
            where=where,
            by=("metric.label.limit_name",),
        )
        return count(self._apis, target.project, question, since=since, until=until, step=width)

    def _let_through(self, target: Target, since: datetime, until: datetime, width: timedelta) -> dict[datetime, int]:
        """What the models that go by the target's `base_model` served, in the quota's unit."""
        metric = metric_named(target.metric)
        in_tokens = metric is not None and metric.counts == "input_tokens_per_minute"
        question = TOKEN_COUNT if in_tokens else INVOCATIONS
        found = count(self._apis, target.project, question, since=since, until=until, step=width)
        place, base_model = target.dimension("region") or GLOBAL, target.dimension("base_model") or ""
        sums: dict[datetime, int] = {}
        for one in found:
            labels = one.labels
            counted = labels.get("type") != "output" if in_tokens else labels.get("response_code", "").startswith("2")
            here = labels.get("location") == place and goes_by(labels.get("model_user_id", ""), base_model)
            if counted and here:
                for start, amount in one.steps.items():
                    sums[start] = sums.get(start, 0) + amount
        return sums


def _asked(labels: Mapping[str, str]) -> str:
    """How a series' tokens were asked for: `request_type` says shared or dedicated, and of what is shared more is said.

    A series without these labels is of a metric that knew none yet, and counts as ordinary.
    """
    kind = labels.get("request_type", "") or SHARED
    return (labels.get("shared_request_type", "") or STANDARD) if kind == SHARED else kind


def _largest(series: Iterable[Counts]) -> dict[datetime, int]:
    """Step by step the largest: limits of one metric count the same traffic, so their series are never added."""
    largest: dict[datetime, int] = {}
    for one in series:
        for start, amount in one.steps.items():
            largest[start] = max(amount, largest.get(start, 0))
    return largest
