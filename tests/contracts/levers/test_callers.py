"""What the levers against one caller promise, whatever a call meets: the outcome of each fault, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
PASSING = {Fault.LOST_REPLY, Fault.FAILS_LATE, Fault.TOO_MANY, Fault.TOO_MANY_WAIT, Fault.CHANGED_BETWEEN}


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


def test_what_was_planned_reads_back_and_what_was_found_comes_back(rig: Rig) -> None:
    """Set, set again, restored, restored again: each time exactly what was said."""
    target, found, plan = planned(rig)
    assert plan != found
    for _ in range(2):
        rig.lever.apply(target, plan)
        assert rig.lever.read_back(target) == plan
    for _ in range(2):
        rig.lever.restore(target, found)
        assert rig.lever.read_back(target) == found


def test_what_somebody_else_set_can_be_put_back_too(rig: Rig) -> None:
    """What is found need not be what stood there at first."""
    target, _, _ = planned(rig)
    theirs = rig.somebody_else_sets(target)
    assert rig.lever.read_back(target) == theirs
    plan = rig.lever.plan(target, theirs, [rig.lease(rig.probe())])
    rig.lever.apply(target, plan)
    assert rig.lever.read_back(target) == plan
    rig.lever.restore(target, theirs)
    assert rig.lever.read_back(target) == theirs


def test_a_probe_says_what_stands_there_what_it_takes_and_how_long_it_takes(rig: Rig) -> None:
    """Enough to offer it, and to claim a lease."""
    probe = rig.probe()
    assert probe.binds
    assert probe.takes
    assert not probe.missing
    assert probe.override == rig.lever.read_back(probe.target)
    assert timedelta(minutes=5) <= probe.bites_within <= timedelta(minutes=7)
    assert (probe.location, probe.model) == (rig.place.location, rig.place.model)


@pytest.mark.parametrize("fault", sorted(PASSING))
@pytest.mark.parametrize("call", ["apply", "restore"])
def test_a_passing_fault_is_unavailable_and_calling_again_heals(rig: Rig, call: str, fault: Fault) -> None:
    """The state is not known then; the same call again ends where it should."""
    target, found, plan = planned(rig)
    wanted = plan if call == "apply" else found
    if call == "restore":
        rig.lever.apply(target, plan)
    rig.faults[call, fault]()
    act = rig.lever.apply if call == "apply" else rig.lever.restore
    with pytest.raises(Unavailable) as caught:
        act(target, wanted)
    assert caught.value.retry_after == (30 if fault is Fault.TOO_MANY_WAIT else None)
    act(target, wanted)
    assert rig.lever.read_back(target) == wanted


def test_what_somebody_sets_in_between_is_not_written_over(rig: Rig) -> None:
    """After the 409 theirs stands there, and the next look sees it."""
    target, found, plan = planned(rig)
    rig.faults["apply", Fault.CHANGED_BETWEEN]()
    with pytest.raises(Unavailable, match="409"):
        rig.lever.apply(target, plan)
    assert rig.lever.read_back(target) not in (plan, found)


@pytest.mark.parametrize("fault", [Fault.NO_PERMISSION, Fault.API_DISABLED])
@pytest.mark.parametrize("call", ["apply", "restore", "read_back"])
def test_a_lasting_fault_is_rejected(rig: Rig, call: str, fault: Fault) -> None:
    """A person must grant or enable something first."""
    target, found, plan = planned(rig)
    rig.lever.apply(target, plan)
    if call == "apply":
        rig.lever.restore(target, found)
    rig.faults[call, fault]()
    calls: dict[str, Callable[[], object]] = {
        "apply": lambda: rig.lever.apply(target, plan),
        "restore": lambda: rig.lever.restore(target, found),
        "read_back": lambda: rig.lever.read_back(target),
    }
    with pytest.raises(Rejected):
        calls[call]()


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


@pytest.mark.parametrize("fault", [Fault.LOST_REPLY, Fault.TOO_MANY, Fault.TOO_MANY_WAIT, Fault.API_DISABLED])
def test_a_probe_that_gets_no_answer_says_so(rig: Rig, fault: Fault) -> None:
    """No answer is never "does not bind"."""
    rig.faults["probe", fault]()
    with pytest.raises(Rejected if fault is Fault.API_DISABLED else Unavailable):
        rig.probe()


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


def test_a_brake_that_binds_nothing_is_refuted(rig: Rig) -> None:
    """It reads back as planned, and the requests go through all the same."""
    target, _, plan = planned(rig)
    rig.faults["apply", Fault.BINDS_NOTHING]()
    rig.lever.apply(target, plan)
    assert rig.lever.read_back(target) == plan
    assert judged(rig, target, timedelta(minutes=7))[0] is Verdict.REFUTED


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


def test_every_fault_has_an_outcome_or_a_reason(rig: Rig) -> None:
    """A pair that is missing is one whose fault says why."""
    for fault in Fault:
        missing = [call for call in ("probe", "apply", "read_back", "restore") if (call, fault) not in rig.faults]
        assert not missing or fault in rig.cannot, (fault, missing)
