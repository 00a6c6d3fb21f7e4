"""What a budget's month is going to cost: a range that holds as often as it says, and the chance to pass the budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from freio.domain.budget import BudgetReport, watched_part
from freio.domain.money import Money

LEVEL = Decimal("0.8")  # of the months end within the range that is said
PERCENTILES = 99
_ONE, _HALF, _LEAST = Decimal(1), Decimal("0.5"), Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What something is going to cost over a span, as 99 percentiles: the first amount is passed 99 times of 100.

    >>> flat = Outlook(percentiles=tuple(Decimal(n) for n in range(1, 100)))
    >>> flat.at(Decimal("0.1")), flat.at(Decimal("0.5")), flat.chance_over(Decimal("89.5"))
    (Decimal('10'), Decimal('50'), Decimal('0.105'))
    """

    percentiles: tuple[Decimal, ...]

    def __post_init__(self) -> None:
        if len(self.percentiles) != PERCENTILES or list(self.percentiles) != sorted(self.percentiles):
            raise ValueError(f"an outlook has {PERCENTILES} percentiles in order, not {self.percentiles}")

    def at(self, share: Decimal) -> Decimal:
        """The amount that is not passed in this share of cases (0.01 to 0.99, whole hundredths)."""
        return self.percentiles[int(share * 100) - 1]

    def chance_over(self, amount: Decimal) -> Decimal:
        """How likely more than `amount` is; 0.01 to 0.99, for of what lies beyond nothing is known."""
        under = sum(1 for each in self.percentiles if each <= amount)
        if under == 0:
            return _ONE - _LEAST
        if under == PERCENTILES:
            return _LEAST
        low, high = self.percentiles[under - 1], self.percentiles[under]
        return _ONE - (under + (amount - low) / (high - low)) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The month of one budget, as of `at`.

    ``of``        the Cloud Billing budget that it is about; empty: the budget of the client's file, or the app itself
                  where nothing sets it one (``budget`` is None then, and so is ``chance``).
    ``until``     the Pacific midnight that ends the month.
    ``so_far``    what was spent of it; ``low`` and ``high`` hold what the month ends with in `LEVEL` of cases, as often
                  below as above; ``expected`` is as often too much as too little.
    ``chance``    that it ends above the budget; 1 where it is above already.
    ``days``      of history that it was made from.
    ``complete``  whether all telemetry of the app could be read.
    ``part``      which part of the app's spend its budget watches.
    ``shift``     what a runaway has made of it since (None: nothing; it is as it was made).
    """

    app: str
    at: datetime
    until: datetime
    so_far: Money
    low: Money
    expected: Money
    high: Money
    of: str = ""
    budget: Money | None = None
    chance: Decimal | None = None
    level: Decimal = LEVEL
    days: int = 0
    complete: bool = True
    part: Decimal = _ONE
    shift: Shift | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What a runaway does to a forecast that was ``made`` without it.

    ``base``  what the runaway had cost over the usual by then: that much was in what had been spent so far.
    ``over``  what it has cost since.
    ``stops`` what it is going to add until it stops, as it stands; ``goes_on`` if it goes on until the month ends.
              Both 0: it has stopped, or is braked.
    """

    made: datetime
    base: Money
    over: Money
    stops: Money
    goes_on: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """The newest forecast of every budget. There is one such record; ``short`` are apps with too little history."""

    id: str = "forecasts"
    at: datetime | None = None
    all: tuple[Forecast, ...] = ()
    short: tuple[str, ...] = ()
    version: int = 0
    due_at: datetime | None = None

    def of(self, app: str, now: datetime) -> tuple[Forecast, ...]:
        """Those of an app whose month still runs."""
        return tuple(one for one in self.all if one.app == app and now < one.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A budget, and which part of its app's spend it watches: 1 is all of it."""

    of: str
    amount: Money | None
    part: Decimal


def watched(budget: Money | None, reports: Iterable[BudgetReport]) -> tuple[Watched, ...]:
    """What to forecast for an app: the file's budget, else its Cloud Billing budgets (widest first), else itself."""
    known = tuple(reports)
    if budget is not None or not known:
        return (Watched(of="", amount=budget, part=_ONE),)
    parts = (Watched(of=one.source, amount=one.budget, part=watched_part(one, known[0])) for one in known)
    return tuple(each for each in parts if each.part > 0)


def month_of(
    app: str,
    budget: Watched,
    outlook: Outlook,
    *,
    so_far: Money,
    at: datetime,
    until: datetime,
    days: int,
    before: Money | None = None,
    complete: bool = True,
) -> Forecast:
    """A budget's forecast, from what its app has spent `so_far` and the outlook for the rest of the month.

    ``before`` is what it had spent where the outlook begins, where that is earlier: of the hours since then not all is
    billed, so that they are part of the outlook, and what is billed of them is the least that they cost.

    90 were spent of 200, and the rest may cost 1 to 99, each as likely as the next: with a chance of .8 the month ends
    at 100 to 180, and none of the cases is above the budget.

    >>> brl = lambda amount: Money(Decimal(amount), "BRL")
    >>> rest = Outlook(percentiles=tuple(Decimal(n) for n in range(1, 100)))
    >>> when = datetime(2026, 11, 23)
    >>> found = month_of("chat", Watched(of="", amount=brl(200), part=Decimal(1)), rest,
    ...                  so_far=brl(90), at=when, until=when, days=28)
    >>> found.low.amount, found.expected.amount, found.high.amount, found.chance
    (Decimal('100'), Decimal('140'), Decimal('180'), Decimal('0.01'))
    """
    tail = (_ONE - LEVEL) / 2
    spent = so_far * budget.part
    base = spent if before is None else before * budget.part

    def ends_at(share: Decimal) -> Money:
        return max(spent, base + Money(outlook.at(share) * budget.part, so_far.currency))

    return Forecast(
        app=app,
        of=budget.of,
        at=at,
        until=until,
        so_far=spent,
        low=ends_at(tail),
        expected=ends_at(_HALF),
        high=ends_at(_ONE - tail),
        budget=budget.amount,
        chance=_chance(outlook, spent, base, budget),
        days=days,
        complete=complete,
        part=budget.part,
    )


def shifted(one: Forecast, shift: Shift, *, at: datetime, spent: Money) -> Forecast:
    """A forecast as it stands now, of a month of which `spent` is gone: its three amounts, each moved on its own.

    At least, the runaway stops at once; at most it goes on to the end of the month; in between, until it is likely to
    be stopped. What it has cost is in all three. The chance is read off them, in straight lines: they are passed in 9,
    5 and 1 of 10 cases.

    The day's forecast said 100 to 180, and 140 in the middle, of a budget of 200. Since then a runaway has cost 30; it
    adds 10 until somebody stops it, and 200 if nobody does: 130 to 410, and 180 in the middle. The budget is a
    tenth of the way from 180 to 410, where 47 of 100 months pass it.

    >>> brl = lambda amount: Money(Decimal(amount), "BRL")
    >>> when = datetime(2026, 11, 23)
    >>> made = Forecast(app="chat", at=when, until=when, so_far=brl(90), low=brl(100), expected=brl(140), high=brl(180),
    ...                 budget=brl(200), chance=Decimal("0.01"))
    >>> shift = Shift(made=when, base=brl(0), over=brl(30), stops=brl(10), goes_on=brl(200))
    >>> now = shifted(made, shift, at=when, spent=brl(125))
    >>> now.low.amount, now.expected.amount, now.high.amount, round(now.chance, 2)
    (Decimal('130'), Decimal('180'), Decimal('410'), Decimal('0.47'))
    """
    so_far = max(one.so_far, spent * one.part)
    low, expected, high = (
        max(so_far, amount + (shift.over + more) * one.part)
        for amount, more in ((one.low, shift.over * 0), (one.expected, shift.stops), (one.high, shift.goes_on))
    )
    chance = None if one.budget is None else _between(one.budget, low, expected, high)
    if one.budget is not None and one.budget < so_far:
        chance = _ONE
    return replace(one, at=at, so_far=so_far, low=low, expected=expected, high=high, chance=chance, shift=shift)


def _between(budget: Money, low: Money, expected: Money, high: Money) -> Decimal:
    """How likely more than the budget is, from what nine, five and one of ten cases pass; 0.01 to 0.99."""
    tail = (_ONE - LEVEL) / 2
    (a, b), (p, q) = ((low, expected), (_ONE - tail, _HALF)) if budget < expected else ((expected, high), (_HALF, tail))
    width = (b - a).amount
    if width <= 0:
        return _ONE - _LEAST if budget < a else _LEAST
    chance = p - (p - q) * (budget - a).amount / width
    return min(_ONE - _LEAST, max(_LEAST, chance))


def _chance(outlook: Outlook, spent: Money, base: Money, budget: Watched) -> Decimal | None:
    if budget.amount is None:
        return None
    if budget.amount < spent:
        return _ONE
    return outlook.chance_over((budget.amount - base).amount / budget.part)
