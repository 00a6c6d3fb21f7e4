"""What the app answers: in the acknowledgement of a command or a submission, or later through a ``response_url``."""

import json
from typing import TYPE_CHECKING, Any

from freio.sandbox.slack.drafts import drawable, writable_text
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.modals import View
from freio.sandbox.slack.tickets import Response
from freio.sandbox.slack.views import check_view
from freio.sandbox.slack.wire import Reply

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace

TROUBLE = "invalid_response"


def respond(workspace: "SlackWorkspace", name: str, body: Any) -> None:
    """One use of a ``response_url``: redraws or deletes what was clicked, or writes anew, to one person or to all."""
    response = workspace.tickets.use(name)
    if not isinstance(body, dict):
        raise SlackError("invalid_payload", status=400)
    clicked = workspace.board.find(response.channel, response.ts, person=response.person) if response.ts else None
    if body.get("delete_original"):
        if clicked is None:
            raise SlackError("message_not_found", status=404)
        workspace.board.delete(clicked)
    elif body.get("replace_original") and clicked is not None:
        workspace.board.redraw(clicked, **_draft(workspace, body))
    else:
        write(workspace, response, body)


def write(workspace: "SlackWorkspace", response: Response, body: Json) -> None:
    """A new message, which one person sees unless ``response_type`` is ``in_channel``."""
    workspace.board.post(
        channel=response.channel,
        user=workspace.directory.bot.id,
        thread_ts=body.get("thread_ts"),
        only_for=None if body.get("response_type") == "in_channel" else response.person,
        **_draft(workspace, body),
    )


def _draft(workspace: "SlackWorkspace", body: Json) -> dict[str, Any]:
    draft = {"text": writable_text(str(body.get("text", ""))), "blocks": drawable(workspace, body.get("blocks"))}
    if not any(draft.values()):
        raise SlackError("no_text", status=400)
    return draft


def command_reply(reply: Reply) -> Json | None:
    """What the acknowledgement of a command says: JSON, or plain text to the person alone; None when it is empty."""
    if not reply.body.strip():
        return None
    if reply.content_type.startswith("application/json"):
        return _parsed(reply.body)
    return {"text": reply.body}


def apply_submission(workspace: "SlackWorkspace", view: View, reply: Reply) -> dict[str, str]:
    """Does what the acknowledgement of a submission says; returns the errors it shows, by block.

    An empty reply closes the view. ``invalid_response`` is raised for what Slack would not understand: then the
    person sees that something went wrong, and the view stays.
    """
    if not reply.body.strip():
        workspace.modals.close(view)
        return {}
    answer = _parsed(reply.body)
    match answer.get("response_action"):
        case None:
            workspace.modals.close(view)
        case "clear":
            workspace.modals.clear(view.person)
        case "update":
            workspace.modals.redraw(view, check_view(answer.get("view")))
        case "push":
            workspace.modals.push(view.person, check_view(answer.get("view")))
        case "errors":
            return _errors(view, answer.get("errors"))
        case other:
            raise SlackError(TROUBLE, messages=[f"[ERROR] unknown response_action {other}"])
    return {}


def _parsed(body: str) -> Json:
    try:
        answer = json.loads(body)
    except ValueError as exc:
        raise SlackError(TROUBLE, messages=[f"[ERROR] no JSON: {exc}"]) from exc
    if not isinstance(answer, dict):
        raise SlackError(TROUBLE, messages=["[ERROR] no JSON object"])
    return answer


def _errors(view: View, errors: Any) -> dict[str, str]:
    """Errors stand under input blocks alone."""
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
        raise SlackError(TROUBLE, messages=[f"[ERROR] errors must name some of the input blocks {sorted(inputs)}"])
    return {block: str(says) for block, says in errors.items()}
