"""Reads the google provider's schema out of the npm package that HashiCorp generated from it.

``python -m tools.terraform.schema node_modules/@cdktf/provider-google OUT.json`` writes what ``terraform providers
schema -json`` would print for that version of the provider, without its descriptions except for lists of possible
values. The package is generated code: every resource is one TypeScript file, kept whole in the source map at the end of
its JavaScript, and says of each attribute ``// name - computed: …, optional: …, required: …``. What the generator drops
is missing here too: ``ForceNew``, defaults, validation functions, what conflicts with what.
"""

from __future__ import annotations

import base64
import concurrent.futures
import json
import re
import sys
from pathlib import Path
from typing import Any

PROVIDER = "registry.terraform.io/hashicorp/google"

SOURCE_MAP = re.compile(r"sourceMappingURL=data:application/json;(?:charset=[\w-]+;)?base64,([A-Za-z0-9+/=]+)")
CLASS = re.compile(r"^export class (\w+) extends cdktf\.(\w+) \{$", re.MULTILINE)
TERRAFORM_TYPE = re.compile(r'public static readonly tfResourceType = "(\w+)";')
MEMBER = re.compile(
    r"^  // (?P<name>\w+) - computed: (?P<computed>\w+), optional: (?P<optional>\w+), required: (?P<required>\w+)\n"
    r"(?P<body>(?:(?!  // \w+ - computed: |  // =====).*\n)*)",
    re.MULTILINE,
)
STRUCT = re.compile(
    r'= new (?!cdktf\.)(?:\w+\.)?(?P<struct>\w+?)(?P<form>List|Map|OutputReference)\(this, "\w+"(?:, (?P<set>\w+))?\)'
)
VENDOR_MAP = re.compile(r"= new cdktf\.(\w+)\(this,")
GETTER = re.compile(
    r"return (?P<wrap>cdktf\.Fn\.tolist\()?.*?this\.(?P<getter>get\w+Attribute|interpolationForAttribute)\("
)
MAPPED = re.compile(r'^ +(\w+): \{\n +value: .*\n +isBlock: (true|false),\n +type: "(\w+)",', re.MULTILINE)
COMMENT = re.compile(r"/\*\*\n(.*?)\*/", re.DOTALL)
SETTING = re.compile(r"/\*\*\n((?:(?!\*/).)*)\*/\n +readonly \w+(\??): ([^;]+);", re.DOTALL)
VALUES = re.compile(r"Possible values: \[[^\]]*\]")
LINK = re.compile(r"\{@link \S+#(\w+) ")

SIMPLE: dict[str, Any] = {
    "getStringAttribute": "string",
    "getBooleanAttribute": "bool",
    "getNumberAttribute": "number",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"],
    "getNumberMapAttribute": ["map", "number"],
    "getBooleanMapAttribute": ["map", "bool"],
    "getAnyMapAttribute": ["map", "dynamic"],
    "interpolationForAttribute": "dynamic",
}
SETTINGS: dict[str, Any] = {
    "string": "string",
    "number": "number",
    "boolean | cdktf.IResolvable": "bool",
    "string[]": ["list", "string"],
    "{ [key: string]: string }": ["map", "string"],
}
VENDOR: dict[str, Any] = {
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
    "StringMapList": ["list", ["map", "string"]],
    "AnyMap": ["map", "dynamic"],
}


class Unreadable(Exception):
    """The package is not of the shape that this reader knows: a newer generator needs a newer reader."""


def read(package: Path) -> dict[str, Any]:
    """Return the whole package in the format of ``terraform providers schema -json``."""
    folders = sorted(path.parent for path in (package / "lib").glob("*/index.js"))
    if not folders:
        raise Unreadable(f"{package} holds no lib/*/index.js: is it @cdktf/provider-google?")
    found: dict[str, Any] = {"provider": None, "resource_schemas": {}, "data_source_schemas": {}}
    kinds = {"TerraformResource": "resource_schemas", "TerraformDataSource": "data_source_schemas"}
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for entries in pool.map(_entries, folders, chunksize=16):
            for base, name, schema in entries:
                if base == "TerraformProvider":
                    found["provider"] = schema
                else:
                    found[kinds[base]][name] = schema
    return {"format_version": "1.0", "provider_schemas": {PROVIDER: found}}


def _entries(folder: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (base class, Terraform's name, schema) of what one folder defines."""
    text = "\n".join(_source(path) for path in [folder / "index.js", *sorted(folder.glob("index-structs/structs*.js"))])
    module = _Module(text)
    found = []
    for name, base in module.bases.items():
        match = TERRAFORM_TYPE.search(module.bodies[name])
        if match:
            block = module.settings(f"{name}Config") if base == "TerraformProvider" else module.block(name)
            found.append((base, match[1], {"version": 0, "block": block}))
    return found


def _source(path: Path) -> str:
    """Return the TypeScript that a generated JavaScript file carries in its source map."""
    match = SOURCE_MAP.search(path.read_text(encoding="utf-8"))
    if not match:
        raise Unreadable(f"{path} carries no source map")
    return str(json.loads(base64.b64decode(match[1]))["sourcesContent"][0])


class _Module:
    """The classes of one generated file, by name."""

    def __init__(self, text: str) -> None:
        matches = list(CLASS.finditer(text))
        self.text = text
        self.bases = {match[1]: match[2] for match in matches}
        self.bodies = {match[1]: text[match.end() : text.find("\n}\n", match.end())] for match in matches}

    def block(self, owner: str) -> dict[str, Any]:
        """Return one class as a block: attributes by name, nested blocks by name."""
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        mapped, values = self._mapped(owner), self._values(owner)
        for member in MEMBER.finditer(self.bodies[owner] + "\n"):
            name = member["name"]
            flags = {flag: True for flag in ("computed", "optional", "required") if member[flag] == "true"}
            struct = STRUCT.search(member["body"])
            if struct and mapped.get(name, (False, ""))[0] and "computed" not in flags:
                blocks[name] = self._nested(struct, required="required" in flags, kind=mapped[name][1])
            else:
                attributes[name] = {"type": self._type(owner, name, member["body"], struct), **flags}
                if name in values:
                    attributes[name]["description"] = values[name]
        return {"attributes": attributes} | ({"block_types": blocks} if blocks else {})

    def _nested(self, struct: re.Match[str], *, required: bool, kind: str) -> dict[str, Any]:
        """Return a nested block: how it nests and how often it may stand."""
        block = self.block(f"{struct['struct']}OutputReference")
        if kind == "struct":
            return {"nesting_mode": "single", "block": block}
        limits = ({"min_items": 1} if required else {}) | (
            {"max_items": 1} if struct["form"] == "OutputReference" else {}
        )
        return {"nesting_mode": kind, "block": block, **limits}

    def _type(self, owner: str, name: str, body: str, struct: re.Match[str] | None) -> Any:
        """Return an attribute's type as Terraform writes it in JSON."""
        if struct:
            inner = _object(self.block(f"{struct['struct']}OutputReference"))
            if struct["form"] == "Map":
                return ["map", inner]
            return ["set" if struct["set"] == "true" else "list", inner]
        vendor = VENDOR_MAP.search(body)
        if vendor:
            return VENDOR[vendor[1]]
        getter = GETTER.search(body)
        if not getter:
            raise Unreadable(f"{owner}.{name}: no getter that this reader knows")
        found = SIMPLE[getter["getter"]]
        return ["set", *found[1:]] if getter["wrap"] else found

    def _mapped(self, owner: str) -> dict[str, tuple[bool, str]]:
        """Return which attributes the generator writes as blocks, and how they nest."""
        if owner.endswith("OutputReference"):
            struct = owner.removesuffix("OutputReference")
            start = self.text.find(f"export function {struct[0].lower()}{struct[1:]}ToHclTerraform(")
            text = self.text[start : self.text.find("\n}\n", start)] if start >= 0 else ""
        else:
            text = self.bodies[owner].partition("synthesizeHclAttributes()")[2]
        return {name: (block == "true", kind) for name, block, kind in MAPPED.findall(text)}

    def settings(self, interface: str) -> dict[str, Any]:
        """Return what the provider itself may be told: its class has no getters, so its interface is read."""
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for comment, optional, kind in SETTING.findall(self._interface(interface)):
            link = LINK.search(comment)
            if not link:
                continue  # the generator's own, such as `alias`
            if kind.startswith("GoogleProvider"):
                block = self.settings(kind.removesuffix("[] | cdktf.IResolvable"))
                blocks[link[1]] = {"nesting_mode": "list", "max_items": 1, "block": block}
            else:
                attributes[link[1]] = {"type": SETTINGS[kind], "optional" if optional else "required": True}
        return {"attributes": attributes} | ({"block_types": blocks} if blocks else {})

    def _interface(self, name: str) -> str:
        """Return what stands in one interface, with its comments."""
        match = re.search(rf"^export interface {name} (?:extends [\w.]+ )?\{{$", self.text, re.MULTILINE)
        return self.text[match.end() : self.text.find("\n}\n", match.end()) + 1] if match else ""

    def _values(self, owner: str) -> dict[str, str]:
        """Return the lists of possible values that an interface's comments give, by attribute."""
        struct = owner.removesuffix("OutputReference") if owner.endswith("OutputReference") else f"{owner}Config"
        found = {}
        for comment in COMMENT.findall(self._interface(struct)):
            values, link = VALUES.search(comment), LINK.search(comment)
            if values and link:
                found[link[1]] = values[0]
        return found


def _object(block: dict[str, Any]) -> Any:
    """Return a block as the type of one object."""
    fields = {key: value["type"] for key, value in block["attributes"].items()}
    for key, nested in block.get("block_types", {}).items():
        fields[key] = [nested["nesting_mode"], _object(nested["block"])]
    return ["object", fields]


def main() -> None:
    """Write the schema of a package, in one step: whoever reads the file never meets half of it."""
    package, destination = map(Path, sys.argv[1:])
    unfinished = destination.with_suffix(".new")
    unfinished.write_text(json.dumps(read(package), separators=(",", ":"), sort_keys=True), encoding="utf-8")
    unfinished.replace(destination)


if __name__ == "__main__":
    main()
