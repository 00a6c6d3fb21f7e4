"""Budget messages: what `budget_alert` does with each. Most of them only say how things stand.

Google repeats a message every 20 to 30 minutes all month, at least once, in no order; a crossed threshold is in every
one of them from then on. So each crossing counts once, and the newest message, by its publish time, says the spend.
"""

from __future__ import annotations

from dataclasses import replace

from freio.domain.app import App, Client, Level
from freio.domain.budget import BudgetMessage, BudgetStatus
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
        if app is None or message.account != self._client.billing_account:
            self._foreign(message)
            return
        if message.budget.currency != self._client.currency:
            raise BadMessage(
                "currency",
                f"budget {message.name!r} is in {message.budget.currency}; freio.yaml says {self._client.currency}",
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
        status = self._store.get(BudgetStatus, status_id(app, message))
        newest = status is None or (status.interval_start, status.published) < (
            message.interval_start,
            message.published,
        )
        if not newest and _is_over(status, message):
            self._note(f"over/{message.interval}/{message.published.isoformat()}", "overtaken", message)
            return False
        incident = self._store.open_incident(app.name)
        spend = incident.spend if incident else SpendRange.zero(self._client.currency)
        if newest:
            self._keep_status(step, app, message, status)
        if newest and _is_of_the_month(message):
            spend = self._spend(incident, message, is_new_interval=_begins(status, message))
        signals = self._signals(step, app, message)
        if signals:
            rate = incident.rate if incident else Money.zero(self._client.currency)
            open_or_merge(step, app, incident, signals, spend=spend, rate=rate)
        elif newest and incident is not None and spend != incident.spend:
            step.draw(step.keep(incident, spend=spend))
        if not step.is_empty:
            self._store.commit(step.change())
        return bool(signals)

    def _keep_status(self, step: Step, app: App, message: BudgetMessage, before: BudgetStatus | None) -> None:
        """The budget's own status, which orders its messages; and, from a budget of this month, the app's."""
        status = BudgetStatus(
            id=status_id(app, message),
            interval_start=message.interval_start,
            cost=message.cost,
            budget=message.budget,
            published=message.published,
            version=before.version if before else 0,
        )
        step.put(status)
        if not _is_of_the_month(message):
            return
        known = self._store.get(BudgetStatus, app.name)
        if known is None or known.published < message.published:
            step.put(replace(status, id=app.name, version=known.version if known else 0))

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

    @staticmethod
    def _spend(incident: Incident | None, message: BudgetMessage, *, is_new_interval: bool) -> SpendRange:
        """The message says what is billed; what is in flight beyond it stays as the watch last saw it."""
        currency = message.cost.currency
        if incident is None or is_new_interval:
            return SpendRange(billed=message.cost, in_flight=Money.zero(currency), worst_case=Money.zero(currency))
        return billed_at_least(incident.spend, message.cost)


def status_id(app: App, message: BudgetMessage) -> str:
    """Under which one budget's newest message is kept; the app's own name keeps the newest of this month."""
    return f"{app.name}/{message.account}/{message.budget_id}"


def _is_of_the_month(message: BudgetMessage) -> bool:
    """Budgets can be of a quarter, a year or a span of days as well: their amounts are not the month's."""
    return message.interval_start == month_start(message.published)


def _begins(status: BudgetStatus | None, message: BudgetMessage) -> bool:
    """Whether the message begins another interval than the one that was known."""
    return status is not None and status.interval_start < message.interval_start


def _is_over(status: BudgetStatus | None, message: BudgetMessage) -> bool:
    """Whether a late message speaks of an interval that has ended, or of an amount that was changed since."""
    return status is not None and (message.interval_start < status.interval_start or message.budget != status.budget)
