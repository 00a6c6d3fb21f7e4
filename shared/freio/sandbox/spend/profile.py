"""The fitted figures of real usage, typed: ``profile.json``, written by ``tools/fit_usage_profile.py``.

Tiers (small, mid, large) are sizes of model; classes are habits: *steady* clients ask in at least nine of ten
ten-minute steps, *bursty* ones in three to nine of ten, *sporadic* ones in fewer.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Tier = Literal["small", "mid", "large"]
Habit = Literal["steady", "bursty", "sporadic"]

QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
FiveQuantiles = Annotated[tuple[Positive, ...], Field(min_length=5, max_length=5)]


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Figures):
    """Where the figures come from, and how they were fitted, for whoever shows one of them."""

    name: str
    repository: str
    licence: str
    fitted: list[str]


class HabitFigures(_Figures):
    """Medians over the clients of one tier and habit; the model they belong to stands in ``fitting``."""

    clients: int
    sigma: Positive
    smooth: Annotated[float, Field(ge=0, le=1)]
    phi: Share
    inactive: Share
    active_run: Annotated[float, Field(ge=1)]


class TokenFigures(_Figures):
    """Tokens per request: quantiles over clients' medians, and the drift of one client's mean.

    `drift` is the standard deviation, over six-hour windows, of the log of a client's mean tokens per request.
    """

    quantiles: FiveQuantiles
    drift: Annotated[float, Field(ge=0)]


class TierFigures(_Figures):
    """One tier: its 24 hours from local midnight (mean 1), its habits, and its tokens per request."""

    hours: Annotated[tuple[Positive, ...], Field(min_length=24, max_length=24)]
    habits: dict[Habit, HabitFigures]
    input_tokens: TokenFigures
    output_tokens: TokenFigures


class Profile(_Figures):
    """All fitted figures. `weekdays` begins on Monday (mean 1); `first_weekday` is 0 for Monday."""

    source: Source
    weekdays: Annotated[tuple[Positive, ...], Field(min_length=7, max_length=7)]
    first_weekday: Annotated[int, Field(ge=0, le=6)]
    tiers: dict[Tier, TierFigures]


@cache
def profile() -> Profile:
    """The figures that ship with the project; read once."""
    return Profile.model_validate_json(files(__package__).joinpath("profile.json").read_bytes())
