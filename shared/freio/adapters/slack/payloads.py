"""Reads a payload field by field: every field is there and of its type, or the message is no use to anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from freio.adapters.slack.buttons import read_question
from freio.errors import BadMessage

Json = Mapping[str, Any]


def payload_of(text: str) -> Json:
    """The JSON in the form's ``payload`` field."""
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise BadMessage("json", f"the payload is not JSON: {exc}") from exc
    if not isinstance(payload, dict):
        raise BadMessage("schema", f"the payload is not an object: {type(payload).__name__}")
    return payload


def text_at(payload: Json, *path: str) -> str:
    """The text at that path, which must be there and not empty."""
    found = _at(payload, path)
    if not isinstance(found, str) or not found:
        raise BadMessage("schema", f"{'.'.join(path)} is {found!r}, not a text")
    return found


def first_action(payload: Json) -> Json:
    """Slack sends the one element that was clicked, in a list."""
    actions = payload.get("actions")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
        raise BadMessage("schema", f"actions is {actions!r}, not a list of objects")
    return actions[0]


def question_of(value: str) -> tuple[str, int]:
    """The incident and the revision that a button was drawn for."""
    try:
        return read_question(value)
    except ValueError as exc:
        raise BadMessage("schema", str(exc)) from exc


def typed_text(payload: Json, name: str) -> str:
    """What stands in the text input whose block and action are called `name`; empty where nothing does."""
    value = _at(payload, ("view", "state", "values", name, name, "value"))
    if value is not None and not isinstance(value, str):
        raise BadMessage("schema", f"the value of {name} is {value!r}, not a text")
    return value or ""


def picked_time(payload: Json, name: str) -> int:
    """What stands in the date and time picker, in seconds since 1970; 0 where nothing does."""
    value = _at(payload, ("view", "state", "values", name, name, "selected_date_time"))
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise BadMessage("schema", f"the moment of {name} is {value!r}, not a whole number")
    return value or 0


def _at(payload: Json, path: tuple[str, ...]) -> object:
    found: object = payload
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found
