"""Sixteen kinds of evidence that spend runs away: each sets a statistic of the last hours against its own past highs.

A series of money is judged by its *records*. For each statistic, the value now is set against the highest that the
series itself has reached in the last four weeks, plus a share of its level: 1 is about what a series in good order
reaches once in five weeks. A ratio of records needs no distribution: a series that bursts every other day has high
records, and stays quiet; a steady one shows a tenth of its level.

The lowest of the last hours is the evidence that a mean is not: real usage comes in bursts, an incident goes on. Its
records are so low, even in series that burst, that a loop of six hours stands out in nearly all of them. Three hours
that each cost more than any of the day before are the same for series whose records are old: what was high last week
excuses a rise less than what was high yesterday. Before a series nothing was spent, so its beginning is its first rise.

An app that keeps a daily rhythm (`freio.adapters.detector.rhythm`) is judged by that too: what costs no more at night
than noon does is no record, and still nothing that this app ever did. There the three kinds of `IN_RHYTHM` are enough,
each alone; where no rhythm is kept they say nothing.

``lag``: the newest hours whose records do not count yet. Six for what is sudden (an incident's first hours do not
excuse its next ones, and a day of high spend is told once), a day for what lasts: growth doubles in a day.
``edge`` and ``share`` were chosen on ServeGen's clients with incidents of seeds 21 to 60 (bench/detection.py): the
edge is where a statistic alone gives .2 alerts per series-week on clean spend. None of it is finely tuned: halving or
doubling all shares, leaving out any one kind, the mean of a record's two highest days in place of its highest, or
other powers in `together` moved mean recall by .02 or less, which is what chance moves it by.

What the eleven kinds before missed, of steady series at .25 alerts a week (seeds 21 to 40, means over types): 5 of 100
incidents were within a day of an alert that the clean series had too, 7 showed no more than the series did by itself.
From a threshold of .9 to 1.05 the clean alerts were the same few; under it each that was gained hid as much as it
found, so that recall at .50 was that at .25. Tried beside those eleven (recall at .25 steady | all series: .881 | .808,
money lost .349 | .481), and left:

- memory. A bar that is higher for one to six days after an alert (by 1.1 to 2 times): .734 to .876 | .670 to .814; the
  higher the more alerts a series has had: .807 to .870 | .765 to .810; trouble that still runs told again each day, as
  something weaker: at .50 .848 to .883 of steady series, .890 without. The score over its own past highs: level.
- other records: that fade by .02 to .15 a day: .852 to .881 | .806 to .818; with those of the same time of day: .856 to
  .874 | .798 to .806; with their own spread beside the share: .801 to .874 | .765 to .809, growth up to 8 hours sooner
  in all series and no sooner in steady ones.
- means of 12 to 48 hours as a group of their own: .876 to .884 | .753 to .782; two hours as one: .02 less money lost
  for .02 less recall. Means and medians of 6 to 48 hours or accumulated excess (CUSUM, in money and in logarithms)
  beside these: level.
- weights of 42 such statistics, searched on two thirds of the clients: .02 to .04 better on those, from .02 worse to
  .01 better on the last third. Models that learned to tell incidents from clean hours by them, on other clients:
  .80 | .73 by logistic regression, .78 | .75 by gradient boosting.

Thirteen in place of eleven, with the pool: .896 for .893 | .835 for .806 on average of seeds 21 to 50, growth found
after 35 hours for 38 in all series. On random halves of the clients the gain was .02 in all series, and chance in
steady ones.

The thirteen were then held against the same clients with their two weeks swapped and with time reversed, so that other
weeks are reported on (`make bench ARGS=orders`). No power, cap, weight or kind left out did better on the four orders
together, nor did any of 318 other statistics as a fourteenth kind: means, lows, rises over one day to three, gains on
yesterday, distance to an envelope of neighbouring hours, geometric means. Left too: records with hindsight, of the
second or fourth highest day, bars by how bursty, busy or regular a series is. What helped is the rhythm. Recall at .10,
.25 and .50 of steady series, and lost at .25, without the pool:

=======================================  ========================  ========================
                                         four orders, 21 to 24     as recorded, 21 to 35
=======================================  ========================  ========================
thirteen kinds                           .693 .836 .862  .404      .764 .883 .890  .353
and out of rhythm                        .701 .838 .876  .400      .780 .890 .900  .345
with a usual that reaches an hour round  .696 .840 .872  .400      .778 .888 .900  .345
=======================================  ========================  ========================

(All series: .854 for .858 | .834 for .845, growth after 37 hours for 40 | 37.) The last line is what stands here: with
it no app whose days have peaks is told of when its country's clocks change, or when its nightly job is an hour late. A
day's gain is held against what is usually gained: an office gains on its Sunday each Monday, and was told every second
time (of made weeks with lognormal noise of .2, nights of a tenth or a third and weekends of a tenth to .6 of the day,
.14 to .45 alerts a week for .00 to .05 without the three kinds; with it .14 at most). Two weeks cannot show that. Nor
what follows a quiet day, a holiday that nobody named or a brake: the next day gains on it, and is a day as usual. So a
gain is no more than its whole day is over the usual. After a day at half of theirs up to eight in ten made apps with a
rhythm were told at .25 without that, and none with it; no recall above moves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from freio.adapters.detector.windows import DAY, Floats

HIGH_DAYS = 28  # days in which a record stands
CAP = 1.75  # times its edge: more of one kind of evidence does not make up for none of the others
ODD = 0.65  # of a score: what is less is calm; a flat series rests at .57
WORTH = 0.85  # the least score that is worth an alert, whatever the budget: what is weaker hides incidents behind noise


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind: a statistic of the last hours (`of`), taken over what is usual or as it is, and how it is judged.

    ``around``  over what is usual an hour before or after, too.
    """

    name: str
    of: str
    over_usual: bool
    share: float
    lag: int
    edge: float
    around: bool = False

    @property
    def from_hour(self) -> int:
        """The first hour of a series that is judged: after a day, and once there is a record of a whole window."""
        return max(DAY, self.lag + int(self.of.partition("_")[2] or 1))


SUDDEN = (
    Evidence("the hour", "hour", over_usual=False, share=1.0, lag=6, edge=1.14),
    Evidence("three hours", "mean_3", over_usual=False, share=1.0, lag=6, edge=1.05),
    Evidence("each of three hours", "low_3", over_usual=False, share=1.0, lag=6, edge=0.95),
    Evidence("each of three hours over the usual", "low_3", over_usual=True, around=True, share=4.0, lag=6, edge=0.47),
    Evidence("each of three hours over the day before", "rise_3", over_usual=False, share=0.5, lag=6, edge=0.63),
)
LASTING = (
    Evidence("each of six hours", "low_6", over_usual=False, share=1.0, lag=12, edge=0.82),
    Evidence("each of twelve hours over the usual", "low_12", over_usual=True, share=0.5, lag=24, edge=1.0),
    Evidence("most of twelve hours over the usual", "third_12", over_usual=True, share=0.5, lag=24, edge=0.92),
    Evidence("nearly each hour of a day", "third_24", over_usual=False, share=0.25, lag=24, edge=0.9),
    Evidence("most hours of a day", "fifth_24", over_usual=False, share=0.1, lag=24, edge=1.27),
    Evidence("a day over the usual", "mean_24", over_usual=True, share=0.5, lag=24, edge=1.05),
)
BY_ITSELF = (
    Evidence("the hour over the usual", "hour", over_usual=True, around=True, share=2.0, lag=6, edge=0.94),
    Evidence("the hour over the three before", "jump_3", over_usual=False, share=1.0, lag=6, edge=1.1),
)
IN_RHYTHM = (
    Evidence("an hour out of rhythm", "hour", over_usual=True, around=True, share=4.0, lag=6, edge=0.66),
    Evidence("three hours out of rhythm", "mean_3", over_usual=True, around=True, share=8.0, lag=6, edge=0.335),
    Evidence("a day out of rhythm", "gain_24", over_usual=True, share=0.25, lag=24, edge=0.32),
)
ALL = (*SUDDEN, *LASTING, *BY_ITSELF, *IN_RHYTHM)
SUDDEN_COUNTS = 0.93  # beside what lasts: of .83 to 1 the best, growth comes two hours sooner than with 1
OF_HOURS = len(SUDDEN) + len(LASTING)
AT_ONCE = (0, OF_HOURS, OF_HOURS + 1)  # what an hour shows by itself: its money, its excess, its jump
AT_ONCE_COUNTS, AT_ONCE_CAP = 0.9, 1.2  # one hour is no more than so sure
GROSS, GROSS_CAP = 0.5, 1.9  # unless all that it shows is gross: for each doubling over its edges
RHYTHM_COUNTS = 0.95  # the more it counts, the more is found in steady series, and the less in all others
OVER_USUAL = tuple(dict.fromkeys(kind.of for kind in ALL if kind.over_usual and not kind.around))
AROUND = tuple(dict.fromkeys(kind.of for kind in ALL if kind.around))
RHYTHM = slice(len(ALL) - len(IN_RHYTHM), len(ALL))  # the kinds that count where a series keeps its rhythm


def excesses(
    statistic: Mapping[str, Floats], usually: Callable[[str], Floats], around: Callable[[str], Floats]
) -> list[Floats]:
    """Each kind's statistic in money: as it is, or what it is over the usual one (`usually`, `around`, by its name).

    A day that gains on the day before it may only be what days usually are: no gain is more than its day is over those.
    """
    over = {of: np.maximum(0.0, statistic[of] - usually(of)) for of in OVER_USUAL}
    over["gain_24"] = np.minimum(over["gain_24"], over["mean_24"])
    widely = {of: np.maximum(0.0, statistic[of] - around(of)) for of in AROUND}
    return [
        widely[kind.of] if kind.around else over[kind.of] if kind.over_usual else statistic[kind.of] for kind in ALL
    ]


def together(judged: Floats) -> Floats:
    """The score: the largest of what comes at once, what is sudden, what lasts, and what is out of rhythm.

    ``judged`` is (evidence, …), each over its edge; what is out of rhythm is 0 where a series keeps none, and is
    enough alone where it keeps one. What is sudden and what lasts are means of five kinds and of six,
    with the power 2.5: of powers from 1 (the mean) to 8 (nearly the largest) 2 to 3 were best; an excess that only one
    kind of evidence sees, however large, gets no further than the cap: five that agree weigh more. Four of the sudden
    ones need three hours, so what comes at once is the plain mean of those that need one: with it half of the spikes
    are told in their first hour, not their third. That mean is capped, for one hour may be chance; what is gross in all
    three is none: at four times their edges an hour scores 1, at eight times 1.5, so that a steady app at twenty times
    its usual is told in its first hour. (Incidents of up to ten times are told as they were without: of seeds 21 to 40
    at .25 alerts, steady | all: .891 | .838 for .891 | .829, growth after as many hours.)
    """
    capped = np.minimum(judged, CAP)
    powers = capped * capped * np.sqrt(capped)
    sudden = powers[: len(SUDDEN)].mean(axis=0)
    lasting = powers[len(SUDDEN) : OF_HOURS].mean(axis=0)
    at_once = sum(capped[place] for place in AT_ONCE) / len(AT_ONCE)
    of_one_hour = AT_ONCE_COUNTS * np.minimum(at_once, AT_ONCE_CAP)
    least = np.minimum.reduce([judged[place] for place in AT_ONCE])
    gross = np.minimum(GROSS_CAP, GROSS * np.log2(np.maximum(least, 1.0)))
    out_of_rhythm = RHYTHM_COUNTS * np.minimum(GROSS_CAP, judged[RHYTHM].max(axis=0))
    return np.asarray(np.maximum.reduce([SUDDEN_COUNTS * sudden**0.4, lasting**0.4, of_one_hour, gross, out_of_rhythm]))
