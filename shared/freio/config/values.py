"""The shapes that need more than a pattern: durations, days, labels, time zones, currencies."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

from freio.config.shapes import Shape, text

_DURATION = r"(?=[0-9])(?:([0-9]{1,7})d)?(?:([0-9]{1,7})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,7})s)?"
_LONGEST = timedelta(days=31)
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
        zones = sorted(available_timezones())
        if any(zone.startswith(f"{name}/") for zone in zones):
            raise ValueError(f"{name} has many: name a city of it")
        near = get_close_matches(name, zones, n=1, cutoff=0.7)
        raise ValueError(f"did you mean {near[0]}?" if near else "")
    return name


def _country(value: object) -> str:
    """Every territory that CLDR knows a currency of."""
    code, known = text(value), get_global("territory_currencies")
    if code not in known or len(code) != 2:
        raise ValueError(f"did you mean {code.upper()}?" if code.upper() in known else "")
    return code


def _currency(value: object) -> str:
    code, known = text(value), _tender()
    if code not in known:
        raise ValueError(f"did you mean {code.upper()}?" if code.upper() in known else "")
    return code


def _tender() -> set[str]:
    """Every currency that is legal tender somewhere now: not XXX (none), XAU (gold) or DEM (gone).

    The table is CLDR's: by territory, rows of a code, since when, until when, and whether it is tender.
    """
    rows = (row for rows in get_global("territory_currencies").values() for row in rows)
    return {code for code, _, until, is_tender in rows if is_tender and until is None}


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
COUNTRY = Shape(
    "a country",
    "an ISO 3166-1 code of two letters, such as BR",
    _country,
    {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["BR", "PT", "US"]},
)
