"""What the app wants to write, checked before it is written: blocks, text and metadata."""

import json
from typing import TYPE_CHECKING, Any

from freio.sandbox.slack import limits
from freio.sandbox.slack.blocks import check_blocks
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.objects import Findings

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace

METADATA_BYTES = 16_000  # a belief: Slack refuses large metadata but states no number


def drawable(workspace: "SlackWorkspace", blocks: Any) -> list[Json]:
    """The blocks as they came, or ``invalid_blocks`` with every finding."""
    if blocks is None:
        return []
    found = check_blocks(blocks)
    if not found:
        _check_files(workspace, blocks, found)
    if found:
        raise SlackError("invalid_blocks", messages=[f"[ERROR] {finding}" for finding in found])
    checked: list[Json] = blocks
    return checked


def _check_files(workspace: "SlackWorkspace", blocks: list[Json], found: Findings) -> None:
    """A ``slack_file`` must have been uploaded before it can be shown."""
    for place, block in enumerate(blocks):
        pictures = [block, block.get("accessory", {}), *block.get("elements", [])]
        for file in (picture["slack_file"] for picture in pictures if "slack_file" in picture):
            if not workspace.files.shared(file.get("id") or file.get("url", "").rpartition("/")[2]):
                found.add(f"/blocks/{place}", "invalid slack file")


def writable_text(text: str) -> str:
    if len(text) > limits.MESSAGE_TEXT:
        raise SlackError("msg_too_long", messages=[f"[ERROR] {len(text)} characters, {limits.MESSAGE_TEXT} at most"])
    return text


def valid_metadata(metadata: Any) -> Json | None:
    """``{"event_type": …, "event_payload": {…}}``, or None for none; an empty object takes it away."""
    if not metadata:
        return None
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format", messages=["[ERROR] needs event_type and event_payload only"])
    kind, payload = metadata["event_type"], metadata["event_payload"]
    if not isinstance(kind, str) or not 1 <= len(kind) <= limits.METADATA_EVENT_TYPE or not isinstance(payload, dict):
        raise SlackError("invalid_metadata_schema", messages=["[ERROR] event_type is a name, event_payload an object"])
    if (size := len(json.dumps(payload).encode())) > METADATA_BYTES:
        raise SlackError("metadata_too_large", messages=[f"[ERROR] {size} bytes, {METADATA_BYTES} at most"])
    return metadata
