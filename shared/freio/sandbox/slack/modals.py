"""The modals that people have open: for each person a stack, of which they see the top."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace

from freio.sandbox.slack import limits
from freio.sandbox.slack.board import name_blocks
from freio.sandbox.slack.changes import Changes
from freio.sandbox.slack.errors import SlackError
from freio.sandbox.slack.ids import Ids
from freio.sandbox.slack.inputs import Typed
from freio.sandbox.slack.json_types import Json

# What Slack sends of a view, whether the app set it or not.
UNSET = {"submit": None, "close": None, "private_metadata": "", "callback_id": "", "external_id": ""}


@dataclass(frozen=True, kw_only=True)
class View:
    """One modal as it stands.

    ``typed`` is what the person has filled in, by block and action; ``errors`` is what the app, or the form itself,
    says is wrong with it, by block.
    """

    id: str
    person: str
    content: Json
    hash: str
    root: str
    previous: str | None = None
    typed: Typed = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        return list(self.content["blocks"])

    @property
    def title(self) -> str:
        return str(self.content["title"]["text"])


class Modals:
    """Opens, stacks, redraws and closes modals. The workspace's lock guards it."""

    def __init__(self, ids: Ids, changes: Changes) -> None:
        self._ids = ids
        self._changes = changes
        self._stacks: dict[str, list[View]] = {}

    def stack(self, person: str) -> list[View]:
        """The person's open views, the one they see last."""
        return list(self._stacks.get(person, []))

    def find(self, view_id: str) -> View:
        for stack in self._stacks.values():
            for view in stack:
                if view.id == view_id:
                    return view
        raise SlackError("not_found")

    def find_external(self, external_id: str) -> View:
        for stack in self._stacks.values():
            for view in stack:
                if view.content.get("external_id") == external_id:
                    return view
        raise SlackError("not_found")

    def open(self, person: str, content: Json) -> View:
        """A new stack with this one view; what the person had open is gone, as in Slack."""
        self._stacks[person] = []
        return self.push(person, content)

    def push(self, person: str, content: Json) -> View:
        stack = self._stacks.setdefault(person, [])
        if len(stack) == limits.MODAL_STACK:
            raise SlackError("push_limit_reached")
        view_id = self._ids.name("V")
        root, previous = (stack[0].id, stack[-1].id) if stack else (view_id, None)
        view = View(
            id=view_id, person=person, content=self._named(content), hash=self._hash(), root=root, previous=previous
        )
        stack.append(view)
        self._changes.tell()
        return view

    def redraw(self, view: View, content: Json) -> View:
        """Other content under the same id; what was typed stays where block and action stay."""
        return self._put(replace(view, content=self._named(content), hash=self._hash(), errors={}))

    def keep(self, view: View, *, typed: Typed, errors: Mapping[str, str]) -> View:
        """The view with what the person typed, and with what is wrong with it."""
        return self._put(replace(view, typed=typed, errors=dict(errors)))

    def close(self, view: View) -> None:
        """Closes one view; the one below is seen again."""
        self._stacks[view.person] = [other for other in self._stacks[view.person] if other.id != view.id]
        self._changes.tell()

    def clear(self, person: str) -> None:
        self._stacks[person] = []
        self._changes.tell()

    def _put(self, view: View) -> View:
        stack = self._stacks[view.person]
        stack[[other.id for other in stack].index(view.id)] = view
        self._changes.tell()
        return view

    def _named(self, content: Json) -> Json:
        named: Json = {**UNSET, **deepcopy(content)}
        named["blocks"] = list(name_blocks(content["blocks"], self._ids))
        return named

    def _hash(self) -> str:
        return f"{self._ids.ts()}.{self._ids.letters(8)}"
