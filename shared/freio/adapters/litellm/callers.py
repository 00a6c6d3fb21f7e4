"""An app's teams and keys as the gateway has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from freio.adapters.litellm.client import LiteLlmApi, Row
from freio.adapters.litellm.errors import Missing, Unlisted
from freio.adapters.litellm.standing import Caller, models, standing
from freio.domain.app import App

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A team or a key with its row. `team` is the row of a key's team, `keys` those of a team's keys, by their hash."""

    caller: Caller
    row: Row
    team: Row | None = None
    keys: Mapping[str, Row] = field(default_factory=dict)

    @property
    def through(self) -> tuple[str, ...]:
        """Every name under which somebody may have this traffic: a team's keys by hash and alias, a key's team."""
        rows = {self.caller.id: self.row, **self.keys}
        said = [name for hashed, row in rows.items() for name in (hashed, row.get("key_alias"))]
        team = self.row.get("team_id") if self.caller.kind == "key" else None
        return tuple(dict.fromkeys(str(name) for name in (*said, team) if name))

    def own(self, metric: str, model: str) -> int | None:
        """The limit of a model that this row sets itself: where a key has one, its team's does not hold for it.

        The old place for it, ``model_max_budget``, counts while there are no limits of models in the metadata
        (`get_key_own_model_rate_limit`).
        """
        return (
            standing(self.row, metric, model) if models(self.row, metric) else old_limits(self.row, metric).get(model)
        )


def old_limits(row: Row, metric: str) -> dict[str, int]:
    """Limits of models that stand among its budgets: ``{"model_max_budget": {"chat": {"tpm_limit": 5}}}``."""
    budgets = row.get("model_max_budget") or {}
    found = {
        model: budget.get(f"{metric}_limit")
        for model, budget in (budgets.items() if isinstance(budgets, dict) else ())
        if isinstance(budget, dict)
    }
    return {model: limit for model, limit in found.items() if isinstance(limit, int)}


def members_of(api: LiteLlmApi, app: App) -> tuple[list[Member], list[str]]:
    """The app's members, and the names of the file that the gateway does not know.

    A key of a team that is the app's as a whole is held by the team's limit, and is no member of its own.
    """
    members: list[Member] = []
    unknown: list[str] = []
    for team_id in app.callers.teams:
        try:
            row = api.team(team_id)
        except (Missing, Unlisted):
            unknown.append(team_id)
            continue
        keys = {str(key["token"]): key for key in api.keys(team_id=team_id) if key.get("token")}
        members.append(Member(caller=Caller("team", team_id), row=row, keys=keys))
    for name in app.callers.keys:
        found = keys_named(api, name)
        if not found:
            unknown.append(name)
        for hashed, row in found.items():
            team_id = str(row.get("team_id") or "")
            if team_id not in app.callers.teams:
                team = api.team(team_id) if team_id else None
                members.append(Member(caller=Caller("key", hashed), row=row, team=team))
    return members, unknown


def keys_named(api: LiteLlmApi, name: str) -> dict[str, Row]:
    """By hash. The list is filtered once more: older proxies match an alias in part."""
    if _HASH.fullmatch(name):
        try:
            return {name: api.key(name)}
        except Missing:
            return {}
    return {
        str(row["token"]): row for row in api.keys(key_alias=name) if row.get("key_alias") == name and row.get("token")
    }
