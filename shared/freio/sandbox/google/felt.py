"""Something that changes now and is felt later: a policy, a service's state, a billing account."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Felt(Generic[T]):
    """A value with its changes in time. Moments are seconds since 1970, and come in order.

    >>> state = Felt("on"); state.change(100, "off"); state.at(99), state.at(100), state.newest
    ('on', 'off', 'off')
    """

    def __init__(self, first: T) -> None:
        self._steps: list[tuple[float, T]] = [(float("-inf"), first)]

    def change(self, moment: float, value: T) -> None:
        self._steps.append((moment, value))

    def at(self, moment: float) -> T:
        """The value that the last change up to this moment left."""
        return next(value for since, value in reversed(self._steps) if since <= moment)

    @property
    def newest(self) -> T:
        """The value that all changes together come to, also those to come."""
        return self._steps[-1][1]
