"""Runaways laid on demand, started at a simulated time: what each kind adds, hour by hour.

`usual` is the app's mean demand while it is in use. Each kind adds, as a multiple of it:

    spike         4 for three hours: a launch, a loop in a notebook
    retry_storm   4.5 rising to 9 in six hours: refusals are retried, and the retries are refused
    stuck_loop    2 for two days, flat as only a machine is: an agent that never ends, its context grown by half,
                  so 3 of the input tokens
    growth        half of (2^days - 1) for four days: doubling every day
    leak          1 for three days, in the rhythm of somebody else's traffic: the key is in other hands

`severity` multiplies all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from freio.sandbox.spend.chance import rng
from freio.sandbox.spend.generator import Generator
from freio.sandbox.spend.profile import profile
from freio.sandbox.spend.traffic import STEP, Stretch, step_index

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freio.sandbox.spend.fitting import Floats

Kind = Literal["spike", "retry_storm", "stuck_loop", "growth", "leak"]

LENGTHS: Mapping[Kind, timedelta] = MappingProxyType(
    {
        "spike": timedelta(hours=3),
        "retry_storm": timedelta(hours=6),
        "stuck_loop": timedelta(hours=48),
        "growth": timedelta(hours=96),
        "leak": timedelta(hours=72),
    }
)
LOOP_CONTEXT = 1.5  # a stuck agent carries its own transcript: input tokens per request over the usual


@dataclass(frozen=True, kw_only=True)
class Usual:
    """An app's mean per five-minute step with traffic: requests, and tokens per request."""

    requests: float
    input_size: float
    output_size: float


@dataclass(frozen=True, kw_only=True)
class Runaway:
    """One incident under way. `until` ends it early: somebody fixed the cause."""

    app: str
    kind: Kind
    start: datetime
    seed: int
    usual: Usual
    severity: float = 1.0
    until: datetime | None = None

    @property
    def end(self) -> datetime:
        """When it stops adding: after its kind's length, or when it was stopped, whichever comes first."""
        whole = self.start + LENGTHS[self.kind]
        return whole if self.until is None else min(whole, max(self.until, self.start))

    def added(self, start: datetime, steps: int) -> Stretch:
        """What it adds in the `steps` five-minute steps from `start`; nothing outside [start, end)."""
        offset = step_index(start) - step_index(self.start)
        multiples = self._multiples()
        live = min(-(-(self.end - self.start) // STEP), len(multiples))
        asked = np.arange(offset, offset + steps)
        inside = (asked >= 0) & (asked < live)
        multiple = np.where(inside, multiples[np.clip(asked, 0, len(multiples) - 1)], 0.0)
        wider = LOOP_CONTEXT if self.kind == "stuck_loop" else 1.0
        requests = np.rint(multiple / wider * self.usual.requests * self.severity).astype(np.int64)
        return Stretch(
            requests=requests,
            input_tokens=np.rint(requests * self.usual.input_size * wider).astype(np.int64),
            output_tokens=np.rint(requests * self.usual.output_size).astype(np.int64),
        )

    def _multiples(self) -> Floats:
        """The multiple of the usual that it adds in each five-minute step of its whole length."""
        steps = LENGTHS[self.kind] // STEP
        progress = (np.arange(steps) + 0.5) / steps
        chance = rng(self.seed, self.app, self.kind, step_index(self.start))
        match self.kind:
            case "spike":
                return 4.0 * chance.uniform(0.8, 1.2, steps)
            case "retry_storm":
                return (4.5 + 4.5 * progress) * chance.uniform(0.8, 1.2, steps)
            case "stuck_loop":
                return 3.0 * chance.uniform(0.97, 1.03, steps)
            case "growth":
                days = progress * (LENGTHS["growth"] / timedelta(days=1))
                grown: Floats = 0.5 * (np.exp2(days) - 1) * chance.uniform(0.8, 1.2, steps)
                return grown
            case "leak":
                return self._somebody_else(steps)

    def _somebody_else(self, steps: int) -> Floats:
        """Another client's traffic over the same time, with mean 1: a steady one of the middle tier."""
        other = Generator(
            profile=profile(),
            tier="mid",
            habit="steady",
            seed=self.seed,
            app=f"leak of {self.app}",
            level=10_000.0,
            size=(1.0, 1.0),
        )
        requests = other.stretch(self.start, steps).requests
        rhythm: Floats = requests / requests.mean()
        return rhythm
