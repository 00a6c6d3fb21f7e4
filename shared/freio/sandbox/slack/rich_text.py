"""The ``rich_text`` block, checked: sections, lists, quotes and preformatted text made of small leaves."""

from collections.abc import Mapping
from typing import Any

from freio.sandbox.slack.objects import Findings, kind_of

# What each leaf must carry; `style` may stand on all of them.
LEAVES: Mapping[str, str] = {
    "text": "text",
    "link": "url",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "emoji": "name",
    "date": "timestamp",
    "broadcast": "range",
}
MANY = 1_000


def check_rich_text(found: Findings, path: str, elements: Any) -> None:
    for place, part in found.items(f"{path}/elements", elements, most=MANY):
        kind = kind_of(part)
        match kind:
            case "rich_text_section" | "rich_text_quote" | "rich_text_preformatted":
                _leaves(found, place, part)
            case "rich_text_list":
                _list(found, place, part)
            case _:
                found.add(f"{place}/type", f"unsupported type: {kind}")


def _list(found: Findings, path: str, part: Any) -> None:
    if not found.record(path, part, needs=("type", "style", "elements"), may=("indent", "offset", "border")):
        return
    found.one_of(f"{path}/style", part["style"], ("bullet", "ordered"))
    for place, entry in found.items(f"{path}/elements", part["elements"], most=MANY):
        _leaves(found, place, entry)


def _leaves(found: Findings, path: str, part: Any) -> None:
    if not found.record(path, part, needs=("type", "elements"), may=("border",)):
        return
    for place, leaf in found.items(f"{path}/elements", part["elements"], most=MANY, least=0):
        kind = kind_of(leaf)
        if kind not in LEAVES:
            found.add(f"{place}/type", f"unsupported type: {kind}")
        elif LEAVES[kind] not in leaf:
            found.add(place, f"missing required field: {LEAVES[kind]}")
