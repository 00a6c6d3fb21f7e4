"""The shapes of numbers: exact ones, amounts of money, counts. None of them is ever a float."""

from __future__ import annotations

import re
from decimal import Decimal

from freio.config.shapes import Shape

_AMOUNT = r"[0-9]{1,15}(?:\.[0-9]{1,6})?"
_MONEY = r"[0-9]{1,15}(?:\.(?:[0-9]{1,2}|[0-9]{4,6}))?"


def _exact(value: object) -> Decimal:
    """A number from YAML, or its digits in quotes, without a float in between."""
    if isinstance(value, str) and re.fullmatch(_AMOUNT, value):
        return Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    raise ValueError


def number(what: str, may: str, *, above: int | None = None, at_least: int = 0, at_most: int, example: float) -> Shape:
    """An exact number between two bounds; with `above` the lower bound itself is excluded."""

    def read(value: object) -> Decimal:
        exact = _exact(value)
        if exact > at_most or exact < at_least or (above is not None and exact <= above):
            raise ValueError
        if exact != round(exact, 6):
            raise ValueError("at most six digits after the point")
        return exact

    low = {"minimum": at_least} if above is None else {"exclusiveMinimum": above}
    texts = {"type": "string", "pattern": f"^{_AMOUNT}$"}
    schema = {"anyOf": [{"type": "number", **low, "maximum": at_most}, texts], "examples": [example]}
    return Shape(what, may, read, schema)


def money(what: str, may: str, *, above: int | None = None, at_most: int, example: float) -> Shape:
    """An exact amount of money.

    Exactly three digits after the point are refused: in half of the world 40.000 is forty thousand, and read as forty
    it would be a thousandth of what was meant.
    """
    plain = number(what, may, above=above, at_most=at_most, example=example)

    def read(value: object) -> object:
        exact = _exact(value)
        if exact.as_tuple().exponent == -3:
            small = f"{exact:.2f}" if exact == round(exact, 2) else f"{exact:.4f}"
            raise ValueError(f"{exact} reads as {exact.normalize():f}; write {exact.scaleb(3):.2f}, or {small}")
        return plain.read(value)

    numeral, texts = plain.schema["anyOf"]
    schema = {**plain.schema, "anyOf": [numeral, {**texts, "pattern": f"^{_MONEY}$"}]}
    return Shape(what, may, read, schema)


def count(what: str, *, at_least: int, example: int) -> Shape:
    """A whole number; what an API calls int64."""
    largest = 2**63 - 1

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= largest:
            raise ValueError
        return value

    schema = {"type": "integer", "minimum": at_least, "maximum": largest, "examples": [example]}
    return Shape(what, f"a whole number from {at_least} on, such as {example}", read, schema)
