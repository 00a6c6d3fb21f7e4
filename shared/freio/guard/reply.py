"""What one person reads back, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from freio.domain import sentences as say
from freio.domain.app import Client
from freio.domain.click import Click
from freio.domain.forecast import LEVEL, Forecast, Forecasts
from freio.domain.incident import Action, Incident
from freio.domain.phrase import Phrase, packed
from freio.guard.step import Step
from freio.ports import Store


def reply(step: Step, click: Click, sentence: str, **data: object) -> None:
    """Whisper an answer to a click to whoever clicked."""
    step.whisper(click.person, click.channel, click.id, sentence, **data)


def refuse(step: Step, click: Click, client: Client, action: Action, app: str) -> None:
    """Somebody may not: who may, instead. ``action`` is what their click was judged as."""
    who = ["ops", "owner", "cost owner"]
    if action in {Action.RAISE, Action.RELEASE} and not client.approvals.ops_may_raise:
        who = who[1:]
    reply(step, click, say.NOT_ALLOWED, who=",".join(who), app=app)


def tell_stale(step: Step, click: Click, incident: Incident) -> None:
    """Who decided, and when, if that answered the click's question or a later one; else that it is another question."""
    last = incident.decision
    if last is not None and last.question >= click.revision:
        reply(step, click, say.ALREADY_DECIDED, by=last.by, action=last.action, at=last.at)
    elif not incident.is_open:
        reply(step, click, say.NOT_OPEN)
    else:
        reply(step, click, say.QUESTION_CHANGED)


def tell_status(step: Step, click: Click, store: Store, client: Client) -> None:
    """Every open incident, a line each; or that there is none."""
    lines = [status_line(incident) for incident in store.open_incidents()]
    if lines:
        reply(step, click, say.STATUS_LINES, open=packed(lines))
    else:
        reply(step, click, say.STATUS_NONE, apps=len(client.apps))


def tell_budgets(step: Step, click: Click, store: Store) -> None:
    """Where the month of every budget is going, a line each: by the day's forecast, moved where something runs away."""
    known = store.get(Forecasts, Forecasts().id) or Forecasts()
    lines = [budget_line(one) for one in as_it_stands(known, store.open_incidents(), step.now)]
    if lines:
        reply(step, click, say.BUDGET_LINES, at=known.at, level=LEVEL, budgets=packed(lines))
    else:
        reply(step, click, say.BUDGET_NONE)


def as_it_stands(known: Forecasts, incidents: Iterable[Incident], now: datetime) -> list[Forecast]:
    """Every budget's forecast of this month, in an open incident as that shows it.

    For some minutes after a month's first forecast an incident still shows the month that is over.
    """
    shown = {(one.app, one.of): one for incident in incidents for one in incident.forecasts if now < one.until}
    return [shown.get((one.app, one.of), one) for one in known.all if now < one.until]


def budget_line(one: Forecast) -> Phrase:
    """One budget's forecast in a line."""
    said = {
        "app": f"{one.app} ({one.of})" if one.of else one.app,
        "so_far": one.so_far,
        "low": one.low,
        "expected": one.expected,
        "high": one.high,
    }
    if one.budget is None or one.chance is None:
        return Phrase.of(say.BUDGET_LINE_FREE, **said)
    return Phrase.of(say.BUDGET_LINE, **said, budget=one.budget, chance=one.chance)


def status_line(incident: Incident) -> Phrase:
    """An open incident in a line."""
    said = {
        "app": incident.app,
        "state": incident.state,
        "since": incident.changed_at.isoformat(),
        "likely": incident.spend.likely,
    }
    if incident.known_rate is None:
        return Phrase.of(say.STATUS_LINE_UNSEEN, **said)
    return Phrase.of(say.STATUS_LINE, **said, rate=incident.known_rate)
