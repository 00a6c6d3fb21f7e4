"""A signal: one observation that spend may be running away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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
    RETRY_STORM = "retry_storm"
    STUCK_LOOP = "stuck_loop"
    GROWTH = "growth"
    LEVEL_SHIFT = "level_shift"
    LEAK = "leak"
    MIX_CHANGE = "mix_change"
    PRICE_CHANGE = "price_change"
    SILENCE = "silence"
    NATIVE_ANOMALY = "native_anomaly"
    SPEND_CAP = "spend_cap"
    UNPRICED = "unpriced"
    UNATTRIBUTED = "unattributed"
    DRILL = "drill"

    @property
    def is_of_budget(self) -> bool:
        """Whether its `usual` is a budget, and not what the same hour usually costs."""
        return self in {SignalKind.BUDGET_THRESHOLD, SignalKind.BUDGET_FORECAST, SignalKind.SPEND_CAP}

    @property
    def is_shape(self) -> bool:
        """Whether it names what the spend looks like: as it goes on, a spike may turn out to be a loop or growth."""
        return self in _SHAPES

    @property
    def is_of_price(self) -> bool:
        """Whether the same tokens have become dearer."""
        return self in {SignalKind.MIX_CHANGE, SignalKind.PRICE_CHANGE}


_SHAPES = {
    SignalKind.SPIKE,
    SignalKind.RETRY_STORM,
    SignalKind.STUCK_LOOP,
    SignalKind.GROWTH,
    SignalKind.LEVEL_SHIFT,
    SignalKind.LEAK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One observation about one app.

    ``key``       the same observation, delivered twice, has the same key: it counts once.
    ``observed``  the amount seen, ``usual`` what is normal for it, both over `window_minutes` (0: over the budget
                  period, where `usual` is the budget).
    ``score``     the detector's, over its threshold (1.0 fires); for a budget the ratio that was crossed.
    ``driver``    what drives it most (a model), where known.
    ``detail``  why it counts, where more can be said.
    ``unit_usual``  what a million tokens usually cost, where it is their price that has changed.
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
    unit_usual: Money | None = None

    @property
    def pace(self) -> Money:
        """What was observed, put as an hour: amounts of fifteen minutes and of sixty can then be compared.

        Over a budget's period (0 minutes) it is the amount itself.
        """
        return self._an_hour(self.observed)

    @property
    def usual_pace(self) -> Money:
        """What is usual, put as an hour."""
        return self._an_hour(self.usual)

    @property
    def began(self) -> datetime:
        """The start of what was observed; of a budget's signal, when it was seen."""
        return self.at - timedelta(minutes=self.window_minutes)

    def _an_hour(self, amount: Money) -> Money:
        return amount * (Decimal(60) / self.window_minutes) if self.window_minutes else amount
