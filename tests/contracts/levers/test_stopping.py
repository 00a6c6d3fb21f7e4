"""What the levers that stop calls have in common: each call with each fault that it can meet, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from freio.domain.incident import Verdict
from freio.domain.lever import Setting
from freio.domain.proof import Window, judge
from freio.domain.spend import Probe
from freio.errors import Rejected, Unavailable, VendorError
from tests.contracts.levers import allowed_models, disable_service, unlink_billing
from tests.contracts.levers.rig import CALLS, Fault, Rig
from tests.contracts.levers.stopping import whole_minute

RIGS: dict[str, Callable[[], AbstractContextManager[Rig]]] = {
    "allowed_models": allowed_models.rig,
    "disable_service": disable_service.rig,
    "unlink_billing": unlink_billing.rig,
}
BY_HAND = "unlink_billing"
LASTING = {Fault.NO_PERMISSION, Fault.API_DISABLED}


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


def test_what_is_planned_is_what_is_read_back(rig: Rig) -> None:
    """To the last character, twice in a row."""
    probe = rig.probe()
    wanted = planned(rig, probe, rig.lever.read_back(probe.target))
    for _ in range(2):
        rig.lever.apply(probe.target, wanted)
        assert rig.lever.read_back(probe.target) == wanted


def test_without_a_lease_what_was_found_is_planned(rig: Rig) -> None:
    """Nothing is taken away for nobody."""
    target = rig.probe().target
    found = rig.lever.read_back(target)
    assert rig.lever.plan(target, found, []) == found


def test_what_somebody_else_set_is_put_back(rig: Rig) -> None:
    """What stood there before Freio stands there again, whoever set it."""
    probe = rig.probe()
    found = rig.somebody_else_sets(probe.target)
    assert rig.lever.read_back(probe.target) == found
    wanted = planned(rig, probe, found)
    rig.lever.apply(probe.target, wanted)
    assert rig.lever.read_back(probe.target) == wanted
    if rig.name == BY_HAND:
        with pytest.raises(Rejected, match="gcloud billing projects link acme-chat --billing-account="):
            rig.lever.restore(probe.target, found)
        rig.somebody_else_sets(probe.target)
    for _ in range(2):
        rig.lever.restore(probe.target, found)
        assert rig.lever.read_back(probe.target) == found


def test_what_was_found_at_first_is_put_back(rig: Rig) -> None:
    """Where nothing of the kind stood, nothing is left."""
    probe = rig.probe()
    found = rig.lever.read_back(probe.target)
    rig.lever.apply(probe.target, planned(rig, probe, found))
    if rig.name == BY_HAND:
        with pytest.raises(Rejected):
            rig.lever.restore(probe.target, found)
        return
    rig.lever.restore(probe.target, found)
    assert rig.lever.read_back(probe.target) == found


def called(rig: Rig, call: str, probe: Probe, found: Setting) -> Callable[[], object]:
    wanted = planned(rig, probe, found)
    return {
        "probe": lambda: rig.lever.probe(rig.app, [rig.place]),
        "apply": lambda: rig.lever.apply(probe.target, wanted),
        "read_back": lambda: rig.lever.read_back(probe.target),
        "restore": lambda: rig.lever.restore(probe.target, found),
    }[call]


@pytest.mark.parametrize("fault", [one for one in Fault if one not in {Fault.BINDS_NOTHING, Fault.CHANGED_BETWEEN}])
@pytest.mark.parametrize("call", CALLS)
def test_a_fault_is_an_error_in_our_words_and_calling_again_heals_what_passes(
    rig: Rig, call: str, fault: Fault
) -> None:
    """What a person must change is rejected, all else is worth trying again; a lost reply may have had its effect."""
    if (call, fault) not in rig.faults:
        reads_alone = fault is Fault.FAILS_LATE and call in {"probe", "read_back"}
        assert reads_alone or fault in rig.cannot
        return
    probe = rig.probe()
    found = rig.lever.read_back(probe.target)
    act = called(rig, call, probe, found)
    if call == "restore" and rig.name != BY_HAND:
        rig.lever.apply(probe.target, planned(rig, probe, found))
    rig.faults[call, fault]()
    if (call, fault) == ("probe", Fault.NO_PERMISSION):
        again = rig.probe()
        assert not again.binds
        assert again.missing
        assert again.missing[0] in str(again.reason)
        return
    with pytest.raises(VendorError) as caught:
        act()
    assert type(caught.value) is (Rejected if fault in LASTING else Unavailable), caught.value
    if fault is Fault.TOO_MANY_WAIT:
        assert isinstance(caught.value, Unavailable)
        assert caught.value.retry_after == 30
    if fault not in LASTING:
        rig.clock.sleep(60)
        act()
        expected = planned(rig, probe, found) if call == "apply" else found
        assert rig.lever.read_back(probe.target) == expected


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
    if rig.name != BY_HAND:
        rig.lever.restore(probe.target, found)
        assert [(one.usage, one.exceeded) for one in witnessed(rig, probe)] == [(60, 0)] * 3


def test_a_change_that_binds_nothing_is_refuted(rig: Rig) -> None:
    """It was accepted and reads back, and calls go through all the same."""
    probe = rig.probe()
    rig.faults["apply", Fault.BINDS_NOTHING]()
    wanted = planned(rig, probe, rig.lever.read_back(probe.target))
    rig.lever.apply(probe.target, wanted)
    assert rig.lever.read_back(probe.target) == wanted
    assert judged(witnessed(rig, probe)) is Verdict.REFUTED


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
