"""pydantic's errors as faults in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError

from freio.config.document import Document
from freio.config.faults import Fault, Path, quoted
from freio.config.model import LEVELS, WORD, ClientKeys, Keys
from freio.config.shapes import Shape

_NOT = {
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "bool_type": "true or false",
}


def explained(error: ValidationError, document: Document) -> list[Fault]:
    faults = [_fault(detail["type"], detail["loc"], detail.get("ctx", {}), document) for detail in error.errors()]
    return [fault for fault in faults if fault.path not in document.unread]


def _fault(kind: str, loc: Path, context: Mapping[str, Any], document: Document) -> Fault:
    path = loc[:3] + loc[4:] if loc[2:3] == ("mode",) and loc[3:4] in ((WORD,), (LEVELS,)) else loc
    if path[-1:] == ("[key]",) and path not in document.places:  # pydantic's word for the key itself
        path = path[:-1]
        says = f"the key {quoted(str(path[-1]))} is not {context['what']}; may be {context['may']}"
        return Fault(document.key_line(path), path, says)
    if kind == "missing":
        return Fault(document.line(path[:-1]), path, f"is missing; must be {_may(_kind(path))}")
    if kind == "extra_forbidden":
        return Fault(document.key_line(path), path, _unknown(path) + _comma(path, document))
    if kind == "too_short":
        return Fault(document.line(path), path, f"is empty; must have at least one: {_may(_kind((*path, 0)))}")
    what, may = context.get("what") or _NOT[kind], context.get("may") or _may(_kind(path))
    if document.value(path) is None:
        return Fault(document.line(path), path, f"nothing stands there; must be {may}")
    return Fault(document.line(path), path, f"{_stands(path, document)} is not {what}; may be {may}")


def _stands(path: Path, document: Document) -> str:
    value, place = document.value(path), document.places[path]
    if place.text is None:
        return "a list" if isinstance(value, list) else "a mapping"
    return quoted(place.text) if isinstance(value, str) else quoted(place.text)[1:-1]


def _unknown(path: Path) -> str:
    mapping = _mapping(_kind(path[:-1]))
    known = _names(mapping) if mapping else []
    near = get_close_matches(str(path[-1]).casefold(), known, n=2, cutoff=0.6)
    if near:
        return f"is no key here; did you mean {' or '.join(near)}?"
    return f"is no key here; may be {', '.join(known)}"


def _comma(path: Path, document: Document) -> str:
    """A hint where ``{monthly: 40.000,00}`` was cut at its comma: digits alone became a key with nothing behind it."""
    is_digits = str(path[-1]).isdecimal() and document.places[path].text == ""
    return "; inside {} a comma ends a value: write an amount like 40000.00" if is_digits else ""


def _names(keys: type[Keys]) -> list[str]:
    return [info.alias or name for name, info in keys.model_fields.items()]


def _kind(path: Path) -> Any:
    """The annotation of what belongs at a path of the model."""
    kind: Any = ClientKeys
    for step in path:
        mapping = _mapping(kind)
        if mapping:
            info = next(i for name, i in mapping.model_fields.items() if step == (i.alias or name))
            kind = info.annotation
            for note in info.metadata:
                kind = Annotated[kind, note]
        else:
            kind = get_args(_bare(kind))[-1]
    return kind


def _bare(kind: Any) -> Any:
    return _bare(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def _choices(kind: Any) -> list[Any]:
    """The members of a union without None; of anything else itself."""
    bare = _bare(kind)
    if get_origin(bare) in (Union, UnionType):
        return [choice for choice in get_args(bare) if choice is not NoneType]
    return [kind]


def _mapping(kind: Any) -> type[Keys] | None:
    for choice in map(_bare, _choices(kind)):
        if isinstance(choice, type) and issubclass(choice, Keys):
            return choice
    return None


def _may(kind: Any) -> str:
    """What may stand there, in words."""
    choices = _choices(kind)
    if len(choices) > 1 or choices[0] is not kind:
        return ", or ".join(_may(choice) for choice in choices)
    for note in getattr(kind, "__metadata__", ()):
        if isinstance(note, Shape):
            return note.may
    bare, mapping = _bare(kind), _mapping(kind)
    if mapping:
        return f"a mapping with {', '.join(_names(mapping))}"
    if get_origin(bare) is list:
        return f"a list of: {_may(get_args(bare)[0])}"
    if get_origin(bare) is dict:
        return f"a mapping to: {_may(get_args(bare)[1])}"
    return _NOT["bool_type"]
