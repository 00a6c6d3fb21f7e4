"""Trouble: what failed is due again after a growing pause, and past some tries a person is paged until it ends."""

from __future__ import annotations

from datetime import timedelta

from freio.domain.incident import Incident, State
from freio.domain.journal import Kind
from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import PAGE_STUCK, RETRYING, STUCK, STUCK_AT
from freio.errors import Rejected, VendorError
from freio.guard.hold import TRIES, pause
from freio.guard.mandate import ends_at
from freio.guard.step import Step
from freio.guard.trouble import said

LOOK_EVERY = timedelta(minutes=1)


def look_later(step: Step, incident: Incident) -> Incident:
    """Somebody else is at the targets, or they are paused: look again in a minute."""
    return step.keep(incident, due_at=step.now + LOOK_EVERY)


def failed(step: Step, incident: Incident, error: VendorError) -> Incident:
    """Something other than a target failed. A brake that stands is not STUCK for it: its expiry still comes in time."""
    attempts = incident.attempts + 1
    is_hopeless = attempts >= TRIES or isinstance(error, Rejected)
    if incident.state is State.STUCK or (is_hopeless and incident.state is not State.THROTTLED):
        return give_up(step, incident, said(error), attempts)
    again = step.keep(incident, attempts=attempts, due_at=step.now + pause(attempts))
    again = _in_time(step, again)
    key = f"{again.revision}/failed/{again.version}"
    step.log(Kind.FAILURE, again, str(error), key=f"{again.id}/{key}", attempts=attempts)
    step.thread(again, key, RETRYING, error=str(error))
    if is_hopeless:
        _page(step, again, f"{again.revision}/failed", said(error))
    return again


def give_up(step: Step, incident: Incident, why: Phrase, attempts: int = 0) -> Incident:
    """STUCK: a person is paged, and the work goes on with growing pauses until a person or a retry ends it.

    ``attempts`` is how often it was tried; 0: there was nothing to try. The page is one alert, called again each time.
    """
    if incident.state is State.STUCK:
        tries = incident.attempts + 1
        stuck = step.keep(incident, attempts=tries, due_at=step.now + pause(tries))
    else:
        stuck = step.move(incident, State.STUCK, due_at=step.now + pause(1), attempts=1)
        sentence = STUCK if attempts else STUCK_AT
        step.thread(stuck, f"{stuck.revision}/stuck", sentence, attempts=attempts, why=packed([why]))
    stuck = _in_time(step, stuck)
    _page(step, stuck, f"{stuck.revision}/stuck", why)
    return stuck


def _in_time(step: Step, incident: Incident) -> Incident:
    """No pause is longer than the authority for the brake lasts: its end is looked at in time."""
    ends = ends_at(incident)
    if ends is None or incident.due_at is None or not step.now < ends < incident.due_at:
        return incident
    return step.keep(incident, due_at=ends)


def _page(step: Step, incident: Incident, key: str, why: Phrase) -> None:
    step.page(incident, key, PAGE_STUCK, app=incident.app, incident=incident.id, error=why)
    step.log(
        Kind.PAGE, incident, str(why), key=f"{incident.id}/{key}/{incident.attempts}/page", attempts=incident.attempts
    )
