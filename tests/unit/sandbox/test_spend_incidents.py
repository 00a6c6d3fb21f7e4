"""Runaways add what their kind says, from their start to their end, and can be stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from freio.errors import BadInput
from freio.sandbox.spend.incidents import LENGTHS, Kind, Runaway, Usual
from freio.sandbox.spend.traffic import STEP
from freio.sandbox.spend.world import AppSpend, SpendWorld, generated

START = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)
KINDS: list[Kind] = ["spike", "retry_storm", "stuck_loop", "growth", "leak"]
USUAL = Usual(requests=1000, input_size=400, output_size=40)


def runaway(kind: Kind, *, severity: float = 1.0, until: datetime | None = None, seed: int = 3) -> Runaway:
    return Runaway(app="chat", kind=kind, start=START, seed=seed, usual=USUAL, severity=severity, until=until)


def world() -> SpendWorld:
    spec = AppSpend(
        app="chat", project="p", model="gemini-2.5-flash", tier="mid", habit="steady", monthly=Decimal(9000)
    )
    return SpendWorld([spec], generated([spec], 1, START))


@pytest.mark.parametrize(
    ("kind", "hours", "multiple"),
    [("spike", 3, 4.0), ("retry_storm", 6, 6.75), ("stuck_loop", 48, 2.0), ("growth", 96, 2.2), ("leak", 72, 1.0)],
)
def test_each_kind_adds_its_multiple_of_the_usual(kind: Kind, hours: int, multiple: float) -> None:
    """The mean of what is added, over the kind's whole length, in requests a step."""
    added = runaway(kind).added(START, hours * 12).requests
    assert timedelta(hours=hours) == LENGTHS[kind]
    assert added.mean() / USUAL.requests == pytest.approx(multiple, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_added_before_the_start_or_after_the_end(kind: Kind) -> None:
    """The steps on either side of an incident are untouched."""
    one = runaway(kind)
    assert one.added(START - timedelta(hours=1), 12).requests.sum() == 0
    assert one.added(one.end, 12).requests.sum() == 0
    assert one.added(START - STEP, 3).requests[0] == 0
    assert one.added(START - STEP, 300).requests[2:30].min() > 0 or kind == "leak"


@pytest.mark.parametrize("kind", KINDS)
def test_an_incident_is_the_same_step_by_step_and_by_seed(kind: Kind) -> None:
    """Asked at once or one by one it adds the same; another seed adds something else."""
    whole = runaway(kind).added(START, 12).requests
    assert whole.tolist() == [runaway(kind).added(START + k * STEP, 1).requests[0] for k in range(12)]
    assert not np.array_equal(whole, runaway(kind, seed=4).added(START, 12).requests)


def test_growth_doubles_every_day() -> None:
    """Two days in, what is added plus its half grows by a factor of two in a day."""
    added = runaway("growth").added(START, 96 * 12).requests.reshape(96, 12).mean(axis=1) / USUAL.requests
    assert (added[72:95].mean() + 0.5) / (added[48:71].mean() + 0.5) == pytest.approx(2, rel=0.05)


def test_a_stuck_loop_carries_a_longer_context() -> None:
    """Input tokens per request are half as many again; output per request is the usual."""
    added = runaway("stuck_loop").added(START, 12)
    assert added.input_tokens.sum() / added.requests.sum() == pytest.approx(1.5 * USUAL.input_size, rel=0.001)
    assert added.output_tokens.sum() / added.requests.sum() == pytest.approx(USUAL.output_size, rel=0.001)


def test_severity_multiplies() -> None:
    """Twice the severity is twice the requests."""
    mild, hard = (runaway("spike", severity=by).added(START, 36).requests.sum() for by in (1.0, 2.0))
    assert hard / mild == pytest.approx(2, rel=0.001)


def test_a_runaway_lies_on_top_of_its_app_and_stops_when_its_cause_is_fixed() -> None:
    """During the incident demand is base plus extra; from the stop on it is the base again."""
    calm, wild = world(), world()
    one = wild.launch("retry_storm", "chat", START, seed=2)
    wild.stop(one, START + timedelta(hours=1))
    extra = wild.stretch("chat", START, 24).requests - calm.stretch("chat", START, 24).requests
    assert extra[:12].min() > 0
    assert extra[12:].max() == 0
    assert wild.running(START)[0].kind == "retry_storm"
    assert wild.running(START + timedelta(hours=1)) == []


def test_an_incident_of_an_unknown_app_is_refused() -> None:
    """The message names the apps that there are."""
    with pytest.raises(BadInput, match=r"'search' is not in this world; must be one of chat"):
        world().launch("spike", "search", START)
