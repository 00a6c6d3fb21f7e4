"""The middle, and the edges, of numbers that do not weigh alike."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

MIDDLE = Decimal("0.5")


def quantile(weighted: Iterable[tuple[Decimal, Decimal]], share: Decimal) -> Decimal:
    """The least value that, with those under it, has this share of the weight: one odd day of seven moves no middle.

    By hand: days billed at 0.4, 0.5 and 0.6 of estimates of 10, 100 and 10. Half of 120 is 60; 0.4 has 10 of it, and
    with 0.5 it is 110.

    >>> d = Decimal
    >>> quantile([(d("0.6"), d(10)), (d("0.4"), d(10)), (d("0.5"), d(100))], d("0.5"))
    Decimal('0.5')
    """
    ordered = sorted(weighted)
    wanted = share * sum((weight for _, weight in ordered), Decimal(0))
    reached = Decimal(0)
    for value, weight in ordered:
        reached += weight
        if reached >= wanted:
            return value
    raise ValueError("no quantile of nothing")
