"""The messages of the workspace, each with every drawing that it ever had."""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from freio.sandbox.slack.blocks import elements_of
from freio.sandbox.slack.changes import Changes
from freio.sandbox.slack.ids import Ids
from freio.sandbox.slack.json_types import Json


@dataclass(frozen=True, kw_only=True)
class Message:
    """One drawing of a message: ``chat.update`` makes a new one under the same ``ts``.

    ``thread_ts`` is the parent's ``ts`` on replies. ``only_for`` is the person who alone sees an ephemeral message.
    ``edited_ts`` is when it was last redrawn.
    """

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: tuple[Json, ...] = ()
    thread_ts: str | None = None
    metadata: Json | None = None
    files: tuple[str, ...] = ()
    edited_ts: str | None = None
    only_for: str | None = None

    @property
    def action_ids(self) -> list[str]:
        """What can be clicked or filled in, from the top."""
        return [element["action_id"] for block in self.blocks for element in elements_of(block)]


class Board:
    """Messages by channel, oldest first. The workspace's lock guards it."""

    def __init__(self, ids: Ids, changes: Changes) -> None:
        self._ids = ids
        self._changes = changes
        self._drawings: dict[tuple[str, str], list[Message]] = {}

    def post(self, *, channel: str, user: str, blocks: Sequence[Json] = (), **rest: Any) -> Message:
        """A new message, named by its ``ts``; blocks and elements without an id are given one."""
        message = Message(channel=channel, ts=self._ids.ts(), user=user, blocks=self._named(blocks), **rest)
        self._drawings[channel, message.ts] = [message]
        self._changes.tell()
        return message

    def redraw(self, message: Message, **changes: Any) -> Message:
        if "blocks" in changes:
            changes["blocks"] = self._named(changes["blocks"])
        drawn = replace(message, edited_ts=self._ids.ts(), **changes)
        self._drawings[message.channel, message.ts].append(drawn)
        self._changes.tell()
        return drawn

    def delete(self, message: Message) -> None:
        del self._drawings[message.channel, message.ts]
        self._changes.tell()

    def find(self, channel: str, ts: str, *, person: str | None = None) -> Message | None:
        """The message as it stands now; an ephemeral one only for the person who sees it."""
        drawings = self._drawings.get((channel, ts))
        if drawings is None or drawings[-1].only_for not in {None, person}:
            return None
        return drawings[-1]

    def drawings(self, channel: str, ts: str) -> list[Message]:
        """Every drawing of one message, oldest first."""
        return list(self._drawings.get((channel, ts), []))

    def top(self, channel: str) -> list[Message]:
        """The messages of a channel that are no replies."""
        return [message for message in self._seen(channel) if message.thread_ts is None]

    def replies(self, channel: str, ts: str) -> list[Message]:
        return [message for message in self._seen(channel) if message.thread_ts == ts]

    def ephemerals(self, person: str) -> list[Message]:
        return [message for message in self._current() if message.only_for == person]

    def _seen(self, channel: str) -> Iterator[Message]:
        return (message for message in self._current() if message.channel == channel and message.only_for is None)

    def _current(self) -> Iterable[Message]:
        return [drawings[-1] for drawings in self._drawings.values()]

    def _named(self, blocks: Sequence[Json]) -> tuple[Json, ...]:
        return name_blocks(blocks, self._ids)


def name_blocks(blocks: Sequence[Json], ids: Ids) -> tuple[Json, ...]:
    """A copy of the blocks in which every block and interactive element has an id, as Slack gives them."""
    named = deepcopy(list(blocks))
    for block in named:
        block.setdefault("block_id", ids.letters(5))
        for element in elements_of(block):
            element.setdefault("action_id", ids.letters(5))
    return tuple(named)
