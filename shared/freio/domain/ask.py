"""A team asks for more, or for a release; a cost owner approves or denies. Approved, it is an override."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from freio.domain.incident import Action
from freio.domain.money import Money
from freio.domain.target import Target


class Answer(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request about one app.

    ``amount`` more money than the budget holds, until `until` (both may be missing for a release).
    ``moves`` counts the incident's moves when it was asked: an approval answers the question that was asked then.
    ``frees`` its approval lets a held brake go, whatever its action is called.
    ``lever`` the hard lever that it asks to pull (empty: none), and ``targets`` what it would stop: a yes to one
    project is none to another; ``approved_by`` who has approved it, of the two it needs, each with whether the file
    names them for hard levers (else they are a cost owner).
    ``incident`` the open incident it is about; empty: asked beforehand. Approved, it is an *override*: until then
    the app's budget is larger by `amount`.
    """

    id: str
    app: str
    incident: str
    action: Action
    by: str
    at: datetime
    amount: Money | None
    until: datetime | None
    why: str
    moves: int = 0
    frees: bool = False
    lever: str = ""
    targets: tuple[Target, ...] = ()
    approved_by: tuple[tuple[str, bool], ...] = ()
    answer: Answer = Answer.PENDING
    answered_by: str = ""
    answered_at: datetime | None = None
    version: int = 0
    due_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        return self.answer is Answer.APPROVED and self.until is not None and now < self.until


def override_id(app: str, number: int = 0) -> str:
    """Under which what a cost owner granted an app beforehand is kept; several grants are numbered.

    >>> override_id("chat"), override_id("chat", 2)
    ('chat/override', 'chat/override/2')
    """
    return f"{app}/override/{number}" if number else f"{app}/override"
