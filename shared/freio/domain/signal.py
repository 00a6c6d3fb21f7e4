"""A signal: one observation that spend may be running away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from freio.domain.app import Level
from freio.domain.money import Money
from freio.domain.phrase import Phrase


class SignalKind(StrEnum):
    """What was observed; the first two come from budget messages, the native anomaly from Google's own detection.

    A spend cap is a signal once it is used up, and Google has paused what it caps. A drill is made up.
    """

    BUDGET_THRESHOLD = "budget_threshold"
    BUDGET_FORECAST = "budget_forecast"
    SPIKE = "spike"
    LEVEL_SHIFT = "level_shift"
    GROWTH = "growth"
    NATIVE_ANOMALY = "native_anomaly"
    SPEND_CAP = "spend_cap"
    UNPRICED = "unpriced"
    UNATTRIBUTED = "unattributed"
    DRILL = "drill"

    @property
    def is_of_budget(self) -> bool:
        """Whether its `usual` is a budget, and not what the same hour usually costs."""
        return self in {SignalKind.BUDGET_THRESHOLD, SignalKind.BUDGET_FORECAST, SignalKind.SPEND_CAP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One observation about one app.

    ``key``       the same observation, delivered twice, has the same key: it counts once.
    ``observed``  the amount seen, ``usual`` what is normal for it, both over `window_minutes` (0: over the budget
                  period, where `usual` is the budget).
    ``score``     the detector's, over its threshold (1.0 fires); for a budget the ratio that was crossed.
    ``driver``    what drives it most (a model), where known.
    ``detail``  why it counts, where more can be said.
    """

    key: str
    app: str
    kind: SignalKind
    level: Level
    at: datetime
    observed: Money
    usual: Money
    window_minutes: int
    score: float
    driver: str = ""
    detail: Phrase | None = None

    @property
    def pace(self) -> Money:
        """What was observed, put as an hour: amounts of fifteen minutes and of sixty can then be compared.

        Over a budget's period (0 minutes) it is the amount itself.
        """
        return self.observed * (Decimal(60) / self.window_minutes) if self.window_minutes else self.observed
