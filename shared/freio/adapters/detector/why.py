"""Why it fired, in the words of a signal's detail."""

from __future__ import annotations

from statistics import median

from freio.adapters.detector.windows import DAY, Floats
from freio.domain.phrase import Phrase
from freio.domain.sentences import DEVIATIONS as ONLY_DEVIATIONS
from freio.domain.sentences import TIMES_THE_USUAL

NOT_ZERO = 1e-6  # money: less than any price of a token makes of an hour


def why(x: Floats, normal: float) -> Phrase:
    """How far above the usual; where nothing was usual, nothing is a multiple of it."""
    spent = float(x[-1])
    days = min((len(x) - 1) // DAY, 14)
    same = (x[-1 - DAY * days : -1 : DAY] if days >= 3 else x[:-1]).tolist()  # few: a list is soon in order
    middle = median(same)
    spread = 1.4826 * median(abs(hour - middle) for hour in same)
    spread = max(spread, 0.1 * normal, 0.1 * float(x[:-1].mean())) + NOT_ZERO
    deviations = f"{(spent - normal) / spread:.0f}"
    if normal > NOT_ZERO:
        return Phrase.of(TIMES_THE_USUAL, times=f"{spent / normal:.1f}", deviations=deviations)
    return Phrase.of(ONLY_DEVIATIONS, deviations=deviations)
