"""Optimistic work: read, decide, commit; and again, while others change what was read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from freio.errors import Conflict

T = TypeVar("T")
ATTEMPTS = 8  # readings of a record that others keep changing, before the event is handed back for a retry


def again(work: Callable[[], T]) -> T:
    """Read again and decide again while others change what was read; then hand the conflict on."""
    for _ in range(ATTEMPTS - 1):
        try:
            return work()
        except Conflict:
            continue
    return work()
