"""Cloud Billing's budget messages, as they come: several times a day, all month, whatever the state."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

from freio.domain.calendar import month_start
from freio.sandbox.demo.replay import Replay

EVERY = timedelta(hours=12)
THRESHOLDS = (Decimal("0.5"), Decimal("0.9"), Decimal("1.0"))
POISON = b"{this is not JSON"


class Budgets:
    """One budget for each app, named after it; a message says the highest threshold crossed, once it is."""

    def __init__(self, replay: Replay, start: datetime) -> None:
        self._replay = replay
        self._next = start + EVERY
        self._poisoned = False
        self.poison = 0

    def send(self, now: datetime) -> None:
        """What Cloud Billing publishes by now; once in the month, something that nobody can use comes along."""
        if now < self._next:
            return
        self._next += EVERY
        self._replay.stage.served.arrive(now)  # a message may make the watch look
        for app in self._replay.stage.client.apps:
            if app.budget is not None:
                self._one(app.name, app.budget.amount, now)
        if not self._poisoned and now.day > 1:
            self._poisoned = True
            self.poison += 1
            self._replay.stage.broker.publish("freio-budgets", POISON, self._attributes("poison"), published=now)
        self._replay.drain()

    def _one(self, app: str, budget: Decimal, now: datetime) -> None:
        interval = month_start(now)
        cost = self._replay.spent_at(app, now - timedelta(hours=8)) - self._replay.spent_at(app, interval)
        data = {
            "budgetDisplayName": f"freio-{app}",
            "costAmount": float(max(cost, Decimal(0)).quantize(Decimal("0.01"))),
            "costIntervalStart": interval.isoformat().replace("+00:00", "Z"),
            "budgetAmount": float(budget),
            "budgetAmountType": "SPECIFIED_AMOUNT",
            "currencyCode": self._replay.stage.client.currency,
        }
        crossed = [t for t in THRESHOLDS if cost >= t * budget]
        if crossed:
            data["alertThresholdExceeded"] = float(crossed[-1])
        self._replay.stage.broker.publish(
            "freio-budgets", json.dumps(data).encode(), self._attributes(app), published=now
        )

    def _attributes(self, app: str) -> dict[str, str]:
        return {
            "billingAccountId": self._replay.stage.client.billing_account,
            "budgetId": f"budget-{app}",
            "schemaVersion": "1.0",
        }
