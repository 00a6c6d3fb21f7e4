"""What requests and replies are held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Contract(Protocol):
    """The real proxy's models; all raise ValueError where something does not fit its route (``POST /key/update``)."""

    def request(self, route: str, body: Mapping[str, Any]) -> None: ...
    def query(self, route: str, query: Mapping[str, str]) -> None: ...
    def reply(self, route: str, body: Mapping[str, Any]) -> None: ...


class Trusting:
    """Without the real package at hand: everything fits."""

    def request(self, route: str, body: Mapping[str, Any]) -> None: ...
    def query(self, route: str, query: Mapping[str, str]) -> None: ...
    def reply(self, route: str, body: Mapping[str, Any]) -> None: ...
