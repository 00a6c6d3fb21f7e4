"""What got through, and what was turned away, at targets where a lever stops calls instead of limiting them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.model_values import named
from freio.adapters.google.monitoring_meter import LAG
from freio.adapters.google.quota_catalogue import VERTEX
from freio.adapters.google.time_series import Counts, Question, count
from freio.domain.proof import Window
from freio.domain.target import Target
from freio.errors import Rejected

_PUBLISHER, _MODEL = "resource.label.publisher", "resource.label.model_user_id"
INVOCATIONS = Question(
    metric=f"{VERTEX}/publisher/online_serving/model_invocation_count",
    resource=f"{VERTEX}/PublisherModel",
    where={},
    by=(_PUBLISHER, _MODEL, "metric.label.response_code"),
)
# A call that Google's front end turns away meets no model; that it is counted here all the same is assumed.
REQUESTS = Question(
    metric="serviceruntime.googleapis.com/api/request_count",
    resource="consumed_api",
    where={"resource.label.service": VERTEX},
    by=("metric.label.response_code",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Where a lever's refusals are counted, and by which code: others (429, bad requests) are not of its making."""

    question: Question
    code: str


REFUSALS = {
    "allowed_models": Refusals(question=INVOCATIONS, code="400"),  # FAILED_PRECONDITION
    "disable_service": Refusals(question=REQUESTS, code="403"),  # SERVICE_DISABLED
    "unlink_billing": Refusals(question=REQUESTS, code="403"),  # BILLING_DISABLED
}


class InvocationWitness:
    """`Witness` of `allowed_models`, `disable_service` and `unlink_billing`, from Cloud Monitoring.

    What got through are invocations that a model answered (2xx). At a target of `allowed_models` only those of the
    models that `takes` names are counted, since the others may go on; of a project that was turned off, all of them.
    """

    def __init__(self, apis: GoogleApis, *, now: Callable[[], datetime], lag: timedelta = LAG) -> None:
        self._apis = apis
        self._now = now
        self._lag = lag

    def windows(
        self, target: Target, since: datetime, until: datetime, minutes: int, *, takes: tuple[str, ...] = ()
    ) -> list[Window]:
        """Requests a minute that got through (rounded up: one is not none), and requests turned away, oldest first.

        Rejected for a lever that it knows nothing of, and where a target of models comes without `takes`.
        """
        refusals = REFUSALS.get(target.lever)
        if refusals is None:
            raise Rejected(f"no series are known for the lever {target.lever}")
        models = _models(takes) if target.lever == "allowed_models" else None
        if models is not None and not models:
            raise Rejected(f"{target.id}: nothing is known of the models that were taken away, so nothing is proved")
        width = timedelta(minutes=minutes)
        whole = (min(until, self._now() - self._lag) - since) // width
        if whole < 1:
            return []
        end = since + whole * width

        def counts(question: Question) -> list[Counts]:
            found = count(self._apis, target.project, question, since=since, until=end, step=width)
            return [one for one in found if models is None or _model(one) in models]

        invoked = counts(INVOCATIONS)
        asked = invoked if refusals.question is INVOCATIONS else counts(refusals.question)
        through = _summed(one for one in invoked if _code(one).startswith("2"))
        refused = _summed(one for one in asked if _code(one) == refusals.code)
        starts = [(since + at * width).astimezone(UTC) for at in range(whole)]
        return [
            Window(start=start, usage=-(-through.get(start, 0) // minutes), exceeded=refused.get(start, 0))
            for start in starts
        ]


def _models(takes: Iterable[str]) -> frozenset[tuple[str, str]]:
    return frozenset(model for model in map(named, takes) if model is not None)


def _model(counts: Counts) -> tuple[str, str]:
    return counts.labels.get("publisher", ""), counts.labels.get("model_user_id", "").partition("@")[0]


def _code(counts: Counts) -> str:
    return counts.labels.get("response_code", "")


def _summed(groups: Iterable[Counts]) -> dict[datetime, int]:
    sums: dict[datetime, int] = {}
    for one in groups:
        for start, amount in one.steps.items():
            sums[start] = sums.get(start, 0) + amount
    return sums
