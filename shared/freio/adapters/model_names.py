"""One name for one model: bills, telemetry, quotas and price lists each spell it in their own way."""

from __future__ import annotations

import re
from functools import lru_cache

_DATE = re.compile(r"-\d{8}$")
_GEMINI_RELEASE = re.compile(r"^(gemini-\d.*?)(-\d{3}|-ga)$")


@lru_cache(maxsize=4096)  # telemetry names the same few models in every step
def plain_model(name: str) -> str:
    """The model's bare name: no publisher, no version, no release stage; what `sql/line_items.sql` calls it too.

    Embedding models keep their number, which is no version.

    >>> plain_model("publishers/google/models/gemini-2.5-flash@001"), plain_model("gemini-2.5-flash-ga")
    ('gemini-2.5-flash', 'gemini-2.5-flash')
    >>> plain_model("claude-sonnet-4@20250514"), plain_model("anthropic-claude-opus-4.6")
    ('claude-sonnet-4', 'claude-opus-4-6')
    >>> plain_model("gemini-embedding-001")
    'gemini-embedding-001'
    """
    bare = name.rpartition("/")[2].partition("@")[0].lower().removeprefix("anthropic-")
    if bare.startswith("claude"):
        return _DATE.sub("", bare).replace(".", "-")
    return _GEMINI_RELEASE.sub(r"\1", bare)
