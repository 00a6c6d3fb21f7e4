"""An alert stands until spend is back: records tell an incident once, and somebody has to know when it ends.

A day after its first alert an incident is part of its own records, and scores nothing. What was usual when it began
does not change, so that is what it is held against: for a week, while the excess is at least half of what it was.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.windows import DAY, Floats

HELD_DAYS = 7  # after which a level that nobody has braked is the app's new one
STILL = 0.5  # of the excess at the alert
ROUNDING = 1e-9  # by which sums of a day may differ


def as_known(x: Floats, usual: Floats) -> Floats:
    """What is usual, where nothing is yet what there was: an app's second day is held against its first."""
    return np.concatenate((x[:DAY], usual[DAY:]))


def held(
    x: Floats,
    usual: Floats,
    fired: NDArray[np.bool_],
    *,
    width: int = 0,
    missing: NDArray[np.bool_] | None = None,
    beside: tuple[Floats, Floats] | None = None,
) -> tuple[float, int]:
    """How much of the last alert's excess still runs, over `STILL` (1 and more: it goes on), and since which hour.

    ``fired`` are the hours that alerted, the last one apart. An alert at 200 USD over the usual, and 150 over it now:
    (1.5, its hour). Without an alert in the last week: (0, the last hour). Compared are the last ``width`` hours; 0:
    the last three, or a day where that was further over the usual at the alert.

    ``missing`` hours say nothing of whether it goes on: of the last ones the others are compared.
    ``beside``  hours and their usual of what told these alerts: as much of its excess has to run as well.
    """
    last = len(x) - 1
    both = [(x, as_known(x, usual)), *([(beside[0], as_known(*beside))] if beside else [])]
    best, since = 0.0, last
    for hour in np.flatnonzero(fired[: last + 1]):
        if hour < max(DAY, last + 1 - HELD_DAYS * DAY):
            continue
        ratio = min(_still(each, normal, int(hour), width, missing) for each, normal in both)
        if ratio >= 1 and ratio > best:
            best, since = ratio, min(since, int(hour))
    return best, since


def _still(x: Floats, usual: Floats, hour: int, width: int, missing: NDArray[np.bool_] | None) -> float:
    """Of the excess at the alert of that hour, over `STILL`: what the last hours are over what was usual then."""
    last = len(x) - 1
    then = usual[hour - DAY + 1 : hour + 1]  # what each hour of a day usually cost as the alert came
    wide = width or _width(x[hour - DAY + 1 : hour + 1] - then)
    at_alert = (x[hour - wide + 1 : hour + 1] - then[-wide:]).mean()
    now = np.arange(last - wide + 1, last + 1)
    if missing is not None and not missing[now].all():
        now = now[~missing[now]]
    running = (x[now] - then[(now - hour - 1) % DAY]).mean()
    return float(running / (STILL * at_alert)) if at_alert > 0 else 0.0


def still_over(x: Floats, usual: Floats, hour: int) -> NDArray[np.bool_]:
    """Whether each later hour was over what was usual at the alert by `STILL` of what the alert was."""
    then = usual[hour - DAY + 1 : hour + 1]
    later = np.arange(hour + 1, len(x))
    return np.asarray(x[later] - then[(later - hour - 1) % DAY] >= STILL * (x[hour] - then[-1]))


def may_run(
    x: Floats, usual: Floats, missing: NDArray[np.bool_], row: NDArray[np.intp], hour: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Of many alerts of many series at once: whether `held` has to be asked whether each still runs.

    ``x``, ``usual``  (series, hours), ``missing`` which of the last day's hours are (series, `DAY`); ``row`` and
    ``hour`` are those of the alerts, before the last hour.
    """
    last = x.shape[1] - 1
    out: NDArray[np.bool_] = (hour >= max(DAY, last + 1 - HELD_DAYS * DAY)) & ~missing[row, -1]
    row, hour = row[out, np.newaxis], hour[out, np.newaxis]
    day = hour + np.arange(1 - DAY, 1)
    spent = x[row, day]
    then = np.where(day < DAY, spent, usual[row, day])
    over = spent - then
    three, whole = over[:, -3:].mean(axis=1), over.mean(axis=1)
    is_wide = three < whole
    now = np.arange(last - DAY + 1, last + 1)
    running = x[row, now] - np.take_along_axis(then, (now - hour - 1) % DAY, axis=1)
    compared = ~missing[row[:, 0]]
    compared[:, :-3] &= is_wide[:, np.newaxis]
    runs = np.where(compared, running, 0.0).sum(axis=1) / compared.sum(axis=1)
    out[out] = runs >= (1 - ROUNDING) * STILL * np.where(is_wide, whole, three)
    return out


def _width(day: Floats) -> int:
    """What an alert is held against: its last three hours, or the day where that was further over the usual."""
    return DAY if day[-3:].mean() < day.mean() else 3


def runs_now(excess: Floats) -> bool:
    """Whether the last three hours are over the usual, by a quarter of what the last day is: else it is over.

    What lasts is judged by a whole day, most of which may lie before the end. Missing hours (NaN) say nothing; the last
    one is none.
    """
    day = excess[-DAY:]
    hours, day = day[-3:][~np.isnan(day[-3:])], day[~np.isnan(day)]
    return bool(hours.mean() > STILL / 2 * max(0.0, day.mean()))
