"""What bills were of the estimates for the same hours: a ratio for each project and model, with its spread.

Telemetry shows no caches of Google's models, no contracts, no long contexts and no credits, so an estimate at list
price is off, by much the same part each day. That part is learned from the settled days that telemetry still shows,
anew at each reading: late rows and corrections come into it by themselves, and nothing has to be kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from freio.domain.spend import HourlyCost
from freio.guard.estimate import Traffic

BELIEVED = (Decimal("0.05"), Decimal(2))  # outside these, model names do not mean the same: no ratio is better
LOW, MIDDLE, HIGH = Decimal("0.1"), Decimal("0.5"), Decimal("0.9")  # quantiles of the days
FEW_DAYS = 3  # of fewer, the spread is not known, and is taken to be at least
FEW = Decimal("0.25")  # of the ratio, each way


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Billed over estimated: on a middling day, and on days of little and of much; ``days`` that it was learned on."""

    low: Decimal
    mid: Decimal
    high: Decimal
    days: int


# Before the first settled bill. Caches make a bill smaller (a token that is read from one costs a tenth) and regional
# endpoints a tenth larger; how much of either there is nobody knows yet, so this is a guess, and is said to be one.
UNKNOWN = Ratio(low=Decimal("0.3"), mid=Decimal(1), high=Decimal("1.1"), days=0)

Estimates = Mapping[tuple[Traffic, datetime], Decimal]


def ratios(costs: Iterable[HourlyCost], estimates: Estimates, settled: datetime) -> dict[Traffic, Ratio]:
    """The ratio of each traffic, from the hours before `settled` that have an estimate."""
    billed: dict[tuple[Traffic, date], Decimal] = defaultdict(Decimal)
    guessed: dict[tuple[Traffic, date], Decimal] = defaultdict(Decimal)
    for (traffic, hour), amount in estimates.items():
        if hour < settled:
            guessed[traffic, hour.date()] += amount
    for cost in costs:
        traffic = (cost.project, cost.model)
        if (traffic, cost.hour) in estimates and cost.hour < settled and not cost.beside:
            billed[traffic, cost.hour.date()] += cost.net.amount
    days: dict[Traffic, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for (traffic, day), amount in guessed.items():
        if amount > 0:
            days[traffic].append((billed[traffic, day] / amount, amount))
    least, most = BELIEVED
    found = {traffic: _ratio(seen) for traffic, seen in days.items()}
    return {traffic: ratio for traffic, ratio in found.items() if least <= ratio.mid <= most}


def _ratio(days: Sequence[tuple[Decimal, Decimal]]) -> Ratio:
    mid = quantile(days, MIDDLE)
    low, high = min(mid, quantile(days, LOW)), max(mid, quantile(days, HIGH))
    if len(days) < FEW_DAYS:
        low, high = min(low, mid * (1 - FEW)), max(high, mid * (1 + FEW))
    return Ratio(low=round(low, 6), mid=round(mid, 6), high=round(high, 6), days=len(days))


def quantile(weighted: Sequence[tuple[Decimal, Decimal]], share: Decimal) -> Decimal:
    """The least value that, with those under it, has this share of the weight: one odd day of seven moves no middle.

    By hand: days billed at 0.4, 0.5 and 0.6 of estimates of 10, 100 and 10. Half of 120 is 60; 0.4 has 10 of it, and
    with 0.5 it is 110.

    >>> d = Decimal
    >>> quantile([(d("0.6"), d(10)), (d("0.4"), d(10)), (d("0.5"), d(100))], d("0.5"))
    Decimal('0.5')
    """
    wanted = share * sum((weight for _, weight in weighted), Decimal(0))
    reached = Decimal(0)
    for value, weight in sorted(weighted):
        reached += weight
        if reached >= wanted:
            return value
    raise ValueError("no quantile of nothing")
