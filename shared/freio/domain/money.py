"""Money, and spend as a range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from freio.domain.phrase import Phrase
from freio.errors import CurrencyMismatch

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency (ISO 4217). Two currencies are never added.

    >>> Money(Decimal("12.50"), "BRL") + Money(Decimal("0.25"), "BRL")
    Money(amount=Decimal('12.75'), currency='BRL')
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"money is Decimal, not {type(self.amount).__name__}: {self.amount!r}")
        if not self.amount.is_finite():
            raise ValueError(f"money is finite, not {self.amount}")

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0), currency)

    @classmethod
    def of(cls, value: str | float | Decimal, currency: str) -> Money:
        """From a number at the edge of a vendor; a float goes through its shortest text, so 0.1 stays 0.1."""
        return cls(value if isinstance(value, Decimal) else Decimal(str(value)), currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"cannot combine {self} with {other}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def rounded(self) -> Money:
        """To cents, half to even, for people; sums are made before rounding."""
        return Money(self.amount.quantize(_CENT, ROUND_HALF_EVEN), self.currency)

    def __str__(self) -> str:
        return f"{self.rounded().amount} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRange:
    """What has been spent in a period, said as a range.

    ``billed``      what the billing export or a budget message says: late, and exact.
    ``in_flight``   estimated from telemetry x price since the export's end: minutes old, and rough.
    ``least``, ``utmost``  what is in flight at least and at most, by what settled bills were of such estimates; None:
                    nobody has compared yet.
    ``worst_case``  what the present rate adds until a brake can bite, on top of both.
    ``basis``       what the estimate stands on: a share of what several apps use, a comparison with the bills.
    """

    billed: Money
    in_flight: Money
    worst_case: Money
    least: Money | None = None
    utmost: Money | None = None
    basis: tuple[Phrase, ...] = ()

    @classmethod
    def zero(cls, currency: str) -> SpendRange:
        nothing = Money.zero(currency)
        return cls(billed=nothing, in_flight=nothing, worst_case=nothing)

    @property
    def likely(self) -> Money:
        return self.billed + self.in_flight

    @property
    def most(self) -> Money:
        return self.billed + (self.in_flight if self.utmost is None else self.utmost) + self.worst_case


def billed_at_least(spend: SpendRange, billed: Money) -> SpendRange:
    """The range, where another source has billed more: that much less is in flight.

    >>> brl = lambda amount: Money(Decimal(amount), "BRL")
    >>> billed_at_least(SpendRange(billed=brl(10), in_flight=brl(5), worst_case=brl(1)), brl(12)).in_flight
    Money(amount=Decimal('3'), currency='BRL')
    """
    if billed <= spend.billed:
        return spend
    more = billed - spend.billed

    def rest(flying: Money) -> Money:
        return max(Money.zero(billed.currency), flying - more)

    return replace(
        spend,
        billed=billed,
        in_flight=rest(spend.in_flight),
        least=None if spend.least is None else rest(spend.least),
        utmost=None if spend.utmost is None else rest(spend.utmost),
    )
