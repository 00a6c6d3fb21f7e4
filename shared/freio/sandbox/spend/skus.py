"""How a model and a place are called on a bill.

Observed: the id of Vertex AI, that Claude models are each a service of their own, and the pattern
``Gemini 3.7 Flash Global Text Input - Predictions`` with its *Regional* variant. Ours, because nobody published
them: the ids of Claude's services and of all SKUs, Claude's SKU texts, and *Long* for long context.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from freio.sandbox.spend.chance import identifier

Direction = Literal["Input", "Output"]

VERTEX_AI = ("C7E2-9256-1C43", "Vertex AI")

_DATED = re.compile(r"([@-]\d{8}|@[\w.-]+)$")
_VERSION = re.compile(r"(?<=\d)-(?=\d{1,2}(?!\d))")


@dataclass(frozen=True, kw_only=True)
class Sku:
    """Service and SKU of a row, and who sells it: Google, or a partner on Google's bill."""

    service_id: str
    service: str
    sku_id: str
    sku: str
    seller: str
    partner: bool


def display_name(model: str) -> str:
    """The model as people write it.

    >>> display_name("claude-opus-4-6@20260115")
    'Claude Opus 4.6'
    >>> display_name("gemini-2.5-flash-lite")
    'Gemini 2.5 Flash Lite'
    """
    dotted = _VERSION.sub(".", _DATED.sub("", model))
    return " ".join(word[:1].upper() + word[1:] for word in dotted.split("-"))


def sku(model: str, location: str, direction: Direction, *, long_context: bool) -> Sku:
    """The SKU of one direction of one model; `location` is ``global`` or a region."""
    name = display_name(model)
    reach = "Global" if location == "global" else "Regional"
    text = f"{name} {reach} {'Long ' if long_context else ''}Text {direction} - Predictions"
    partner = name.startswith("Claude")
    service_id, service = (identifier("service", name), name) if partner else VERTEX_AI
    return Sku(
        service_id=service_id,
        service=service,
        sku_id=identifier("sku", text),
        sku=text,
        seller="Anthropic" if partner else "Google",
        partner=partner,
    )


def project_number(project: str) -> str:
    """A twelve-digit project number, always the same for one id: bills name a project by both."""
    return str(100_000_000_000 + int(identifier("project", project).replace("-", ""), 16) % 900_000_000_000)
