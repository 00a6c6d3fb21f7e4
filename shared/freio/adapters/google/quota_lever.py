"""The quota lever: consumer overrides of Vertex AI's quotas, through Service Usage v1beta1.

A consumer override can only lower what Google grants. It is written by `importConsumerOverrides`, which creates or
replaces by metric, unit and dimensions, so that writing twice is writing once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import Missing, translated
from freio.adapters.google.long_running import PAUSES, wait
from freio.adapters.google.permissions import Entitled
from freio.adapters.google.quota_buckets import Limit, list_limits, list_overrides
from freio.adapters.google.quota_catalogue import VERTEX
from freio.adapters.google.quota_probe import LEVER, probe
from freio.domain.app import App
from freio.domain.lever import UNLIMITED, Setting, strictest_limit
from freio.domain.phrase import Phrase
from freio.domain.sentences import LEVER_LACKS
from freio.domain.spend import Probe
from freio.domain.target import Lease, Target
from freio.errors import Rejected, Unavailable
from freio.ports import Place, Rights

# Of consumerQuotaMetrics.list and .importConsumerOverrides: https://cloud.google.com/service-usage/docs/access-control
PERMISSIONS = ("serviceusage.quotas.get", "serviceusage.quotas.update")


class QuotaLever(Entitled):
    """Sets, reads back and restores quota overrides. `sleep` waits between looks at a running operation."""

    name = LEVER

    def __init__(
        self, apis: GoogleApis, *, rights: Rights | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(apis, rights)
        self._apis = apis
        self._sleep = sleep

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        return dict.fromkeys(sorted(app.match.projects), PERMISSIONS)

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:  # noqa: ARG002  # a quota knows no callers
        """One probe for each place, in order; see `quota_probe.probe` for what *binds* means.

        Rejected or Unavailable where any of the projects cannot be read: no answer is not "no quota".
        """
        listed = {
            project: list_limits(self._apis, project, VERTEX) for project in dict.fromkeys(x.project for x in places)
        }
        lacks = {project: self.lacks(project, PERMISSIONS) for project in listed}
        return [_allowed(probe(place, listed[place.project]), lacks[place.project]) for place in places]

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:  # noqa: ARG002  # all alike
        """The lowest limit of all."""
        return strictest_limit(found, (lease.value for lease in leases))

    def apply(self, target: Target, setting: Setting) -> None:
        """Sets the override (0 stops all traffic, -1 is unlimited) and waits until Service Usage has accepted it.

        Unavailable where the reply was lost or the operation still runs: it may have been set, so read back or set
        it again. `force`: a brake lowers by more than 10 % and below present usage, which is refused otherwise.
        """
        if not isinstance(setting, int) or setting < UNLIMITED:
            raise ValueError(f"an override is 0 or more, or -1 for unlimited, not {setting}")
        what = f"setting {target.id} to {setting}"
        override = {
            "metric": target.metric,
            "unit": target.unit,
            "dimensions": dict(target.dimensions),
            "overrideValue": str(setting),  # int64 is written as a string
        }
        body = {"inlineSource": {"overrides": [override]}, "force": True}
        with translated(what):
            metrics = self._apis.service_usage().services().consumerQuotaMetrics()
            parent = f"projects/{target.project}/services/{target.service}"
            operation = metrics.importConsumerOverrides(parent=parent, body=body).execute()
        self._wait(what, operation)

    def read_back(self, target: Target) -> int | None:
        """The override in the target's bucket; None where there is none.

        An override whose `base_model` no model goes by is in no bucket and limits nothing, so it reads as None.
        """
        for bucket in self._limit(target).buckets:
            if bucket.dimensions == tuple(sorted(target.dimensions)):
                return bucket.override
        return None

    def granted(self, target: Target) -> int | None:
        """What Google grants there, whatever override of the client's own lowers it; None: unlimited, or no bucket."""
        for bucket in self._limit(target).buckets:
            if bucket.dimensions == tuple(sorted(target.dimensions)):
                return bucket.granted
        return None

    def restore(self, target: Target, found: Setting) -> None:
        """Puts back what was found; None deletes the override, and is done where none is listed.

        An override whose `apply` was lost on the way may still come up afterwards: look once more a minute later.
        """
        if found is not None:
            self.apply(target, found)
            return
        what = f"deleting the override of {target.id}"
        for pause in (*PAUSES, None):
            name = self._override(target)
            if name is None or self._delete(what, name):
                return
            if pause is not None:
                self._sleep(pause)
        raise Unavailable(f"{what}: it was deleted, and is still listed after {sum(PAUSES):.0f} s")

    def _override(self, target: Target) -> str | None:
        """The name under which the target's override is listed now."""
        wanted = tuple(sorted(target.dimensions))
        listed = list_overrides(self._apis, self._limit(target))
        return next((override.name for override in listed if override.dimensions == wanted), None)

    def _delete(self, what: str, name: str) -> bool:
        """Deletes and waits. False: it is listed, yet gone, since the deletion of an earlier call still runs.

        That earlier call may be this one: httplib2 sends a request again by itself when its reply is lost.
        """
        try:
            with translated(what):
                limits = self._apis.service_usage().services().consumerQuotaMetrics().limits()
                operation = limits.consumerOverrides().delete(name=name, force=True).execute()
        except Missing:
            return False
        self._wait(what, operation)
        return True

    def _limit(self, target: Target) -> Limit:
        for limit in list_limits(self._apis, target.project, target.service):
            if (limit.metric, limit.unit) == (target.metric, target.unit):
                return limit
        raise Rejected(f"{target.project} lists no limit {target.unit} of {target.metric}")

    def _wait(self, what: str, operation: dict[str, Any]) -> None:
        wait(what, operation, self._operation, self._sleep)

    def _operation(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._apis.service_usage().operations().get(name=name).execute()
        return found


def _allowed(found: Probe, lacks: tuple[str, ...]) -> Probe:
    """As found, unless what would bind may not be set."""
    if not (found.binds and lacks):
        return found
    reason = Phrase.of(LEVER_LACKS, project=found.target.project, permissions=", ".join(lacks))
    return replace(found, binds=False, missing=lacks, reason=reason)
