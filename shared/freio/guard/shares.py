"""Whose the traffic of a project and model is, as the export of the last days says, and how much of it is nobody's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from freio.guard.estimate import NOBODY, WEEK, Owned, Traffic

DAY = timedelta(days=1)
SATURDAY = 5  # as `date.weekday` counts
PAID = Decimal("0.1")  # of the hours that have rows: with fewer that cost something, credits pay for all
WORKING, WEEKENDS = 5, 3  # whole days of each, from which on they are known
_ZERO, _ONE = Decimal(0), Decimal(1)

Hours = Mapping[tuple[str, datetime], Decimal]
"""What an owner's hour weighs."""


def shares(costs: Iterable[Owned], until: datetime) -> dict[Traffic, dict[str, Decimal]]:
    """For each project and model, which part of its tokens' cost is whose, from the export's last seven days.

    Whoever has a row is named, with no part of the money where credits pay for all of its own.
    """
    found = {}
    for traffic, hours in _weighed(costs, until - WEEK).items():
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for (owner, _), weight in hours.items():
            sums[owner] += weight
        total = sum(sums.values(), _ZERO)
        found[traffic] = {owner: part / total for owner, part in sums.items()}
    return found


def strangers(costs: Iterable[Owned], until: datetime) -> dict[Traffic, Decimal]:
    """For each project and model, what part of a calm day there belongs to nobody, at most: of the last two weeks.

    Nobody's dearest day beside a calm one of the apps', see `_calm`. A share of all days would shrink while an app runs
    away: two that cost 10 USD a day each, one of which costs 600 for a day, leave the other a tenth of that week, and a
    half of any day before.
    """
    found = {}
    for traffic, hours in _weighed(costs, until - 2 * WEEK).items():
        nobodys: dict[date, Decimal] = defaultdict(Decimal)
        owned: dict[date, Decimal] = defaultdict(Decimal)
        for (owner, hour), weight in hours.items():
            (nobodys if owner == NOBODY else owned)[hour.date()] += weight
        dearest = max(nobodys.values(), default=_ZERO)
        first = min(hour for _, hour in hours).date()
        found[traffic] = dearest / (dearest + _calm(owned, first, until.date())) if dearest else _ZERO
    return found


def _calm(owned: Mapping[date, Decimal], first: date, last: date) -> Decimal:
    """What the apps' calm day costs: what a third of their working days do not exceed, or of their weekends' if dearer.

    The first day and the last are not whole, so they are left out. Before a working week of whole days is known it is
    the least of all days but the last: rather a stranger too many than a runaway's day for a calm one.

    By hand: 96 USD on each of nine working days, 1 on each of four days of weekends. The third of the nine, from below,
    is 96; the second of the four is 1; so it is 96, on whatever day that is asked. Let the app cost 6,000 on the last
    six of the nine and on the weekend between them: the third of the nine, from below, is 96 still. After three days,
    of which the newer two are at 6,000, it is 96 as well.
    """
    costly = {day: cost for day, cost in owned.items() if cost > 0}
    whole = {day: cost for day, cost in costly.items() if first < day < last}
    working = [cost for day, cost in whole.items() if day.weekday() < SATURDAY]
    weekends = [cost for day, cost in whole.items() if day.weekday() >= SATURDAY]
    if len(working) < WORKING:
        ended = [cost for day, cost in costly.items() if day < last]
        return min(ended or costly.values(), default=_ZERO)
    return max(_third(working), _third(weekends) if len(weekends) >= WEEKENDS else _ZERO)


def _third(costs: Sequence[Decimal]) -> Decimal:
    return sorted(costs)[(len(costs) - 1) // 3]


def _weighed(costs: Iterable[Owned], since: datetime) -> dict[Traffic, Hours]:
    """By project and model: of money where some is paid, else one for each hour that has a row.

    Where credits pay for everything, rows without money are all that the export has of anybody; and a cent in one of
    ten hours is no more.
    """
    found: dict[Traffic, dict[tuple[str, datetime], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for cost, owner in costs:
        if cost.hour >= since and cost.net.amount >= 0 and not cost.beside:
            found[cost.project, cost.model][owner, cost.hour] += cost.net.amount
    return {traffic: hours if _is_paid(hours) else dict.fromkeys(hours, _ONE) for traffic, hours in found.items()}


def _is_paid(hours: Hours) -> bool:
    """Also where most of the newest day is: credits ran out, and estimates go by the list's price from then on."""
    newest = max(hour for _, hour in hours)
    lately = [weight for (_, hour), weight in hours.items() if newest - hour < DAY]
    return _paid(lately) * 2 >= len(lately) or _paid(hours.values()) > PAID * len(hours)


def _paid(weights: Iterable[Decimal]) -> int:
    return sum(1 for weight in weights if weight)
