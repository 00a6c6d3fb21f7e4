"""What the page shows to one person at one moment."""

from typing import TYPE_CHECKING

from freio.sandbox.slack.blocks import interactive
from freio.sandbox.slack.board import Message
from freio.sandbox.slack.inputs import first_value
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.modals import View
from freio.sandbox.slack.people import Channel, Person
from freio.sandbox.slack.shapes import message_json, view_json

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace


def snapshot(workspace: "SlackWorkspace", person_id: str, channel_id: str, thread_ts: str) -> Json:
    """Everything that the page draws for a person: channels, the messages of one, perhaps a thread, the top modal."""
    with workspace.lock:
        person = workspace.directory.acting(person_id)
        channels = workspace.directory.seen_by(person.id)
        chosen = next((channel for channel in channels if channel.id == channel_id), channels[0] if channels else None)
        stack = workspace.modals.stack(person.id)
        return {
            "version": workspace.changes.version,
            "now": workspace.now().timestamp(),
            "team": workspace.team_name,
            "bot": workspace.directory.bot.id,
            "person": _person(person),
            "people": [_person(one) for one in workspace.directory.people.values()],
            "groups": [{"id": group.id, "handle": group.handle} for group in workspace.directory.groups.values()],
            "channels": [_channel(workspace, channel, person) for channel in channels],
            "channel": chosen.id if chosen else None,
            "messages": _messages(workspace, person, chosen, None) if chosen else [],
            "thread": _thread(workspace, person, chosen, thread_ts) if chosen and thread_ts else None,
            "view": _view(workspace, stack[-1]) if stack else None,
            "view_depth": len(stack),
        }


def _person(person: Person) -> Json:
    return {
        "id": person.id,
        "name": person.name,
        "locale": person.locale,
        "tz": person.tz,
        "is_bot": person.is_bot,
        "is_guest": person.is_restricted or person.is_ultra_restricted,
        "deleted": person.deleted,
    }


def _channel(workspace: "SlackWorkspace", channel: Channel, person: Person) -> Json:
    """``latest`` is the newest message that this person can see there: what the page marks as unread."""
    seen = _messages(workspace, person, channel, None)
    partner = next((member for member in channel.members if member != person.id), person.id) if channel.is_im else None
    return {
        "id": channel.id,
        "name": channel.name,
        "is_im": channel.is_im,
        "partner": partner,
        "latest": seen[-1]["ts"] if seen else "",
    }


def _messages(workspace: "SlackWorkspace", person: Person, channel: Channel, thread: str | None) -> list[Json]:
    """Messages and this person's ephemeral ones, in order of time."""
    board = workspace.board
    public = board.replies(channel.id, thread) if thread else board.top(channel.id)
    private = [
        message
        for message in board.ephemerals(person.id)
        if message.channel == channel.id and message.thread_ts == thread
    ]
    return [_message(workspace, message) for message in sorted((*public, *private), key=lambda one: one.ts)]


def _message(workspace: "SlackWorkspace", message: Message) -> Json:
    return message_json(workspace, message) | {"ephemeral": message.only_for is not None}


def _thread(workspace: "SlackWorkspace", person: Person, channel: Channel, ts: str) -> Json | None:
    parent = workspace.board.find(channel.id, ts, person=person.id)
    if parent is None:
        return None
    return {"ts": ts, "messages": [_message(workspace, parent), *_messages(workspace, person, channel, ts)]}


def _view(workspace: "SlackWorkspace", view: View) -> Json:
    """The view with the plain values that its form starts from, and with its errors."""
    typed = {
        element["action_id"]: view.typed.get(block["block_id"], {}).get(element["action_id"], first_value(element))
        for block, element in interactive(view.blocks)
        if element["type"] not in {"button", "overflow"}
    }
    return view_json(workspace, view) | {"typed": typed, "errors": dict(view.errors)}
