"""What people's answers teach: *expected* a level in its hours, *throttle* which hours are no example of the usual."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from freio.domain.app import Client
from freio.domain.expectation import Confirmed, Expectations, Lesson, ended
from freio.domain.incident import Action, Decision, Incident
from freio.domain.journal import Kind
from freio.domain.money import Money
from freio.domain.sentences import LEARNED
from freio.guard.announced import announced_until
from freio.guard.step import Step
from freio.guard.telemetry import HOUR
from freio.ports import Store

LESSON_FOR = timedelta(days=28)  # after that, what goes on is in the detector's own history


def known(store: Store, app: str, now: datetime) -> Expectations:
    """What people have said of an app and is still remembered."""
    return (store.get(Expectations, app) or Expectations(id=app)).remembered(now)


def teach(step: Step, store: Store, incident: Incident, decision: Decision, client: Client) -> None:
    """*Expected*: the level that its message showed, in the hours since it began; nothing where no level is known.

    The hours are those of the client's people's day. What was more than had been announced, in a sale, is a lesson of
    that sale, and is forgotten with it: afterwards the same level would be many times the usual. So it is where people
    answer when the sale is over, for what counts is when that level was seen.

    Who had confirmed it as trouble before has thought again: its hours are an example. A drill teaches nothing.
    """
    seen = None if incident.is_drill else _level(incident)
    if seen is None:
        return
    level, at = seen
    hushed = decision.until or step.now
    before = known(store, incident.app, step.now)
    lesson = Lesson(
        number=before.count + 1,
        incident=incident.id,
        by=decision.by,
        at=step.now,
        level=level,
        hours=_hours(_began(incident), step.now, client.time_zone),
        hushed=hushed,
        until=max(hushed, _forgotten(client, incident, before, at, step.now)),
        time_zone=client.time_zone,
    )
    others = tuple(one for one in before.lessons if one.incident != incident.id)
    confirmed = tuple(one for one in before.confirmed if one.incident != incident.id)
    step.put(replace(before, lessons=(*others, lesson), confirmed=confirmed, count=lesson.number))
    step.thread(incident, f"{incident.revision}/learned", LEARNED, level=level, hushed=hushed, until=lesson.until)
    step.log(
        Kind.LESSON,
        incident,
        Action.EXPECTED,
        key=f"{incident.id}/{incident.revision}/lesson",
        by=decision.by,
        number=lesson.number,
        level=level,
        hours=" ".join(map(str, lesson.hours)),
        time_zone=lesson.time_zone,
        hushed=hushed,
        until=lesson.until,
    )


def confirm(step: Step, store: Store, incident: Incident, decision: Decision) -> None:
    """*Throttle*, by a person: it was trouble, and as soon as it is over, its hours judge no later ones."""
    before = known(store, incident.app, step.now)
    if incident.is_drill or any(one.incident == incident.id for one in before.confirmed):
        return
    since = _began(incident)
    step.put(replace(before, confirmed=(*before.confirmed, Confirmed(incident=incident.id, since=since))))
    step.log(
        Kind.LESSON,
        incident,
        decision.action,
        key=f"{incident.id}/{incident.revision}/lesson",
        by=decision.by,
        since=since,
    )


def with_ends(step: Step, store: Store, app: str) -> Expectations:
    """What is known of an app; trouble that is over by now has its end."""
    before = known(store, app, step.now)
    confirmed = tuple(one if one.until else replace(one, until=_ended(store, one)) for one in before.confirmed)
    return _kept(step, before, replace(before, confirmed=confirmed))


def with_hour(step: Step, store: Store, app: str) -> Expectations:
    """What is known of an app, when the hour that ends now is not usual, and only a lesson keeps it from being told.

    So a lesson that was taught in the middle of what it is about learns the rest of its hours.
    """
    before = known(store, app, step.now)
    lessons = tuple(
        replace(one, hours=tuple(sorted({*one.hours, ended(step.now, one.time_zone)}))) if one.learns(step.now) else one
        for one in before.lessons
    )
    return _kept(step, before, replace(before, lessons=lessons))


def _kept(step: Step, before: Expectations, after: Expectations) -> Expectations:
    return step.put(after) if after != before else after


def _forgotten(client: Client, incident: Incident, before: Expectations, seen: datetime, now: datetime) -> datetime:
    app = client.app(incident.app)
    over = announced_until(client, app, before, seen) if app else None
    return min(now + LESSON_FOR, over) if over else now + LESSON_FOR


def _ended(store: Store, trouble: Confirmed) -> datetime | None:
    incident = store.get(Incident, trouble.incident)
    return None if incident is not None and incident.is_open else incident.changed_at if incident else trouble.since


def _began(incident: Incident) -> datetime:
    return incident.explanation.since if incident.explanation else incident.opened_at - HOUR


def _hours(since: datetime, now: datetime, time_zone: str) -> tuple[int, ...]:
    """The hours of the day there that have ended since then, that which ends now among them."""
    many = min(24, int((now - since) / HOUR))
    ends = (now, *(since + (at + 1) * HOUR for at in range(many)))
    return tuple(sorted({ended(end, time_zone) for end in ends}))


def _level(incident: Incident) -> tuple[Money, datetime] | None:
    """The most that its message says an hour costs, and the end of that hour; of two as dear, of the later one."""
    seen = [(signal.pace, signal.at) for signal in incident.signals if signal.kind.is_shape or signal.kind.is_of_price]
    if incident.known_rate is not None and incident.assessment is not None:
        seen.append((incident.known_rate, incident.assessment.at))
    level, at = max(seen, key=lambda one: (one[0].amount, one[1]), default=(None, incident.opened_at))
    return (level, at) if level is not None and level.amount > 0 else None
