"""What is known of an app's money beside its reading: budget messages, and what cost owners granted."""

from __future__ import annotations

from collections.abc import Sequence

from freio.domain.app import App, Client
from freio.domain.budget import BudgetReport, BudgetStatus
from freio.domain.calendar import month_start
from freio.domain.money import Money, SpendRange, billed_at_least
from freio.guard.meter import Reading
from freio.guard.overrides import allowance
from freio.ports import Clock, Store


class Beside:
    """Read from the store at each question."""

    def __init__(self, client: Client, store: Store, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._clock = clock

    def spend(self, reading: Reading) -> SpendRange:
        """The reading, with what a budget message of this month has billed, where that is more: one figure for all."""
        app = self._client.app(reading.app)
        reports = self.budgets(app) if app else ()
        return billed_at_least(reading.spend, reports[0].cost) if reports else reading.spend

    def budgets(self, app: App) -> Sequence[BudgetReport]:
        """What the app's budgets say of this month."""
        status = self._store.get(BudgetStatus, app.name)
        return status.of_month(month_start(self._clock.now()), self._client.currency) if status else ()

    def allowance(self, app: App) -> Money | None:
        """What cost owners granted beforehand."""
        return allowance(self._store, app.name, self._clock.now())
