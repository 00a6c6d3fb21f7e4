"""Standing quotas at a gateway: what the file allows an app in normal times, as limits of its one caller.

The lever's leases are of one model, and these are of all of a caller's traffic: neither overwrites the other, and both
hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from freio.adapters.litellm.callers import members_of
from freio.adapters.litellm.client import LiteLlmApi
from freio.adapters.litellm.standing import standing
from freio.domain.app import App
from freio.domain.gateway import INPUT_TOKENS, REQUESTS, Gateway, in_gateway_tokens
from freio.domain.lever import Setting
from freio.domain.phrase import Phrase
from freio.domain.sentences import GATEWAY_QUOTA_SEVERAL, GATEWAY_QUOTA_UNKNOWN
from freio.domain.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingQuota:
    """One limit as the file wants it, and as it is; `GatewayLever.apply` makes the one the other."""

    target: Target
    wanted: int
    found: Setting

    @property
    def is_kept(self) -> bool:
        return self.found == self.wanted


def standing_quotas(
    api: LiteLlmApi, gateway: Gateway, app: App, *, output_per_input: float
) -> list[StandingQuota] | Phrase:
    """The app's quotas at the gateway, or why they cannot stand there.

    ``output_per_input``  as for a brake: it turns the file's input tokens into what the gateway counts.
    An app with several callers gets none: each has a counter of its own, so that a quota of the app would be as many
    quotas. One team for all its keys has one counter.
    """
    members, unknown = members_of(api, app)
    if unknown:
        return Phrase.of(GATEWAY_QUOTA_UNKNOWN, app=app.name, caller=unknown[0])
    if len(members) != 1:
        return Phrase.of(GATEWAY_QUOTA_SEVERAL, app=app.name, callers=len(members))
    [member] = members
    wanted: dict[str, int] = {}
    if (tokens := app.quotas.get(INPUT_TOKENS)) is not None:
        wanted["tpm"] = in_gateway_tokens(tokens, output_per_input, gateway.unit)
    if (requests := app.quotas.get(REQUESTS)) is not None:
        wanted["rpm"] = requests
    return [
        StandingQuota(
            target=member.caller.target(api.host, metric, None),
            wanted=limit,
            found=standing(member.row, metric, None),
        )
        for metric, limit in wanted.items()
    ]
