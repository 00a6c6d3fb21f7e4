"""Demand made by the fitted model in ``fitting``, with the figures of one tier and habit.

Time is cut into blocks of 28 days from ``traffic.EPOCH``; each is drawn at once from the seed, the app's name and
the block's number, so any step can be asked for in any order. The source says nothing below ten minutes: a
ten-minute count is dealt to its two five-minute steps by a fair coin for each request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from freio.sandbox.spend.chance import rng
from freio.sandbox.spend.profile import QUANTILES, Habit, HabitFigures, Profile, Tier, TokenFigures
from freio.sandbox.spend.traffic import EPOCH, Counts, Stretch, concatenated, step_index

if TYPE_CHECKING:
    from datetime import datetime

    from freio.sandbox.spend.fitting import Flags, Floats

BLOCK_DAYS = 28
TENS = BLOCK_DAYS * 144  # ten-minute steps in a block
BLOCK = 2 * TENS  # five-minute steps in a block
TENS_PER_WINDOW = 36  # tokens per request drift from one six-hour window to the next


def typical_size(profile: Profile, tier: Tier, seed: int, app: str) -> tuple[float, float]:
    """Mean input and output tokens per request of this app, drawn between the tier's 10 and 90 % quantiles."""
    at = rng(seed, app, "size").uniform(QUANTILES[0], QUANTILES[-1], 2)
    figures = profile.tiers[tier]
    return _quantile(figures.input_tokens, at[0]), _quantile(figures.output_tokens, at[1])


def _quantile(figures: TokenFigures, at: float) -> float:
    """Between two quantiles the log of the size is taken as straight: sizes span two orders of magnitude."""
    return float(np.exp(np.interp(at, QUANTILES, np.log(figures.quantiles))))


@dataclass(frozen=True, kw_only=True)
class Generator:
    """One app's demand. `level` is the mean number of requests in ten minutes, quiet hours included.

    `size` is the mean input and output tokens per request; `time_zone` is where the app's people live, so that
    its day begins at their midnight.
    """

    profile: Profile
    tier: Tier
    habit: Habit
    seed: int
    app: str
    level: float
    size: tuple[float, float]
    time_zone: str = "UTC"
    _blocks: dict[int, Stretch] = field(default_factory=dict, repr=False, compare=False)

    def stretch(self, start: datetime, steps: int) -> Stretch:
        """The `steps` five-minute steps from `start`."""
        first = step_index(start)
        parts = []
        for block in range(first // BLOCK, (first + steps - 1) // BLOCK + 1):
            begin = block * BLOCK
            parts.append(self._block(block)[max(first - begin, 0) : first + steps - begin])
        return concatenated(parts)

    def _block(self, number: int) -> Stretch:
        if number not in self._blocks:
            self._blocks[number] = self._drawn(number)
        return self._blocks[number]

    def _drawn(self, number: int) -> Stretch:
        chance = rng(self.seed, self.app, "demand", number)
        figures = self.profile.tiers[self.tier]
        habit = figures.habits[self.habit]
        hours, weekdays = self._local(number)
        rate = self.level * np.array(figures.hours)[hours] * np.array(self.profile.weekdays)[weekdays]
        # Runs without traffic must not lower the mean, so the runs with traffic carry it all.
        rate = rate * _bursts(habit, chance) * _on(habit, chance) / (1 - habit.inactive)
        tens = chance.poisson(rate)
        early = chance.binomial(tens, 0.5)
        requests = np.column_stack([early, tens - early]).ravel()
        return Stretch(
            requests=requests,
            input_tokens=_tokens(requests, self.size[0], figures.input_tokens.drift, chance),
            output_tokens=_tokens(requests, self.size[1], figures.output_tokens.drift, chance),
        )

    def _local(self, number: int) -> tuple[Counts, Counts]:
        """Hour of the day and weekday (0 = Monday) of each ten-minute step, on the app's own clock."""
        zone = ZoneInfo(self.time_zone)
        begin = EPOCH + number * timedelta(days=BLOCK_DAYS)
        local = [(begin + step * timedelta(minutes=10)).astimezone(zone) for step in range(TENS)]
        return np.array([at.hour for at in local]), np.array([at.weekday() for at in local])


def _bursts(habit: HabitFigures, chance: np.random.Generator) -> Floats:
    """exp(x - sigma²/2), of mean 1: x is a smooth part (autoregressive, begun in balance) and a rough one."""
    smooth_sd = habit.sigma * np.sqrt(habit.smooth)
    rough_sd = habit.sigma * np.sqrt(1 - habit.smooth)
    shocks = chance.normal(0, smooth_sd * np.sqrt(1 - habit.phi**2), TENS)
    shocks[0] = chance.normal(0, smooth_sd)
    smooth = np.fromiter(accumulate(shocks.tolist(), lambda last, shock: habit.phi * last + shock), float, TENS)
    bursts: Floats = np.exp(smooth + chance.normal(0, rough_sd, TENS) - habit.sigma**2 / 2)
    return bursts


def _on(habit: HabitFigures, chance: np.random.Generator) -> Flags:
    """Runs with and without traffic in turn, geometric in length, the first one begun by the share of each."""
    idle_run = habit.active_run * habit.inactive / (1 - habit.inactive)
    if idle_run == 0:
        return np.ones(TENS, bool)
    lengths = np.column_stack(
        [chance.geometric(1 / habit.active_run, TENS), chance.geometric(min(1 / idle_run, 1.0), TENS)]
    ).ravel()
    first = int(chance.random() < habit.inactive)
    states = np.arange(first, first + len(lengths)) % 2 == 0
    on: Flags = np.repeat(states, np.roll(lengths, -first))[:TENS]
    return on


def _tokens(requests: Counts, size: float, drift: float, chance: np.random.Generator) -> Counts:
    """Tokens of each five-minute step: requests times a mean that drifts log-normally between six-hour windows."""
    windows = chance.normal(-(drift**2) / 2, drift, TENS // TENS_PER_WINDOW)
    mean = size * np.repeat(np.exp(windows), 2 * TENS_PER_WINDOW)
    tokens: Counts = np.rint(requests * mean).astype(np.int64)
    return tokens
