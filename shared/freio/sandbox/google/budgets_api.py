"""Spend-cap budgets of billing accounts, as the Cloud Billing Budget API v1 lists them, and what a cap does to traffic.

Callers read; who sets, lifts and fills caps is the simulation. Replies name a project by its number, as Google's do,
while `scope` takes an id as well. Source: the discovery document's own descriptions, and
https://docs.cloud.google.com/billing/docs/how-to/budgets-spend-caps.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import ApiError, error_info, invalid, not_found
from freio.sandbox.google.paging import page

if TYPE_CHECKING:
    from freio.sandbox.google.projects import Projects
    from freio.sandbox.google.requests import Call

LIST = "billing.budgets.list"
GET = "billing.budgets.get"
PAGE = 100
THRESHOLDS = (0.5, 0.8, 1.0)
BILLED_AS = {"aiplatform.googleapis.com": "C7E2-9256-1C43", "generativelanguage.googleapis.com": "AEFD-7695-64FA"}
STATES = ("CONFIGURED", "ENFORCED", "AWAITING_NEXT_PERIOD")


@dataclass(kw_only=True)
class CapBudget:
    """One budget with a cap: `project` is an id, `state` where the cap rests."""

    account: str
    budget_id: str
    display_name: str
    project: str
    service: str
    amount: Decimal
    currency: str
    state: str = "CONFIGURED"
    reconciling: bool = False

    @property
    def name(self) -> str:
        return f"billingAccounts/{self.account}/budgets/{self.budget_id}"


@dataclass(kw_only=True)
class BudgetsApi:
    """The budgets of every account, and what callers may see of them. Plain budgets have no part in it."""

    projects: Projects
    caps: dict[str, CapBudget] = field(default_factory=dict)
    denied: set[tuple[str, str]] = field(default_factory=set)

    def list(self, call: Call) -> dict[str, Any]:
        account = self._account(call.parameters["parent"], LIST)
        scope = call.parameters.get("scope", "")
        if scope and not scope.startswith("projects/"):
            raise invalid(("scope", f"only a project's scope is supported, not {scope!r}"))
        found = [
            cap
            for cap in self.caps.values()
            if cap.account == account and (not scope or scope.removeprefix("projects/") in self._names(cap))
        ]
        rows, token = page(call.parameters, found, default=PAGE, most=PAGE)
        reply: dict[str, Any] = {"budgets": [self._json(cap) for cap in rows]} if rows else {}
        return reply | ({"nextPageToken": token} if token else {})

    def get(self, call: Call) -> dict[str, Any]:
        name = call.parameters["name"]
        self._account(name, GET)
        if name not in self.caps:
            raise not_found(f"Requested entity was not found: {name}")
        return self._json(self.caps[name])

    def put(self, cap: CapBudget) -> None:
        """What the simulation sets."""
        if cap.state not in STATES:
            raise ValueError(f"{cap.state!r} is no state of a cap: {STATES}")
        self.caps[cap.name] = cap

    def pauses(self, project: str, service: str, publisher: str) -> bool:
        """Whether an enforced cap blocks a service's traffic. Partners' models are billed as services of their own."""
        billed = BILLED_AS.get(service, "")
        return publisher == "google" and any(
            cap.state == "ENFORCED" and (cap.project, cap.service) == (project, billed) for cap in self.caps.values()
        )

    def _names(self, cap: CapBudget) -> set[str]:
        return {cap.project, self.projects.get(cap.project).number}

    def _account(self, name: str, permission: str) -> str:
        account = name.split("/")[1]
        if (account, permission) in self.denied:
            resource = f"billingAccounts/{account}"
            details = [
                error_info("IAM_PERMISSION_DENIED", "iam.googleapis.com", permission=permission, resource=resource)
            ]
            raise ApiError(
                403, "PERMISSION_DENIED", f"Permission '{permission}' denied on '{resource}'.", details=details
            )
        return account

    def _json(self, cap: CapBudget) -> dict[str, Any]:
        units = int(cap.amount)
        nanos = int((cap.amount - units) * 10**9)
        money = {"currencyCode": cap.currency} | ({"units": str(units)} if units else {})
        return {
            "name": cap.name,
            "displayName": cap.display_name,
            "budgetFilter": {
                "projects": [f"projects/{self.projects.get(cap.project).number}"],
                "services": [f"services/{cap.service}"],
                "creditTypesTreatment": "EXCLUDE_ALL_CREDITS",
                "calendarPeriod": "MONTH",
            },
            "amount": {"specifiedAmount": money | ({"nanos": nanos} if nanos else {})},
            "thresholdRules": [{"thresholdPercent": part, "spendBasis": "CURRENT_SPEND"} for part in THRESHOLDS],
            "notificationsRule": {"enableProjectLevelRecipients": True},
            "etag": f"{zlib.crc32(repr(cap).encode()):08x}",
            "ownershipScope": "ALL_USERS",
            "spendCap": {
                "inputState": "AWAITING_NEXT_PERIOD" if cap.state == "AWAITING_NEXT_PERIOD" else "CONFIGURED",
                "outputState": cap.state,
            }
            | ({"reconciling": True} if cap.reconciling else {}),
        }
