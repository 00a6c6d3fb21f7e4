"""What goes wrong on request: the next calls of a Web API method fail in a chosen way.

faults.inject("chat.postMessage", RateLimited(seconds=7), times=2)
faults.inject("chat.postMessage", LostReply())
"""

from dataclasses import dataclass
from itertools import repeat


@dataclass(frozen=True)
class RateLimited:
    """HTTP 429 with ``Retry-After``; nothing takes effect."""

    seconds: int = 1


@dataclass(frozen=True)
class LostReply:
    """The call takes effect, then the connection closes without a reply."""


@dataclass(frozen=True)
class Slow:
    """The call takes effect, after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class ServerError:
    """An HTTP error; nothing takes effect."""

    status: int = 500


@dataclass(frozen=True)
class Hang:
    """No reply for so many seconds, then the connection closes; nothing takes effect."""

    seconds: float


@dataclass(frozen=True)
class Refused:
    """``ok: false`` with this word; nothing takes effect."""

    error: str


Fault = RateLimited | LostReply | Slow | ServerError | Hang | Refused


class Faults:
    """Faults waiting for their calls, first in first out for each method. The workspace's lock guards it."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Fault]] = {}

    def inject(self, method: str, fault: Fault, *, times: int = 1) -> None:
        """The next ``times`` calls of this method meet the fault, after those already waiting."""
        self._waiting.setdefault(method, []).extend(repeat(fault, times))

    def take(self, method: str) -> Fault | None:
        waiting = self._waiting.get(method)
        return waiting.pop(0) if waiting else None

    def left(self) -> dict[str, tuple[Fault, ...]]:
        """Faults that no call has met yet: a test that injects one can see that it happened."""
        return {method: tuple(faults) for method, faults in self._waiting.items() if faults}
