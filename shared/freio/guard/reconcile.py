"""What bills were of the estimates for the same hours: a ratio for each project and model, with its spread.

Telemetry shows no caches of Google's models, no contracts, no long contexts and no credits, so an estimate at list
price is off, by much the same part each day. That part is learned from the settled days that telemetry still shows,
anew at each reading: late rows and corrections come into it by themselves, and nothing has to be kept.

A ratio far from one is learned too where day after day says the same, as where credits pay for nearly all; where the
days do not agree, or the bill has nothing of that name, the list's price stands, and both are said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from freio.domain.spend import HourlyCost
from freio.guard.estimate import Traffic

USUAL = (Decimal("0.05"), Decimal(2))  # what caches, contracts and long contexts make of a price; outside it is odd
STEADY_DAYS = 5  # of about seven; the newest is one of them, for credits run out
NEAR = Decimal("0.05")  # of the list's price, each way, where that is more than `FEW` of the ratio
LOW, MIDDLE, HIGH = Decimal("0.1"), Decimal("0.5"), Decimal("0.9")  # quantiles of the days
FEW_DAYS = 3  # of fewer, the spread is not known, and is taken to be at least
FEW = Decimal("0.25")  # of the ratio, each way


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Billed over estimated: on a middling day, and on days of little and of much; ``days`` that it was learned on.

    ``steady``  enough days, the newest among them, are near the middling one, and no bill since says more.
    ``billed``  the bill has something of that project and model in hours with an estimate; else it is no ratio.
    """

    low: Decimal
    mid: Decimal
    high: Decimal
    days: int
    steady: bool = False
    billed: bool = True

    @property
    def is_odd(self) -> bool:
        least, most = USUAL
        return not (self.billed and least <= self.mid <= most)

    @property
    def is_believed(self) -> bool:
        return self.billed and (self.steady or not self.is_odd)


# Before the first settled bill. Caches make a bill smaller (a token that is read from one costs a tenth) and regional
# endpoints a tenth larger; how much of either there is nobody knows yet, so this is a guess, and is said to be one.
UNKNOWN = Ratio(low=Decimal("0.3"), mid=Decimal(1), high=Decimal("1.1"), days=0)

Estimates = Mapping[tuple[Traffic, datetime], Decimal]


def ratios(costs: Iterable[HourlyCost], estimates: Estimates, settled: datetime) -> dict[Traffic, Ratio]:
    """The ratio of each traffic, believed or not, from the hours before `settled` that have an estimate."""
    billed: dict[tuple[Traffic, date], Decimal] = defaultdict(Decimal)
    guessed: dict[tuple[Traffic, date], Decimal] = defaultdict(Decimal)
    there: set[tuple[Traffic, date]] = set()
    lately: dict[tuple[Traffic, datetime], Decimal] = defaultdict(Decimal)
    for (traffic, hour), amount in estimates.items():
        if hour < settled:
            guessed[traffic, hour.date()] += amount
    for cost in costs:
        traffic = (cost.project, cost.model)
        if (traffic, cost.hour) not in estimates or cost.beside:
            continue
        if cost.hour < settled:
            billed[traffic, cost.hour.date()] += cost.net.amount
            there.add((traffic, cost.hour.date()))
        else:
            lately[traffic, cost.hour] += cost.net.amount
    since = _since_settled(lately, estimates)
    days: dict[Traffic, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    bare: dict[Traffic, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for (traffic, day), amount in sorted(guessed.items()):
        if amount > 0:  # a day without a row is a gap of the export's: what credits have paid for has rows
            seen = days if (traffic, day) in there else bare
            seen[traffic].append((billed[traffic, day] / amount, amount))
    found = {traffic: _ratio(without, billed=False) for traffic, without in bare.items()}
    found |= {traffic: _ratio(seen, billed=True) for traffic, seen in days.items()}
    return {traffic: _still(ratio, since.get(traffic)) for traffic, ratio in found.items()}


def _since_settled(lately: Mapping[tuple[Traffic, datetime], Decimal], estimates: Estimates) -> dict[Traffic, Decimal]:
    """What bills already are of the estimates, in the dearest of the hours that have not settled.

    Rows that come late mostly add to it, so that it is about the least that the ratio of now can be.
    """
    found: dict[Traffic, Decimal] = {}
    for (traffic, hour), amount in lately.items():
        if estimates[traffic, hour] > 0:
            found[traffic] = max(found.get(traffic, Decimal(0)), amount / estimates[traffic, hour])
    return found


def _still(ratio: Ratio, lately: Decimal | None) -> Ratio:
    """Not steady any more, where what is billed since says more: credits run out."""
    if lately is None or lately <= ratio.mid + max(NEAR, FEW * ratio.mid):
        return ratio
    return replace(ratio, steady=False)


def doubts(found: Mapping[Traffic, Ratio]) -> tuple[str, ...]:
    """What is said of odd ratios, whether estimates go by them or not."""
    said = []
    for (project, model), ratio in sorted(found.items()):
        days = f"{ratio.days} settled day{'s' if ratio.days != 1 else ''}"
        if not ratio.billed:
            why = f"the bill has nothing of it on {days}, telemetry has: list prices stand in"
        elif ratio.is_odd and ratio.is_believed:
            why = f"bills were {ratio.mid:.2f} of list price on {days}, steadily (by credits?): estimates go by that"
        elif ratio.is_odd:
            why = f"bills were {ratio.mid:.2f} of list price on {days}, too few or too uneven: list prices stand in"
        else:
            continue
        said.append(f"{model} in {project}: {why}")
    return tuple(said)


def _ratio(days: Sequence[tuple[Decimal, Decimal]], *, billed: bool) -> Ratio:
    """Of a traffic's days, the newest last."""
    mid = quantile(days, MIDDLE)
    low, high = min(mid, quantile(days, LOW)), max(mid, quantile(days, HIGH))
    if len(days) < FEW_DAYS:
        low, high = min(low, mid * (1 - FEW)), max(high, mid * (1 + FEW))
    near = [abs(value - mid) <= max(NEAR, FEW * mid) for value, _ in days]
    steady = sum(near) >= STEADY_DAYS and near[-1]
    low, mid, high = (round(part, 6) for part in (low, mid, high))
    return Ratio(low=low, mid=mid, high=high, days=len(days), steady=steady, billed=billed)


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
