"""The stand-in's limiter refuses where litellm's own does, in its words.

What is expected here was observed: `parallel_request_limiter_v3` of litellm 1.110.2 was run by itself, in memory, on
these same keys and teams. It cannot run here: it needs a web framework and some twenty packages more.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from freio.sandbox.gateway.proxy import Proxy

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
FAST = {"model_tpm_limit": {"fast": 600}}


def refused(calls: int = 6, *, key: dict[str, Any], team: dict[str, Any] | None = None, model: str = "fast") -> str:
    """The first refusal among some requests of 350 tokens by a key called h, up to what resets when."""
    proxy = Proxy(now=lambda: NOW, admin_key="k")
    if team is not None:
        proxy.rows.add_team("care", **team)
    proxy.rows.add_key("h", team=None if team is None else "care", **key)
    for _ in range(calls):
        if proxy.call("h", model, NOW, input_tokens=300, output_tokens=50) == 429:
            error: str = proxy.logs.rows[-1]["metadata"]["error_information"]["error_message"]
            return error
    return ""


SAID = "litellm.RateLimitError: Rate limit exceeded for {}. Limit type: {}. Current limit: {}, Remaining: {}."


@pytest.mark.parametrize(
    ("key", "team", "said"),
    [
        ({"metadata": FAST}, None, SAID.format("model_per_key: h:fast", "tokens", 600, 250)),
        ({"metadata": {"model_tpm_limit": {"fast": 0}}}, None, SAID.format("model_per_key: h:fast", "tokens", 0, 0)),
        ({"tpm_limit": 600}, None, SAID.format("api_key: h", "tokens", 600, 250)),
        ({"tpm_limit": 0}, None, SAID.format("api_key: h", "tokens", 0, 0)),
        ({"rpm_limit": 2}, None, SAID.format("api_key: h", "requests", 2, 0)),
        ({}, {"tpm_limit": 600}, SAID.format("team: care", "tokens", 600, 250)),
        ({}, {"metadata": FAST}, SAID.format("model_per_key: h:fast", "tokens", 600, 250)),
        (
            {"metadata": {"model_tpm_limit": {"clever": 5}}},
            {"metadata": FAST},
            SAID.format("model_per_team: care:fast", "tokens", 600, 250),
        ),
    ],
)
def test_a_request_over_a_limit_is_refused_in_litellms_words(
    key: dict[str, Any], team: dict[str, Any] | None, said: str
) -> None:
    """The kind of the limit, whose it is, what it counts, how much was left."""
    assert refused(key=key, team=team) == said


def test_another_model_is_not_refused() -> None:
    """The limit is of one."""
    assert refused(key={"metadata": FAST}, model="clever") == ""


def test_keys_of_a_team_share_its_limit_of_a_model() -> None:
    """The first has used most of it, so the second is refused at once, in the team's name."""
    proxy = Proxy(now=lambda: NOW, admin_key="k")
    proxy.rows.add_team("care", metadata=FAST)
    for key in ("h", "i"):
        proxy.rows.add_key(key, team="care")
    assert proxy.call("h", "fast", NOW, input_tokens=350) == 200
    assert proxy.call("i", "fast", NOW, input_tokens=350) == 429
    error = proxy.logs.rows[-1]["metadata"]["error_information"]["error_message"]
    assert "Rate limit exceeded for model_per_team: care:fast" in error
