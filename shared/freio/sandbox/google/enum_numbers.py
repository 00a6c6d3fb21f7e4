"""Enums as numbers: how Google's newer clients ask over REST, with `$alt=json;enum-encoding=int`.

A discovery document names the values of an enum in the order of their numbers, from 0 (so it is for every method that
is simulated here). A reply may name them all the same: the clients read both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETER = "$alt"
AS_NUMBERS = "json;enum-encoding=int"


def with_names(schemas: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> Any:
    """The JSON with each enum's name in place of its number; a number that means nothing stays, for the check.

    >>> with_names({}, {"type": "object", "properties": {"a": {"type": "string", "enum": ["NONE", "SKIP"]}}}, {"a": 1})
    {'a': 'SKIP'}
    """
    if "$ref" in schema:
        return with_names(schemas, schemas[schema["$ref"]], value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {key: with_names(schemas, known.get(key, {}), inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_names(schemas, schema.get("items", {}), inner) for inner in value]
    names = schema.get("enum", ())
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return names[value] if is_number and 0 <= value < len(names) else value
