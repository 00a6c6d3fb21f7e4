"""What an export in a file says of each app, hour by hour: the ground of a forecast or a backtest without a cloud."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from freio.domain.app import App, Approvals, Client, Match
from freio.domain.money import Money
from freio.domain.spend import SpendLine
from freio.errors import BadInput, CurrencyMismatch
from freio.guard.meter import SETTLES
from freio.guard.telemetry import HOUR

BY = ("app", "project", "model", "feature")
"""The dimensions that `History.of` reads, of lines by the hour."""

Costs = Mapping[str, Mapping[datetime, Mapping[str, Decimal]]]  # by app, hour, and a part of its spend

_ZERO = Decimal(0)
# What freio.yaml says when it is not asked (`freio.config.model`), for a file that stands alone.
ALERTS, GATE = Decimal("0.25"), Decimal(25)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """``costs`` is by app, hour and model; spend of nobody is under the app ''. ``until`` is the newest hour's end.

    ``features`` are the same by what the label says that the client's file calls the app's features ('': it says
    nothing): who in the app has called, as far as a bill knows. ``tokens`` are those of each model, where the export
    says how many there were (empty: it does not). ``steps`` are the same of each `step` of an hour, where its rows are
    so fine.
    """

    costs: Costs
    since: datetime
    until: datetime
    currency: str
    features: Costs = field(default_factory=dict)
    tokens: Costs = field(default_factory=dict)
    steps: Costs = field(default_factory=dict)
    step: timedelta = HOUR

    @classmethod
    def of(
        cls,
        lines: Iterable[SpendLine],
        *,
        who: str = "app",
        tokens: Iterable[SpendLine] = (),
        steps: Sequence[Iterable[SpendLine]] = (),
    ) -> History:
        """From lines by `BY` and hour; ``who`` says what an app is: ``project`` where no client's file names any.

        ``tokens``  the same lines with a number of tokens in the place of what they cost; ``steps`` those of each part
        of the hour, in their order. BadInput where there is no spend at all.
        """
        costs, features = _sums(), _sums()
        currency = ""
        hours = set()
        for line in lines:
            hour = _hour(line)
            costs[line.by[who]][hour][line.by["model"]] += line.net.amount
            features[line.by[who]][hour][line.by.get("feature", "")] += line.net.amount
            currency = line.net.currency
            hours.add(hour)
        counted, finer, step = _sums(), _sums(), HOUR / max(1, len(steps))
        for found, after, part in (
            (counted, 0 * HOUR, tokens),
            *((finer, n * step, one) for n, one in enumerate(steps)),
        ):
            for line in part:
                if line.net.amount:
                    found[line.by[who]][_hour(line) + after][line.by["model"]] += line.net.amount
        if not hours:
            raise BadInput("the export holds no spend on AI")
        return cls(
            costs=costs,
            features=features,
            tokens=counted,
            steps=finer,
            step=step,
            since=min(hours),
            until=max(hours) + HOUR,
            currency=currency,
        )

    @property
    def settled(self) -> datetime:
        """Until when the export is complete: rows come up to two days late, so that its newest hours are not."""
        return self.until - SETTLES

    def expect(self, currency: str) -> None:
        """CurrencyMismatch where the client's file says another one."""
        if currency != self.currency:
            raise CurrencyMismatch(f"the export is in {self.currency}; freio.yaml says {currency}")

    def first(self, app: str) -> datetime | None:
        """The first hour in which an app has spent; None: it never has."""
        return min((hour for hour, by_model in self.costs.get(app, {}).items() if any(by_model.values())), default=None)

    def hours(self, app: str, until: datetime) -> list[Decimal]:
        """An app's money of each hour from its first one up to `until`, gaps as zero, oldest first."""
        first = self.first(app)
        if first is None:
            return []
        spent = self.costs[app]
        count = max(0, (until - first) // HOUR)
        return [sum(spent.get(first + n * HOUR, {}).values(), _ZERO) for n in range(count)]

    def spent(self, app: str, since: datetime, until: datetime) -> Money:
        """What was billed of the hours from `since` until before `until`."""
        hours = self.costs.get(app, {}).items()
        amount = sum((sum(models.values(), _ZERO) for hour, models in hours if since <= hour < until), _ZERO)
        return Money(amount, self.currency)


def _hour(line: SpendLine) -> datetime:
    return datetime.strptime(line.period, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def _sums() -> dict[str, dict[datetime, dict[str, Decimal]]]:
    return defaultdict(lambda: defaultdict(lambda: defaultdict(Decimal)))


def by_project(history: History) -> Client:
    """A client whose apps are the projects of an export, where no file describes it: no budgets, and no names."""
    return Client(
        name="",
        locale="en",
        time_zone="UTC",
        currency=history.currency,
        billing_account="",
        billing_export="",
        alerts_per_app_week=ALERTS,
        money_gate=Money(GATE, history.currency),
        apps=tuple(
            App(
                name=project,
                team="",
                cost_centre="",
                environment="",
                owners=(),
                match=Match(projects=frozenset({project})),
            )
            for project in sorted(history.costs)
            if project
        ),
        approvals=Approvals(),
        channel="",
    )
