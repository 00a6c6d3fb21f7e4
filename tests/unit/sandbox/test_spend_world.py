"""The world gives out each app's traffic step by step, and bills a month of history quickly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from freio.errors import UnknownPrice
from freio.sandbox.spend.billing_export import BillingExport, table_name
from freio.sandbox.spend.billing_rows import BillingAccount
from freio.sandbox.spend.prices import token_price
from freio.sandbox.spend.traffic import STEP
from freio.sandbox.spend.world import AppSpend, SpendWorld, generated

START = datetime(2026, 10, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
ACCOUNT = BillingAccount(id="01D4EE-079462-DFD6EC")
APPS = [
    AppSpend(
        app="chat",
        project="acme-chat",
        model="gemini-2.5-flash",
        tier="mid",
        habit="steady",
        monthly=Decimal(6000),
        labels=(("app", "chat"),),
        time_zone="America/Sao_Paulo",
    ),
    AppSpend(
        app="review",
        project="acme-review",
        model="claude-sonnet-4-5",
        tier="large",
        habit="bursty",
        monthly=Decimal(3000),
        size=(4000.0, 500.0),
    ),
]


def world(seed: int = 5) -> SpendWorld:
    return SpendWorld(APPS, generated(APPS, seed, START))


def test_a_step_is_what_each_app_asks_in_five_minutes() -> None:
    """Where it runs, what it asks, and how much; an app that asks nothing is left out."""
    one = world()
    steps = [one.step(START + k * STEP) for k in range(288)]
    assert {traffic.app for step in steps for traffic in step} == {"chat", "review"}
    assert {len(step) for step in steps} == {1, 2}
    for traffic in steps[0]:
        spec = next(app for app in APPS if app.app == traffic.app)
        assert (traffic.project, traffic.model, traffic.labels) == (spec.project, spec.model, spec.labels)
    assert min(traffic.requests for step in steps for traffic in step) > 0


def test_a_history_bills_exactly_the_steps_that_a_run_would_ask(tmp_path: Path) -> None:
    """History and live steps are the same demand, so a demo's past and present fit together."""
    path, one = tmp_path / "w.duckdb", world()
    one.backfill(BillingExport(path, table_name(ACCOUNT.id), ACCOUNT, 5), START, START + timedelta(hours=6))
    asked = [traffic for k in range(72) for traffic in one.step(START + k * STEP)]
    with duckdb.connect(str(path), read_only=True) as connection:
        billed = connection.execute(
            f"SELECT sum(usage.amount) FROM {table_name(ACCOUNT.id)} WHERE cost_type = 'regular'"
        ).fetchall()[0][0]
    assert billed == sum(traffic.input_tokens + traffic.output_tokens for traffic in asked)


def test_a_month_costs_about_its_monthly_amount(tmp_path: Path) -> None:
    """The level is set so that the month is met on average; over many seeds it is."""
    costs = []
    for seed in range(20):
        stretch = world(seed).stretch("review", START, MONTH // STEP)
        price = token_price("claude-sonnet-4-5", START, input_size=4000, output_size=500)
        usd = int(stretch.input_tokens.sum()) * price.input + int(stretch.output_tokens.sum()) * price.output
        costs.append(float(usd) / 1e6)
    assert sum(costs) / len(costs) == pytest.approx(3000, rel=0.1)


def test_half_an_hour_of_history_is_refused(tmp_path: Path) -> None:
    """The export has whole hours."""
    export = BillingExport(tmp_path / "w.duckdb", table_name(ACCOUNT.id), ACCOUNT, 5)
    with pytest.raises(ValueError, match="whole hours"):
        world().backfill(export, START, START + timedelta(minutes=90))


def test_an_app_on_an_unknown_model_cannot_be_made() -> None:
    """A demand that could not be billed is told before it begins."""
    spec = AppSpend(app="a", project="p", model="nonesuch", tier="mid", habit="steady", monthly=Decimal(1))
    with pytest.raises(UnknownPrice, match="nonesuch"):
        generated([spec], 1, START)
