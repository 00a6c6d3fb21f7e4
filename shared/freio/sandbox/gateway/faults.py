"""Faults on order: the next calls of a route fail, lose their reply, change nothing, or come second.

A fault waits in a queue under its route (``POST /key/update``) and is used up by the calls that meet it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from freio.sandbox.gateway.errors import ProxyError


@dataclass(frozen=True, kw_only=True)
class HttpFault:
    """The call is refused with this status, and nothing happens. `retry_after` is in seconds."""

    status: int
    kind: str = "internal_server_error"
    message: str = "An injected fault"
    retry_after: int | None = None

    def error(self) -> ProxyError:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return ProxyError(self.status, self.kind, self.message, headers=headers)


@dataclass(frozen=True, kw_only=True)
class LostReply:
    """What was asked happens; the connection closes before a byte of the reply."""


@dataclass(frozen=True, kw_only=True)
class BindsNothing:
    """The call succeeds and stores nothing, as a proxy does that does not know the field."""


@dataclass(frozen=True, kw_only=True)
class Meanwhile:
    """Just before the call takes effect, somebody else does this."""

    does: Callable[[], object]


Fault: TypeAlias = HttpFault | LostReply | BindsNothing | Meanwhile


@dataclass
class Faults:
    """The queues of faults, one under each route. A route that is not served is refused at once."""

    routes: frozenset[str]
    _queues: dict[str, list[Fault]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def inject(self, route: str, fault: Fault, *, times: int = 1) -> None:
        if route not in self.routes:
            raise ValueError(f"the stand-in serves no {route!r}; it serves {sorted(self.routes)}")
        with self._lock:
            self._queues.setdefault(route, []).extend([fault] * times)

    def take(self, route: str) -> Fault | None:
        """The fault that this call meets, now used up."""
        with self._lock:
            queue = self._queues.get(route)
            return queue.pop(0) if queue else None
