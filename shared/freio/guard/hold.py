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
from freio.domain.sentences import BRAKED, LEFT_FOREIGN, RESTORED
from freio.domain.target import Brake, Hold, Target
from freio.errors import Conflict, Unavailable, VendorError
from freio.guard.step import Step
from freio.ports import Change, Clock, Lever, Store

CLAIM = timedelta(minutes=2)  # longer than any lever call may take: nobody else drives the target meanwhile
SETTLE = timedelta(minutes=15)  # after a restore: a call that was given up may still take effect late
LONGEST_PAUSE = timedelta(hours=1)
LOOKS = 10


def pause(attempts: int) -> timedelta:
    """How long to wait after that many failures in a row: a minute, doubling, at most an hour.

    >>> [int(pause(n).total_seconds()) for n in (1, 2, 3, 9)]
    [60, 120, 240, 3600]
    """
    return min(LONGEST_PAUSE, timedelta(minutes=2 ** max(0, attempts - 1)))


class Holder:
    """Drives targets. Every lever call of Freio is made here."""

    def __init__(self, store: Store, clock: Clock, levers: Mapping[str, Lever]) -> None:
        self._store = store
        self._clock = clock
        self._levers = levers

    def found_at(self, target: Target) -> int | None:
        """What stands there now, before a first lease is claimed."""
        return self._levers[target.lever].read_back(target)

    def drive(self, target: Target) -> Brake | None:
        """One look at one target. None: somebody else is at it, or there is nothing to do.

        Raises `VendorError` where the lever failed; the target stays due, after a growing pause.
        """
        brake = self._store.get(Brake, target.id)
        if brake is None or brake.due_at is None or brake.due_at > self._clock.now():
            return None
        before = brake.written
        try:
            brake = self._claim(brake)
        except Conflict:
            return None
        try:
            return self._settle(brake, before)
        except VendorError as error:
            self._failed(brake, error)
            raise

    def _claim(self, brake: Brake) -> Brake:
        """Write down that the lever is about to be called, and with what value: after a crash it is known as ours."""
        wanted = brake.wanted
        written = brake.written
        if brake.leases and wanted is not None and wanted not in written:
            written = (*written, wanted)
        claimed = replace(brake, written=written, attempts=brake.attempts + 1, due_at=self._clock.now() + CLAIM)
        self._store.commit(Change(put=(claimed,)))
        return replace(claimed, version=claimed.version + 1)

    def _settle(self, brake: Brake, written_before: tuple[int, ...]) -> Brake | None:
        lever = self._levers[brake.target.lever]
        standing = lever.read_back(brake.target)
        if standing != brake.wanted:
            if not self._may_touch(brake, standing):
                if brake.leases and not written_before:
                    return self._found_anew(brake, standing)
                if brake.hold is Hold.SETTLING:
                    return self._done(brake, standing)  # we had let go already: what others set since is their affair
                return self._leave(brake, standing)
            if brake.leases:
                lever.apply(brake.target, _value(brake))
            else:
                lever.restore(brake.target, brake.found)
            standing = lever.read_back(brake.target)
            if standing != brake.wanted:
                raise Unavailable(f"{brake.target.id}: set {brake.wanted}, read back {standing}")
        return self._done(brake, standing)

    @staticmethod
    def _may_touch(brake: Brake, standing: int | None) -> bool:
        """Only what was found before, or what we wrote ourselves, is ours to change."""
        return standing == brake.found or brake.is_ours(standing)

    def _done(self, brake: Brake, standing: int | None) -> Brake | None:
        now = self._clock.now()
        step = Step(now)
        if brake.leases:
            after = replace(brake, hold=Hold.HELD, standing=standing, attempts=0, due_at=None)
            if brake.hold is not Hold.HELD:
                self._tell(step, after, "set", BRAKED, value=standing, found=brake.found)
        elif brake.hold is Hold.SETTLING:
            after = Brake(target=brake.target, version=brake.version, standing=standing)
        else:
            after = replace(brake, hold=Hold.SETTLING, standing=standing, attempts=0, due_at=now + SETTLE)
            self._tell(step, after, "restored", RESTORED, found=brake.found)
        step.put(after)
        return self._commit(step, after)

    def _found_anew(self, brake: Brake, standing: int | None) -> Brake | None:
        """Somebody changed the limit between our first look and our first call: theirs is what stood there."""
        step = Step(self._clock.now())
        after = step.put(replace(brake, found=standing, written=(), attempts=0, due_at=self._clock.now()))
        step.log(
            Kind.LEVER, None, "found anew", key=f"{brake.id}/{brake.version}/found", target=brake.id, found=standing
        )
        return self._commit(step, after)

    def _leave(self, brake: Brake, standing: int | None) -> Brake | None:
        """Somebody else's value stands there: it stays, it is journalled and told, and all our claims end."""
        step = Step(self._clock.now())
        self._tell(step, brake, "left", LEFT_FOREIGN, value=standing, found=brake.found)
        after = step.put(Brake(target=brake.target, version=brake.version, standing=standing, hold=Hold.FOREIGN))
        return self._commit(step, after)

    def _failed(self, brake: Brake, error: VendorError) -> None:
        now = self._clock.now()
        wait = pause(brake.attempts)
        if isinstance(error, Unavailable) and error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        step = Step(now)
        step.put(replace(brake, due_at=now + wait))
        step.log(
            Kind.FAILURE,
            None,
            str(error),
            key=f"{brake.id}/{brake.version}/failed",
            target=brake.id,
            attempts=brake.attempts,
            retry_at=now + wait,
        )
        self._commit(step, brake)

    def _commit(self, step: Step, after: Brake) -> Brake | None:
        """A conflict means that leases changed while the lever was called, and that our call may have come last."""
        try:
            self._store.commit(step.change())
        except Conflict:
            self._look_again(after.target)
            return None
        return replace(after, version=after.version + 1)

    def _look_again(self, target: Target) -> None:
        """Make a target due at once, whoever else is at it: what stands there may be what a late call left."""
        for _ in range(LOOKS):
            brake = self._store.get(Brake, target.id)
            if brake is None:
                return
            hold = Hold.SETTING if brake.leases else Hold.RESTORING if brake.found_known else brake.hold
            try:
                self._store.commit(Change(put=(replace(brake, hold=hold, due_at=self._clock.now()),)))
            except Conflict:
                continue
            return
        raise Conflict(f"{target.id} changed {LOOKS} times while it was being made due")

    def _tell(self, step: Step, brake: Brake, what: str, sentence: str, **data: int | None) -> None:
        """Journal a lever's result for every incident that holds the target, or still waits for it."""
        key = f"{brake.id}/{brake.version}/{what}"
        kind = Kind.FOREIGN if sentence is LEFT_FOREIGN else Kind.LEVER
        owners = [i for i in self._store.open_incidents() if brake.target in i.holding or brake.target in _let_go_by(i)]
        model, location = brake.target.dimension("base_model") or "", brake.target.dimension("region") or "global"
        for incident in owners:
            step.log(kind, incident, what, key=f"{key}/{incident.id}", by="", target=brake.id, **data)
            step.thread(incident, key, sentence, model=model, location=location, **data)
        if not owners:
            step.log(kind, None, what, key=key, by="", target=brake.id, **data)


def _let_go_by(incident: Incident) -> tuple[Target, ...]:
    return tuple(s.target for s in incident.proposal.steps) if incident.proposal else ()


def _value(brake: Brake) -> int:
    value = brake.wanted
    assert value is not None, "a target with leases always wants a value"
    return value
