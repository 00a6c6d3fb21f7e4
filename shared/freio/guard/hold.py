"""One target, driven from what stands there to what should: claim, look, set, read back.

Level-triggered: whatever crashed, was lost, doubled or overtaken before, the next look sees what is wanted (the
strictest live lease, or what was found) and what stands there, and acts on the difference alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.sentences import BRAKED, LEFT_FOREIGN, RESTORED, RETRYING
from freio.domain.target import Brake, Hold, Target
from freio.errors import Conflict, Rejected, Unavailable, VendorError
from freio.guard.retry import again
from freio.guard.step import Step
from freio.ports import Change, Clock, Lever, Store

CLAIM = timedelta(minutes=5)  # longer than any lever call may take: nobody else drives the target meanwhile
SETTLE = timedelta(minutes=15)  # after a lever call: one before it that we gave up may still take effect late
LONGEST_PAUSE = timedelta(hours=1)
TRIES = 5  # failed looks at a target in a row before a person is paged


def pause(attempts: int) -> timedelta:
    """How long to wait after that many failures in a row: a minute, doubling, at most an hour.

    >>> [int(pause(n).total_seconds()) for n in (1, 2, 3, 9)]
    [60, 120, 240, 3600]
    """
    return min(LONGEST_PAUSE, timedelta(minutes=2 ** min(10, max(0, attempts - 1))))


class Holder:
    """Drives targets. Every lever call of Freio is made here."""

    def __init__(self, store: Store, clock: Clock, levers: Mapping[str, Lever]) -> None:
        self._store = store
        self._clock = clock
        self._levers = levers

    def found_at(self, target: Target) -> int | None:
        """What stands there now, before a first lease is claimed."""
        return self._lever(target).read_back(target)

    def drive(self, target: Target) -> None:
        """One look at one target; nothing, where it is not due or somebody else is at it.

        Raises `VendorError` where the lever failed; that is journalled, and the target due after a growing pause.
        """
        brake = self._store.get(Brake, target.id)
        if brake is None or brake.due_at is None or brake.due_at > self._clock.now():
            return
        try:
            brake = self._claim(brake)
        except Conflict:
            return
        try:
            self._settle(brake)
        except VendorError as error:
            self._failed(brake, error)
            raise

    def check(self, target: Target) -> None:
        """Look at a held target though it is not due; drive it where something else stands there now."""
        brake = self._store.get(Brake, target.id)
        if brake is None or brake.hold is not Hold.HELD or self.found_at(target) == brake.wanted:
            return
        self._store.commit(Change(put=(brake.due_again(self._clock.now()),)))
        self.drive(target)

    def _lever(self, target: Target) -> Lever:
        lever = self._levers.get(target.lever)
        if lever is None:
            raise Rejected(f"{target.id}: there is no lever {target.lever!r}; there are: {sorted(self._levers)}")
        return lever

    def _claim(self, brake: Brake) -> Brake:
        """Write down that the lever is about to be called, and with what value: after a crash it is known as ours."""
        due_at = self._clock.now() + CLAIM
        claimed = replace(brake.touched(), attempts=brake.attempts + 1, due_at=due_at)
        self._store.commit(Change(put=(claimed,)))
        return replace(claimed, version=claimed.version + 1)

    def _settle(self, brake: Brake) -> None:
        lever = self._lever(brake.target)
        standing = lever.read_back(brake.target)
        if standing == brake.wanted:
            self._arrived(brake, called=False)
            return
        if not brake.is_ours(standing):
            self._leave(brake, standing)
            return
        if brake.leases:
            lever.apply(brake.target, _value(brake))
        else:
            lever.restore(brake.target, brake.found)
        standing = lever.read_back(brake.target)
        if standing != brake.wanted:
            raise Unavailable(f"{brake.target.id}: set {brake.wanted}, read back {standing}")
        self._arrived(brake, called=True)

    def _arrived(self, brake: Brake, *, called: bool) -> None:
        """What is wanted was read back. Where calls may still be under way, it is looked at once more."""
        step = Step(self._clock.now())
        after = replace(brake, standing=brake.wanted, attempts=0, error="", due_at=step.now + SETTLE)
        if not called and brake.hold is Hold.HELD:
            step.put(replace(after, ours=(brake.wanted,), due_at=None))
        elif not called and brake.hold is Hold.SETTLING:
            step.put(Brake(target=brake.target, version=brake.version, standing=brake.wanted))
        elif brake.leases:
            step.put(replace(after, hold=Hold.HELD))
            self._tell(step, brake, "set", BRAKED, brake.wanted)
        else:
            step.put(replace(after, hold=Hold.SETTLING))
            self._tell(step, brake, "restored", RESTORED, brake.found)
        self._commit(step, brake.target)

    def _leave(self, brake: Brake, standing: int | None) -> None:
        """Somebody else's value stands there: it stays, it is journalled and told, and all our claims end."""
        step = Step(self._clock.now())
        if brake.hold is Hold.SETTLING:  # we had let go already: what others set since is their affair
            step.put(Brake(target=brake.target, version=brake.version, standing=standing))
        else:
            self._tell(step, brake, "left", LEFT_FOREIGN, standing)
            step.put(brake.left(standing, step.now + SETTLE))
        self._commit(step, brake.target)

    def _failed(self, brake: Brake, error: VendorError) -> None:
        """Due again after a pause; what fails until a person changes something has had all its tries at once."""
        now = self._clock.now()
        attempts = max(brake.attempts, TRIES) if isinstance(error, Rejected) else brake.attempts
        wait = pause(attempts)
        if isinstance(error, Unavailable) and error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        step = Step(now)
        step.put(replace(brake, attempts=attempts, error=str(error), due_at=now + wait))
        key = f"{brake.id}/{brake.version}/failed"
        step.log(Kind.FAILURE, None, str(error), key=key, target=brake.id, attempts=attempts, retry_at=now + wait)
        for incident in self._concerned(brake):
            step.thread(incident, key, RETRYING, error=str(error))
        self._commit(step, brake.target)

    def _commit(self, step: Step, target: Target) -> None:
        """A conflict means that leases changed while the lever was called, and that our call may have come last."""
        try:
            self._store.commit(step.change())
        except Conflict:
            again(lambda: self._look_again(target))

    def _look_again(self, target: Target) -> None:
        """Make a target due at once, whoever else is at it: what stands there may be what a late call left."""
        brake = self._store.get(Brake, target.id)
        if brake is not None and brake.found_known:
            self._store.commit(Change(put=(brake.due_again(self._clock.now()),)))

    def _tell(self, step: Step, brake: Brake, what: str, sentence: str, value: int | None) -> None:
        """Journal and tell a lever's result, with the value that stands there now, for every incident concerned."""
        key = f"{brake.id}/{brake.version}/{what}"
        kind = Kind.FOREIGN if sentence is LEFT_FOREIGN else Kind.LEVER
        model, location = brake.target.dimension("base_model") or "", brake.target.dimension("region") or "global"
        concerned = self._concerned(brake)
        for incident in concerned:
            step.log(kind, incident, what, key=f"{key}/{incident.id}", target=brake.id, value=value, found=brake.found)
            step.thread(incident, key, sentence, model=model, location=location, value=value, found=brake.found)
        if not concerned:
            step.log(kind, None, what, key=key, target=brake.id, value=value, found=brake.found)

    def _concerned(self, brake: Brake) -> list[Incident]:
        """Incidents with a lease on it; without leases, those that wait until it is back."""
        with_lease = {lease.incident for lease in brake.leases}
        return [
            incident
            for incident in self._store.open_incidents()
            if incident.id in with_lease or (not with_lease and brake.target in incident.targets)
        ]


def _value(brake: Brake) -> int:
    value = brake.wanted
    assert value is not None, "a target with leases always wants a value"
    return value
