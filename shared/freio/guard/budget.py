"""Budget messages: what `budget_alert` does with each. Most of them only say how things stand.

Google repeats a message every 20 to 30 minutes all month, at least once, in no order; a crossed threshold is in every
one of them from then on. So each crossing counts once, and the newest message, by its publish time, says the spend.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from freio.domain.app import App, Client, Level
from freio.domain.budget import BudgetMessage, BudgetReport, BudgetStatus, report_of
from freio.domain.calendar import month_start
from freio.domain.incident import Incident
from freio.domain.journal import Entry, Kind
from freio.domain.money import Money, SpendRange, billed_at_least
from freio.domain.phrase import Phrase
from freio.domain.sentences import OF_THE_BUDGET
from freio.domain.signal import Signal, SignalKind
from freio.errors import BadMessage
from freio.guard.alert import Alerter
from freio.guard.decide import open_or_merge
from freio.guard.retry import again
from freio.guard.step import Step
from freio.ports import Change, Clock, Queue, Store


class BudgetDesk:
    """Takes budget messages."""

    def __init__(
        self, client: Client, store: Store, clock: Clock, *, alerter: Alerter, queue: Queue, watch_topic: str
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._alerter = alerter
        self._queue = queue
        self._watch_topic = watch_topic

    def take(self, message: BudgetMessage) -> None:
        """Take one message. Where it opens an incident, the watch is called to work out the brake at once."""
        app = self._app(message)
        if app is None or message.account != (app.budget_account or self._client.billing_account):
            self._foreign(message)
            return
        if message.budget.currency != self._client.currency:
            raise BadMessage(
                "currency",
                f"budget {message.name!r} is in {message.budget.currency}; freio.yaml says {self._client.currency}",
                about=message.budget_id,
            )
        crossed = again(lambda: self._merge(app, message))
        self._alerter.deliver()
        if crossed:
            self._queue.publish(self._watch_topic, b"{}", {"because": "budget"})

    def _app(self, message: BudgetMessage) -> App | None:
        """A budget is an app's when it carries its name, alone or as ``freio-<app>``, or one of its `budget_names`."""
        return next(
            (app for app in self._client.apps if message.name in {app.name, f"freio-{app.name}", *app.budget_names}),
            None,
        )

    def _foreign(self, message: BudgetMessage) -> None:
        """Not ours: journalled once for its interval, so that a budget nobody mapped can be found."""
        self._note(f"foreign/{message.interval}", "foreign budget", message)

    def _note(self, key: str, what: str, message: BudgetMessage) -> None:
        """A message that changes nothing, in the journal."""
        data = {"account": message.account, "budget": message.name, "id": message.budget_id, "cost": str(message.cost)}
        entry = Entry(id=key, at=self._clock.now(), kind=Kind.MESSAGE, what=what, data=data)
        self._store.commit(Change(journal=(entry,)))

    def _merge(self, app: App, message: BudgetMessage) -> bool:
        """Whether it crossed a threshold that was not told yet."""
        step = Step(self._clock.now())
        status = self._store.get(BudgetStatus, app.name) or BudgetStatus(id=app.name)
        before = status.of(message.source)
        month = month_start(step.now)
        if _is_over(before, message, month):
            self._note(f"over/{message.interval}/{message.published.isoformat()}", "overtaken", message)
            return False
        if before is None or _order(before) < _order(message):
            status = step.put(status.with_report(report_of(message, before)))
        incident = self._store.open_incident(app.name)
        spend = self._spend(incident, status.of_month(month, self._client.currency), month)
        signals = self._signals(step, app, message)
        if signals:
            rate = incident.rate if incident else Money.zero(self._client.currency)
            open_or_merge(step, app, incident, signals, spend=spend, rate=rate)
        elif incident is not None and spend != incident.spend:
            step.draw(step.keep(incident, spend=spend))
        if not step.is_empty:
            self._store.commit(step.change())
        return bool(signals)

    def _signals(self, step: Step, app: App, message: BudgetMessage) -> list[Signal]:
        crossed = (
            (SignalKind.BUDGET_THRESHOLD, message.actual),
            (SignalKind.BUDGET_FORECAST, message.forecast),
        )
        signals = []
        for kind, ratio in crossed:
            if ratio is None:
                continue
            key = message.crossing_key(kind, ratio)
            if self._store.used(key):
                continue
            step.once(key)
            over = kind is SignalKind.BUDGET_THRESHOLD and ratio >= 1
            signals.append(
                Signal(
                    key=key,
                    app=app.name,
                    kind=kind,
                    level=Level.CRITICAL if over else Level.WARNING,
                    at=step.now,
                    observed=message.cost,
                    usual=message.budget,
                    window_minutes=0,
                    score=float(ratio),
                    detail=Phrase.of(OF_THE_BUDGET, ratio=f"{ratio.normalize():f}"),
                )
            )
        return signals

    def _spend(self, incident: Incident | None, reports: Sequence[BudgetReport], month: datetime) -> SpendRange:
        """The most that a budget of this month says is billed; what is in flight beyond it stays as the watch saw it.

        What an incident has of a month that is over is dropped as soon as a budget speaks of the new one.
        """
        nothing = Money.zero(self._client.currency)
        billed = reports[0].cost if reports else nothing
        if incident is None:
            return SpendRange(billed=billed, in_flight=nothing, worst_case=nothing)
        seen_at = incident.assessment.at if incident.assessment else incident.opened_at
        if reports and seen_at < month:
            return SpendRange(billed=billed, in_flight=nothing, worst_case=nothing)
        return billed_at_least(incident.spend, billed)


def _order(said: BudgetReport | BudgetMessage) -> tuple[datetime, datetime]:
    return said.interval_start, said.published


def _is_over(before: BudgetReport | None, message: BudgetMessage, month: datetime) -> bool:
    """Whether it speaks of an interval that has ended, or, late, of an amount that was changed since."""
    if message.interval_start < month and report_of(message, before).is_monthly:
        return True
    if before is None or _order(before) < _order(message):
        return False
    return message.interval_start < before.interval_start or message.budget != before.budget
