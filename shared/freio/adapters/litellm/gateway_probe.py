"""Which limits of a gateway hold an app's traffic to a place, and whether one may be set there without loosening."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from freio.adapters.litellm.callers import Absent, Member, members_of, old_limits
from freio.adapters.litellm.client import LiteLlmApi, Row
from freio.adapters.litellm.deployments import Name, defaults_for_keys, names_of
from freio.adapters.litellm.errors import Denied
from freio.adapters.litellm.standing import Caller, models, standing
from freio.domain.app import App
from freio.domain.gateway import Gateway
from freio.domain.phrase import Phrase
from freio.domain.sentences import (
    GATEWAY_DENIED,
    GATEWAY_DYNAMIC,
    GATEWAY_NO_CALLERS,
    GATEWAY_NO_MODEL,
    GATEWAY_NOT_REACHED,
    GATEWAY_WHOLE,
)
from freio.domain.spend import Probe
from freio.ports import Place, Rights

PERMISSION = "proxy_admin"
# The proxy that took the change forgets its copy of the row at once; the others are told, or keep theirs for a minute
# (`user_api_key_cache_ttl`: 60 s). Windows are a minute long.
BITES_WITHIN = timedelta(minutes=2)


def probe(api: LiteLlmApi, gateway: Gateway, rights: Rights, app: App, places: Sequence[Place]) -> list[Probe]:
    """For each place, in order, one probe for each target that the app's traffic there goes through.

    ``binds=True``  the team or key is there, may use a name that leads to the place, and a limit there takes effect.
    ``effective``   the strictest limit that holds the caller's traffic there now.
    A target is of one model wherever a limit of a model loosens nothing else; else it is all of the caller's traffic.
    One target may come for several places: a gateway does not tell locations apart.
    """
    if not app.callers:
        return [_nothing(api, gateway, place, Phrase.of(GATEWAY_NO_CALLERS, **_at(place))) for place in places]
    try:
        lacks = rights.lacks(api.host, (PERMISSION,))
        read = None if lacks else (api.deployments(), *members_of(api, app))
    except Denied:
        lacks, read = (PERMISSION,), None
    if read is None:
        return [
            _nothing(api, gateway, place, Phrase.of(GATEWAY_DENIED, **_at(place)), missing=lacks) for place in places
        ]
    deployments, members, absent = read
    asker = _Asker(api, gateway, deployments)
    return [found for place in places for found in asker.at(place, members, absent)]


class _Asker:
    """Works out the targets of a place from what was read."""

    def __init__(self, api: LiteLlmApi, gateway: Gateway, deployments: Sequence[Row]) -> None:
        self._api = api
        self._gateway = gateway
        self._deployments = deployments
        self._has_defaults = defaults_for_keys(deployments)
        self._known = {str(one.get("model_name")) for one in deployments}

    def at(self, place: Place, members: Sequence[Member], absent: Sequence[Absent]) -> list[Probe]:
        names = names_of(place, self._deployments)
        said = [
            _nothing(self._api, self._gateway, place, Phrase.of(one.why, caller=one.name, **_at(place)))
            for one in absent
        ]
        if not names:
            return [*said, _nothing(self._api, self._gateway, place, Phrase.of(GATEWAY_NO_MODEL, **_at(place)))]
        found = {one.target: one for member in members for one in self._of(place, member, names)}
        if not found and not said:
            return [_nothing(self._api, self._gateway, place, Phrase.of(GATEWAY_NOT_REACHED, **_at(place)))]
        return [*found.values(), *said]

    def _of(self, place: Place, member: Member, names: Iterable[Name]) -> Iterator[Probe]:
        for name in names:
            if not self._may_use(member, name):
                continue
            model = name.asked if name.asked is not None and self._is_safe(member) else None
            yield self._found(place, member, model)
            for hashed, row in member.keys.items():
                key = Member(caller=Caller("key", hashed), row=row, team=member.row)
                if model is not None and key.own("tpm", model) is not None:  # the team's limit does not hold this key
                    yield self._found(place, key, model if self._is_safe(key) else None)

    def _may_use(self, member: Member, name: Name) -> bool:
        """False where it certainly may not: a name of another team, or a list of plain names without it."""
        team = member.caller.id if member.caller.kind == "team" else str(member.row.get("team_id") or "")
        if name.team and name.team != team:
            return False
        allowed = [str(one) for one in member.row.get("models") or ()]
        return not allowed or name.asked is None or name.asked in allowed or not set(allowed) <= self._known

    def _is_safe(self, member: Member) -> bool:
        """Whether a limit of a model may be set without lifting others: the first one in a row hides other rules."""
        if models(member.row, "tpm"):
            return True
        if member.caller.kind == "key":
            if old_limits(member.row, "tpm"):
                return False
            if member.team is not None and models(member.team, "tpm"):
                return True
        return not self._has_defaults

    def _found(self, place: Place, member: Member, model: str | None) -> Probe:
        row = member.row
        is_dynamic = model is None and (row.get("metadata") or {}).get("tpm_limit_type") == "dynamic"
        return Probe(
            target=member.caller.target(self._api.host, "tpm", model),
            location=place.location,
            model=place.model,
            unit=self._gateway.unit,
            binds=not is_dynamic,
            reason=Phrase.of(GATEWAY_DYNAMIC, caller=member.caller.id, **_at(place)) if is_dynamic else None,
            override=standing(row, "tpm", model),
            effective=_effective(member, model),
            bites_within=BITES_WITHIN,
            project=place.project,
            through=member.through,
            note=Phrase.of(GATEWAY_WHOLE, caller=member.caller.id) if model is None else None,
        )


def _effective(member: Member, model: str | None) -> int | None:
    """The strictest of all that hold: its own for the model (else its team's), its own for all, its team's for all."""
    if member.row.get("blocked"):
        return 0
    holds = [standing(member.row, "tpm", None)]
    if model is not None:
        own = member.own("tpm", model)
        holds.append(standing(member.team, "tpm", model) if own is None and member.team is not None else own)
    if member.team is not None:
        holds.append(standing(member.team, "tpm", None))
    return min((limit for limit in holds if limit is not None), default=None)


def _nothing(
    api: LiteLlmApi, gateway: Gateway, place: Place, reason: Phrase, *, missing: tuple[str, ...] = ()
) -> Probe:
    """No target: the one that is named is where a limit would stand, of nobody."""
    return Probe(
        target=Caller("team", "").target(api.host, "tpm", place.model),
        location=place.location,
        model=place.model,
        unit=gateway.unit,
        binds=False,
        reason=reason,
        missing=missing,
        bites_within=BITES_WITHIN,
        project=place.project,
    )


def _at(place: Place) -> dict[str, str]:
    return {"model": place.model, "location": place.location}
