"""How many messages went which way, and whether any is still on its way."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Since the start. ``delivered`` and ``dead_letters`` count for each subscription, ``published`` for each message.

    ``duplicates`` are pushes of what was, or would be, delivered anyway; ``retries`` pushes after a failed one;
    ``in_flight`` pushes that are still owed.
    """

    published: int = 0
    delivered: int = 0
    duplicates: int = 0
    retries: int = 0
    dead_letters: int = 0
    in_flight: int = 0


class Tally:
    """Counts under one lock, and tells who waits when nothing is in flight."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._counts = Counts()

    def add(
        self,
        *,
        published: int = 0,
        delivered: int = 0,
        duplicates: int = 0,
        retries: int = 0,
        dead_letters: int = 0,
        in_flight: int = 0,
    ) -> None:
        with self._changed:
            now = self._counts
            self._counts = replace(
                now,
                published=now.published + published,
                delivered=now.delivered + delivered,
                duplicates=now.duplicates + duplicates,
                retries=now.retries + retries,
                dead_letters=now.dead_letters + dead_letters,
                in_flight=now.in_flight + in_flight,
            )
            if self._counts.in_flight == 0:
                self._changed.notify_all()

    def snapshot(self) -> Counts:
        with self._changed:
            return self._counts

    def wait_until_idle(self, timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._counts.in_flight == 0, timeout=timeout)
