"""What to call the trouble, from money alone: the kind that a signal carries, and the finer shape behind it.

========== ============= =============================================================================
kind       shape         told by
========== ============= =============================================================================
growth     growth        each third of the last day dearer over the usual than the one before, by a fifth
level_shift stuck_loop   six hours and more, flat within a seventh: a loop does not sleep or breathe
level_shift level_shift  half a day and more, in the app's own daily rhythm
level_shift leak         half a day and more, in a rhythm that is not the app's
spike      retry_storm   three to twelve hours, each dearer than the one before
spike      spike         anything else
spike      silence       nothing came where there always was something; it fires nothing
========== ============= =============================================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.windows import DAY, Floats

FLAT = 0.15  # of the mean: spread of hours that a loop repeats
QUIET_HOURS = 3  # without any spend, in an app that has had some in nearly every hour
ALIKE = 0.3  # correlation of a day's excess with a usual day, under which the traffic is somebody else's


def shape_of(x: Floats, usual: Floats) -> tuple[str, str]:
    """Kind and shape of the last hours of one series; ``usual`` is what each hour was expected to cost."""
    excess = x - usual
    if len(x) < DAY:
        return "spike", "spike"
    thirds = excess[-DAY:].reshape(3, -1).sum(axis=1)
    hours = _high_for(x, excess)
    lately = excess[-min(hours, DAY) :]
    if hours >= 6 and np.std(lately) <= FLAT * np.mean(lately):
        return "level_shift", "stuck_loop"
    if thirds[0] > 0 and thirds[1] > 1.2 * thirds[0] and thirds[2] > 1.2 * thirds[1]:
        return "growth", "growth"
    if hours >= 12:
        return "level_shift", "level_shift" if _own_rhythm(excess[-DAY:], usual[-DAY:]) else "leak"
    if hours >= 3 and np.all(np.diff(excess[-min(hours, 6) :]) > 0):
        return "spike", "retry_storm"
    return "spike", "spike"


def silent(spending: NDArray[np.int_], lately: NDArray[np.bool_], hours: int) -> NDArray[np.bool_]:
    """Whether nothing came lately (zero, or missing) from apps that spend in 95 of 100 hours: (series,).

    ``spending``  in how many of so many ``hours`` each has spent, the last `QUIET_HOURS` apart; ``lately`` whether in
    each of those (series, hours).
    """
    if hours < 7 * DAY:
        return np.zeros(len(lately), dtype=bool)
    return ~lately.any(axis=1) & (spending / (hours - QUIET_HOURS) > 0.95)


def _high_for(x: Floats, excess: Floats) -> int:
    """For how many hours on end the excess has been over half of that of the last three."""
    level = excess[-3:].mean()
    low = np.flatnonzero(excess < level / 2)
    return len(x) - 1 - int(low[-1]) if len(low) else len(x)


def _own_rhythm(excess: Floats, usual: Floats) -> bool:
    if not usual.std() or not excess.std():
        return True  # a flat day has no rhythm to miss
    return bool(np.corrcoef(excess, usual)[0, 1] >= ALIKE)
