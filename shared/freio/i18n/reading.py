"""Reads what people type: an amount and a moment, as their locale writes them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import NumberFormatError, parse_decimal

from freio.i18n.catalogue import Language

LONGEST = timedelta(days=366)  # of an override; a year that is mistyped would otherwise hold for decades
_AMOUNT = re.compile(r"[0-9][0-9.,]*")
_MOST = Decimal(10) ** 12
_SPAN = re.compile(r"([0-9]{1,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_CLOCK = re.compile(r"([0-9]{1,2})(?::|h)([0-9]{2})")
_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})(?:/([0-9]{4}))?")
_DAYS_AWAY = {"today": 0, "hoje": 0, "tomorrow": 1, "amanhã": 1, "amanha": 1}


def read_amount(text: str, language: Language, currency: str) -> Decimal:
    """A positive amount, with the currency's code or sign or without; ValueError where it is not one.

    The locale alone decides what a comma is: ``1.234,56`` is no amount in English, and ``1,234.56`` none in
    Portuguese, so that nobody raises a budget a hundredfold.

    >>> read_amount("R$ 1.234,56", Language("pt-BR", "America/Sao_Paulo"), "BRL")
    Decimal('1234.56')
    """
    bare = re.sub(rf"^(?:{currency}|[A-Z]{{0,2}}\$|€|£)\s*|\s*{currency}$", "", text.strip(), flags=re.IGNORECASE)
    if not _AMOUNT.fullmatch(bare):
        raise ValueError(f"not an amount: {text!r}")
    try:
        amount = parse_decimal(bare, locale=language.locale, strict=True)
    except NumberFormatError as exc:
        raise ValueError(f"not an amount in {language.tag}: {text!r}") from exc
    exponent = amount.as_tuple().exponent
    if not 0 < amount < _MOST or not isinstance(exponent, int) or exponent < -2:
        raise ValueError(f"not an amount of money: {text!r}")
    return amount


def read_until(text: str, now: datetime, language: Language) -> datetime:
    """A moment after `now`, within a year; ValueError where it is not one. A day counts to its end.

    ``2026-11-30``, ``30/11`` (Portuguese; ``11/30`` in English), ``18:00`` or ``18h00`` (the next one), ``6h``,
    ``2d``, ``30m``, ``today``, ``tomorrow``, ``hoje``, ``amanhã``: on the client's clock.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    >>> read_until("amanhã", at, Language("pt-BR", "America/Sao_Paulo")).isoformat()
    '2026-11-25T00:00:00-03:00'
    """
    typed = text.strip().casefold()
    local = now.astimezone(ZoneInfo(language.time_zone))
    until = _relative(typed, local) or _clock(typed, local) or _end_of_day(_day(typed, local, language), local)
    if until is None:
        raise ValueError(f"not a moment: {text!r}")
    return check_until(until, now)


def check_until(until: datetime, now: datetime) -> datetime:
    """The moment, if it is ahead and within a year; else ValueError with both times."""
    if not now < until <= now + LONGEST:
        raise ValueError(f"not between {now.isoformat()} and a year later: {until.isoformat()}")
    return until


def _relative(typed: str, local: datetime) -> datetime | None:
    found = _SPAN.fullmatch(typed)
    # Hours are elapsed time: they are added to the instant, not to the wall clock.
    span = int(found[1]) * _UNITS[found[2]] if found else None
    return (local.astimezone(ZoneInfo("UTC")) + span).astimezone(local.tzinfo) if span else None


def _clock(typed: str, local: datetime) -> datetime | None:
    found = _CLOCK.fullmatch(typed)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    at = local.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0, fold=0)
    return at if at > local else at + timedelta(days=1)


def _day(typed: str, local: datetime, language: Language) -> date | None:
    if typed in _DAYS_AWAY:
        return local.date() + timedelta(days=_DAYS_AWAY[typed])
    try:
        if not (found := _DAY.fullmatch(typed)):
            return date.fromisoformat(typed) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", typed) else None
        first, second = int(found[1]), int(found[2])
        day, month = (second, first) if language.locale.language == "en" else (first, second)
        if found[3]:
            return date(int(found[3]), month, day)
        this_year = date(local.year, month, day)
        return this_year if this_year >= local.date() else date(local.year + 1, month, day)
    except ValueError:  # 31/02, 40/12: no day of the calendar
        return None


def _end_of_day(day: date | None, local: datetime) -> datetime | None:
    if day is None or day.year > local.year + 2:
        return None
    after = day + timedelta(days=1)
    return datetime(after.year, after.month, after.day, tzinfo=local.tzinfo)
