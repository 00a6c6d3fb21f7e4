"""Who is refused: the limits that a request meets, each with a counter for each minute.

The order and the names are those of litellm's `parallel_request_limiter_v3`: the key, the model for the key (whose own
limits come before its team's), the team, the model for the team unless the key has a limit of its own for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from freio.sandbox.gateway.rows import Row

WINDOW = 60  # seconds


@dataclass(frozen=True)
class Descriptor:
    """One limit: `key` is its kind, `value` whose it is, as a refusal names them."""

    key: str
    value: str
    tokens: int | None
    requests: int | None


def descriptors(key: Row, team: Row | None, model: str, deployments: list[Row]) -> list[Descriptor]:
    """Every limit that a request of this key for this model meets, and counts for.

    A key with limits of its own for the model meets no such limit of its team, and is not counted there
    (`_key_owns_model_tpm_limit_from_request_metadata`).
    """
    hashed = str(key["token"])
    found = [Descriptor("api_key", hashed, key["tpm_limit"], key["rpm_limit"])]
    found.append(
        Descriptor(
            "model_per_key",
            f"{hashed}:{model}",
            _for_key(key, team, model, "tpm", deployments),
            _for_key(key, team, model, "rpm", deployments),
        )
    )
    if team is not None:
        found.append(Descriptor("team", str(team["team_id"]), team["tpm_limit"], team["rpm_limit"]))
        both = [_for_team(key, team, model, metric) for metric in ("tpm", "rpm")]
        if both != [None, None] or own_limits(key, "tpm").get(model) is None:
            found.append(Descriptor("model_per_team", f"{team['team_id']}:{model}", *both))
    return found


def own_limits(key: Row, metric: str) -> Mapping[str, int]:
    """A key's own limits of models; those among its budgets count only while there are none in its metadata."""
    limits: Mapping[str, int] = (key["metadata"] or {}).get(f"model_{metric}_limit") or {}
    budgets: Mapping[str, Any] = key["model_max_budget"] or {}
    old = {name: one[f"{metric}_limit"] for name, one in budgets.items() if f"{metric}_limit" in one}
    return limits or old


def _for_key(key: Row, team: Row | None, model: str, metric: str, deployments: list[Row]) -> int | None:
    if own := own_limits(key, metric):
        return own.get(model)
    of_team = ((team or {}).get("metadata") or {}).get(f"model_{metric}_limit")
    if of_team is not None:
        limit: int | None = of_team.get(model)
        return limit
    named = (one["litellm_params"] for one in deployments if one["model_name"] == model)
    return next((one.get(f"default_api_key_{metric}_limit") for one in named), None)


def _for_team(key: Row, team: Row, model: str, metric: str) -> int | None:
    if own_limits(key, metric).get(model) is not None:
        return None
    limits: Mapping[str, int] = (team["metadata"] or {}).get(f"model_{metric}_limit") or {}
    return limits.get(model)


@dataclass
class Limiter:
    """Counts, minute by minute, what was let through."""

    _tokens: dict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    _requests: dict[tuple[str, str, int], int] = field(default_factory=lambda: defaultdict(int))

    def refusal(self, limits: list[Descriptor], minute: int, tokens: int) -> str | None:
        """What the proxy says when it refuses; None: it lets the request through, and counts it."""
        for one in limits:
            at = (one.key, one.value, minute)
            checks = (
                ("requests", one.requests, self._requests[at], 1),
                ("tokens", one.tokens, self._tokens[at], tokens),
            )
            for kind, limit, used, more in checks:
                if limit is not None and used + more > limit:
                    return (
                        f"litellm.RateLimitError: Rate limit exceeded for {one.key}: {one.value}. Limit type: {kind}. "
                        f"Current limit: {limit}, Remaining: {max(0, limit - used)}."
                    )
        for one in limits:
            self._tokens[one.key, one.value, minute] += tokens
            self._requests[one.key, one.value, minute] += 1
        return None
