"""The fire drill: a made-up signal that goes the way of a real one, on a target where nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from freio.domain.incident import Incident, State, Verdict
from freio.domain.journal import Entry, Kind
from freio.domain.phrase import Phrase

HARMLESS = 200  # tokens in seven days: what drills send themselves, where the brake does not bite


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillRun:
    """One run, from its call on.

    ``id``       of the message that called for it: the same message, delivered again, is the same run.
    ``by``       who called for it; empty: the calendar.
    ``incident`` which incident it opened; ``refusal`` why it opened none.
    """

    id: str
    at: datetime
    app: str = ""
    by: str = ""
    incident: str = ""
    refusal: Phrase | None = None
    version: int = 0
    due_at: datetime | None = None

    @property
    def key(self) -> str:
        """Of its signal."""
        return f"{self.app}/drill/{self.id}"


class Moment(StrEnum):
    """What a drill waits for, in the order in which it comes."""

    DETECTED = "drill detected"
    TOLD = "drill told"
    ANSWERED = "drill answered"
    CLAIMED = "drill claimed"
    SET = "drill set"
    PROVED = "drill proved"
    RESTORED = "drill restored"
    RESOLVED = "drill resolved"


IN_THE_JOURNAL = {Moment.CLAIMED, Moment.RESTORED}
"""Moments that the incident itself does not remember."""


def moments(
    incident: Incident, told_at: datetime | None, journal: Sequence[Entry] | None = None
) -> dict[Moment, datetime | None]:
    """When each came; None: it has not. Without the journal those that stand in it alone are left out.

    ``told_at`` is when its message was posted. The proof has come once it has a verdict, or is no longer waited for.
    """
    trail = dict(reversed(incident.trail))  # the first time of each state
    proof = incident.proof
    is_judged = proof is not None and (proof.verdict is not Verdict.INCONCLUSIVE or State.RESTORING in trail)
    found: dict[Moment, datetime | None] = {
        Moment.DETECTED: incident.opened_at,
        Moment.TOLD: told_at,
        Moment.ANSWERED: trail.get(State.BRAKING),
        Moment.CLAIMED: _first(journal or (), "lease claimed"),
        Moment.SET: trail.get(State.THROTTLED),
        Moment.PROVED: proof.at if proof is not None and is_judged else None,
        Moment.RESTORED: _first(journal or (), "restored"),
        Moment.RESOLVED: trail.get(State.RESOLVED),
    }
    return {name: at for name, at in found.items() if journal is not None or name not in IN_THE_JOURNAL}


def _first(journal: Sequence[Entry], what: str) -> datetime | None:
    return next(_at(journal, what), None)


def _at(journal: Sequence[Entry], what: str) -> Iterator[datetime]:
    return (entry.at for entry in journal if entry.kind is Kind.LEVER and entry.what == what)
