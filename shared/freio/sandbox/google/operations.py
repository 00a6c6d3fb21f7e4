"""Long-running operations: accepted now, done some seconds later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.errors import ApiError, not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from freio.sandbox.google.requests import Call


@dataclass(frozen=True, kw_only=True)
class Operation:
    name: str
    ready_at: float
    response: Mapping[str, Any]
    error: ApiError | None


class Operations:
    """All operations ever started. A reply of one that still runs has no `done` at all: false is omitted."""

    def __init__(self, *, now: Callable[[], datetime], operation_seconds: float) -> None:
        self._now = now
        self._seconds = operation_seconds
        self._all: dict[str, Operation] = {}

    def start(
        self, response: Mapping[str, Any], *, error: ApiError | None = None, kind: str = "quf", under: str = ""
    ) -> dict[str, Any]:
        """A new operation that will end in this response, or in this error; IAM's stand `under` their policy."""
        ready_at = self._now().timestamp() + self._seconds
        name = f"{under}/operations/" if under else "operations/"
        name += f"{kind}.{len(self._all) + 1:08d}"
        operation = self._all[name] = Operation(name=name, ready_at=ready_at, response=response, error=error)
        return self._json(operation)

    def get(self, call: Call) -> dict[str, Any]:
        """`operations.get`."""
        name = call.parameters["name"]
        if name not in self._all:
            raise not_found(f"Operation {name} not found")
        return self._json(self._all[name])

    def _json(self, operation: Operation) -> dict[str, Any]:
        if self._now().timestamp() < operation.ready_at:
            return {"name": operation.name}
        if operation.error is not None:
            return {"name": operation.name, "done": True, "error": operation.error.rpc_status()}
        return {"name": operation.name, "done": True, "response": dict(operation.response)}
