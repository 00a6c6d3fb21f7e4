"""What stands at a gateway's target, and the change that makes something else stand there.

A target is one number of one team or key: of one model that callers ask for (``model_tpm_limit``, the least that can
be touched) or of all of its traffic (``tpm_limit``); ``rpm`` counts requests in the same two ways.

What null means (litellm 1.110, `/key/update` and `/team/update`): a column that is left out stays, and an explicit null
clears it: no limit. The limits of models lie together in one object of the row's ``metadata``: sent, it replaces the
former object whole; sent as null, it changes nothing; so a limit is taken away by sending the object without it, and
the last one by sending ``{}``, which the proxy reads as no limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from freio.adapters.litellm.client import LiteLlmApi, Row
from freio.domain.lever import Setting
from freio.domain.target import Target
from freio.errors import Rejected

LEVER = "gateway"
SERVICE = "litellm"
UNIT = "1/min"
METRICS = ("tpm", "rpm")
MODEL = "base_model"  # as for a quota: it is the model of the messages, too


@dataclass(frozen=True, slots=True)
class Caller:
    """A team by its id, or a key by its hash: `kind` is ``team`` or ``key``."""

    kind: str
    id: str

    @classmethod
    def of(cls, target: Target) -> Caller:
        for kind in ("team", "key"):
            if found := target.dimension(kind):
                return cls(kind, found)
        raise Rejected(f"{target.id} names no team and no key")

    def target(self, host: str, metric: str, model: str | None) -> Target:
        model_dimension = ((MODEL, model),) if model is not None else ()
        return Target(LEVER, host, SERVICE, metric, UNIT, ((self.kind, self.id), *model_dimension))


def row_of(api: LiteLlmApi, caller: Caller) -> Row:
    return api.team(caller.id) if caller.kind == "team" else api.key(caller.id)


def standing(row: Row, metric: str, model: str | None) -> int | None:
    """The limit in a row; None: there is none. What is no number there is nobody's limit, and no guess is made.

    >>> row = {"tpm_limit": 900, "metadata": {"model_tpm_limit": {"chat": 0}}}
    >>> standing(row, "tpm", None), standing(row, "tpm", "chat"), standing(row, "tpm", "search")
    (900, 0, None)
    """
    found = row.get(f"{metric}_limit") if model is None else models(row, metric).get(model)
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise Rejected(f"{metric} of {model or 'all models'}: {found!r} stands there, which is no limit")
    return found


def models(row: Row, metric: str) -> dict[str, Any]:
    """The limits by model; empty where there are none, which is the same to the proxy."""
    limits = (row.get("metadata") or {}).get(f"model_{metric}_limit") or {}
    if not isinstance(limits, dict):
        raise Rejected(f"model_{metric}_limit: {limits!r} stands there, which are no limits by model")
    return limits


def change(row: Row, metric: str, model: str | None, setting: Setting) -> dict[str, object]:
    """The fields that make `setting` stand there, and leave everything else as the row has it.

    >>> change({"metadata": {"model_tpm_limit": {"chat": 5, "search": 7}}}, "tpm", "chat", None)
    {'model_tpm_limit': {'search': 7}}
    >>> change({}, "tpm", None, None)
    {'tpm_limit': None}
    """
    if model is None:
        return {f"{metric}_limit": setting}
    others = {name: limit for name, limit in models(row, metric).items() if name != model}
    return {f"model_{metric}_limit": others if setting is None else {**others, model: setting}}
