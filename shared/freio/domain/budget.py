"""A budget message, as Cloud Billing publishes it, in our words; and what an app's budgets said last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.calendar import month_end, month_start
from freio.domain.money import Money

LATE = timedelta(days=1)  # a month's last messages may still be published after it


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
    def source(self) -> str:
        """Which budget speaks."""
        return f"{self.account}/{self.budget_id}"

    @property
    def interval(self) -> str:
        return f"{self.source}/{self.interval_start.isoformat()}"

    def crossing_key(self, kind: str, threshold: Decimal) -> str:
        """One alert for each: account, budget, interval, kind, threshold and budget amount."""
        return f"{self.interval}/{kind}/{threshold.normalize()}/{self.budget.amount.normalize()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReport:
    """The newest message of one budget (`source`).

    ``is_monthly``  whether its intervals are months, as far as its messages have shown: see `report_of`.
    """

    source: str
    interval_start: datetime
    cost: Money
    budget: Money
    published: datetime
    is_monthly: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """What each budget of one app (`id` is its name) said last: several may watch one app, or parts of it."""

    id: str
    reports: tuple[BudgetReport, ...] = ()
    version: int = 0
    due_at: datetime | None = None

    def of(self, source: str) -> BudgetReport | None:
        return next((report for report in self.reports if report.source == source), None)

    def with_report(self, report: BudgetReport) -> BudgetStatus:
        others = (other for other in self.reports if other.source != report.source)
        return replace(self, reports=(*others, report))

    def of_month(self, start: datetime, currency: str) -> tuple[BudgetReport, ...]:
        """What speaks of the month that began then, widest first: the one with the most cost, then amount.

        Budgets of a quarter, a year or a span of days are left out: their costs are not the month's. So is what was
        said in another currency, before the client's file named this one.
        """
        found = (
            report
            for report in self.reports
            if report.is_monthly and report.interval_start == start and report.cost.currency == currency
        )
        return tuple(sorted(found, key=lambda report: (-report.cost.amount, -report.budget.amount)))


def report_of(message: BudgetMessage, before: BudgetReport | None) -> BudgetReport:
    """A budget's report after a newer message.

    A message does not say how long its interval is. One that begins with a month counts as monthly until it is seen
    in a later month, and again once it was followed by the interval of the next month. What is left: a quarter's or a
    year's budget that is new to us counts as monthly in its first month.
    """
    start = message.interval_start
    is_monthly = before is None or before.is_monthly
    if before is not None and month_end(before.interval_start) == start:
        is_monthly = True
    if start != month_start(start) or message.published >= month_end(start) + LATE:
        is_monthly = False
    return BudgetReport(
        source=message.source,
        interval_start=start,
        cost=message.cost,
        budget=message.budget,
        published=message.published,
        is_monthly=is_monthly,
    )


def watched_part(report: BudgetReport, widest: BudgetReport) -> Decimal:
    """Which part of an app's spend a budget watches: its own cost over that of the widest one.

    A budget of 500 for the test traffic of an app is not held against what all of the app costs.
    """
    if report is widest:
        return Decimal(1)
    return report.cost.amount / widest.cost.amount if widest.cost.amount else Decimal(0)
