"""Where a sentence is read decides how people, times and text from outside are written in it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Style(Protocol):
    """What differs between a chat message and a pager's line.

    ``person``  from an id (or an address) to a mention or a name.
    ``time``    an instant; `plainly` is how it reads on the client's clock.
    ``text``    text from outside, made harmless there.
    """

    def person(self, who: str) -> str: ...
    def time(self, at: datetime, plainly: str) -> str: ...
    def text(self, text: str) -> str: ...


class Plain:
    """Plain text, on one line each: the pager, logs, and the parts of a chat that know no mark-up."""

    def person(self, who: str) -> str:
        return self.text(who)

    def time(self, at: datetime, plainly: str) -> str:  # noqa: ARG002  # plain text has no clock of its own
        return plainly

    def text(self, text: str) -> str:
        return " ".join(text.split())


PLAIN = Plain()
