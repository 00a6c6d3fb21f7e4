"""Spend that belongs to no app: which hours of it people were told of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from freio.domain.money import Money

AGAIN = timedelta(days=1)  # what goes on is told so often at most
WORSE = 2  # times what was told of an hour: it is news again when more of its bill has come

Hours = Iterable[tuple[datetime, Money]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unowned:
    """What was told, and when: ``hours`` with what was known of each by then, ``at`` the last time.

    >>> from datetime import UTC
    >>> from decimal import Decimal
    >>> noon, cost = datetime(2026, 11, 23, 12, tzinfo=UTC), Money(Decimal(30), "USD")
    >>> told = Unowned().told([(noon, cost)], noon)
    >>> told.news([(noon, cost)], noon + 2 * AGAIN)
    ()
    >>> len(told.news([(noon, cost * 3)], noon + 2 * AGAIN)), len(told.news([(noon, cost * 3)], noon))
    (1, 0)
    """

    id: str = "unowned"
    hours: tuple[tuple[datetime, Money], ...] = ()
    at: datetime | None = None
    version: int = 0
    due_at: datetime | None = None

    def news(self, hours: Hours, now: datetime) -> tuple[tuple[datetime, Money], ...]:
        """Those of some dear hours that nobody was told of, or of half of what they cost at most; none within a day."""
        if self.at is not None and now - self.at < AGAIN:
            return ()
        known = dict(self.hours)
        return tuple((hour, cost) for hour, cost in hours if _is_news(cost, known.get(hour)))

    def told(self, hours: Hours, now: datetime) -> Unowned:
        """When these dear hours, all that are still looked at, have been told."""
        return replace(self, hours=tuple(hours), at=now)


def _is_news(cost: Money, told: Money | None) -> bool:
    return told is None or told.currency != cost.currency or not cost < told * WORSE
