"""Paces within the hour, as a backtest finds them in a file whose rows are finer than that.

A row's tokens are spread evenly over the five-minute steps of telemetry that it covers. Of those the watch's own
`Paces` makes what it makes of telemetry: quarters of an hour, the highest of each hour that was, and jumps. There is a
look where a row ends, as if telemetry had come by then.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from freio.domain.spend import Tokens
from freio.guard.history import History
from freio.guard.paces import AN_HOUR, FILLING, WINDOW, Paces, or_none, unheard
from freio.guard.telemetry import HOUR, RECENT, STEP, STEP_MINUTES, floor_hour
from freio.guard.token_rate import TokenRate

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # what a look is given reaches back to all that there is
_ZERO = Decimal(0)


class Within:
    """All apps of a history together: an hour in which none had any tokens is a feed that was down, as for the watch.

    An app stands where the watch has a project.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._paces = Paces(_no_telemetry)
        self._recent: dict[str, deque[Tokens]] = defaultdict(deque)

    def ends(self, hour: datetime) -> list[datetime]:
        """Of the rows of the hour that begins then; the last one is its end."""
        return [hour + n * self._history.step for n in range(1, HOUR // self._history.step + 1)]

    def add(self, app: str, end: datetime) -> None:
        """Take in what ended then."""
        recent, start, parts = self._recent[app], end - self._history.step, self._history.step // STEP
        for model, tokens in self._history.steps.get(app, {}).get(start, {}).items():
            for part in range(parts):
                count = round(tokens * (part + 1) / parts) - round(tokens * part / parts)
                recent.append(_step(start + part * STEP, app, model, count))
        while recent and recent[0].start < end - RECENT:
            recent.popleft()
        if end == floor_hour(end):
            self._learn(app, end)

    def rates(self, app: str, end: datetime, gate: Decimal) -> tuple[TokenRate, ...]:
        """Of the models that cost more than the gate at their present pace, dearest first.

        A token costs what it does in the whole hour: what an hour is billed says nothing of its minutes.
        """
        tokens: dict[str, int] = defaultdict(int)
        for one in self._recent[app]:
            if one.start >= end - WINDOW:
                tokens[one.model] += one.input
        costs = {model: count * AN_HOUR * self._a_token(app, model, end) for model, count in tokens.items()}
        dear = sorted((model for model in costs if costs[model] > gate), key=lambda model: -costs[model])
        if dear:
            self._learn(app, end)
        return tuple(self._rate(app, model, end, tokens[model] * AN_HOUR, costs[model]) for model in dear)

    def part(self, app: str, at: datetime) -> Decimal:
        """How much of an hour's tokens had come by then, at the end of a row within it.

        All of them where later rows take back what had come: it is no more than the hour, and no less than nothing.
        """
        hour, steps = floor_hour(at - STEP), self._history.steps.get(app, {})
        sums = {end: sum(steps.get(end - self._history.step, {}).values(), _ZERO) for end in self.ends(hour)}
        whole = sum(sums.values(), _ZERO)
        came = sum((tokens for end, tokens in sums.items() if end <= at), _ZERO)
        return max(_ZERO, min(Decimal(1), came / whole)) if whole > 0 else Decimal(1)

    def _rate(self, app: str, model: str, end: datetime, pace: int, cost: Decimal) -> TokenRate:
        past = self._paces.of(app, model, end + FILLING)
        known = or_none(past)
        return TokenRate(
            project="",
            model=model,
            hours=(*(highest.pace for highest in known), pace),
            jumps=(*(highest.jump for highest in known), self._paces.jump(app, model, end + FILLING)),
            cost=cost,
            unheard=unheard(past),
        )

    def _learn(self, app: str, end: datetime) -> None:
        self._paces.learn(app, self._recent[app], LONG_AGO, end + FILLING)

    def _a_token(self, app: str, model: str, end: datetime) -> Decimal:
        hour = floor_hour(end - STEP)
        tokens = self._history.tokens.get(app, {}).get(hour, {}).get(model, _ZERO)
        cost = self._history.costs.get(app, {}).get(hour, {}).get(model, _ZERO)
        return max(_ZERO, cost) / tokens if tokens > 0 else _ZERO


def _step(start: datetime, app: str, model: str, count: int) -> Tokens:
    return Tokens(start=start, minutes=STEP_MINUTES, project=app, location="", model=model, input=count, output=0)


def _no_telemetry(projects: Sequence[str], since: datetime, until: datetime, step_minutes: int) -> list[Tokens]:
    """A history is all there is."""
    del projects, since, until, step_minutes
    return []
