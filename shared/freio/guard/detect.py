"""From readings to signals: what the detector says, gated by money, and what has no price.

The detector judges shapes; whether a shape matters is a question of money, and is answered here: an excess under the
client's money gate is never an alert, however odd it looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from freio.domain.app import App, Client, Level
from freio.domain.budget import BudgetReport, watched_part
from freio.domain.calendar import month_end
from freio.domain.expectation import Expectations
from freio.domain.incident import Assessment
from freio.domain.money import Money
from freio.domain.severity import level_of
from freio.domain.signal import Signal, SignalKind
from freio.domain.spend import Score
from freio.guard.announced import expected_factor, factors_of
from freio.guard.detect_silence import of_silence
from freio.guard.detect_tariff import HOURS, last_price, of_tariff
from freio.guard.detect_tokens import HOUR_MINUTES, of_tokens, together
from freio.guard.explain import driven
from freio.guard.judge import token_series
from freio.guard.meter import Reading
from freio.guard.tariff import FLAT
from freio.guard.telemetry import HOUR

FRESH_MINUTES = HOURS * HOUR_MINUTES  # of what telemetry says of prices; bills are days old
DAY = 24
COVERED = HOUR  # by one look: it judges the hour that ends with it
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found about one app: its signals now, and whether it still runs away.

    ``hushed``  something is not usual, and only what people have called expected keeps it from being a signal.
    ``factor``  how much more than usual is expected now; ``factors`` of the last hours (empty: nothing special).
    ``score``   what the detector says of its money.
    """

    app: str
    signals: tuple[Signal, ...]
    running_away: bool
    hushed: bool = False
    factor: Decimal = _ONE
    factors: tuple[Decimal, ...] = ()
    score: Score | None = None

    @property
    def normal(self) -> tuple[float, ...]:
        """What the last hours usually cost, as it was expected of them: what the message says, and its picture."""
        return _as_expected(self.score, self.factors)

    @property
    def is_odd(self) -> bool:
        """Whether the spend itself is a signal, and not only a budget or a missing price."""
        return any(signal.kind.is_shape or signal.kind.is_of_price for signal in self.signals)


def detect(
    client: Client,
    app: App,
    reading: Reading,
    scores: Mapping[str, Score],
    *,
    budgets: Sequence[BudgetReport],
    known: Expectations,
    allowance: Money | None,
    now: datetime,
    told: Sequence[Signal] = (),
) -> Finding:
    """The finding for one app.

    ``scores``     what the detector says of its series, by name (`freio.guard.judge`).
    ``budgets``    what its budgets say of this month, widest first.
    ``known``      what people have said of the app's spend: what is expected is no signal.
    ``allowance``  by how much a cost owner has made the budget larger, where that is in force.
    ``told``       prices that its open incident has told already (`freio.guard.detect_tariff.open_prices`).
    """
    factor, score = expected_factor(client, app, known, now), scores.get(app.name)
    season = max(_ONE, Decimal(str(score.season))) if score else _ONE
    odd = _shape(client, app, reading, score, factor=factor, now=now)
    odd += [
        signal
        for name, rate in token_series(client, app, reading).items()
        if (signal := of_tokens(client, app, rate, scores.get(name), factor=factor * season, now=now))
    ]
    if tariff := of_tariff(client, app, reading, factor=factor, now=now, told=told):
        hidden = [] if known.covers(tariff.pace, now) else _told_by(tariff, odd, reading, factor, told=told, now=now)
        worst = max((signal.level for signal in (tariff, *hidden)), key=lambda level: level.rank)
        odd = [*(signal for signal in odd if signal not in hidden), replace(tariff, level=worst)]
    shape = together(client, app, [signal for signal in odd if not known.covers(signal.pace, now)])
    silent = of_silence(client, app, reading, now)
    signals = [*shape, *_unpriced(app.name, reading, client, now), *([silent] if silent else [])]
    with_usual = min(len(reading.hours), len(score.normal) if score else 1)
    last_hour = reading.first_hour + (len(reading.hours) - 1) * HOUR
    factors = tuple(factors_of(client, app, known, with_usual, last_hour, now=factor))
    day = _last_day(reading, _as_expected(score, factors))
    over = _breaks_budget(app, reading, budgets, day=day, allowance=allowance, gate=client.money_gate, now=now)
    return Finding(
        app=app.name,
        signals=tuple(signals),
        running_away=bool(shape) or over,
        hushed=len(shape) < len(odd),
        factor=factor,
        factors=factors,
        score=score,
    )


def assess(
    finding: Finding, reading: Reading, before: Assessment | None, *, refusing: bool, now: datetime
) -> Assessment:
    """The look at an open incident: running away by its shape, its budget, or by what the brake still refuses.

    Quiet goes on from the look before only where this one reaches back to it: what ran in hours that no look covers
    nobody knows.
    """
    running = finding.running_away or refusing
    quiet = reading.complete and not running
    since = now if quiet else None
    if quiet and before is not None and before.quiet_since is not None and now - before.at <= COVERED:
        since = before.quiet_since
    return Assessment(at=now, running_away=running, complete=reading.complete, quiet_since=since)


def _shape(
    client: Client, app: App, reading: Reading, score: Score | None, *, factor: Decimal, now: datetime
) -> list[Signal]:
    if score is None or score.value < 1.0:
        return []
    usual = Money.of(round(_usual_now(score, now), 6), client.currency) * factor
    excess = reading.rate - usual
    if excess <= client.money_gate:
        return []
    return [
        Signal(
            key=f"{app.name}/{score.shape or score.kind}/{now.isoformat()}",
            app=app.name,
            kind=SignalKind(score.shape or score.kind),
            level=level_of(excess, app.policy, client.money_gate),
            at=now,
            observed=reading.rate,
            usual=usual,
            window_minutes=HOUR_MINUTES,
            score=score.value,
            driver=driven(reading.models, len(reading.hours) - 1)[0] or next(iter(reading.by_model), ""),
            detail=score.why,
        )
    ]


def _usual_now(score: Score, now: datetime) -> float:
    """What the last sixty minutes usually cost: so much of the present hour as has gone, and the rest of that before.

    An app that stops at six has cost forty between ten past five and ten past six, and no hour from six on costs
    anything. What an alert that still stands is held against is as it was when it began.
    """
    if score.hours > 1 or len(score.normal) < 2:
        return score.usual
    gone = now.minute / HOUR_MINUTES
    return max(score.usual, gone * score.normal[-1] + (1 - gone) * score.normal[-2])


def _told_by(
    tariff: Signal, odd: Sequence[Signal], reading: Reading, factor: Decimal, *, told: Sequence[Signal], now: datetime
) -> list[Signal]:
    """The hour's money that is odd because the same tokens are dearer now: one trouble, by the name of its cause.

    A price that has just been found is told with all that is found beside it; later, with what it explains. A price of
    days ago explains no hour. It is as bad as what it stands for: the hour that ends now may be the first dear one of
    six. Where people have called it expected, it stands for nothing: each is held against what they have said.
    """
    if not HOUR_MINUTES < tariff.window_minutes <= FRESH_MINUTES:
        return []
    hours = [signal for signal in odd if signal.window_minutes == HOUR_MINUTES]
    if any(now - one.at >= COVERED for one in told):
        most = _explained(reading, tariff, factor, now)
        return [signal for signal in hours if signal.observed.amount <= signal.usual.amount * most]
    return hours


def _explained(reading: Reading, tariff: Signal, factor: Decimal, now: datetime) -> Decimal:
    """Up to how many times its usual money an hour costs of as many tokens as usual, at the price that was told.

    By hand: tokens at twice the price explain 10 an hour instead of 5, and up to 13.30. For the first six hours the
    price of six is of cheap hours too, so that the last hour's counts where that is more.
    """
    dear = tariff.observed.amount / tariff.usual.amount
    last = last_price(reading, now)
    if last is not None and tariff.unit_usual is not None:
        dear = max(dear, last / (tariff.unit_usual.amount * factor))
    return dear * FLAT[1]


def _unpriced(app: str, reading: Reading, client: Client, now: datetime) -> list[Signal]:
    return [
        Signal(
            key=f"{app}/unpriced/{model}/{now:%Y-%m}",
            app=app,
            kind=SignalKind.UNPRICED,
            level=Level.WARNING,
            at=now,
            observed=Money.zero(client.currency),  # nobody knows: the app's rate is of what has a price
            usual=Money.zero(client.currency),
            window_minutes=60,
            score=1.0,
            driver=model,
        )
        for model in sorted(reading.unpriced)
    ]


def _as_expected(score: Score | None, factors: Sequence[Decimal]) -> tuple[float, ...]:
    """What each of the last hours usually costs, as it was expected of them."""
    told = score.normal if score else ()
    unsaid = (_ONE,) * (len(told) - len(factors))
    return tuple(value * float(factor) for value, factor in zip(told, (*unsaid, *factors), strict=False))


def _last_day(reading: Reading, usual: Sequence[float]) -> Decimal:
    """What the last 24 whole hours cost; those of which not all is known, what is usual then at least."""
    hours = reading.hours
    found = Decimal(0)
    for back in range(2, min(len(hours), DAY + 1) + 1):  # the last one overlaps the one before it
        start = reading.first_hour + (len(hours) - back) * HOUR
        is_guessed = start in reading.unknown and back <= len(usual)
        found += max(Decimal(str(round(usual[-back], 6))), hours[-back]) if is_guessed else hours[-back]
    return found


def _breaks_budget(
    app: App,
    reading: Reading,
    reports: Sequence[BudgetReport],
    *,
    day: Decimal,
    allowance: Money | None,
    gate: Money,
    now: datetime,
) -> bool:
    """Whether the month, at the pace of its last ``day``, ends above the budget.

    The budget is the file's, or where it has none those of the budget messages; what was granted makes it larger.
    An app that is over its budget already, and has stopped, does not run away any more.
    """
    spent = reading.spend.likely
    if reports and spent < reports[0].cost:
        spent = reports[0].cost
    days_left = Decimal(int((month_end(now) - now.astimezone(UTC)).total_seconds())) / 86400
    to_come = day * days_left
    limits = [(app.budget, _ONE)] if app.budget else [(r.budget, watched_part(r, reports[0])) for r in reports]
    for budget, part in limits:
        allowed = budget if allowance is None else budget + allowance
        if gate.amount < to_come * part and allowed.amount < (spent.amount + to_come) * part:
            return True
    return False
