"""What every lever promises, with faults at every call: driven by the guard, as in production.

`make test ARGS="tests/contracts/levers"` prints what came of each lever and fault as a table at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from freio.adapters.local.memory import MemoryStore
from freio.domain.app import Approvals, Client
from freio.domain.incident import Verdict
from freio.domain.lever import Setting, kind_of
from freio.domain.money import Money
from freio.domain.notice import Notice
from freio.domain.proof import judge
from freio.domain.sentences import PAGE_GONE
from freio.domain.spend import Probe
from freio.domain.target import Brake, Hold, Target
from freio.errors import Rejected, Unavailable, VendorError
from freio.guard.hold import Holder
from freio.ports import Change
from tests.contracts.levers import allowed_models, api_key, disable_service, gateway, iam_deny, unlink_billing
from tests.contracts.levers.quota import quota
from tests.contracts.levers.rig import CALLS, Fault, Rig

RIGS: dict[str, Callable[[], AbstractContextManager[Rig]]] = {
    "quota": quota,
    "api_key": api_key.rig,
    "iam_deny": iam_deny.rig,
    "allowed_models": allowed_models.rig,
    "disable_service": disable_service.rig,
    "unlink_billing": unlink_billing.rig,
    "gateway": gateway.rig,
}
MINUTE = timedelta(minutes=1)
PASSING = (Fault.LOST_REPLY, Fault.TOO_MANY, Fault.TOO_MANY_WAIT, Fault.FAILS_LATE, Fault.CHANGED_BETWEEN)
WITHOUT_VERSIONS = ("gateway",)
LASTING = (Fault.NO_PERMISSION, Fault.API_DISABLED, Fault.UNKNOWN)
CALLERS_THAT_GO = {"api_key", "gateway"}  # keys that can be deleted or rotated while they are braked


@pytest.fixture(params=list(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with RIGS[request.param]() as made:
        yield made


@dataclass
class Guard:
    """The part of the guard that calls levers, over one lease."""

    rig: Rig
    probe: Probe

    def __post_init__(self) -> None:
        self.store = MemoryStore()
        self.holder = Holder(_client(self.rig), self.store, self.rig.clock, {self.rig.lever.name: self.rig.lever})

    @property
    def target(self) -> Target:
        return self.probe.target

    @property
    def brake(self) -> Brake:
        found = self.store.get(Brake, self.target.id)
        assert found is not None
        return found

    def claim(self, name: str = "i", value: int = 1000) -> None:
        brake = self.store.get(Brake, self.target.id) or Brake(target=self.target)
        if not brake.leases:
            brake = brake.seen_free(self.holder.found_at(self.target))
        lease = replace(self.rig.lease(self.probe, value), incident=name)
        self.store.commit(Change(put=(brake.with_lease(lease, self.rig.clock.now()),)))

    def let_go(self, name: str = "i") -> None:
        self.store.commit(Change(put=(self.brake.without(name, self.rig.clock.now()),)))

    def drive(self) -> VendorError | None:
        """One look, as the sweep does when the target is due; the error that it met."""
        due = self.brake.due_at
        if due is not None and self.rig.clock.at < due:
            self.rig.clock.at = due
        try:
            self.holder.drive(self.target)
        except VendorError as error:
            return error
        return None

    def drive_until(self, hold: Hold, looks: int = 6) -> list[VendorError]:
        """Looks until the target stands so; what they met on the way."""
        met = []
        for _ in range(looks):
            if error := self.drive():
                met.append(error)
            if self.brake.hold is hold:
                return met
        raise AssertionError(f"still {self.brake.hold} after {looks} looks: {met}")


def _client(rig: Rig) -> Client:
    return Client(
        name="acme",
        locale="en",
        time_zone="UTC",
        currency="USD",
        billing_account="01D4EE-079462-DFD6EC",
        billing_export="p.d.t",
        alerts_per_app_week=Decimal("0.25"),
        money_gate=Money(Decimal(5), "USD"),
        apps=(rig.app,),
        approvals=Approvals(),
        channel="C0FINOPS00",
    )


@pytest.fixture
def guard(rig: Rig) -> Guard:
    return Guard(rig, rig.probe())


def test_a_probe_binds_and_says_where(rig: Rig) -> None:
    """For each place that is asked about, what would be set there; nothing is missing."""
    probe = rig.probe()
    assert (probe.binds, probe.reason, probe.missing) == (True, None, ())
    assert (probe.target.lever, probe.location, probe.model) == (rig.lever.name, rig.place.location, rig.place.model)
    assert probe.override == rig.lever.read_back(probe.target)


def test_what_is_set_is_what_was_planned_and_twice_is_once(rig: Rig) -> None:
    """The plan is pure: it is read back to the letter, however often it is set."""
    probe = rig.probe()
    found = rig.lever.read_back(probe.target)
    planned = rig.lever.plan(probe.target, found, [rig.lease(probe)])
    assert planned not in (None, found)
    for _ in range(2):
        rig.lever.apply(probe.target, planned)
        assert rig.lever.read_back(probe.target) == planned


@pytest.mark.parametrize("theirs", [False, True], ids=["as it was", "somebody's own"])
def test_what_stood_there_comes_back(guard: Guard, *, theirs: bool) -> None:
    """To the letter, whether nothing stood there or something that somebody had set before."""
    if theirs:
        guard.rig.somebody_else_sets(guard.target)
    found = guard.rig.lever.read_back(guard.target)
    guard.claim()
    guard.drive_until(Hold.HELD)
    assert guard.rig.lever.read_back(guard.target) == guard.brake.wanted
    guard.let_go()
    _restore(guard)
    assert guard.rig.lever.read_back(guard.target) == found


def test_two_leases_hold_the_stricter_until_the_last_ends(guard: Guard) -> None:
    """Neither loosens the other's, in whatever order they end."""
    found = guard.rig.lever.read_back(guard.target)
    guard.claim("loose", 2000)
    guard.drive_until(Hold.HELD)
    loose = guard.brake.wanted
    guard.claim("strict", 1000)
    guard.drive_until(Hold.HELD)
    strict = guard.brake.wanted
    if kind_of(guard.target.lever).limits:
        assert (loose, strict) == (2000, 1000)
    guard.let_go("strict")
    guard.drive_until(Hold.HELD)
    assert guard.rig.lever.read_back(guard.target) == loose
    guard.let_go("loose")
    _restore(guard)
    assert guard.rig.lever.read_back(guard.target) == found


def test_a_brake_that_bites_is_proved(guard: Guard) -> None:
    """Much more is asked for than gets through, and the service says so."""
    guard.claim()
    guard.drive_until(Hold.HELD)
    guard.rig.clock.at += guard.probe.bites_within
    assert _verdict(guard) is Verdict.BINDS


def test_a_value_that_somebody_else_sets_is_left(guard: Guard, record_property: Callable[[str, object], None]) -> None:
    """Whatever we had set: theirs stays, our lease ends, and nothing of ours comes back over it."""
    guard.claim()
    guard.drive_until(Hold.HELD)
    guard.drive()  # settled: what was found is not ours any more
    standing = guard.rig.somebody_else_sets(guard.target)
    guard.holder.check(guard.target)
    assert guard.rig.lever.read_back(guard.target) == standing
    assert guard.brake.leases == ()
    guard.drive_until(Hold.FREE)
    assert guard.rig.lever.read_back(guard.target) == standing
    _record(record_property, guard, "check", Fault.CHANGED_BETWEEN, "left as it is, told, our lease ends")


@pytest.mark.parametrize("fault", [f for f in Fault if f is not Fault.BINDS_NOTHING])
@pytest.mark.parametrize("call", CALLS)
def test_a_fault_ends_well_or_in_a_call_for_a_person(
    guard: Guard, call: str, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    """What passes is tried again until it is done; what lasts calls a person, with everything as it was."""
    cause = guard.rig.faults.get((call, fault))
    if cause is None:
        if call == "apply":
            why = guard.rig.cannot.get(fault)
            assert why or any(f is fault for _, f in guard.rig.faults), f"{fault}: why not?"
            _record(record_property, guard, call, fault, f"not met: {why}" if why else "met by other calls alone")
        return
    found = guard.rig.lever.read_back(guard.target)
    guard.claim()
    if call == "probe":
        cause()
        outcome = _probed(guard, fault)
    elif call == "restore":
        guard.drive_until(Hold.HELD)
        guard.let_go()
        cause()
        is_by_hand = guard.rig.by_hand is not None and fault not in LASTING
        outcome = _by_hand(guard, found) if is_by_hand else _after(guard, fault, Hold.SETTLING, found)
    else:
        cause()
        outcome = _after(guard, fault, Hold.HELD, None)
    _record(record_property, guard, call, fault, outcome)


def test_a_brake_that_binds_nothing_is_refuted(guard: Guard, record_property: Callable[[str, object], None]) -> None:
    """Everything went through, and as much gets through as before: the service's own numbers refute it."""
    cause = guard.rig.faults.get(("apply", Fault.BINDS_NOTHING))
    if cause is None:
        why = guard.rig.cannot[Fault.BINDS_NOTHING]
        _record(record_property, guard, "apply", Fault.BINDS_NOTHING, f"not met: {why}")
        return
    cause()
    guard.claim()
    if guard.drive_until(Hold.HELD):  # what was read back was not what was set
        assert guard.rig.lever.read_back(guard.target) == guard.brake.wanted
        outcome = "not read back: tried again, and there"
    else:
        guard.rig.clock.at += guard.probe.bites_within
        assert _verdict(guard) is Verdict.REFUTED
        outcome = "refuted by its own numbers: the next lever"
    _record(record_property, guard, "apply", Fault.BINDS_NOTHING, outcome)


def _verdict(guard: Guard) -> Verdict:
    """Of the windows after the brake took effect, while twenty times the limit is asked for."""
    asked = 20_000
    guard.rig.clock.at = guard.rig.clock.at.replace(second=0) + MINUTE
    began = guard.rig.clock.now()
    guard.rig.serves(guard.target, asked, 20)
    until = guard.rig.clock.now()
    windows = guard.rig.witness.windows(guard.target, began, until, 5, takes=guard.probe.takes)
    lease = guard.rig.lease(guard.probe)
    return judge(at=until, limit=lease.value, before=asked, windows=windows).verdict


def _restore(guard: Guard) -> None:
    """By hand, where that is the lever's rule: it is asked for until it is done."""
    if guard.rig.by_hand and guard.rig.lever.read_back(guard.target) != guard.brake.found:
        _by_hand(guard, guard.brake.found)
    else:
        guard.drive_until(Hold.SETTLING)
    guard.drive_until(Hold.FREE)


def _by_hand(guard: Guard, found: Setting) -> str:
    """A person is told what to do, and the next look after they did it finds it."""
    assert guard.rig.by_hand is not None
    error = guard.drive()
    assert isinstance(error, VendorError)
    while not guard.brake.rejected:  # a fault that passes came first
        guard.drive()
    guard.rig.by_hand(guard.target, found)
    guard.drive_until(Hold.SETTLING)
    assert guard.rig.lever.read_back(guard.target) == found
    return "a person is paged with the command, and puts it back"


def _probed(guard: Guard, fault: Fault) -> str:
    """Nobody knows whether it binds: an error, or a probe that says what is missing; never one that binds."""
    probe: Probe | None
    kind: type[VendorError] = VendorError
    try:
        probe = guard.rig.probe()
    except Unavailable:
        probe, kind = None, Unavailable
    except Rejected:
        probe, kind = None, Rejected
    if probe is None:
        assert kind is (Rejected if fault in LASTING else Unavailable)
        return "Unavailable: the watch tries again" if kind is Unavailable else "Rejected: no offer, said"
    if fault in PASSING:
        assert probe.binds
        return "tried again at once"
    assert not probe.binds
    return "not offered: what is missing is said"


def _after(guard: Guard, fault: Fault, hold: Hold, found: Setting) -> str:
    if fault is Fault.CHANGED_BETWEEN:
        return _left(guard)
    if fault in PASSING:
        met = guard.drive_until(hold)
        if fault is Fault.TOO_MANY_WAIT and met:
            assert isinstance(met[0], Unavailable)
            assert met[0].retry_after == 30
        assert all(isinstance(error, Unavailable) for error in met), met
        wanted = guard.brake.wanted if hold is Hold.HELD else found
        assert guard.rig.lever.read_back(guard.target) == wanted
        return f"there after {len(met) + 1} looks" if met else "there at once"
    before = guard.brake.hold
    error = guard.drive()
    if fault is Fault.UNKNOWN and guard.rig.name in CALLERS_THAT_GO:
        assert (error, guard.brake.hold, guard.brake.leases) == (None, Hold.FREE, ())
        assert [page.text for page in guard.store.due(Notice, guard.rig.clock.now())] == [PAGE_GONE]
        return "gone: a person is paged, nothing is put back"
    assert isinstance(error, Rejected), error
    assert guard.brake.rejected
    assert guard.brake.hold is before
    return "Rejected: a person is paged, tried again with growing pauses"


def _left(guard: Guard) -> str:
    """The call found that somebody else was quicker: the next look leaves what they set."""
    if guard.rig.name in WITHOUT_VERSIONS and guard.brake.leases:
        guard.drive_until(Hold.HELD)
        return "overwritten unseen: the API has no versions"
    guard.drive_until(Hold.FREE)
    standing = guard.rig.lever.read_back(guard.target)
    assert standing == guard.brake.standing
    assert guard.brake.leases == ()
    return "theirs is left as it is"


def _record(
    record_property: Callable[[str, object], None], guard: Guard, call: str, fault: Fault, outcome: str
) -> None:
    record_property("lever", (guard.rig.name, call, fault.value, outcome))
