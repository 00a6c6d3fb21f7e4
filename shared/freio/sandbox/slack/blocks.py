"""Blocks, checked as Slack checks them: known types, needed fields, lengths, numbers, and ids that are unique."""

from collections.abc import Iterator, Mapping
from typing import Any

from freio.sandbox.slack import limits
from freio.sandbox.slack.elements import IN_ACTIONS, IN_INPUT, IN_SECTION, Check, check_element, check_picture
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.objects import ANY_TEXT, Findings, check_text, kind_of
from freio.sandbox.slack.rich_text import check_rich_text

COMMON = ("type", "block_id")


def check_blocks(blocks: Any, *, most: int = limits.MESSAGE_BLOCKS, path: str = "/blocks") -> Findings:
    """What Slack would refuse in these blocks; empty when it would draw them."""
    found = Findings()
    for place, block in found.items(path, blocks, most=most, least=0):
        kind = kind_of(block)
        if kind not in BLOCKS:
            found.add(f"{place}/type", f"unsupported type: {kind}")
            continue
        BLOCKS[kind](found, place, block)
        if "block_id" in block:
            found.string(f"{place}/block_id", block["block_id"], most=limits.BLOCK_ID)
    if not found:
        _check_unique(found, path, blocks)
    return found


def _section(found: Findings, path: str, block: Json) -> None:
    found.record(path, block, may=(*COMMON, "text", "fields", "accessory", "expand"))
    if "text" not in block and "fields" not in block:
        found.add(path, "missing required field: text or fields")
    if "text" in block:
        check_text(found, f"{path}/text", block["text"], most=limits.SECTION_TEXT, kinds=ANY_TEXT)
    if "fields" in block:
        for place, field in found.items(f"{path}/fields", block["fields"], most=limits.SECTION_FIELDS):
            check_text(found, place, field, most=limits.SECTION_FIELD, kinds=ANY_TEXT)
    if "accessory" in block:
        check_element(found, f"{path}/accessory", block["accessory"], allowed=IN_SECTION)


def _header(found: Findings, path: str, block: Json) -> None:
    if found.record(path, block, needs=("text",), may=COMMON):
        check_text(found, f"{path}/text", block["text"], most=limits.HEADER_TEXT)


def _divider(found: Findings, path: str, block: Json) -> None:
    found.record(path, block, may=COMMON)


def _actions(found: Findings, path: str, block: Json) -> None:
    if found.record(path, block, needs=("elements",), may=COMMON):
        for place, element in found.items(f"{path}/elements", block["elements"], most=limits.ACTIONS_ELEMENTS):
            check_element(found, place, element, allowed=IN_ACTIONS)


def _context(found: Findings, path: str, block: Json) -> None:
    if not found.record(path, block, needs=("elements",), may=COMMON):
        return
    for place, element in found.items(f"{path}/elements", block["elements"], most=limits.CONTEXT_ELEMENTS):
        if kind_of(element) == "image":
            check_element(found, place, element, allowed={"image"})
        else:
            check_text(found, place, element, most=limits.CONTEXT_TEXT, kinds=ANY_TEXT)


def _image(found: Findings, path: str, block: Json) -> None:
    check_picture(found, path, block, may=(*COMMON, "title"))
    if "title" in block:
        check_text(found, f"{path}/title", block["title"], most=limits.IMAGE_TITLE)


def _input(found: Findings, path: str, block: Json) -> None:
    if found.record(path, block, needs=("label", "element"), may=(*COMMON, "hint", "optional", "dispatch_action")):
        check_text(found, f"{path}/label", block["label"], most=limits.INPUT_LABEL)
        check_element(found, f"{path}/element", block["element"], allowed=IN_INPUT)
    if "hint" in block:
        check_text(found, f"{path}/hint", block["hint"], most=limits.INPUT_HINT)


def _rich_text(found: Findings, path: str, block: Json) -> None:
    if found.record(path, block, needs=("elements",), may=COMMON):
        check_rich_text(found, path, block["elements"])


BLOCKS: Mapping[str, Check] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "actions": _actions,
    "context": _context,
    "image": _image,
    "input": _input,
    "rich_text": _rich_text,
}


def elements_of(block: Json) -> list[Json]:
    """The elements of one block that a person can click or fill in."""
    match block["type"]:
        case "actions":
            return list(block["elements"])
        case "input":
            return [block["element"]]
        case "section" if block.get("accessory", {}).get("type", "image") != "image":
            return [block["accessory"]]
        case _:
            return []


def interactive(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each block with each of its elements that a person can click or fill in, from the top."""
    for block in blocks:
        for element in elements_of(block):
            yield block, element


def _check_unique(found: Findings, path: str, blocks: list[Json]) -> None:
    blocks_seen: set[str] = set()
    actions_seen: set[str] = set()
    for place, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id is not None and block_id in blocks_seen:
            found.add(f"{path}/{place}/block_id", f"`block_id` {block_id} already exists")
        blocks_seen.add(block_id or "")
        for element in elements_of(block):
            action_id = element.get("action_id")
            if action_id is not None and action_id in actions_seen:
                found.add(f"{path}/{place}", f"`action_id` {action_id} already exists")
            actions_seen.add(action_id or "")
