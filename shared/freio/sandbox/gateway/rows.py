"""The proxy's database: teams, keys and deployments, with litellm's own rules for an update."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from freio.sandbox.gateway.errors import ProxyError

Row = dict[str, Any]

# They live in a row's `metadata`: sent, they replace what stands there whole; sent as null, they change nothing.
IN_METADATA = frozenset({"model_tpm_limit", "model_rpm_limit", "tpm_limit_type", "rpm_limit_type"})
COLUMNS = frozenset({"tpm_limit", "rpm_limit", "metadata", "models", "blocked", "model_max_budget"})


def hash_of(key: str) -> str:
    """As the proxy names a key wherever it is shown; what is a hash already stays one."""
    return hashlib.sha256(key.encode()).hexdigest() if key.startswith("sk-") else key


@dataclass
class Rows:
    """Everything that the admin API reads and writes. `is_away`: the database cannot be reached."""

    teams: dict[str, Row] = field(default_factory=dict)
    keys: dict[str, Row] = field(default_factory=dict)
    deleted: dict[str, Row] = field(default_factory=dict)
    deployments: list[Row] = field(default_factory=list)
    is_away: bool = False

    def add_team(self, team_id: str, **columns: Any) -> str:
        self.teams[team_id] = {
            "team_id": team_id,
            "team_alias": team_id,
            "tpm_limit": None,
            "rpm_limit": None,
            "metadata": {},
            "models": [],
            "blocked": False,
            **columns,
        }
        return team_id

    def add_key(self, key: str, *, alias: str | None = None, team: str | None = None, **columns: Any) -> str:
        """Returns the key's hash."""
        hashed = hash_of(key)
        self.keys[hashed] = {
            "token": hashed,
            "key_name": f"sk-...{key[-4:]}",
            "key_alias": alias,
            "team_id": team,
            "tpm_limit": None,
            "rpm_limit": None,
            "metadata": {},
            "models": [],
            "model_max_budget": {},
            "blocked": None,
            "expires": None,
            **columns,
        }
        return hashed

    def add_model(self, name: str, leads_to: str, *, info: Mapping[str, Any] | None = None, **parameters: Any) -> None:
        """`name` is what callers ask for; `leads_to` is litellm's name (``vertex_ai/gemini-2.5-flash``)."""
        self.deployments.append(
            {
                "model_name": name,
                "litellm_params": {"model": leads_to, **parameters},
                "model_info": {"id": f"deployment-{len(self.deployments)}", "db_model": False, **(info or {})},
            }
        )

    def delete_key(self, hashed: str) -> None:
        """Its row goes to the archive, where `/key/info` still finds it."""
        self.deleted[hashed] = self.keys.pop(hashed)

    def rotate_key(self, hashed: str, key: str) -> str:
        """As `/key/regenerate`: the row goes on under another hash, and what it was is archived. Returns the hash."""
        row = self.keys.pop(hashed)
        self.deleted[hashed] = dict(row)
        self.keys[hash_of(key)] = {**row, "token": hash_of(key), "key_name": f"sk-...{key[-4:]}"}
        return hash_of(key)

    def team(self, team_id: str) -> Row:
        """As `team_info` says it: alike where there is none, and where the database cannot be reached."""
        if self.is_away or team_id not in self.teams:
            said = {"message": f"Team not found, passed team id: {team_id}."}
            raise ProxyError(404, "invalid_request_error", str(said))
        return self.teams[team_id]

    def key(self, hashed: str) -> Row:
        if self.is_away:
            raise ProxyError(503, "no_db_connection", "Service Unavailable, the database is not reachable")
        if hashed not in self.keys:
            raise ProxyError(404, "not_found_error", "Key not found in database")
        return self.keys[hashed]

    @staticmethod
    def update(row: Row, fields: Mapping[str, Any]) -> None:
        """A merge patch: left out stays, null clears a column; see `IN_METADATA` for what lies there."""
        metadata = deepcopy(fields["metadata"] if "metadata" in fields else row["metadata"]) or {}
        for name in IN_METADATA & fields.keys():
            if fields[name] is not None:
                metadata[name] = deepcopy(fields[name])
        row.update({name: deepcopy(fields[name]) for name in (COLUMNS - {"metadata"}) & fields.keys()})
        row["metadata"] = metadata
