"""The guard drives the levers that stop calls as it drives a quota: claimed, set, held, let go, and stuck by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from freio.adapters.local.memory import MemoryStore
from freio.domain.target import Brake, Hold
from freio.errors import Rejected
from freio.guard.hold import Holder, is_hopeless
from freio.ports import Change
from tests.contracts.levers import allowed_models, disable_service, unlink_billing
from tests.contracts.levers.rig import Rig
from tests.simulation.cast import a_client

RIGS: dict[str, Callable[[], AbstractContextManager[Rig]]] = {
    "allowed_models": allowed_models.rig,
    "disable_service": disable_service.rig,
    "unlink_billing": unlink_billing.rig,
}


@dataclass
class Guarded:
    rig: Rig
    store: MemoryStore
    holder: Holder

    def brake(self) -> Brake:
        brake = self.store.get(Brake, self.rig.probe().target.id)
        assert brake is not None
        return brake

    def leased(self) -> Brake:
        """With a lease on what the probe would take, driven until it stands there."""
        probe = self.rig.probe()
        now = self.rig.clock.now()
        brake = Brake(target=probe.target).seen_free(self.holder.found_at(probe.target))
        self.store.commit(Change(put=(brake.with_lease(self.rig.lease(probe), now),)))
        self.holder.drive(probe.target)
        return self.brake()

    def let_go(self) -> None:
        self.store.commit(Change(put=(self.brake().without("i", self.rig.clock.now()),)))
        self.holder.drive(self.brake().target)


@pytest.fixture(params=RIGS)
def guarded(request: pytest.FixtureRequest) -> Iterator[Guarded]:
    with RIGS[request.param]() as rig:
        store = MemoryStore()
        yield Guarded(rig, store, Holder(a_client(), store, rig.clock, {rig.name: rig.lever}))


def test_it_is_set_held_and_let_go(guarded: Guarded) -> None:
    """What was found stands there again; where a person must put it back, the target is stuck until one has."""
    before = guarded.rig.lever.read_back(guarded.rig.probe().target)
    held = guarded.leased()
    assert (held.hold, held.found, held.standing) == (Hold.HELD, before, held.planned)
    assert held.planned != before
    if guarded.rig.name == "unlink_billing":
        with pytest.raises(Rejected, match="gcloud billing projects link"):
            guarded.let_go()
        stuck = guarded.brake()
        assert (stuck.hold, stuck.rejected, is_hopeless(stuck)) == (Hold.RESTORING, True, True)
        assert "gcloud billing projects link" in str(stuck.error)
        unlink_billing.links(guarded.rig, stuck.target, str(before))
        guarded.rig.clock.sleep(timedelta(hours=2).total_seconds())
        guarded.holder.drive(stuck.target)
    else:
        guarded.let_go()
    assert guarded.brake().hold is Hold.SETTLING
    guarded.rig.clock.sleep(timedelta(minutes=16).total_seconds())
    guarded.holder.drive(held.target)
    assert (guarded.brake().hold, guarded.rig.lever.read_back(held.target)) == (Hold.FREE, before)


def test_what_somebody_else_sets_meanwhile_is_left(guarded: Guarded) -> None:
    """It is not ours: our claims end. A service that is soon on again is as it was found, and is turned off again."""
    held = guarded.leased()
    theirs = guarded.rig.somebody_else_sets(held.target)
    guarded.holder.check(held.target)
    if guarded.rig.name == "disable_service":
        assert (theirs, guarded.brake().hold) == (None, Hold.HELD)
        return
    assert (guarded.brake().hold, guarded.brake().leases) == (Hold.SETTLING, ())
    assert guarded.rig.lever.read_back(held.target) == theirs
