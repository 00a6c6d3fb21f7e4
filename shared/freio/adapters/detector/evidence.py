"""Eleven kinds of evidence that spend runs away: each compares one statistic of the last hours with its own past highs.

A series of money is judged by its *records*. For each statistic, the value now is set against the highest that the
series itself has reached in the last four weeks, plus a share of its level: 1 is about what a series in good order
reaches once in five weeks. A ratio of records needs no distribution: a series that bursts every other day has high
records, and stays quiet; a steady one shows a tenth of its level.

The lowest of the last hours is the evidence that a mean is not: real usage comes in bursts, an incident goes on. Its
records are so low, even in series that burst, that a loop of six hours stands out in nearly all of them.

``lag``: the newest hours whose records do not count yet. Six for what is sudden (an incident's first hours do not
excuse its next ones, and a day of high spend is told once), a day for what lasts: growth doubles in a day.
``edge`` and ``share`` were chosen on ServeGen's clients with incidents of seeds 21 to 30 (bench/detection.py): the
edge is where a statistic alone gives .2 alerts per series-week on clean spend. None of it is finely tuned: halving or
doubling all shares, leaving out any one kind, the mean of a record's two highest days in place of its highest, or
other powers in `together` moved mean recall by .02 or less, which is what chance moves it by. So did, each beside
these or in place of one: means and medians of 6, 12, 24 and 48 hours, accumulated excess (CUSUM, in money and in
logarithms), the score over its own past highs, and a weight for what lasts. Models that learned to tell incidents from
clean hours by 20 such statistics, on other clients of the same seeds, were worse (steady series, .25: recall and
money lost .76 .48 by logistic regression, .82 .43 by gradient boosting, .89 .35 by this).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from freio.adapters.detector.windows import DAY, Floats

HIGH_DAYS = 28  # days in which a record stands
CAP = 1.75  # times its edge: more of one kind of evidence does not make up for none of the others
WORTH = 0.85  # the least score that is worth an alert, whatever the budget: what is weaker hides incidents behind noise


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind: a statistic of the last hours (`of`), taken over what is usual or as it is, and how it is judged."""

    name: str
    of: str
    over_usual: bool
    share: float
    lag: int
    edge: float

    @property
    def from_hour(self) -> int:
        """The first hour of a series that is judged: after a day, and once there is a record of a whole window."""
        return max(DAY, self.lag + int(self.of.partition("_")[2] or 1))


SUDDEN = (
    Evidence("the hour", "hour", over_usual=False, share=1.0, lag=6, edge=1.14),
    Evidence("the hour over the usual", "hour", over_usual=True, share=2.0, lag=6, edge=1.0),
    Evidence("three hours", "mean_3", over_usual=False, share=1.0, lag=6, edge=1.05),
    Evidence("each of three hours", "low_3", over_usual=False, share=1.0, lag=6, edge=0.95),
    Evidence("each of three hours over the usual", "low_3", over_usual=True, share=4.0, lag=6, edge=0.5),
)
LASTING = (
    Evidence("each of six hours", "low_6", over_usual=False, share=1.0, lag=12, edge=0.82),
    Evidence("each of twelve hours over the usual", "low_12", over_usual=True, share=0.5, lag=24, edge=1.0),
    Evidence("nearly each hour of a day", "third_24", over_usual=False, share=0.25, lag=24, edge=0.9),
    Evidence("most hours of a day", "fifth_24", over_usual=False, share=0.1, lag=24, edge=1.27),
    Evidence("a day over the usual", "mean_24", over_usual=True, share=0.5, lag=24, edge=1.05),
)
JUMP = Evidence("the hour over the three before", "jump_3", over_usual=False, share=1.0, lag=6, edge=1.1)
ALL = (*SUDDEN, *LASTING, JUMP)
AT_ONCE = (0, 1, len(ALL) - 1)  # what an hour shows by itself: its money, its excess, its jump
AT_ONCE_COUNTS, AT_ONCE_CAP = 0.9, 1.2  # one hour is no more than so sure
OVER_USUAL = tuple(dict.fromkeys(kind.of for kind in ALL if kind.over_usual))


def excesses(statistic: Mapping[str, Floats], usually: Callable[[str], Floats]) -> list[Floats]:
    """Each kind's statistic in money: as it is, or what it is over the usual one (`usually`, by its name)."""
    over = {of: np.maximum(0.0, statistic[of] - usually(of)) for of in OVER_USUAL}
    return [over[kind.of] if kind.over_usual else statistic[kind.of] for kind in ALL]


def together(judged: Floats) -> Floats:
    """The score: the largest of what comes at once, what is sudden and what lasts.

    ``judged`` is (evidence, …), each over its edge. What is sudden and what lasts are means of five kinds, with the
    power 2.5: of powers from 1 (the mean) to 8 (nearly the largest) 2 to 3 were best; an excess that only one kind of
    evidence sees, however large, gets no further than the cap: five that agree weigh more. Three of the sudden ones
    need three hours, so what comes at once is the plain mean of those that need one: with it half of the spikes are
    told in their first hour, not their third.
    """
    capped = np.minimum(judged, CAP)
    powers = capped * capped * np.sqrt(capped)
    sudden = powers[: len(SUDDEN)].mean(axis=0)
    lasting = powers[len(SUDDEN) : len(SUDDEN) + len(LASTING)].mean(axis=0)
    at_once = sum(capped[place] for place in AT_ONCE) / len(AT_ONCE)
    of_one_hour = AT_ONCE_COUNTS * np.minimum(at_once, AT_ONCE_CAP)
    return np.asarray(np.maximum(np.maximum(sudden, lasting) ** 0.4, of_one_hour))
