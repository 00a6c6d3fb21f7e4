"""A request to Google for more than it grants: filed when a cost owner approved a raise beyond that, and followed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from freio.domain.target import Target

FIRST_LOOK = timedelta(minutes=10)
LONGEST = timedelta(hours=6)
GIVEN_UP = timedelta(days=30)


class IncreaseState(StrEnum):
    """Where a request stands."""

    WANTED = "wanted"  # approved here; whether Google grants less was not looked at, or filing has failed so far
    WITHIN = "within"  # Google grants as much already: there was nothing to ask for
    PENDING = "pending"  # filed; Google has not decided, or has not rolled it out
    GRANTED = "granted"
    PARTLY = "partly"
    DENIED = "denied"
    BLOCKED = "blocked"  # nobody's e-mail address is known, and Google wants one
    UNOWNED = "unowned"  # approved by somebody who is no cost owner of the app
    UNANSWERED = "unanswered"

    @property
    def is_over(self) -> bool:
        return self not in {IncreaseState.WANTED, IncreaseState.PENDING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What Google says of a request: what was asked for, what is granted (None: not said), and in its own words why.

    ``reconciling``  it is not decided, or not rolled out yet.
    """

    preferred: int
    granted: int | None
    reconciling: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Increase:
    """The newest request for one target; its `id` is also that of the preference at Google.

    ``wanted``  the limit that was approved. ``before`` what Google granted when it was filed (None: not filed).
    ``granted`` what it grants now, ``detail`` why, in Google's words. ``looks`` counts the looks at it since.
    """

    id: str
    target: Target
    incident: str
    app: str
    wanted: int
    asked_by: str
    approver: str
    why: str
    state: IncreaseState = IncreaseState.WANTED
    before: int | None = None
    granted: int | None = None
    detail: str = ""
    filed_at: datetime | None = None
    looks: int = 0
    version: int = 0
    due_at: datetime | None = None

    def seen(self, preference: Preference, now: datetime) -> Increase:
        """As Google's answer leaves it. A decision below what was wanted is *partly* where it is more than before."""
        granted = self.before if preference.granted is None else preference.granted
        known = replace(self, granted=granted, detail=preference.detail, looks=self.looks + 1)
        if granted is not None and granted >= self.wanted:
            return replace(known, state=IncreaseState.GRANTED, due_at=None)
        if preference.reconciling:
            if self.filed_at is not None and now - self.filed_at >= GIVEN_UP:
                return replace(known, state=IncreaseState.UNANSWERED, due_at=None)
            return replace(known, state=IncreaseState.PENDING, due_at=now + _pause(known.looks))
        more = granted is not None and (self.before is None or granted > self.before)
        return replace(known, state=IncreaseState.PARTLY if more else IncreaseState.DENIED, due_at=None)


def preference_id(target: Target) -> str:
    """The id of the one request for a target, the same at every try.

    >>> preference_id(Target("quota", "p", "s", "m", "u"))
    'freio-c3aae0e693b806da'
    """
    return f"freio-{sha256(target.id.encode()).hexdigest()[:16]}"


def _pause(looks: int) -> timedelta:
    """Ten minutes, doubling, at most six hours: people at Google decide, some at once and some after days."""
    doublings: int = min(8, max(0, looks - 1))
    return min(LONGEST, FIRST_LOOK * int(2**doublings))
