"""Spend of no app has no incident, for an incident belongs to an app: it is journalled, and somebody is paged."""

from __future__ import annotations

from datetime import datetime

from freio.domain.app import Client
from freio.domain.journal import Kind
from freio.domain.money import Money
from freio.domain.sentences import PAGE_UNATTRIBUTED, PAGE_UNATTRIBUTED_ALL
from freio.domain.signal import SignalKind
from freio.domain.unowned import AGAIN, Unowned
from freio.errors import Conflict
from freio.guard.estimate import NOBODY
from freio.guard.meter import Reading, Readings
from freio.guard.step import Step
from freio.guard.telemetry import HOUR
from freio.ports import Store

BILLED_LATE = 48  # hours in which unattributed spend may turn up: a project that nobody named shows in the export alone
LOOKED_AT = BILLED_LATE + AGAIN // HOUR  # what turns up on the day after a page waits for the next one


def dear_hours(client: Client, readings: Readings) -> tuple[tuple[datetime, Money], ...]:
    """The last hours in which more than the money gate belonged to no app, by their start, oldest first.

    Telemetry is read for the apps' own projects only, so what runs elsewhere is seen when it is billed: hours later,
    for two days, and told up to a day after that.
    """
    reading = readings.apps.get(NOBODY)
    if reading is None:
        return ()
    first = max(0, len(reading.hours) - LOOKED_AT)
    costs = [Money(amount, client.currency) for amount in reading.hours[first:]]
    return tuple(
        (reading.first_hour + at * HOUR, cost) for at, cost in enumerate(costs, start=first) if client.money_gate < cost
    )


def tell_unowned(client: Client, store: Store, readings: Readings) -> None:
    """Page the dearest hour that nobody was told of. What goes on has a new one a day later; one hour is told once."""
    hours = dear_hours(client, readings)
    if not hours:
        return
    before = store.get(Unowned, Unowned().id) or Unowned()
    news = before.news(hours, readings.at)
    if not news:
        return
    hour, amount = max(news, key=lambda one: one[1].amount)
    driver = _driver(readings.apps[NOBODY], hour)
    key = f"unattributed/{readings.at.isoformat()}"
    step = Step(readings.at)
    step.put(before.told(hours, readings.at))
    step.log(Kind.SIGNAL, None, SignalKind.UNATTRIBUTED, key=key, observed=amount, hour=hour, driver=driver)
    step.page_plain(
        key, PAGE_UNATTRIBUTED if driver else PAGE_UNATTRIBUTED_ALL, amount=amount, hour=hour, driver=driver
    )
    try:
        store.commit(step.change())
    except Conflict:
        return  # the other tick, at the same time, has said it


def _driver(reading: Reading, hour: datetime) -> str:
    """The largest part of that hour, by model, and by project where it is billed; empty: nobody knows."""
    at = (hour - reading.first_hour) // HOUR
    parts = {part: hours[at] for part, hours in reading.models.items() if hours[at] > 0}
    return max(parts, key=lambda part: parts[part], default="")
