"""A sentence of the catalogue with what stands in it: something that is worked out here, and said where it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """``text`` is marked in `freio.domain.sentences`; ``data`` are the values of its places, as text.

    >>> str(Phrase("{times:decimal} times the usual", (("times", "4.2"),)))
    '4.2 times the usual'
    """

    text: str
    data: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, text: str, **data: object) -> Phrase:
        return cls(text, tuple((name, str(value)) for name, value in data.items()))

    def __str__(self) -> str:
        """In English, with the values as they are: for journals and errors."""
        said = self.text
        for name, value in self.data:
            start = said.find(f"{{{name}")
            end = said.find("}", start)
            said = f"{said[:start]}{value}{said[end + 1 :]}" if start >= 0 else said
        return said


def packed(phrases: Iterable[Phrase]) -> str:
    """Several phrases as the text of a ``{…:phrases}`` place; `unpacked` reads it.

    >>> unpacked(packed([Phrase("a", (("b", "c"),))]))
    [Phrase(text='a', data=(('b', 'c'),))]
    """
    return json.dumps([[phrase.text, dict(phrase.data)] for phrase in phrases], ensure_ascii=False)


def unpacked(text: str) -> list[Phrase]:
    return [Phrase(sentence, tuple(data.items())) for sentence, data in json.loads(text)] if text else []
