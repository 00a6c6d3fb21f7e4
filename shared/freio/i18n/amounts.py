"""Reads an amount of money that somebody types, as their locale writes it and in the client's currency alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import (
    NumberFormatError,
    get_currency_precision,
    get_currency_symbol,
    list_currencies,
    parse_decimal,
)

from freio.i18n.catalogue import SUPPORTED, Language
from freio.i18n.format import number_of

_AMOUNT = re.compile(r"[0-9][0-9.,]*")
_PARTS = re.compile(r"([^\s\d.,+-]*)\s*(.*?)\s*([^\s\d.,+-]*)")
_MOST = Decimal(10) ** 12
_EXAMPLE = Decimal("1234.56")


class OtherCurrencyError(ValueError):
    """An amount in a currency that is not the client's: nobody converts it in silence."""


def read_amount(text: str, language: Language, currency: str) -> Decimal:
    """A positive amount, with the currency's own code or sign or without; ValueError where it is not one.

    The locale alone decides what a comma is: ``1.234,56`` is no amount in English, and ``1,234.56`` none in
    Portuguese, so that nobody raises a budget a hundredfold. Another currency's sign is an `OtherCurrencyError`.

    >>> read_amount("R$ 1.234,56", Language("pt-BR", "America/Sao_Paulo"), "BRL")
    Decimal('1234.56')
    """
    found = _PARTS.fullmatch(text.strip())
    before, bare, after = found.groups() if found else ("", "", "")
    for sign in (before, after):
        if sign and sign.casefold() not in own_signs(currency):
            if is_currency(sign):
                raise OtherCurrencyError(f"not an amount in {currency}: {text!r}")
            raise ValueError(f"not an amount: {text!r}")
    if not _AMOUNT.fullmatch(bare):
        raise ValueError(f"not an amount: {text!r}")
    try:
        amount = parse_decimal(bare, locale=language.locale, strict=True)
    except NumberFormatError as exc:
        raise ValueError(f"not an amount in {language.tag}: {text!r}") from exc
    exponent = amount.as_tuple().exponent
    if not 0 < amount < _MOST or not isinstance(exponent, int) or exponent < -get_currency_precision(currency):
        raise ValueError(f"not an amount of money: {text!r}")
    return amount


def example(language: Language, currency: str) -> str:
    """An amount as it may be typed: ``1.234,56``, or ``1.235`` in a currency without cents."""
    return number_of(round(_EXAMPLE, get_currency_precision(currency)), language.locale)


def split_amount(words: Sequence[str]) -> tuple[str, list[str]]:
    """The words at the beginning that say how much, and the rest: a currency that stands alone goes with its number.

    >>> split_amount(["R$", "500", "+6h", "launch"])
    ('R$ 500', ['+6h', 'launch'])
    """
    count = 1
    if len(words) > 1 and is_currency(words[0] if not _has_digit(words[0]) else words[1]):
        count = 2
    return " ".join(words[:count]), list(words[count:])


def check_currency(code: str) -> None:
    """ValueError where there is no currency with this code."""
    if code not in list_currencies():
        raise ValueError(f"there is no currency {code!r}")


def is_currency(word: str) -> bool:
    """Whether a word is a currency's code or holds a currency's sign (R$, €, US$)."""
    return word.upper() in list_currencies() or any(unicodedata.category(sign) == "Sc" for sign in word)


@lru_cache
def own_signs(currency: str) -> frozenset[str]:
    """The currency's code, and its signs in our languages and in the country that its code begins with (ISO 4217).

    >>> sorted(own_signs("BRL")), sorted(own_signs("AUD"))
    (['brl', 'r$'], ['$', 'a$', 'au$', 'aud'])
    """
    locales = [Locale.parse(ours) for ours in SUPPORTED]
    with suppress(UnknownLocaleError):  # EU, XA: no country's
        locales.append(Locale.parse(f"und_{currency[:2]}"))
    signs = {get_currency_symbol(currency, locale) for locale in locales}
    return frozenset(sign.casefold() for sign in (currency, *signs))


def _has_digit(word: str) -> bool:
    return any(sign.isdigit() for sign in word)
