"""A record of the domain as JSON text, and back: the stores of this package write the same text.

Read by the records' own annotations: Decimal is a string with every digit, an instant is ISO 8601, an enum its value,
an infinite score the string ``Infinity``. The version stands beside the text, not in it: only the store counts it.

>>> from freio.domain.notice import Card
>>> decode(Card, 2, encode(Card(id="i-1", channel="C1", ts="1.5"))).version
2
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from freio.domain.incident import Incident
from freio.domain.journal import Entry
from freio.domain.notice import Notice
from freio.errors import Unreadable
from freio.ports import R, Record

T = TypeVar("T")


class _Adapters(dict[type, TypeAdapter[Any]]):
    """One for each type, built when it is first read: it takes some milliseconds."""

    def __missing__(self, value_type: type) -> TypeAdapter[Any]:
        return self.setdefault(value_type, TypeAdapter(value_type))


_adapters = _Adapters()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def kind_of(record_type: type[Record]) -> str:
    """The name under which a type's records are kept."""
    return record_type.__name__.lower()


def encode(value: Record | Entry) -> str:
    """As JSON text. A naive instant raises ValueError: it is a bug, and would be read back as another instant."""
    _refuse_naive(value, type(value).__name__)
    return to_json(value, inf_nan_mode="strings").decode()


def decode(record_type: type[R], version: int, text: str) -> R:
    """The record with the version that the store counted. Text that is no such record raises `Unreadable`."""
    return replace(_decode(record_type, text), version=version)


def decode_all(record_type: type[R], rows: Iterable[tuple[str, int, str]]) -> list[R]:
    """Records from their ids, versions and texts. `Unreadable` names those that are none, and carries the others."""
    found, faults = _sorted_out(record_type, rows)
    if faults:
        raise Unreadable("; ".join(faults), found)
    return found


def decode_readable(record_type: type[R], rows: Iterable[tuple[str, int, str]]) -> list[R]:
    """Those of some records that can be read: for a list of what is open, where `due` says of the others."""
    return _sorted_out(record_type, rows)[0]


def _sorted_out(record_type: type[R], rows: Iterable[tuple[str, int, str]]) -> tuple[list[R], list[str]]:
    found, faults = [], []
    for record_id, version, text in rows:
        try:
            found.append(decode(record_type, version, text))
        except Unreadable as fault:
            faults.append(f"{record_id}: {fault}")
    return found, faults


def decode_entry(text: str) -> Entry:
    return _decode(Entry, text)


def microseconds(at: datetime) -> int:
    """An instant as a number that sorts: microseconds since 1970."""
    return (at - EPOCH) // timedelta(microseconds=1)


def due_of(record: Record) -> int | None:
    """When a record is due, in microseconds; None: never. A dead notice is due no more until it is touched."""
    if record.due_at is None or (isinstance(record, Notice) and record.dead):
        return None
    return microseconds(record.due_at)


def open_app_of(record: Record) -> str | None:
    """The app that an open incident is about: a store holds each of them once."""
    return record.app if isinstance(record, Incident) and record.is_open else None


def revived(notice: Notice) -> Notice:
    """A notice as a touch leaves it: due, never tried, alive."""
    return replace(notice, attempts=0, dead=False)


def _decode(value_type: type[T], text: str) -> T:
    try:
        value: T = _adapters[value_type].validate_json(text)
    except ValidationError as exc:
        # Where and why, without what stands there: this is paged.
        faults = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors(include_url=False))
        raise Unreadable(f"the store holds a {value_type.__name__} that cannot be read: {'; '.join(faults)}") from exc
    return value


def _refuse_naive(value: Any, where: str) -> None:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(f"{where} has no time zone: {value.isoformat()}")
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            _refuse_naive(item, f"{where}[{number}]")
    elif is_dataclass(value):
        for field in fields(value):
            _refuse_naive(getattr(value, field.name), f"{where}.{field.name}")
