"""What blocks are made of, checked: text, options, confirmation dialogs.

Findings are collected as Slack writes them: what is wrong, then where as a JSON pointer.
"""

from collections.abc import Collection
from typing import Any

from freio.sandbox.slack import limits
from freio.sandbox.slack.json_types import Json

PLAIN = ("plain_text",)
ANY_TEXT = ("plain_text", "mrkdwn")


class Findings(list[str]):
    """What Slack would refuse, each as ``must be less than 151 characters [json-pointer:/blocks/0/text/text]``."""

    def add(self, path: str, says: str) -> None:
        self.append(f"{says} [json-pointer:{path}]")

    def record(self, path: str, value: Any, *, needs: Collection[str] = (), may: Collection[str] = ()) -> bool:
        """Whether ``value`` is an object with exactly these fields; says each one missing or unknown."""
        if not isinstance(value, dict):
            self.add(path, "must be an object")
            return False
        for name in needs:
            if name not in value:
                self.add(path, f"missing required field: {name}")
        for name in value:
            if name not in needs and name not in may:
                self.add(path, f"invalid additional property: {name}")
        return all(name in value for name in needs)

    def string(self, path: str, value: Any, *, most: int, least: int = 1) -> None:
        if not isinstance(value, str):
            self.add(path, "must be a string")
        elif len(value) < least:
            self.add(path, f"must be more than {least - 1} characters")
        elif len(value) > most:
            self.add(path, f"must be less than {most + 1} characters")

    def items(self, path: str, value: Any, *, most: int, least: int = 1) -> list[tuple[str, Any]]:
        """The entries with their paths; too few, too many, or no list at all is said."""
        if not isinstance(value, list):
            self.add(path, "must be an array")
            return []
        if len(value) < least:
            self.add(path, f"no fewer than {least} items allowed")
        if len(value) > most:
            self.add(path, f"no more than {most} items allowed")
        return [(f"{path}/{place}", entry) for place, entry in enumerate(value)]

    def one_of(self, path: str, value: Any, choices: Collection[str]) -> bool:
        if value in choices:
            return True
        self.add(path, f"unsupported value: {value}, must be one of {', '.join(sorted(choices))}")
        return False


def kind_of(value: Any) -> str:
    """The ``type`` of a block or element; empty when it states none."""
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def check_text(found: Findings, path: str, value: Any, *, most: int, kinds: Collection[str] = PLAIN) -> None:
    """A text object: ``plain_text`` or ``mrkdwn`` where that is allowed, never empty."""
    if not found.record(path, value, needs=("type", "text"), may=("emoji", "verbatim")):
        return
    if found.one_of(f"{path}/type", value["type"], kinds):
        wrong = "verbatim" if value["type"] == "plain_text" else "emoji"
        if wrong in value:
            found.add(path, f"invalid additional property: {wrong}")
    found.string(f"{path}/text", value["text"], most=most)


def check_option(found: Findings, path: str, value: Any, *, kinds: Collection[str], may: Collection[str] = ()) -> None:
    if not found.record(path, value, needs=("text", "value"), may=("description", *may)):
        return
    check_text(found, f"{path}/text", value["text"], most=limits.OPTION_TEXT, kinds=kinds)
    found.string(f"{path}/value", value["value"], most=limits.OPTION_VALUE)
    if "description" in value:
        check_text(found, f"{path}/description", value["description"], most=limits.OPTION_DESCRIPTION, kinds=kinds)
    if "url" in value:
        found.string(f"{path}/url", value["url"], most=limits.BUTTON_URL)


def check_confirm(found: Findings, path: str, value: Any) -> None:
    if not found.record(path, value, needs=("title", "text", "confirm", "deny"), may=("style",)):
        return
    check_text(found, f"{path}/title", value["title"], most=limits.CONFIRM_TITLE)
    check_text(found, f"{path}/text", value["text"], most=limits.CONFIRM_TEXT, kinds=ANY_TEXT)
    check_text(found, f"{path}/confirm", value["confirm"], most=limits.CONFIRM_BUTTON)
    check_text(found, f"{path}/deny", value["deny"], most=limits.CONFIRM_BUTTON)
    if "style" in value:
        found.one_of(f"{path}/style", value["style"], ("primary", "danger"))


def options_of(element: Json) -> list[Json]:
    """What a person can choose from, the options in groups too."""
    groups = [element.get("options", []), *(group["options"] for group in element.get("option_groups", []))]
    return [option for options in groups for option in options]
