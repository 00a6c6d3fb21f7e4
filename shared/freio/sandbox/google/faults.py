"""Faults on order: the next calls of a method fail, drag, lose their reply, or end badly later.

A fault waits in a queue under its method's id (`serviceusage.services.consumerQuotaMetrics.importConsumerOverrides`)
and is used up by the calls that meet it, first in, first out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from freio.sandbox.google.errors import STATUS_OF_HTTP, ApiError, error_info

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class HttpFault:
    """The call is refused with this HTTP status and nothing happens. `retry_after` is in seconds."""

    status: int
    reason: str = "INJECTED"
    message: str = "An injected fault"
    domain: str = "serviceusage.googleapis.com"
    retry_after: int | None = None

    def error(self) -> ApiError:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        details = [error_info(self.reason, self.domain)]
        return ApiError(self.status, STATUS_OF_HTTP[self.status], self.message, details=details, headers=headers)


@dataclass(frozen=True, kw_only=True)
class Slow:
    """The call takes this many seconds longer, and then goes on as ever."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class LostReply:
    """What was asked happens; the connection closes before a byte of the reply.

    httplib2, which carries google-api-python-client, then sends the request a second time by itself, even a POST:
    order `times=2` for the caller to see the loss.
    """


@dataclass(frozen=True, kw_only=True)
class FailLate:
    """The call is accepted, and its operation ends in an error with nothing changed."""

    status: str = "INTERNAL"
    message: str = "An internal error has occurred"

    def error(self) -> ApiError:
        return ApiError(500, self.status, self.message)


@dataclass(frozen=True, kw_only=True)
class Meanwhile:
    """Somebody else acts just before the call is answered; then it goes on as ever."""

    act: Callable[[], None]


Fault: TypeAlias = HttpFault | Slow | LostReply | FailLate | Meanwhile


@dataclass
class Faults:
    """The queues of faults, one under each method's id. A name that no document has is refused at once."""

    method_ids: frozenset[str]
    _queues: dict[str, list[Fault]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def inject(self, method_id: str, fault: Fault, *, times: int = 1) -> None:
        if method_id not in self.method_ids:
            raise ValueError(f"no served API has a method {method_id!r}")
        with self._lock:
            self._queues.setdefault(method_id, []).extend([fault] * times)

    def take(self, method_id: str) -> Fault | None:
        """The fault that this call meets, now used up."""
        with self._lock:
            queue = self._queues.get(method_id)
            return queue.pop(0) if queue else None

    @property
    def waiting(self) -> int:
        """How many faults no call has met yet."""
        with self._lock:
            return sum(len(queue) for queue in self._queues.values())
