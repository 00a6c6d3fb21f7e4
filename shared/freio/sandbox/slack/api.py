"""The Web API, method by method."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from freio.sandbox.slack import chat, conversations, lookup, modal_methods, scopes, uploads
from freio.sandbox.slack.call import Call
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.json_types import Json

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace

Method = Callable[["SlackWorkspace", Call], Json]

METHODS: Mapping[str, Method] = {
    "auth.test": lookup.auth_test,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post_message,
    "chat.update": chat.update,
    "conversations.history": conversations.history,
    "conversations.open": conversations.open_direct,
    "conversations.replies": conversations.replies,
    "files.completeUploadExternal": uploads.complete_upload,
    "files.getUploadURLExternal": uploads.upload_url,
    "files.info": uploads.file_info,
    "usergroups.users.list": lookup.group_members,
    "users.info": lookup.user_info,
    "users.lookupByEmail": lookup.user_by_email,
    "views.open": modal_methods.open_view,
    "views.push": modal_methods.push_view,
    "views.update": modal_methods.update_view,
}


def answer(workspace: "SlackWorkspace", method: str, token: str, call: Call) -> Json:
    """The reply to one call: ``ok: true`` with what was asked, or ``ok: false`` with Slack's word for why not."""
    if method not in METHODS:
        return {"ok": False, "error": "unknown_method", "req_method": method}
    if not token:
        return {"ok": False, "error": "not_authed"}
    if token != workspace.bot_token:
        return {"ok": False, "error": "invalid_auth"}
    if scope := scopes.missing(workspace, method, call):
        provided = ",".join(sorted(workspace.scopes or ()))
        return {"ok": False, "error": "missing_scope", "needed": scope, "provided": provided}
    try:
        with workspace.lock:
            return {"ok": True, **METHODS[method](workspace, call)}
    except SlackError as refusal:
        return refusal_json(refusal)


def refusal_json(refusal: SlackError) -> Json:
    """Slack's ``ok: false``; what is wrong stands in ``response_metadata.messages``, and for blocks in ``errors``."""
    reply: Json = {"ok": False, "error": refusal.code}
    if refusal.messages:
        reply["response_metadata"] = {"messages": list(refusal.messages)}
    if refusal.code == "invalid_blocks":
        reply["errors"] = [message.removeprefix("[ERROR] ") for message in refusal.messages]
    return reply
