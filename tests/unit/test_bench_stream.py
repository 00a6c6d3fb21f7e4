"""The stream of the bench gives what the engine gives: what is timed is the same detector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.stream import Stream
from freio.adapters.detector import rhythm
from freio.adapters.detector.engine import judge
from freio.adapters.detector.windows import usual
from tests.unit.test_detector import DAY, bursts, business_hours


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(168, 1200), st.integers(1, 30))
@example(5709, 1018, 16)  # an hour that is missing where a record of four weeks ago has its usual from
def test_a_stream_says_hour_by_hour_what_the_whole_past_says(seed: int, hours: int, more: int) -> None:
    """To single precision, over days that turn, and with hours that are missing."""
    x = np.concatenate([bursts(3, hours + more, seed), business_hours(52, seed=seed)[np.newaxis, : hours + more]])
    x[1:, np.random.default_rng(seed).integers(0, hours + more, 9)] = np.nan
    x[3, -2:] *= 4
    stream = Stream(x[:, :hours])
    stepped = [stream.step(x[:, hour])[0] for hour in range(hours, hours + more)]
    assert np.allclose(stepped[-1], judge(x, last=1).score[:, 0], rtol=1e-3, atol=1e-3)


def test_a_stream_keeps_a_rhythm_and_loses_it_as_the_whole_past_does() -> None:
    """From the first hour that it may start with, over ten days of two series: one gets a rhythm, one loses it."""
    start, days = 7 * DAY, 17
    busy = business_hours(days, seed=4)
    flat = np.random.default_rng(4).normal(25, 2, days * DAY)
    x = np.array([np.where(np.arange(days * DAY) < 5 * DAY, one, other) for one, other in ((busy, flat), (flat, busy))])
    x[:, 20::DAY] *= 1.5
    whole, stream = judge(x), Stream(x[:, :start])
    kept = rhythm.every_day(x.T, usual(x.T))
    assert kept[7].tolist() != kept[-1].tolist()
    for hour in range(start, days * DAY):
        score_now, evidence = stream.step(x[:, hour])
        assert np.allclose(score_now, whole.score[:, hour], atol=1e-3)
        assert np.allclose(evidence.T, whole.evidence[:, hour], atol=1e-3)


def test_a_stream_needs_a_week() -> None:
    """Both numbers are said."""
    with pytest.raises(ValueError, match=r"168 hours at least: 167 were given"):
        Stream(np.zeros((2, 167)))
