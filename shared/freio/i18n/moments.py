"""Reads a moment that somebody types: a day, an hour of it, or a span from now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from freio.i18n.catalogue import Language

LONGEST = timedelta(days=366)  # of an override; a year that is mistyped would otherwise hold for decades
_SPAN = re.compile(r"(\+?)([0-9]{1,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_CLOCK = re.compile(r"([0-9]{1,2})(?::|h)([0-9]{2})")
_BARE_HOUR = re.compile(r"([0-9]{1,2})h$")
_HOUR_WORD = re.compile(r"[0-9]{1,2}(?:[:h][0-9]{2}|h|(?:[:h][0-9]{2})?[ap]m)")
_AT = {"at", "às", "as"}
_HALVES = {"am", "pm"}
_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})(?:/([0-9]{4}))?")
_DAYS_AWAY = {"today": 0, "hoje": 0, "tomorrow": 1, "amanhã": 1, "amanha": 1}


class TwoMeaningsError(ValueError):
    """``18h`` where it may be the hour or the span. `clock` and `span` say either one so that it is clear."""

    def __init__(self, hours: int) -> None:
        super().__init__(f"a moment with two meanings: {hours}h")
        self.clock, self.span = f"{hours}:00", f"+{hours}h"


def split_moment(words: Sequence[str]) -> tuple[str, list[str]]:
    """The words at the beginning that say until when, and the rest: an hour goes with the day before it.

    What looks like an hour is never left to the rest, so that no part of a moment is read as a reason.

    >>> split_moment(["amanhã", "às", "18:00", "black", "friday"])
    ('amanhã às 18:00', ['black', 'friday'])
    """
    lower = [word.casefold() for word in words]
    count = 1
    if len(words) > 2 and lower[1] in _AT and _HOUR_WORD.fullmatch(lower[2]):
        count = 3
    elif len(words) > 1 and _HOUR_WORD.fullmatch(lower[1]):
        count = 2
    if len(words) > count and lower[count] in _HALVES:
        count += 1
    return " ".join(words[:count]), list(words[count:])


def read_until(text: str, now: datetime, language: Language) -> datetime:
    """A moment after `now`, within a year; ValueError where it is not one. A day without an hour counts to its end.

    ``2026-11-30``, ``30/11`` (Portuguese; ``11/30`` in English), ``today``, ``tomorrow``, ``hoje``, ``amanhã``, each
    with or without an hour after it; ``18:00`` or ``18h00`` (the next one); ``+6h``, ``2d``, ``30m``: on the client's
    clock. ``6h`` is a span in English, and in Portuguese as much an hour of the day: there it is `TwoMeaningsError`.

    >>> at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    >>> read_until("amanhã", at, Language("pt-BR", "America/Sao_Paulo")).isoformat()
    '2026-11-25T00:00:00-03:00'
    """
    typed = text.strip().casefold()
    local = now.astimezone(ZoneInfo(language.time_zone))
    until = _relative(typed, local, language) or _next_clock(typed, local) or _on_a_day(typed, local, language)
    if until is None:
        raise ValueError(f"not a moment: {text!r}")
    return check_until(until, now)


def check_until(until: datetime, now: datetime) -> datetime:
    """The moment, if it is ahead and within a year; else ValueError with both times."""
    if not now < until <= now + LONGEST:
        raise ValueError(f"not between {now.isoformat()} and a year later: {until.isoformat()}")
    return until


def _relative(typed: str, local: datetime, language: Language) -> datetime | None:
    found = _SPAN.fullmatch(typed)
    if not found:
        return None
    count, unit = int(found[2]), found[3]
    if language.locale.language == "pt" and not found[1] and unit == "h" and count < 24:
        raise TwoMeaningsError(count)
    # Hours are elapsed time: they are added to the instant, not to the wall clock.
    return (local.astimezone(UTC) + count * _UNITS[unit]).astimezone(local.tzinfo)


def _next_clock(typed: str, local: datetime) -> datetime | None:
    hour = _clock(typed)
    if hour is None:
        return None
    at = local.replace(hour=hour[0], minute=hour[1], second=0, microsecond=0, fold=0)
    return at if at > local else at + timedelta(days=1)


def _clock(typed: str) -> tuple[int, int] | None:
    found = _CLOCK.fullmatch(typed)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return int(found[1]), int(found[2])


def _on_a_day(typed: str, local: datetime, language: Language) -> datetime | None:
    """At an hour of a day, or at its end."""
    first, *rest = typed.split() or [""]
    day = _day(first, local, language)
    if day is None or day.year > local.year + 2:
        return None
    if not rest:
        after = day + timedelta(days=1)
        return datetime(after.year, after.month, after.day, tzinfo=local.tzinfo)
    if len(rest) > 2 or (len(rest) == 2 and rest[0] not in _AT):
        return None
    hour = _clock(_BARE_HOUR.sub(r"\1h00", rest[-1]))  # after a day, 18h can only be the hour
    return datetime(day.year, day.month, day.day, *hour, tzinfo=local.tzinfo) if hour else None


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
