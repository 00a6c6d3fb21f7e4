"""What callers ask a gateway for when their request goes to a place: from the proxy's own list of deployments.

An entry of `/v1/model/info` says the name that callers use (``model_name``), and what it becomes (``litellm_params``:
``model: vertex_ai/gemini-2.5-flash``, ``vertex_project``, ``vertex_location``). Several entries with one name share its
traffic. https://docs.litellm.ai/docs/proxy/configs, https://docs.litellm.ai/docs/providers/vertex
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from freio.adapters.litellm.client import Row
from freio.adapters.model_names import plain_model
from freio.ports import Place

VERTEX = frozenset({"vertex_ai", "vertex_ai_beta", "vertex_ai-anthropic_models", "vertex_ai-language-models"})
GEMINI_API = "gemini"  # the Gemini Developer API: its entries name no project


@dataclass(frozen=True, slots=True)
class Name:
    """A model as callers ask for it; None where any name may lead there. `team`: only that team's keys may use it."""

    asked: str | None
    team: str = ""


def names_of(place: Place, deployments: Sequence[Row]) -> tuple[Name, ...]:
    """The names whose traffic may go to a place, each once.

    What an entry does not say (a project or location from the proxy's own environment) is not held against it. An
    entry for many models (``vertex_ai/*``) leads there under names that cannot be listed.

    >>> flash = {"model_name": "fast", "litellm_params": {"model": "vertex_ai/gemini-2.5-flash", "vertex_project": "p"}}
    >>> names_of(Place(project="p", location="global", model="gemini-2.5-flash"), [flash])
    (Name(asked='fast', team=''),)
    """
    return tuple(dict.fromkeys(_name(one) for one in deployments if _leads(one, place)))


def defaults_for_keys(deployments: Iterable[Row]) -> bool:
    """Whether some deployment limits every key that has no limits of models of its own.

    ``default_api_key_tpm_limit`` is in force for a key only while neither the key nor its team has limits of models at
    all (`get_key_model_tpm_limit`), so the first one set would lift it for every other model.
    """
    return any(
        _parameters(one).get(f"default_api_key_{metric}_limit") is not None
        for one in deployments
        for metric in ("tpm", "rpm")
    )


def _leads(deployment: Row, place: Place) -> bool:
    given = _parameters(deployment)
    provider, model = _provider_and_model(given)
    if provider not in VERTEX and provider != GEMINI_API:
        return False
    bare, (begins, star, _) = plain_model(place.model), model.partition("*")
    if not (bare.startswith(begins.rpartition("/")[2]) if star else plain_model(model) == bare):
        return False
    says_nothing = (None, "")
    in_project = given.get("vertex_project") in (*says_nothing, place.project)
    return in_project and given.get("vertex_location") in (*says_nothing, place.location)


def _provider_and_model(given: Mapping[str, Any]) -> tuple[str, str]:
    """``vertex_ai/gemini-2.5-flash``, or the provider beside the model."""
    own, whole = str(given.get("custom_llm_provider") or ""), str(given.get("model") or "")
    if own:
        return own, whole.removeprefix(f"{own}/")
    provider, slash, model = whole.partition("/")
    return (provider, model) if slash else ("", whole)


def _name(deployment: Row) -> Name:
    info: Mapping[str, Any] = deployment.get("model_info") or {}
    asked = str(info.get("team_public_model_name") or deployment.get("model_name") or "")
    return Name(None if "*" in asked else asked, str(info.get("team_id") or ""))


def _parameters(deployment: Row) -> Mapping[str, Any]:
    given = deployment.get("litellm_params")
    return given if isinstance(given, dict) else {}
