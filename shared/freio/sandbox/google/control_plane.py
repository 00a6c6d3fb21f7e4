"""The control plane: one object that the HTTP server, the simulation and the tests share.

Everything that a caller of Google could do goes through `handle`. What only the simulation may do (traffic, faults,
somebody else's change, an API turned off) are plain methods.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from freio.sandbox.google.budgets_api import BudgetsApi, CapBudget
from freio.sandbox.google.callers import Callers
from freio.sandbox.google.cloud_quotas_api import GET as READ_CLOUD_QUOTAS
from freio.sandbox.google.cloud_quotas_api import UPDATE as UPDATE_CLOUD_QUOTAS
from freio.sandbox.google.cloud_quotas_api import CloudQuotasApi, Request
from freio.sandbox.google.demand import Demand, Served, Step
from freio.sandbox.google.discovery import SIMULATED_APIS, Discovery
from freio.sandbox.google.errors import ApiError, unimplemented
from freio.sandbox.google.faults import FailLate, Faults, HttpFault, LostReply, Meanwhile, Slow
from freio.sandbox.google.front import Front
from freio.sandbox.google.history import Delays
from freio.sandbox.google.models import Catalogue
from freio.sandbox.google.monitoring import MonitoringApi
from freio.sandbox.google.operations import Operations
from freio.sandbox.google.override_rules import limit_not_found
from freio.sandbox.google.permissions import PermissionsApi
from freio.sandbox.google.prediction_api import GENERATE, PredictionApi
from freio.sandbox.google.projects import Projects, check_access
from freio.sandbox.google.quota_api import QuotaApi
from freio.sandbox.google.quotas import Quotas, dimensions_of
from freio.sandbox.google.requests import Call, check_reply, checked_call
from freio.sandbox.google.series import SeriesStore
from freio.sandbox.google.sku_api import SkuApi, SoldSku
from freio.sandbox.google.traffic import Traffic
from freio.sandbox.google.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from freio.sandbox.google.credentials import Caller

DAY = 86_400
QUOTAS = "serviceusage.services.consumerQuotaMetrics."
CLOUD_QUOTAS = "cloudquotas.projects.locations."
BUDGETS = "billingbudgets.billingAccounts.budgets."
READ_QUOTAS = "serviceusage.quotas.get"
UPDATE_QUOTAS = "serviceusage.quotas.update"
READ_SERIES = "monitoring.timeSeries.list"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One HTTP reply. With `lost` it is never sent: what was asked has happened all the same."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One request, as the tests look back at it. `method_id` is empty where no method answers."""

    method_id: str
    verb: str
    path: str
    parameters: Mapping[str, Any]
    body: Mapping[str, Any]
    status: int
    lost: bool


@dataclass(frozen=True, kw_only=True)
class Handler:
    """What answers a method, and the permission in the project that it takes.

    None for operations, which name no project, for billing accounts, which have permissions of their own, and for what
    checks for itself.
    """

    answer: Callable[[Call], dict[str, Any]]
    permission: str | None


class ControlPlane:
    """Projects with quotas, traffic and metrics. Thread-safe.

    An operation ends `operation_seconds` after it was accepted, and traffic feels it `effect_seconds` later; points
    are readable `metric_lag_seconds` after their end. A policy is felt `policy_seconds` after it was written (Google
    says: up to 15 minutes), a service turned off or an account unlinked `front_end_seconds` after that was done
    (assumed). All run on the clock, `now`.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        projects: Sequence[str],
        catalogue: Catalogue | None = None,
        apis: Sequence[str] = SIMULATED_APIS,
        operation_seconds: float = 7,
        effect_seconds: float = 40,
        policy_seconds: float = 600,
        front_end_seconds: float = 120,
        metric_lag_seconds: float = 180,
        retention_days: float = 42,
        skus: Sequence[SoldSku] = (),
        billing_account: str = "01D4EE-079462-DFD6EC",
        token: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.catalogue = catalogue or Catalogue()
        self.projects = Projects(projects)
        self.log: list[Logged] = []
        self._discovery = Discovery(apis)
        self.faults = Faults(self._discovery.method_ids)
        self._token = token
        self._sleep = sleep
        self._lock = RLock()
        self._usage = Usage(now=now)
        self._quotas = Quotas(
            self.catalogue, now=now, operation_seconds=operation_seconds, effect_seconds=effect_seconds
        )
        self._operations = Operations(now=now, operation_seconds=operation_seconds)
        store = SeriesStore()
        self.front = Front(
            now=now,
            projects=self.projects,
            operations=self._operations,
            operation_seconds=operation_seconds,
            front_end_seconds=front_end_seconds,
            policy_seconds=policy_seconds,
            was_used=lambda project: any(store.of_project(project)),
        )
        self._traffic = Traffic(quotas=self._quotas, usage=self._usage, store=store, doors=self.front.doors)
        self.callers = Callers(
            now=now,
            projects=self.projects,
            operations=self._operations,
            store=store,
            delays=Delays(operation=operation_seconds, effect=effect_seconds),
            onward=self._traffic.serve,
        )
        self._monitoring = MonitoringApi(
            store=store,
            projects=self.projects,
            limits=self.catalogue.limits,
            now=now,
            lag=metric_lag_seconds,
            retention=retention_days * DAY,
        )
        self._budgets = BudgetsApi(projects=self.projects)
        self._skus = SkuApi(skus, billing_account, now)
        self._cloud_quotas = CloudQuotasApi(quotas=self._quotas, projects=self.projects)
        self._predictions = PredictionApi(projects=self.projects, now=now, serve=self._serve)
        self._handlers = self._all_handlers()

    def _all_handlers(self) -> dict[str, Handler]:
        quota_api = QuotaApi(
            quotas=self._quotas, operations=self._operations, projects=self.projects, usage=self._usage
        )
        overrides = QUOTAS + "limits.consumerOverrides."
        of_callers = self.callers.answers().items()
        return {
            **{method: Handler(answer=answer, permission=permission) for method, (answer, permission) in of_callers},
            **{method: Handler(answer=answer, permission=None) for method, answer in self.front.answers().items()},
            QUOTAS + "list": Handler(answer=quota_api.list_metrics, permission=READ_QUOTAS),
            QUOTAS + "get": Handler(answer=quota_api.get_metric, permission=READ_QUOTAS),
            QUOTAS + "limits.get": Handler(answer=quota_api.get_limit, permission=READ_QUOTAS),
            QUOTAS + "importConsumerOverrides": Handler(answer=quota_api.import_overrides, permission=UPDATE_QUOTAS),
            overrides + "list": Handler(answer=quota_api.list_overrides, permission=READ_QUOTAS),
            overrides + "create": Handler(answer=quota_api.create_override, permission=UPDATE_QUOTAS),
            overrides + "patch": Handler(answer=quota_api.patch_override, permission=UPDATE_QUOTAS),
            overrides + "delete": Handler(answer=quota_api.delete_override, permission=UPDATE_QUOTAS),
            CLOUD_QUOTAS + "services.quotaInfos.list": Handler(
                answer=self._cloud_quotas.list_infos, permission=READ_CLOUD_QUOTAS
            ),
            CLOUD_QUOTAS + "quotaPreferences.list": Handler(
                answer=self._cloud_quotas.list_requests, permission=READ_CLOUD_QUOTAS
            ),
            CLOUD_QUOTAS + "quotaPreferences.get": Handler(
                answer=self._cloud_quotas.get_request, permission=READ_CLOUD_QUOTAS
            ),
            CLOUD_QUOTAS + "quotaPreferences.create": Handler(
                answer=self._cloud_quotas.create, permission=UPDATE_CLOUD_QUOTAS
            ),
            CLOUD_QUOTAS + "quotaPreferences.patch": Handler(
                answer=self._cloud_quotas.patch, permission=UPDATE_CLOUD_QUOTAS
            ),
            BUDGETS + "list": Handler(answer=self._budgets.list, permission=None),
            BUDGETS + "get": Handler(answer=self._budgets.get, permission=None),
            "cloudbilling.services.list": Handler(answer=self._skus.list_services, permission=None),
            "cloudbilling.services.skus.list": Handler(answer=self._skus.list_skus, permission=None),
            "cloudbilling.billingAccounts.skus.price.get": Handler(answer=self._skus.get_price, permission=None),
            "cloudresourcemanager.projects.get": Handler(
                answer=self.projects.described, permission="resourcemanager.projects.get"
            ),
            GENERATE: Handler(answer=self._predictions.generate, permission=None),
            "serviceusage.operations.get": Handler(answer=self._operations.get, permission=None),
            "monitoring.projects.timeSeries.list": Handler(
                answer=self._monitoring.list_time_series, permission=READ_SERIES
            ),
            "cloudresourcemanager.projects.testIamPermissions": Handler(
                answer=PermissionsApi(projects=self.projects).test, permission=None
            ),
        }

    # What callers do

    def handle(self, verb: str, raw_path: str, query: str = "", body: bytes = b"", *, authorization: str = "") -> Reply:
        """Answers one request. `raw_path` and `query` are still percent-encoded. Never raises for a bad request."""
        pairs = parse_qsl(query, keep_blank_values=True)
        call: Call | None = None
        method_id, lost = "", False
        try:
            match = self._discovery.match(verb, raw_path)
            method_id = match.method.id
            self._check_token(authorization)
            call = checked_call(match, pairs, body)
            call, lost = self._meet_fault(call)
            with self._lock:
                answer = self._answer(call)
            check_reply(match.method, answer)
            reply = Reply(status=200, body=answer, lost=lost)
        except ApiError as error:
            reply = Reply(status=error.code, body=error.reply(), headers=error.headers, lost=lost)
        self.log.append(
            Logged(
                method_id=method_id,
                verb=verb,
                path=raw_path,
                parameters=call.parameters if call else dict(pairs),
                body=call.body if call else {},
                status=reply.status,
                lost=lost,
            )
        )
        return reply

    def _check_token(self, authorization: str) -> None:
        if self._token is not None and authorization != f"Bearer {self._token}":
            raise ApiError(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")

    def _meet_fault(self, call: Call) -> tuple[Call, bool]:
        match self.faults.take(call.method.id):
            case HttpFault() as fault:
                raise fault.error()
            case Slow(seconds=seconds):
                self._sleep(seconds)
            case Meanwhile(act=act):
                act()
            case LostReply():
                return call, True
            case FailLate() as fault:
                return replace(call, fails_late=fault.error()), False
            case None:
                pass
        return call, False

    def _answer(self, call: Call) -> dict[str, Any]:
        handler = self._handlers.get(call.method.id)
        if handler is None:
            raise unimplemented(f"the method {call.method.id}")
        if handler.permission is not None:
            name = call.parameters.get("name") or call.parameters["parent"]
            if name.startswith("projects/"):
                project = self.projects.get(name.split("/")[1])
                check_access(project, host=call.method.host, permission=handler.permission)
        return handler.answer(call)

    # What only the simulation does

    def serve(
        self,
        *,
        project: str,
        location: str,
        model: str,
        at: datetime,
        demand: Demand,
        minutes: int = 1,
        caller: Caller | None = None,
    ) -> Served:
        """Admits the demand that quotas (and what is set for its caller) allow from `at` on, and records it."""
        step = Step(
            project=project, location=location, model=model, at=at, demand=demand, minutes=minutes, caller=caller
        )
        return self.serve_many([step])[0]

    def serve_many(self, steps: Iterable[Step]) -> list[Served]:
        """Many steps in their order; those that share a bucket share what it allows, first come, first served."""
        with self._lock:
            return [self._serve(step) for step in steps]

    def _serve(self, step: Step) -> Served:
        if step.project not in self.projects.by_id:
            raise ValueError(f"{step.project!r} is no project of the sandbox: {sorted(self.projects.by_id)}")
        model = self.catalogue.model(step.model)
        if self._budgets.pauses(step.project, step.service, model.publisher):
            return Served.nothing(step.demand)
        return self._traffic.serve(step) if step.caller is None else self.callers.serve(step)

    def unbind(self, project: str, model: str) -> None:
        """From now on overrides for this model succeed there, are read back, and throttle nothing."""
        self._traffic.unbind(project, model)

    def set_override_as_somebody_else(
        self, *, project: str, metric: str, unit: str, dimensions: Mapping[str, str], value: int | None
    ) -> None:
        """An override that another person sets (or, with None, deletes) at this moment, by other means."""
        with self._lock:
            service = metric.partition("/")[0]
            limit = self.catalogue.limit(service, metric, unit=unit)
            if limit is None:
                raise limit_not_found(service, metric, unit)
            name = self.projects.get(project).project_id
            self._quotas.change(self._quotas.key(name, limit, dimensions_of(dimensions)), value, at_once=True)

    def put_spend_cap(self, cap: CapBudget) -> None:
        """A spend cap as somebody set, filled or lifted it: from now on callers read it so, and traffic feels it.

        How Google refuses what a cap pauses is not known: such requests leave no point in any metric here.
        """
        with self._lock:
            self._budgets.put(cap)

    def deny_billing(self, account: str, permission: str) -> None:
        """From now on the caller lacks this permission (`billing.budgets.list`) on the billing account."""
        self._budgets.denied.add((account, permission))

    def decide_increases(self, project: str, *, granted: int, detail: str = "") -> None:
        """What Google decides about the requests for quota that wait in a project."""
        with self._lock:
            self._cloud_quotas.decide(project, granted=granted, detail=detail)

    @property
    def increases(self) -> list[Request]:
        """Every request for quota, with what its maker wrote."""
        return list(self._cloud_quotas.requests)

    def disable_api(self, project: str, host: str) -> None:
        """From now on calls of this API (`serviceusage.googleapis.com`) for the project are SERVICE_DISABLED."""
        self.projects.get(project).disabled_services.add(host)

    def enable_api(self, project: str, host: str) -> None:
        self.projects.get(project).disabled_services.discard(host)

    def deny(self, project: str, permission: str) -> None:
        """From now on the caller lacks this permission (`serviceusage.quotas.update`) in the project."""
        self.projects.get(project).denied_permissions.add(permission)

    def allow(self, project: str, permission: str) -> None:
        self.projects.get(project).denied_permissions.discard(permission)

    def leave_doors_open(self) -> None:
        """From now on nothing is turned away, whatever was accepted: a change that succeeds and binds nothing."""
        self._traffic.doors_open = True
