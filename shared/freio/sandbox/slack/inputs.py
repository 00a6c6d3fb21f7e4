"""What people fill in: from the plain value they typed or chose to Slack's ``state.values``, and what is missing.

A plain value is a string for text, numbers, dates, times, people and single choices (the option's ``value``), a list
of such strings for check boxes and multiple choices, an integer (seconds since 1970) for a moment, or None.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from freio.sandbox.slack.blocks import interactive
from freio.sandbox.slack.errors import ScriptError
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.limits import TYPED_TEXT
from freio.sandbox.slack.objects import options_of

Typed = Mapping[str, Mapping[str, Any]]  # block id → action id → plain value

# Where an element's value stands in `state.values`, and where the app puts its first value.
FIELD = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "overflow": ("selected_option", ""),
}
WORDS = {
    "en": {
        "needed": "Please fill this in.",
        "number": "This must be a number.",
        "whole": "This must be a whole number.",
        "low": "This must be {bound} or more.",
        "high": "This must be {bound} or less.",
        "short": "Write {bound} characters or more.",
        "long": "Write {bound} characters or fewer.",
    },
    "pt-BR": {
        "needed": "Preencha este campo.",
        "number": "Informe um número.",
        "whole": "Informe um número inteiro.",
        "low": "O valor mínimo é {bound}.",
        "high": "O valor máximo é {bound}.",
        "short": "Escreva pelo menos {bound} caracteres.",
        "long": "Escreva no máximo {bound} caracteres.",
    },
}


def first_value(element: Json) -> Any:
    """The plain value that the app drew the element with."""
    initial = element.get(FIELD[element["type"]][1])
    if isinstance(initial, list):
        return [option["value"] for option in initial]
    return initial["value"] if isinstance(initial, dict) else initial


def entered(element: Json, plain: Any) -> Json:
    """The value under the field where Slack sends it: ``{"selected_option": {…}}``, ``{"value": "2000"}``."""
    if element["type"] == "button":
        return {"value": element["value"]} if "value" in element else {}
    name = FIELD[element["type"]][0]
    if name == "selected_options":
        return {name: [_option(element, value) for value in plain or []]}
    if name == "selected_option":
        return {name: None if plain is None else _option(element, plain)}
    return {name: None if plain == "" else plain}


def _option(element: Json, value: str) -> Json:
    for option in options_of(element):
        if option["value"] == value:
            return dict(option)
    raise ScriptError(f"{element['action_id']} offers no option {value!r}")


def state_values(blocks: Sequence[Json], typed: Typed) -> Json:
    """Slack's ``state.values``: every element that holds a value, by block and action."""
    values: Json = {}
    for block, element in interactive(list(blocks)):
        if element["type"] in {"button", "overflow"}:
            continue
        plain = typed.get(block["block_id"], {}).get(element["action_id"], first_value(element))
        held = {"type": element["type"], **entered(element, plain)}
        values.setdefault(block["block_id"], {})[element["action_id"]] = held
    return values


def by_block(blocks: Sequence[Json], values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """``{action_id: plain value}`` sorted under the blocks in which those actions stand."""
    typed: dict[str, dict[str, Any]] = {}
    places = {element["action_id"]: block["block_id"] for block, element in interactive(list(blocks))}
    for action_id, plain in values.items():
        if action_id not in places:
            raise ScriptError(f"there is nothing to fill in called {action_id}, only {', '.join(places)}")
        typed.setdefault(places[action_id], {})[action_id] = plain
    return typed


def wrong(blocks: Sequence[Json], typed: Typed, locale: str) -> dict[str, str]:
    """What Slack's own form would not send, by block, in the person's language; empty when it may go."""
    words = WORDS.get(locale, WORDS["en"])
    found: dict[str, str] = {}
    for block, element in interactive(list(blocks)):
        if block["type"] != "input":
            continue
        plain = typed.get(block["block_id"], {}).get(element["action_id"], first_value(element))
        if plain in (None, "", []):
            if not block.get("optional", False):
                found[block["block_id"]] = words["needed"]
        elif problem := _problem(element, plain):
            word, bound = problem
            found[block["block_id"]] = words[word].format(bound=bound)
    return found


def _problem(element: Json, plain: Any) -> tuple[str, Any] | None:
    if element["type"] == "number_input":
        return _number_problem(element, plain)
    if element["type"] == "plain_text_input":
        least, most = element.get("min_length", 0), element.get("max_length", TYPED_TEXT)
        if len(plain) < least:
            return "short", least
        if len(plain) > most:
            return "long", most
    return None


def _number_problem(element: Json, plain: str) -> tuple[str, Any] | None:
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return "number", None
    if not number.is_finite():
        return "number", None
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "whole", None
    if "min_value" in element and number < Decimal(element["min_value"]):
        return "low", element["min_value"]
    if "max_value" in element and number > Decimal(element["max_value"]):
        return "high", element["max_value"]
    return None
