"""Pages of a list: a token is opaque, and good only for the same list asked the same way."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any, TypeVar

from freio.sandbox.google.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")
NOT_PART_OF_THE_QUESTION = frozenset({"pageToken", "pageSize", "alt", "prettyPrint", "key", "quotaUser"})


def offset_of(parameters: Mapping[str, Any]) -> int:
    """Where the page that a request asks for begins."""
    token = parameters.get("pageToken", "")
    if not token:
        return 0
    try:
        offset, mark = base64.urlsafe_b64decode(token.encode()).decode().split(".")
        if mark != _mark(parameters):
            raise invalid(("pageToken", "belongs to a request with other parameters"))
        return int(offset)
    except ValueError as exc:
        raise invalid(("pageToken", f"{token!r} was not given out here")) from exc


def token_for(parameters: Mapping[str, Any], offset: int) -> str:
    return base64.urlsafe_b64encode(f"{offset}.{_mark(parameters)}".encode()).decode()


def size_of(parameters: Mapping[str, Any], *, default: int, most: int) -> int:
    size: int = parameters.get("pageSize", 0)
    if size < 0:
        raise invalid(("pageSize", f"must not be negative, is {size}"))
    return min(size or default, most)


def page(parameters: Mapping[str, Any], rows: Sequence[T], *, default: int, most: int) -> tuple[Sequence[T], str]:
    """One page of rows and the token of the next; an empty token after the last."""
    start = offset_of(parameters)
    end = start + size_of(parameters, default=default, most=most)
    return rows[start:end], token_for(parameters, end) if end < len(rows) else ""


def _mark(parameters: Mapping[str, Any]) -> str:
    question = sorted((key, value) for key, value in parameters.items() if key not in NOT_PART_OF_THE_QUESTION)
    return f"{zlib.crc32(repr(question).encode()):08x}"
