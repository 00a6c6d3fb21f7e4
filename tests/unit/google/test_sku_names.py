"""SKU descriptions as people have published them, read word by word."""

from __future__ import annotations

import pytest

from freio.adapters.google.sku_names import bare, is_elsewhere, read


@pytest.mark.parametrize(
    ("description", "models", "rest"),
    [
        ("Gemini 3.7 Flash Global Text Input - Predictions", "gemini-3.7-flash", "input standard global"),
        ("Gemini 3.8 Flash Global Text Input Priority - Predictions", "gemini-3.8-flash", "input priority global"),
        ("Gemini 3.8 Flash Global Text Output - Batch Predictions", "gemini-3.8-flash", "output batch global"),
        ("Gemini 3.7 Flash Regional Text Output Flex - Predictions", "gemini-3.7-flash", "output flex regional"),
        ("Gemini 2.5 Flash Ga Text Output - Predictions", "gemini-2.5-flash", "output standard "),
        ("Gemini 2.5 Flash Lite GA Text Input - Predictions", "gemini-2.5-flash-lite", "input standard "),
        ("Gemini 2.5 Flash GA Thinking Text Output - Predictions", "gemini-2.5-flash", "thinking standard "),
        ("Gemini 2.5 Flash Text Output (Thinking On) - Batch Predictions", "gemini-2.5-flash", "thinking batch "),
        ("Gemini 3 Flash Text Input Caching", "gemini-3-flash", "cache_read_input standard "),
        ("Gemini 2.5 Flash GA Input Text Caching", "gemini-2.5-flash", "cache_read_input standard "),
        ("Gemini 3 Flash Text Input Caching Priority", "gemini-3-flash", "cache_read_input priority "),
        ("Gemini 3.0 / 3.1 Pro  Text Input - Predictions", "gemini-3-pro gemini-3.1-pro", "input standard "),
        ("AI Dev Tools: Claude Opus 4.6 Input Tokens", "claude-opus-4-6", "input standard "),
        ("Claude Sonnet 4.5 Global Output Tokens", "claude-sonnet-4-5", "output standard global"),
        ("Claude Sonnet 4.5 Cache Write 1h Input Tokens", "claude-sonnet-4-5", "cache_write_1h_input standard "),
        ("Claude Sonnet 4.5 Cache Read Input Tokens", "claude-sonnet-4-5", "cache_read_input standard "),
    ],
)
def test_a_description_says_what_is_sold(description: str, models: str, rest: str) -> None:
    """Of which models, which kind of tokens, asked for in which way, at which endpoints."""
    sold = read(description)
    assert sold is not None
    assert " ".join(sold.models) == models
    assert f"{sold.kind} {sold.request_type} {sold.reach}" == rest


def test_long_contexts_are_a_price_of_their_own() -> None:
    """Telemetry does not tell them from short ones, so nobody is estimated by it."""
    sold = read("Gemini 2.5 Pro Input Text Caching (Long)")
    assert sold is not None
    assert sold.is_long


@pytest.mark.parametrize(
    "description",
    [
        "Gemini 3.7 Flash Text Input Caching Storage",
        "Gemini 3.8 Flash Global Image Input Priority - Predictions",
        "Gemini 2.5 Flash Live Audio Input",
        "Grounding with Google Search on Gemini 3",
        "Vertex AI: Provisioned Throughput 1 month",
        "Gemini 2.0 Flash Tuning",
    ],
)
def test_what_is_no_token_of_text_is_left_out_unsaid(description: str) -> None:
    """Most SKUs of Vertex AI are of this kind: to list them would hide the few that matter."""
    assert read(description) is None
    assert is_elsewhere(description)


@pytest.mark.parametrize(
    "description",
    [
        "",
        "Gemini",
        "Gemini 3.7 Flash",
        "Gemini 3.7 Flash Text Input Turbo - Predictions",
        "Gemini 3.7 Flash Text Input Output - Predictions",
        "Gemini 3.7 Flash Text Input Flex - Batch Predictions",
        "Gemini 3.7 Flash Global Regional Text Input - Predictions",
        "Llama 4 Scout Output Tokens",
    ],
)
def test_what_cannot_be_told_is_not_read(description: str) -> None:
    """A price that might be of something else is worse than none."""
    assert read(description) is None


def test_a_model_of_telemetry_is_found_by_the_name_that_skus_give_it() -> None:
    """A number that is a part of the name stays, and one that is a date or a version goes."""
    assert [bare(name) for name in ("gemini-3-flash-preview", "gemini-2.5-pro", "claude-opus-4-6")] == [
        "gemini-3-flash",
        "gemini-2.5-pro",
        "claude-opus-4-6",
    ]
