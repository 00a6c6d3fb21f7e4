"""Which scope each method of the Web API needs, as Slack documents it (https://docs.slack.dev/reference/methods)."""

from typing import TYPE_CHECKING

from freio.sandbox.slack.call import Call

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace

HISTORY, WRITE = "history", "write"  # of a conversation, by its kind

SCOPES = {
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": HISTORY,
    "conversations.open": "im:write",
    "conversations.replies": HISTORY,
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
    "users.lookupByEmail": "users:read.email",
}
"""``auth.test`` and ``views.*`` need none."""

EMAIL = "users:read.email"  # without it the user object has no address


def missing(workspace: "SlackWorkspace", method: str, call: Call) -> str:
    """The scope that the app lacks for this call; empty: none."""
    needed = SCOPES.get(method, "")
    if needed == HISTORY:
        needed = _history(workspace, call.text("channel"))
    return "" if not needed or workspace.grants(needed) else needed


def _history(workspace: "SlackWorkspace", channel: str) -> str:
    found = workspace.directory.channels.get(channel)
    if found is None or not (found.is_im or found.is_private):
        return "channels:history"
    return "im:history" if found.is_im else "groups:history"
