"""One thing in time: what was asked for, what replies show, what traffic feels.

Example: accepted at 12:00:00 with operations of 7 s and effects of 40 s, it is shown at 12:00:07, felt at 12:00:47.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Seconds from acceptance to the end of the operation, and from there until traffic meets it."""

    operation: float
    effect: float


@dataclass(kw_only=True)
class History(Generic[T]):
    """`first` has always stood; every change after it has the moments (seconds since 1970) of being shown and felt."""

    first: T
    _changes: list[tuple[float, float, T]] = field(default_factory=list)

    def change(self, value: T, *, at: float, delays: Delays) -> None:
        shown = at + delays.operation
        self._changes.append((shown, shown + delays.effect, value))

    @property
    def asked(self) -> T:
        return self._changes[-1][2] if self._changes else self.first

    def shown(self, moment: float) -> T:
        return next((value for at, _, value in reversed(self._changes) if at <= moment), self.first)

    def felt(self, moment: float) -> T:
        return next((value for _, at, value in reversed(self._changes) if at <= moment), self.first)


AT_ONCE = Delays(operation=0, effect=0)
