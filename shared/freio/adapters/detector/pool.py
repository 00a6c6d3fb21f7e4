"""The second opinion: a model of PyOD's over the calm hours of all series, asked where the records look odd.

The kinds of evidence of calm hours are one pool, of every series of the client: which of them rise together, and
how far, is learned there, so that a quiet app borrows from the others. Fitted once a day, on the seven days before;
hours that look odd stay out, since a pool that holds incidents stops finding them. The model moves a score, and cannot
make one: it is asked only from `ODD` on, and learns from what is under it, and its opinion counts with a small power.

Which model, by mean recall at .25 and .50 alerts a week and money lost at .25, steady series | all series; ServeGen,
incidents of seeds 21 to 30, with the power of the opinion at .3 and asked from .6 on (IForest and PCA: seeds 21 to 24,
where the records alone have .888 .887 .387 | .771 .881 .506; MCD: 21 and 22, where they have .930 .892 .348):

====================  ==== ==== ====   ==== ==== ====  ===============================================================
records alone         .888 .864 .382 | .796 .875 .497
ECOD's right tail     .900 .858 .390 | .814 .879 .498  the only one that loses nothing at .10: .752 | .572, as without
COPOD                 .886 .855 .406 | .822 .874 .502  .732 | .541 at .10; the rows asked about become part of its pool
HBOS                  .875 .851 .410 | .816 .870 .491  .721 | .604 at .10; growth after 36 hours, not 41
KNN (10, mean)        .865 .867 .398 | .796 .876 .498  the neighbours of a calm hour tell little of an odd one
IForest               .869 .887 .413 | .768 .877 .518  thirty times slower
PCA                   .883 .879 .412 | .765 .886 .519
MCD                   .871 .875 .412 |                 a hundred times slower; on all series its fit failed
====================  ==== ==== ====   ==== ==== ====  ===============================================================

(With eleven kinds of evidence; with thirteen .893 .897 .332 | .825 .856 .482 without the opinion and .896 .899 .338 |
.835 .862 .479 with it, seeds 21 to 50.) Differences of two hundredths are chance, and on seeds 41
to 50 the right tail was level with the records alone. So the records do the work; the opinion is kept small (`POWER`, a
factor of .93 to 1.04) and the benchmark shows both.

The only file that imports PyOD, and it does so at the first fit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from freio.adapters.detector.engine import Judged, Odd
from freio.adapters.detector.evidence import CAP, ODD, WORTH
from freio.adapters.detector.windows import DAY, Floats

POOL_DAYS = 7
ENOUGH = 200  # calm hours: a dozen for each kind of evidence
SERIES = 1000  # whose hours are looked through for them: every second one of two thousand
ROWS = 2000  # in the pool: enough for sixteen columns, and a fit takes milliseconds
POWER = 0.1
MOST_KEPT = 32  # pools: a day that is begun asks for some twenty, one for each day before
OPINION = (0.5, 1.5)  # how far the opinion reaches: beyond the pool's 99th percentile it tells little


def right_tail() -> Any:
    """PyOD's ECOD with its two traps taken out: how improbable so much of each kind of evidence is in the pool.

    Only the right tail counts (little evidence is no anomaly), and a row is judged by the fitted pool alone: ECOD's
    own `decision_function` mixes the rows asked about into the pool, so that a score depends on who else is asked.
    With three of a pool of 999 as high or higher, a column adds -log(4/1000).
    """
    return _right_tail()()


@cache
def _right_tail() -> type[Any]:
    """Made once: scikit-learn looks at each class of its kind for a millisecond."""
    from pyod.models.ecod import ECOD  # noqa: PLC0415  # heavy: only when a pool is fitted

    class RightTail(ECOD):  # type: ignore[misc]  # PyOD has no types
        def decision_function(self, rows: Floats) -> Floats:
            pool = np.sort(getattr(self, "X_train", rows), axis=0)  # while it is fitted, the rows are the pool
            total = np.zeros(len(rows))
            for column in range(rows.shape[1]):
                above = len(pool) - np.searchsorted(pool[:, column], rows[:, column], side="left")
                total -= np.log((above + 1) / (len(pool) + 1))
            return total

    return RightTail


class Pool:
    """A fitted second opinion; `model` makes any detector of PyOD's."""

    def __init__(self, evidence: Floats, score: Floats, model: Callable[[], Any] = right_tail) -> None:
        """Learns from calm hours: ``evidence`` (hours of all series, kind), ``score`` the records' score of each."""
        rows = _columns(evidence[_calm(score, evidence.sum(axis=1))])
        self._model = model()
        self._model.fit(rows)
        known = np.asarray(self._model.decision_scores_)
        self._middle, self._far = float(np.median(known)), float(np.quantile(known, 0.99))

    def moved(self, evidence: Floats, score: Floats) -> Floats:
        """The scores with the pool's opinion: an hour as odd as one in a hundred calm ones keeps its score.

        What the records call no alert is made none: it would be noise, and one alert hides others for a day.
        """
        out = score.copy()
        odd = np.flatnonzero(score >= ODD)
        if len(odd):
            found = np.asarray(self._model.decision_function(_columns(evidence[odd])))
            spread = max(self._far - self._middle, 1e-9)
            moved = score[odd] * np.clip((found - self._middle) / spread, *OPINION) ** POWER
            out[odd] = np.where(score[odd] >= WORTH, moved, np.minimum(moved, score[odd]))
        return out


class Pools:
    """The pools of days, kept where a day is begun anew (`Day`), while what they learned from stays what it was."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Pool] = OrderedDict()

    def of(self, past: bytes, learn: Callable[[], Pool]) -> Pool:
        """The pool of a day, by a digest of what was before it (`client.pasts`)."""
        if past not in self._kept:
            self._kept[past] = learn()
        self._kept.move_to_end(past)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[past]


def second_opinion(judged: Judged, model: Callable[[], Any] = right_tail) -> Floats:
    """The scores of all hours (series, hours), every day with the opinion of a pool of the seven days before it."""
    row, hour = np.nonzero(judged.score >= ODD)
    odd = Odd(row, hour, judged.evidence[row, hour])
    return with_opinions(judged.score, odd, Calm.of(judged.score, judged.evidence[asked(len(judged.score))]), model)


def asked(series: int) -> slice:
    """Whose hours are looked through for a pool."""
    return slice(None, None, max(1, series // SERIES))


@dataclass(frozen=True, slots=True)
class Calm:
    """What pools learn from: of the series that are `asked` each hour's score, evidence (…, kind) and its total."""

    score: Floats
    evidence: Floats
    total: Floats

    @classmethod
    def of(cls, score: Floats, evidence: Floats) -> Calm:
        """From the scores of all series, and the evidence of those that are `asked`: (series, hours, kind)."""
        return cls(score[asked(len(score))], evidence, evidence.sum(axis=2))

    def are_enough(self, hour: int) -> bool:
        """For a pool of the days before that hour."""
        return bool((self.score[:, _before(hour)] < ODD).sum() >= ENOUGH)

    def rows(self, hour: int) -> tuple[Floats, Floats]:
        """What the pool of a day that begins with that hour learns from: evidence (hours, kind), and their scores."""
        past = _before(hour)
        calm = _calm(self.score[:, past].ravel(), self.total[:, past].ravel())
        row, at = np.divmod(calm, max(1, past.stop - past.start))
        return self.evidence[row, past.start + at], self.score[row, past.start + at]


def _before(hour: int) -> slice:
    return slice(max(0, hour - POOL_DAYS * DAY), hour)


def with_opinions(
    score: Floats,
    odd: Odd,
    calm: Calm,
    model: Callable[[], Any] = right_tail,
    *,
    pools: Pools | None = None,
    pasts: Sequence[bytes] = (),
) -> Floats:
    """The scores (series, hours) with the opinions about odd hours, by days of the columns.

    ``pools``  those of earlier looks, where ``pasts`` says what was before each day.
    """
    out = score.copy()
    by_day = np.argsort(odd.hour, kind="stable")
    parts = np.searchsorted(odd.hour[by_day], np.arange(0, score.shape[1] + DAY, DAY))
    for day, (first, end) in enumerate(pairwise(parts.tolist())):
        if first == end or not calm.are_enough(day * DAY):
            continue

        def learn(day: int = day) -> Pool:
            return Pool(*calm.rows(day * DAY), model)

        pool = learn() if pools is None else pools.of(pasts[day], learn)
        row, hour = odd.row[by_day[first:end]], odd.hour[by_day[first:end]]
        out[row, hour] = pool.moved(odd.evidence[by_day[first:end]], score[row, hour])
    return out


def _calm(score: Floats, total: Floats) -> NDArray[np.intp]:
    """Which hours a pool learns from: calm ones, evenly over all their scores; whose hour it was plays no part.

    ``total``  of their evidence, for hours of one score: all those of flat series have the same.
    """
    calm = np.flatnonzero(score < ODD)
    scores = score[calm]
    order = np.argsort(scores)
    scores = scores[order]
    same = scores[1:] == scores[:-1]
    alike = np.flatnonzero(np.append(same, False) | np.append(False, same))
    if len(alike):
        some = np.sort(order[alike])
        order[alike] = some[np.lexsort((total[calm[some]], score[calm[some]]))]
    order = calm[order]
    return np.asarray(order[np.linspace(0, len(order) - 1, min(ROWS, len(order))).astype(int)])


def _columns(evidence: Floats) -> Floats:
    return np.log(0.1 + np.minimum(evidence, CAP))
