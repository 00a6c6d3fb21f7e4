"""Waiting for people, while the file changes under the question, or loses the app."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from freio.domain.app import Level, Mode, Policy
from freio.domain.incident import State
from freio.domain.phrase import Phrase, packed
from freio.domain.sentences import APP_GONE, ESCALATED, ESCALATED_UNSEEN, ESCALATED_WAITS, WAITS_NOBODYS, WAITS_SHARED
from freio.guard.remind import LONGEST_WAIT
from freio.ports import Change
from tests.simulation.cast import MINUTE, a_client, an_app
from tests.simulation.world import World

HOUR = timedelta(hours=1)


def rule(world: World, mode: Mode) -> None:
    """The file is changed, for every app in it."""
    policy = Policy(modes=dict.fromkeys(Level, mode), levers=("quota", "gateway"))
    world.client = replace(world.client, apps=tuple(replace(app, policy=policy) for app in world.client.apps))
    world.ledger.client = world.client
    world.build()


def of_one(mode: Mode) -> World:
    return World(client=a_client(an_app("seen", "ana", mode)))


def test_nobody_is_braked_within_the_grace_of_a_rule_that_is_new() -> None:
    """Under approve the next call was due in hours; enforce begins with fifteen minutes of its own."""
    world = of_one(Mode.APPROVE)
    world.watch("seen")
    for _ in range(12):
        world.pass_time(30 * MINUTE)
        world.watch("seen", "warm")
        world.sweep()
    due_at = world.of("seen").due_at
    assert due_at is not None
    world.pass_time(due_at - world.clock.at - MINUTE)
    world.watch("seen", "warm")
    world.pass_time(MINUTE)
    rule(world, Mode.ENFORCE)
    world.sweep()  # the timer comes before the watch's look: it calls people once more
    assert world.of("seen").state is State.PROPOSED
    world.watch("seen", "warm")
    world.pass_time(14 * MINUTE)
    world.watch("seen", "warm")
    world.sweep()
    assert world.of("seen").state is State.PROPOSED
    world.pass_time(MINUTE)
    world.sweep(times=2)
    assert world.of("seen").state is State.THROTTLED


def test_an_app_that_is_only_observed_since_is_not_called_about_any_more() -> None:
    """Neither in the thread nor by the pager; it ends when it is quiet."""
    world = of_one(Mode.APPROVE)
    world.watch("seen")
    rule(world, Mode.OBSERVE)
    for _ in range(30):
        world.pass_time(HOUR)
        world.watch("seen", "warm")
        world.sweep()
    assert (world.of("seen").escalations, world.of("seen").state) == (0, State.PROPOSED)
    assert not world.pager.pages
    world.watch("seen", "quiet")
    assert world.of("seen").state is State.RESOLVED


def test_what_was_observed_is_asked_once_the_file_says_so_though_the_watch_is_down() -> None:
    """Its timer goes on slowly, for that."""
    world = of_one(Mode.OBSERVE)
    world.watch("seen")
    world.sweep(times=3, every=HOUR)
    assert world.of("seen").state is State.OPEN
    rule(world, Mode.APPROVE)
    world.pass_time(LONGEST_WAIT)
    world.sweep()
    assert world.of("seen").state is State.PROPOSED


def test_an_observed_app_that_is_taken_out_of_the_file_does_not_stay_open() -> None:
    """The watch does not look at it any more: nothing else would end it."""
    world = of_one(Mode.OBSERVE)
    world.watch("seen")
    world.sweep(times=3, every=HOUR)
    world.client = replace(world.client, apps=())
    world.build()
    world.pass_time(LONGEST_WAIT)
    world.sweep()
    assert world.of("seen").state is State.RESOLVED
    said = next(line for line in world.chat.said if line.text == APP_GONE)
    assert said.data == {"app": "seen"}


@pytest.mark.parametrize(("seen", "sentence"), [(True, ESCALATED), (False, ESCALATED_UNSEEN)])
def test_a_rate_that_nobody_has_measured_is_not_said_as_nothing(seen: bool, sentence: str) -> None:
    """A budget message opened the incident, and the watch is down."""
    world = of_one(Mode.APPROVE)
    world.watch("seen")
    if not seen:
        world.store.commit(Change(put=(replace(world.of("seen"), assessment=None),)))
    world.pass_time(15 * MINUTE)
    world.sweep()
    assert sentence in [line.text for line in world.chat.said]


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"unattributed": True}, Phrase(WAITS_NOBODYS)), ({"shared_with": ("x",)}, Phrase.of(WAITS_SHARED, apps="x"))],
)
def test_who_counts_on_a_policy_that_enforces_reads_why_it_does_not(changes: dict[str, Any], why: Phrase) -> None:
    """Nobody answers at night, and nothing is braked: the call says that people must, and why."""
    world = of_one(Mode.ENFORCE)
    world.watch("seen")
    offered = world.of("seen").proposal
    assert offered is not None
    tainted = replace(offered, steps=tuple(replace(step, **changes) for step in offered.steps))
    world.store.commit(Change(put=(replace(world.of("seen"), proposal=tainted),)))
    world.pass_time(15 * MINUTE)
    world.sweep(times=2)
    assert world.of("seen").state is State.PROPOSED
    (said,) = [line for line in world.chat.said if line.text == ESCALATED_WAITS]
    assert said.data["why"] == packed([why])
