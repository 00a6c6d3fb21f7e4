"""Proof has three outcomes, and says which numbers made it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freio.domain.click import Verb
from freio.domain.incident import Proof, Verdict
from freio.domain.proof import Window, judge
from freio.guard.prove import Prover, together
from tests.simulation.cast import NOW, OPS
from tests.simulation.parts import SimMeter
from tests.simulation.world import World

BINDS, REFUTED, INCONCLUSIVE = Verdict.BINDS, Verdict.REFUTED, Verdict.INCONCLUSIVE


def verdict(*windows: tuple[int, int], limit: int = 100) -> Verdict:
    """Over five-minute windows of usage a minute and refusals."""
    five = timedelta(minutes=5)
    seen = [Window(start=NOW + n * five, usage=usage, exceeded=n_) for n, (usage, n_) in enumerate(windows)]
    return judge(at=NOW, limit=limit, before=900, windows=seen).verdict


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([(98, 40)], BINDS),
        ([(40, 3)], BINDS),
        ([(95, 0), (99, 0), (92, 0)], BINDS),
        ([(95, 0), (99, 0)], INCONCLUSIVE),
        ([(500, 0), (500, 0), (500, 0)], REFUTED),
        ([(500, 0), (500, 0)], INCONCLUSIVE),
        ([(500, 0), (500, 0), (90, 0), (500, 0)], INCONCLUSIVE),
        ([(500, 9), (500, 9), (500, 9)], REFUTED),
        ([(500, 9)], INCONCLUSIVE),
        ([(30, 0)] * 6, INCONCLUSIVE),
        ([(0, 0)] * 6, INCONCLUSIVE),
        ([], INCONCLUSIVE),
        ([(109, 0)] * 3, BINDS),
        ([(500, 9), (500, 9), (0, 0)], INCONCLUSIVE),
        ([(500, 9), (500, 9), (60, 1)], BINDS),
    ],
)
def test_a_verdict_is_made_of_usage_and_refusals(windows: list[tuple[int, int]], expected: Verdict) -> None:
    """Refusals under the limit bind; usage above it refutes; a falling bill alone proves nothing."""
    assert verdict(*windows) is expected


def test_a_limit_of_nothing_binds_by_refusals_alone() -> None:
    """No usage at a limit of 0 may be no demand."""
    assert verdict((0, 0), (0, 0), (0, 0), limit=0) is INCONCLUSIVE
    assert verdict((0, 7), limit=0) is BINDS
    assert verdict((5, 0), (5, 0), (5, 0), limit=0) is REFUTED


def a_proof(verdict: Verdict) -> Proof:
    return Proof(verdict=verdict, at=NOW, limit=100, before=900, now=50, exceeded=1, reason=verdict)


def test_one_refuted_target_refutes_the_brake() -> None:
    """And numbers are sums."""
    proof = together([a_proof(BINDS), a_proof(REFUTED)], NOW)
    assert (proof.verdict, proof.limit, proof.reason) == (REFUTED, 200, "refuted")
    assert together([a_proof(BINDS), a_proof(INCONCLUSIVE)], NOW).verdict is BINDS
    assert together([], NOW).verdict is INCONCLUSIVE


def test_windows_before_the_brake_took_effect_prove_nothing() -> None:
    """Usage was above the limit until a minute ago, when it was set."""
    world = World()
    world.watch("chat")
    world.click(OPS, Verb.THROTTLE, "chat")
    meter = SimMeter()
    meter.says = "refuted"
    proof, loose = Prover({"quota": meter}).prove(world.of("chat"), world.clock.at + timedelta(minutes=16))
    assert not loose
    assert proof.verdict is INCONCLUSIVE
    proof, loose = Prover({"quota": meter}).prove(world.of("chat"), world.clock.at + timedelta(minutes=18))
    assert len(loose) == 1
    assert proof.verdict is REFUTED


def test_demand_behind_the_brake_is_seen_by_its_refusals() -> None:
    """So that a throttled app is not called quiet for being throttled."""
    world = World()
    world.watch("chat")
    world.click(OPS, Verb.THROTTLE, "chat")
    world.meter.says = "binds"
    assert Prover({"quota": world.meter}).refusing(world.of("chat"), world.clock.at)
    world.meter.says = "quiet"
    assert not Prover({"quota": world.meter}).refusing(world.of("chat"), world.clock.at)
