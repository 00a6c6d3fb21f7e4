"""What the levers against one caller promise beyond the common suite: what a probe says, and what proves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from freio.domain.incident import Verdict
from freio.domain.lever import Setting
from freio.domain.proof import Window, judge
from freio.domain.target import Target
from freio.errors import Rejected, Unavailable
from tests.contracts.levers import api_key, iam_deny
from tests.contracts.levers.rig import Fault, Rig

RIGS = {"api_key": api_key.rig, "iam_deny": iam_deny.rig}


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with RIGS[request.param]() as made:
        yield made


def planned(rig: Rig) -> tuple[Target, Setting, Setting]:
    """The target, what was found there, and what is planned."""
    probe = rig.probe()
    found = rig.lever.read_back(probe.target)
    return probe.target, found, rig.lever.plan(probe.target, found, [rig.lease(probe)])


def judged(rig: Rig, target: Target, since: timedelta = timedelta(0)) -> tuple[Verdict, list[Window]]:
    """The verdict over a quarter of an hour of demand for 60 requests a minute, after `since`."""
    rig.clock.sleep(since.total_seconds())
    rig.clock.at = rig.clock.at.replace(second=0) + timedelta(minutes=1)
    start = rig.clock.now()
    rig.serves(target, 60, 18)
    windows = rig.witness.windows(target, start, rig.clock.now(), 5)
    return judge(at=rig.clock.now(), limit=0, before=60, windows=windows).verdict, windows


def test_a_probe_says_what_stands_there_what_it_takes_and_how_long_it_takes(rig: Rig) -> None:
    """Enough to offer it, and to claim a lease."""
    probe = rig.probe()
    assert probe.binds
    assert probe.takes
    assert not probe.missing
    assert probe.override == rig.lever.read_back(probe.target)
    assert timedelta(minutes=5) <= probe.bites_within <= timedelta(minutes=7)
    assert (probe.location, probe.model) == (rig.place.location, rig.place.model)


def test_what_somebody_sets_in_between_is_not_written_over(rig: Rig) -> None:
    """After the 409 theirs stands there, and the next look sees it."""
    target, found, plan = planned(rig)
    rig.faults["apply", Fault.CHANGED_BETWEEN]()
    with pytest.raises(Unavailable, match="409"):
        rig.lever.apply(target, plan)
    assert rig.lever.read_back(target) not in (plan, found)


def test_an_unknown_target_or_permission_is_rejected_when_it_is_set(rig: Rig) -> None:
    """A key that is gone; a permission that deny policies do not support."""
    target, found, plan = planned(rig)
    rig.faults["apply", Fault.UNKNOWN]()
    with pytest.raises(Rejected):
        rig.lever.apply(target, plan)
    if ("read_back", Fault.UNKNOWN) not in rig.faults:
        assert rig.lever.read_back(target) == found


def test_a_probe_names_the_missing_permission_and_does_not_bind(rig: Rig) -> None:
    """What Freio may not set is not offered, and says why."""
    rig.faults["probe", Fault.NO_PERMISSION]()
    probe = rig.probe()
    assert not probe.binds
    assert len(probe.missing) == 1
    assert probe.missing[0] in str(probe.reason)


def test_the_brake_is_proved_by_refusals_and_no_request_let_through(rig: Rig) -> None:
    """Before, everything passes; once it bites nothing does, and after the restore everything again."""
    target, found, plan = planned(rig)
    verdict, windows = judged(rig, target)
    assert (verdict, [w.usage for w in windows], [w.exceeded for w in windows]) == (Verdict.REFUTED, [60] * 3, [0] * 3)
    rig.lever.apply(target, plan)
    verdict, windows = judged(rig, target, rig.probe().bites_within)
    assert (verdict, [w.usage for w in windows], [w.exceeded for w in windows]) == (Verdict.BINDS, [0] * 3, [300] * 3)
    rig.lever.restore(target, found)
    _, windows = judged(rig, target, timedelta(minutes=2))
    assert [w.usage for w in windows] == [60] * 3


def test_without_traffic_nothing_is_proved(rig: Rig) -> None:
    """A window without points is left out until it is old enough to mean that nobody called."""
    target, _, plan = planned(rig)
    rig.lever.apply(target, plan)
    start = rig.clock.now()
    rig.clock.sleep(900)
    assert rig.witness.windows(target, start, rig.clock.now(), 5) == []
    rig.clock.sleep(1800)
    windows = rig.witness.windows(target, start, start + timedelta(minutes=15), 5)
    assert [(w.usage, w.exceeded) for w in windows] == [(0, 0)] * 3
    assert judge(at=start, limit=0, before=60, windows=windows).verdict is Verdict.INCONCLUSIVE
