"""What an app asks of a model: one step for the control plane, or a whole stretch as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

STEP = timedelta(minutes=5)
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)

Counts = npt.NDArray[np.int64]
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What one app sends to one model in the five minutes [start, start + STEP); tokens are totals, not means."""

    app: str
    project: str
    location: str
    model: str
    labels: Labels
    requests: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Consecutive five-minute steps of one app's traffic: three int64 arrays of equal length."""

    requests: Counts
    input_tokens: Counts
    output_tokens: Counts

    def __len__(self) -> int:
        return len(self.requests)

    def __getitem__(self, steps: slice) -> Stretch:
        return Stretch(
            requests=self.requests[steps],
            input_tokens=self.input_tokens[steps],
            output_tokens=self.output_tokens[steps],
        )


class Demand(Protocol):
    """One app's demand without incidents. The same question always has the same answer, in any order."""

    def stretch(self, start: datetime, steps: int) -> Stretch:
        """The `steps` five-minute steps from `start`, which is aware and on a five-minute mark."""
        ...


def step_index(at: datetime) -> int:
    """The number of the five-minute step that begins at `at`, counted from EPOCH (a Monday, 00:00 UTC).

    >>> step_index(datetime(2024, 1, 1, 1, 5, tzinfo=UTC))
    13
    """
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone: simulated time is aware")
    index, rest = divmod(at - EPOCH, STEP)
    if rest:
        raise ValueError(f"{at.isoformat()} is not on a five-minute mark")
    return index


def step_start(index: int) -> datetime:
    """When the step of that number begins, in UTC."""
    return EPOCH + index * STEP


def concatenated(parts: list[Stretch]) -> Stretch:
    """Stretches that follow one another, as one; no parts give an empty stretch."""
    empty = np.zeros(0, np.int64)
    return Stretch(
        requests=np.concatenate([empty, *(part.requests for part in parts)]),
        input_tokens=np.concatenate([empty, *(part.input_tokens for part in parts)]),
        output_tokens=np.concatenate([empty, *(part.output_tokens for part in parts)]),
    )
