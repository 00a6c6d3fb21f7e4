"""JSON checked against a schema of a discovery document.

The rules are those of a Google discovery document: unknown fields are wrong, `$ref` nests, `additionalProperties` is
a map, 64-bit integers are strings (`"120"`, never `120`), times are RFC 3339 and durations end in `s`. A violation
is a pair: the path of the field (`inlineSource.overrides[0].overrideValue`) and what is wrong there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Violation: TypeAlias = "tuple[str, str]"

TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")
STRING_FORMATS = {
    "int64": re.compile(r"-?\d{1,19}"),
    "uint64": re.compile(r"\d{1,20}"),
    "google-datetime": TIMESTAMP,
    "date-time": TIMESTAMP,
    "google-duration": re.compile(r"-?\d+(\.\d{1,9})?s"),
    "google-fieldmask": re.compile(r"\*|[\w.]+(,[\w.]+)*|"),
    "byte": re.compile(r"[A-Za-z0-9+/_=-]*"),
}
INTEGER_RANGES = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1)}
INT64 = (-(2**63), 2**63 - 1)


def violations(
    schemas: Mapping[str, Any], schema: Mapping[str, Any], value: Any, path: str = ""
) -> Iterator[Violation]:
    """Everything wrong with `value`, each with its path; nothing when it fits."""
    if "$ref" in schema:
        yield from violations(schemas, schemas[schema["$ref"]], value, path)
        return
    kind = schema.get("type", "any")
    if kind == "object":
        yield from _object(schemas, schema, value, path)
    elif kind == "array":
        yield from _array(schemas, schema, value, path)
    elif kind != "any":
        yield from scalar(schema, value, path)


def _object(schemas: Mapping[str, Any], schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield path or "(body)", f"must be an object, not {value!r}"
        return
    properties = schema.get("properties", {})
    extra = schema.get("additionalProperties")
    for key, inner in value.items():
        inner_path = f"{path}.{key}" if path else str(key)
        if key in properties:
            yield from violations(schemas, properties[key], inner, inner_path)
        elif extra is not None:
            yield from violations(schemas, extra, inner, inner_path)
        else:
            yield inner_path, f'unknown field "{key}"'


def _array(schemas: Mapping[str, Any], schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield path or "(body)", f"must be an array, not {value!r}"
        return
    for index, inner in enumerate(value):
        yield from violations(schemas, schema["items"], inner, f"{path}[{index}]")


def scalar(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Violation]:
    """What is wrong with one JSON scalar."""
    kind, form = schema["type"], schema.get("format")
    if kind == "string":
        yield from _string(schema, value, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield path, f"must be true or false, not {value!r}"
    elif isinstance(value, bool) or not isinstance(value, int if kind == "integer" else int | float):
        yield path, f"must be of type {kind}, not {value!r}"
    elif form in INTEGER_RANGES:
        low, high = INTEGER_RANGES[form]
        if not low <= value <= high:
            yield path, f"{value} is outside {form}"


def _string(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[Violation]:
    form = schema.get("format")
    if not isinstance(value, str):
        said = f"an {form} written as a string" if form in {"int64", "uint64"} else "a string"
        yield path, f"must be {said}, not {value!r}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield path, f"{value!r} is none of {', '.join(schema['enum'])}"
    pattern = STRING_FORMATS.get(form or "")
    if pattern and not pattern.fullmatch(value):
        yield path, f"{value!r} is no {form}"
    elif form == "int64" and not INT64[0] <= int(value) <= INT64[1]:
        yield path, f"{value} is outside int64"
