"""Which quota metrics of Vertex AI limit which models where.

Observed in running projects between 2026-04 and 2026-10, not from an official list. Units and buckets are not here:
they are read from each project. What was not observed is marked *assumed*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from freio.adapters.model_names import plain_model

VERTEX = "aiplatform.googleapis.com"
MULTI_REGIONS = frozenset({"eu", "us"})  # 2026-10: no quota was found there for any Gemini model
GLOBAL = "global"

Unit = Literal["input_tokens_per_minute", "requests_per_minute"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A quota metric, by its name after the slash, and what it counts. `unit` is assumed where none is listed."""

    short: str
    counts: Unit
    unit: str

    @property
    def name(self) -> str:
        return f"{VERTEX}/{self.short}"


_GLOBAL_UNIT = "1/min/{project}/{base_model}"
_REGIONAL_UNIT = "1/min/{project}/{region}/{base_model}"

# Overrides were seen to bind here, on the global endpoint alone (two independent reports, 2026-04 and later).
GEMINI_GLOBAL = Metric(
    "global_generate_content_input_tokens_per_minute_per_base_model", "input_tokens_per_minute", _GLOBAL_UNIT
)
GEMINI_REGIONAL = Metric(
    "generate_content_input_tokens_per_minute_per_base_model", "input_tokens_per_minute", _REGIONAL_UNIT
)
# Gemini 1.x and speech alone.
GEMINI_REGIONAL_REQUESTS = Metric(
    "generate_content_requests_per_minute_per_project_per_base_model", "requests_per_minute", _REGIONAL_UNIT
)
# Partner models and embeddings: 0 with force was accepted and worked.
PREDICTIONS = Metric("online_prediction_requests_per_base_model", "requests_per_minute", _REGIONAL_UNIT)
PREDICTIONS_GLOBAL = Metric(
    "global_online_prediction_requests_per_base_model", "requests_per_minute", _GLOBAL_UNIT
)  # listed; its unit is assumed

METRICS = (GEMINI_GLOBAL, GEMINI_REGIONAL, GEMINI_REGIONAL_REQUESTS, PREDICTIONS, PREDICTIONS_GLOBAL)

# Embedding models that share a bucket under another name (assumed: the names of the documentation, not read back).
_SHARED_BUCKETS = {
    "gemini-embedding-001": "gemini-embedding",
    "text-embedding-004": "textembedding-gecko",
    "text-embedding-005": "textembedding-gecko",
    "text-multilingual-embedding-002": "textembedding-gecko",
}


def metrics_for(model: str, location: str) -> tuple[Metric, ...]:
    """The metrics that may limit a model at a location, the likeliest first.

    >>> [metric.short for metric in metrics_for("claude-sonnet-4@20250514", "us-east5")]
    ['online_prediction_requests_per_base_model']
    """
    if is_gemini(model):
        return (GEMINI_GLOBAL,) if location == GLOBAL else (GEMINI_REGIONAL, GEMINI_REGIONAL_REQUESTS)
    return (PREDICTIONS_GLOBAL,) if location == GLOBAL else (PREDICTIONS,)


def is_gemini(model: str) -> bool:
    """Whether it is a model that generates, of the Gemini family; its embeddings have quotas of their own.

    >>> is_gemini("gemini-2.5-flash"), is_gemini("gemini-embedding-001"), is_gemini("claude-sonnet-4")
    (True, False, False)
    """
    bare = plain_model(model)
    return bare.startswith("gemini") and "embedding" not in bare


def metric_named(name: str) -> Metric | None:
    """The metric by its full name."""
    return next((metric for metric in METRICS if metric.name == name), None)


def goes_by(model: str, base_model: str) -> bool:
    """Whether a quota's `base_model` means this model. Names are compared whole: flash is not flash-lite.

    >>> goes_by("gemini-2.5-flash@001", "gemini-2.5-flash-ga"), goes_by("gemini-2.5-flash", "gemini-2.5-flash-lite-ga")
    (True, False)
    >>> goes_by("claude-sonnet-4@20250514", "anthropic-claude-sonnet-4")
    True
    """
    bare = plain_model(model)
    return plain_model(base_model) in {bare, _SHARED_BUCKETS.get(bare, bare)}
