"""``conversations.*``: reading channels and threads, opening direct messages."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from freio.sandbox.slack.board import Message
from freio.sandbox.slack.call import Call
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.json_types import Json
from freio.sandbox.slack.shapes import message_json

if TYPE_CHECKING:
    from freio.sandbox.slack.workspace import SlackWorkspace

PAGE = 100
LARGEST_PAGE = 999


def history(workspace: "SlackWorkspace", call: Call) -> Json:
    """The messages of a channel that are no replies, newest first."""
    channel = workspace.directory.writable(call.text("channel"))
    newest_first = list(reversed(workspace.board.top(channel.id)))
    return _page(workspace, call, _between(newest_first, call))


def replies(workspace: "SlackWorkspace", call: Call) -> Json:
    """A thread, oldest first: the parent and its replies; the ``ts`` of a reply gives that reply alone."""
    channel = workspace.directory.writable(call.text("channel"))
    message = workspace.board.find(channel.id, call.text("ts"))
    if message is None or message.only_for:
        raise SlackError("thread_not_found")
    answers = [] if message.thread_ts else _between(workspace.board.replies(channel.id, message.ts), call)
    return _page(workspace, call, [message, *answers])


def open_direct(workspace: "SlackWorkspace", call: Call) -> Json:
    """The direct message with one person. Group conversations do not exist here."""
    people = [person for person in call.text("users").split(",") if person]
    if not people:
        raise SlackError("users_list_not_supplied")
    if len(people) > 1:
        raise SlackError("too_many_users")
    channel = workspace.directory.direct(people[0])
    return {"channel": {"id": channel.id, "is_im": True, "user": people[0]}}


def _between(messages: list[Message], call: Call) -> list[Message]:
    """Those after ``oldest`` and before ``latest``; ``inclusive`` takes both ends in."""
    oldest, latest = _moment(call, "oldest", "0"), _moment(call, "latest", "Infinity")
    ends = {oldest, latest} if call.flag("inclusive") else set[Decimal]()
    return [message for message in messages if oldest < (ts := Decimal(message.ts)) < latest or ts in ends]


def _moment(call: Call, name: str, default: str) -> Decimal:
    try:
        return Decimal(call.text(name) or default)
    except InvalidOperation as exc:
        raise SlackError(f"invalid_ts_{name}") from exc


def _page(workspace: "SlackWorkspace", call: Call, messages: list[Message]) -> Json:
    """One page; ``cursor`` names the message that it starts with, so that new messages shift nothing."""
    limit = call.number("limit", PAGE)
    if not 1 <= limit <= LARGEST_PAGE:
        raise SlackError("invalid_limit")
    start = _start(messages, call.text("cursor"))
    shown, rest = messages[start : start + limit], messages[start + limit :]
    with_metadata = call.flag("include_all_metadata")
    page: Json = {
        "messages": [message_json(workspace, message, with_metadata=with_metadata) for message in shown],
        "has_more": bool(rest),
    }
    if rest:
        page["response_metadata"] = {"next_cursor": b64encode(rest[0].ts.encode()).decode()}
    return page


def _start(messages: list[Message], cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return [message.ts for message in messages].index(b64decode(cursor).decode())
    except (Base64Error, ValueError) as exc:
        raise SlackError("invalid_cursor") from exc
