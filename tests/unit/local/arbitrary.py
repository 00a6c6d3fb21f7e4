"""Any value of a record's type, for properties that hold for all of them."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

from hypothesis import strategies as st

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    int: st.integers(),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    type(None): st.none(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    date: st.dates(),
    timedelta: st.timedeltas(timedelta(0), timedelta(days=1)),
    datetime: st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))])).filter(
        lambda at: 1 < at.year < 9999  # an offset can carry the first and the last day out of the calendar
    ),
}


def any_of(wanted: Any) -> st.SearchStrategy[Any]:
    """Values by annotation. What the records do not use, it does not know, and says so."""
    if wanted in PLAIN:
        return PLAIN[wanted]
    return _class(wanted) if isinstance(wanted, type) and typing.get_origin(wanted) is None else _generic(wanted)


def _class(wanted: Any) -> st.SearchStrategy[Any]:
    if issubclass(wanted, Enum):
        return st.sampled_from(wanted)
    hints = typing.get_type_hints(wanted)
    return st.builds(wanted, **{field.name: any_of(hints[field.name]) for field in dataclasses.fields(wanted)})


def _generic(wanted: Any) -> st.SearchStrategy[Any]:
    origin, parts = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in {typing.Union, types.UnionType}:
        return st.one_of([any_of(part) for part in parts])
    if origin is tuple and parts[1:] == (...,):
        return st.lists(any_of(parts[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(any_of(part) for part in parts))
    if origin is dict:
        return st.dictionaries(any_of(parts[0]), any_of(parts[1]), max_size=2)
    raise TypeError(f"no values are known for {wanted!r}")
