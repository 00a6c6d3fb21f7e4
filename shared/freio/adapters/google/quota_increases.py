"""Requests for more quota, through the Cloud Quotas API v1.

A request is a `QuotaPreference`; there is only one for a quota and a set of dimensions, whoever made it, so one that
stands there is raised instead of a second one made. A quota's id is opaque and comes from the list of the service's
quotas, by metric and dimensions. `contactEmail` is required for an increase, and its Google account must be allowed to
change quotas in the project. Source: google-cloud-quotas 0.6.3, and
https://docs.cloud.google.com/docs/quotas/reference/rest/v1/projects.locations.quotaPreferences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import translated
from freio.domain.increase import Preference
from freio.domain.target import Target
from freio.errors import Rejected

PAGE = 500
MASK = "quotaConfig.preferredValue,justification,contactEmail"
PERIODS = {"1/min/": "minute", "1/d/": "day"}


class GoogleQuotaIncreases:
    """Files and reads requests. It takes `cloudquotas.quotas.get` and `cloudquotas.quotas.update` in the project."""

    def __init__(self, apis: GoogleApis) -> None:
        self._apis = apis

    def file(self, target: Target, value: int, *, request_id: str, contact: str, why: str) -> Preference:
        """Ask for `value`, unless as much is asked for already. Asking twice is asking once.

        Rejected where no such quota is listed, or Google takes no requests for it.
        """
        quota = self._quota(target)
        standing = self._standing(target, quota)
        if standing is not None and _read(standing).preferred >= value:
            return _read(standing)
        body: dict[str, Any] = {
            "quotaConfig": {"preferredValue": str(value)},  # int64 is written as a string
            "justification": why,
            "contactEmail": contact,
        }
        preferences = self._locations().quotaPreferences()
        with translated(f"asking Google for {value} at {target.id}"):
            if standing is not None:  # the etag guards against a change since it was read
                body |= {"etag": standing.get("etag", ""), "dimensions": standing.get("dimensions", {})}
                body |= {"service": target.service, "quotaId": quota}
                request = preferences.patch(name=standing["name"], updateMask=MASK, body=body)
            else:
                body |= {"service": target.service, "quotaId": quota, "dimensions": dict(target.dimensions)}
                request = preferences.create(parent=_parent(target), quotaPreferenceId=request_id, body=body)
            return _read(request.execute())

    def read(self, target: Target) -> Preference | None:
        """What Google says of the request now; None: there is none (any more)."""
        standing = self._standing(target, self._quota(target))
        return None if standing is None else _read(standing)

    def _quota(self, target: Target) -> str:
        """The id of the quota that the target is a part of."""
        infos = self._locations().services().quotaInfos()
        names = {name for name, _ in target.dimensions}
        what = f"listing the quotas of {target.service} in {target.project}"
        period = next((one for start, one in PERIODS.items() if target.unit.startswith(start)), "")
        for raw in _all(infos, "quotaInfos", what, parent=f"{_parent(target)}/services/{target.service}"):
            same = raw.get("metric") == target.metric and set(raw.get("dimensions", ())) == names
            if not same or raw.get("refreshInterval", "") != period:
                continue
            eligibility = raw.get("quotaIncreaseEligibility", {"isEligible": True})
            if raw.get("isFixed") or not eligibility.get("isEligible"):
                reason = eligibility.get("ineligibilityReason", "the quota is fixed")
                raise Rejected(f"Google takes no request for {target.metric} in {target.project}: {reason}")
            return str(raw["quotaId"])
        raise Rejected(f"{target.project} lists no quota of {target.metric} by {', '.join(sorted(names))}")

    def _standing(self, target: Target, quota: str) -> Mapping[str, Any] | None:
        what = f"listing the requests for quota in {target.project}"
        for raw in _all(self._locations().quotaPreferences(), "quotaPreferences", what, parent=_parent(target)):
            if (raw.get("service"), raw.get("quotaId")) == (target.service, quota) and raw.get(
                "dimensions", {}
            ) == dict(target.dimensions):
                return raw
        return None

    def _locations(self) -> Any:
        return self._apis.cloud_quotas().projects().locations()


def _parent(target: Target) -> str:
    return f"projects/{target.project}/locations/global"


def _all(collection: Any, key: str, what: str, *, parent: str) -> Iterator[Mapping[str, Any]]:
    with translated(what):
        request = collection.list(parent=parent, pageSize=PAGE)
        while request is not None:
            reply = request.execute()
            yield from reply.get(key, ())
            request = collection.list_next(request, reply)


def _read(raw: Mapping[str, Any]) -> Preference:
    """Zeros and false are left out of replies; what is granted is a wrapped number, and says nothing where missing."""
    config = raw.get("quotaConfig", {})
    granted = config.get("grantedValue")
    return Preference(
        preferred=int(config.get("preferredValue", "0")),
        granted=None if granted is None else int(granted),
        reconciling=raw.get("reconciling", False),
        detail=config.get("stateDetail", ""),
    )
