"""A request checked against its method: parameters known, typed and complete; the body fits its schema."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.enum_numbers import AS_NUMBERS, PARAMETER, with_names
from freio.sandbox.google.errors import ApiError, invalid, unimplemented
from freio.sandbox.google.schema import Violation, scalar, violations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from freio.sandbox.google.discovery import Match, Method

BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that fits its method. A repeated parameter is a list, a boolean a bool, an integer an int."""

    method: Method
    parameters: Mapping[str, Any]
    body: Mapping[str, Any] = field(default_factory=dict)
    fails_late: ApiError | None = None


def checked_call(match: Match, query: Sequence[tuple[str, str]], raw_body: bytes) -> Call:
    """The call that a matched request makes; INVALID_ARGUMENT naming every field that is wrong."""
    found: list[Violation] = []
    parameters: dict[str, Any] = dict(match.path_parameters)
    as_numbers = (PARAMETER, AS_NUMBERS) in query
    query = [pair for pair in query if pair != (PARAMETER, AS_NUMBERS)]  # no document lists it, every API knows it
    found += _read_query(match.method, query, parameters)
    found += [
        (name, "is required")
        for name, spec in match.method.parameters.items()
        if spec.get("required") and name not in parameters
    ]
    body = _read_body(match.method, raw_body)
    if as_numbers and match.method.request is not None:
        body = with_names(match.method.schemas, match.method.request, body)
    if match.method.request is not None:
        found += violations(match.method.schemas, match.method.request, body)
    if found:
        raise invalid(*found)
    _refuse_what_is_not_simulated(parameters)
    return Call(method=match.method, parameters=parameters, body=body)


def check_reply(method: Method, reply: Mapping[str, Any]) -> None:
    """The sandbox's own reply against the response schema: a bug in here must be loud, not a strange reading."""
    found = list(violations(method.schemas, method.response, reply))
    if found:
        raise ApiError(500, "INTERNAL", f"THE SANDBOX BROKE ITS OWN CONTRACT: reply of {method.id}: {found}")


def _read_query(method: Method, query: Sequence[tuple[str, str]], into: dict[str, Any]) -> Iterator[Violation]:
    for name, text in query:
        spec = method.parameters.get(name)
        if spec is None or spec["location"] != "query":
            yield name, f"unknown parameter of {method.id}"
            continue
        value = _typed(spec, text)
        yield from scalar(spec, value, name)
        if spec.get("repeated"):
            into.setdefault(name, []).append(value)
        elif name in into:
            yield name, "given twice"
        else:
            into[name] = value


def _typed(spec: Mapping[str, Any], text: str) -> Any:
    """A query string's text as the JSON scalar it stands for; text that is none is kept, for the check to name."""
    if spec["type"] == "boolean":
        return BOOLEANS.get(text, text)
    if spec["type"] == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    return text


def _read_body(method: Method, raw: bytes) -> dict[str, Any]:
    if not raw:
        return {}
    if method.request is None:
        raise invalid(("(body)", f"{method.id} takes no body"))
    try:
        body = json.loads(raw)
    except ValueError as exc:
        raise invalid(("(body)", f"no JSON: {exc}")) from exc
    if not isinstance(body, dict):
        raise invalid(("(body)", "must be an object"))
    return body


def _refuse_what_is_not_simulated(parameters: Mapping[str, Any]) -> None:
    if parameters.get("alt", "json") != "json":
        raise unimplemented(f"alt={parameters['alt']}")
    for name in ("fields", "callback"):
        if name in parameters:
            raise unimplemented(f"the standard parameter {name!r}")
