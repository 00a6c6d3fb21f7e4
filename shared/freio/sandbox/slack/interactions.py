"""What people do in the page or in a script: click, submit, close, command."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from freio.sandbox.slack import payloads
from freio.sandbox.slack.acks import Ack, ack_of
from freio.sandbox.slack.blocks import interactive
from freio.sandbox.slack.board import Message
from freio.sandbox.slack.errors import ScriptError, SlackError
from freio.sandbox.slack.inputs import by_block, wrong
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.modals import View
from freio.sandbox.slack.responses import apply_submission, command_reply, write
from freio.sandbox.slack.tickets import Response
from freio.sandbox.slack.wire import Reply

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace


class Interactions:
    """Builds each payload under the workspace's lock, sends it without, and applies the answer under it again.

    Without, because the app may call the Web API before it acknowledges.
    """

    def __init__(self, workspace: "SlackWorkspace") -> None:
        self._workspace = workspace

    def click(
        self, person_id: str, message: Message, action_id: str, *, value: Any, values: Mapping[str, Any], copies: int
    ) -> Ack:
        workspace = self._workspace
        with workspace.lock:
            person = workspace.directory.acting(person_id)
            block, element = _element(message.blocks, action_id)
            action = payloads.clicked(workspace, block, element, value)
            typed = by_block(message.blocks, dict(values) | _own(element, value))
            payload = payloads.message_click(workspace, person, message, action, typed)
        return self._send("block_actions", person_id, payload, copies)

    def click_in_view(
        self, person_id: str, view: View, action_id: str, *, value: Any, values: Mapping[str, Any]
    ) -> Ack:
        workspace = self._workspace
        with workspace.lock:
            block, element = _element(view.blocks, action_id)
            typed = _merged(view, by_block(view.blocks, dict(values) | _own(element, value)))
            view = workspace.modals.keep(view, typed=typed, errors=view.errors)
            action = payloads.clicked(workspace, block, element, value)
            payload = payloads.view_click(workspace, workspace.directory.acting(person_id), view, action)
        return self._send("block_actions", person_id, payload, 0)

    def submit(self, person_id: str, view: View, values: Mapping[str, Any], *, copies: int) -> Ack:
        """Sends the form unless Slack itself would hold it back; then does what the answer says."""
        workspace = self._workspace
        with workspace.lock:
            person = workspace.directory.acting(person_id)
            typed = _merged(view, by_block(view.blocks, values))
            unsent = wrong(view.blocks, typed, person.locale)
            view = workspace.modals.keep(view, typed=typed, errors=unsent)
            if unsent:
                return workspace.record(Ack(kind="view_submission", person=person_id, error="not_sent", errors=unsent))
            payload = payloads.view_submission(workspace, person, view)
        reply = workspace.wire.post(workspace.interactions_address(), {"payload": json.dumps(payload)})
        error, errors = self._apply(view, reply)
        extra = self._copies("view_submission", person_id, payload, copies)
        ack = ack_of("view_submission", person_id, reply, error=error, errors=errors, copies=extra)
        return workspace.record(ack)

    def _apply(self, view: View, reply: Reply) -> tuple[str | None, Mapping[str, str]]:
        if reply.error:
            return reply.error, {}
        workspace = self._workspace
        with workspace.lock:
            try:
                errors = apply_submission(workspace, workspace.modals.find(view.id), reply)
            except SlackError as refusal:
                return ("invalid_response" if refusal.code != "not_found" else None), {}
            if errors:
                workspace.modals.keep(workspace.modals.find(view.id), typed=view.typed, errors=errors)
        return None, errors

    def close(self, person_id: str, view: View, *, cleared: bool) -> Ack | None:
        """Closes the view (or all of the stack); the app hears of it only if it asked to."""
        workspace = self._workspace
        with workspace.lock:
            payload = payloads.view_closed(workspace, workspace.directory.acting(person_id), view, cleared=cleared)
            if cleared or view.content.get("clear_on_close"):
                workspace.modals.clear(person_id)
            else:
                workspace.modals.close(view)
        if not view.content.get("notify_on_close"):
            return None
        return self._send("view_closed", person_id, payload, 0)

    def command(self, person_id: str, channel_id: str, line: str, *, copies: int) -> Ack:
        """``/freio status``: posted to the commands URL; what the acknowledgement says is shown at once."""
        workspace = self._workspace
        name, _, text = line.partition(" ")
        with workspace.lock:
            person = workspace.directory.acting(person_id)
            channel = workspace.directory.place(person.id, channel_id)
            form = payloads.slash_command(workspace, person, channel, name, text.strip())
        reply = workspace.wire.post(workspace.commands_address(), form)
        error = reply.error
        asked = Response(channel=channel.id, person=person.id, born=workspace.now())
        with workspace.lock:
            try:
                said = None if error else command_reply(reply)
                if said is not None:
                    write(workspace, asked, said)
            except SlackError:
                error = "invalid_response"
            if error:
                write(workspace, asked, {"text": f"`{name}` failed with the error `{error}`"})
        extra = tuple(
            ack_of("command", person_id, workspace.wire.post(workspace.commands_address(), form)) for _ in range(copies)
        )
        workspace.duplicates["command"] += copies
        return workspace.record(ack_of("command", person_id, reply, error=error, copies=extra))

    def _send(self, kind: str, person_id: str, payload: Json, copies: int) -> Ack:
        workspace = self._workspace
        reply = workspace.wire.post(workspace.interactions_address(), {"payload": json.dumps(payload)})
        extra = self._copies(kind, person_id, payload, copies)
        return workspace.record(ack_of(kind, person_id, reply, error=reply.error, copies=extra))

    def _copies(self, kind: str, person_id: str, payload: Json, copies: int) -> tuple[Ack, ...]:
        """The same payload again, so many times: the network's duplicates, one after the other."""
        form = {"payload": json.dumps(payload)}
        workspace = self._workspace
        workspace.duplicates[kind] += copies
        replies = [workspace.wire.post(workspace.interactions_address(), form) for _ in range(copies)]
        return tuple(ack_of(kind, person_id, reply, error=reply.error) for reply in replies)


def _element(blocks: Any, action_id: str) -> tuple[Json, Json]:
    found = list(interactive(list(blocks)))
    for block, element in found:
        if element["action_id"] == action_id:
            return block, element
    offered = ", ".join(element["action_id"] for _, element in found) or "nothing"
    raise ScriptError(f"there is no {action_id} to click, only {offered}")


def _own(element: Json, value: Any) -> dict[str, Any]:
    """What was just chosen is also part of the state, unless it was a button."""
    return {} if element["type"] in {"button", "overflow"} else {element["action_id"]: value}


def _merged(view: View, typed: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    merged = {block: dict(values) for block, values in view.typed.items()}
    for block, values in typed.items():
        merged.setdefault(block, {}).update(values)
    return merged
