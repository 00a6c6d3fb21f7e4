"""What the levers that stop calls have in common beyond the common suite: what a probe says, and what proves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from freio.domain.incident import Verdict
from freio.domain.lever import Setting
from freio.domain.proof import Window, judge
from freio.domain.spend import Probe
from tests.contracts.levers import allowed_models, disable_service, unlink_billing
from tests.contracts.levers.rig import Rig
from tests.contracts.levers.stopping import whole_minute

RIGS: dict[str, Callable[[], AbstractContextManager[Rig]]] = {
    "allowed_models": allowed_models.rig,
    "disable_service": disable_service.rig,
    "unlink_billing": unlink_billing.rig,
}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with RIGS[request.param]() as made:
        yield made


def planned(rig: Rig, probe: Probe, found: Setting) -> Setting:
    return rig.lever.plan(probe.target, found, [rig.lease(probe)])


def test_it_takes_something_away_and_says_what_to_know(rig: Rig) -> None:
    """A probe that binds names what it takes, how long it takes to bite, and what people should know."""
    probe = rig.probe()
    assert probe.binds
    assert probe.takes
    assert probe.note is not None
    assert probe.unit == ""
    assert timedelta(minutes=2) < probe.bites_within <= timedelta(minutes=15)


def test_without_a_lease_what_was_found_is_planned(rig: Rig) -> None:
    """Nothing is taken away for nobody."""
    target = rig.probe().target
    found = rig.lever.read_back(target)
    assert rig.lever.plan(target, found, []) == found


def witnessed(rig: Rig, probe: Probe) -> list[Window]:
    """What the witness says of a quarter of an hour of 60 requests a minute, once what was set has bitten."""
    rig.clock.sleep(probe.bites_within.total_seconds())
    since = rig.clock.at = whole_minute(rig.clock.now())
    rig.serves(probe.target, 60, 15)
    return rig.witness.windows(probe.target, since, rig.clock.now(), 5, takes=probe.takes)


def judged(windows: list[Window]) -> Verdict:
    return judge(at=windows[-1].start, limit=0, before=60, windows=windows).verdict


def test_calls_go_through_before_and_are_turned_away_after(rig: Rig) -> None:
    """The witness tells one from the other, the proof binds, and after restoring they go through again."""
    probe = rig.probe()
    found = rig.lever.read_back(probe.target)
    assert [(one.usage, one.exceeded) for one in witnessed(rig, probe)] == [(60, 0)] * 3
    rig.lever.apply(probe.target, planned(rig, probe, found))
    windows = witnessed(rig, probe)
    assert [(one.usage, one.exceeded) for one in windows] == [(0, 300)] * 3
    assert judged(windows) is Verdict.BINDS
    if rig.by_hand is None:
        rig.lever.restore(probe.target, found)
        assert [(one.usage, one.exceeded) for one in witnessed(rig, probe)] == [(60, 0)] * 3


def test_one_call_that_gets_through_is_not_none(rig: Rig) -> None:
    """A request in five minutes is less than one a minute, and counts as one."""
    probe = rig.probe()
    since = rig.clock.now()
    rig.serves(probe.target, 1, 1)
    rig.clock.sleep(240)
    assert [one.usage for one in rig.witness.windows(probe.target, since, rig.clock.now(), 5, takes=probe.takes)] == [1]


def test_what_is_not_reported_yet_is_no_window(rig: Rig) -> None:
    """The last three minutes are still filling: no data is never quiet."""
    probe = rig.probe()
    since = rig.clock.now()
    rig.clock.sleep(420)
    assert rig.witness.windows(probe.target, since, rig.clock.now(), 5, takes=probe.takes) == []
