"""Why a runaway is one, in what people decide by: since when, how much, by whom, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from freio.domain.callers import CallerShare
from freio.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is known of a runaway at one look.

    ``at``        when it was looked at.
    ``since``     when it began: the start of the first hour whose spend belongs to it.
    ``usual``     what the last hour usually costs.
    ``so_far``    what it has cost over the usual since then; ``tomorrow`` what that comes to in 24 hours, and
                  ``month_end`` when the month ends, if nothing changes.
    ``fired``     the features that fired, each with how far it is over its edge, strongest first.
    ``driver``    what has the largest part of it (a model, or whose calls they are; empty: not known), ``share`` that
                  part.
    ``caller``    whose calls drive it: a key or an account, where something tells them apart (None: nothing does).
    ``anew``      the hour in which it began again, where looks between saw nothing of it to tell (None: it has not).
    ``seen``      whether what it comes to is from a look that saw all of its app's telemetry, this one or one before.
    """

    at: datetime
    since: datetime
    usual: Money
    so_far: Money
    tomorrow: Money
    month_end: Money
    fired: tuple[tuple[str, Decimal], ...] = ()
    driver: str = ""
    share: Decimal = Decimal(0)
    caller: CallerShare | None = None
    anew: datetime | None = None
    seen: bool = True
