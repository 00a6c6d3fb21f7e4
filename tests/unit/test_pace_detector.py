"""The detector of paces: what fires, what does not, and that it cannot look ahead."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from freio.adapters.detector.paces import EDGES, LAG, PaceRecords, bounds
from freio.domain.spend import Pace, Score
from tests.unit.guard.watching import NOW

DAY, MONTH = 24, 672
Floats = NDArray[np.float64]


def business_hours(days: int = 28, *, seed: int = 0, peak: float = 40.0) -> Floats:
    """Ten at night, four times as much by day, a tenth of noise."""
    hours = np.arange(days * DAY) % DAY
    noise = np.random.default_rng(seed).normal(1, 0.1, days * DAY)
    return np.asarray(np.where((hours >= 9) & (hours < 18), peak, 10.0) * noise)


def jumps(x: Floats) -> Floats:
    """Over the three hours before, hour by hour: what `freio.guard.paces` learns of five-minute steps."""
    before = np.max([np.concatenate((np.zeros(n), x[:-n])) if n < len(x) else 0 * x for n in (1, 2, 3)], axis=0)
    return np.asarray(np.maximum(0.0, x - before))


def pace(x: Floats) -> Pace:
    return Pace(peaks=tuple(x), jumps=tuple(jumps(x)))


def score(x: Floats) -> Score:
    return PaceRecords().score({"a": pace(x)}, NOW)["a"]


def with_requests(tokens: Floats, requests: Floats) -> Score:
    both = replace(pace(tokens), requests=tuple(requests), request_jumps=tuple(jumps(requests)))
    return PaceRecords().score({"a": both}, NOW)["a"]


def bursts(hours: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.gamma(1.0, 10.0, hours) * (rng.random(hours) < 0.8))


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
    """The same hour of other days was as fast: a whole day of four times the night's pace says nothing."""
    x = business_hours(seed=seed)
    assert [t for t in range(27 * DAY, 28 * DAY) if score(x[: t + 1]).value >= 1] == []


def test_a_weekly_job_does_not_fire_once_it_is_known() -> None:
    """Every Sunday at three: once it is a record, it is none any more."""
    x = business_hours()
    x[3 :: 7 * DAY] = 200
    assert score(x[: 14 * DAY + 4]).value < 1
    assert score(x[: 21 * DAY + 4]).value < 1


def test_a_pace_that_every_day_comes_to_by_and_by_is_odd_when_it_comes_at_once() -> None:
    """No higher than the day's highest, and in the middle of the night: it is its jump that tells."""
    x = 10 + 90 * np.maximum(0, np.sin((np.arange(MONTH) - 6) * np.pi / 12)) ** 2
    night = 27 * DAY + 3
    assert score(np.append(x[:night], 130)).value >= 1
    evening = 27 * DAY + 12
    assert score(np.append(x[:evening], 130)).value < 1


@pytest.mark.parametrize("level", [0.0, 5.0])
@pytest.mark.parametrize("hours", [1, 2, 23, 24, 71, 72, 200, MONTH])
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
    """An app that never asked anything, and now does."""
    x = np.zeros(MONTH)
    x[-1] = 50
    seen = score(x)
    assert seen.value >= 1
    assert seen.why is not None
    assert "times" not in str(seen.why)


@pytest.mark.parametrize("history", [7, 28])
def test_an_incident_of_two_days_keeps_firing_until_it_ends(history: int) -> None:
    """It does not become its own measure: every hour of the forty-eight is told, and the one after them is not."""
    x = business_hours(history)
    start = (history - 2) * DAY
    x[start:] += 200
    assert [t for t in range(start, history * DAY) if score(x[: t + 1]).value < 1] == []
    assert score(np.append(x, 10.0)).value < 1


def test_a_confirmed_record_does_not_hide_what_is_half_as_high_again() -> None:
    """A record stands for four weeks, and an incident beyond it is told."""
    x = business_hours()
    x[20 * DAY : 22 * DAY] += 200
    x[-1] = 350
    assert score(x).value >= 1


def test_high_and_flat_for_half_a_day_is_a_level_shift() -> None:
    """And faster with every third of a day is growth."""
    x = np.full(MONTH, 10.0)
    x[-14:] = 90
    assert score(x).kind == "level_shift"
    x = np.full(MONTH, 10.0)
    x[-24:] += 10 * 2 ** (np.arange(24) / 6)
    assert score(x).kind == "growth"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 300), st.integers(1, 100))
def test_no_hour_is_judged_by_later_ones(seed: int, known: int, later: int) -> None:
    """What an hour may be, as it enters every later score, is what it was when the hour was the last."""
    x = bursts(known + later, seed)
    whole = bounds(x[:, np.newaxis], jumps(x)[:, np.newaxis])
    then = bounds(x[:known, np.newaxis], jumps(x)[:known, np.newaxis])
    assert np.array_equal(whole.usual[:known], then.usual)
    for one, other in zip(whole.edges, then.edges, strict=True):
        assert np.array_equal(one[:known], other)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12))
def test_what_an_hour_may_be_does_not_depend_on_what_it_is(seed: int, days: int) -> None:
    """Nor on the hours just before it: the first ones of an incident do not excuse the next."""
    x = bursts(days * DAY + 12, seed)  # at noon: the day before is over, and its level known
    other = x.copy()
    other[-LAG:] *= 50
    mine, theirs = (bounds(v[:, np.newaxis], jumps(x)[:, np.newaxis]) for v in (x, other))
    assert all(np.array_equal(one[-1], two[-1]) for one, two in zip(mine.edges, theirs.edges, strict=True))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3), st.integers(30, 300))
def test_a_score_has_no_scale(seed: int, power: float, hours: int) -> None:
    """A thousand tokens are no different from a million: what matters is the guard's money gate."""
    x = bursts(hours, seed) + 1
    assert score(x * 10**power).value == pytest.approx(score(x).value, rel=1e-6)


def test_what_is_calm_does_not_load_pyod() -> None:
    """Every pace is scored at every tick."""
    code = (
        "import sys; from datetime import datetime, UTC; from freio.adapters.detector.paces import PaceRecords\n"
        "from freio.domain.spend import Pace\n"
        "PaceRecords().score({'a': Pace(peaks=(5.0,) * 672, jumps=(0.0,) * 672)}, datetime(2026, 11, 23, tzinfo=UTC))\n"
        "assert not {'pyod', 'sklearn', 'numba'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_apps_are_scored_each_by_itself() -> None:
    """One app's trouble is none of another's, and series may be of different lengths."""
    calm, wild, young = business_hours(), business_hours(), business_hours(3)
    wild[-1] = 900
    scores = PaceRecords().score({name: pace(x) for name, x in (("calm", calm), ("wild", wild), ("young", young))}, NOW)
    assert list(scores) == ["calm", "wild", "young"]
    assert scores["calm"].value < 1 <= scores["wild"].value
    assert scores["young"].value < 1


def test_three_records_at_their_edges_are_at_the_threshold() -> None:
    """Ten thousand an hour for ten days: at the edges of pace, excess and jump at once it scores 1."""
    x = np.full((10 * DAY, 1), 10_000.0)
    bound = bounds(x, np.zeros_like(x)).of(0)
    high, far, leap = (float(edge[-1]) for edge in bound.edges)
    assert (high, far, leap) == pytest.approx((EDGES[0] * 20_000, EDGES[1] * 20_000, EDGES[2] * 10_000), rel=1e-6)
    assert bound.score(np.array([19_163.0]), np.array([9_163.0]), -1)[0] == pytest.approx(1.0, abs=1e-3)


# ---- requests beside tokens


def test_a_storm_of_short_requests_fires_before_its_tokens_do() -> None:
    """Half as many tokens again, which is no record of a noisy day; and thirty times as many requests."""
    tokens, requests = business_hours(seed=3)[: 27 * DAY + 13], business_hours(seed=4)[: 27 * DAY + 13]
    tokens[-1], requests[-1] = 65, 1200
    assert score(tokens).value < 1
    seen = with_requests(tokens, requests)
    assert seen.value >= 1
    assert seen.usual == pytest.approx(40, rel=0.2)
    assert seen.usual_requests == pytest.approx(40, rel=0.2)


def test_what_tokens_tell_by_themselves_is_told_of_tokens() -> None:
    """However many requests brought them."""
    x = business_hours()[: 27 * DAY + 13]
    x[-1] = 400
    seen = with_requests(x, x)
    assert seen.value >= 1
    assert seen.usual_requests is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 300), st.integers(24, 300))
def test_requests_never_take_away_from_what_tokens_score(seed: int, hours: int, known: int) -> None:
    """Fewer of them, none, or a shorter past: few requests with huge prompts are as bad."""
    tokens, requests = bursts(hours, seed), bursts(min(hours, known), seed + 1)
    tokens[-1] += 40
    assert with_requests(tokens, requests).value >= score(tokens).value
    assert with_requests(tokens, 0 * requests).value == score(tokens).value


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3), st.integers(30, 300))
def test_the_score_of_requests_has_no_scale_either(seed: int, power: float, hours: int) -> None:
    """A caller that sends one request for a thousand is judged by its own past."""
    tokens, requests = bursts(hours, seed), bursts(hours, seed + 1) + 1
    once = with_requests(tokens, requests).value
    assert with_requests(tokens, requests * 10**power).value == pytest.approx(once, rel=1e-6)


def test_a_storm_of_requests_is_told_until_its_tokens_have_calmed_down() -> None:
    """The second day it is its own record: what its tokens are over the usual holds it, and then it is over."""
    tokens, requests = np.full(MONTH, 100.0), np.full(MONTH, 100.0)
    start = MONTH - 2 * DAY
    tokens[start:] += 70
    requests[start:] += 4000
    assert score(tokens[: start + 1]).value < 1
    seen = [with_requests(tokens[: t + 1], requests[: t + 1]) for t in range(start, MONTH)]
    assert [t for t, one in enumerate(seen) if one.value < 1] == []
    assert {one.usual_requests for one in seen} == {100.0}
    assert with_requests(np.append(tokens, 110.0), np.append(requests, 4100.0)).value < 1


@pytest.mark.parametrize("times", [2.5, 3])
@pytest.mark.parametrize("at", [DAY, DAY + 1, DAY + 6, DAY + 16])
def test_what_is_over_on_an_apps_second_day_is_held_no_longer(at: int, times: float) -> None:
    """On its first day nothing was usual: for a week it was held against nothing, whatever it goes through since."""
    x = np.full(at + 3 * DAY, 10.0)
    x[at] *= times
    first = score(x[: at + 1])
    assert (first.value >= 1, first.kind) == (True, "spike")
    since = [score(x[: t + 1]) for t in range(at + 1, len(x))]
    assert [one for one in since if one.value >= 1] == []
    x[at:] = 10 * times
    runs = [score(x[: t + 1]) for t in range(at + 1, at + DAY)]
    assert [one for one in runs if one.value < 1] == []
    assert {one.usual for one in runs} == {10.0}


@pytest.mark.parametrize("seed", range(4))
def test_a_storm_that_is_over_is_not_held_for_the_noise_of_its_tokens(seed: int) -> None:
    """Its hour had hardly more of them than usual: any of the next twenty may have as many, with no storm in it."""
    rng = np.random.default_rng(seed)
    tokens, requests = rng.uniform(850, 1150, MONTH), rng.uniform(850, 1150, MONTH)
    start = MONTH - 21
    tokens[start], requests[start] = 1010, 300_000
    assert with_requests(tokens[: start + 1], requests[: start + 1]).value >= 1
    later = range(start + 2, MONTH + 1)
    assert [hours for hours in later if with_requests(tokens[:hours], requests[:hours]).value >= 1] == []


def test_a_storm_is_said_in_requests_as_they_were_when_it_began() -> None:
    """In an app with a daily rhythm: of each hour of it what is usual at that hour, on its fifth day as well."""
    tokens, requests = business_hours(33, seed=3), business_hours(33, seed=4) * 10
    quiet, start = requests.copy(), 27 * DAY + 13
    tokens[start:] += 25
    requests[start:] += 9000
    for hours in (1, 6, 14, 22, 5 * DAY + 3):
        seen = with_requests(tokens[: start + hours], requests[: start + hours])
        assert seen.value >= 1
        at = start + hours - 1
        same = quiet[at % DAY : start : DAY][-7:]
        assert seen.usual_requests == pytest.approx(np.median(same), rel=0.25), hours


def test_a_storm_whose_tokens_have_become_a_record_is_said_in_tokens() -> None:
    """While requests alone told how it began."""
    tokens, requests = np.full(MONTH, 100.0), np.full(MONTH, 100.0)
    tokens[-5:] += 70
    requests[-5:] += 4000
    assert with_requests(tokens, requests).usual_requests == 100.0
    tokens[-1] = 900
    assert score(tokens).value >= 1
    assert with_requests(tokens, requests).usual_requests is None


def test_a_storm_on_the_second_day_of_requests_is_held_against_the_first() -> None:
    """Not against nothing: its tokens are known for longer."""
    tokens, requests = np.full(10 * DAY, 100.0), np.full(DAY + 3, 100.0)
    tokens[-2:] += 70
    requests[-2:] += 4000
    seen = with_requests(tokens, requests)
    assert seen.value >= 1
    assert seen.usual_requests == 100.0


@pytest.mark.parametrize("many", [300.0, 420.0])
def test_what_tokens_have_told_is_no_storm_however_many_requests_come_with_it(many: float) -> None:
    """Its jump has told it, and is over: at its next looks tokens alone score less than they did, and requests more."""
    tokens, requests = np.full(10 * DAY, 100.0), np.full(10 * DAY, 100.0)
    there = Pace(
        peaks=(*tokens, 180.0),
        jumps=(0.0,) * (len(tokens) + 1),
        requests=(*requests, many),
        request_jumps=(0.0,) * (len(tokens) + 1),
        so_far=(200.0, 100.0),
        requests_so_far=(many, many - 100),
    )
    seen = PaceRecords().score({"a": there}, NOW)["a"]
    assert seen.value >= 1
    assert seen.usual_requests is None
    alone = PaceRecords().score({"a": replace(there, so_far=(180.0, 0.0))}, NOW)["a"]
    assert alone.value < 1 or alone.usual_requests == 100.0


def test_what_comes_back_after_it_was_down_is_told_neither_then_nor_later() -> None:
    """From nothing to what it always was in its busiest hour: no jump over the usual, and no alert to be held."""
    x = business_hours(22, seed=2)
    start = 20 * DAY + 11
    x[start - 4 : start] = 0
    x[start] = 1.06 * x[:start].max()
    assert [score(x[:hours]).value >= 1 for hours in range(start - 3, start + 30)] == [False] * 33


def test_what_was_under_the_gate_is_not_held_against_later_hours() -> None:
    """It fired, and nobody was told: next to what it was over the usual, any hour of noise is as much."""
    x = np.full(10 * DAY, 100.0)
    x[-9] = 230
    x[-1] = 190
    assert PaceRecords().score({"a": replace(pace(x[:-8]), gate=140.0)}, NOW)["a"].value >= 1
    assert PaceRecords().score({"a": replace(pace(x), gate=100.0)}, NOW)["a"].value >= 1
    assert PaceRecords().score({"a": replace(pace(x), gate=140.0)}, NOW)["a"].value < 1


def test_what_was_told_in_a_sale_is_held_by_what_it_was() -> None:
    """Four times as much was announced, and is left out: a fourth of the gate is left of it as well."""
    x = np.full(10 * DAY, 100.0)
    x[-9] = 230
    x[-1] = 190
    there = replace(pace(x), gate=400.0)
    assert PaceRecords().score({"a": there}, NOW)["a"].value < 1
    assert PaceRecords().score({"a": replace(there, divided=4.0)}, NOW)["a"].value >= 1


def test_a_storm_that_is_over_is_not_told_again_as_its_app_grows() -> None:
    """Each day's peak is a record, and what was usual at the storm is less than what is usual days later."""
    rng = np.random.default_rng(0)
    hours = np.arange(33 * DAY)
    tokens = 100 * (0.1 + 0.9 * np.maximum(0, np.cos((hours % DAY - 15) / DAY * 2 * np.pi))) * 1.02 ** (hours / DAY)
    tokens *= rng.uniform(0.95, 1.05, len(hours))
    requests = tokens * rng.uniform(0.97, 1.03, len(hours))
    start = 26 * DAY + 3
    tokens[start : start + 2] += 30
    requests[start : start + 2] += 1200
    assert with_requests(tokens[: start + 1], requests[: start + 1]).value >= 1
    later = range(start + 4, len(hours) + 1)
    assert [end - start for end in later if with_requests(tokens[:end], requests[:end]).value >= 1] == []


def test_a_storm_whose_requests_calm_down_while_its_tokens_double_goes_on() -> None:
    """It costs more than when it was told: fewer requests with more in each are the same trouble."""
    rng = np.random.default_rng(1)
    tokens, requests = rng.uniform(90, 110, MONTH), rng.uniform(90, 110, MONTH)
    start = MONTH - 8
    tokens[start:] += 50
    requests[start:] += 500
    tokens[start + 1 :] += 50
    requests[start + 1 :] -= 450
    assert [
        hours for hours in range(start + 1, MONTH + 1) if with_requests(tokens[:hours], requests[:hours]).value < 1
    ] == []
    calm = with_requests(np.append(tokens, 105.0), np.append(requests, 100.0))
    assert calm.value < 1


def test_a_storm_in_requests_that_are_known_for_a_day_ends_with_it() -> None:
    """Thirty thousand an hour are usual, as on the only day before: seventy are not half over it of what 120 were."""
    tokens, requests = np.full(10 * DAY, 100.0), np.full(DAY + 8, 30_000.0)
    tokens[-6], requests[-6] = 150, 120_000
    tokens[-5:], requests[-5:] = 130, 70_000
    assert with_requests(tokens[:-5], requests[:-5]).value >= 1
    assert with_requests(tokens, requests).value < 1


@pytest.mark.parametrize(("now", "runs"), [(22_000.0, True), (17_000.0, True), (14_000.0, False), (10_000.0, False)])
def test_what_the_present_hour_has_told_runs_on_while_half_of_it_does(now: float, runs: bool) -> None:
    """Its jump was over after a quarter of an hour; the excess of 12,000 is what is left of it."""
    x = np.append(np.full(10 * DAY, 10_000.0), now)
    later = Pace(peaks=tuple(x), jumps=(0.0,) * len(x), so_far=(22_000.0, 12_000.0))
    assert PaceRecords().score({"a": replace(later, so_far=None)}, NOW)["a"].value < 1
    assert (PaceRecords().score({"a": later}, NOW)["a"].value >= 1) is runs
    calm = replace(later, so_far=(12_000.0, 2_000.0))
    assert PaceRecords().score({"a": calm}, NOW)["a"].value < 1


def test_a_storm_of_the_present_hour_runs_on_while_half_of_its_requests_do() -> None:
    """Tokens alone have not told it."""
    tokens, requests = np.full(10 * DAY, 100.0), np.full(10 * DAY, 100.0)
    found = []
    for many in (200.0, 150.0):
        there = Pace(
            peaks=(*tokens, 160.0),
            jumps=(0.0,) * (len(tokens) + 1),
            requests=(*requests, many),
            request_jumps=(0.0,) * (len(tokens) + 1),
            so_far=(160.0, 60.0),
            requests_so_far=(260.0, 160.0),
        )
        found.append(PaceRecords().score({"a": there}, NOW)["a"].value >= 1)
    assert found == [True, False]
