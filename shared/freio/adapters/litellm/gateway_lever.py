"""The gateway lever: limits of teams and keys at a LiteLLM proxy, for one model where that can be done safely.

A proxy's limits of models lie together in one object without a version, so that a change is a reading and a writing
of all of them: what somebody else sets for *another* model of the same team or key in the few milliseconds between is
overwritten. What they set for the same model is what every lever overwrites, and sees at the next look.

A proxy of several workers counts together only where they share a Redis; else each lets through the whole limit, and
the proof refutes the brake. https://docs.litellm.ai/docs/proxy/redis_requirements
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from freio.adapters.litellm.callers import keys_named
from freio.adapters.litellm.client import LiteLlmApi, Row
from freio.adapters.litellm.errors import Deleted, Missing
from freio.adapters.litellm.gateway_probe import PERMISSION, probe
from freio.adapters.litellm.standing import LEVER, METRICS, MODEL, Caller, change, row_of, standing
from freio.domain.app import App
from freio.domain.gateway import Gateway
from freio.domain.lever import Setting, strictest_limit
from freio.domain.spend import Probe
from freio.domain.target import Lease, Target
from freio.errors import Rejected
from freio.ports import Place, Rights


class KeyRights:
    """`Rights` of the admin key that asks: a viewer's reads everything, and sets nothing."""

    def __init__(self, api: LiteLlmApi) -> None:
        self._api = api

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002  # there is one gateway
        return () if self._api.may_write() else tuple(permissions)


class GatewayLever:
    """Sets, reads back and restores limits at the client's gateway."""

    name = LEVER

    def __init__(self, api: LiteLlmApi, gateway: Gateway, *, rights: Rights | None = None) -> None:
        self._api = api
        self._gateway = gateway
        self._rights = rights or KeyRights(api)

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        """At the gateway, which stands where others have a project."""
        return {self._api.host: (PERMISSION,)} if app.callers else {}

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        return self._rights.lacks(project, permissions)

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        """For each place, in order, a probe for each team and key of the app; see `gateway_probe.probe`."""
        return probe(self._api, self._gateway, self._rights, app, places)

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:  # noqa: ARG002  # all alike
        """The lowest limit of all, in what the gateway counts (`Probe.unit`)."""
        return strictest_limit(found, (lease.value for lease in leases))

    def apply(self, target: Target, setting: Setting) -> None:
        """Sets the limit (0 refuses everything). The proxy has stored it when this comes back.

        Unavailable where the reply was lost: it may have been set, so read back or set it again.
        """
        if not isinstance(setting, int) or isinstance(setting, bool) or setting < 0:
            raise ValueError(f"a gateway's limit is 0 or more, not {setting}")
        self._set(target, setting)

    def read_back(self, target: Target) -> int | None:
        """The limit that stands there; None: none. Gone: the team or key was deleted, or the key rotated.

        A rotated key keeps its row under a new hash, with its alias and its limits: that is its heir.
        """
        _, metric, model = _parts(target)
        return standing(self._row(target), metric, model)

    def is_of(self, app: App, target: Target) -> bool:
        """Whether the team, or the key by its alias, its hash or its team, is one of the app's in its file."""
        caller = Caller.of(target)
        if caller.kind == "team":
            return caller.id in app.callers.teams
        try:
            row = self._row(target)
        except Missing:
            return False
        named = {caller.id, str(row.get("key_alias") or "")} & set(app.callers.keys)
        return bool(named) or str(row.get("team_id") or "") in app.callers.teams

    def restore(self, target: Target, found: Setting) -> None:
        """Puts back what was found; None takes the limit away."""
        self._set(target, found)

    def _set(self, target: Target, setting: Setting) -> None:
        """The row is read first, since the limits of all its models are written at once. Nothing to do: no call."""
        caller, metric, model = _parts(target)
        row = self._row(target)
        if standing(row, metric, model) == setting:
            return
        fields = change(row, metric, model, setting)
        if caller.kind == "team":
            self._api.update_team(caller.id, fields)
        else:
            self._api.update_key(caller.id, fields)

    def _row(self, target: Target) -> Row:
        caller, metric, model = _parts(target)
        try:
            return row_of(self._api, caller)
        except Deleted as error:
            named = keys_named(self._api, error.alias) if error.alias else {}
            heirs = [Caller("key", hashed).target(self._api.host, metric, model) for hashed in named]
            error.heir = heirs[0] if len(heirs) == 1 else None
            raise


def _parts(target: Target) -> tuple[Caller, str, str | None]:
    if target.lever != LEVER or target.metric not in METRICS:
        raise Rejected(f"{target.id} is no target of a gateway; its metric may be {' or '.join(METRICS)}")
    return Caller.of(target), target.metric, target.dimension(MODEL)
