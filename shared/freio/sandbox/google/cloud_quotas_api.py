"""Cloud Quotas v1: what quotas there are, and requests for more, which somebody at Google decides (the simulation).

The messages are those of `adapters/google/cloudquotas.v1.json`. Assumed, because nobody showed it: a second preference
for the same quota and dimensions is 409 ALREADY_EXISTS ("there is only one", says the reference), a stale etag 409
ABORTED, and what is granted until a decision is what stood there before.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.catalogue import UNLIMITED
from freio.sandbox.google.errors import ApiError, invalid, not_found, unimplemented
from freio.sandbox.google.paging import page
from freio.sandbox.google.quota_json import without_zeros
from freio.sandbox.google.quotas import Dimensions, dimensions_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from freio.sandbox.google.catalogue import Limit
    from freio.sandbox.google.projects import Project, Projects
    from freio.sandbox.google.quotas import Quotas
    from freio.sandbox.google.requests import Call

GET = "cloudquotas.quotas.get"
UPDATE = "cloudquotas.quotas.update"
PAGE = 500
_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_CHANGEABLE = {"quotaConfig.preferredValue", "justification", "contactEmail"}


@dataclass(kw_only=True)
class Request:
    """One preference. What its maker wrote as justification and contact is never shown again: both are input only."""

    project: Project
    request_id: str
    limit: Limit
    dimensions: Dimensions
    preferred: int
    justification: str
    contact: str
    granted: int
    reconciling: bool = True
    detail: str = ""
    changes: int = 0

    @property
    def name(self) -> str:
        return f"projects/{self.project.number}/locations/global/quotaPreferences/{self.request_id}"

    @property
    def etag(self) -> str:
        return f"{zlib.crc32(repr((self.preferred, self.changes)).encode()):08x}"


@dataclass(kw_only=True)
class CloudQuotasApi:
    """The quotas of every project, as this API numbers them, and the requests for more."""

    quotas: Quotas
    projects: Projects
    requests: list[Request] = field(default_factory=list)

    def list_infos(self, call: Call) -> dict[str, Any]:
        project, service = self._project(call.parameters["parent"]), call.parameters["parent"].split("/")[5]
        limits = [limit for limit in self.quotas.catalogue.limits if limit.service == service]
        rows, token = page(call.parameters, limits, default=PAGE, most=PAGE)
        infos = [self._info(project, limit) for limit in rows]
        return ({"quotaInfos": infos} if infos else {}) | ({"nextPageToken": token} if token else {})

    def list_requests(self, call: Call) -> dict[str, Any]:
        if call.parameters.get("filter") or call.parameters.get("orderBy"):
            raise unimplemented("filter and orderBy of quotaPreferences")
        project = self._project(call.parameters["parent"])
        mine = [one for one in self.requests if one.project is project]
        rows, token = page(call.parameters, mine, default=PAGE, most=PAGE)
        found = [self._json(one) for one in rows]
        return ({"quotaPreferences": found} if found else {}) | ({"nextPageToken": token} if token else {})

    def get_request(self, call: Call) -> dict[str, Any]:
        return self._json(self._named(call.parameters["name"]))

    def create(self, call: Call) -> dict[str, Any]:
        body, project = call.body, self._project(call.parameters["parent"])
        limit = self._limit(body.get("service", ""), body.get("quotaId", ""))
        dimensions = self._dimensions(limit, body.get("dimensions", {}))
        request_id = call.parameters.get("quotaPreferenceId", f"request-{len(self.requests)}")
        if not _ID.fullmatch(request_id):
            raise invalid(("quotaPreferenceId", f"{request_id!r} is no id"))
        for one in self.requests:
            same = one.project is project and (one.limit, one.dimensions) == (limit, dimensions)
            if same or (one.project is project and one.request_id == request_id):
                raise ApiError(409, "ALREADY_EXISTS", f"Quota preference {one.name} already exists.")
        made = Request(
            project=project,
            request_id=request_id,
            limit=limit,
            dimensions=dimensions,
            preferred=0,
            justification="",
            contact="",
            granted=self.quotas.granted(project.project_id, limit, dimensions),
        )
        self._write(made, body)
        self.requests.append(made)
        return self._json(made)

    def patch(self, call: Call) -> dict[str, Any]:
        standing, body = self._named(call.parameters["name"]), call.body
        wrong = set(call.parameters.get("updateMask", "").split(",")) - _CHANGEABLE
        if wrong:
            raise unimplemented(f"an updateMask of {sorted(wrong)}")
        if body.get("etag") and body["etag"] != standing.etag:
            raise ApiError(409, "ABORTED", f"The etag of {standing.name} is {standing.etag}, not {body['etag']}.")
        self._write(standing, body)
        return self._json(standing)

    def decide(self, project: str, *, granted: int, detail: str) -> None:
        """What Google decides about all that waits in a project: it is in force at once."""
        for one in self.requests:
            if one.project.project_id == project and one.reconciling:
                one.granted, one.detail, one.reconciling = granted, detail, False
                self.quotas.grant(self.quotas.key(project, one.limit, one.dimensions), granted)

    # ---- checks

    def _write(self, request: Request, body: Mapping[str, Any]) -> None:
        """An increase needs a contact, and a decrease is a consumer override, which is not simulated here."""
        preferred = int(body.get("quotaConfig", {}).get("preferredValue", "0"))
        if request.limit.fixed or request.limit.maximum is not None:
            raise ApiError(400, "FAILED_PRECONDITION", f"{request.limit.metric} is not eligible for an increase.")
        if preferred <= request.granted:
            raise unimplemented(f"a preference of {preferred} below the {request.granted} that is granted")
        if "@" not in body.get("contactEmail", ""):
            raise invalid(("quotaPreference.contactEmail", "is required for an increase"))
        request.preferred, request.reconciling = preferred, True
        request.justification, request.contact = body.get("justification", ""), body["contactEmail"]
        request.changes += 1

    def _project(self, name: str) -> Project:
        _, project, _, location, *_ = name.split("/")
        if location != "global":
            raise invalid(("location", f"must be global, is {location!r}"))
        return self.projects.get(project)

    def _named(self, name: str) -> Request:
        project, request_id = self._project(name), name.rpartition("/")[2]
        for one in self.requests:
            if (one.project, one.request_id) == (project, request_id):
                return one
        raise not_found(f"Quota preference {name} was not found.")

    def _limit(self, service: str, quota_id: str) -> Limit:
        for limit in self.quotas.catalogue.limits:
            if (limit.service, _quota_id(limit)) == (service, quota_id):
                return limit
        raise not_found(f"Service {service!r} has no quota {quota_id!r}.")

    def _dimensions(self, limit: Limit, given: Mapping[str, str]) -> Dimensions:
        wrong = [(f"quotaPreference.dimensions.{key}", "is unknown") for key in given if key not in limit.dimensions]
        if wrong:
            raise invalid(*wrong)
        return dimensions_of(given)

    # ---- replies

    def _info(self, project: Project, limit: Limit) -> dict[str, Any]:
        eligible = not limit.fixed and limit.maximum is None
        return without_zeros(
            {
                "name": f"projects/{project.number}/locations/global/services/{limit.service}/quotaInfos/"
                f"{_quota_id(limit)}",
                "quotaId": _quota_id(limit),
                "metric": limit.metric,
                "service": limit.service,
                "refreshInterval": "" if limit.period == "none" else limit.period,
                "containerType": "PROJECT",
                "dimensions": list(limit.dimensions),
                "isFixed": limit.fixed,
                "quotaIncreaseEligibility": {"isEligible": True} if eligible else {"ineligibilityReason": "OTHER"},
                "dimensionsInfos": list(self._dimensions_infos(project, limit)),
            }
        )

    def _dimensions_infos(self, project: Project, limit: Limit) -> Iterator[dict[str, Any]]:
        for name in (None, *self.quotas.catalogue.named_buckets(limit)):
            dimensions = () if name is None else ((str(limit.model_dimension), name),)
            value = self.quotas.effective_shown(project.project_id, limit, dimensions)
            yield without_zeros(
                {
                    "dimensions": dict(dimensions),
                    "details": {"value": str(value if value != UNLIMITED else 2**63 - 1)},
                    "applicableLocations": list(limit.locations) or ["global"],
                }
            )

    def _json(self, request: Request) -> dict[str, Any]:
        return without_zeros(
            {
                "name": request.name,
                "dimensions": dict(request.dimensions),
                "quotaConfig": {"grantedValue": str(request.granted)}  # wrapped: a zero is shown
                | without_zeros({"preferredValue": str(request.preferred), "stateDetail": request.detail}),
                "etag": request.etag,
                "service": request.limit.service,
                "quotaId": _quota_id(request.limit),
                "reconciling": request.reconciling,
            }
        )


def _quota_id(limit: Limit) -> str:
    """Opaque: spelt from the metric and the unit, as Google's look."""
    words = f"{limit.metric.rpartition('/')[2]}_{re.sub(r'[^a-z]+', '_', limit.unit)}"
    return "".join(word.capitalize() for word in words.split("_"))
