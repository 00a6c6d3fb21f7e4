"""Whose calls a runaway is: the part of one key or account in what comes beyond the usual, where calls are told apart.

Nothing is guessed: calls of nobody known are a caller of their own, and where what is told apart did not grow as the
app's money did, nothing is said at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from statistics import median

from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import CALLED_REQUESTS, CALLED_SPEND, CALLED_TOKENS

NOBODY = ""  # the caller of calls that nobody is named for
MOVES_WITH = Decimal("0.25")  # of the money's growth, whose hour is some minutes newer: less is not what makes it dear
_ZERO = Decimal(0)

Hour = Mapping[str, Decimal]  # what each caller had in it


class Measure(StrEnum):
    """In what a source tells callers apart."""

    SPEND = "spend"
    TOKENS = "tokens"
    REQUESTS = "requests"


_SAID = {
    Measure.SPEND: CALLED_SPEND,
    Measure.TOKENS: CALLED_TOKENS,
    Measure.REQUESTS: CALLED_REQUESTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What each caller of one app had, by the source's own id of it.

    ``now``   in the newest hour, or a part of it; ``before`` in the same span of earlier days, newest first.
    """

    of: Measure
    now: Hour
    before: tuple[Hour, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerShare:
    """``share`` is the part that ``who`` has, as of ``at``, in what comes beyond the usual, ``of`` which measure."""

    who: Phrase
    share: Decimal
    of: Measure
    at: datetime

    @property
    def said(self) -> Phrase:
        """For the message, the thread and the journal."""
        return Phrase.of(_SAID[self.of], share=f"{self.share:.4f}", caller=packed([self.who]))


def driving(calls: Calls, grown: Decimal | None) -> tuple[str, Decimal] | None:
    """The caller with the largest part of what is over the usual, and that part; None: nobody can be named.

    The rule is the one by which a model is named: each is held against its own usual, the middle of the same hours of
    the days before. A day on which nobody at all called was not told, and is no usual.

    ``grown``  how much more than its usual the app's money was in that hour, over the usual (9: ten times as much;
               None: nothing is usual).

    By hand: `web` usually has 10 and now 100, `batch` 40 and now 50: of 100 more, 90 are of `web`. The calls are three
    times the usual, so they tell why the money is, too; were it a hundred times, they would not.

    >>> ten = Calls(of=Measure.REQUESTS, now={"web": Decimal(100), "batch": Decimal(50)},
    ...             before=({"web": Decimal(10), "batch": Decimal(40)},) * 3)
    >>> driving(ten, grown=Decimal(2)), driving(ten, grown=Decimal(99))
    (('web', Decimal('0.9000')), None)
    """
    told = [hour for hour in calls.before if any(hour.values())]
    usual = {caller: _usual(told, caller) for caller in {caller for hour in (calls.now, *told) for caller in hour}}
    over = {caller: max(_ZERO, calls.now.get(caller, _ZERO) - mine) for caller, mine in usual.items()}
    whole, before = sum(over.values(), _ZERO), sum(usual.values(), _ZERO)
    if not whole or not told:
        return None
    if before and (grown is None or whole / before < grown * MOVES_WITH):
        return None
    most = max(sorted(over), key=lambda caller: over[caller])
    return None if most == NOBODY else (most, round(over[most] / whole, 4))


def _usual(days: Sequence[Hour], caller: str) -> Decimal:
    return Decimal(median(day.get(caller, _ZERO) for day in days)) if days else _ZERO
