"""Holds infra/terraform against the google provider's schema: every resource, block, argument and reference.

``python -m tools.terraform.check [FOLDER …]`` prints one line for each fault, with file, line, what stands there and
what may; it ends with 1 where there is one. The schema is .tools/terraform-schema.json, which `make terraform` brings.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.terraform import hcl
from tools.terraform.schema import PROVIDER

ROOT = Path(__file__).resolve().parent.parent.parent
MODULE = ROOT / "infra" / "terraform"
SCHEMA = ROOT / ".tools" / "terraform-schema.json"

META = {
    "resource": {"count", "for_each", "provider", "depends_on"},
    "data": {"count", "for_each", "provider", "depends_on"},
    "provider": {"alias", "version"},
}
META_BLOCKS = {"lifecycle", "provisioner", "connection"}
KINDS = {"resource": "resource_schemas", "data": "data_source_schemas"}


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that the provider would refuse."""

    file: Path
    line: int
    where: str
    what: str

    def __str__(self) -> str:
        """Return it as one line, in the form in which editors jump to a place."""
        file = self.file.relative_to(ROOT) if self.file.is_relative_to(ROOT) else self.file
        return f"{file}:{self.line}: {self.where}: {self.what}"


class Schema:
    """What one version of the google provider knows."""

    def __init__(self, path: Path = SCHEMA) -> None:
        self._known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["provider_schemas"][PROVIDER]

    def block(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return a resource's or data source's block, or the provider's own (kind ``provider``); else nothing."""
        found = self._known["provider"] if kind == "provider" else self._known[KINDS[kind]].get(name)
        return found["block"] if found else None

    def names(self, kind: str) -> list[str]:
        """Return the types of one kind."""
        return list(self._known[KINDS[kind]])


def check(folder: Path, schema: Schema) -> list[Fault]:
    """Return what is wrong in one folder's ``*.tf`` files, in their order."""
    blocks = hcl.folder(folder)
    declared = {(block.type, *block.labels) for block in blocks if block.type in KINDS}
    found = [fault for block in blocks for fault in _top(block, schema)]
    found += [fault for block in blocks for fault in _references(block, schema, declared)]
    return sorted(found, key=lambda fault: (fault.file, fault.line))


def _top(block: hcl.Block, schema: Schema) -> Iterator[Fault]:
    """What is wrong with one top-level block, if it is the provider's to judge."""
    if block.type not in META:
        return
    kind, name = block.type, block.labels[0]
    if kind == "provider" and name != "google":
        yield Fault(block.file, block.line, f'provider "{name}"', "has no schema here; may be google")
        return
    where = ".".join(([] if kind == "resource" else [kind]) + list(block.labels))
    if name.startswith("terraform_"):  # Terraform's own, built in
        return
    known = schema.block(kind, name)
    if known is None:
        yield Fault(block.file, block.line, where, f"no {kind} type {name!r}{_closest(name, schema.names(kind))}")
        return
    own = [one for one in block.blocks if not (kind != "provider" and one.type in META_BLOCKS)]
    arguments = [one for one in block.attributes if one.name not in META[kind]]
    yield from _body(dataclasses.replace(block, attributes=tuple(arguments), blocks=tuple(own)), known, where)
    for inner in block.blocks:
        if inner.type == "lifecycle" and kind == "resource":
            yield from _lifecycle(inner, known, where)


def _body(block: hcl.Block, known: dict[str, Any], where: str) -> Iterator[Fault]:
    """What is wrong with the arguments and nested blocks of one block."""
    attributes, nested = known["attributes"], known.get("block_types", {})
    for argument in block.attributes:
        yield from _argument(argument, block, known, where)
    given = {argument.name for argument in block.attributes}
    written = [_written(one) for one in block.blocks]
    for name, inner, dynamic in written:
        if name in nested:
            yield from _body(inner, nested[name]["block"], f"{where}.{name}")
        elif name in attributes and attributes[name]["type"][0] in {"list", "set"} and attributes[name].get("optional"):
            continue  # a list of objects may be written as blocks too
        elif name in attributes:
            yield Fault(block.file, inner.line, where, f"{name} stands as a block; it is an argument: {name} = …")
        else:
            may = _closest(name, [*nested, *attributes])
            yield Fault(block.file, inner.line, where, f"no block {name!r}{may}")
        if dynamic is None and name in nested and nested[name].get("max_items") == 1:
            lines = [one.line for other, one, _ in written if other == name]
            if inner.line == lines[-1] and len(lines) > 1:
                yield Fault(block.file, inner.line, where, f"{name} stands {len(lines)} times; it may stand once")
    there = given | {name for name, _, _ in written}
    missing = [name for name, one in attributes.items() if one.get("required") and name not in there]
    missing += [name for name, one in nested.items() if one.get("min_items") and name not in there]
    for name in missing:
        yield Fault(block.file, block.line, where, f"{name} is required, and missing")


def _argument(argument: hcl.Attribute, block: hcl.Block, known: dict[str, Any], where: str) -> Iterator[Fault]:
    """What is wrong with one ``name = value``."""
    attributes, nested = known["attributes"], known.get("block_types", {})
    name = argument.name
    if name in nested:
        yield Fault(block.file, argument.line, where, f"{name} stands as an argument; it is a block: {name} {{ … }}")
    elif name not in attributes:
        settable = [key for key, one in attributes.items() if one.get("required") or one.get("optional")]
        yield Fault(block.file, argument.line, where, f"no argument {name!r}{_closest(name, [*settable, *nested])}")
    elif not (attributes[name].get("required") or attributes[name].get("optional")):
        yield Fault(block.file, argument.line, where, f"{name} is decided by Google and cannot be set")
    else:
        listed = attributes[name].get("description", "").removeprefix("Possible values: ")
        literal = argument.literal()
        if listed and literal and attributes[name]["type"] == "string" and literal not in json.loads(listed):
            may = ", ".join(json.loads(listed))
            yield Fault(block.file, argument.line, where, f"{name} is {literal!r}; may be {may}")


def _written(block: hcl.Block) -> tuple[str, hcl.Block, hcl.Block | None]:
    """Return a nested block's name and body, looking through ``dynamic``, which is returned where there is one."""
    if block.type != "dynamic":
        return block.type, block, None
    content = next((one for one in block.blocks if one.type == "content"), block)
    return block.labels[0], content, block


def _lifecycle(block: hcl.Block, known: dict[str, Any], where: str) -> Iterator[Fault]:
    """``ignore_changes`` names what the resource has."""
    for attribute in block.attributes:
        if attribute.name != "ignore_changes":
            continue
        for item in attribute.value.find_data("identifier"):
            name = str(item.children[0])
            names = [*known["attributes"], *known.get("block_types", {})]
            if name != "all" and name not in names and not _follows_a_dot(attribute, item):
                yield Fault(block.file, item.meta.line, f"{where}.lifecycle", f"no {name!r}{_closest(name, names)}")


def _follows_a_dot(attribute: hcl.Attribute, item: Any) -> bool:
    """Whether an identifier is the ``b`` of ``a[0].b``: only its first name is the resource's own."""
    return any(item in one.children for one in attribute.value.find_data("get_attr"))


def _references(block: hcl.Block, schema: Schema, declared: set[tuple[str, ...]]) -> Iterator[Fault]:
    """What a block says of other resources that these do not have."""
    where = ".".join((block.type, *block.labels))
    for reference in block.references():
        kind, parts = ("data", reference.parts[1:]) if reference.parts[0] == "data" else ("resource", reference.parts)
        if len(parts) < 2 or not parts[0].startswith("google_"):
            continue
        address = ".".join(reference.parts[: 3 if kind == "data" else 2])
        known = schema.block(kind, parts[0])
        if known is None:
            what = f"refers to {address}: no {kind} type {parts[0]!r}{_closest(parts[0], schema.names(kind))}"
            yield Fault(block.file, reference.line, where, what)
        elif (kind, *parts[:2]) not in declared:
            others = [".".join(one[1:]) for one in declared if one[0] == kind]
            what = f"refers to {address}, which this folder does not declare{_closest('.'.join(parts[:2]), others)}"
            yield Fault(block.file, reference.line, where, what)
        else:
            wrong = _step(known, parts[2:])
            if wrong:
                yield Fault(block.file, reference.line, where, f"refers to {'.'.join(reference.parts)}: {wrong}")


def _step(known: dict[str, Any], path: tuple[str, ...]) -> str | None:
    """Follow a path into a block; return what is wrong with it."""
    if not path:
        return None
    name, *rest = path
    if name in known.get("block_types", {}):
        return _step(known["block_types"][name]["block"], tuple(rest))
    if name in known["attributes"]:
        return _into(known["attributes"][name]["type"], tuple(rest))
    return f"no attribute {name!r}{_closest(name, [*known['attributes'], *known.get('block_types', {})])}"


def _into(kind: Any, path: tuple[str, ...]) -> str | None:
    """Follow a path into a value of a type: an object has fields, a map has any key, a text has nothing."""
    while isinstance(kind, list) and kind[0] in {"list", "set"}:
        kind = kind[1]
    if not path or kind == "dynamic" or (isinstance(kind, list) and kind[0] == "map"):
        return None
    if not isinstance(kind, list):
        return f"{path[0]!r} is asked of a {kind}"
    name, *rest = path
    return (
        _into(kind[1][name], tuple(rest))
        if name in kind[1]
        else f"no attribute {name!r}{_closest(name, list(kind[1]))}"
    )


def _closest(name: str, names: list[str]) -> str:
    """Return what a wrong name may have meant; all that may stand there where that is not many."""
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return f"; closest is {', '.join(close)}"
    return f"; may be {', '.join(sorted(names))}" if 0 < len(names) <= 30 else ""


def folders(module: Path = MODULE) -> list[Path]:
    """Return the module and its examples."""
    return [module, *sorted(path for path in (module / "examples").glob("*") if path.is_dir())]


def main() -> None:
    """Print every fault of the folders that are named, or of the module and its examples."""
    named = [Path(one).resolve() for one in sys.argv[1:]]
    schema = Schema()
    faults = [fault for folder in named or folders() for fault in check(folder, schema)]
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
