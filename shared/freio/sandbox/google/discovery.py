"""The discovery documents that google-api-python-client ships, and which of their methods a request means.

A document is read from `googleapiclient/discovery_cache/documents/<api>.<version>.json`: the same file that the
client under test builds its requests from, so neither can drift from the other unseen.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from freio.sandbox.google.errors import not_found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SIMULATED_APIS = (
    "billingbudgets.v1",
    "cloudbilling.v1",
    "cloudbilling.v1beta",
    "serviceusage.v1beta1",
    "serviceusage.v1",
    "monitoring.v3",
    "cloudresourcemanager.v3",
    "apikeys.v2",
    "iam.v1",
    "iam.v2",
    "orgpolicy.v2",
    "cloudquotas.v1",
)

PLACEHOLDER = re.compile(r"\{(\+?)(\w+)\}")
ENCODED_SLASH = re.compile(r"%2[Ff]")


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method of one API: where it lives and what it takes and gives."""

    id: str
    verb: str
    host: str
    path: re.Pattern[str]
    literal_length: int
    parameters: Mapping[str, Mapping[str, Any]]
    request: Mapping[str, Any] | None
    response: Mapping[str, Any]
    schemas: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Match:
    method: Method
    path_parameters: Mapping[str, str]


class Discovery:
    """The methods of all served APIs."""

    def __init__(self, apis: Sequence[str] = SIMULATED_APIS) -> None:
        self._methods = [method for api in apis for method in _methods_of(_load(api))]
        self._apis = tuple(apis)

    @property
    def method_ids(self) -> frozenset[str]:
        return frozenset(method.id for method in self._methods)

    def match(self, verb: str, raw_path: str) -> Match:
        """The method that a request line means; 404 when no document has one. `raw_path` is still percent-encoded."""
        path = decode_path(raw_path.lstrip("/"))
        found = [
            Match(method=method, path_parameters=fit.groupdict())
            for method in self._methods
            if method.verb == verb and (fit := method.path.fullmatch(path))
        ]
        if not found:
            raise not_found(f"No method of {', '.join(self._apis)} answers to {verb} /{path}")
        # `v1/{+name}` with an open pattern also matches `v1/{+name}:verb`; the more literal template is meant.
        return max(found, key=lambda one: one.method.literal_length)


def decode_path(raw: str) -> str:
    """The path as Google's HTTP rule reads `{+name}`: decoded once, with an encoded slash left encoded.

    `a%2Fb` and `a%252Fb` both become `a%2Fb`, one segment: the client encodes the percent sign of an opaque name.
    """
    return "%2F".join(unquote(piece) for piece in ENCODED_SLASH.split(raw))


OWN = frozenset({"cloudquotas.v1"})  # the client ships none: the adapter's own document, read from its folder


def _load(api: str) -> dict[str, Any]:
    folder = resources.files("googleapiclient") / "discovery_cache" / "documents"
    file = (resources.files("freio") / "adapters" / "google" if api in OWN else folder) / f"{api}.json"
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def _methods_of(document: Mapping[str, Any]) -> Iterator[Method]:
    host = document["rootUrl"].removeprefix("https://").rstrip("/")
    common = {name: spec for name, spec in document["parameters"].items() if spec["location"] == "query"}
    for described in _walk(document):
        parameters = common | described.get("parameters", {})
        template = document["servicePath"] + described["path"]
        yield Method(
            id=described["id"],
            verb=described["httpMethod"],
            host=host,
            path=_pattern(template, parameters),
            literal_length=len(PLACEHOLDER.sub("", template)),
            parameters=parameters,
            request=described.get("request"),
            response=described["response"],
            schemas=document["schemas"],
        )


def _walk(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from node.get("methods", {}).values()
    for inner in node.get("resources", {}).values():
        yield from _walk(inner)


def _pattern(template: str, parameters: Mapping[str, Mapping[str, Any]]) -> re.Pattern[str]:
    """A path template as a regular expression: literals quoted, each placeholder by its own declared pattern."""
    pieces: list[str] = []
    last = 0
    for hole in PLACEHOLDER.finditer(template):
        name = hole.group(2)
        declared = parameters[name].get("pattern", "^.+$" if hole.group(1) else "^[^/]+$")
        pieces += [
            re.escape(template[last : hole.start()]),
            f"(?P<{name}>{declared.removeprefix('^').removesuffix('$')})",
        ]
        last = hole.end()
    return re.compile("".join(pieces) + re.escape(template[last:]))
