"""A week of alerts, and what people said of them: how many came of the budget of alerts, and how many were right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import median

from freio.domain.incident import Action, Incident, State
from freio.domain.journal import Entry, Kind

POLICY = "policy"  # who decides where nobody answers: no person's word

_ANSWERS = {
    State.BRAKING: Action.THROTTLE,
    State.OVERRIDDEN: Action.KEEP,
    State.EXPECTED: Action.EXPECTED,
    State.SNOOZED: Action.SNOOZE,
}
_VERDICTS = {Action.THROTTLE, Action.EXPECTED}


class PolicyBrake(StrEnum):
    """What became of a brake that the policy set because nobody had answered; no verdict on its alert, either way.

    ``stood``     nobody let go of it before it ended. That nobody did does not confirm the alert: the brake keeps the
                  trouble from being seen, and a bot whose own deeds confirm it gets the surer the more it does.
    ``released``  a person let go of it. That says that the brake was not wanted, and not that nothing had run away.
    """

    STOOD = "stood"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLog:
    """Which incidents were opened in a week of the client's time zone; `id` is ``alerts/`` and its Monday.

    ``since`` is when the week began or, in the first one, when Freio began to watch.
    """

    id: str
    since: datetime
    incidents: tuple[str, ...] = ()
    version: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One incident that people were told of, and what they answered.

    ``by_detector``  whether it is one of the alerts that `alerts_per_app_week` budgets: opened or joined by a shape of
                     spend, and not by a budget, a cap, a price or Google's own detection alone.
    ``answer``       what a person said of it: the last *throttle* or *expected*, for these judge it; else the first of
                     anything. None: nobody has, or the policy did.
    ``waited``       until the first answer of a person.
    ``policy``       what became of the policy's brake, where no person has answered (None: it set none, or holds it).
    """

    app: str
    by_detector: bool
    is_open: bool
    answer: Action | None = None
    waited: timedelta | None = None
    policy: PolicyBrake | None = None

    @classmethod
    def of(cls, incident: Incident, entries: Iterable[Entry]) -> Told:
        """From the incident and its journal."""
        entries = list(entries)
        answers = [
            (_ANSWERS[State(entry.data["after"])], entry.at)
            for entry in entries
            if entry.kind is Kind.STATE and entry.by not in {"", POLICY} and entry.data.get("after") in _ANSWERS
        ]
        verdicts = [action for action, _ in answers if action in _VERDICTS]
        return cls(
            app=incident.app,
            by_detector=any(signal.kind.is_shape for signal in incident.signals),
            is_open=incident.is_open,
            answer=verdicts[-1] if verdicts else answers[0][0] if answers else None,
            waited=answers[0][1] - incident.opened_at if answers else None,
            policy=None if answers else _policy_brake(incident, entries),
        )


def _policy_brake(incident: Incident, entries: Iterable[Entry]) -> PolicyBrake | None:
    """From who moved it on from the policy's brake: a person, or the brake's own end.

    None of the two where it was refuted, or somebody put something else in its place.
    """
    begun = was_set = released = stood = False
    before = None
    for entry in entries:
        if entry.kind is not Kind.STATE:
            continue
        after = entry.data.get("after")
        begun |= after == State.BRAKING and entry.by == POLICY
        was_set |= begun and after == State.THROTTLED
        released |= was_set and after == State.RESTORING and entry.by not in {"", POLICY}
        stood |= was_set and after == State.RESTORING and before == State.THROTTLED
        before = after
    if released:
        return PolicyBrake.RELEASED
    return PolicyBrake.STOOD if stood and not incident.is_open else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How many alerts people judged to be right: *throttle* confirms, *expected* says that it was none."""

    confirmed: int
    refuted: int

    @classmethod
    def of(cls, told: Iterable[Told]) -> Precision:
        answers = Counter(one.answer for one in told if one.by_detector)
        return cls(confirmed=answers[Action.THROTTLE], refuted=answers[Action.EXPECTED])

    @property
    def judged(self) -> int:
        return self.confirmed + self.refuted

    @property
    def share(self) -> Decimal | None:
        """None: nobody has judged one."""
        return Decimal(self.confirmed) / self.judged if self.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What came out from `since` to `until`, which is in the client's time zone, for so many apps."""

    since: datetime
    until: datetime
    apps: int
    told: tuple[Told, ...]

    @property
    def alerts(self) -> tuple[Told, ...]:
        """Those that the budget of alerts is for."""
        return tuple(one for one in self.told if one.by_detector)

    @property
    def rate(self) -> Decimal:
        """Alerts per app and week; by hand: two alerts of four apps in half a week are one.

        It lasts as long as the client's clock says: where that changes, an hour less makes no alert one too many.
        """
        since = self.since.astimezone(self.until.tzinfo)
        lasted = self.until.replace(tzinfo=None) - since.replace(tzinfo=None)
        weeks = Decimal(int(lasted.total_seconds())) / (7 * 86400)
        return Decimal(len(self.alerts)) / (self.apps * weeks) if weeks > 0 and self.apps else Decimal(0)

    @property
    def answers(self) -> Sequence[tuple[Action, int]]:
        """How often each was said, most often first."""
        counted = Counter(one.answer for one in self.alerts if one.answer is not None)
        return sorted(counted.items(), key=lambda each: (-each[1], each[0]))

    @property
    def unanswered(self) -> int:
        """Neither by a person nor, in their place, by a brake of the policy that is over."""
        return sum(1 for one in self.alerts if one.answer is None and one.policy is None)

    @property
    def undecided(self) -> int:
        """Alerts that precision says nothing of: nobody has confirmed them by a throttle, or called them expected."""
        return len(self.alerts) - Precision.of(self.told).judged

    def braked_by_policy(self, outcome: PolicyBrake) -> int:
        return sum(1 for one in self.alerts if one.policy is outcome)

    @property
    def busiest(self) -> Sequence[tuple[str, int]]:
        """Apps with more than one alert, most first."""
        counted = Counter(one.app for one in self.alerts)
        return sorted(((app, many) for app, many in counted.items() if many > 1), key=lambda each: (-each[1], each[0]))

    @property
    def waited(self) -> timedelta | None:
        """The median time to an answer; None: nobody has answered."""
        waits = [one.waited.total_seconds() for one in self.alerts if one.waited is not None]
        return timedelta(seconds=median(waits)) if waits else None
