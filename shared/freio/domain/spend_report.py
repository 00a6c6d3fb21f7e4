"""What AI cost, split as somebody asked, with what nobody owns and what has no price beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from freio.domain.money import Money
from freio.domain.spend import SpendLine

EVIDENCE = ("app", "project", "model")
"""What `SpendReport.of` has to be told of all the spend, beside the lines that were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the spend that wants somebody's eye: how much of it, and of what, the dearest first."""

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
        """
        total = _sum(line.net for line in evidence)
        nobodys = [(f"{line.by['model']} in {line.by['project']}", line.net) for line in evidence if not line.by["app"]]
        priceless = [(line.by["model"], line.net) for line in evidence if not has_price(line.by["model"])]
        return cls(
            by=tuple(by),
            lines=tuple(lines),
            total=total,
            unattributed=_part(nobodys, total) if has_owners else None,
            unpriced=_part(priceless, total),
        )


def _part(found: Sequence[tuple[str, Money]], total: Money | None) -> Part | None:
    net = _sum(money for _, money in found)
    if net is None or total is None:
        return None
    sums: dict[str, Money] = defaultdict(lambda: Money.zero(total.currency))
    for what, money in found:
        sums[what] += money
    share = net.amount / total.amount if total.amount else Decimal(1)
    return Part(net=net, share=share, of=tuple(sorted(sums.items(), key=lambda each: (-each[1].amount, each[0]))))


def _sum(found: Iterable[Money]) -> Money | None:
    amounts = list(found)
    return sum(amounts[1:], amounts[0]) if amounts else None
