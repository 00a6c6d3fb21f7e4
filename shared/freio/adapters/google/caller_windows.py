"""The witness of levers that stop one caller: what a key or a service account got through, and what it was refused.

From `serviceruntime.googleapis.com/api/request_count` of the resource `consumed_api`, which the front end of every
Google API writes for the project that calls. `credential_id` is a label of the *resource*: `apikey:` with the key's
uid, `serviceaccount:` with the account's unique id (both observed in public projects, the refusals of keys as 403
among them); `method` is another, such as ``google.cloud.aiplatform.v1.PredictionService.GenerateContent``;
`response_code` is one of the metric.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from freio.adapters.google.api_key_probe import LEVER as API_KEY
from freio.adapters.google.client import GoogleApis
from freio.adapters.google.deny_lever import LEVER as IAM_DENY
from freio.adapters.google.deny_policy import home
from freio.adapters.google.errors import translated
from freio.adapters.google.key_restrictions import AI_SERVICES
from freio.adapters.google.quota_catalogue import VERTEX
from freio.adapters.google.time_series import Counts, Question, count
from freio.domain.proof import Window
from freio.domain.target import Target
from freio.errors import Rejected

LAG = timedelta(minutes=3)  # like token_count: before that, a point may not have come
SETTLED = timedelta(minutes=30)  # after that, no point means no request; operators wait as long before they trust it
PREDICTION = "PredictionService"  # its methods take endpoints.predict, which a deny policy of ours takes away
REFUSED = "403"  # API_KEY_SERVICE_BLOCKED of a restricted key, IAM_PERMISSION_DENIED of a denied account


class CallerWindows:
    """Reads the windows of `api_key` and `iam_deny` targets; Rejected for the targets of any other lever."""

    def __init__(self, apis: GoogleApis, *, now: Callable[[], datetime]) -> None:
        self._apis = apis
        self._now = now

    def windows(
        self,
        target: Target,
        since: datetime,
        until: datetime,
        minutes: int,
        *,
        takes: tuple[str, ...] = (),  # noqa: ARG002  # a caller is stopped as a whole
    ) -> list[Window]:
        """Requests a minute that got through (2xx) and requests that were refused (403), in whole windows.

        A window without any point is left out until it is half an hour old: only then does it mean no traffic. Of the
        refusals it is not told why each was refused; a key or an account that is stopped gets no 2xx beside them.
        """
        width = timedelta(minutes=minutes)
        whole = (min(until, self._now() - LAG) - since) // width
        if whole < 1:
            return []
        found = self._counts(target, since, since + whole * width, width)
        through = _sums(found, lambda code: code.startswith("2"))
        refused = _sums(found, lambda code: code == REFUSED)
        reported = {start for one in found for start in one.steps}
        starts = [(since + at * width).astimezone(UTC) for at in range(whole)]
        return [
            Window(start=start, usage=-(-through.get(start, 0) // minutes), exceeded=refused.get(start, 0))
            for start in starts
            if start in reported or start + width <= self._now() - SETTLED
        ]

    def _counts(self, target: Target, since: datetime, until: datetime, width: timedelta) -> list[Counts]:
        """What the caller asked of the AI services, and a denied account of those methods that were denied.

        Whoever may not predict any more may still look after a batch job: that goes on beside a brake that bites.
        """
        question = Question(
            metric="serviceruntime.googleapis.com/api/request_count",
            resource="consumed_api",
            where={"resource.label.credential_id": self._credential(target)},
            by=("resource.label.service", "resource.label.method", "metric.label.response_code"),
        )
        services = AI_SERVICES if target.lever == API_KEY else (VERTEX,)
        found = count(self._apis, target.project, question, since=since, until=until, step=width)
        asked = [one for one in found if one.labels.get("service") in services]
        return asked if target.lever == API_KEY else [one for one in asked if _predicts(one.labels.get("method"))]

    def _credential(self, target: Target) -> str:
        """The label's value: ids that the service chose, which are not the key's name nor the account's address."""
        with translated(f"looking up the credential of {target.id}"):
            if target.lever == API_KEY:
                keys = self._apis.api_keys().projects().locations().keys()
                name = f"projects/{target.project}/locations/global/keys/{target.dimension('key')}"
                return f"apikey:{keys.get(name=name).execute()['uid']}"
            if target.lever == IAM_DENY:
                email = target.dimension("service_account") or ""
                accounts = self._apis.service_accounts().projects().serviceAccounts()
                name = f"projects/{home(email) or '-'}/serviceAccounts/{email}"
                return f"serviceaccount:{accounts.get(name=name).execute()['uniqueId']}"
        raise Rejected(f"no requests are counted for {target.id}: it is no key and no service account")


def _predicts(method: str | None) -> bool:
    """Whether it is a method that was denied; where none is told, it may be one.

    >>> _predicts("google.cloud.aiplatform.v1.PredictionService.GenerateContent"), _predicts("")
    (True, True)
    >>> _predicts("google.cloud.aiplatform.v1.JobService.GetBatchPredictionJob")
    False
    """
    return not method or PREDICTION in method.split(".")


def _sums(found: list[Counts], wanted: Callable[[str], bool]) -> dict[datetime, int]:
    sums: dict[datetime, int] = {}
    for one in found:
        if wanted(one.labels.get("response_code", "")):
            for start, amount in one.steps.items():
                sums[start] = sums.get(start, 0) + amount
    return sums
