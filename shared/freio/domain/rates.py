"""What a token is billed as, beside its model: its kind, and the way in which it was asked for. Dated data.

Factors, as read 2026-11. In Google's SKU catalogue of 2026-08-15 *priority* was 1.8 times, and *flex* and *batch* half
the standard price of Gemini 3.7 Flash and of Gemini 3 Pro, input and output alike (published in a course that read
all 8,524 SKUs; https://ai.google.dev/gemini-api/docs/optimization says "75% to 100% more" and "50%"). A cached token
that is read costs a tenth (Google, for 2.5 and later; Anthropic); one that Anthropic's models write costs 1.25 times an
input token, and twice where it is kept for an hour (https://platform.claude.com/docs/en/about-claude/pricing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

# Kinds, as `token_count` names them in its label ``type``. Google's models report the first two alone.
INPUT = "input"
OUTPUT = "output"
CACHE_READ = "cache_read_input"
CACHE_WRITE = "cache_write_input"
CACHE_WRITE_1H = "cache_write_1h_input"

# Ways of asking, as `token_count` names them in ``shared_request_type``, or ``request_type`` where it is dedicated.
STANDARD = "standard"
PRIORITY = "priority"
FLEX = "flex"
BATCH = "batch"  # not in online serving's telemetry: a bill shows it
DEDICATED = "dedicated"  # provisioned throughput: billed by the time it is held, and not by the token

GLOBAL = "global"

_HALF, _PRIORITY, _ONE = Decimal("0.5"), Decimal("1.8"), Decimal(1)
_GOOGLE: Mapping[str, Decimal] = {STANDARD: _ONE, PRIORITY: _PRIORITY, FLEX: _HALF, BATCH: _HALF}
_PARTNER: Mapping[str, Decimal] = {STANDARD: _ONE, BATCH: _HALF}  # priority and flex are offered for Gemini alone
_CACHED: Mapping[str, Decimal] = {
    CACHE_READ: Decimal("0.1"),
    CACHE_WRITE: Decimal("1.25"),
    CACHE_WRITE_1H: Decimal(2),
}
_GOOGLE_CACHED = frozenset({CACHE_READ})  # an explicit cache is written at the price of input


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One thing that is billed by the token: which kind of tokens, asked for in which way, at which endpoint."""

    model: str
    kind: str = INPUT
    request_type: str = STANDARD
    location: str = GLOBAL

    def __str__(self) -> str:
        """The model, and of the rest only what is not ordinary.

        >>> str(Use(model="claude-opus-4-6", kind="cache_write_1h_input")), str(Use(model="gemini-3.7-flash"))
        ('claude-opus-4-6 (cache_write_1h_input)', 'gemini-3.7-flash')
        """
        odd = [*([self.kind] if self.kind not in {INPUT, OUTPUT} else [])]
        odd += [self.request_type] if self.request_type != STANDARD else []
        return f"{self.model} ({', '.join(odd)})" if odd else self.model


def request_factor(use: Use) -> Decimal | None:
    """What the way of asking makes of the standard price; None: not known, and never guessed.

    A cached token that a batch reads costs what it costs otherwise: batch and cache do not stack.

    >>> request_factor(Use(model="gemini-3.7-flash", request_type="priority"))
    Decimal('1.8')
    >>> request_factor(Use(model="claude-opus-4-6", request_type="priority")) is None
    True
    """
    if use.request_type == BATCH and use.kind == CACHE_READ:
        return _ONE
    return (_GOOGLE if use.model.startswith("gemini") else _PARTNER).get(use.request_type)


def cache_factor(use: Use) -> Decimal | None:
    """What a cached token of that kind costs over an input token, where no price list says so itself; None: unknown.

    >>> cache_factor(Use(model="claude-sonnet-4", kind="cache_write_1h_input"))
    Decimal('2')
    """
    if use.model.startswith("claude") or use.kind in _GOOGLE_CACHED:
        return _CACHED.get(use.kind)
    return None
