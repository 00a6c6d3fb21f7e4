"""What a workload asks for in a stretch of time, and what it got."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from freio.sandbox.google.catalogue import VERTEX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from freio.sandbox.google.credentials import Caller


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What callers want. `input_tokens` are those read afresh; cached ones stand beside them, not within.

    `tier` is `standard`, `priority`, `flex`, or `dedicated` (provisioned throughput).
    """

    requests: int
    input_tokens: int
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    tier: str = "standard"

    def __post_init__(self) -> None:
        counts = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "tier"}
        if min(counts.values()) < 0:
            raise ValueError(f"a demand is never negative: {counts}")
        if not self.requests and any(counts.values()):
            raise ValueError(f"tokens come in requests, and here are none: {counts}")


@dataclass(frozen=True, kw_only=True)
class Served:
    """What was admitted, in the units of the demand, and what was not.

    `refused_requests` got a 429 from a quota; those `turned_away` another HTTP code before they met one.
    """

    requests: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    refused_requests: int
    turned_away: Mapping[str, int] = field(default_factory=dict)

    @property
    def turned_away_requests(self) -> int:
        return sum(self.turned_away.values())

    @classmethod
    def nothing(cls, demand: Demand) -> Served:
        """Where the whole service is stopped."""
        none: dict[str, Any] = {one.name: 0 for one in fields(cls) if one.name != "turned_away"}
        return cls(**{**none, "refused_requests": demand.requests})


@dataclass(frozen=True, kw_only=True)
class Step:
    """Demand of one model at one location, spread evenly over `minutes` from the whole minute `at`.

    Without a `caller` nobody is asked who calls, and no request is counted under a credential.
    """

    project: str
    location: str
    model: str
    at: datetime
    demand: Demand
    minutes: int = 1
    service: str = VERTEX
    caller: Caller | None = None
