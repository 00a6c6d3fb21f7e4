"""What AI cost, split as somebody asked, with what nobody owns and what has no price beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from freio.domain.money import Money
from freio.domain.spend import SpendLine

EVIDENCE = ("app", "project", "model")
"""What `SpendReport.of` has to be told of all the spend, beside the lines that were asked for: `summed` makes both of
one answer, so that the lines are of the same moment as their total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the spend that wants somebody's eye: how much of it, and of what, the dearest first.

    ``net``    what it cost, less its credits: below zero where they are more.
    ``share``  from 0 to 1: its positive lines over all the positive lines of the evidence, 0 where there is none. Lines
    below zero (credits, corrections) are left out above and below, for beside them a part could be many times the
    total, and the total nothing at all.
    """

    net: Money
    share: Decimal
    of: tuple[tuple[str, Money], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendReport:
    """``lines`` as they were asked for; ``total`` None where there is no spend at all.

    ``unattributed``  matches no app of the client's file, by project and model.
    ``unpriced``      models without a list price: until its bill has come, nobody can say what such traffic costs.
    Both are None where there is nothing of the kind; without a client's file nothing is said of owners.
    """

    by: tuple[str, ...]
    lines: tuple[SpendLine, ...]
    total: Money | None
    unattributed: Part | None
    unpriced: Part | None

    @classmethod
    def of(
        cls,
        lines: Sequence[SpendLine],
        evidence: Sequence[SpendLine],
        *,
        by: Sequence[str],
        has_price: Callable[[str], bool],
        has_owners: bool = True,
    ) -> SpendReport:
        """`evidence` is the same spend by `EVIDENCE`; `has_price` is asked for each model.

        ``has_owners`` False: there is no client's file to say who owns what.

        >>> brl = lambda amount: Money(Decimal(amount), "BRL")
        >>> line = SpendLine(period="", by={"app": "", "project": "p", "model": "m"}, net=brl(5))
        >>> report = SpendReport.of([], [line], by=(), has_price=lambda model: True)
        >>> report.unattributed.share, report.unattributed.of, report.unpriced
        (Decimal('1'), (('m in p', Money(amount=Decimal('5'), currency='BRL')),), None)

        Of 5 for a model without a price, 15 for another and a credit of 4, the 5 are a quarter: 5 of 20, not of 16.

        >>> found = [("new", brl(5)), ("old", brl(15)), ("late", brl(-4))]
        >>> lines = [SpendLine(period="", by={"app": "a", "project": "p", "model": m}, net=net) for m, net in found]
        >>> report = SpendReport.of([], lines, by=(), has_price=lambda model: model != "new")
        >>> report.total.amount, report.unpriced.net.amount, report.unpriced.share
        (Decimal('16'), Decimal('5'), Decimal('0.25'))
        """
        total = _sum(line.net for line in evidence)
        gross = _gross(line.net for line in evidence)
        nobodys = [(f"{line.by['model']} in {line.by['project']}", line.net) for line in evidence if not line.by["app"]]
        priceless = [(line.by["model"], line.net) for line in evidence if not has_price(line.by["model"])]
        return cls(
            by=tuple(by),
            lines=tuple(lines),
            total=total,
            unattributed=_part(nobodys, gross) if has_owners else None,
            unpriced=_part(priceless, gross),
        )


def summed(lines: Iterable[SpendLine], by: Sequence[str], *, over_time: bool = False) -> list[SpendLine]:
    """The same spend by fewer dimensions, in the order of the lines' periods and parts; `over_time` without periods.

    >>> def line(day, app, amount):
    ...     return SpendLine(period=day, by={"app": app, "sku": "s"}, net=Money(Decimal(amount), "BRL"))
    >>> found = [line("2026-11-02", "a", 1), line("2026-11-02", "a", 2), line("2026-11-03", "a", 4)]
    >>> [(one.period, one.by, one.net.amount) for one in summed(found, ("app",))]
    [('2026-11-02', {'app': 'a'}, Decimal('3')), ('2026-11-03', {'app': 'a'}, Decimal('4'))]
    >>> [one.net.amount for one in summed(found, ("app",), over_time=True)]
    [Decimal('7')]
    """
    sums: dict[tuple[str, ...], Money] = {}
    for line in lines:
        key = ("" if over_time else line.period, *(line.by[name] for name in by))
        sums[key] = sums[key] + line.net if key in sums else line.net
    return [
        SpendLine(period=key[0], by=dict(zip(by, key[1:], strict=True)), net=net) for key, net in sorted(sums.items())
    ]


def _part(found: Sequence[tuple[str, Money]], gross: Decimal) -> Part | None:
    """`gross` is that of all the evidence."""
    net = _sum(money for _, money in found)
    if net is None:
        return None
    sums: dict[str, Money] = defaultdict(lambda: Money.zero(net.currency))
    for what, money in found:
        sums[what] += money
    share = _gross(money for _, money in found) / gross if gross else Decimal(0)
    return Part(net=net, share=share, of=tuple(sorted(sums.items(), key=lambda each: (-each[1].amount, each[0]))))


def _gross(found: Iterable[Money]) -> Decimal:
    return sum((money.amount for money in found if money.amount > 0), Decimal(0))


def _sum(found: Iterable[Money]) -> Money | None:
    amounts = list(found)
    return sum(amounts[1:], amounts[0]) if amounts else None
