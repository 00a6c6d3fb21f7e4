"""An alert stands until spend is back: records tell an incident once, and somebody has to know when it ends.

A day after its first alert an incident is part of its own records, and scores nothing. What was usual when it began
does not change, so that is what it is held against: for a week, while the excess is at least half of what it was.
"""

from __future__ import annotations

import numpy as np

from freio.adapters.detector.windows import DAY, Floats

HELD_DAYS = 7  # after which a level that nobody has braked is the app's new one
STILL = 0.5  # of the excess at the alert


def held(x: Floats, usual: Floats, fired: Floats) -> tuple[float, int]:
    """How much of the last alert's excess still runs, over `STILL` (1 and more: it goes on), and since which hour.

    ``fired`` are the hours that alerted, the last one apart. An alert at 200 USD over the usual, and 150 over it now:
    (1.5, its hour). Without an alert in the last week: (0, the last hour).
    """
    last = len(x) - 1
    best, since = 0.0, last
    for hour in np.flatnonzero(fired[: last + 1]):
        if hour < max(DAY, last + 1 - HELD_DAYS * DAY):
            continue
        then = usual[hour - DAY + 1 : hour + 1]  # what each hour of a day usually cost as the alert came
        width = DAY if (x[hour - 2 : hour + 1] - then[-3:]).mean() < (x[hour - DAY + 1 : hour + 1] - then).mean() else 3
        at_alert = (x[hour - width + 1 : hour + 1] - then[-width:]).mean()
        now = np.arange(last - width + 1, last + 1)
        running = (x[now] - then[(now - hour - 1) % DAY]).mean()
        ratio = float(running / (STILL * at_alert)) if at_alert > 0 else 0.0
        if ratio >= 1 and ratio > best:
            best, since = ratio, min(since, int(hour))
    return best, since


def runs_now(excess: Floats) -> bool:
    """Whether the last three hours are over the usual, by a quarter of what the last day is: else it is over.

    What lasts is judged by a whole day, most of which may lie before the end.
    """
    return bool(excess[-3:].mean() > STILL / 2 * max(0.0, excess[-DAY:].mean()))
