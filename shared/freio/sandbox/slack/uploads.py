"""``files.*``: the three steps that ``WebClient.files_upload_v2`` takes."""

from typing import TYPE_CHECKING

from freio.sandbox.slack.call import Call
from freio.sandbox.slack.chat import thread_of
from freio.sandbox.slack.drafts import drawable, writable_text
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.json_types import Json

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace


def upload_url(workspace: "SlackWorkspace", call: Call) -> Json:
    file = workspace.files.announce(call.needed("filename"), call.number("length", 0), call.text("alt_txt"))
    return {"upload_url": f"{call.origin}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(workspace: "SlackWorkspace", call: Call) -> Json:
    """Ends the upload; with a channel it also posts a message there that shows the files."""
    wanted = call.structure("files")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, dict) and "id" in one for one in wanted):
        raise SlackError("invalid_arguments", messages=["[ERROR] files must be a list of objects with an id"])
    named = (call.text("channel_id"), *call.text("channels").split(","))
    channels = [workspace.directory.writable(name) for name in named if name]
    files = [workspace.files.complete(entry["id"], entry.get("title") or "") for entry in wanted]
    for channel in channels:
        workspace.board.post(
            channel=channel.id,
            user=workspace.directory.bot.id,
            text=writable_text(call.text("initial_comment")),
            blocks=drawable(workspace, call.structure("blocks", malformed="invalid_blocks_format")),
            thread_ts=thread_of(workspace, channel.id, call),
            files=tuple(file.id for file in files),
        )
    return {"files": [file.to_slack(call.origin) for file in files]}


def file_info(workspace: "SlackWorkspace", call: Call) -> Json:
    return {"file": workspace.files.find(call.text("file")).to_slack(call.origin)}
