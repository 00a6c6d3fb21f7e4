"""How messages and views look in Slack's JSON, the same in replies and in interactions."""

from copy import deepcopy
from typing import TYPE_CHECKING

from freio.sandbox.slack.board import Message
from freio.sandbox.slack.inputs import state_values
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.modals import View

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace


def message_json(workspace: "SlackWorkspace", message: Message, *, with_metadata: bool = False) -> Json:
    """A message as in ``conversations.history``; Slack sends metadata only when asked for it."""
    person = workspace.directory.person(message.user)
    shape: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": workspace.team_id,
    }
    if person.is_bot:
        shape |= {"bot_id": workspace.bot_id, "app_id": workspace.app_id}
    if message.blocks:
        shape["blocks"] = deepcopy(list(message.blocks))
    if message.edited_ts:
        shape["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.files:
        shape["files"] = [workspace.files.find(file).to_slack(workspace.origin) for file in message.files]
    if with_metadata and message.metadata:
        shape["metadata"] = deepcopy(message.metadata)
    if message.thread_ts:
        shape["thread_ts"] = message.thread_ts
    elif replies := workspace.board.replies(message.channel, message.ts):
        shape |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": list(dict.fromkeys(reply.user for reply in replies)),
            "latest_reply": replies[-1].ts,
        }
    return shape


def view_json(workspace: "SlackWorkspace", view: View) -> Json:
    """A view as in the replies of ``views.*`` and in its interactions, with what is filled in."""
    return {
        "clear_on_close": False,
        "notify_on_close": False,
        **deepcopy(view.content),
        "id": view.id,
        "team_id": workspace.team_id,
        "app_id": workspace.app_id,
        "bot_id": workspace.bot_id,
        "hash": view.hash,
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "state": {"values": state_values(view.blocks, view.typed)},
    }
