"""Where an incident's targets stand: it never remembers how far a lever call came, it looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from freio.domain.incident import Incident
from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import RECORD_UNREADABLE
from freio.domain.target import Brake, Hold, Target
from freio.domain.where import where
from freio.errors import Unreadable, VendorError
from freio.guard.hold import Holder, is_hopeless
from freio.guard.tell import no_reply
from freio.ports import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a target does not get where it should, after how many attempts."""

    why: Phrase
    attempts: int


def drive_all(holder: Holder, targets: Iterable[Target]) -> None:
    """Drive each as far as it goes now. What fails stands in the journal and on the target, where it is looked at."""
    for target in targets:
        with suppress(VendorError):
            holder.drive(target)


def is_lost(store: Store, incident: Incident) -> bool:
    """Whether a lease that was claimed is lost (somebody else's value stands there, and was left), or none is left."""
    return not incident.holding or any(brake.lease_of(incident.id) is None for brake in _brakes(store, incident))


def gone(store: Store, incident: Incident) -> frozenset[Target]:
    """What it held and is not there any more: a key that was deleted or rotated."""
    return frozenset(brake.target for brake in _brakes(store, incident) if brake.gone)


def all_held(store: Store, incident: Incident) -> bool:
    """Whether every limit that was claimed was read back."""
    brakes = _brakes(store, incident)
    return len(brakes) == len(incident.holding) > 0 and all(brake.hold is Hold.HELD for brake in brakes)


def hopeless(store: Store, targets: Sequence[Target]) -> Trouble | None:
    """The trouble of a target that has had all its tries, or whose record cannot be read; None, where there is none."""
    for target in targets:
        try:
            brake = store.get(Brake, target.id)
        except Unreadable:
            return Trouble(why=Phrase.of(RECORD_UNREADABLE, where=packed([where(target)])), attempts=1)
        if brake is not None and is_hopeless(brake) and brake.hold in {Hold.SETTING, Hold.RESTORING}:
            why = brake.error or no_reply(brake)
            return Trouble(why=why, attempts=brake.attempts)
    return None


def _brakes(store: Store, incident: Incident) -> list[Brake]:
    """Those that can be read: of another nobody can say that it is lost, or that it is held."""
    found = []
    for target in incident.holding:
        with suppress(Unreadable):
            found.append(store.get(Brake, target.id) or Brake(target=target))
    return found
