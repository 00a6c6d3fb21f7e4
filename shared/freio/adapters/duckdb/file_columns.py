"""One column of a file as the questions read it, whatever the file wrote it as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from freio.adapters.warehouse.schemas import Column
from freio.errors import BadInput

_TYPES = {"STRING": "VARCHAR", "TIMESTAMP": "TIMESTAMPTZ", "FLOAT64": "DOUBLE", "NUMERIC": "DECIMAL(38,9)"}
_TEXTS = ("VARCHAR", "JSON", '"NULL"')  # the last: a Parquet column that holds nothing at all
_FIRST = "2008-01-01 00:00:00+00"  # Google has sold a cloud since that year
_MAY_STAND = {
    "STRING": "text",
    "TIMESTAMP": "a time such as 2026-11-02T12:00:00Z",
    "FLOAT64": "a number such as 0.25",
    "NUMERIC": "a number such as 0.25",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The file as it is: its rows in a table `given`; ``held`` has DuckDB's type of each of its columns."""

    path: Path
    connection: duckdb.DuckDBPyConnection
    held: Mapping[str, str]


def as_read(found: Found, name: str, column: Column) -> str:
    """The expression for one column: BadInput where the file lacks it or holds what cannot be read.

    A record may stand as such (Parquet, JSON), as JSON text, or spread over columns with dotted names (CSV).
    """
    if column.kind != "RECORD":
        _demand(found, name, name)
        return _checked(found, name, column.kind, required=column.required)
    if name in found.held:
        return _nested(found, name, column)
    if column.repeated:
        raise BadInput(f"{found.path}: lacks the column `{name}`; may hold it as a list, or as JSON text")
    parts = []
    for part, kind in column.fields.items():
        _demand(found, f"{name}.{part}", name)
        parts.append(f'"{part}" := {_checked(found, f"{name}.{part}", kind)}')
    return f"struct_pack({', '.join(parts)})"


def refuse_impossible(found: Found, used: str, exported: str) -> None:
    """BadInput names the first row whose use was before there was a cloud, or after the row was written.

    Such a date is a slip of whoever made the file, and all that is told by the hour would begin or end there.
    """
    start, written = (f"CAST(NULLIF(CAST(\"{name}\" AS VARCHAR), '') AS TIMESTAMPTZ)" for name in (used, exported))
    fits = f"{start} >= TIMESTAMPTZ '{_FIRST}' AND {start} <= {written} + INTERVAL 1 DAY"
    _refuse(found, used, f'"{used}"', fits, f"a time from {_FIRST:.4} on, and none after its row's `{exported}`")


def _nested(found: Found, name: str, column: Column) -> str:
    """Through JSON, which finds fields by their names: a file may have more of them than are read, or fewer.

    An element of a list has its first field (`key`, `amount`) though, be it null: another spelling of it would lose
    labels and credits without a word.
    """
    is_text = found.held[name] in _TEXTS
    json = f"TRY_CAST(NULLIF(CAST(\"{name}\" AS VARCHAR), '') AS JSON)" if is_text else f'to_json("{name}")'
    given = f"NULLIF(CAST(\"{name}\" AS VARCHAR), '')"
    fits = [f"json_type({json}) IN ('{'ARRAY' if column.repeated else 'OBJECT'}', 'NULL')"]
    each = "$[*]" if column.repeated else "$"
    if column.repeated:
        first = next(iter(column.fields))
        elements = f"json_extract({json}, '$[*]')"
        fits.append(
            f"len(list_filter({elements}, lambda x: json_type(x) <> 'NULL' AND NOT json_exists(x, '$.{first}'))) = 0"
        )
    for part, kind in column.fields.items():
        if kind != "STRING":
            texts = f"json_extract_string({json}, '{each}.{part}')"
            none_is_odd = f"len(list_filter({texts}, lambda x: x IS NOT NULL AND NOT {_fits('x', kind)})) = 0"
            fits.append(none_is_odd if column.repeated else f"({texts} IS NULL OR {_fits(texts, kind)})")
    _refuse(found, name, given, " AND ".join(f"COALESCE({fit}, FALSE)" for fit in fits), _example(column))
    shape = "{" + ", ".join(f'"{part}": "{_TYPES[kind]}"' for part, kind in column.fields.items()) + "}"
    return f"from_json({json}, '{f'[{shape}]' if column.repeated else shape}')"


def _checked(found: Found, name: str, kind: str, *, required: bool = False) -> str:
    """A column of plain values; empty text is nothing."""
    given = f"NULLIF(\"{name}\", '')" if found.held[name] in _TEXTS else f'"{name}"'
    if required:
        _refuse_nothing(found, name, given, _MAY_STAND[kind])
    _refuse(found, name, given, _fits(given, kind), _MAY_STAND[kind])
    return f"CAST({given} AS {_TYPES[kind]})"


def _fits(given: str, kind: str) -> str:
    """Whether a value is of its kind; numbers end up in NUMERIC, which has no NaN, no infinity and 29 whole digits."""
    cast = f"TRY_CAST({given} AS {_TYPES[kind]})"
    if kind == "FLOAT64":
        cast = f"TRY_CAST({cast} AS {_TYPES['NUMERIC']})"
    return f"({cast} IS NOT NULL)"


def _refuse(found: Found, name: str, given: str, fits: str, may: str) -> None:
    """BadInput names the first row whose value does not fit."""
    wrong = found.connection.execute(
        f"SELECT place, CAST(value AS VARCHAR) FROM (SELECT row_number() OVER () AS place, {given} AS value,"  # noqa: S608  names of the schema
        f" {fits} AS fits FROM given) WHERE value IS NOT NULL AND NOT fits LIMIT 1"
    ).fetchone()
    if wrong is not None:
        place, stands = wrong
        raise BadInput(f"{found.path}: row {place}, `{name}`: {stands[:80]!r} stands there; may be {may}")


def _refuse_nothing(found: Found, name: str, given: str, may: str) -> None:
    """BadInput names the first row that holds nothing: whatever it cost would be left out without a word."""
    place = found.connection.execute(
        f"SELECT place FROM (SELECT row_number() OVER () AS place, {given} AS value FROM given)"  # noqa: S608  names of the schema
        " WHERE value IS NULL LIMIT 1"
    ).fetchone()
    if place is not None:
        raise BadInput(f"{found.path}: row {place[0]}, `{name}`: nothing stands there; may be {may}")


def _demand(found: Found, name: str, column: str) -> None:
    if name not in found.held:
        raise BadInput(f"{found.path}: lacks the column `{column}`; has {', '.join(found.held)}")


def _example(column: Column) -> str:
    record = "{" + ", ".join(f'"{part}": …' for part in column.fields) + "}"
    return f"JSON such as {f'[{record}]' if column.repeated else record}"
