"""One budget of alerts for all apps of a client: where the threshold comes from, and what the young borrow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from freio.adapters.detector.adapter import OF_CLEAN_USAGE, Budget, PyodDetector
from freio.adapters.detector.calibration import PRIOR_WEEKS, SETTLED, Prior, thresholds, utc_days
from freio.adapters.detector.client import by_age, judge_all
from freio.adapters.detector.engine import judge
from freio.adapters.detector.paces import PaceRecords
from freio.domain.spend import Calibration, Pace

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY, WEEK, MONTH = 24, 168, 672
PRIOR = Prior(rate=0.4, least=1.0, fall=2.0, most=2.0)
Floats = NDArray[np.float64]


def calibrated(scores: Floats, budget: float = 0.2, prior: Prior = PRIOR) -> Calibration:
    counts = np.ones(scores.shape, dtype=bool)
    found = thresholds(scores, counts, utc_days(NOW, scores.shape[1]), prior, budget).now
    assert found is not None
    return found


def noise(apps: int, hours: int, seed: int, size: float = 0.14) -> Floats:
    """Scores of which a few in a week reach 1."""
    return np.random.default_rng(seed).exponential(size, (apps, hours))


def test_without_a_past_the_threshold_is_what_other_clients_need() -> None:
    """A budget of half the prior's rate: half of e's power further up."""
    found = calibrated(np.zeros((3, 5)))
    assert found.app_weeks == 0
    assert found.threshold == pytest.approx(1 + np.log(2) / 2, rel=0.04)
    assert found.expected <= 0.2


def test_a_quiet_past_lowers_the_threshold_and_a_restless_one_raises_it() -> None:
    """Ten apps and three weeks: what they had themselves outweighs the prior."""
    quiet, restless = calibrated(np.zeros((10, 3 * WEEK))), calibrated(noise(10, 3 * WEEK, 1, 0.3))
    assert quiet.threshold == PRIOR.least < calibrated(np.zeros((1, 1))).threshold < restless.threshold


@pytest.mark.parametrize("apps", [1, 40])
def test_a_past_counts_by_how_long_it_is(apps: int) -> None:
    """One app of a day moves little; the rate expected is the mean of its own and of the prior, by their weeks."""
    found = calibrated(np.zeros((apps, DAY + 16)))
    weeks = apps * DAY / WEEK
    assert found.app_weeks == pytest.approx(weeks)
    prior = float(PRIOR.rates(np.array([found.threshold]))[0])
    assert found.expected == pytest.approx(PRIOR_WEEKS * prior / (weeks + PRIOR_WEEKS))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.4))
def test_the_past_at_that_threshold_keeps_the_budget(seed: int, budget: float) -> None:
    """With the prior's weeks beside it; and the next lower threshold would have broken it."""
    scores = noise(12, 3 * WEEK, seed)
    found = calibrated(scores, budget)
    tried = PRIOR.candidates()
    assert found.expected <= budget or found.threshold == tried[-1]
    if found.threshold > tried[0]:
        lower = tried[np.searchsorted(tried, found.threshold) - 1]
        rate = (told(scores[:, :-16], lower) + PRIOR_WEEKS * PRIOR.rates(lower)) / (found.app_weeks + PRIOR_WEEKS)
        assert rate > budget


def told(scores: Floats, threshold: float) -> int:
    """Alerts, with a day of silence after each, counted one by one."""
    count = 0
    for row in scores:
        last = -DAY
        for hour in np.flatnonzero(row >= threshold):
            if hour - last >= DAY:
                count, last = count + 1, int(hour)
    return count


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 15))
def test_no_hour_of_a_day_moves_that_day_s_threshold(seed: int, hour: int) -> None:
    """Nor any later one: an alert is not moved by itself, and what an hour was held against stays."""
    scores = noise(4, 2 * WEEK, seed)
    days = utc_days(NOW, 2 * WEEK)
    counts = np.ones(scores.shape, dtype=bool)
    first = int(np.flatnonzero(days == days[-1])[0])
    other = scores.copy()
    other[:, first + hour :] += 5
    then = thresholds(scores[:, :first], counts[:, :first], days[:first], PRIOR, 0.2)
    now, later = (thresholds(x, counts, days, PRIOR, 0.2) for x in (scores, other))
    assert np.array_equal(now.by_hour, later.by_hour)
    assert np.array_equal(now.by_hour[:first], then.by_hour)


def test_utc_days_turn_at_midnight() -> None:
    """The last of 20 hours is that of 15:00 UTC: sixteen of them are today's."""
    days = utc_days(NOW + timedelta(minutes=20), 20)
    assert (days == days[-1]).sum() == 16
    assert set(np.diff(days)) == {0, 1}


# ---- in the detectors


def usage(apps: int, hours: int, seed: int, burst: float = 0.0) -> dict[str, list[float]]:
    """Ten dollars an hour; with bursts, every few days one hour of a size that varies widely."""
    rng = np.random.default_rng(seed)
    x = rng.normal(10, 0.5, (apps, hours))
    x += burst * rng.pareto(1.2, x.shape) * 20 * (rng.random(x.shape) < 1 / 60)
    return {f"app-{n}": row.tolist() for n, row in enumerate(x)}


def test_what_a_client_is_used_to_sets_what_wakes_it() -> None:
    """Between even apps three hours of trouble fire; between those that burst the bar is higher."""
    budget = Budget(alerts=0.25, gate=5.0)
    even, bursting = (PyodDetector(budget).score(usage(8, MONTH, 3, burst), NOW) for burst in (0.0, 1.0))
    bars = [next(iter(scores.values())).calibration for scores in (even, bursting)]
    assert bars[0] is not None
    assert bars[1] is not None
    assert OF_CLEAN_USAGE.least == bars[0].threshold < bars[1].threshold
    assert bars[0].app_weeks == bars[1].app_weeks == pytest.approx(8 * (21 * DAY - 16) / WEEK)
    assert bars[0].expected <= 0.125


def test_a_smaller_budget_is_a_higher_bar_and_none_is_the_least() -> None:
    """And gross trouble passes all of them."""
    series = usage(4, MONTH, 5)
    series["app-0"][-6:] = [100.0] * 6
    bars = []
    for alerts in (0.02, 0.1, 0.5):
        found = PyodDetector(Budget(alerts=alerts, gate=5.0)).score(series, NOW)["app-0"]
        assert found.value >= 1
        assert found.calibration is not None
        bars.append(found.calibration.threshold)
    assert bars[0] > bars[1] >= bars[2]
    assert PyodDetector().score(series, NOW)["app-0"].calibration is None


def test_what_the_money_gate_holds_back_takes_nothing_of_the_budget() -> None:
    """Bursts of cents are no alerts, however many."""
    cents = {name: [hour / 1000 for hour in hours] for name, hours in usage(8, MONTH, 3, 1.0).items()}
    found = PyodDetector(Budget(alerts=0.25, gate=5.0)).score(cents, NOW)["app-1"].calibration
    assert found is not None
    assert found.threshold == OF_CLEAN_USAGE.least


def test_an_app_has_one_budget_of_paces_however_many_models_it_uses() -> None:
    """Two models that jump together are one alert, and one app-week."""
    rng = np.random.default_rng(2)
    peaks = rng.normal(10, 0.5, 14 * DAY)
    peaks[200:300:30] += 60
    jumps = np.maximum(0, np.diff(peaks, prepend=peaks[0]))
    one = Pace(peaks=tuple(peaks), jumps=tuple(jumps), app="a", gate=5.0)
    detector = PaceRecords(0.25)
    alone = detector.score({"x": one}, NOW)["x"].calibration
    both = detector.score({"x": one, "y": one}, NOW)["y"].calibration
    two_apps = detector.score({"x": one, "y": replace(one, app="b")}, NOW)["y"].calibration
    assert alone == both != two_apps
    assert alone is not None
    assert alone.app_weeks == pytest.approx((14 * DAY - SETTLED - 16) / WEEK)


# ---- the young


def bursting(hours: int, seed: int) -> Floats:
    """Even at most hours, and four times as dear in one of fifty."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(10, 0.5, hours) * np.where(rng.random(hours) < 1 / 50, 4, 1))


def test_a_young_app_is_held_against_what_the_older_ones_are_used_to() -> None:
    """A burst as all of the others have is no record of the client's, though it is the first of the app's."""
    young = np.full(3 * DAY, 10.0)
    young[-1] = 40
    older = {f"old-{n}": bursting(MONTH, n).tolist() for n in range(6)}
    calm = {name: np.full(MONTH, 10.0).tolist() for name in older}
    assert PyodDetector().score({**calm, "young": young.tolist()}, NOW)["young"].value >= 1
    assert PyodDetector().score({**older, "young": young.tolist()}, NOW)["young"].value < 1


def test_what_the_young_borrow_has_no_scale_and_fades() -> None:
    """A small app borrows as a multiple of its own level, and one of two weeks nothing."""
    older = {f"old-{n}": bursting(MONTH, n).tolist() for n in range(6)}
    young = np.full(3 * DAY, 10.0)
    young[-1] = 40
    scores = [
        PyodDetector().score({**older, "young": (young * by).tolist()}, NOW)["young"].value for by in (0.5, 1, 1000)
    ]
    assert scores == pytest.approx([scores[0]] * 3, rel=1e-3)
    grown = np.full(14 * DAY + 1, 10.0)
    grown[-1] = 40
    alone, among = ({**others, "grown": grown.tolist()} for others in ({}, older))
    assert PyodDetector().score(among, NOW)["grown"].value >= 1
    assert judge_all(by_age(among), 1).score[-1, 0] == pytest.approx(judge_all(by_age(alone), 1).score[0, 0])


def test_apps_of_one_age_are_judged_as_the_benchmark_judges_them() -> None:
    """Nothing is borrowed, and what is small is what it was."""
    series = {f"app-{n}": bursting(20 * DAY + 5, n).tolist() for n in range(5)}
    groups = by_age(series)
    assert np.array_equal(judge_all(groups, 99).score, judge(groups[0].spend, last=99).score)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30 * DAY))
def test_series_of_any_age_are_judged_causally_and_in_any_order(seed: int, age: int) -> None:
    """What an hour scored when it was the last is what it scores for ever, whatever the ages beside it."""
    rng = np.random.default_rng(seed)
    hours = 24 * DAY + int(rng.integers(0, DAY))
    x = {"old": bursting(hours, seed), "mid": bursting(20 * DAY, seed + 1), "new": bursting(min(age, hours), seed + 2)}
    later = judge_all(by_age({name: row.tolist() for name, row in x.items()}), 60)
    cut = {name: row[:-7].tolist() for name, row in reversed(x.items()) if len(row) > 9}
    then = judge_all(by_age(cut), 53)
    names = [name for group in by_age({n: r.tolist() for n, r in x.items()}) for name in group.names]
    for row, name in enumerate(name for group in by_age(cut) for name in group.names):
        assert np.allclose(later.score[names.index(name), :53], then.score[row], equal_nan=True)
