"""The detector of paces: tokens come faster than this traffic ever did, or many more requests bring them.

Three records, of which 1 is the edge of each, and the score is their mean: the present pace beside the highest of four
weeks; its excess over the usual beside the highest excess; and its jump over the last three hours beside the highest
jump. Nothing has to last, so that a runaway is told within minutes. What lasts and is never a record of a quarter of
an hour is found in money.

Tried on the same paces, with incidents of seeds 21 to 30 (44 steady clients, .25 alerts per series-week, 67 spikes and
73 retry storms): the median of minutes, misses counted as never, and the share told within 25.

===================================================  ===============  ===============
                                                     spikes           retry storms
===================================================  ===============  ===============
these three                                           20 min   .57     15 min   .74
the pace and its excess                               20 min   .52     20 min   .58
the pace alone                                        80 min   .42     20 min   .59
the excess alone                                      70 min   .46     20 min   .60
the jump alone                                        missed   .46     20 min   .66
windows of 20 minutes in place of 15                  25 min   .55     20 min   .77
windows of an hour, the pace alone                    65 min   .10     60 min   .23
the highest of windows of 20 and of 60 minutes        60 min   .46     25 min   .52
the lowest step of 20 minutes, alone                  85 min   .46     25 min   .58
records of the same time of day, of half an hour     115 min   .40     25 min   .51
a score over its own past highs                       40 min   .49     20 min   .59
===================================================  ===============  ===============

Requests that came with the tokens have three records of their own, and their score counts as far as it adds to that of
tokens (`beside`): a storm of short requests is a record of theirs long before it is one of tokens. They fire nothing
by themselves: what they cost shows in tokens, and is what the money gate asks for. The same incidents, where a request
of the incident is as long as the client's own, a quarter of that, or four times: the share found, and of money lost.

=========================  ======================  ======================  ======================
spikes (storms)            as long                 a quarter as long       four times as long
=========================  ======================  ======================  ======================
tokens alone               .58, .48 (.93, .18)     .58, .48 (.93, .18)     .58, .48 (.93, .18)
or the mean of both: this  .55, .51 (.90, .21)     .90, .17 (.92, .15)     .52, .52 (.90, .21)
the mean of both           .57, .49 (.92, .19)     .90, .17 (.93, .13)     .34, .69 (.89, .30)
or requests alone          .51, .55 (.92, .22)     .91, .15 (.95, .12)     not run
=========================  ======================  ======================  ======================

A jump counts as far as it goes over the usual. Without that nine of sixty made apps with a daily rhythm, of which
nobody heard for three and a half hours, were told as they came back, and none is with it. It costs one spike of these
67: the second line of the last table became .54, .52 (.90, .23) as long, and the others of both were not run again.

A jump over one hour to six, records that count after one hour to twelve, shares of a half to double, other weights:
within .05 of the first line. In 40 of 100 the first quarter of an hour of a spike is no record of its app's, and no
rule that judges an app by its own past pace tells them within minutes: so .57 is near what can be had here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.calibration import SETTLED, Prior, Thresholds, thresholds, utc_days
from freio.adapters.detector.evidence import HIGH_DAYS
from freio.adapters.detector.highs import records
from freio.adapters.detector.hold import HELD_DAYS, STILL, as_known, held, still_over
from freio.adapters.detector.kinds import shape_of
from freio.adapters.detector.level import daily, levels, measured
from freio.adapters.detector.why import why
from freio.adapters.detector.windows import DAY, Floats, usual
from freio.domain.spend import Pace, Score

LAG = 3  # the newest hours whose records do not count yet: an incident's first ones do not excuse its next
SHARES = (1.0, 2.0, 1.0)  # of the level, beside the records of pace, excess and jump: what is small
EDGES = (0.78, 0.7, 0.82)  # so that 1.0 fires as often as one budget of .25 allows, beside money
PART = 0.8  # of a budget of alerts that is shared with money: see `freio.adapters.detector.adapter`
OF_CLEAN_USAGE = Prior(rate=0.39, least=0.9, fall=1.5, most=2.0)  # ServeGen, both panels, gate of 5 USD an hour


@dataclass(frozen=True, slots=True)
class Bounds:
    """What each hour may be, by those before it: the usual pace, and what pace, excess and jump are at their edges.

    Arrays of (hours, series), or of (hours,) for one series.
    """

    usual: Floats
    edges: tuple[Floats, Floats, Floats]

    def score(self, pace: Floats, jump: Floats, hour: int | slice = slice(None)) -> Floats:
        """What such paces and jumps score in that hour: 1.0 fires.

        A jump counts as far as it is over the usual: what comes back after it was down jumps to what it always was.
        """
        over = np.maximum(0.0, pace - self.usual[hour])
        parts = zip((pace, over, np.minimum(jump, over)), self.edges, strict=True)
        return np.asarray(sum(value / edge[hour] for value, edge in parts) / len(self.edges))

    def of(self, column: int) -> Bounds:
        """One series'."""
        high, far, leap = (edge[:, column] for edge in self.edges)
        return Bounds(self.usual[:, column], (high, far, leap))


def bounds(peaks: Floats, jumps: Floats) -> Bounds:
    """From the highest pace and jump of each hour (hours, series); what an hour may be needs no later one.

    On the first day nothing is usual, and nothing is too much. An app that went through 10,000 tokens an hour for ten
    days has its edges at a pace of 15,600, 14,000 over the usual, and a jump of 8,200; what starts at once is at their
    mean from 19,200 on.
    """
    normal = usual(peaks)
    over = np.maximum(0.0, peaks - normal)
    over[:DAY] = 0.0
    by_day = levels(*daily(peaks))
    unit = np.repeat(np.array([measured(day) for day in by_day]), DAY, axis=0)[: len(peaks)]
    found = []
    for values, share, edge in zip((peaks, over, jumps), SHARES, EDGES, strict=True):
        most = edge * (share * unit + records(values, HIGH_DAYS, LAG))
        most[:DAY] = np.inf
        found.append(most)
    high, far, leap = found
    return Bounds(normal, (high, far, leap))


class PaceRecords:
    """Implements `PaceDetector`. It compares hours of the day by their distance alone, so it needs no calendar."""

    def __init__(self, alerts: float | None = None) -> None:
        """``alerts`` per app-week, of money and paces together; without a budget 1.0 fires."""
        self._alerts = alerts

    def score(self, series: Mapping[str, Pace], last_hour: datetime) -> dict[str, Score]:
        """The present of each: it fires from its second day on."""
        tokens = _by_records({name: (pace.peaks, pace.jumps) for name, pace in series.items()})
        requests = _by_records(
            {name: (pace.requests, pace.request_jumps) for name, pace in series.items() if pace.requests}
        )
        found = {name: _Known(series[name], tokens[name], requests.get(name)) for name in sorted(series)}
        held_against = self._thresholds(list(found.values()), last_hour)
        return {name: _last(found[name], held_against) for name in series}

    def _thresholds(self, found: Sequence[_Known], last_hour: datetime) -> Thresholds:
        kept = max((len(one.tokens.peaks) for one in found), default=0)
        if self._alerts is None or not found:
            return Thresholds(np.ones(kept), None)
        apps = {app: row for row, app in enumerate(sorted({one.pace.app for one in found}))}
        told, counts = np.zeros((len(apps), kept)), np.zeros((len(apps), kept), dtype=bool)
        for one in found:
            row, mine = apps[one.pace.app], slice(kept - len(one.tokens.peaks), None)
            np.maximum(told[row, mine], one.told, out=told[row, mine])
            counts[row, kept - len(one.tokens.peaks) + SETTLED :] = True
        return thresholds(told, counts, utc_days(last_hour, kept), OF_CLEAN_USAGE, PART * self._alerts)


@dataclass(frozen=True, slots=True)
class _Records:
    """One series hour by hour: its peaks, what was usual of them, and what they score by their records.

    ``bounds``  what each hour may be.
    """

    peaks: Floats
    usual: Floats
    score: Floats
    bounds: Bounds


def _by_records(series: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> dict[str, _Records]:
    """Of peaks and jumps; those of one age at once."""
    ages: dict[int, list[str]] = defaultdict(list)
    for name in sorted(series):
        ages[len(series[name][0])].append(name)
    found = {}
    for names in ages.values():
        peaks, jumps = (np.array([series[name][of] for name in names], dtype=float).T for of in (0, 1))
        every = bounds(peaks, jumps)
        score = every.score(peaks, jumps)
        for column, name in enumerate(names):
            found[name] = _Records(peaks[:, column], every.usual[:, column], score[:, column], every.of(column))
    return found


@dataclass(frozen=True)
class _Known:
    """What is known of one series, hour by hour: of its tokens, and of their requests as far back as there are any."""

    pace: Pace
    tokens: _Records
    requests: _Records | None

    @cached_property
    def score(self) -> Floats:
        if self.requests is None:
            return self.tokens.score
        return beside(self.tokens.score, padded(self.requests.score, len(self.tokens.score)))

    def usual_requests(self, hour: int) -> float:
        """By the hour's place among those of tokens; none before there were any."""
        assert self.requests is not None, "asked only where they have told"
        return float(padded(as_known(self.requests.peaks, self.requests.usual), len(self.tokens.peaks))[hour])

    @cached_property
    def matters(self) -> NDArray[np.bool_]:
        """The hours whose excess is worth more than the money gate: nothing was told of the others.

        In a sale, of which the announced part is left out, the gate is a part of what it was: as small as in any of
        them.
        """
        over = self.tokens.peaks - as_known(self.tokens.peaks, self.tokens.usual)
        return np.asarray(over > self.pace.gate / self.pace.divided)

    @property
    def told(self) -> Floats:
        """What it would have told of, hour by hour: an excess of money, which tokens alone are worth."""
        return np.where(self.tokens.peaks - self.tokens.usual > self.pace.gate, self.score, 0.0)


def beside(tokens: Floats, requests: Floats) -> Floats:
    """The score of tokens, or the mean of both where that is more: requests never take away from it."""
    return np.maximum(tokens, (tokens + requests) / 2)


def padded(values: Floats, hours: int) -> Floats:
    """So many hours, those before the values as zero."""
    return np.concatenate((np.zeros(hours - len(values)), values))


def _last(known: _Known, held_against: Thresholds) -> Score:
    """It fires while the pace is too high, and after that until the excess is half of what it was."""
    peaks, usually = known.tokens.peaks, known.tokens.usual
    bar = held_against.by_hour[-len(peaks) :]
    last = len(peaks) - 1
    value, then, told = float(known.score[-1] / bar[-1]), last, last
    still, since = _held(known, bar)
    if value < 1 and still < 1:
        value = max(value, _held_within(known, float(bar[-1])))
    if still >= 1:  # what was usual at this hour of the day when it began
        told = last if value >= 1 else since
        value, then = max(value, still), since - (since - last) % DAY
    if value < 1:
        return Score(value=value, usual=float(usually[last]), kind="spike", calibration=held_against.now)
    usually = as_known(peaks, usually)
    normal = float(usually[then])
    kind, _ = shape_of(peaks, usually)
    by_requests = known.requests is not None and not _tokens_tell(known, bar, told)
    return Score(
        value=value,
        usual=normal,
        kind=kind,
        why=why(peaks, normal),
        calibration=held_against.now,
        usual_requests=known.usual_requests(then) if by_requests else None,
    )


def _held(known: _Known, bar: Floats) -> tuple[float, int]:
    """What still runs of what has fired, and since when: of what requests have told, as much of them as of tokens.

    Their alert may be over the usual by next to nothing in tokens, which any hour of noise is as well. But where all of
    its tokens run on, and more of them than in the four weeks before it, it is the same trouble with fewer requests: as
    long as in each hour since either ran.
    """
    peaks, usually = known.tokens.peaks, known.tokens.usual
    by_tokens = _by_tokens(known, bar)
    by_requests = (known.matters & (known.score >= bar))[:-1] & ~by_tokens
    found = (0.0, len(peaks) - 1)
    if by_tokens[-HELD_DAYS * DAY :].any():
        found = held(peaks, usually, by_tokens, width=1)
    if known.requests is not None and by_requests[-HELD_DAYS * DAY :].any():
        requests = known.requests.peaks, as_known(known.requests.peaks, known.requests.usual)
        many, usual_many = (padded(each, len(peaks)) for each in requests)
        found = max(found, held(peaks, usually, by_requests, width=1, beside=(many, usual_many)))
        still, since = held(peaks, usually, by_requests, width=1)
        if still * STILL >= 1:
            most = peaks[max(0, since - HIGH_DAYS * DAY) : since].max(initial=0.0)
            ran = (peaks > most)[since + 1 :] | still_over(many, usual_many, since)
            if ran.all() and peaks[-1] > most:
                found = max(found, (still, since))
    return found


def _held_within(known: _Known, bar: float) -> float:
    """How much still runs of what the present hour has fired for, as `held` has it; 0 where it has not.

    The jump that tells a runaway is over after a quarter of an hour, and the hour is no record before it ends.
    """
    if known.pace.so_far is None:
        return 0.0
    score, still = _within(known.tokens, known.pace.so_far)
    if score < bar and known.requests is not None and known.pace.requests_so_far is not None:
        asked, still_asked = _within(known.requests, known.pace.requests_so_far)
        score, still = max(score, (score + asked) / 2), min(still, still_asked)
    return still if score >= bar else 0.0


def _tokens_tell(known: _Known, bar: Floats, told: int) -> bool:
    """Whether tokens alone tell it: in that hour, or before it, within the present hour too, so that it runs since."""
    if known.tokens.score[told] >= bar[told]:
        return True
    if held(known.tokens.peaks, known.tokens.usual, _by_tokens(known, bar), width=1)[0] >= 1:
        return True
    if known.pace.so_far is None:
        return False
    score, still = _within(known.tokens, known.pace.so_far)
    return bool(score >= bar[-1] and still >= 1)


def _by_tokens(known: _Known, bar: Floats) -> NDArray[np.bool_]:
    """The hours before the present one that tokens alone have told."""
    return (known.matters & (known.tokens.score >= bar))[:-1]


def _within(records: _Records, so_far: tuple[float, float]) -> tuple[float, float]:
    """What the present hour's highest pace and jump score, and how much of that pace's excess runs, over `STILL`."""
    pace, jump = (np.array([value]) for value in so_far)
    over = so_far[0] - records.usual[-1]
    still = (records.peaks[-1] - records.usual[-1]) / (STILL * over) if over > 0 else 0.0
    return float(records.bounds.score(pace, jump, -1)[0]), float(still)
