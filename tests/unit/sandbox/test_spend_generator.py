"""Generated demand looks like the usage it was fitted on, and is the same for the same seed."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from freio.sandbox.spend import fitting
from freio.sandbox.spend.generator import Generator, typical_size
from freio.sandbox.spend.profile import Habit, Tier, profile
from freio.sandbox.spend.traffic import STEP

ROOT = Path(__file__).parents[3]
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1) // STEP


def generator(
    *, tier: Tier = "mid", habit: Habit = "steady", seed: int = 1, app: str = "chat", time_zone: str = "UTC"
) -> Generator:
    return Generator(
        profile=profile(),
        tier=tier,
        habit=habit,
        seed=seed,
        app=app,
        level=2000.0,
        size=(500.0, 50.0),
        time_zone=time_zone,
    )


def in_tens(one: Generator, days: int) -> fitting.Floats:
    tens: fitting.Floats = one.stretch(MONDAY, days * DAY).requests.reshape(-1, 2).sum(axis=1).astype(np.float64)
    return tens


def fit_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fit_usage_profile", ROOT / "tools" / "fit_usage_profile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_same_seed_and_app_tell_the_same_story() -> None:
    """Two generators made alike agree on every step, whatever was asked of them before."""
    one, other = generator(), generator()
    other.stretch(MONDAY + timedelta(days=90), 10)
    assert np.array_equal(one.stretch(MONDAY, 30 * DAY).input_tokens, other.stretch(MONDAY, 30 * DAY).input_tokens)


@pytest.mark.parametrize("changed", [{"seed": 2}, {"app": "search"}])
def test_another_seed_or_another_app_tells_another_story(changed: dict[str, str]) -> None:
    """Apps of one world do not rise and fall together, and a second run can be different."""
    assert not np.array_equal(
        generator().stretch(MONDAY, DAY).requests,
        generator(**changed).stretch(MONDAY, DAY).requests,  # type: ignore[arg-type]  # one keyword at a time
    )


def test_steps_asked_one_by_one_are_those_of_one_long_stretch() -> None:
    """A step's demand does not depend on how it is asked for, also across the edge of a block."""
    edge = datetime(2024, 1, 29, tzinfo=UTC)
    start = edge - 6 * STEP
    whole = generator().stretch(start, 12).requests
    single = [generator().stretch(start + k * STEP, 1).requests[0] for k in range(12)]
    assert whole.tolist() == single


@pytest.mark.parametrize("tier", ["mid", "large"])
def test_the_day_has_the_fitted_shape(tier: Tier) -> None:
    """Over many weeks the hours of the day rise and fall as in the real usage."""
    tens = in_tens(generator(tier=tier), 280)
    hours = tens.reshape(-1, 24, 6).sum(axis=2).mean(axis=0)
    assert np.corrcoef(hours, profile().tiers[tier].hours)[0, 1] > 0.9


def test_the_week_has_the_fitted_shape() -> None:
    """Over many weeks the weekdays rise and fall as in the real usage."""
    days = np.mean([in_tens(generator(tier="small", seed=seed), 280).reshape(-1, 7, 144) for seed in range(5)], axis=0)
    assert np.corrcoef(days.sum(axis=2).mean(axis=0), profile().weekdays)[0, 1] > 0.8


def test_the_day_begins_at_the_apps_own_midnight() -> None:
    """The same app in São Paulo, three hours behind, has its quiet hours three hours later in UTC."""
    shape = np.array(profile().tiers["large"].hours)
    tens = in_tens(generator(tier="large", time_zone="America/Sao_Paulo"), 280)
    hours = tens.reshape(-1, 24, 6).sum(axis=2).mean(axis=0)
    shifts = [np.corrcoef(hours, np.roll(shape, shift))[0, 1] for shift in range(24)]
    assert int(np.argmax(shifts)) == 3


@pytest.mark.parametrize("tier", ["small", "mid", "large"])
@pytest.mark.parametrize("habit", ["steady", "bursty"])
def test_burstiness_and_gaps_are_those_of_the_real_usage(tier: Tier, habit: Habit) -> None:
    """The estimator that was run on the real clients finds the same figures in generated ones."""
    fitted = profile().tiers[tier].habits[habit]
    series = [in_tens(generator(tier=tier, habit=habit, seed=seed), 14) for seed in range(20)]
    bursts = [fitting.burstiness(one) for one in series]
    gaps = [fitting.gaps(one) for one in series]
    assert np.median([burst.sigma for burst in bursts]) == pytest.approx(fitted.sigma, rel=0.12)
    assert np.median([burst.smooth for burst in bursts]) == pytest.approx(fitted.smooth, abs=0.1)
    assert np.median([burst.phi for burst in bursts]) == pytest.approx(fitted.phi, abs=0.02)
    assert np.mean([gap.inactive for gap in gaps]) == pytest.approx(fitted.inactive, abs=0.05)


@pytest.mark.parametrize("tier", ["small", "mid", "large"])
def test_sporadic_apps_are_quiet_most_of_the_time(tier: Tier) -> None:
    """A sporadic app asks in as few steps, in runs as short, as the real sporadic clients."""
    fitted = profile().tiers[tier].habits["sporadic"]
    gaps = [fitting.gaps(in_tens(generator(tier=tier, habit="sporadic", seed=seed), 28)) for seed in range(20)]
    assert np.mean([gap.inactive for gap in gaps]) == pytest.approx(fitted.inactive, abs=0.03)
    assert np.mean([gap.active_run for gap in gaps]) == pytest.approx(fitted.active_run, rel=0.25)


@pytest.mark.parametrize("habit", ["steady", "bursty", "sporadic"])
def test_the_mean_is_the_level_asked_for_whatever_the_habit(habit: Habit) -> None:
    """Bursts and gaps redistribute an app's requests; they neither add nor lose any on average."""
    means = [in_tens(generator(habit=habit, seed=seed), 56).mean() for seed in range(30)]
    assert np.mean(means) == pytest.approx(2000, rel=0.12)


def test_tokens_per_request_lie_within_the_tiers_quantiles() -> None:
    """An app's mean request is drawn between the 10 and 90 % quantiles of real clients of its tier."""
    figures = profile().tiers["large"]
    sizes = np.array([typical_size(profile(), "large", 1, f"app-{k}") for k in range(200)])
    assert figures.input_tokens.quantiles[0] <= sizes[:, 0].min()
    assert sizes[:, 0].max() <= figures.input_tokens.quantiles[-1]
    assert np.median(sizes[:, 1]) == pytest.approx(figures.output_tokens.quantiles[2], rel=0.4)


def test_time_that_is_not_on_the_mark_is_refused() -> None:
    """A step begins on a five-minute mark of an aware time; anything else is a mistake of the caller."""
    with pytest.raises(ValueError, match="five-minute mark"):
        generator().stretch(MONDAY + timedelta(minutes=1), 1)
    with pytest.raises(ValueError, match="no time zone"):
        generator().stretch(MONDAY.replace(tzinfo=None), 1)


def test_the_estimator_finds_what_was_put_in() -> None:
    """Without a daily shape, an autoregression plus rough noise is recovered: deviation, smooth share and phi."""
    chance = np.random.default_rng(5)
    smooth = np.zeros(144 * 140)
    for t in range(1, len(smooth)):
        smooth[t] = 0.95 * smooth[t - 1] + chance.normal(0, 0.6 * np.sqrt(1 - 0.95**2))
    found = fitting.burstiness(np.exp(8 + smooth + chance.normal(0, 0.3, len(smooth))))
    assert found.sigma == pytest.approx(np.hypot(0.6, 0.3), rel=0.05)
    assert found.smooth == pytest.approx(0.8, abs=0.04)
    assert found.phi == pytest.approx(0.95, abs=0.01)


def test_the_shipped_figures_are_what_the_tool_fits_on_the_real_usage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``profile.json`` can be made again from its source, digit for digit."""
    data = ROOT.parent / "shared" / "data" / "llm_usage_10min.csv.gz"
    if not data.exists():
        pytest.skip(f"{data.name} is not beside the project: the fit cannot be repeated here")
    monkeypatch.setattr("sys.argv", ["fit_usage_profile.py", str(data)])
    fit_tool().main()
    assert json.loads(capsys.readouterr().out) == json.loads(
        (ROOT / "shared/freio/sandbox/spend/profile.json").read_text()
    )
