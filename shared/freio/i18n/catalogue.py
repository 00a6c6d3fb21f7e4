"""The language of a reader: sentences from the checked-in catalogues, filled with values as they are written there.

English is the source, so only the other languages have a catalogue: ``locales/<locale>/LC_MESSAGES/freio.po``. It is
compiled in memory, so no compiled file can be older than its source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale

from freio.domain.phrase import unpacked
from freio.i18n import format as written
from freio.i18n.style import PLAIN, Style
from freio.i18n.words import COUNTED, NO_LIMIT, NO_OVERRIDE, POLICY, WORDS

LOCALES = Path(__file__).parent.parent / "locales"
SUPPORTED = ("en", "pt_BR")
PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_FORMATS = {
    "money": written.money,
    "number": written.number,
    "rounded": written.rounded,
    "limit": written.number,
    "override": written.number,
    "decimal": written.decimal,
    "decimal2": written.decimal2,
    "percent": written.percent,
    "duration": written.duration,
}
_ABSENT = {"limit": NO_LIMIT, "rounded": NO_LIMIT, "override": NO_OVERRIDE}  # said where there is no number
_NOTHING = {"", "None", "-1"}


def capitalized(text: str) -> str:
    """As it begins a sentence; the rest stays, for it may hold a name."""
    return text[:1].upper() + text[1:]


def supported(tag: str) -> str | None:
    """The locale of ours that speaks the language of this tag (``pt-BR``, ``en_GB``); None: no catalogue does.

    >>> supported("pt-PT"), supported("en-GB"), supported("de-DE")
    ('pt_BR', 'en', None)
    """
    language = tag.replace("-", "_").partition("_")[0].casefold()
    return next((ours for ours in SUPPORTED if ours.partition("_")[0] == language), None)


@lru_cache
def translations(locale: str) -> NullTranslations:
    """The compiled catalogue of one of our locales."""
    if locale == "en":
        return NullTranslations()
    # Here and not above: only a language with a catalogue pays for reading one (10 ms of a cold start).
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = BytesIO()
    with (LOCALES / locale / "LC_MESSAGES" / "freio.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=locale, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


@dataclass(frozen=True, slots=True)
class Language:
    r"""One reader's language and clock: a tag such as ``pt-BR``, and an IANA time zone.

    >>> Language("pt-BR", "America/Sao_Paulo").say("{spent:money} on {app}", {"spent": "12.50 BRL", "app": "chat"})
    'R$\xa012,50 on chat'
    """

    tag: str
    time_zone: str

    def __post_init__(self) -> None:
        if supported(self.tag) is None:
            raise ValueError(f"there is no catalogue for {self.tag!r}; there are {', '.join(SUPPORTED)}")
        try:
            ZoneInfo(self.time_zone)
        except (OSError, ValueError, LookupError) as exc:  # a folder (America), no file's name, no such zone
            raise ValueError(f"there is no time zone {self.time_zone!r}") from exc

    @property
    def locale(self) -> Locale:
        return Locale.parse(supported(self.tag) or SUPPORTED[0])

    def speaking(self, tag: str) -> Language:
        """The same clock in another language, where we speak it; else this one."""
        return Language(tag, self.time_zone) if supported(tag) else self

    def gettext(self, text: str) -> str:
        return translations(str(self.locale)).gettext(text)

    def word(self, code: str) -> str:
        """The word for a state, an action, a kind; a code without one (a lever's name) is said as it is."""
        return self.gettext(WORDS[code]) if code in WORDS else code

    def say(self, text: str, data: Mapping[str, str], style: Style = PLAIN) -> str:
        """The sentence in this language, each place filled as its kind is written here.

        A place without data, or of an unknown kind, is a bug: KeyError.
        """
        return PLACE.sub(lambda m: self._fill(m[2], data[m[1]], style), self.gettext(text))

    def _fill(self, kind: str | None, value: str, style: Style) -> str:
        match kind:
            case None:
                return style.text(value)
            case "person":
                return self.word(POLICY) if value == POLICY else style.person(value)
            case "time":
                at = written.read_time(value)
                return style.time(at, written.time(at, self.locale, self.time_zone))
            case "word" | "Word" | "words":
                return style.text(self._words(kind, value))
            case "phrases" | "lines":
                said = [self.say(phrase.text, dict(phrase.data), style) for phrase in unpacked(value)]
                return ("; " if kind == "phrases" else "\n").join(said)
            case _:
                return self._figure(kind, value)

    def _words(self, kind: str, value: str) -> str:
        if kind == "words":
            return written.choice([self.word(code) for code in value.split(",")], self.locale)
        return capitalized(self.word(value)) if kind == "Word" else self.word(value)

    def _figure(self, kind: str, value: str) -> str:
        if kind in _ABSENT and value in _NOTHING:
            return self.gettext(_ABSENT[kind])
        if kind in COUNTED:
            one, many = COUNTED[kind]
            return self.say(one if self.locale.plural_form(int(value)) == "one" else many, {"n": value})
        return _FORMATS[kind](value, self.locale)
