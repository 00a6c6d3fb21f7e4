"""Spend caps of a billing account, through the Cloud Billing Budget API v1: read, never written.

The discovery document that google-api-python-client ships knows `spendCap` (the newer Python client lacks it). A cap's
budget names its project by number, so each project's budgets are asked for by `scope`, which takes an id. Source:
https://docs.cloud.google.com/billing/docs/how-to/budget-api-spend-cap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.errors import translated
from freio.domain.money import Money
from freio.domain.spend_cap import CapState, SpendCap

PAGE = 100  # budgets; the most that the list gives at once
NANO = Decimal("0.000000001")


class GoogleSpendCaps:
    """The caps of one billing account, whose currency is `currency`."""

    def __init__(self, apis: GoogleApis, account: str, currency: str) -> None:
        self._apis = apis
        self._parent = f"billingAccounts/{account}"
        self._currency = currency

    def caps(self, projects: Sequence[str]) -> list[SpendCap]:
        """Those on these projects, in their order. It takes `billing.budgets.list` on the billing account."""
        budgets = self._apis.billing_budgets().billingAccounts().budgets()
        found: list[SpendCap] = []
        for project in projects:
            with translated(f"listing the budgets of {project} in {self._parent}"):
                request = budgets.list(parent=self._parent, scope=f"projects/{project}", pageSize=PAGE)
                while request is not None:
                    reply = request.execute()
                    found += [self._cap(raw, project) for raw in reply.get("budgets", ()) if "spendCap" in raw]
                    request = budgets.list_next(request, reply)
        return found

    def _cap(self, raw: Mapping[str, Any], project: str) -> SpendCap:
        cap = raw["spendCap"]
        services = raw.get("budgetFilter", {}).get("services", ())
        return SpendCap(
            id=raw["name"],
            name=raw.get("displayName", ""),
            project=project,
            service=services[0].removeprefix("services/") if services else "",
            limit=self._money(raw.get("amount", {}).get("specifiedAmount", {})),
            state=_state(cap.get("outputState", "")),
            moving=cap.get("reconciling", False),
        )

    def _money(self, raw: Mapping[str, Any]) -> Money:
        """google.type.Money; zeros are left out of replies."""
        amount = Decimal(raw.get("units", "0")) + Decimal(raw.get("nanos", 0)) * NANO
        return Money(amount, raw.get("currencyCode") or self._currency)


def _state(text: str) -> CapState:
    """A state that this version does not know pauses nothing that we know of."""
    return CapState(text) if text in set(CapState) else CapState.UNKNOWN
