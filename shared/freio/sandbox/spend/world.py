"""The apps of the sandbox and what they ask for: base demand and running incidents, step by step.

It has no clock of its own: the sandbox says which step it wants, tells the control plane, and hands back to
``Served`` what the quotas let through.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from freio.errors import BadInput
from freio.sandbox.spend.billing_rows import HOUR, HourUse
from freio.sandbox.spend.generator import Generator, typical_size
from freio.sandbox.spend.incidents import Kind, Runaway, Usual
from freio.sandbox.spend.prices import MILLION, token_price
from freio.sandbox.spend.profile import Habit, Profile, Tier, profile
from freio.sandbox.spend.tiling import TiledUsage, assigned, tokens_in_thirty_days
from freio.sandbox.spend.traffic import STEP, Demand, Labels, Stretch, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from freio.sandbox.spend.billing_rows import Bill
    from freio.sandbox.spend.usage_file import ClientUsage

STEPS_PER_HOUR = HOUR // STEP
TENS_IN_THIRTY_DAYS = 30 * 144
LOOK_BACK = timedelta(days=28)


@dataclass(frozen=True, kw_only=True)
class AppSpend:
    """One app: where it runs, which real habit it has, and what 30 days of it cost in US dollars at list price.

    `size` sets its mean input and output tokens per request; else they are drawn from the tier's fitted ones.
    """

    app: str
    project: str
    model: str
    tier: Tier
    habit: Habit
    monthly: Decimal
    location: str = "global"
    labels: Labels = ()
    time_zone: str = "UTC"
    size: tuple[float, float] | None = None


def generated(apps: Iterable[AppSpend], seed: int, at: datetime) -> dict[str, Demand]:
    """Demand from the fitted profile; `at` is the date of the prices by which the monthly amount is met on average."""
    return {spec.app: _generator(spec, profile(), seed, at) for spec in apps}


def _generator(spec: AppSpend, figures: Profile, seed: int, at: datetime) -> Generator:
    size = spec.size or typical_size(figures, spec.tier, seed, spec.app)
    price = token_price(spec.model, at, input_size=size[0], output_size=size[1])
    usd = (Decimal(size[0]) * price.input + Decimal(size[1]) * price.output) / MILLION
    return Generator(
        profile=figures,
        tier=spec.tier,
        habit=spec.habit,
        seed=seed,
        app=spec.app,
        level=float(spec.monthly / TENS_IN_THIRTY_DAYS / usd),
        size=size,
        time_zone=spec.time_zone,
    )


def replayed(apps: Sequence[AppSpend], usage: Iterable[ClientUsage], at: datetime) -> dict[str, Demand]:
    """Demand from a real usage file, tiled and scaled as ``tiling`` says; `at` is the date of the prices."""
    clients = assigned(usage, [(spec.app, spec.tier, spec.habit) for spec in apps])
    return {spec.app: _tiled(spec, clients[spec.app], at) for spec in apps}


def _tiled(spec: AppSpend, usage: ClientUsage, at: datetime) -> TiledUsage:
    requests, inputs, outputs = tokens_in_thirty_days(usage)
    price = token_price(spec.model, at, input_size=inputs / requests, output_size=outputs / requests)
    usd = (Decimal(inputs) * price.input + Decimal(outputs) * price.output) / MILLION
    return TiledUsage(
        usage=usage,
        factor=float(spec.monthly / usd),
        time_zone=spec.time_zone,
        first_weekday=profile().first_weekday,
    )


class SpendWorld:
    """All apps' demand, and the incidents laid on it."""

    def __init__(self, apps: Iterable[AppSpend], demand: dict[str, Demand]) -> None:
        self._apps = {spec.app: spec for spec in apps}
        self._demand = demand
        self._runaways: list[Runaway] = []

    def step(self, at: datetime) -> list[Traffic]:
        """What each app asks in [at, at + 5 minutes), apps without requests left out; `at` is on the mark."""
        asked = ((spec, self.stretch(spec.app, at, 1)) for spec in self._apps.values())
        return [_traffic(spec, stretch) for spec, stretch in asked if stretch.requests[0]]

    def stretch(self, app: str, start: datetime, steps: int) -> Stretch:
        """One app's demand with its incidents, as arrays."""
        parts = [self._demand[self._known(app).app].stretch(start, steps)]
        end = start + steps * STEP
        parts += [
            runaway.added(start, steps)
            for runaway in self._runaways
            if runaway.app == app and runaway.start < end and start < runaway.end
        ]
        return Stretch(
            requests=np.sum([part.requests for part in parts], axis=0),
            input_tokens=np.sum([part.input_tokens for part in parts], axis=0),
            output_tokens=np.sum([part.output_tokens for part in parts], axis=0),
        )

    def launch(self, kind: Kind, app: str, start: datetime, *, seed: int = 0, severity: float = 1.0) -> Runaway:
        """Starts a runaway of this app at `start` (on a five-minute mark), and returns it."""
        runaway = Runaway(app=app, kind=kind, start=start, seed=seed, usual=self._usual(app, start), severity=severity)
        self._runaways.append(runaway)
        return runaway

    def stop(self, runaway: Runaway, at: datetime) -> None:
        """The cause is fixed: `runaway` adds nothing from the first five-minute mark at or after `at`."""
        self._runaways = [replace(each, until=at) if each == runaway else each for each in self._runaways]

    def running(self, at: datetime) -> list[Runaway]:
        """The incidents under way at `at`: what a detector ought to find."""
        return [runaway for runaway in self._runaways if runaway.start <= at < runaway.end]

    def backfill(self, bill: Bill, start: datetime, end: datetime) -> int:
        """Bills all demand in [start, end), both on the hour, as served in full; returns how many rows."""
        hours, rest = divmod(end - start, HOUR)
        if rest or start.minute or start.second or start.microsecond:
            raise ValueError(f"history from {start.isoformat()} to {end.isoformat()} is not in whole hours")
        return bill.write(use for spec in self._apps.values() for use in self._hours(spec, start, hours))

    def _hours(self, spec: AppSpend, start: datetime, hours: int) -> Iterator[HourUse]:
        stretch = self.stretch(spec.app, start, hours * STEPS_PER_HOUR)
        columns = (stretch.requests, stretch.input_tokens, stretch.output_tokens)
        sums = np.stack([column.reshape(hours, STEPS_PER_HOUR).sum(axis=1) for column in columns], axis=1)
        for hour, (requests, inputs, outputs) in enumerate(sums.tolist()):
            yield HourUse(
                start=start + hour * HOUR,
                project=spec.project,
                location=spec.location,
                model=spec.model,
                labels=spec.labels,
                requests=requests,
                input_tokens=inputs,
                output_tokens=outputs,
            )

    def _usual(self, app: str, start: datetime) -> Usual:
        """Means over the steps with traffic of the 28 days before, incidents not counted."""
        past = self._demand[self._known(app).app].stretch(start - LOOK_BACK, LOOK_BACK // STEP)
        requests = int(past.requests.sum())
        if not requests:
            raise ValueError(f"no runaway of {app}: it has no traffic in the 28 days before {start.isoformat()}")
        return Usual(
            requests=requests / int((past.requests > 0).sum()),
            input_size=int(past.input_tokens.sum()) / requests,
            output_size=int(past.output_tokens.sum()) / requests,
        )

    def _known(self, app: str) -> AppSpend:
        if app not in self._apps:
            raise BadInput(f"app {app!r} is not in this world; must be one of {', '.join(self._apps)}")
        return self._apps[app]


def _traffic(spec: AppSpend, stretch: Stretch) -> Traffic:
    return Traffic(
        app=spec.app,
        project=spec.project,
        location=spec.location,
        model=spec.model,
        labels=spec.labels,
        requests=int(stretch.requests[0]),
        input_tokens=int(stretch.input_tokens[0]),
        output_tokens=int(stretch.output_tokens[0]),
    )
