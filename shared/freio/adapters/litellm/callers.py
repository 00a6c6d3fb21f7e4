"""An app's teams and keys as the gateway has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from freio.adapters.litellm.client import LiteLlmApi, Row
from freio.adapters.litellm.errors import Missing, Unlisted
from freio.adapters.litellm.standing import Caller, models, standing
from freio.domain.app import App
from freio.domain.sentences import GATEWAY_TEAMLESS_KEY, GATEWAY_UNKNOWN_CALLER, GATEWAY_UNSURE_CALLER

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


@dataclass(frozen=True, slots=True)
class Absent:
    """A name of the file that no limit can be set for, and why: a sentence of the catalogue with a place for it."""

    name: str
    why: str


def members_of(api: LiteLlmApi, app: App) -> tuple[list[Member], list[Absent]]:
    """The app's members, and the names of the file that are none: each hides none of the others.

    A key of a team that is the app's as a whole is held by the team's limit, and is no member of its own. Of a key
    whose team is not found nobody can say which limits hold it.
    """
    members: list[Member] = []
    absent: list[Absent] = []
    for team_id in app.callers.teams:
        try:
            row = api.team(team_id)
        except Missing:
            absent.append(Absent(team_id, GATEWAY_UNKNOWN_CALLER))
            continue
        except Unlisted:
            absent.append(Absent(team_id, GATEWAY_UNSURE_CALLER))
            continue
        keys = {str(key["token"]): key for key in api.keys(team_id=team_id) if key.get("token")}
        members.append(Member(caller=Caller("team", team_id), row=row, keys=keys))
    for name in app.callers.keys:
        found = keys_named(api, name)
        if not found:
            absent.append(Absent(name, GATEWAY_UNKNOWN_CALLER))
        for hashed, row in found.items():
            team_id = str(row.get("team_id") or "")
            if team_id in app.callers.teams:
                continue
            try:
                team = api.team(team_id) if team_id else None
            except (Missing, Unlisted):
                absent.append(Absent(name, GATEWAY_TEAMLESS_KEY))
                continue
            members.append(Member(caller=Caller("key", hashed), row=row, team=team))
    return members, absent


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
