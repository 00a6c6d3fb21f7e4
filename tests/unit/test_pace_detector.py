"""The first detector: what fires, what does not, and that it cannot look ahead."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from freio.adapters import pace_detector
from freio.adapters.pace_detector import PaceDetector, envelope
from freio.domain.spend import Score
from tests.unit.guard.watching import NOW

DAY, MONTH = 24, 672
Floats = NDArray[np.float64]


def business_hours(days: int = 28, *, seed: int = 0, peak: float = 40.0) -> Floats:
    """Ten at night, four times as much by day, a tenth of noise."""
    hours = np.arange(days * DAY) % DAY
    noise = np.random.default_rng(seed).normal(1, 0.1, days * DAY)
    return np.asarray(np.where((hours >= 9) & (hours < 18), peak, 10.0) * noise)


def score(x: Floats) -> Score:
    return PaceDetector().score({"a": list(x)}, NOW)["a"]


def test_a_spike_fires_and_says_why() -> None:
    """Ten times the usual, in the middle of the day."""
    x = business_hours()[: 27 * DAY + 13]
    x[-1] = 400
    seen = score(x)
    assert seen.value >= 1
    assert seen.kind == "spike"
    assert seen.usual == pytest.approx(40, rel=0.2)
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
@pytest.mark.parametrize("hours", [1, 2, 23, 24, 71, 72, 200, MONTH])
def test_a_flat_series_never_fires(level: float, hours: int) -> None:
    """Zero is flat too, and nothing is divided by it."""
    assert score(np.full(hours, level)).value < 1


@pytest.mark.parametrize("hours", [24, 48, 73, 100, 168])
def test_a_short_history_is_enough_for_gross_trouble(hours: int) -> None:
    """Without enough calm hours for a model the envelope decides alone."""
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
    """It does not become its own measure: every hour of the forty-eight is told."""
    x = business_hours(history)
    start = (history - 2) * DAY
    x[start:] += 200
    assert [t for t in range(start, history * DAY) if score(x[: t + 1]).value < 1] == []


def test_an_incident_of_last_week_does_not_hide_the_next() -> None:
    """Two days of trouble stay out of what is usual."""
    x = business_hours()
    x[20 * DAY : 22 * DAY] += 200
    x[-3:] += 200
    assert score(x).value >= 1


def test_high_and_flat_for_half_a_day_is_a_level_shift() -> None:
    """And dearer with every third of a day is growth."""
    x = np.full(MONTH, 10.0)
    x[-14:] = 90
    assert score(x).kind == "level_shift"
    x = np.full(MONTH, 10.0)
    x[-24:] += 10 * 2 ** (np.arange(24) / 6)
    assert score(x).kind == "growth"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(80, 300), st.integers(1, 100))
def test_no_hour_is_judged_by_later_ones(seed: int, known: int, later: int) -> None:
    """An hour's envelope, as it enters every later score, is what it was when the hour was the last."""
    rng = np.random.default_rng(seed)
    x = rng.gamma(1.0, 10.0, known + later) * (rng.random(known + later) < 0.8)
    for t in (known - 1, known // 2, 1, 0):
        assert envelope(x, t) == envelope(x[: t + 1], t)
    assert score(x[:known]) == score(np.array(x[:known]))


def test_what_is_calm_costs_nothing_and_does_not_load_pyod() -> None:
    """Every app is scored at every tick: under two milliseconds for four weeks of hours."""
    x = list(business_hours())
    began = time.perf_counter()
    for _ in range(50):
        PaceDetector().score({"a": x}, NOW)
    assert (time.perf_counter() - began) / 50 < 0.002
    code = (
        "import sys; from datetime import datetime, UTC; from freio.adapters.pace_detector import PaceDetector\n"
        "PaceDetector().score({'a': [5.0] * 672}, datetime(2026, 11, 23, tzinfo=UTC))\n"
        "assert not {'pyod', 'sklearn', 'numba'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_apps_are_scored_each_by_itself() -> None:
    """One app's trouble is none of another's."""
    calm, wild = business_hours(), business_hours()
    wild[-1] = 900
    scores = PaceDetector().score({"calm": list(calm), "wild": list(wild)}, NOW)
    assert scores["calm"].value < 1 <= scores["wild"].value
    assert scores["wild"] == score(wild)


def test_both_have_to_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest neighbours may say that such an hour was seen before."""
    x = business_hours()[: 27 * DAY + 13]
    x[-1] = 400
    monkeypatch.setattr(pace_detector, "distance", lambda *_, **__: 0.4)
    assert score(x).value == pytest.approx(0.4)
