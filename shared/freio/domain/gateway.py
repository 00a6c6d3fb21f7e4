"""A client's own gateway (a LiteLLM proxy): who its callers are, and in what its limits count.

A Freio file says floors, quotas and budget-fit in *input* tokens a minute, because Google's quotas count those. A
LiteLLM proxy's ``tpm`` counts what its ``general_settings.token_rate_limit_type`` says: input and output together
unless told otherwise (https://github.com/BerriAI/litellm/pull/11646; `get_rate_limit_type` of litellm 1.110 answers
``total`` for anything unknown; 1.80 counted output alone, issue 17664). Cached input is left out of it since early 2026
(issue 18728). The two units are never mixed: a rate is turned by `in_gateway_tokens`, and by it alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Counts(StrEnum):
    """What one token of a gateway's limit is."""

    TOTAL = "total"
    INPUT = "input"
    OUTPUT = "output"


UNITS: Mapping[Counts, str] = MappingProxyType(
    {
        Counts.TOTAL: "tokens_per_minute",
        Counts.INPUT: "input_tokens_per_minute",
        Counts.OUTPUT: "output_tokens_per_minute",
    }
)
"""The unit of a probe's limit, by what the gateway counts."""
INPUT_TOKENS = UNITS[Counts.INPUT]
REQUESTS = "requests_per_minute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The client's LiteLLM proxy: the address of its admin API, and what its token limits count."""

    url: str
    counts: Counts = Counts.TOTAL

    @property
    def unit(self) -> str:
        return UNITS[self.counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Who calls the gateway for one app: whole teams by id, and keys by alias or by hash (never the key itself)."""

    teams: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.teams or self.keys)


def in_gateway_tokens(input_tokens: int, output_per_input: float, unit: str) -> int:
    """A rate of input tokens as what the gateway counts: for a limit, a floor, a peak or the present rate alike.

    ``output_per_input`` must be the ratio that the price of an input token was computed with (its 90th percentile,
    `budget_fit.output_per_input`). Then the limit holds the budget also when answers are shorter: what passes under
    the same total is more input, which costs less a token than output does.

    Worked: 100,000 input tokens a minute, 0.25 output tokens for each, a gateway that counts both: 125,000.

    >>> in_gateway_tokens(100_000, 0.25, "tokens_per_minute")
    125000
    >>> [in_gateway_tokens(100_000, 0.25, unit) for unit in ("input_tokens_per_minute", "output_tokens_per_minute")]
    [100000, 25000]
    """
    if output_per_input < 0:
        raise ValueError(f"output tokens for each input token are never negative: {output_per_input}")
    counted = {
        UNITS[Counts.TOTAL]: 1 + output_per_input,
        UNITS[Counts.INPUT]: 1.0,
        UNITS[Counts.OUTPUT]: output_per_input,
    }
    if unit not in counted:
        raise ValueError(f"{unit!r} counts no tokens; may be one of {sorted(counted)}")
    return int(input_tokens * counted[unit])


def shared_out(limit: int, usage: Sequence[int]) -> tuple[int, ...]:
    """One limit for an app as limits for each of its callers, by what each uses now; they add up to it exactly.

    Each caller has a counter of its own at the gateway: the whole limit at each would let through as many times the
    limit as there are callers. A caller that is silent now gets nothing but a share of what rounding leaves over;
    where all are silent, all get the same.

    >>> shared_out(1_000, [900, 100, 0]), shared_out(10, [0, 0, 0])
    ((900, 100, 0), (4, 3, 3))
    """
    if not usage:
        return ()
    weights = list(usage) if sum(usage) > 0 else [1] * len(usage)
    parts = [limit * weight // sum(weights) for weight in weights]
    for at in range(limit - sum(parts)):
        parts[at % len(parts)] += 1
    return tuple(parts)
