"""What the detector keeps between two looks: it says what a new one would say, and learns nothing twice."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from freio.adapters.detector import adapter, day, pool
from freio.adapters.detector.adapter import Budget, PyodDetector, scored
from freio.adapters.detector.client import borrowed, by_age
from freio.adapters.detector.day import Day
from freio.adapters.detector.evidence import ODD
from freio.adapters.detector.hold import held, may_run
from freio.adapters.detector.pool import Pool
from freio.adapters.detector.windows import after_nothing, statistics, usual
from tests.unit.guard.watching import NOW
from tests.unit.test_detector import DAY, bursts, business_hours

Floats = NDArray[np.float64]
Client = Mapping[str, Sequence[float]]
BUDGET = Budget(alerts=0.5, gate=0.5)
HOUR = timedelta(hours=1)


class Town:
    """Apps of several ages, looked at hour after hour, as they are known at each look."""

    def __init__(self, seed: int, days: int, looks: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.hours = days * DAY + int(self.chance.integers(0, DAY))
        apps = int(self.chance.integers(1, 9))
        self.spend = bursts(apps, self.hours + looks, seed)
        self.spend[::2] = business_hours(days + looks // DAY + 2, seed=seed)[: self.hours + looks]
        for app in range(apps):
            at, lasts = self.chance.integers(max(0, self.hours - 60), self.hours + looks), self.chance.integers(1, 30)
            self.spend[app, at : at + lasts] *= self.chance.uniform(1.3, 12)
        self.spend[self.chance.random(self.spend.shape) < self.chance.choice([0.0, 0.01])] = np.nan
        ages = [self.hours, self.hours, self.hours - 7 * DAY - 5, 12 * DAY, 40, 1, -6]
        self.begins = [max(0, self.hours - int(self.chance.choice(ages[: 2 if seed % 2 else 7]))) for _ in range(apps)]

    def looks(self) -> Iterator[tuple[int, Client]]:
        """Up to three in an hour, each with another last hour; late rows restate hours of today and of days ago."""
        for end in range(self.hours, self.spend.shape[1]):
            away = int(self.chance.integers(0, 40))
            for _ in range(int(self.chance.integers(1, 4))):
                if self.chance.random() < 0.3:
                    ago = int(self.chance.choice([2, 9, 26, 200]))
                    self.spend[int(self.chance.integers(len(self.spend))), max(0, end - ago)] += 3.0
                found = {}
                for app, hours in enumerate(self.spend):
                    if app != away and self.begins[app] < end:
                        shown = hours[self.begins[app] : end].copy()
                        shown[-1] *= self.chance.choice([0.2, 1.0, 8.0, np.nan], p=[0.3, 0.4, 0.2, 0.1])
                        found[f"app-{app}"] = shown.tolist()
                yield end, found


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 31), st.integers(0, DAY - 1), st.booleans())
def test_a_detector_that_has_looked_before_says_what_a_new_one_says(
    seed: int, days: int, shift: int, has_budget: bool
) -> None:
    """To the last digit: hour after hour and within an hour, where days turn, rows come late and apps come and go."""
    budget = BUDGET if has_budget else None
    old = PyodDetector(budget)
    for end, shown in Town(seed, days, looks=10).looks():
        now = NOW + (end + shift) * HOUR
        assert old.score(shown, now) == PyodDetector(budget).score(shown, now)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 31))
def test_what_is_judged_step_by_step_is_what_is_judged_in_one(seed: int, days: int) -> None:
    """Each last hour as the benchmark's matrix has it: records, what the young borrow, and the pool's opinion."""
    detector = PyodDetector()
    for end, shown in Town(seed, days, looks=6).looks():
        detector.score(shown, NOW + end * HOUR)
        groups = by_age({name: hours for name, hours in shown.items() if len(hours) > 1})
        known = detector._day
        if groups and known is not None:
            now = known._scores[:, groups[0].hours - 1 - known._until]
            assert np.allclose(now, scored(groups)[1][:, -1], rtol=1e-12, atol=0)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_the_statistics_are_those_of_the_windows(seed: int, hours: int) -> None:
    """Against the hours of each window in order."""
    x = bursts(2, hours, seed).T
    found, padded = statistics(after_nothing(x)), np.concatenate((np.zeros((47, 2)), x))
    for t in (0, hours // 2, hours - 1):
        window, earlier = padded[t : t + 48][::-1], padded[t : t + 48][::-1][DAY:]
        low = {many: np.sort(window[:many], axis=0) for many in (3, 6, 12, DAY)}
        for many in (3, 6, 12):
            assert np.array_equal(found[f"low_{many}"][t], low[many][0])
        for many in (3, DAY):
            assert found[f"mean_{many}"][t] == pytest.approx(window[:many].mean(axis=0))
        assert np.array_equal(found["third_12"][t], low[12][2])
        assert np.array_equal([found["third_24"][t], found["fifth_24"][t]], low[DAY][[2, 4]])
        assert np.array_equal(found["jump_3"][t], np.maximum(0, window[0] - window[1:4].max(axis=0)))
        assert np.array_equal(found["rise_3"][t], np.maximum(0, low[3][0] - window[3:27].max(axis=0)))
        assert np.array_equal(found["gain_24"][t], np.maximum(0, np.sort(window[:DAY] - earlier, axis=0)[2]))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(26, 260))
def test_an_alert_that_goes_on_is_among_those_that_may(seed: int, hours: int) -> None:
    """None that `held` holds is passed over, whatever is missing."""
    chance = np.random.default_rng(seed)
    x = bursts(6, hours, seed)
    x[:, hours - int(chance.integers(1, 30)) :] *= chance.uniform(1, 6)
    normal = usual(x.T).T
    gone = chance.random(x.shape) < 0.05
    row, hour = np.nonzero(chance.random((6, hours - 1)) < 0.1)
    may = may_run(x, normal, gone[:, -DAY:], row, hour)
    for one, at, asked in zip(row.tolist(), hour.tolist(), may.tolist(), strict=True):
        fired = np.arange(hours - 1) == at
        goes_on = not gone[one, -1] and held(x[one], normal[one], fired, missing=gone[one])[0] >= 1
        assert asked or not goes_on


@pytest.mark.filterwarnings("error")
def test_what_the_young_borrow_is_the_quartile_of_those_that_were_grown() -> None:
    """As numpy has it, for any number of them; 0 where there is none."""
    chance = np.random.default_rng(0)
    for many in (1, 2, 3, 4, 5, 64):
        ratios = chance.gamma(1, 1, (16, many, 40))
        ratios[:, ::2, :20] = np.nan
        ratios[:, :, 0] = np.nan
        there = ~np.isnan(ratios[0]).all(axis=0)
        found = borrowed([ratios])
        assert np.array_equal(found[:, there], np.nanquantile(ratios[:, :, there], 0.75, axis=1))
        assert not found[:, ~there].any()


def test_a_pool_learns_from_hours_in_the_order_of_score_evidence_and_place() -> None:
    """Where many hours score the same, as those of flat series do."""
    chance = np.random.default_rng(1)
    score, total = np.round(chance.random(9000), 2), np.round(chance.random(9000), 1)
    calm = np.flatnonzero(score < ODD)
    order = calm[np.lexsort((total[calm], score[calm]))]
    rows = np.linspace(0, len(order) - 1, pool.ROWS).astype(int)
    assert np.array_equal(pool._calm(score, total), order[rows])


def test_a_detector_of_two_days_says_what_a_new_one_says_in_every_hour() -> None:
    """Of an office with trouble on its first evening, beside an app that came yesterday."""
    x, calm = business_hours(31, seed=3), business_hours(31, seed=4)
    x[28 * DAY + 18 : 28 * DAY + 40] *= 3
    old = PyodDetector(BUDGET)
    fired = 0
    for end in range(28 * DAY + 1, 30 * DAY + 2):
        shown = {"office": x[:end].tolist(), "twin": (calm[:end] * 2).tolist(), "young": x[27 * DAY : end].tolist()}
        found = old.score(shown, NOW + end * HOUR)
        assert found == PyodDetector(BUDGET).score(shown, NOW + end * HOUR)
        fired += found["office"].value >= 1
    assert fired >= 10


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a day was begun anew, at each look that is appended."""
    counts = [0]

    def counted(*given: Any) -> Day:
        counts[-1] += 1
        return Day(*given)

    monkeypatch.setattr(adapter, "Day", counted)
    return counts


def test_a_day_is_begun_once_and_anew_where_its_past_is_another(begun: list[int]) -> None:
    """Only the first look of a day, one after a late row, one with another app and one of another UTC day judge all."""
    x = bursts(3, 31 * DAY, 5)
    detector = PyodDetector(BUDGET)

    def looks(end: int, *, apps: int = 3, at: int | None = None) -> int:
        begun.append(0)
        shown = {str(app): x[app, : 28 * DAY + end].tolist() for app in range(apps)}
        detector.score(shown, NOW.replace(hour=0) + (end - 1 if at is None else at) * HOUR)
        return begun[-1]

    assert [looks(end) for end in (1, 2, 2, 9, 24)] == [1, 0, 0, 0, 0]
    x[0, 28 * DAY + 3] *= 2  # of today
    assert looks(24) == 0
    x[0, 20 * DAY] += 1
    assert [looks(24), looks(24)] == [1, 0]
    assert [looks(24, apps=2), looks(24, apps=2)] == [1, 0]
    assert [looks(25, apps=2), looks(26, apps=2)] == [1, 0]
    assert [looks(26, apps=2, at=60), looks(26, apps=2, at=60)] == [1, 0]


def test_a_look_that_fails_leaves_nothing_behind(begun: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one begins anew, and says what a new detector says."""
    x = bursts(3, 29 * DAY, 5)[:, : 28 * DAY + 5]
    shown = {str(app): hours.tolist() for app, hours in enumerate(x)}
    detector = PyodDetector(BUDGET)
    detector.score(shown, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(Day, "look", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            detector.score(shown, NOW)
    begun.append(0)
    assert detector.score(shown, NOW) == PyodDetector(BUDGET).score(shown, NOW)
    assert begun[-1] == 2


def test_a_pool_is_kept_while_its_past_stays_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look an hour later learns nothing anew; a row that came late is another past for the days after it alone.

    In the middle of a day, and in an app of three weeks beside others of four. After midnight a day more is known, and
    what is looked at begins a day later: that is another past for all.
    """
    x = bursts(12, 29 * DAY + 5, 3)
    learned = [0]

    def counted(*given: Any) -> Pool:
        learned[-1] += 1
        return Pool(*given)

    for module in (day, pool):
        monkeypatch.setattr(module, "Pool", counted)
    late_row = x.copy()
    late_row[0, 18 * DAY + 7] += 1.0
    looks = [x[:, : 28 * DAY + 4], x[:, : 28 * DAY + 5], late_row[:, : 28 * DAY + 5], x[:, DAY:]]
    detector = PyodDetector()
    for spend in looks:
        learned.append(0)
        detector.score({str(n): hours[7 * DAY * (n > 8) :].tolist() for n, hours in enumerate(spend)}, NOW)
    _, first, later, late, after_midnight = learned
    assert later <= 1 < late < min(first, after_midnight)


def test_hours_are_read_from_arrays_as_from_lists() -> None:
    """What is given stays what it was: an hour of credits too."""
    x = bursts(600, 50, 2)
    x[3, 7], x[4, 8] = -5.0, np.nan
    arrays = {f"{app:03}": array("d", hours.tolist()) for app, hours in enumerate(x)}
    lists = {name: hours.tolist() for name, hours in arrays.items()}
    (of_arrays,), (of_lists,), (mixed,) = (by_age(each) for each in (arrays, lists, {**arrays, "004": lists["004"]}))
    assert np.array_equal(of_arrays.spend, np.maximum(0.0, x), equal_nan=True)
    assert np.array_equal(of_arrays.spend, of_lists.spend, equal_nan=True)
    assert np.array_equal(of_arrays.spend, mixed.spend, equal_nan=True)
    assert arrays["003"][7] == -5.0
