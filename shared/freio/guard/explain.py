"""What an alert says for itself: since when it runs, what it has cost over the usual, who drives it, what it comes to.

Worked out anew at each look, from the same hours that the detector judged, so that the message grows with the trouble.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from freio.domain.calendar import month_end
from freio.domain.explanation import Explanation
from freio.domain.incident import FRESH
from freio.domain.money import Money
from freio.domain.signal import Signal, SignalKind
from freio.domain.spend import Score
from freio.guard.detect_tokens import HOUR_MINUTES
from freio.guard.meter import Reading
from freio.guard.telemetry import HOUR, floor_hour

DAY = 24
DAYS_USUAL = 7
STILL = Decimal("0.5")  # of what it costs over the usual now: hours before with as much belong to it
SHOWN = 3  # features
PACE, REQUESTS = "the pace of tokens", "the pace of requests"  # the features of `freio.guard.detect_tokens`
_GAINS = {SignalKind.GROWTH, SignalKind.RETRY_STORM}  # a mean of their past says less than they cost now
_ZERO = Decimal(0)

Hours = Sequence[Decimal]


@dataclass(frozen=True, slots=True)
class Over:
    """An app's hours over what is usual, oldest first, from the first that belongs to the trouble; and that hour.

    ``part``  of the first one in which it ran: told by tokens, it began minutes before the next.
    ``unheard``  those of which nobody knows anything, or not all.
    """

    first: int
    excess: tuple[Decimal, ...]
    part: Decimal = Decimal(1)
    unheard: frozenset[int] = frozenset()


def explain(
    reading: Reading,
    score: Score | None,
    signals: Sequence[Signal],
    *,
    factor: Decimal,
    factors: Hours = (),
    before: Explanation | None,
) -> Explanation | None:
    """The explanation of what `signals` say of the app's shape; None: nothing of it runs away, or nothing is usual yet.

    ``factor``  how much more than usual is expected of the hour that ends now; ``factors`` of those that have a usual,
                it among them (empty: as much of all).
    ``before``  what the last look said: what had begun then has not begun later.
    """
    shapes = [signal for signal in signals if signal.kind.is_shape or signal.kind.is_of_price]
    if score is None:
        return before
    factors = factors or (factor,) * len(reading.hours)
    if not shapes:
        return before and _calmed(before, reading, _usual(score, 1, factors)[-1])
    over = _over(reading, score, factors, before)
    steps = _parts(reading, over)
    so_far = sum(steps, _ZERO)
    is_older = before is not None and before.since < reading.first_hour + over.first * HOUR
    if before is not None and (is_older or any(at >= 0 for at in over.unheard)):
        so_far = before.so_far.amount + _added(reading, over, steps, before.at)
    anew = _anew(reading, before)
    pace = _pace(_lately(reading, over, anew), shapes)
    kept = before if before is not None and before.seen and not reading.seen else None
    if kept is not None:  # what cannot be seen any more has not become less
        pace = max(pace, _pace_said(kept))
    currency = reading.rate.currency
    driver, share = driven(reading.models, over.first)
    return Explanation(
        at=reading.at,
        since=_since(reading, over, shapes, before),
        usual=Money(_usual(score, 1, factors)[-1], currency),
        so_far=Money(so_far, currency),
        tomorrow=Money(so_far + pace * DAY, currency),
        month_end=Money(so_far + pace * _hours_left(reading.at), currency),
        fired=_fired(score, shapes),
        driver=driver or shapes[0].driver,
        share=share,
        anew=anew,
        seen=reading.seen or kept is not None,
    )


def _calmed(before: Explanation, reading: Reading, usual: Decimal) -> Explanation:
    """Nothing fires any more: it comes to no more than what the last hour still costs over the usual.

    Said of the last look that saw it: its incident may stay open for a day, for a budget or until it is quiet.
    """
    unknown = not reading.seen or not (reading.complete or reading.unpriced)
    if unknown or floor_hour(reading.at) - HOUR in reading.unheard:
        return before  # nobody knows
    pace = Money(_pace_said(before), before.so_far.currency)
    still = Money(max(_ZERO, reading.hours[-1] - usual), before.so_far.currency)
    if still >= pace:
        return before
    return replace(
        before,
        tomorrow=before.so_far + still * DAY,
        month_end=before.so_far + still * _hours_left(before.at),
    )


def _pace_said(before: Explanation) -> Decimal:
    """What an hour was said to add."""
    return (before.tomorrow - before.so_far).amount / DAY


def _usual(score: Score, many: int, factors: Hours) -> list[Decimal]:
    """What each of the last hours usually costs, as it was expected."""
    normal = [Decimal(str(round(value, 6))) for value in (score.normal or (score.usual,))[-many:]]
    return [value * factor for value, factor in zip(normal, factors[-len(normal) :], strict=True)]


def _over(reading: Reading, score: Score, factors: Hours, before: Explanation | None) -> Over:
    """From the alert back through the hours on end that already cost half as much over the usual as it has since.

    Once told, it stays: what is still over the usual under a brake is no reason to think that it began last week.
    """
    told = min(len(reading.hours), max(1, len(score.normal)))
    hours, normal = reading.hours[-told:], _usual(score, told, factors)
    excess = [max(_ZERO, x - n) for x, n in zip(hours, normal, strict=True)]
    skipped = len(reading.hours) - told
    part = Decimal(1)
    if before is not None:
        known = int((before.since - reading.first_hour) / HOUR)
        first = min(max(0, known - skipped), told - 1)
        if first == known - skipped:
            ended = before.since - reading.first_hour - known * HOUR
            part -= Decimal(int(ended.total_seconds())) / int(HOUR.total_seconds())
    else:
        first = told - max(1, min(score.hours if score.value >= 1 else 1, told))
        level = max(excess[first:]) * STILL
        while first > 0 and level > 0 and excess[first - 1] >= level:
            first -= 1
    unheard = frozenset((hour - reading.first_hour) // HOUR - skipped - first for hour in reading.unknown)
    return Over(skipped + first, tuple(excess[first:]), part, unheard)


def _parts(reading: Reading, over: Over) -> list[Decimal]:
    """What each hour adds. The last one ends now, so that, but for its part in the present hour, others have it.

    What the hour before has not, is of the present one. By hand: 20 minutes past, an hour that began with the trouble
    has cost ten, and nothing was over the usual before; ten it is, and not a third of it.
    """
    if len(over.excess) == 1:
        return [over.excess[0]]
    *_, before, last = over.excess
    present = last * reading.at.minute / 60
    if len(over.excess) - 2 not in over.unheard:
        present = max(present, last - before)
    return [*over.excess[:-1], present]


def _added(reading: Reading, over: Over, steps: Sequence[Decimal], looked: datetime) -> Decimal:
    """What has come to it since it was looked at: of the hour in which that was, the part of its time after it.

    Of a trouble that is older than what is usual is told, or that ran in hours of which nobody knows anything: what it
    cost before that no look can add up again.
    """
    added = _ZERO
    for at, step in enumerate(steps):
        start = reading.first_hour + (over.first + at) * HOUR
        end = min(start + HOUR, reading.at)
        if max(start, looked) < end:
            whole, after = (int((end - begin).total_seconds()) for begin in (start, max(start, looked)))
            added += step * after / whole
    return added


def _anew(reading: Reading, before: Explanation | None) -> datetime | None:
    """The hour in which it began again, after it had stopped, or was what people had called expected."""
    if before is None:
        return None
    return floor_hour(reading.at) if reading.at - before.at > FRESH else before.anew


def _lately(reading: Reading, over: Over, anew: datetime | None) -> Over:
    """Without the hours before it began again: its rest says nothing of what it costs now."""
    rest = (anew - reading.first_hour) // HOUR - over.first if anew else 0
    if rest <= 0:
        return over
    return Over(over.first + rest, over.excess[rest:], unheard=frozenset(at - rest for at in over.unheard))


def _pace(over: Over, shapes: Sequence[Signal]) -> Decimal:
    """What an hour adds if nothing changes: the mean of the last day, or what it costs now where it gains or is new.

    An hour of which nobody knows anything is no hour in which it cost nothing; one of which a part is known cost that
    at least.
    """
    tokens = sum((s.pace.amount - s.usual_pace.amount for s in shapes if s.window_minutes < 60), _ZERO)  # of all models
    if len(over.excess) < 3 or any(signal.kind in _GAINS for signal in shapes):
        return max(over.excess[-1], tokens)
    whole = len(over.excess) - 1
    lately = range(max(0, whole - DAY), whole)
    known = _mean(over, [at for at in lately if at not in over.unheard])
    return max(_mean(over, lately) or _ZERO, max(over.excess[-1], tokens) if known is None else known)


def _mean(over: Over, hours: Sequence[int]) -> Decimal | None:
    """What one of them added; None: they are less than an hour."""
    lasted = sum((over.part if at == 0 else Decimal(1) for at in hours), _ZERO)
    return sum((over.excess[at] for at in hours), _ZERO) / lasted if lasted >= 1 else None


def _since(reading: Reading, over: Over, shapes: Sequence[Signal], before: Explanation | None) -> datetime:
    """Of one hour alone it is known to the window of the tokens that told it.

    Money of the hour that ends now is of the present one: that before has not half as much of it.
    """
    if before is not None:
        return before.since
    if len(over.excess) > 1:
        return reading.first_hour + over.first * HOUR
    present = floor_hour(reading.at) if reading.at.minute else reading.at - HOUR
    return min(max(present, one.began) if one.window_minutes == HOUR_MINUTES else one.began for one in shapes)


def _hours_left(now: datetime) -> Decimal:
    """Of the budget's month."""
    return Decimal(int((month_end(now) - now.astimezone(UTC)).total_seconds())) / 3600


def _fired(score: Score, shapes: Sequence[Signal]) -> tuple[tuple[str, Decimal], ...]:
    told = [(name, Decimal(str(over))) for name, over in score.evidence[:SHOWN]]
    paces = [
        (REQUESTS if signal.kind is SignalKind.RETRY_STORM else PACE, Decimal(str(round(signal.score, 2))))
        for signal in shapes
        if signal.window_minutes < 60
    ]
    return (*told, *paces[:1])[:SHOWN] if score.value >= 1 or paces else ()


def driven(models: Mapping[str, Hours], first: int) -> tuple[str, Decimal]:
    """What has the largest part of the excess since the hour `first`, and that part; ('', 0): nothing is over it.

    Each is held against its own usual: the middle of the same hour of the seven days before `first`.
    """
    parts = risen(models, first)
    if not parts:
        return "", _ZERO
    driver = max(parts, key=lambda name: parts[name])
    return driver, round(parts[driver], 4)


def risen(models: Mapping[str, Hours], first: int) -> dict[str, Decimal]:
    """Each one's part of the excess since the hour `first`; empty: nothing is over its usual."""
    over = {name: _excess(hours, first) for name, hours in models.items()}
    whole = sum(over.values(), _ZERO)
    return {name: part / whole for name, part in over.items()} if whole else {}


def _excess(hours: Hours, first: int) -> Decimal:
    return sum((max(_ZERO, hours[at] - _usually(hours, at, first)) for at in range(first, len(hours))), _ZERO)


def _usually(hours: Hours, at: int, first: int) -> Decimal:
    """The middle of the same hour on the days before `first`; where there are none, nothing is usual."""
    newest = at - DAY * -(-(at - first + 1) // DAY)
    same = sorted(hours[i] for i in range(newest, newest - DAY * DAYS_USUAL, -DAY) if i >= 0)
    return same[len(same) // 2] if same else _ZERO
