"""``chat.*``: writing and redrawing messages."""

from typing import TYPE_CHECKING, Any

from freio.sandbox.slack.board import Message
from freio.sandbox.slack.call import Call
from freio.sandbox.slack.drafts import drawable, valid_metadata, writable_text
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.shapes import message_json

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace


def post_message(workspace: "SlackWorkspace", call: Call) -> Json:
    channel = workspace.directory.writable(call.text("channel"))
    draft = _draft(workspace, call)
    metadata = valid_metadata(call.structure("metadata", malformed="invalid_metadata_format"))
    message = workspace.board.post(
        channel=channel.id,
        user=workspace.directory.bot.id,
        thread_ts=thread_of(workspace, channel.id, call),
        metadata=metadata,
        **draft,
    )
    written = message_json(workspace, message, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": written}


def update(workspace: "SlackWorkspace", call: Call) -> Json:
    """Redraws the app's own message. What is not given stays; an empty list of blocks takes them away."""
    channel = workspace.directory.writable(call.text("channel"))
    message = workspace.board.find(channel.id, call.text("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.user != workspace.directory.bot.id:
        raise SlackError("cant_update_message")
    draft = _draft(workspace, call)
    kept = {name: value for name, value in draft.items() if call.args.get(name) is not None}
    metadata = call.structure("metadata", malformed="invalid_metadata_format")
    if metadata is not None:
        kept["metadata"] = valid_metadata(metadata)
    drawn = workspace.board.redraw(message, **kept)
    written = message_json(workspace, drawn, with_metadata=True)
    return {"channel": channel.id, "ts": drawn.ts, "text": drawn.text, "message": written}


def post_ephemeral(workspace: "SlackWorkspace", call: Call) -> Json:
    """A message that one person sees."""
    channel = workspace.directory.writable(call.text("channel"))
    person = workspace.directory.person(call.text("user"))
    if not channel.has(person.id):
        raise SlackError("user_not_in_channel")
    message = workspace.board.post(
        channel=channel.id,
        user=workspace.directory.bot.id,
        thread_ts=thread_of(workspace, channel.id, call),
        only_for=person.id,
        **_draft(workspace, call),
    )
    return {"message_ts": message.ts}


def _draft(workspace: "SlackWorkspace", call: Call) -> dict[str, Any]:
    draft = {
        "text": writable_text(call.text("text")),
        "blocks": drawable(workspace, call.structure("blocks", malformed="invalid_blocks_format")),
    }
    if call.structure("attachments"):
        raise SlackError("invalid_attachments", messages=["[ERROR] this workspace draws blocks, not attachments"])
    if not any(draft.values()):
        raise SlackError("no_text")
    return draft


def thread_of(workspace: "SlackWorkspace", channel: str, call: Call) -> str | None:
    """The parent of the thread to write in; a reply stands for its parent."""
    if not (ts := call.text("thread_ts")):
        return None
    parent: Message | None = workspace.board.find(channel, ts)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts
