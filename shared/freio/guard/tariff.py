"""What a token costs: the same tokens that become dearer, by their models or by their prices.

Money of the hour shows that only once it is large; the price of a token shows it while there are as many as ever. It is
held against the same hours of the days before: telemetry's of six hours, at the prices of the day, and the bills' of
their newest settled day, which know what telemetry does not (hits of Google's caches, discounts, credits).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from statistics import median

from freio.domain.app import Client
from freio.domain.spend import HourlyCost, Tokens
from freio.guard.estimate import Shares, Traffic, split
from freio.guard.reconcile import UNKNOWN, Estimates, Ratio
from freio.guard.telemetry import DAY, HOUR, floor_hour

DAYS = 7  # before, whose same hours are looked at
KNOWN_DAYS = 40  # of history, at most, in which days before a price that was told are looked for
ENOUGH = 3  # of them with tokens
MOST = 5  # of them, where some may have been dear before it was told
FLAT = (Decimal("0.75"), Decimal("1.33"))  # of as many tokens as usual: more or fewer are another trouble
DEARER = Decimal("1.2")  # times the usual price at least
DEVIATIONS = Decimal(4)  # robust ones over it at least: the mix of some apps is never the same
TO_SIGMA = Decimal("1.4826")  # from the median absolute deviation, as of a normal distribution
_ZERO = Decimal(0)

Hourly = dict[str, dict[datetime, tuple[Decimal, Decimal]]]  # by model and hour: tokens, and what they cost


def _hourly() -> Hourly:
    return defaultdict(lambda: defaultdict(lambda: (_ZERO, _ZERO)))


@dataclass(slots=True)
class Uses:
    """One app's tokens with what they cost, by model and hour: as estimated, and as billed until `settled`."""

    settled: datetime
    estimated: Hourly = field(default_factory=_hourly)
    billed: Hourly = field(default_factory=_hourly)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dearer:
    """Tokens that cost more than they usually do.

    ``now``, ``usual``  the price of a token; ``tokens`` how many there were in the `hours` until `until`.
    ``over``  how far the price is over the threshold (1 and more).
    ``mix``   whether dearer models do it, and not dearer tokens of the same ones; ``driver`` the model that does most
              of it, ``share`` its part of the tokens, ``was`` its usual one.
    """

    until: datetime
    hours: int
    tokens: Decimal
    now: Decimal
    usual: Decimal
    over: Decimal
    mix: bool
    driver: str
    share: Decimal
    was: Decimal


def uses(
    client: Client,
    tokens: Iterable[Tokens],
    costs: Iterable[HourlyCost],
    estimates: Estimates,
    *,
    shares: Shares,
    ratios: Mapping[Traffic, Ratio],
    settled: datetime,
) -> dict[str, Uses]:
    """Each app's uses: of the hours whose tokens all have a price."""
    counts: dict[tuple[Traffic, datetime], int] = defaultdict(int)
    for one in tokens:
        place = ((one.project, one.model), floor_hour(one.start))
        if place in estimates and not one.is_dedicated:
            counts[place] += sum(one.counts.values())
    bills: dict[tuple[Traffic, datetime], Decimal] = defaultdict(Decimal)
    for cost in costs:
        if not cost.beside and cost.hour < settled:
            bills[(cost.project, cost.model), cost.hour] += cost.net.amount
    found: dict[str, Uses] = defaultdict(lambda: Uses(settled))
    for ((project, model), hour), count in counts.items():
        traffic = (project, model)
        estimate = estimates[traffic, hour] * ratios.get(traffic, UNKNOWN).mid
        for app, share in split(client, shares, project, model).items():
            _add(found[app].estimated, model, hour, count * share, estimate * share)
            if (traffic, hour) in bills:
                _add(found[app].billed, model, hour, count * share, bills[traffic, hour] * share)
    return found


def _add(hourly: Hourly, model: str, hour: datetime, tokens: Decimal, cost: Decimal) -> None:
    before = hourly[model][hour]
    hourly[model][hour] = before[0] + tokens, before[1] + cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A price that was told already: what was usual then, since when it is told, and as what.

    ``mix``, ``driver`` and ``was`` are those of the `Dearer` that was told.
    """

    usual: Decimal
    since: datetime
    mix: bool
    driver: str
    was: Decimal


def dearer(
    hourly: Hourly, until: datetime, hours: int, told: Before | None = None, *, many: bool = False
) -> Dearer | None:
    """Whether the tokens of the `hours` until then cost more than those of the same hours on the days before.

    By hand: six days at 10 USD a million tokens, a million each, and today 1.1 million at 15. As many as usual, within
    a third; 15 is over 12, a fifth more than usual (the days before differ by nothing). So it is 1.25 times what it
    takes.

    ``told``  while a price that was told goes on. Four dear days of seven would make the dear price the usual one, and
              the spread of those days a threshold that nothing passes: it is held against what the same hours cost
              before it was told (a night's price says nothing of the day), however many tokens there are; and where
              too few of those days are known, against what was usual then. Nor is its cause looked for again: beside
              days as dear as today neither the mix nor a price has changed, and chance would make it another trouble.
    ``many``  whether there are as many tokens as usual is known: these are a part of the day's hours.
    """
    days = [_window(hourly, until - back * DAY, hours) for back in range(DAYS + 1)]
    today, before = _sum(days[0]), [_sum(day) for day in days[1:]]
    spent = [(tokens, cost) for tokens, cost in before if tokens > 0 and cost > 0]
    if len(spent) < ENOUGH or not today[0]:
        return None
    usually = median(tokens for tokens, _ in spent)
    prices = [cost / tokens for tokens, cost in spent]
    usual, price = median(prices), today[1] / today[0]
    spread = TO_SIGMA * median(abs(one - usual) for one in prices)
    edge = max(DEARER * usual, usual + DEVIATIONS * spread)
    is_flat = many or FLAT[0] * usually <= today[0] <= FLAT[1] * usually
    if told is not None:
        usual = _usual_before(hourly, until, hours, told.since) or min(usual, told.usual)
        edge, is_flat = DEARER * usual, True
    if not (is_flat and price >= edge):
        return None
    mix, driver, was = _cause(days[0], days[1:]) if told is None else (told.mix, told.driver, told.was)
    return Dearer(
        until=until,
        hours=hours,
        tokens=today[0],
        now=price,
        usual=usual,
        over=price / edge,
        mix=mix,
        driver=driver,
        share=days[0].get(driver, (_ZERO, _ZERO))[0] / today[0],
        was=was,
    )


def all_heard(billed: Hourly, until: datetime, hours: int) -> Hourly:
    """Without those of these hours of which telemetry was heard in part: as much money as usual, for fewer tokens.

    What their tokens seem to cost is no price. By hand: of 40 an hour on seven days, for 40 million tokens, an hour of
    40 for 20 million is left out, with the same hour of the days before; one of 20 for 20 million, one of 80 for 40
    million, and one of 80 for 20 million are not. On a day of which the other hours cost twice as much, as much as
    usual is 80.
    """
    starts = (until - (back + 1) * HOUR for back in range(hours))
    seen = {start: _beside_usual(billed, start) for start in starts}
    known = {start: each for start, each in seen.items() if each is not None}
    whole = [money for tokens, money in known.values() if tokens >= FLAT[0]]
    times = median(whole) if whole else Decimal(1)
    bands = [(FLAT[0] * each, FLAT[1] * each) for each in (Decimal(1), times)]
    partly = {
        start.hour
        for start, (tokens, money) in known.items()
        if tokens < FLAT[0] and any(least <= money <= most for least, most in bands)
    }
    if not partly:
        return billed
    return {model: {hour: each[hour] for hour in each if hour.hour not in partly} for model, each in billed.items()}


def _beside_usual(billed: Hourly, hour: datetime) -> tuple[Decimal, Decimal] | None:
    """An hour's tokens and money, each over what is usual at that time of the day; None: too few days are known."""
    tokens, cost = _sum(_window(billed, hour + HOUR, 1))
    before = [_sum(_window(billed, hour + HOUR - back * DAY, 1)) for back in range(1, DAYS + 1)]
    spent = [(count, money) for count, money in before if count > 0 and money > 0]
    if len(spent) < ENOUGH:
        return None
    usual_tokens, usual_cost = (median(each) for each in zip(*spent, strict=True))
    return tokens / usual_tokens, cost / usual_cost


Window = Mapping[str, tuple[Decimal, Decimal]]


def _usual_before(hourly: Hourly, until: datetime, hours: int, since: datetime) -> Decimal | None:
    """The price of the same hours on the last days before `since`; None: too few of them are known."""
    ends = [end for back in range(1, KNOWN_DAYS) if (end := until - back * DAY) < since]
    sums = [_sum(_window(hourly, end, hours)) for end in ends[:DAYS]]
    prices = [cost / tokens for tokens, cost in sums if tokens > 0 and cost > 0]
    return median(prices) if len(prices) >= MOST else None


def _window(hourly: Hourly, until: datetime, hours: int) -> Window:
    """By model: the tokens of the hours until then, and their cost."""
    starts = [until - (back + 1) * HOUR for back in range(hours)]
    found = {}
    for model, each in hourly.items():
        seen = [each[start] for start in starts if start in each]
        if seen:
            found[model] = _total(seen)
    return found


def _sum(window: Window) -> tuple[Decimal, Decimal]:
    return _total(window.values())


def _total(pairs: Iterable[tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
    pairs = list(pairs)
    return sum((tokens for tokens, _ in pairs), _ZERO), sum((cost for _, cost in pairs), _ZERO)


def _cause(today: Window, before: Sequence[Window]) -> tuple[bool, str, Decimal]:
    """Whether it is the mix, the model that does most of it, and what its share of the tokens was.

    The price has two factors: what today's models would cost at their prices before, over what the models before cost;
    and today's prices over those. The larger one is the cause. A model that is new has its price of today in both.
    """
    models = {model: _total([day[model] for day in before if model in day]) for model in {m for d in before for m in d}}
    whole_now, whole_before = _sum(today)[0], _sum(models)[0]
    shares = {model: tokens / whole_now for model, (tokens, _) in today.items()}
    once = {model: tokens / whole_before for model, (tokens, _) in models.items()}
    price = {model: cost / tokens for model, (tokens, cost) in today.items() if tokens}
    known = price | {model: cost / tokens for model, (tokens, cost) in models.items() if tokens}
    level = sum((once[model] * known.get(model, _ZERO) for model in once), _ZERO)
    as_before = sum((shares[model] * known.get(model, _ZERO) for model in shares), _ZERO)
    now = sum((shares[model] * price.get(model, _ZERO) for model in shares), _ZERO)
    mix = as_before / level >= now / as_before if level and as_before else True

    def part(model: str) -> Decimal:
        if mix:
            return (shares[model] - once.get(model, _ZERO)) * (known.get(model, _ZERO) - level)
        return shares[model] * (price.get(model, _ZERO) - known.get(model, _ZERO))

    driver = max(sorted(shares), key=part)
    return mix, driver, once.get(driver, _ZERO)
