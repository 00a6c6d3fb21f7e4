"""What cost owners granted an app beforehand: each grant is an override of its own, and those in force add up.

The store finds records by their id alone, so an app's grants are numbered on end from 0, and one that is over makes
room for the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import reduce

from freio.domain.ask import Answer, Ask, override_id
from freio.domain.money import Money
from freio.guard.step import Step
from freio.ports import Store


def allowance(store: Store, app: str, now: datetime) -> Money | None:
    """By how much an app's budget is larger now; None: by nothing."""
    amounts = [grant.amount for grant in _grants(store, app) if grant.amount is not None and grant.in_force(now)]
    return reduce(Money.__add__, amounts) if amounts else None


def grant(step: Step, store: Store, ask: Ask, approver: str) -> None:
    """Keep an approved request as an override until it ends."""
    known = list(_grants(store, ask.app))
    number = next((n for n, one in enumerate(known) if not one.in_force(step.now)), len(known))
    step.put(
        replace(
            ask,
            id=override_id(ask.app, number),
            answer=Answer.APPROVED,
            answered_by=approver,
            answered_at=step.now,
            version=known[number].version if number < len(known) else 0,
        )
    )


def _grants(store: Store, app: str) -> Iterator[Ask]:
    number = 0
    while (one := store.get(Ask, override_id(app, number))) is not None:
        yield one
        number += 1
