"""What is being added up for one app while a reading is made."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from freio.domain.phrase import Phrase
from freio.domain.spend import HourlyCost
from freio.guard.reconcile import Ratio

_ZERO = Decimal(0)


@dataclass(slots=True)
class Band:
    """An estimate as a range: at the list's price, and what bills make of that."""

    listed: Decimal = _ZERO
    low: Decimal = _ZERO
    mid: Decimal = _ZERO
    high: Decimal = _ZERO

    def add(self, listed: Decimal, ratio: Ratio) -> None:
        self.listed += listed
        self.low += listed * ratio.low
        self.mid += listed * ratio.mid
        self.high += listed * ratio.high


@dataclass(slots=True)
class Worth:
    """Money by the hour, as billed and as guessed. ``beside`` was billed for what no estimate is made of."""

    billed: dict[datetime, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    beside: dict[datetime, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    guessed: dict[datetime, Band] = field(default_factory=lambda: defaultdict(Band))

    def worth(self, hour: datetime) -> Decimal:
        """Of an hour: what was billed, or what is estimated where that is more; what was billed beside on top.

        Where more was taken back than was spent, as by a correction of a batch job, nothing was spent.
        """
        guessed = self.guessed[hour].mid if hour in self.guessed else _ZERO
        return max(_ZERO, self.beside.get(hour, _ZERO) + max(self.billed.get(hour, _ZERO), guessed))

    def is_billed(self, hour: datetime) -> bool:
        """Whether anything of the hour is, so that it is no mere guess."""
        return bool(self.billed.get(hour) or self.beside.get(hour))

    def bill(self, cost: HourlyCost) -> None:
        (self.beside if cost.beside else self.billed)[cost.hour] += cost.net.amount


@dataclass(slots=True)
class Sums(Worth):
    """One app's money by the hour, the same of each of its models, and its present rate by model."""

    models: dict[str, Worth] = field(default_factory=lambda: defaultdict(Worth))
    rate: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    pace: Band = field(default_factory=Band)
    days: int = 0  # the most that any of its ratios was learned on
    unpriced: set[str] = field(default_factory=set)
    dedicated: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    shared: dict[Phrase, None] = field(default_factory=dict)
    odd: dict[Phrase, None] = field(default_factory=dict)  # bills that estimates do not go by

    def guess(self, hour: datetime, model: str, listed: Decimal, ratio: Ratio) -> None:
        self.guessed[hour].add(listed, ratio)
        self.models[model].guessed[hour].add(listed, ratio)

    def run(self, model: str, listed: Decimal, ratio: Ratio) -> None:
        """Within the last hour."""
        self.rate[model] += listed * ratio.mid
        self.pace.add(listed, ratio)
        self.days = max(self.days, ratio.days)

    def bill(self, cost: HourlyCost) -> None:
        Worth.bill(self, cost)
        self.models[cost.model].bill(cost)

    def billed_since(self, since: datetime) -> Decimal:
        return sum((v for bills in (self.billed, self.beside) for h, v in bills.items() if h >= since), _ZERO)

    def in_flight(self, since: datetime) -> tuple[Decimal, Decimal, Decimal]:
        """What estimates say beyond the bill, from `since` on: at least, likely, at most."""
        least = likely = most = _ZERO
        for hour, band in self.guessed.items():
            if hour >= since:
                billed = self.billed.get(hour, _ZERO)
                least += max(_ZERO, band.low - billed)
                likely += max(_ZERO, band.mid - billed)
                most += max(_ZERO, band.high - billed)
        return least, likely, most
