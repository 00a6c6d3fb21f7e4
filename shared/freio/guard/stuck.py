"""Trouble: what failed is due again after a growing pause, and past some tries a person is paged until it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta

from freio.domain.incident import Incident, State
from freio.domain.journal import Kind
from freio.domain.sentences import PAGE_STUCK, RETRYING, STUCK
from freio.domain.target import Brake, Hold, Target
from freio.errors import Rejected, VendorError
from freio.guard.hold import TRIES, Holder, pause
from freio.guard.step import Step
from freio.ports import Store

LOOK_EVERY = timedelta(minutes=1)


def drive_all(holder: Holder, targets: Iterable[Target]) -> None:
    """Drive each as far as it goes now. What fails stands in the journal and on the target, where it is looked at."""
    for target in targets:
        with suppress(VendorError):
            holder.drive(target)


def hopeless(store: Store, targets: Sequence[Target]) -> str:
    """The error of a target that has had all its tries; empty, where there is none."""
    for target in targets:
        brake = store.get(Brake, target.id)
        if brake is not None and brake.attempts >= TRIES and brake.hold in {Hold.SETTING, Hold.RESTORING}:
            return brake.error or f"{target.id}: {brake.attempts} calls did not come back"
    return ""


def look_later(step: Step, incident: Incident) -> Incident:
    """Somebody else is at the targets, or they are paused: look again in a minute."""
    return step.keep(incident, due_at=step.now + LOOK_EVERY)


def failed(step: Step, incident: Incident, error: VendorError) -> Incident:
    """Something other than a target failed. A brake that stands is not STUCK for it: its expiry still comes in time."""
    attempts = incident.attempts + 1
    is_hopeless = attempts >= TRIES or isinstance(error, Rejected)
    if incident.state is State.STUCK or (is_hopeless and incident.state is not State.THROTTLED):
        return give_up(step, incident, str(error))
    due_at = step.now + pause(attempts)
    if incident.until is not None:
        due_at = min(due_at, incident.until)
    again = step.keep(incident, attempts=attempts, due_at=due_at)
    key = f"{again.revision}/failed/{again.version}"
    step.log(Kind.FAILURE, again, str(error), key=f"{again.id}/{key}", attempts=attempts)
    step.thread(again, key, RETRYING, error=str(error))
    if is_hopeless:
        _page(step, again, key, str(error))
    return again


def give_up(step: Step, incident: Incident, error: str) -> Incident:
    """STUCK: a person is paged, and the work goes on with growing pauses until a person or a retry ends it."""
    if incident.state is State.STUCK:
        attempts = incident.attempts + 1
        stuck = step.keep(incident, attempts=attempts, due_at=step.now + pause(attempts))
    else:
        stuck = step.move(incident, State.STUCK, due_at=step.now + pause(1), attempts=1)
        step.thread(stuck, f"{stuck.revision}/stuck", STUCK, attempts=max(incident.attempts, TRIES), error=error)
    _page(step, stuck, f"{stuck.revision}/stuck/{stuck.attempts}", error)
    return stuck


def _page(step: Step, incident: Incident, key: str, error: str) -> None:
    step.page(incident, key, PAGE_STUCK, app=incident.app, incident=incident.id, error=error)
    step.log(Kind.PAGE, incident, error, key=f"{incident.id}/{key}/page", attempts=incident.attempts)
