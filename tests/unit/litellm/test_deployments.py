"""Which names of a gateway lead to a place on Google Cloud."""

from __future__ import annotations

from typing import Any

import pytest

from freio.adapters.litellm.deployments import Name, defaults_for_keys, names_of
from freio.ports import Place

PLACE = Place(project="acme-shared", location="global", model="gemini-2.5-flash")


def deployment(model: str, name: str = "fast", info: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    return {"model_name": name, "litellm_params": {"model": model, **parameters}, "model_info": info or {}}


@pytest.mark.parametrize(
    "made",
    [
        deployment("vertex_ai/gemini-2.5-flash"),
        deployment("vertex_ai/gemini-2.5-flash-001", vertex_project="acme-shared", vertex_location="global"),
        deployment("gemini-2.5-flash", custom_llm_provider="vertex_ai"),
        deployment("vertex_ai/gemini-2.5-flash", custom_llm_provider="vertex_ai"),
        deployment("gemini/gemini-2.5-flash"),
        deployment("vertex_ai_beta/gemini-2.5-flash"),
    ],
)
def test_an_entry_that_leads_to_the_place_gives_its_name(made: dict[str, Any]) -> None:
    """Whatever it leaves to the proxy's environment is not held against it; versions are one model."""
    assert names_of(PLACE, [made]) == (Name("fast"),)


@pytest.mark.parametrize(
    "made",
    [
        deployment("vertex_ai/gemini-2.5-flash-lite"),
        deployment("vertex_ai/gemini-2.5-flash", vertex_project="acme-other"),
        deployment("vertex_ai/gemini-2.5-flash", vertex_location="us-central1"),
        deployment("openai/gemini-2.5-flash"),
        deployment("gemini-2.5-flash"),
        deployment("vertex_ai/claude-*"),
        {"model_name": "fast"},
    ],
)
def test_an_entry_that_leads_elsewhere_gives_none(made: dict[str, Any]) -> None:
    """Another model, project, location or provider."""
    assert names_of(PLACE, [made]) == ()


def test_several_entries_of_one_name_give_it_once_and_several_names_each() -> None:
    """A name's traffic is shared among its entries; two names are two targets."""
    same = deployment("vertex_ai/gemini-2.5-flash")
    assert names_of(PLACE, [same, same, deployment("vertex_ai/gemini-2.5-flash", name="cheap")]) == (
        Name("fast"),
        Name("cheap"),
    )


@pytest.mark.parametrize("model", ["vertex_ai/*", "vertex_ai/gemini-*"])
def test_an_entry_for_many_models_gives_no_name_that_could_be_limited(model: str) -> None:
    """Callers may ask for any."""
    assert names_of(PLACE, [deployment(model, name=model)]) == (Name(None),)


def test_a_teams_own_model_goes_by_its_public_name_for_that_team() -> None:
    """Inside, the proxy calls it something else."""
    info = {"team_id": "care", "team_public_model_name": "fast"}
    assert names_of(PLACE, [deployment("vertex_ai/gemini-2.5-flash", name="model_name_care_1", info=info)]) == (
        Name("fast", "care"),
    )


def test_a_default_limit_for_keys_is_seen_on_any_entry() -> None:
    """It would be lifted for every other model."""
    assert not defaults_for_keys([deployment("vertex_ai/gemini-2.5-flash")])
    assert defaults_for_keys([deployment("vertex_ai/gemini-2.5-pro", default_api_key_rpm_limit=0)])
