"""The shapes that need more than a pattern: durations, days, amounts, labels, time zones, currencies."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from babel.numbers import list_currencies

from freio.config.shapes import Shape, text

_DURATION = r"(?=[0-9])(?:([0-9]{1,7})d)?(?:([0-9]{1,7})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,7})s)?"
_LONGEST = timedelta(days=31)
_AMOUNT = r"[0-9]{1,15}(?:\.[0-9]{1,6})?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _duration(value: object) -> timedelta:
    match = re.fullmatch(_DURATION, text(value)) if isinstance(value, str) else None
    if match is None:
        raise ValueError
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta(0) < length <= _LONGEST:
        raise ValueError("longer than nothing, and at most 31d")
    return length


def spelled_duration(length: timedelta) -> str:
    """As the file spells it.

    >>> spelled_duration(timedelta(minutes=90))
    '1h30m'
    """
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return "".join(f"{n}{unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if n)


def _day(value: object) -> date:
    if re.fullmatch(_DAY, text(value)) is None:
        raise ValueError
    try:
        return date.fromisoformat(text(value))
    except ValueError as exc:
        raise ValueError("a day that the calendar has") from exc


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


def count(what: str, *, at_least: int, example: int) -> Shape:
    """A whole number; what an API calls int64."""
    largest = 2**63 - 1

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= largest:
            raise ValueError
        return value

    schema = {"type": "integer", "minimum": at_least, "maximum": largest, "examples": [example]}
    return Shape(what, f"a whole number from {at_least} on, such as {example}", read, schema)


def line(what: str, *, example: str, longest: int = 100) -> Shape:
    """Words for people, on one line."""

    def read(value: object) -> str:
        said = text(value)
        if not said.strip() or said != said.strip() or len(said) > longest or not said.isprintable():
            raise ValueError
        return said

    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": r"^\S(.*\S)?$", "examples": [example]}
    return Shape(what, f"one line of 1 to {longest} characters, such as {example}", read, schema)


def label(what: str, *, shortest: int, example: str) -> Shape:
    """A key (shortest 1) or a value (shortest 0) of a Google Cloud label.

    Lowercase letters of any script, digits, dashes and underscores, at most 63; a key begins with a letter.
    https://docs.cloud.google.com/resource-manager/docs/labels-overview#requirements
    """

    def fits(character: str) -> bool:
        return character in "-_" or unicodedata.category(character) in {"Ll", "Lo", "Nd"}

    def read(value: object) -> str:
        said = text(value)
        begins = shortest == 0 or unicodedata.category(said[:1] or "-") in {"Ll", "Lo"}
        if not (shortest <= len(said) <= 63 and begins and all(fits(c) for c in said)):
            raise ValueError
        return said

    first = r"[a-z\u0080-\uffff]" if shortest else ""
    regex = f"^{first}[a-z0-9_\\-\\u0080-\\uffff]{{0,{63 - shortest}}}$"
    may = "at most 63 lowercase letters, digits, - and _" + (", a letter first" if shortest else "")
    return Shape(what, f"{may}, such as {example}", read, {"type": "string", "pattern": regex, "examples": [example]})


def _time_zone(value: object) -> str:
    name = text(value)
    known = name == "UTC" or re.fullmatch(r"[A-Z][A-Za-z]*(?:/[A-Za-z0-9_+-]+){1,2}", name) is not None
    try:
        if known:
            ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # a folder (America), no such file, no such key
        known = False
    if not known:
        near = get_close_matches(name, sorted(available_timezones()), n=1, cutoff=0.7)
        raise ValueError(f"did you mean {near[0]}?" if near else "")
    return name


def _currency(value: object) -> str:
    code = text(value)
    if code not in list_currencies():
        raise ValueError(f"did you mean {code.upper()}?" if code.upper() in list_currencies() else "")
    return code


DURATION = Shape(
    "a duration",
    "a number with s, m, h or d, such as 15m or 1h30m",
    _duration,
    {"type": "string", "pattern": f"^{_DURATION}$", "examples": ["15m", "6h", "1h30m"]},
)
DAY = Shape(
    "a day",
    "year-month-day, such as 2026-11-27",
    _day,
    {"type": "string", "format": "date", "pattern": f"^{_DAY}$", "examples": ["2026-11-27"]},
)
TIME_ZONE = Shape(
    "a time zone",
    "a name of the IANA list, such as America/Sao_Paulo",
    _time_zone,
    {"type": "string", "pattern": "^(UTC|[A-Z].*/.+)$", "examples": ["America/Sao_Paulo", "UTC"]},
)
CURRENCY = Shape(
    "a currency",
    "an ISO 4217 code, such as BRL",
    _currency,
    {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["BRL", "USD", "EUR"]},
)
