"""Did the brake bite? Three answers, from what the service reports; a falling bill alone proves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from freio.domain.incident import Proof, Verdict

WINDOWS = 3  # windows above the limit that refute a brake
PINNED_FROM = 0.9  # of the limit: usage this near to it, while more is asked for, is held by it
ABOVE = 1.1  # of the limit: more than sampling and rounding explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window after the brake took effect: tokens a minute let through, and requests refused by the limit."""

    start: datetime
    usage: int
    exceeded: int


def judge(*, at: datetime, limit: int, before: int, windows: Sequence[Window]) -> Proof:
    """The verdict over the windows since the brake took effect, oldest first.

    *binds*         the service reported the limit exceeded since usage was last above it: what was refused beside more
                    than the limit lets through was refused for another reason;
    *refuted*       usage above the limit in the last `WINDOWS` windows;
    *inconclusive*  anything else: little or no traffic, or too few windows.

    >>> from datetime import UTC
    >>> t = datetime(2026, 11, 1, tzinfo=UTC)
    >>> judge(at=t, limit=100, before=900, windows=[Window(start=t, usage=98, exceeded=40)]).verdict
    <Verdict.BINDS: 'binds'>
    >>> judge(at=t, limit=100, before=900, windows=[Window(start=t, usage=30, exceeded=0)]).verdict
    <Verdict.INCONCLUSIVE: 'inconclusive'>
    """
    over = held = 0
    for window in windows:
        is_above = window.usage > limit * ABOVE
        over, held = (over + 1, 0) if is_above else (0, held + window.exceeded)
    exceeded = sum(w.exceeded for w in windows)
    last = windows[-1].usage if windows else 0
    if over >= WINDOWS:
        verdict, reason = Verdict.REFUTED, f"usage {last} a minute is above the limit {limit} in {over} windows"
    elif held > 0:
        verdict, reason = Verdict.BINDS, f"the service reports the limit {limit} exceeded {held} times"
    elif (
        limit > 0
        and over == 0
        and len(windows) >= WINDOWS
        and all(w.usage >= limit * PINNED_FROM for w in windows[-WINDOWS:])
    ):
        verdict, reason = Verdict.BINDS, f"usage is pinned at the limit {limit}, from {before} a minute"
    else:
        verdict, reason = Verdict.INCONCLUSIVE, f"{last} a minute against the limit {limit}: not enough to tell"
    return Proof(
        verdict=verdict,
        at=at,
        limit=limit,
        before=before,
        now=last,
        exceeded=exceeded,
        refuted_windows=over,
        reason=reason,
    )
