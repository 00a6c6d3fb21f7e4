"""The proxy's error reply, as an exception that knows its own JSON: ``{"error": {message, type, param, code}}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ProxyError(Exception):
    """One error reply; `kind` is its ``type``, one of litellm's ProxyErrorTypes."""

    def __init__(self, status: int, kind: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.headers = dict(headers or {})

    def reply(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.kind, "param": None, "code": str(self.status)}
        return {"error": error}
