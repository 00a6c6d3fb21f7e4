"""How `vertexai.allowedModels` writes a model: ``publishers/PUBLISHER/models/MODEL:ACTION``.

https://docs.cloud.google.com/vertex-ai/generative-ai/docs/control-model-access (read 2026-11): each model stands alone,
there are no wildcards and no values for all of a publisher; the actions are ``predict`` (online and batch predictions
of models with a managed API), ``deploy`` and ``tune``. Freio takes ``predict`` away, and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from freio.adapters.model_names import plain_model

# A prefix `is:` means the same value (orgpolicy v2, PolicySpec.PolicyRule.StringValues).
VALUE = re.compile(
    r"(?:is:)?publishers/(?P<publisher>[^/:@]+)/models/(?P<model>[^/:@]+)(?:@[^/:]+)?:(?P<action>[a-z-]+)"
)
LATEST = frozenset({"", "default", "latest"})  # versions that a call does not name

# By the beginning of its name, for a model of which no call was seen: publishers as they stand in Model Garden.
PUBLISHERS = {
    "gemini": "google",
    "imagen": "google",
    "text-embedding": "google",
    "text-multilingual-embedding": "google",
    "veo": "google",
    "claude": "anthropic",
    "llama": "meta",
    "mistral": "mistralai",
    "codestral": "mistralai",
}


@dataclass(frozen=True, slots=True)
class Called:
    """A model as somebody called it: the labels of Vertex AI's own series."""

    publisher: str
    model: str
    version: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The values that mean calling it. Whether a version is part of a value is not documented: both are named.

        >>> Called("meta", "llama-4", "maas").values
        ('publishers/meta/models/llama-4:predict', 'publishers/meta/models/llama-4@maas:predict')
        """
        bare = self.model.partition("@")[0]
        version = self.model.partition("@")[2] or self.version
        names = (bare,) if version in LATEST else (bare, f"{bare}@{version}")
        return tuple(f"publishers/{self.publisher}/models/{name}:predict" for name in names)


def bare(value: str) -> str:
    """The value without the prefix that changes nothing."""
    return value.removeprefix("is:")


def named(value: str) -> tuple[str, str] | None:
    """Publisher and model of a value, without version; None where it is not written as documented.

    >>> named("publishers/google/models/gemini-2.5-pro:predict"), named("publishers/google")
    (('google', 'gemini-2.5-pro'), None)
    """
    found = VALUE.fullmatch(value)
    return (found["publisher"], found["model"]) if found else None


def guessed(model: str) -> Called | None:
    """The model under its plain name, where its publisher is known; None otherwise."""
    plain = plain_model(model)
    publisher = next((who for start, who in PUBLISHERS.items() if plain.startswith(start)), None)
    return Called(publisher, plain) if publisher else None
