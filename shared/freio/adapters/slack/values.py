"""Values of the domain as the text of a sentence's data; `freio.i18n.format` reads them again."""

from __future__ import annotations

from datetime import datetime

from freio.domain.money import Money


def amount(money: Money) -> str:
    """Every digit: the reader's format rounds, and `Money.__str__` would round a rate of 0.004 to nothing."""
    return f"{money.amount:f} {money.currency}"


def instant(at: datetime) -> str:
    return at.isoformat()


def limit(value: int | None) -> str:
    return "" if value is None else str(value)
