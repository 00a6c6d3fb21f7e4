"""The weekly digest: alerts against their budget, what people said of them, and what is open, on Monday morning.

Incidents are noted as the watch sees them, in a list for each week, since a store can say which are open and not which
were. The digest is owed like any other message: committed once, delivered until it stands in the channel.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from freio.domain import sentences as say
from freio.domain.app import Client
from freio.domain.digest import AlertLog, PolicyBrake, Precision, Told, Week
from freio.domain.forecast import Forecasts
from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.phrase import Phrase, packed
from freio.errors import Conflict
from freio.guard.reply import as_it_stands, budget_line, status_line
from freio.guard.step import Step
from freio.ports import Clock, Journal, Store

POSTED_AT = timedelta(hours=9)  # after the Monday's midnight, on the client's clock
LATEST = timedelta(days=3)  # after that nobody wants to read of last week
WEEKS = 4  # over which precision is said as well
SHOWN = 5  # apps and budgets of each list
LIKELY = Decimal("0.5")
_BY_POLICY = {
    PolicyBrake.STOOD: say.DIGEST_POLICY_STOOD,
    PolicyBrake.RELEASED: say.DIGEST_POLICY_RELEASED,
}


class DigestDesk:
    """Notes the incidents of each week, and tells of the last one."""

    def __init__(self, client: Client, store: Store, journal: Journal, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._journal = journal
        self._clock = clock
        self._noted: set[str] = set()
        self._begun: datetime | None = None
        self._told: datetime | None = None

    def note(self, incident: Incident) -> None:
        """Put an incident on its week's list. May raise `Conflict`: note it again."""
        if incident.id in self._noted:
            return
        log = self._log(self._monday(incident.opened_at))
        if incident.id not in log.incidents:
            step = Step(self._clock.now())
            step.put(replace(log, incidents=(*log.incidents, incident.id)))
            self._store.commit(step.change())
        self._noted.add(incident.id)

    def look(self) -> None:
        """Begin this week's list, and tell of last week, each once."""
        now = self._clock.now()
        monday = self._monday(now)
        if self._begun != monday:
            self._begin(monday)
        if self._told == monday or now < self._local(monday) + POSTED_AT:
            return
        key = f"digest/{monday:%Y-%m-%d}"
        before = self._watched(self._before(monday))
        if before is None or now > self._local(monday) + LATEST or self._store.used(key):
            self._told = monday
            return
        step = Step(now)
        step.once(key)
        self._tell(step, key, before, monday)
        with suppress(Conflict):  # the other tick, at the same time, has told it
            self._store.commit(step.change())
        self._told = monday

    def _tell(self, step: Step, key: str, log: AlertLog, monday: datetime) -> None:
        week = self._week(log, until=self._local(monday))
        earlier = [self._before(monday, weeks) for weeks in range(2, WEEKS + 1)]
        logs = [log, *filter(None, (self._store.get(AlertLog, _id(each)) for each in earlier))]
        month = Precision.of(told for each in logs for told in (week.told if each is log else self._told_of(each)))
        lines = [*_alerts(week, self._client.alerts_per_app_week), *_answers(week, month, len(logs)), *self._open()]
        step.post(self._client.channel, key, say.DIGEST, since=week.since, until=week.until, lines=packed(lines))
        precision = Precision.of(week.told)
        step.log(
            Kind.NOTICE,
            None,
            "digest",
            key=key,
            alerts=len(week.alerts),
            others=len(week.told) - len(week.alerts),
            apps=week.apps,
            per_app_week=f"{week.rate:.4f}",
            budget=self._client.alerts_per_app_week,
            confirmed=precision.confirmed,
            refuted=precision.refuted,
            undecided=week.undecided,
            unanswered=week.unanswered,
            policy_stood=week.braked_by_policy(PolicyBrake.STOOD),
            policy_released=week.braked_by_policy(PolicyBrake.RELEASED),
        )

    def _week(self, log: AlertLog, *, until: datetime) -> Week:
        return Week(since=log.since, until=until, apps=len(self._client.apps), told=self._told_of(log))

    def _told_of(self, log: AlertLog) -> tuple[Told, ...]:
        """Without fire drills, in which nothing was told of."""
        found = (self._store.get(Incident, incident) for incident in log.incidents)
        real = (one for one in found if one is not None and not one.is_drill)
        return tuple(Told.of(one, self._journal.entries(incident=one.id)) for one in real)

    def _open(self) -> list[Phrase]:
        """What is open now, and which budgets are more likely passed than not, with what runs away."""
        incidents = self._store.open_incidents()
        lines = [_list(say.DIGEST_OPEN, [status_line(one) for one in incidents])]
        known = self._store.get(Forecasts, Forecasts().id) or Forecasts()
        each = as_it_stands(known, incidents, self._clock.now())
        likely = [one for one in each if one.chance is not None and one.chance >= LIKELY]
        likely.sort(key=lambda one: -(one.chance or 0))
        lines.append(_list(say.DIGEST_BUDGETS, [budget_line(one) for one in likely]))
        return [line for line in lines if line is not None]

    # ---- weeks, on the client's clock

    def _begin(self, monday: datetime) -> None:
        """So that a week without alerts is told too, and the first one is known to be shorter."""
        log = self._log(monday)
        if log.version == 0:
            step = Step(self._clock.now())
            step.put(log)
            with suppress(Conflict):  # the other tick, at the same time, has begun it
                self._store.commit(step.change())
        self._begun = monday

    def _log(self, monday: datetime) -> AlertLog:
        known = self._store.get(AlertLog, _id(monday))
        if known is not None:
            return known
        went_on = self._watched(self._before(monday)) is not None
        start = self._local(monday)
        return AlertLog(id=_id(monday), since=start if went_on else max(start, self._clock.now()))

    def _watched(self, monday: datetime) -> AlertLog | None:
        """The list of a week; None where it was begun after it: an incident of before the first tick is noted too."""
        log = self._store.get(AlertLog, _id(monday))
        return log if log is not None and log.since < self._local(monday + timedelta(days=7)) else None

    def _monday(self, at: datetime) -> datetime:
        """The Monday, without a zone, of an instant's week."""
        local = at.astimezone(ZoneInfo(self._client.time_zone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return midnight - timedelta(days=midnight.weekday())

    @staticmethod
    def _before(monday: datetime, weeks: int = 1) -> datetime:
        return monday - timedelta(days=7 * weeks)

    def _local(self, monday: datetime) -> datetime:
        return monday.replace(tzinfo=ZoneInfo(self._client.time_zone))


def _id(monday: datetime) -> str:
    return f"alerts/{monday:%Y-%m-%d}"


def _alerts(week: Week, budget: Decimal) -> list[Phrase]:
    sentence = say.DIGEST_ALERTS_OVER if budget < week.rate else say.DIGEST_ALERTS
    lines = [
        Phrase.of(sentence, alerts=len(week.alerts), apps=week.apps, rate=f"{week.rate:.4f}", budget=budget),
    ]
    if others := len(week.told) - len(week.alerts):
        lines.append(Phrase.of(say.DIGEST_OTHERS, others=others))
    busiest = [Phrase.of(say.DIGEST_OF_APP, app=app, alerts=many) for app, many in week.busiest[:SHOWN]]
    if busiest:
        lines.append(Phrase.of(say.DIGEST_BUSIEST, apps=packed(busiest)))
    return lines


def _answers(week: Week, month: Precision, weeks: int) -> list[Phrase]:
    lines = []
    if week.alerts:
        answers = [Phrase.of(say.DIGEST_ANSWER, action=action, many=many) for action, many in week.answers]
        for outcome, sentence in _BY_POLICY.items():
            if many := week.braked_by_policy(outcome):
                answers.append(Phrase.of(sentence, many=many))
        if week.unanswered:
            answers.append(Phrase.of(say.DIGEST_UNANSWERED, many=week.unanswered))
        lines.append(Phrase.of(say.DIGEST_ANSWERS, answers=packed(answers)))
        lines.append(_precision(Precision.of(week.told), say.DIGEST_PRECISION, say.DIGEST_NO_PRECISION))
        if week.undecided:
            lines.append(Phrase.of(say.DIGEST_UNDECIDED, undecided=week.undecided))
    if month.judged and month != Precision.of(week.told):  # what the week says already is not said twice
        lines.append(_precision(month, say.DIGEST_PRECISION_WEEKS, say.DIGEST_NO_PRECISION, weeks=weeks))
    if week.waited is not None:
        lines.append(Phrase.of(say.DIGEST_WAITED, waited=int(week.waited.total_seconds())))
    return lines


def _precision(found: Precision, sentence: str, without: str, **more: object) -> Phrase:
    if found.share is None:
        return Phrase(without)
    share = f"{found.share:.4f}"
    return Phrase.of(sentence, share=share, confirmed=found.confirmed, judged=found.judged, **more)


def _list(sentence: str, lines: list[Phrase]) -> Phrase | None:
    """With the first few, and how many more there are."""
    if not lines:
        return None
    more = [Phrase.of(say.DIGEST_MORE, many=len(lines) - SHOWN)] if len(lines) > SHOWN else []
    return Phrase.of(sentence, lines=packed([*lines[:SHOWN], *more]))
