"""How far to brake: computed, not guessed.

*Budget-fit* is the limit at which the projected spend for the rest of the period meets the budget. A brake also has
no reason to let more through than the app's usual peak, so the limit is the lower of the two; and it never goes under
the app's configured floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The limit, in the target's unit a minute, and which of the three rules set it."""

    value: int
    rule: str


def output_per_input(ratios: Sequence[float]) -> float:
    """The 90th percentile of output tokens per input token, by nearest rank; 0 where nothing was seen.

    A quota that counts input tokens must be set as if each brought a large answer, or the budget would not hold.

    >>> output_per_input([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    0.9
    """
    if not ratios:
        return 0.0
    ranked = sorted(ratios)
    return ranked[max(0, -(-9 * len(ranked) // 10) - 1)]


def budget_fit(
    *,
    remaining: Decimal | None,
    others_rate: Decimal,
    minutes_left: int,
    unit_cost: Decimal,
    usual_peak: int,
    floor: int,
) -> Fit:
    """The limit for one target.

    ``remaining``    what is left of the budget (billed and in flight taken off); None: the app has no budget.
    ``others_rate``  what the app's other traffic, which this target does not limit, costs a minute.
    ``minutes_left`` until the budget period ends.
    ``unit_cost``    of one unit of the target (an input token with its share of output).
    ``usual_peak``   the highest hour of the seven days before the trouble began, a minute.

    Example: 3,000 BRL left, 10,000 minutes to go, 0.10 BRL a minute elsewhere, 0.000002 BRL an input token:
    (3000 / 10000 - 0.10) / 0.000002 = 100,000 tokens a minute, where the usual peak is higher.

    >>> budget_fit(remaining=Decimal(3000), others_rate=Decimal("0.10"), minutes_left=10_000,
    ...            unit_cost=Decimal("0.000002"), usual_peak=400_000, floor=20_000)
    Fit(value=100000, rule='budget')
    """
    best = Fit(value=usual_peak, rule="usual peak")
    if remaining is not None and unit_cost > 0:
        a_minute = max(Decimal(0), remaining) / max(1, minutes_left) - others_rate
        fits = int((max(Decimal(0), a_minute) / unit_cost).to_integral_value(ROUND_FLOOR))
        if fits < best.value:
            best = Fit(value=fits, rule="budget")
    return best if best.value >= floor else Fit(value=floor, rule="floor")


def refused(usage: Sequence[int], limit: int) -> Decimal:
    """The share of traffic over `limit`, of a series of tokens a minute; 0 where there was none.

    Bursts within a sample are averaged away, so this is the least that would have been refused.

    >>> refused([100, 100, 300], 200)
    Decimal('0.2')
    """
    total = sum(usage)
    if total <= 0:
        return Decimal(0)
    return Decimal(sum(max(0, u - limit) for u in usage)) / Decimal(total)
