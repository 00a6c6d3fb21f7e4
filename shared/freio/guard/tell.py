"""What is said of one target, by what stands there: a limit in its numbers, anything else by its name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from freio.domain import sentences as say
from freio.domain.incident import Step
from freio.domain.lever import Setting, kind_of
from freio.domain.phrase import Phrase, packed
from freio.domain.target import Brake, Target
from freio.domain.where import place, where

Said = tuple[str, Mapping[str, object]]
"""A sentence, and what stands in it."""


class Told(StrEnum):
    """What became of a target."""

    SET = "set"
    RESTORED = "restored"
    LEFT = "left"


_LIMITS = {Told.SET: say.BRAKED, Told.RESTORED: say.RESTORED, Told.LEFT: say.LEFT_FOREIGN}
_STOPS = {Told.SET: say.STOPPED, Told.RESTORED: say.GIVEN_BACK, Told.LEFT: say.LEFT_CHANGED}


def result(what: Told, brake: Brake, value: Setting) -> Said:
    """Of a lever call that came back, with the value that stands there now."""
    if brake.limits:
        sentence = say.QUOTA_STANDS if what is Told.RESTORED and brake.as_quota else _LIMITS[what]
        return sentence, {"value": value, "found": brake.found, **place(brake.target)}
    return _STOPS[what], at(brake)


def still_held(brake: Brake) -> Said:
    """That another lease goes on holding it."""
    if brake.limits:
        return say.STILL_HELD, {"value": brake.wanted, **place(brake.target)}
    return say.STILL_STOPPED, at(brake)


def gone(brake: Brake) -> Said:
    """That nothing can be put back, for what it acted on is not there."""
    if brake.limits:
        return say.GONE_LIMIT, {"found": brake.found, **at(brake)}
    return say.GONE, at(brake)


def gone_since(target: Target) -> Phrase:
    """Why a brake does not cover it."""
    return Phrase.of(say.GONE_SINCE, where=packed([where(target)]))


def retrying(brake: Brake) -> Said:
    if brake.limits:
        return say.RETRYING_LIMIT, place(brake.target)
    return say.RETRYING_AT, at(brake)


def no_reply(brake: Brake) -> Phrase:
    """Why it does not get anywhere: nothing came back at all."""
    if brake.limits:
        return Phrase.of(say.NO_REPLY, attempts=brake.attempts, **place(brake.target))
    return Phrase.of(say.NO_REPLY_AT, attempts=brake.attempts, **at(brake))


def not_bound(step: Step) -> Phrase:
    """That what was set at one of a brake's targets does not bind."""
    if kind_of(step.target.lever).limits:
        return Phrase.of(say.NOT_BOUND, model=step.model, location=step.location)
    return Phrase.of(say.STOP_NOT_BOUND, where=packed([where(step.target)]))


def at(brake: Brake) -> dict[str, object]:
    """Where it is, as sentences take it."""
    return {"where": packed([where(brake.target)])}
