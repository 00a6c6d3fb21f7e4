"""The forecaster: what the rest of a month may cost, from days of money, by conformal ranges."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freio.adapters.forecaster.adapter import DAYS_NEEDED, StatsForecaster, counted
from freio.adapters.forecaster.errors import quantiles
from freio.adapters.forecaster.models import Floats, simple_mean
from freio.domain.forecast import Outlook

ROOT = Path(__file__).parents[2]
NOTHING = Decimal(0)
RNG = np.random.default_rng(7)
AMOUNTS = st.lists(
    st.decimals(min_value=0, max_value=10_000, places=2, allow_nan=False), min_size=DAYS_NEEDED, max_size=28
)


def money(days: Sequence[float] | Floats) -> list[Decimal]:
    return [Decimal(repr(float(day))) for day in days]


def asked(days: Sequence[Decimal], ahead: str = "7", after: str = "0", **others: Sequence[Decimal]) -> Outlook:
    found = StatsForecaster().outlook({"mine": days, **others}, ahead=Decimal(ahead), after=Decimal(after))
    return found["mine"]


def test_a_week_that_repeats_goes_on() -> None:
    """Its middle is a week more of it, and the range is narrow, for it was never off by much."""
    week = [100, 110, 105, 95, 100, 40, 30]
    said = asked(money(week * 4))
    assert said.at(Decimal("0.5")) == pytest.approx(Decimal(sum(week)), rel=Decimal("0.1"))
    assert said.at(Decimal("0.9")) < Decimal("1.5") * said.at(Decimal("0.1"))


def test_a_quiet_weekend_makes_no_quiet_month() -> None:
    """Asked on a Sunday night or on a Friday, a week that repeats goes on with the same sum."""
    days = np.tile([100.0, 110, 105, 95, 100, 10, 5], 4)
    friday, sunday = (float(asked(money(days[:until])).at(Decimal("0.5"))) for until in (26, 28))
    assert friday == pytest.approx(525, rel=0.1)
    assert sunday == pytest.approx(525, rel=0.1)


def test_what_was_never_the_same_has_a_wide_range() -> None:
    """The same mean, spent on every seventh day or on each: the range of the one is the wider."""
    calm = asked(money(RNG.normal(100, 5, 28)))
    wild = asked(money([0, 0, 700, 0, 0, 0, 0] * 2 + [0, 0, 0, 0, 0, 700, 0] + [700, 0, 0, 0, 0, 0, 0]), "5")
    width = [said.at(Decimal("0.9")) - said.at(Decimal("0.1")) for said in (calm, wild)]
    assert width[1] > 2 * width[0]


def test_a_day_of_which_half_is_left_counts_half() -> None:
    """Twice as many days come to twice as much, and what lies before them to nothing."""
    flat = money([50.0] * 28)
    middle = Decimal("0.5")
    assert asked(flat, "3.5").at(middle) == pytest.approx(Decimal(175), rel=Decimal("0.05"))
    assert asked(flat, "3.5", "2").at(middle) == pytest.approx(Decimal(175), rel=Decimal("0.05"))
    assert counted(1.5, 2.25).tolist() == [0.0, 0.0, 0.75, 0.75]
    assert counted(0.0, 3.0).tolist() == []


def test_no_time_left_costs_nothing_more() -> None:
    """On the last evening of the month."""
    assert set(asked(money([10.0] * 20), "0").percentiles) == {NOTHING}


def test_a_special_day_counts_as_often_as_it_is_said_to_and_widens_the_range() -> None:
    """Five days at 100, one of them up to three times as dear: 600 in the middle; a day of rest takes half of one."""
    flat = money([100.0] * 28)

    def of(*coming: tuple[str, str]) -> Outlook:
        ranges = [(Decimal(low), Decimal(high)) for low, high in coming]
        found = StatsForecaster().outlook({"mine": flat}, ahead=Decimal(5), after=NOTHING, coming={"mine": ranges})
        return found["mine"]

    middle, plain = Decimal("0.5"), of()
    assert of(("1", "1")) == plain
    sale, rest = of(("1", "1"), ("1", "3")), of(("0.5", "0.5"))
    assert sale.at(middle) == pytest.approx(plain.at(middle) + 100, rel=Decimal("0.02"))
    assert rest.at(middle) == pytest.approx(plain.at(middle) - 50, rel=Decimal("0.02"))
    width = [said.at(Decimal("0.9")) - said.at(Decimal("0.1")) for said in (plain, sale)]
    assert width[1] > width[0] + 120  # eight tenths of the 200 that are not known


def test_too_little_history_is_left_out_and_not_guessed() -> None:
    """Six days are no week."""
    assert StatsForecaster().outlook({"new": money([1.0] * 6)}, ahead=Decimal(5), after=NOTHING) == {}


def test_an_app_without_spend_is_not_expected_to_spend() -> None:
    """Nor does it keep others from being forecast; and credits are no spend."""
    said = StatsForecaster().outlook(
        {"idle": [NOTHING] * 20, "credited": [Decimal(-5)] * 20, "busy": money([9.0] * 20)},
        ahead=Decimal(5),
        after=NOTHING,
    )
    assert set(said["idle"].percentiles) == set(said["credited"].percentiles) == {NOTHING}
    assert said["busy"].at(Decimal("0.5")) == pytest.approx(Decimal(45), rel=Decimal("0.05"))


@settings(deadline=None, max_examples=30)
@given(days=AMOUNTS, factor=st.sampled_from(["0.001", "1", "1000"]))
def test_it_is_the_same_in_any_currency(days: list[Decimal], factor: str) -> None:
    """A thousand times the money has a thousand times the range: its shape is of the series alone."""
    scale = Decimal(factor)
    one, other = asked(days), asked([day * scale for day in days])
    for before, after in zip(one.percentiles, other.percentiles, strict=True):
        assert float(after) == pytest.approx(float(before * scale), rel=1e-3, abs=1e-3)


@settings(deadline=None, max_examples=20)
@given(days=AMOUNTS)
def test_the_order_of_apps_plays_no_part(days: list[Decimal]) -> None:
    """They are one pool, however they are listed."""
    beside = money(np.random.default_rng(1).gamma(2, 30, 20))
    forecaster = StatsForecaster()
    one = forecaster.outlook({"a": days, "b": beside}, ahead=Decimal(9), after=NOTHING)
    other = forecaster.outlook({"b": beside, "a": days}, ahead=Decimal(9), after=NOTHING)
    assert one == other


def test_no_day_is_looked_at_before_it_has_come() -> None:
    """What a path is asked to continue is always the beginning of the series, and all of it only for the forecast."""
    seen: list[tuple[int, int]] = []
    series = np.arange(1.0, 21.0)

    def spy(days: Floats, ahead: int) -> Floats:
        assert days.tolist() == series[: len(days)].tolist()
        seen.append((len(days), ahead))
        return np.full(ahead, float(days[-1]))

    StatsForecaster(spy).outlook({"a": money(series)}, ahead=Decimal(4), after=NOTHING)
    assert seen[-1] == (20, 4)
    assert all(length + ahead <= 20 for length, ahead in seen[:-1])


def test_the_range_holds_as_often_as_it_says_on_what_it_has_not_seen() -> None:
    """Forty apps whose days are drawn from one distribution each: eight of ten weeks end within the 80 % range."""
    rng = np.random.default_rng(11)
    days = rng.gamma(3, 30, (40, 35)) * rng.uniform(0.1, 10, (40, 1))
    said = StatsForecaster().outlook(
        {str(row): money(each[:28]) for row, each in enumerate(days)}, ahead=Decimal(7), after=NOTHING
    )
    inside = [
        said[str(row)].at(Decimal("0.1")) <= Decimal(repr(float(each[28:].sum()))) <= said[str(row)].at(Decimal("0.9"))
        for row, each in enumerate(days)
    ]
    assert 0.7 <= np.mean(inside) <= 1.0


def test_a_weighted_quantile_is_between_the_middles_of_the_weights() -> None:
    """By hand: 1 weighs 1, 3 weighs 3; their middles are at 1/8 and 5/8, so the half is at three quarters."""
    assert quantiles(np.array([3.0, 1.0]), np.array([3.0, 1.0]), np.array([0.5]))[0] == pytest.approx(2.5)


def test_the_simple_mean_is_that_of_its_three_models() -> None:
    """By hand, of 1 to 7: the week's mean 4, the same weekday a week ago 1, and a level of 1 moved halfway each day."""
    level = 1.0
    for day in range(2, 8):
        level += (day - level) / 2
    assert simple_mean(np.arange(1.0, 8.0), 1)[0] == pytest.approx((4 + 1 + level) / 3)


def test_statsforecast_is_imported_late_and_compiles_nothing() -> None:
    """Importing the adapter brings none of it; a forecast brings it, and numba has nothing to do."""
    script = """
import json, sys
from decimal import Decimal
from numba.core.event import install_recorder
from freio.adapters.forecaster.adapter import StatsForecaster
early = [name for name in ("statsforecast", "pandas") if name in sys.modules]
with install_recorder("numba:compile") as compiled:
    StatsForecaster().outlook({"a": [Decimal(5 + day % 7) for day in range(28)]}, ahead=Decimal(9), after=Decimal(0))
print(json.dumps([early, "statsforecast" in sys.modules, len(compiled.buffer)]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(done.stdout) == [[], True, 0]
