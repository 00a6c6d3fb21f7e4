"""Time passes: traffic asks, quotas let through, the export and the telemetry are written, and Scheduler ticks.

A real Scheduler ticks the watch every five minutes and the sweep every minute. Here the calm is shortened: the watch
ticks once a day while nothing is open and nothing runs away, every hour while a brake is held, and a sweep
is sent only in a minute in which something is due. It takes less time to watch, and decides nothing otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from freio.domain.incident import Incident, State
from freio.domain.notice import Notice
from freio.domain.target import Brake
from freio.errors import Unavailable
from freio.sandbox.demo.parts import PER_USD
from freio.sandbox.demo.stage import Stage
from freio.sandbox.google.demand import Demand
from freio.sandbox.spend.prices import token_price
from freio.sandbox.spend.traffic import STEP, Traffic

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
BILLED_EVERY = timedelta(hours=6)  # rows are dated when they were exported, hours later: writing them at once is enough
HELD, CALM = timedelta(hours=1), timedelta(hours=24)
FRESH = timedelta(hours=6)  # a runaway that was not seen by then is looked for at the calm's pace
ENDS_SOON = timedelta(minutes=90)  # a decision that ends is judged by looks that are fresh
DECIDED = {State.OVERRIDDEN, State.SNOOZED, State.EXPECTED}
ON_THE_TABLE = {State.OPEN, State.PROPOSED, State.BRAKING, State.RESTORING}
DRAINS_WITHIN = 120.0  # seconds; a dead letter takes its five attempts


class Replay:
    """Moves the stage from one five-minute mark to the next."""

    def __init__(self, stage: Stage, start: datetime) -> None:
        self.stage = stage
        self.began = self.now = start
        self.spent: dict[str, Decimal] = defaultdict(Decimal)
        self.history: dict[str, list[tuple[datetime, Decimal, int]]] = defaultdict(list)
        self._prices: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}

    def run(self, end: datetime, *, each_minute: Callable[[datetime], None]) -> Iterator[datetime]:
        """Live until `end`, five minutes at a time; `each_minute` is called after what happened in that minute."""
        while self.now < end:
            self._traffic()
            opened = self.stage.store.open_incidents()
            pace, is_awake = self._pace(opened), self._is_awake(opened)
            for minute in range(1, 6) if is_awake else (5,):
                self.stage.set_time(self.now + minute * MINUTE)
                has_ticked = minute == 5 and self._mark(pace)
                if is_awake or has_ticked:
                    self._sweep()
                each_minute(self.now + minute * MINUTE)
            self.now += STEP
            yield self.now

    def _traffic(self) -> None:
        """What is asked in the next five minutes, and what the quotas let through of it."""
        for traffic in self.stage.world.step(self.now):
            demand = Demand(
                requests=traffic.requests, input_tokens=traffic.input_tokens, output_tokens=traffic.output_tokens
            )
            served = self.stage.google.serve(
                project=traffic.project,
                location=traffic.location,
                model=traffic.model,
                at=self.now,
                demand=demand,
                minutes=5,
            )
            self.stage.served.record(
                traffic,
                self.now,
                requests=served.requests,
                input_tokens=served.input_tokens,
                output_tokens=served.output_tokens,
            )
            self._account(traffic, served.input_tokens, served.output_tokens)

    def _account(self, traffic: Traffic, inputs: int, outputs: int) -> None:
        """The true cost, which neither the export nor the telemetry knows yet."""
        key = (traffic.model, f"{self.now:%Y-%m-%d}")
        if key not in self._prices:
            price = token_price(traffic.model, self.now, input_size=1000, output_size=1000)
            self._prices[key] = (price.input / 1_000_000 * PER_USD, price.output / 1_000_000 * PER_USD)
        an_input, an_output = self._prices[key]
        self.spent[traffic.app] += inputs * an_input + outputs * an_output
        self.history[traffic.app].append((self.now + STEP, self.spent[traffic.app], inputs // 5))

    def _pace(self, opened: Sequence[Incident]) -> timedelta:
        """How often the watch looks: always every five minutes in production, and here while it matters."""
        if any(i.state in ON_THE_TABLE for i in opened):
            return STEP
        known = {i.app for i in opened}
        fresh = [r for r in self.stage.world.running(self.now) if self.now - r.start < FRESH and r.app not in known]
        if fresh:
            return STEP
        held = [i for i in opened if i.state not in DECIDED or (i.until and i.until - self.now < ENDS_SOON)]
        return HELD if held else CALM

    def _is_awake(self, opened: Sequence[Incident]) -> bool:
        """Whether minutes matter: somebody may click, or something comes due."""
        return any(i.state not in DECIDED for i in opened) or self._is_due(self.now + STEP)

    def _is_due(self, at: datetime) -> bool:
        store = self.stage.store
        return bool(store.due(Incident, at, 1) or store.due(Brake, at, 1) or store.due(Notice, at, 1))

    def _mark(self, pace: timedelta) -> bool:
        """Whether the watch was sent."""
        at = self.now + STEP
        if (at - MIDNIGHT) % BILLED_EVERY == timedelta(0):
            self.stage.served.flush(at)
        if (at - MIDNIGHT) % pace != timedelta(0):
            return False
        self.stage.served.arrive(at)
        self.stage.broker.publish("freio-watch", b"{}", {"tick": "watch"})
        self.drain()
        return True

    def _sweep(self) -> None:
        if self._is_due(self.stage.clock.now()):
            self._send_sweep()

    def _send_sweep(self) -> None:
        self.stage.broker.publish("freio-clicks", b"{}", {"tick": "sweep"})
        self.drain()

    def finish(self) -> None:
        """Nothing is on its way any more; and what had happened by `now` has waited for the journal's copy."""
        self.drain()
        if self.stage.copied is not None:
            self.stage.set_time(self.now + 2 * STEP)
            self._send_sweep()

    def drain(self) -> None:
        if not self.stage.broker.drain(DRAINS_WITHIN):
            raise Unavailable(f"messages were still undelivered after {DRAINS_WITHIN:.0f} s")

    def spent_at(self, app: str, at: datetime) -> Decimal:
        """What the app had truly cost by then, since the replay began, in the client's currency."""
        return next((spent for when, spent, _ in reversed(self.history[app]) if when <= at), Decimal(0))

    def rate_at(self, app: str, at: datetime, window: timedelta = HOUR) -> Decimal:
        """What an hour cost, over the window that ends then."""
        spent = self.spent_at(app, at) - self.spent_at(app, at - window)
        return spent / Decimal(window / HOUR)
