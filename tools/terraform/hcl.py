"""A Terraform folder as blocks, attributes and references, each with its line, from python-hcl2's parse tree."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
from lark import Token, Tree
from lark.exceptions import UnexpectedInput

CHAIN = {"get_attr_expr_term", "index_expr_term", "attr_splat_expr_term", "full_splat_expr_term"}
HEREDOC = {"heredoc_template", "heredoc_template_trim"}
DOTTED = re.compile(r"[A-Za-z_][\w-]*(?:\[[^\]]*\])?(?:\.[A-Za-z_*][\w-]*(?:\[[^\]]*\])?)+")


class BadHcl(Exception):
    """A file that does not parse; says where."""


@dataclasses.dataclass(frozen=True)
class Attribute:
    """``name = value``."""

    name: str
    line: int
    value: Tree[Any]
    text: str  # the value, as it stands in the file

    def literal(self) -> str | None:
        """Return the value where it is a text without interpolation."""
        string = _only(self.value, "expr_term", "string")
        parts = [child for child in string.children if isinstance(child, Tree)] if string else []
        texts = [part.children[0] for part in parts]
        return "".join(map(str, texts)) if string and all(isinstance(text, Token) for text in texts) else None


@dataclasses.dataclass(frozen=True)
class Reference:
    """``google_x.y[0].z`` is ``("google_x", "y", "z")``: indices and splats are left out."""

    parts: tuple[str, ...]
    line: int


@dataclasses.dataclass(frozen=True)
class Block:
    """``type "label" "label" { … }``."""

    type: str
    labels: tuple[str, ...]
    line: int
    file: Path
    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]

    def references(self) -> Iterator[Reference]:
        """Every dotted name in the block's expressions, in its nested blocks' too."""
        for attribute in self.attributes:
            yield from references(attribute.value)
        for block in self.blocks:
            yield from block.references()


def folder(path: Path) -> list[Block]:
    """Return the top-level blocks of a folder's ``*.tf`` files."""
    return [block for file in sorted(path.glob("*.tf")) for block in parse(file.read_text(encoding="utf-8"), file)]


def parse(text: str, file: Path) -> list[Block]:
    """Return the top-level blocks of one file."""
    try:
        tree = hcl2.parses_to_tree(text)
    except UnexpectedInput as error:
        raise BadHcl(
            f"{file}:{error.line}: is no HCL that python-hcl2 can read: {error.get_context(text).rstrip()}"
        ) from error
    (body,) = _children(tree, "body")
    return list(_blocks(body, file, text))


def references(tree: Tree[Any]) -> Iterator[Reference]:
    """Every dotted name of an expression, in the order of the text."""
    if tree.data in CHAIN:
        parts, within = _chain(tree)
        if len(parts) > 1:
            yield Reference(tuple(parts), tree.meta.line)
        for inner in within:
            yield from references(inner)
        return
    if tree.data in HEREDOC:
        yield from _in_heredoc(tree)
        return
    for child in tree.children:
        if isinstance(child, Tree):
            yield from references(child)


def _in_heredoc(tree: Tree[Any]) -> Iterator[Reference]:
    """The grammar keeps a heredoc as one text; what stands in its ``${…}`` is found by its form."""
    for offset, line in enumerate(str(tree.children[0]).split("\n")):
        for expression in re.findall(r"(?<!\$)\$\{([^}]*)\}", line):
            for dotted in DOTTED.findall(expression):
                parts = re.sub(r"\[[^\]]*\]", "", dotted).split(".")
                yield Reference(tuple(part for part in parts if part != "*"), tree.meta.line + offset)


def _chain(tree: Tree[Any]) -> tuple[list[str], list[Tree[Any]]]:
    """Return a chain's names, and the trees beside them in which other references stand."""
    first, *rest = (child for child in tree.children if isinstance(child, Tree))
    parts, within = _start(first)
    if not parts:
        return [], [*within, *rest]
    for step in rest:
        if step.data == "get_attr":
            parts.append(_name(step))
        elif step.data in {"attr_splat", "full_splat"}:
            steps = [part for part in step.children if isinstance(part, Tree)]
            parts += [_name(part) for part in steps if part.data == "get_attr"]
            within += [part for part in steps if part.data != "get_attr"]
        else:
            within.append(step)
    return parts, within


def _start(first: Tree[Any]) -> tuple[list[str], list[Tree[Any]]]:
    """Return what a chain starts with: a name, another chain, or an expression, which has no name to follow."""
    inner = first
    while inner.data == "expr_term" and len(inner.children) == 1 and isinstance(inner.children[0], Tree):
        inner = inner.children[0]
    if inner.data in CHAIN:
        return _chain(inner)
    if inner.data == "identifier":
        return [_text(inner)], []
    return [], [first]


def _blocks(body: Tree[Any], file: Path, text: str) -> Iterator[Block]:
    for tree in _children(body, "block"):
        heads = [
            child
            for child in tree.children
            if isinstance(child, Tree) and child.data in {"identifier", "string", "keyword"}
        ]
        names = [_text(head) for head in heads]
        (inner,) = _children(tree, "body") or [Tree("body", [])]
        yield Block(
            type=names[0],
            labels=tuple(names[1:]),
            line=tree.meta.line,
            file=file,
            attributes=tuple(_attributes(inner, text)),
            blocks=tuple(_blocks(inner, file, text)),
        )


def _attributes(body: Tree[Any], text: str) -> Iterator[Attribute]:
    for tree in _children(body, "attribute"):
        name, value = (child for child in tree.children if isinstance(child, Tree))
        written = text[value.meta.start_pos : value.meta.end_pos]
        yield Attribute(name=_text(name), line=tree.meta.line, value=value, text=written)


def _children(tree: Tree[Any], kind: str) -> list[Tree[Any]]:
    return [child for child in tree.children if isinstance(child, Tree) and child.data == kind]


def _name(tree: Tree[Any]) -> str:
    return next(_text(child) for child in tree.children if isinstance(child, Tree))


def _text(tree: Tree[Any]) -> str:
    """Return an identifier, or a quoted label without its quotes."""
    return "".join(str(token) for token in tree.scan_values(lambda value: isinstance(value, Token))).strip('"')


def _only(tree: Tree[Any], *path: str) -> Tree[Any] | None:
    """Follow a tree down while it has one child of each kind, and nothing else."""
    found = tree
    if found.data != path[0]:
        return None
    for kind in path[1:]:
        if len(found.children) != 1 or not isinstance(found.children[0], Tree) or found.children[0].data != kind:
            return None
        found = found.children[0]
    return found
