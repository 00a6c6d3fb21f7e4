"""Block elements, checked: each with the fields it needs, those it may have, and their limits."""

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from freio.sandbox.slack import limits
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.objects import ANY_TEXT, PLAIN, Findings, check_confirm, check_option, check_text, kind_of

Check = Callable[[Findings, str, Json], None]

# Fields that every interactive element may have, then those of everything a person fills in.
CLICKED = ("type", "action_id", "confirm")
FILLED = (*CLICKED, "placeholder", "focus_on_load")


def _button(found: Findings, path: str, element: Json) -> None:
    may = (*CLICKED, "value", "url", "style", "accessibility_label")
    if found.record(path, element, needs=("text",), may=may):
        check_text(found, f"{path}/text", element["text"], most=limits.BUTTON_TEXT)
    if "value" in element:
        found.string(f"{path}/value", element["value"], most=limits.BUTTON_VALUE)
    if "url" in element:
        found.string(f"{path}/url", element["url"], most=limits.BUTTON_URL)
    if "style" in element:
        found.one_of(f"{path}/style", element["style"], ("primary", "danger"))
    if "accessibility_label" in element:
        found.string(f"{path}/accessibility_label", element["accessibility_label"], most=limits.BUTTON_TEXT)


def _overflow(found: Findings, path: str, element: Json) -> None:
    if found.record(path, element, needs=("options",), may=CLICKED):
        for place, option in found.items(f"{path}/options", element["options"], most=limits.OVERFLOW_OPTIONS):
            check_option(found, place, option, kinds=PLAIN, may=("url",))


def _select(found: Findings, path: str, element: Json, *, initial: str) -> None:
    may = (*FILLED, "options", "option_groups", initial, "max_selected_items")
    found.record(path, element, may=may)
    if ("options" in element) == ("option_groups" in element):
        found.add(path, "needs either options or option_groups")
    for place, option in _listed(found, path, element):
        check_option(found, place, option, kinds=PLAIN)
    _initial_options(found, path, element)


def _listed(found: Findings, path: str, element: Json) -> list[tuple[str, Any]]:
    if "options" in element:
        return found.items(f"{path}/options", element["options"], most=limits.SELECT_OPTIONS)
    listed: list[tuple[str, Any]] = []
    groups = element.get("option_groups", [])
    for place, group in found.items(f"{path}/option_groups", groups, most=limits.SELECT_OPTIONS):
        if found.record(place, group, needs=("label", "options")):
            check_text(found, f"{place}/label", group["label"], most=limits.OPTION_TEXT)
            listed += found.items(f"{place}/options", group["options"], most=limits.SELECT_OPTIONS)
    return listed


def _choice(found: Findings, path: str, element: Json, *, initial: str) -> None:
    if found.record(path, element, needs=("options",), may=(*CLICKED, "focus_on_load", initial)):
        for place, option in found.items(f"{path}/options", element["options"], most=limits.CHOICE_OPTIONS):
            check_option(found, place, option, kinds=ANY_TEXT)
    _initial_options(found, path, element)


def _initial_options(found: Findings, path: str, element: Json) -> None:
    """What is chosen at first is one of the options, word for word."""
    offered = [*element.get("options", [])]
    for group in element.get("option_groups", []):
        offered += group.get("options", []) if isinstance(group, dict) else []
    if "initial_option" in element and element["initial_option"] not in offered:
        found.add(f"{path}/initial_option", "initial_option must exactly match one of the options")
    if "initial_options" in element:
        for place, option in found.items(f"{path}/initial_options", element["initial_options"], most=len(offered)):
            if option not in offered:
                found.add(place, "initial_options must exactly match some of the options")


def _text_input(found: Findings, path: str, element: Json) -> None:
    may = (*FILLED, "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config")
    found.record(path, element, may=may)
    if "initial_value" in element:
        found.string(f"{path}/initial_value", element["initial_value"], least=0, most=limits.TYPED_TEXT)
    for bound, least in (("min_length", 0), ("max_length", 1)):
        length = element.get(bound, least)
        if not isinstance(length, int) or not least <= length <= limits.TYPED_TEXT:
            found.add(f"{path}/{bound}", f"must be a number from {least} to {limits.TYPED_TEXT}")


def _address(found: Findings, path: str, element: Json) -> None:
    found.record(path, element, may=(*FILLED, "initial_value", "dispatch_action_config"))


def _number(found: Findings, path: str, element: Json) -> None:
    may = (*FILLED, "initial_value", "min_value", "max_value", "dispatch_action_config")
    found.record(path, element, needs=("is_decimal_allowed",), may=may)
    for bound in ("initial_value", "min_value", "max_value"):
        if bound in element and not _is_number(element[bound]):
            found.add(f"{path}/{bound}", "must be a number written as a string")


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _date(found: Findings, path: str, element: Json) -> None:
    found.record(path, element, may=(*FILLED, "initial_date"))
    _reads(found, f"{path}/initial_date", element.get("initial_date", "2026-01-01"), date.fromisoformat, "YYYY-MM-DD")


def _time(found: Findings, path: str, element: Json) -> None:
    found.record(path, element, may=(*FILLED, "initial_time", "timezone"))
    _reads(found, f"{path}/initial_time", element.get("initial_time", "00:00"), time.fromisoformat, "HH:mm")


def _reads(found: Findings, path: str, value: Any, parse: Callable[[str], object], form: str) -> None:
    try:
        well = isinstance(value, str) and len(value) == len(form) and parse(value) is not None
    except ValueError:
        well = False
    if not well:
        found.add(path, f"must be in the format {form}")


def _moment(found: Findings, path: str, element: Json) -> None:
    found.record(path, element, may=(*CLICKED, "focus_on_load", "initial_date_time"))
    moment = element.get("initial_date_time", 10**9)
    if not isinstance(moment, int) or len(str(moment)) != 10:
        found.add(f"{path}/initial_date_time", "must be a Unix timestamp of 10 digits")


def _person(found: Findings, path: str, element: Json) -> None:
    found.record(path, element, may=(*FILLED, "initial_user"))


def _image(found: Findings, path: str, element: Json) -> None:
    check_picture(found, path, element, may=("type",))


def check_picture(found: Findings, path: str, picture: Json, *, may: tuple[str, ...]) -> None:
    """An image: a public address or a file of the workspace, and words for those who cannot see it."""
    if found.record(path, picture, needs=("alt_text",), may=(*may, "image_url", "slack_file")):
        found.string(f"{path}/alt_text", picture["alt_text"], most=limits.IMAGE_ALT)
    if ("image_url" in picture) == ("slack_file" in picture):
        found.add(path, "needs either image_url or slack_file")
    if "image_url" in picture:
        found.string(f"{path}/image_url", picture["image_url"], most=limits.IMAGE_URL)
    if "slack_file" in picture:
        found.record(f"{path}/slack_file", picture["slack_file"], may=("id", "url"))


ELEMENTS: Mapping[str, Check] = {
    "button": _button,
    "overflow": _overflow,
    "static_select": lambda found, path, element: _select(found, path, element, initial="initial_option"),
    "multi_static_select": lambda found, path, element: _select(found, path, element, initial="initial_options"),
    "radio_buttons": lambda found, path, element: _choice(found, path, element, initial="initial_option"),
    "checkboxes": lambda found, path, element: _choice(found, path, element, initial="initial_options"),
    "plain_text_input": _text_input,
    "email_text_input": _address,
    "url_text_input": _address,
    "number_input": _number,
    "datepicker": _date,
    "timepicker": _time,
    "datetimepicker": _moment,
    "users_select": _person,
    "image": _image,
}
TYPED = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
IN_INPUT = set(ELEMENTS) - {"button", "overflow", "image"}
IN_ACTIONS = set(ELEMENTS) - TYPED - {"image"}
IN_SECTION = set(ELEMENTS) - TYPED - {"datetimepicker"}


def check_element(found: Findings, path: str, element: Any, *, allowed: set[str]) -> None:
    """An element of a known type that may stand here."""
    kind = kind_of(element)
    if kind not in allowed:
        found.add(f"{path}/type", f"unsupported type: {kind}")
        return
    ELEMENTS[kind](found, path, element)
    if "action_id" in element:
        found.string(f"{path}/action_id", element["action_id"], most=limits.ACTION_ID)
    if "confirm" in element:
        check_confirm(found, f"{path}/confirm", element["confirm"])
    if "placeholder" in element:
        check_text(found, f"{path}/placeholder", element["placeholder"], most=limits.PLACEHOLDER)
