"""The detector: what fires, what does not, what it says, and that it cannot look ahead."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from freio.adapters.detector import pool, rhythm
from freio.adapters.detector.adapter import OF_CLEAN_USAGE, PyodDetector, scored
from freio.adapters.detector.client import Shown, by_age
from freio.adapters.detector.engine import judge
from freio.adapters.detector.evidence import ALL, AT_ONCE, ODD, WORTH
from freio.adapters.detector.hold import held
from freio.adapters.detector.pool import Pool, second_opinion
from freio.adapters.detector.windows import after_nothing, known, statistics, usual
from freio.domain.spend import Score
from tests.unit.guard.watching import NOW

DAY, MONTH = 24, 672
Floats = NDArray[np.float64]


def business_hours(days: int = 28, *, seed: int = 0, peak: float = 40.0) -> Floats:
    """Ten at night, four times as much by day, a tenth of noise."""
    hours = np.arange(days * DAY) % DAY
    noise = np.random.default_rng(seed).normal(1, 0.1, days * DAY)
    return np.asarray(np.where((hours >= 9) & (hours < 18), peak, 10.0) * noise)


def bursts(series: int, hours: int, seed: int) -> Floats:
    """Apps of different size and habit: an hour costs next to nothing, or a great deal, or nothing."""
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.uniform(-1, 2, (series, 1))
    return np.asarray(size * rng.gamma(0.7, 1.0, (series, hours)) * (rng.random((series, hours)) < 0.8))


def score(x: Floats) -> Score:
    return PyodDetector().score({"a": list(x)}, NOW)["a"]


def test_a_spike_fires_and_says_why() -> None:
    """Ten times the usual, in the middle of the day."""
    x = business_hours()[: 27 * DAY + 13]
    x[-1] = 400
    seen = score(x)
    assert seen.value >= 1
    assert (seen.kind, seen.shape, seen.hours) == ("spike", "spike", 1)
    assert seen.usual == pytest.approx(40, rel=0.2)
    assert seen.excess == pytest.approx(360, rel=0.05)
    assert {"an hour out of rhythm", "the hour over the usual"} <= {name for name, _ in seen.evidence[:3]}
    assert "times the usual" in str(seen.why)


@pytest.mark.parametrize("seed", range(3))
def test_a_daily_peak_does_not_fire(seed: int) -> None:
    """The same hour of other days was as dear: a whole day of four times the night's spend says nothing."""
    x = business_hours(seed=seed)
    assert [t for t in range(27 * DAY, 28 * DAY) if score(x[: t + 1]).value >= 1] == []


def test_a_weekly_job_does_not_fire_once_it_is_known() -> None:
    """Every Sunday at three; after two of them the third is usual."""
    x = business_hours()
    x[3 :: 7 * DAY] = 200
    assert score(x[: 14 * DAY + 4]).value < 1
    assert score(x[: 21 * DAY + 4]).value < 1


@pytest.mark.parametrize("level", [0.0, 5.0])
@pytest.mark.parametrize("hours", [1, 2, 23, 24, 25, 71, 72, 200, MONTH])
def test_a_flat_series_never_fires(level: float, hours: int) -> None:
    """Zero is flat too, and nothing is divided by it."""
    assert score(np.full(hours, level)).value < 1


@pytest.mark.parametrize("hours", [26, 48, 73, 100, 168])
def test_a_short_history_is_enough_for_gross_trouble(hours: int) -> None:
    """A day is enough to know a hundred times as much."""
    x = np.full(hours, 5.0)
    x[-1] = 500
    assert score(x).value >= 1


def test_what_wakes_from_nothing_fires() -> None:
    """An app that never cost anything, and now does."""
    x = np.zeros(MONTH)
    x[-1] = 50
    seen = score(x)
    assert seen.value >= 1
    assert seen.why is not None
    assert "times" not in str(seen.why)


@pytest.mark.parametrize("history", [7, 28])
def test_an_incident_of_two_days_keeps_firing(history: int) -> None:
    """It does not become its own measure: every hour of the forty-eight is told, and how much it has cost so far."""
    x = business_hours(history)
    start = (history - 2) * DAY
    x[start:] += 200
    assert [t for t in range(start, history * DAY) if score(x[: t + 1]).value < 1] == []
    seen = score(x)
    assert seen.hours == 48
    assert seen.excess == pytest.approx(48 * 200, rel=0.1)


def test_an_incident_that_ends_stops_firing() -> None:
    """Three hours after it is back at the usual: not a day later, though a day is what growth is judged by."""
    x = business_hours()
    x[-40:-3] += 200
    assert score(x[:-3]).value >= 1
    assert score(x).value < 1


@pytest.mark.parametrize(("missing", "last", "goes_on"), [(0, 60, 2.0), (1, 60, 2.0), (2, 60, 2.0), (2, 0, 0.0)])
def test_hours_that_are_missing_do_not_end_an_incident(missing: int, last: float, goes_on: float) -> None:
    """It ran before a gap, and what is filled in as usual is no sign that it has ended; by the last three hours."""
    usual_day = np.full(10 * DAY, 10.0)
    x = usual_day.copy()
    x[-6:-1] += 60
    x[-1] += last
    fired = np.zeros(len(x) - 1, dtype=bool)
    fired[-3] = True
    gap = np.zeros(len(x), dtype=bool)
    gap[len(x) - 1 - missing : -1] = True
    x[gap] = usual_day[gap]
    assert held(x, usual_day, fired, missing=gap)[0] == pytest.approx(goes_on)


@pytest.mark.parametrize("first", [DAY, DAY + 1, DAY + 6, DAY + 16])
def test_an_incident_of_an_apps_second_day_is_held_against_its_first(first: int) -> None:
    """On its first day nothing was usual: for a week it was held against nothing, though it cost what it always did."""
    x = np.full(first + 4 * DAY, 20.0)
    x[first : first + 3] *= 3
    told = [score(x[: first + hours]) for hours in (1, 2, 3)]
    assert [(one.value >= 1, one.kind, one.usual) for one in told] == [(True, "spike", 20.0)] * 3
    assert told[0].normal[-2:] == (20.0, 20.0)
    since = [score(x[: t + 1]) for t in range(first + 6, len(x))]
    assert [one for one in since if one.value >= 1] == []


def test_a_confirmed_incident_that_is_left_out_does_not_hide_the_next() -> None:
    """Its hours are given as missing, and teach nothing; given as they were, they are the app's records."""
    x = business_hours()
    x[18 * DAY : 20 * DAY] += 200
    x[-3:] += 150
    assert score(x).value < 1
    x[18 * DAY : 20 * DAY] = np.nan
    assert score(x).value >= 1


SHAPES = {
    "stuck_loop": np.full(14, 80.0),
    "growth": 10 * 2 ** (np.arange(24) / 6),
    "retry_storm": np.array([40.0, 70.0, 100.0, 130.0]),
    "spike": np.array([200.0]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shape_of_the_trouble_has_a_name(shape: str) -> None:
    """Flat and high is a loop, thirds of a day each dearer than the last are growth, rising hours are retries."""
    kinds = {"stuck_loop": "level_shift", "growth": "growth", "retry_storm": "spike", "spike": "spike"}
    added = SHAPES[shape]
    x = np.full(MONTH, 10.0)
    x[-len(added) :] += added
    seen = score(x)
    assert seen.value >= 1
    assert (seen.kind, seen.shape) == (kinds[shape], shape)


def test_more_in_the_apps_own_rhythm_is_a_shift_and_in_anothers_a_leak() -> None:
    """Half a day and more: four times the usual by day, or somebody else's nights."""
    x = business_hours()
    x[-DAY:] *= 4
    assert score(x).shape == "level_shift"
    x = business_hours()
    x[-DAY:] += np.where(x[-DAY:] < 20, 160, 90)
    assert score(x).shape == "leak"


def test_a_feed_that_stops_is_named_and_does_not_fire() -> None:
    """Whether its hours are zero or missing."""
    for nothing in (0.0, np.nan):
        x = business_hours()
        x[-3:] = nothing
        assert (score(x).shape, score(x).value < 1) == ("silence", True)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 300), st.integers(1, 100))
def test_no_hour_is_judged_by_later_ones(seed: int, hours: int, later: int) -> None:
    """What an hour scored when it was the last is what it scores for ever, with the pool's opinion too."""
    x = bursts(5, hours + later, seed)
    whole, then = judge(x), judge(x[:, :hours])
    assert np.array_equal(whole.score[:, :hours], then.score)
    assert np.allclose(second_opinion(whole)[:, :hours], second_opinion(then), rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3), st.integers(30, 400))
def test_a_score_has_no_currency_and_no_scale(seed: int, power: float, hours: int) -> None:
    """What is small is small beside the client's other apps; only the guard's money gate knows an amount."""
    x = bursts(6, hours, seed)
    assert np.allclose(judge(x).score, judge(x * 10**power).score, rtol=1e-4, atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(200, 400))
def test_the_order_of_series_plays_no_part(seed: int, hours: int) -> None:
    """In the records, nor in the pool, of which only some hours are taken."""
    x = bursts(25, hours, seed)
    order = np.random.default_rng(seed).permutation(25)
    assert np.allclose(second_opinion(judge(x))[order], second_opinion(judge(x[order])), rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(200, 400), st.integers(1, 24))
def test_missing_hours_are_not_zero_spend(seed: int, hours: int, gap: int) -> None:
    """A gap says nothing, and leaves what is usual where it was: after it an even series does not fire."""
    x = np.random.default_rng(seed).normal(10, 0.5, (3, hours))
    x[0, hours - gap - 20 : hours - 20] = np.nan
    judged = judge(x).score
    assert not judged[0, hours - gap - 20 : hours - 20].any()
    assert (judged[:, DAY * 2 :] < ODD).all()
    assert np.allclose(judged[1:], judge(x[1:]).score, atol=0.02)


@pytest.mark.parametrize("hours_ago", [4, 72])
@pytest.mark.filterwarnings("error")
def test_an_hour_of_credits_is_an_hour_without_spend(hours_ago: int) -> None:
    """A correction of a month in one hour: it hides no trouble around it, and makes no other one."""
    x = business_hours()[: 27 * DAY + 15]
    for trouble in (1, 8):
        credited, without = x.copy(), x.copy()
        credited[-6:] *= trouble
        without[-6:] *= trouble
        credited[-hours_ago], without[-hours_ago] = -20_000, 0
        assert score(credited) == score(without)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 7))
def test_what_was_missing_day_after_day_is_no_news_when_it_comes_back(seed: int, days: int) -> None:
    """Noon was never reported for a week: forty at noon are still usual, and not forty over nothing."""
    x = business_hours(21, seed=seed)[: 20 * DAY + 13]
    x[20 * DAY + 12 - DAY * days : 20 * DAY + 12 : DAY] = np.nan
    assert usual(known(x[:, np.newaxis]))[-1, 0] == pytest.approx(40, rel=0.5)
    assert score(x).usual == pytest.approx(40, rel=0.5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 20), st.floats(1.0, 30.0))
def test_a_past_that_is_restated_is_no_trouble_now(seed: int, ago: int, times: float) -> None:
    """Rows that come hours late make their own hours dearer: what is over by then is not told as if it ran."""
    x = business_hours(seed=seed)
    x[-1 - ago : -3] *= times
    assert score(x).value < 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(200, 400), st.floats(0, 1))
def test_late_rows_restate_and_do_not_alert_again(seed: int, hours: int, part: float) -> None:
    """An hour that is not all there yet scores less than it will; when it is, nothing is left of how it was."""
    x = bursts(4, hours, seed)
    early = x.copy()
    early[:, -1] *= part
    assert (judge(early, last=1).score <= judge(x, last=1).score + 1e-12).all()
    assert np.allclose(judge(early).score[:, :-1], judge(x).score[:, :-1])
    assert (judge(np.full((1, hours), 10.0) * (np.arange(hours) < hours - 30)).score[0, -30:] < ODD).all()


def test_three_hours_rise_over_the_day_before_them_alone() -> None:
    """By as much as the least of the three is over the highest hour of that day; older highs are no part of it."""
    x = np.full((72, 2), 10.0)
    x[30], x[50] = 90.0, 25.0  # two days ago, and yesterday
    x[-3:, 0] = 60.0, 40.0, 50.0
    x[-3:, 1] = 60.0, 20.0, 50.0
    seen = statistics(after_nothing(x))
    assert seen["rise_3"][-1].tolist() == [40.0 - 25.0, 0.0]
    assert seen["third_12"][-1].tolist() == [10.0, 10.0]


def test_what_an_hour_shows_by_itself_needs_one_hour() -> None:
    """Its money, its excess and its jump, wherever they stand among the kinds."""
    assert [ALL[place].of for place in AT_ONCE] == ["hour", "hour", "jump_3"]
    assert [ALL[place].over_usual for place in AT_ONCE] == [False, True, False]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 28), st.integers(-3, 3))
def test_a_rhythm_is_kept_by_days_that_are_alike(seed: int, days: int, power: int) -> None:
    """Busy by day is a rhythm, of cents and of millions; the same hours in any order, or one level with noise, are not.

    Of yesterday and the week before it, so that what happens today says nothing about it.
    """
    busy = business_hours(days, seed=seed)
    shuffled = np.random.default_rng(seed).permutation(busy)
    flat = np.random.default_rng(seed).normal(10, 0.5, days * DAY)
    x = np.array([busy, shuffled, flat, np.full(days * DAY, 10.0)]).T * 10.0**power
    kept = rhythm.every_day(x, usual(x))
    assert kept[rhythm.SEEN_DAYS + 1 :, 0].all()
    assert not kept[: rhythm.SEEN_DAYS + 1].any()
    assert not kept[7:, 1].any()
    assert not kept[:, 2:].any()
    x[-DAY:] = 1e6
    assert (rhythm.every_day(x, usual(x)) == kept).all()


def test_a_night_that_costs_what_noon_does_is_out_of_rhythm() -> None:
    """Each hour alone is one that the app has had on every day, and no record of its money."""
    noon, night = 120.0, 28 * DAY + 2
    hours = np.arange(night + 3) % DAY
    x = np.where((hours >= 11) & (hours < 14), noon, 10.0) * np.random.default_rng(0).normal(1, 0.1, night + 3)
    x[night:] = noon
    seen = score(x)
    assert seen.value >= 1
    assert {"an hour out of rhythm", "three hours out of rhythm"} <= {name for name, _ in seen.evidence}
    shuffled = np.concatenate([np.random.default_rng(1).permutation(x[:night]), x[night:]])
    assert not {name for name, _ in score(shuffled).evidence if "rhythm" in name}


@pytest.mark.parametrize(("seed", "times", "lasts"), [(0, 1.4, 24), (1, 1.5, 20), (0, 1.5, 36), (2, 1.35, 36)])
def test_whatever_fires_says_what_has_fired(seed: int, times: float, lasts: int) -> None:
    """Where no kind is over its edge and several come near, and where it is told on because it still runs."""
    x = business_hours(30, seed=seed)[: 28 * DAY + lasts]
    x[28 * DAY :] *= times
    seen = score(x)
    assert seen.value >= 1
    assert seen.evidence


@pytest.mark.parametrize(("seed", "times"), [(0, 1.4), (2, 1.35)])
def test_what_is_told_on_says_what_fired_when_it_began(seed: int, times: float) -> None:
    """A day and a half later it is part of its own records, which show nothing more."""
    x = business_hours(30, seed=seed)[: 28 * DAY + 36]
    x[28 * DAY :] *= times
    seen = score(x)
    assert seen.value >= 1 > judge(x[np.newaxis], last=1).score[0, -1] / WORTH
    assert seen.evidence == score(x[: len(x) - seen.hours + 1]).evidence != ()


@pytest.mark.parametrize("height", [130.0, 200.0, 400.0])
def test_a_first_hour_says_how_far_it_is_over_the_threshold(height: float) -> None:
    """And not over the half of itself that it will have to fall to."""
    x = business_hours()[: 27 * DAY + 13]
    x[-1] = height
    assert score(x).value == pytest.approx(judge(x[np.newaxis], last=1).score[0, -1] / WORTH)


@pytest.mark.parametrize("shift", [1, -1])
@pytest.mark.parametrize(("peak", "first", "last"), [(120.0, 9, 18), (120.0, 11, 14), (500.0, 11, 13), (100.0, 2, 4)])
def test_a_clock_that_is_changed_wakes_nobody(peak: float, first: int, last: int, shift: int) -> None:
    """From one day to the next everything comes an hour earlier, or later; with the budgets of four apps at once."""
    at = np.arange(31 * DAY)
    hours = np.where(at < 28 * DAY, at, at + shift) % DAY
    habit = np.where((hours >= first) & (hours < last), peak, 10.0)
    x = habit * np.random.default_rng(3).normal(1, 0.1, (4, len(at)))
    assert judge(x).score[:, 14 * DAY :].max() < ODD + 0.05


def test_a_day_that_gains_on_yesterday_counts_all_but_two_of_its_hours() -> None:
    """And compares none with another hour than its own."""
    x = np.tile(np.arange(1.0, DAY + 1), 3)[:, np.newaxis] * np.ones((1, 2))
    x[-DAY:, 0] += 5.0
    x[-DAY:, 1] += 5.0
    x[[-1, -9], 0] = 0.0
    x[[-1, -9, -17], 1] = 0.0
    assert statistics(after_nothing(x))["gain_24"][-1].tolist() == [5.0, 0.0]


def test_a_monday_gains_on_its_sunday_as_every_monday_does() -> None:
    """Of an office whose nights are a tenth of its days, weekends a third; a Tuesday that gains is out of rhythm."""
    weekday = np.repeat([10.0, 100.0, 10.0], [9, 9, 6])
    week = np.concatenate([np.tile(weekday, 5), np.tile(weekday * 0.3, 2)])
    x = np.tile(week, 6) * np.random.default_rng(2).normal(1, 0.1, 6 * 7 * DAY)
    x = x[: -5 * DAY]
    tuesday = x.copy()
    tuesday[-DAY:] *= 2
    gains = [kind.of for kind in ALL].index("gain_24")
    judged = judge(np.array([x, tuesday])).evidence[:, :, gains]
    assert rhythm.every_day(x[:, np.newaxis], usual(x[:, np.newaxis]))[-2:].all()
    assert judged[0, 3 * 7 * DAY :].max() < 1
    assert judged[1, -1] >= 1


@pytest.mark.parametrize("night", [0.15, 0.6, 1.0])
def test_after_a_week_away_an_app_is_what_it_was_before(night: float) -> None:
    """Its Monday is usual by those of two and three weeks ago; twice as much is trouble, now as ever."""
    hours = np.arange(31 * DAY) % DAY
    habit = 200.0 * np.where((hours >= 8) & (hours < 19), 1.0, night)
    x = habit * np.random.default_rng(1).normal(1, 0.05, (4, len(habit)))
    x[:, 21 * DAY : 28 * DAY] *= 0.2
    assert judge(x).score[:, 28 * DAY :].max() < WORTH
    x[:, 29 * DAY :] *= 3
    assert (judge(x).score[:, 29 * DAY :].max(axis=1) >= WORTH).all()


def test_what_happened_in_one_week_is_not_usual_two_weeks_later() -> None:
    """A day of trouble, and that weekday three and two weeks later; what came on two of them in turn is usual."""
    x = np.full((36 * DAY, 2), 10.0)
    x[7 * DAY : 8 * DAY, 0] = 90.0
    x[7 * DAY : 8 * DAY, 1] = x[14 * DAY : 15 * DAY, 1] = 90.0
    assert usual(x)[28 * DAY].tolist() == [10.0, 90.0]
    assert usual(x)[21 * DAY].tolist() == [10.0, 90.0]


@pytest.mark.parametrize("quiet_days", [1, 3])
@pytest.mark.parametrize("part", [0.2, 0.5])
@pytest.mark.parametrize("night", [0.15, 0.3, 0.6])
def test_the_day_after_a_quiet_one_is_a_day_as_usual(night: float, part: float, quiet_days: int) -> None:
    """A holiday that nobody named, or a brake that is taken off: the days after it are what days have always been."""
    hours = np.arange(31 * DAY) % DAY
    habit = 200.0 * np.where((hours >= 8) & (hours < 19), 1.0, night)
    x = habit * np.random.default_rng(1).normal(1, 0.1, (4, len(habit)))
    x[:, (28 - quiet_days) * DAY : 28 * DAY] *= part
    assert judge(x).score[:, 28 * DAY :].max() < WORTH


def test_the_last_hours_are_what_they_are_among_all() -> None:
    """`last` leaves work out, and changes nothing."""
    x = bursts(70, 60 * DAY + 5, 3)
    assert np.allclose(judge(x, last=30).score, judge(x).score[:, -30:])


def test_a_pool_judges_each_row_by_itself() -> None:
    """Who else is asked changes nothing: PyOD's own ECOD would mix them into its pool."""
    rng = np.random.default_rng(1)
    calm, odd = rng.gamma(1, 0.2, (500, 10)), rng.gamma(2, 0.8, (50, 10))
    fitted = Pool(calm, np.full(500, 0.2))
    together = fitted.moved(odd, np.full(50, 1.0))
    alone = [fitted.moved(row[np.newaxis], np.ones(1))[0] for row in odd]
    assert together == pytest.approx(alone)
    assert fitted.moved(np.full((1, 10), 1.5), np.ones(1))[0] > 1 > fitted.moved(np.full((1, 10), 0.1), np.ones(1))[0]


def test_incident_hours_stay_out_of_the_pool() -> None:
    """A pool with them says the same as one without."""
    rng = np.random.default_rng(2)
    calm, odd = rng.gamma(1, 0.2, (400, 10)), np.full((80, 10), 1.6)
    with_them = Pool(np.concatenate([calm, odd]), np.concatenate([np.full(400, 0.2), np.full(80, 1.5)]))
    asked = rng.gamma(2, 0.6, (20, 10))
    assert np.array_equal(with_them.moved(asked, np.ones(20)), Pool(calm, np.full(400, 0.2)).moved(asked, np.ones(20)))


def test_of_many_series_a_pool_learns_from_some_and_judges_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of series that are there twice it learns from each once: all are told what those are told."""
    x = bursts(8, 20 * DAY, 5)
    once = second_opinion(judge(x))
    assert (once != judge(x).score).any()
    monkeypatch.setattr(pool, "SERIES", len(x))
    assert np.allclose(second_opinion(judge(np.repeat(x, 2, axis=0))), np.repeat(once, 2, axis=0))


def test_what_is_calm_does_not_load_pyod() -> None:
    """Every app is scored at every tick: PyOD's import comes with the first odd hour."""
    code = (
        "import sys; from datetime import datetime, UTC; from freio.adapters.detector.adapter import PyodDetector\n"
        "PyodDetector().score({'a': [5.0] * 672}, datetime(2026, 11, 23, tzinfo=UTC))\n"
        "assert not {'pyod', 'sklearn', 'numba'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_apps_are_scored_together_and_each_by_itself() -> None:
    """One app's trouble is none of another's, and series may be of different lengths."""
    calm, wild, young = business_hours(), business_hours(seed=1), business_hours(9)
    wild[-1] = 900
    scores = PyodDetector().score({"calm": list(calm), "wild": list(wild), "young": list(young)}, NOW)
    assert list(scores) == ["calm", "wild", "young"]
    assert scores["calm"].value < 1 <= scores["wild"].value
    assert scores["young"].value < 1


@pytest.mark.parametrize(("times", "is_told"), [(4, False), (20, True)])
def test_what_is_gross_is_told_in_its_first_hour(times: int, *, is_told: bool) -> None:
    """At any threshold that a client starts from; four times the usual may be chance, and waits for its third hour."""
    spend = np.full((5, 14 * 24), 10.0)
    spend[0, -1] *= times
    score = judge(spend).score[0, -1]
    assert (score > OF_CLEAN_USAGE.most * 0.85) == is_told


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.integers(7, 40))
def test_what_is_told_of_an_hour_stays_at_every_look_of_a_day(seed: int, days: int) -> None:
    """What is known begins with a day: an hour scores the same whether it is looked at at once or in the evening."""
    x = np.concatenate([bursts(8, (days + 1) * DAY, seed), business_hours(days + 1, seed=seed)[np.newaxis]])
    _, evening = scored(named(x))
    for hours in (days * DAY + 1, days * DAY + 9):
        _, score = scored(named(x[:, :hours]))
        assert np.array_equal(score, evening[:, : score.shape[1]])


def named(x: Floats) -> list[Shown]:
    return by_age({str(place): hours.tolist() for place, hours in enumerate(x)})
