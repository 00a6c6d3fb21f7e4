"""Names for things: message timestamps that never repeat, and ids that look like Slack's."""

import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALPHABET = string.ascii_uppercase + string.digits


class Ids:
    """A message's ``ts`` is its id, so it is unique and grows even while a simulated clock stands still."""

    def __init__(self, now: Callable[[], datetime], seed: int) -> None:
        self._now = now
        self._chance = Random(seed)
        self._last = 0
        self._count = 0

    def ts(self) -> str:
        """``seconds.microseconds`` since 1970, one microsecond after the last one at the least."""
        micros = (self._now() - EPOCH) // timedelta(microseconds=1)
        self._last = max(self._last + 1, micros)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def name(self, prefix: str, length: int = 10) -> str:
        """An id such as ``V0000017QKX``: the counter makes it unique, the letters make it opaque."""
        self._count += 1
        return f"{prefix}{self._count:0{length - 3}d}{self.letters(3)}"

    def letters(self, length: int) -> str:
        return "".join(self._chance.choices(ALPHABET, k=length))
