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
from freio.guard.lately import Day, lately
from freio.guard.quantile import MIDDLE, quantile

USUAL = (Decimal("0.05"), Decimal(2))  # what caches, contracts and long contexts make of a price; outside it is odd
STEADY_DAYS = 5  # of about seven; and the newest 24 hours, for credits run out
NEAR = Decimal("0.05")  # of the list's price, each way, where that is more than `FEW` of the ratio
LOW, HIGH = Decimal("0.1"), Decimal("0.9")  # quantiles of the days
FEW_DAYS = 3  # of fewer, the spread is not known, and is taken to be at least
FEW = Decimal("0.25")  # of the ratio, each way


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Billed over estimated: on a middling day, and on days of little and of much; ``days`` that it was learned on.

    ``steady``  enough days and the newest settled 24 hours are near the middling one, and no bills since say more.
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
    """The ratio of each traffic, believed or not, from the hours before `settled` that have an estimate.

    What bills since then say of more is taken up where a whole day's money says it: see `freio.guard.lately`.
    """
    billed: dict[Traffic, dict[datetime, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    guessed: dict[Traffic, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (traffic, hour), amount in estimates.items():
        if hour < settled:
            guessed[traffic][hour.date()] += amount
    for cost in costs:
        traffic = (cost.project, cost.model)
        if (traffic, cost.hour) in estimates and not cost.beside:
            billed[traffic][cost.hour] += cost.net.amount
    found = {}
    for traffic, amounts in guessed.items():
        hours = {hour: (amount, estimates[traffic, hour]) for hour, amount in billed[traffic].items()}
        sums: dict[date, Decimal] = defaultdict(Decimal)
        for hour, (amount, _) in hours.items():
            if hour < settled:
                sums[hour.date()] += amount
        known = sorted((day, amount) for day, amount in amounts.items() if amount > 0)
        # A day without a row is a gap of the export's: what credits have paid for has rows.
        days = [(sums[day] / amount, amount) for day, amount in known if day in sums]
        if days:
            newest = lately(hours, settled, [amount for _, amount in days])
            found[traffic] = _raised(_ratio(days, newest.settled), newest.since)
        elif known:
            found[traffic] = replace(_ratio([(Decimal(0), amount) for _, amount in known], None), billed=False)
    return found


def _raised(ratio: Ratio, since: Day | None) -> Ratio:
    """With what has been billed since the settled days, where that is more than they say: credits run out.

    A day that is no dearer than some of the week is none that says more. Where nearly all was paid for, the list's
    price stands in at once; else the ratio is what that day's bills were, if that is usual, and at most what half of
    its money was billed at, or more.
    """
    usual, most = USUAL
    is_credited = ratio.mid < usual
    known = ratio.mid + _near(ratio.mid)
    if since is None or not ratio.is_believed or since.least <= (known if is_credited else max(known, ratio.high)):
        return ratio
    if is_credited:
        return replace(ratio, steady=False)
    mid = max(ratio.mid, min(since.least, most))
    return replace(ratio, mid=round(mid, 6), high=round(max(ratio.high, mid, since.most), 6))


def _near(mid: Decimal) -> Decimal:
    """How far, each way, is still the same."""
    return max(NEAR, FEW * mid)


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


def _ratio(days: Sequence[tuple[Decimal, Decimal]], newest: Day | None) -> Ratio:
    """Of a traffic's days."""
    mid = quantile(days, MIDDLE)
    low, high = min(mid, quantile(days, LOW)), max(mid, quantile(days, HIGH))
    if len(days) < FEW_DAYS:
        low, high = min(low, mid * (1 - FEW)), max(high, mid * (1 + FEW))
    near = sum(abs(value - mid) <= _near(mid) for value, _ in days)
    steady = near >= STEADY_DAYS and newest is not None and newest.least - _near(mid) <= mid <= newest.most + _near(mid)
    low, mid, high = (round(part, 6) for part in (low, mid, high))
    return Ratio(low=low, mid=mid, high=high, days=len(days), steady=steady)
