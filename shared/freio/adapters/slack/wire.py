"""A click as the bytes that `slack_inbox` enqueues and `enforcer` reads: strict JSON, versioned.

::

    {"schema_version": 1, "id": "…", "person": "U1", "verb": "keep", "at": "2026-11-23T13:00:00+00:00",
     "channel": "C1", "incident": "…", "revision": 3, "amount": "1234.56", "until": "…", "why": "…"}

What is empty is left out. A field that is not known, missing or of another type raises `BadMessage`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from freio.domain.click import Click, Verb
from freio.errors import BadMessage

SCHEMA_VERSION = 1
_NEEDED = ("id", "person", "verb", "at", "channel")


def to_json(click: Click) -> bytes:
    """The click; `from_json` gives the same one back.

    Half of a surrogate pair, which JSON can escape and UTF-8 cannot hold, becomes a question mark: no form is lost
    over it.
    """
    given = {field.name: getattr(click, field.name) for field in fields(click)}
    wire = {name: _plain(value) for name, value in given.items() if name in _NEEDED or value not in ("", 0, None)}
    return json.dumps({"schema_version": SCHEMA_VERSION, **wire}, ensure_ascii=False).encode(errors="replace")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value


def from_json(body: bytes) -> Click:
    """The click; BadMessage (``json``, ``schema_version``, ``schema``) where these bytes are not one."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise BadMessage("json", f"not JSON: {exc}") from exc
    if not isinstance(told, dict):
        raise BadMessage("schema", f"a click is an object, not {type(told).__name__}")
    version = told.pop("schema_version", None)
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise BadMessage("schema_version", f"schema_version {version!r} is not {SCHEMA_VERSION}")
    if unknown := sorted(set(told) - set(_READERS)):
        raise BadMessage("schema", f"unknown fields: {', '.join(unknown)}")
    if missing := [name for name in _NEEDED if told.get(name, "") == "" and name != "channel"]:
        raise BadMessage("schema", f"missing fields: {', '.join(missing)}")
    return Click(**_read(told))


def _read(told: Mapping[str, object]) -> dict[str, Any]:
    read: dict[str, Any] = {"channel": ""}
    for name, value in told.items():
        try:
            read[name] = _READERS[name](value)
        except (TypeError, ValueError, InvalidOperation) as exc:
            raise BadMessage("schema", f"{name} is {value!r}: {exc}") from exc
    return read


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError("must be a whole number from 1")
    return value


def _instant(value: object) -> datetime:
    at = datetime.fromisoformat(_text(value))
    if at.tzinfo is None:
        raise ValueError("must have its offset")
    return at


def _amount(value: object) -> Decimal:
    amount = Decimal(_text(value))
    if not (amount.is_finite() and amount > 0):
        raise ValueError("must be a positive amount")
    return amount


_READERS: Mapping[str, Callable[[object], object]] = {
    "id": _text,
    "person": _text,
    "verb": lambda value: Verb(_text(value)),
    "at": _instant,
    "channel": _text,
    "incident": _text,
    "revision": _count,
    "app": _text,
    "ask": _text,
    "amount": _amount,
    "until": _instant,
    "why": _text,
    "since": _instant,
    "factor": _amount,
    "number": _count,
}
