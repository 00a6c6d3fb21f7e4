"""What Slack sends the app when somebody clicks, submits, closes or commands (shapes as in Slack's docs)."""

from typing import TYPE_CHECKING, Any

from freio.sandbox.slack.board import Message
from freio.sandbox.slack.inputs import Typed, entered, state_values
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.modals import View
from freio.sandbox.slack.people import Channel, Person
from freio.sandbox.slack.shapes import message_json, view_json

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace

VERIFICATION_TOKEN = "sandbox"  # deprecated by Slack, and still sent


def common(workspace: "SlackWorkspace", kind: str, person: Person) -> Json:
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.handle, "name": person.handle, "team_id": workspace.team_id},
        "api_app_id": workspace.app_id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": workspace.team_id, "domain": workspace.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_click(workspace: "SlackWorkspace", person: Person, message: Message, action: Json, typed: Typed) -> Json:
    """``block_actions`` from a message. Slack leaves the message itself out when it is ephemeral."""
    channel = workspace.directory.channel(message.channel)
    payload = common(workspace, "block_actions", person) | {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.only_for is not None,
        },
        "trigger_id": workspace.tickets.trigger(person.id),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": state_values(message.blocks, typed)},
        "response_url": workspace.response_url(channel=channel.id, person=person.id, ts=message.ts),
        "actions": [action],
    }
    if message.thread_ts:
        payload["container"]["thread_ts"] = message.thread_ts
    if message.only_for is None:
        payload["message"] = message_json(workspace, message)
    return payload


def view_click(workspace: "SlackWorkspace", person: Person, view: View, action: Json) -> Json:
    """``block_actions`` from inside a modal."""
    return common(workspace, "block_actions", person) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": workspace.tickets.trigger(person.id, view=view.id),
        "view": view_json(workspace, view),
        "actions": [action],
    }


def view_submission(workspace: "SlackWorkspace", person: Person, view: View) -> Json:
    return common(workspace, "view_submission", person) | {
        "trigger_id": workspace.tickets.trigger(person.id, view=view.id),
        "view": view_json(workspace, view),
        "response_urls": [],
    }


def view_closed(workspace: "SlackWorkspace", person: Person, view: View, *, cleared: bool) -> Json:
    return common(workspace, "view_closed", person) | {"view": view_json(workspace, view), "is_cleared": cleared}


def slash_command(workspace: "SlackWorkspace", person: Person, channel: Channel, command: str, text: str) -> Json:
    """The form fields of a slash command."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.team_id,
        "team_domain": workspace.team_domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": person.id,
        "user_name": person.handle,
        "command": command,
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
        "response_url": workspace.response_url(channel=channel.id, person=person.id),
        "trigger_id": workspace.tickets.trigger(person.id),
    }


def channel_name(channel: Channel) -> str:
    return "directmessage" if channel.is_im else channel.name


def clicked(workspace: "SlackWorkspace", block: Json, element: Json, plain: Any) -> Json:
    """One entry of ``actions``: the element, and what it was set to."""
    action = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        **{name: element[name] for name in ("text", "style", "placeholder", "url") if name in element},
        **entered(element, plain),
    }
    return action | {"action_ts": workspace.ids.ts()}
