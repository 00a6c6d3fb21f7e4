"""Google's own anomalies: each is journalled whole, and is one signal in the incident of the app that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from freio.domain.anomaly import AnomalyMessage, ProjectNumbers
from freio.domain.app import App, Client, Level
from freio.domain.budget import BudgetStatus
from freio.domain.calendar import month_start
from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.money import Money, SpendRange
from freio.domain.phrase import Phrase
from freio.domain.sentences import (
    GOOGLE_FOUND,
    GOOGLE_FOUND_SHARED,
    PAGE_ANOMALY_UNATTRIBUTED,
    PAGE_ANOMALY_UNKNOWN,
)
from freio.domain.signal import Signal, SignalKind
from freio.guard.alert import Alerter
from freio.guard.decide import open_or_merge
from freio.guard.retry import again
from freio.guard.step import Step, text
from freio.ports import Clock, Queue, Store

SAID = 400  # characters of what Google said that stand in the message
SHOWN = 200  # of an unknown shape, in its page


class AnomalyDesk:
    """Takes what came to the billing topic and is no budget's message."""

    def __init__(
        self, client: Client, store: Store, clock: Clock, *, alerter: Alerter, queue: Queue, watch_topic: str
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._alerter = alerter
        self._queue = queue
        self._watch_topic = watch_topic

    def take(self, anomalies: Sequence[AnomalyMessage]) -> None:
        """Take them. Where one is news, the watch is called to look at once: Google's detection is late enough."""
        news = [again(partial(self._one, anomaly)) for anomaly in anomalies]
        self._alerter.deliver()
        if any(news):
            self._queue.publish(self._watch_topic, b"{}", {"because": "anomaly"})

    def _one(self, anomaly: AnomalyMessage) -> bool:
        """Whether it is a new signal."""
        step = Step(self._clock.now())
        owners = anomaly.apps(self._client.apps, self._numbers())
        foreign = bool(anomaly.account) and anomaly.account != self._client.billing_account
        what = "foreign anomaly" if foreign else "native anomaly" if anomaly.is_known else "unknown message"
        self._note(step, anomaly, what, owners)
        signalled = False
        if foreign:
            pass  # another account's anomaly is nobody's trouble here, and can be found in the journal
        elif not anomaly.is_known:
            self._once(step, f"unknown-message/{step.now:%Y-%m-%d}", PAGE_ANOMALY_UNKNOWN, text=anomaly.text[:SHOWN])
        elif not owners:
            said = {"project": ", ".join(anomaly.projects[:3]) or "?", "said": _said(anomaly, self._client.currency)}
            self._once(step, f"anomaly/{anomaly.key}/unattributed", PAGE_ANOMALY_UNATTRIBUTED, **said)
        else:
            signalled = self._signal(step, anomaly, owners)
        self._store.commit(step.change())
        return signalled

    def _note(self, step: Step, anomaly: AnomalyMessage, what: str, owners: Sequence[App]) -> None:
        """The whole of it, once for each content that came."""
        step.log(
            Kind.MESSAGE,
            None,
            what,
            key=f"anomaly/{anomaly.digest}",
            app=", ".join(app.name for app in owners),
            anomaly=anomaly.key,
            projects=", ".join(anomaly.projects),
            actual=anomaly.actual,
            expected=anomaly.expected,
            services=", ".join(anomaly.services),
            severity=anomaly.severity,
            detected=anomaly.detected,
            raw=anomaly.text,
        )

    def _once(self, step: Step, key: str, sentence: str, **data: object) -> None:
        if not self._store.used(key):
            step.once(key)
            step.page_plain(key, sentence, **data)

    def _signal(self, step: Step, anomaly: AnomalyMessage, owners: Sequence[App]) -> bool:
        app, key = owners[0], f"anomaly/{anomaly.key}"
        if self._store.used(key):
            return False
        step.once(key)
        currency = self._client.currency
        actual, expected = (_in(money, currency) for money in (anomaly.actual, anomaly.expected))
        signal = Signal(
            key=key,
            app=app.name,
            kind=SignalKind.NATIVE_ANOMALY,
            level=Level.CRITICAL if anomaly.is_severe else Level.WARNING,
            at=step.now,
            observed=actual,
            usual=expected,
            window_minutes=0,
            score=float(actual.amount / expected.amount) if actual.amount and expected.amount else 1.0,
            driver=", ".join(anomaly.services),
            detail=_detail(anomaly, owners, currency),
        )
        incident = self._store.open_incident(app.name)
        rate = incident.rate if incident else Money.zero(currency)
        open_or_merge(step, app, incident, [signal], spend=self._spend(app, incident), rate=rate)
        return True

    def _spend(self, app: App, incident: Incident | None) -> SpendRange:
        """What the incident has; before there is one, what a budget of this month says is billed."""
        if incident is not None:
            return incident.spend
        status = self._store.get(BudgetStatus, app.name)
        reports = status.of_month(month_start(self._clock.now()), self._client.currency) if status else ()
        nothing = Money.zero(self._client.currency)
        return SpendRange(billed=reports[0].cost if reports else nothing, in_flight=nothing, worst_case=nothing)

    def _numbers(self) -> dict[str, str]:
        record = self._store.get(ProjectNumbers, ProjectNumbers().id)
        return dict(record.known) if record else {}


def _in(money: Money | None, currency: str) -> Money:
    """An amount for a signal; what is missing, or in another currency, is none there, and stands in its text."""
    return money if money is not None and money.currency == currency else Money.zero(currency)


def _detail(anomaly: AnomalyMessage, owners: Sequence[App], currency: str) -> Phrase:
    said = _said(anomaly, currency)
    if len(owners) == 1:
        return Phrase.of(GOOGLE_FOUND, said=said)
    others = ", ".join(app.name for app in owners[1:])
    return Phrase.of(GOOGLE_FOUND_SHARED, said=said, app=owners[0].name, others=others)


def _said(anomaly: AnomalyMessage, currency: str) -> str:
    """What Google said, in its own words and numbers."""
    amounts = [("actual", anomaly.actual), ("expected", anomaly.expected)]
    elsewhere = [(name, money) for name, money in amounts if money is not None and money.currency != currency]
    if anomaly.actual is None and anomaly.excess is not None:
        elsewhere.append(("above what was expected by", anomaly.excess))
    parts = [
        *anomaly.services,
        anomaly.severity and f"severity {anomaly.severity}",
        *(f"{name} {text(money)}" for name, money in elsewhere),
        anomaly.detected and f"detected {anomaly.detected:%Y-%m-%d %H:%M} UTC",
        *anomaly.links[:1],
    ]
    return "; ".join(part for part in parts if part)[:SAID] or anomaly.key[:SAID]
