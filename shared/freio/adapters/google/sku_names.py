"""What a SKU's description sells: `Gemini 3.7 Flash Global Text Input Priority - Predictions`, read word by word.

Read from descriptions that people have published (2026-06 to 2026-11). There is no grammar of Google's: word order
varies (*Text Input Caching*, *Input Text Caching*), so do letters and blanks, and one SKU may be of two versions
(*Gemini 3.0 / 3.1 Pro*). So words are taken as a set, and a description with a word that is not known is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from freio.domain.rates import BATCH, CACHE_READ, CACHE_WRITE, CACHE_WRITE_1H, FLEX, INPUT, OUTPUT, PRIORITY, STANDARD

ANYWHERE, GLOBAL, REGIONAL = "", "global", "regional"  # kinds of endpoints; most older models have one price for all
THINKING = "thinking"  # output too, in a SKU of its own: telemetry does not tell it from other output

_WAYS = {"priority": PRIORITY, "flex": FLEX, "batch": BATCH}
_REACHES = {"global": GLOBAL, "regional": REGIONAL}
# Sold by something else than a token of text, or to requests that telemetry does not tell from others.
_ELSEWHERE = re.compile(
    r"(?i)\b(image|audio|video|document|live|tts|tuning|tuned|grounding|search|storage|provisioned|robotics|embeddings?"
    r"|computer use|native|off-?peak|characters?|maps|multi-?region\w*)\b"
)
_MARKS = frozenset(
    {
        *("ga", "global", "regional", "text", "input", "output", "thinking", "on", "off", "short", "long"),
        *("caching", "cached", "cache", "read", "hit", "write", "creation", "5m", "1h"),
        *("priority", "flex", "batch", "token", "tokens", "count", "prediction", "predictions"),
    }
)
_DATE_OR_STAGE = re.compile(r"(-(\d{3,}|preview|latest|exp|\d\d-\d{4}))+$")
_NOT_OURS = re.compile(r"(?i)^(ai dev tools:|cloud vertex ai model garden model as a service) *")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """One kind of tokens of some models, asked for in one way, at one kind of endpoint.

    ``is_ga`` a preview of the same name may have a SKU of its own, with another price: the other one counts.
    """

    models: tuple[str, ...]
    kind: str
    request_type: str
    reach: str
    is_long: bool
    is_ga: bool


def is_elsewhere(description: str) -> bool:
    """Whether it sells something that is not a token of text, which nobody needs to be told."""
    return bool(_ELSEWHERE.search(description))


def read(description: str) -> Sold | None:
    """What it sells; None: it cannot be told, or is no token of text of a Gemini or Claude model.

    >>> read("Gemini 3.0 / 3.1 Pro  Text Output Flex - Predictions").models
    ('gemini-3-pro', 'gemini-3.1-pro')
    >>> read("Gemini 2.5 Flash GA Input Text Caching").kind, read("Gemini 9 Pro Text Input Turbo - Predictions")
    ('cache_read_input', None)
    """
    if is_elsewhere(description):
        return None
    plain = re.sub(r"[()]", " ", _NOT_OURS.sub("", description.strip()))
    words = [word for word in plain.lower().split() if word != "-"]
    family = words[0] if words else ""
    at = next((i for i, word in enumerate(words) if word in _MARKS), len(words))
    marks = words[at:]
    if family not in {"gemini", "claude"} or at < 2 or not marks or not _MARKS.issuperset(marks):
        return None
    kind = _kind(set(marks), family)
    ways = {way for mark, way in _WAYS.items() if mark in marks}
    reaches = {reach for mark, reach in _REACHES.items() if mark in marks}
    if kind is None or len(ways) > 1 or len(reaches) > 1:
        return None
    return Sold(
        models=_models(words[:at]),
        kind=kind,
        request_type=next(iter(ways), STANDARD),
        reach=next(iter(reaches), ANYWHERE),
        is_long="long" in marks,
        is_ga="ga" in marks,
    )


def bare(model: str) -> str:
    """A model of telemetry by the name that SKUs give it: no stage, no date, no `.0`.

    >>> bare("gemini-3.1-pro-preview"), bare("gemini-2.5-flash-preview-09-2025"), bare("gemini-3.0-pro")
    ('gemini-3.1-pro', 'gemini-2.5-flash', 'gemini-3-pro')
    """
    return _DATE_OR_STAGE.sub("", re.sub(r"(?<=-\d)\.0(?=-|$)", "", model))


def _kind(marks: set[str], family: str) -> str | None:
    """Claude's cached tokens are written at one of two prices; of a write that names no time it is not said which."""
    if "output" in marks:
        return None if "input" in marks else THINKING if marks & {"thinking", "on"} else OUTPUT
    if "input" not in marks:
        return None
    if not marks & {"caching", "cached", "cache"}:
        return INPUT
    if marks & {"write", "creation"}:
        return CACHE_WRITE_1H if "1h" in marks else CACHE_WRITE if "5m" in marks or family == "claude" else None
    return CACHE_READ


def _models(words: list[str]) -> tuple[str, ...]:
    """`gemini 3.0 / 3.1 pro` is two; Claude's versions are written with a hyphen (`claude-opus-4-6`)."""
    versions = [i for i, word in enumerate(words) if re.fullmatch(r"\d+(\.\d+)?", word)]
    slashed = [i for i in versions if (i > 0 and words[i - 1] == "/") or (i + 1 < len(words) and words[i + 1] == "/")]
    if not slashed:
        return (_name(words),)
    head, tail = words[: slashed[0]], words[slashed[-1] + 1 :]
    return tuple(_name([*head, words[i], *tail]) for i in slashed)


def _name(words: list[str]) -> str:
    joined = "-".join(words)
    return joined.replace(".", "-") if joined.startswith("claude") else bare(joined)
