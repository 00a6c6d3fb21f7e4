"""YAML 1.2 text as plain values, with the line of every one of them.

The text is composed into nodes and no further, so nothing in it can make Python run. Numbers with a point become
`Decimal` from their own digits, never through a float. Everything that is no number, true, false or nothing stays
text: what it means is for the model to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from freio.config.faults import Fault, Path, quoted

_DEEPEST = 24  # freio.yaml nests six deep; a limit keeps a hostile file from exhausting the stack
_MOST = 50_000  # values, aliases counted each time: a few lines of nested aliases can stand for billions
_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, where its key stands, and its own words (None for a mapping or a list)."""

    line: int
    key_line: int
    text: str | None


@dataclass(slots=True)
class Document:
    """What the text says: its root, the place of each path in it, and what is wrong with it as YAML.

    ``unread`` are the paths whose values could not be read: they are None in the root, and have their fault.
    """

    root: object = None
    places: dict[Path, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unread: set[Path] = field(default_factory=set)

    @property
    def is_read(self) -> bool:
        """Whether there is a root to say more about."""
        return () in self.places and () not in self.unread

    def value(self, path: Path) -> object:
        """What stands at a path that is there."""
        value: Any = self.root
        for step in path:
            value = value[step]
        return value

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it that stands in the file."""
        while path and path not in self.places:
            path = path[:-1]
        place = self.places.get(path)
        return place.line if place else 1

    def key_line(self, path: Path) -> int:
        place = self.places.get(path)
        return place.key_line if place else self.line(path)


def read(text: str) -> Document:
    """Any text at all; what is wrong with it stands in the document's faults."""
    document = Document()
    node = _composed(text, document.faults)
    if node is not None:
        document.root = _Reader(document).value(node, (), node.start_mark.line + 1)
    elif not document.faults:
        document.faults.append(Fault(1, (), "the file is empty; must say client, billing, apps and the rest"))
    return document


def _composed(text: str, faults: list[Fault]) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = _DEEPEST
    yaml.composer.warn_double_anchors = False  # an anchor may be set again: YAML 1.2, 3.2.2.2
    try:
        node: Node | None = yaml.compose(text)
    except MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = ", ".join(str(part) for part in (exc.context, exc.problem) if part)
        faults.append(Fault(line, (), f"column {column}: not YAML 1.2: {said}"))
    except ReaderError as exc:
        before = text[: exc.position]
        column = len(before) - before.rfind("\n")
        said = f"the character U+{ord(text[exc.position]):04X} may not stand in a file"
        faults.append(Fault(before.count("\n") + 1, (), f"column {column}: not YAML 1.2: {said}"))
    except (YAMLError, ArithmeticError, AssertionError, LookupError, ValueError) as exc:
        # The parser lets Python's own errors through, without a place: an escape such as "\UFFFFFFFF", %YAML 1.99.
        faults.append(Fault(1, (), f"column 1: not YAML 1.2: {quoted(str(exc), 200)}"))
    else:
        return node
    return None


class _Reader:
    """One walk over the nodes: values out, places and faults noted on the way."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._above: list[int] = []
        self._count = 0

    def value(self, node: Node, path: Path, key_line: int) -> object:
        line = node.start_mark.line + 1
        text = str(node.value) if isinstance(node, ScalarNode) else None
        if text == "":
            line = key_line  # an empty value is found at whatever comes next
        self._document.places[path] = Place(line, key_line, text)
        self._count += 1
        if self._count == _MOST:
            self._fault(line, (), f"the file says more than {_MOST} values, aliases counted each time")
        if self._count >= _MOST:
            return None
        if id(node) in self._above or len(self._above) > _DEEPEST:
            return self._unread(line, path, "an alias stands inside what it stands for; must be a value")
        kind = str(node.tag).removeprefix(_TAG)
        if kind not in _KINDS[type(node)]:
            tag = str(node.tag).replace(_TAG, "!!")
            return self._unread(line, path, f"the tag {quoted(tag)} means nothing here; must be left out")
        self._above.append(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            if isinstance(node, SequenceNode):
                return [self.value(item, (*path, i), item.start_mark.line + 1) for i, item in enumerate(node.value)]
            return _SCALARS[kind](str(node.value))
        finally:
            self._above.pop()

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, object]:
        said: dict[str, int] = {}
        result: dict[str, object] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                continue
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self._fault(line, path, "a mapping or a list stands as a key; must be a word")
                continue
            name = str(key.value)
            if name in said:
                self._fault(line, (*path, name), f"stands here and in line {said[name]}; may stand once")
                continue
            said[name] = line
            result[name] = self.value(value, (*path, name), line)
        for key, value in self._merged(node, path, {id(node)}):
            name = str(key.value)
            if name not in result:
                result[name] = self.value(value, (*path, name), key.start_mark.line + 1)
        return result

    def _merged(self, node: MappingNode, path: Path, seen: set[int]) -> Iterator[tuple[ScalarNode, Node]]:
        """What ``<<: *other`` brings in, nearest first: YAML 1.1's merge key, which people expect beside anchors.

        A mapping that was seen brings nothing new, and a ring of merges ends there.
        """
        for key, value in node.value:
            if key.tag != _MERGE:
                continue
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                if not isinstance(source, MappingNode):
                    line = key.start_mark.line + 1
                    self._fault(line, (*path, "<<"), "is no alias of a mapping; must be one, such as *chat")
                elif id(source) not in seen:
                    seen.add(id(source))
                    yield from ((k, v) for k, v in source.value if isinstance(k, ScalarNode) and k.tag != _MERGE)
                    yield from self._merged(source, path, seen)

    def _unread(self, line: int, path: Path, message: str) -> object:
        self._document.unread.add(path)
        self._fault(line, path, message)
        return None

    def _fault(self, line: int, path: Path, message: str) -> None:
        self._document.faults.append(Fault(line, path, message))


def _number(text: str) -> object:
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 10)
    try:
        return sign * int(digits.replace("_", ""), base)
    except ValueError:
        return text


def _decimal(text: str) -> object:
    try:
        return Decimal(text.replace("_", "").replace(".inf", "Infinity").replace(".nan", "NaN"))
    except DecimalException:
        return text


def _truth(text: str) -> object:
    return {"true": True, "false": False}.get(text.casefold(), text)


_SCALARS: dict[str, Callable[[str], object]] = {
    "str": str,
    "timestamp": str,
    "value": str,
    "null": lambda _: None,
    "bool": _truth,
    "int": _number,
    "float": _decimal,
}

_KINDS: dict[type[Node], frozenset[str]] = {
    MappingNode: frozenset({"map"}),
    SequenceNode: frozenset({"seq"}),
    ScalarNode: frozenset(_SCALARS),
}
