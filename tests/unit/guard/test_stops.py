"""A brake that stops what it touches: proved by what still gets through, and never called quiet while it refuses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from freio.domain import sentences as say
from freio.domain.click import Verb
from freio.domain.incident import State, Verdict
from freio.domain.proof import Window
from freio.domain.target import Target
from freio.guard.prove import Prover
from tests.simulation.cast import LEA, ROB, a_target
from tests.simulation.world import World

MINUTE = timedelta(minutes=1)
POLICY = a_target("near", "allowed_models")


def stopped() -> World:
    """`near` takes a model away from the project that it shares with `far`; an owner of each said yes."""
    world = World()
    world.watch("near")
    world.click(LEA, Verb.THROTTLE, "near")
    world.sweep()
    world.click(ROB, Verb.THROTTLE, "near")
    world.sweep(2)
    return world


class Reports:
    """What the service says of every window: so much got through, so many were refused."""

    def __init__(self, through: int, refused: int) -> None:
        self.through, self.refused = through, refused
        self.asked: list[tuple[Target, tuple[str, ...]]] = []

    def windows(
        self, target: Target, since: datetime, until: datetime, minutes: int, *, takes: tuple[str, ...] = ()
    ) -> list[Window]:
        self.asked.append((target, takes))
        width = timedelta(minutes=minutes)
        return [
            Window(start=since + n * width, usage=self.through, exceeded=self.refused)
            for n in range((until - since) // width)
        ]


def proof(world: World, through: int, refused: int, after: timedelta) -> Any:
    prover = Prover({"allowed_models": Reports(through, refused)})
    return prover.prove(world.of("near"), world.of("near").changed_at + after)


def test_nothing_gets_through_and_some_are_refused_is_binding() -> None:
    """What is refused shows that somebody still asks."""
    found, _ = proof(stopped(), 0, 7, 30 * MINUTE)
    assert (found.verdict, found.limit, found.exceeded) == (Verdict.BINDS, 0, 35)


def test_what_still_gets_through_refutes_it() -> None:
    """Three windows in a row; the target is named as loose."""
    found, loose = proof(stopped(), 4, 0, 30 * MINUTE)
    assert (found.verdict, found.now, loose) == (Verdict.REFUTED, 4, frozenset({POLICY}))


def test_silence_proves_nothing() -> None:
    """Perhaps nobody asks."""
    assert proof(stopped(), 0, 0, 30 * MINUTE)[0].verdict is Verdict.INCONCLUSIVE


def test_only_windows_after_it_took_effect_count() -> None:
    """A policy takes a quarter of an hour to spread: what gets through before that refutes nothing."""
    world = stopped()
    incident = world.of("near")
    assert incident.proposal is not None
    (step,) = incident.proposal.steps
    found, _ = proof(world, 4, 0, step.bites_within + 14 * MINUTE)
    assert found.verdict is Verdict.INCONCLUSIVE


def test_the_witness_is_asked_about_what_was_taken() -> None:
    """The project's other models go on, and prove nothing."""
    world, reports = stopped(), Reports(0, 1)
    Prover({"allowed_models": reports}).prove(world.of("near"), world.clock.at + 30 * MINUTE)
    assert reports.asked == [(POLICY, ("near-flash",))]


def test_what_is_set_and_put_back_is_said_by_its_name() -> None:
    """There is no number to say."""
    world = stopped()
    assert world.of("near").state is State.THROTTLED
    assert world.lever.standing == {POLICY: "None without ['near-flash']"}
    (line,) = world.told(say.STOPPED)
    assert "acme-models" in line["where"]


def test_two_apps_take_away_their_own_and_give_back_their_own() -> None:
    """The policy lacks both models while both are braked, and one when the first is let go."""
    world = stopped()
    world.watch("far")
    world.click(LEA, Verb.THROTTLE, "far")
    world.sweep()
    world.click(ROB, Verb.THROTTLE, "far")
    world.sweep(2)
    assert world.lever.standing == {POLICY: "None without ['far-flash', 'near-flash']"}
    world.meter.says = "quiet"
    world.pass_time(timedelta(hours=6, minutes=1))
    world.watch("near", "quiet")
    world.watch("far", "late")
    world.sweep(3)
    assert world.lever.standing == {POLICY: "None without ['far-flash']"}
    assert world.told(say.STILL_STOPPED)


def test_a_stop_hides_whether_it_is_quiet() -> None:
    """It refuses usual demand as well; a limit lets that through, so what it refuses is too much."""
    world = stopped()
    busy = Prover({"allowed_models": Reports(0, 3)})
    assert (busy.refusing(world.of("near"), world.clock.at), busy.hiding(world.of("near"), world.clock.at)) == (
        False,
        True,
    )
    assert not Prover({"allowed_models": Reports(0, 0)}).hiding(world.of("near"), world.clock.at)
