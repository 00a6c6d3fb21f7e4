"""A budget message, as Cloud Billing publishes it, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from freio.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetMessage:
    """Cost so far of one budget in one interval; both thresholds are None until crossed.

    ``actual`` and ``forecast`` are ratios of the budget (0.9 is 90 %; they can pass 1).
    ``published`` orders the messages: delivery does not.
    """

    account: str
    budget_id: str
    name: str
    interval_start: datetime
    cost: Money
    budget: Money
    amount_type: str
    actual: Decimal | None
    forecast: Decimal | None
    published: datetime

    @property
    def interval(self) -> str:
        return f"{self.account}/{self.budget_id}/{self.interval_start.isoformat()}"

    def crossing_key(self, kind: str, threshold: Decimal) -> str:
        """One alert for each: account, budget, interval, kind, threshold and budget amount."""
        return f"{self.interval}/{kind}/{threshold.normalize()}/{self.budget.amount.normalize()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """The newest budget message about one app (`id` is its name); an older one that comes later changes nothing."""

    id: str
    interval_start: datetime
    cost: Money
    budget: Money
    published: datetime
    version: int = 0
    due_at: datetime | None = None
