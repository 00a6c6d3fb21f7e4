"""The shapes of single values: how each is read, what it is called, and what may stand there.

A shape serves three readers at once: the parser (`read`), the fault (`what`, `may`) and the editor (`schema`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

WRONG = "wrong"
"""The type of the pydantic error that a shape raises; its context holds ``what`` and ``may``."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of value.

    ``what``    what it is, with its article: ``a duration``.
    ``may``     what may stand there, in words, with an example.
    ``read``    the plain value in the file → the value meant; ValueError: it is not of this shape. The text of
                the ValueError, where there is one, is a hint that follows.
    ``schema``  the same for an editor, which may be wider where JSON Schema cannot say it.
    """

    what: str
    may: str
    read: Callable[[object], object]
    schema: Mapping[str, Any] = field(hash=False)

    def _validated(self, value: object) -> object:
        try:
            return self.read(value)
        except ValueError as exc:
            hint = f"; {exc}" if str(exc) else ""
            raise PydanticCustomError(WRONG, "{what}: {may}", {"what": self.what, "may": self.may + hint}) from exc

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validated)

    def __get_pydantic_json_schema__(
        self, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.schema)


def text(value: object) -> str:
    """Text and nothing else: 0123 without quotes is a number, and has lost its zero."""
    if isinstance(value, str):
        return value
    raise ValueError("put it in quotes" if value is not None else "")


def pattern(regex: str, what: str, may: str, *, example: str) -> Shape:
    """Text that a pattern fits as a whole; the same pattern goes to the editor."""
    compiled = re.compile(regex, re.ASCII)

    def read(value: object) -> str:
        if compiled.fullmatch(text(value)) is None:
            raise ValueError
        return text(value)

    schema = {"type": "string", "pattern": f"^(?:{regex})$", "examples": [example]}
    return Shape(what, f"{may}, such as {example}", read, schema)


def one_of(words: tuple[str, ...], what: str) -> Shape:
    """One word of a closed list."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError
        return text(value)

    return Shape(what, ", ".join(words[:-1]) + f" or {words[-1]}", read, {"type": "string", "enum": list(words)})
