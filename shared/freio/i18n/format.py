"""How values are written for a reader, as their locale has it. Values come in as the text of a sentence's data.

==========  ===========================  ==========================
kind        data                         pt_BR
==========  ===========================  ==========================
money       ``12345.60 BRL``             R$ 12.346
number      ``200000``                   200.000
rounded     ``1327005``                  1,33 mi
decimal     ``4.20``                     4,2
decimal2    ``0.254``                    0,25
percent     ``0.204`` (a ratio)          20,4%
duration    ``5400`` (seconds)           1 hora e 30 minutos
time        ISO 8601 with its offset     24 de nov. de 2026 05:00 (GMT-03:00)
==========  ===========================  ==========================
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_gmt
from babel.lists import format_list
from babel.numbers import (
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)
from babel.units import format_unit

from freio.domain.money import Money

_WHOLE_FROM = 1000  # of a currency's unit: from here on its cents are noise in a message
_ROUNDED_FROM = 10_000
_PARTS = 2  # of a duration: days and hours, but not the minutes as well


def money(text: str, locale: Locale) -> str:
    """The currency's smallest unit (cents, where it has them) under 1,000, and whole units from there.

    What is less than the smallest unit has two significant digits.
    """
    value = read_money(text)
    size = abs(value.amount)
    smallest = get_currency_precision(value.currency)
    places = 0 if size >= _WHOLE_FROM else smallest
    if 0 < size < Decimal(1).scaleb(-smallest):
        places = 1 - size.adjusted()
    amount = value.amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    pattern = locale.currency_formats["standard"].pattern.replace(".00", f".{'0' * places}" if places else "")
    return format_currency(amount, value.currency, format=pattern, locale=locale, currency_digits=False)


def read_money(text: str) -> Money:
    """From ``12.50 BRL``; anything else is a bug of whoever wrote the sentence's data."""
    amount, _, currency = text.partition(" ")
    return Money(Decimal(amount), currency)


def number(text: str, locale: Locale) -> str:
    return format_decimal(int(text), locale=locale)


def rounded(text: str, locale: Locale) -> str:
    """Three digits and a word for the thousands, for what is compared at a glance; small numbers in full."""
    value = Decimal(text)
    if abs(value) < _ROUNDED_FROM:
        return number(text, locale)
    three = value.quantize(Decimal(1).scaleb(value.adjusted() - 2), ROUND_HALF_EVEN)
    return format_compact_decimal(three, format_type="short", locale=locale, fraction_digits=2)


def decimal(text: str, locale: Locale) -> str:
    """With one decimal where there is one."""
    return format_decimal(Decimal(text), format="#,##0.#", locale=locale)


def decimal2(text: str, locale: Locale) -> str:
    """With two decimals where there are any: for rates of which a hundredth counts."""
    return format_decimal(Decimal(text), format="#,##0.##", locale=locale)


def number_of(value: Decimal, locale: Locale) -> str:
    """A decimal number, for examples of what may be typed."""
    return format_decimal(value, locale=locale)


def percent(text: str, locale: Locale) -> str:
    """With one decimal where there is one: 0.204 is 20.4 %, and a share under 0.1 % is never said as nothing."""
    ratio = Decimal(text)
    if 0 < ratio < Decimal("0.001"):
        return f"≤ {format_percent(Decimal('0.001'), format='#,##0.#%', locale=locale)}"
    return format_percent(ratio, format="#,##0.#%", locale=locale)


def duration(text: str, locale: Locale) -> str:
    """Days, hours and minutes, the two largest that are there: 90 minutes are never rounded to two hours."""
    rest = max(timedelta(), timedelta(seconds=float(text)))
    parts: list[str] = []
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count, rest = divmod(rest, size)
        if count and len(parts) < _PARTS:
            # Babel has no long form of days in Portuguese; the short one is the same word in both of our languages.
            length: Literal["short", "long"] = "short" if unit == "day" else "long"
            parts.append(format_unit(count, f"duration-{unit}", length, locale=locale))
    if not parts:
        parts.append(format_unit(round(rest.total_seconds()), "duration-second", locale=locale))
    return format_list(parts, style="unit", locale=locale)


def choice(words: list[str], locale: Locale) -> str:
    """Any of them: ``a, b, or c``."""
    return format_list(words, style="or", locale=locale)


def read_time(text: str) -> datetime:
    """From ISO 8601; a time without its offset is a bug of whoever wrote the sentence's data."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"a time needs its offset: {text!r}")
    return at


def time(at: datetime, locale: Locale, time_zone: str) -> str:
    """On the reader's clock, with its distance from GMT, so that nobody has to guess whose clock it is."""
    local = at.astimezone(ZoneInfo(time_zone))
    day, hour = format_date(local, "medium", locale=locale), format_time(local, "short", locale=locale)
    return f"{day} {hour} ({get_timezone_gmt(local, 'long', locale=locale)})"
