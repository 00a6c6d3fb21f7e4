"""One target, driven from what stands there to what should: claim, look, set, read back.

Level-triggered: whatever crashed, was lost, doubled or overtaken before, the next look sees what is wanted (the
strictest live lease, or what was found) and what stands there, and acts on the difference alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from freio.domain.app import Client
from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.lever import Setting
from freio.domain.phrase import packed
from freio.domain.sentences import PAGE_ABANDONED, PAGE_GONE
from freio.domain.target import Brake, Hold, Lease, Target
from freio.errors import Conflict, Gone, Rejected, Unavailable, Unreadable, VendorError
from freio.guard.heirs import carries, follow
from freio.guard.mandate import ON_THE_WAY, covers
from freio.guard.retry import again
from freio.guard.step import Step
from freio.guard.tell import Told, at, gone, result, retrying
from freio.guard.trouble import NotThere, said
from freio.ports import Change, Clock, Lever, Store

CLAIM = timedelta(minutes=5)  # longer than any lever call may take: nobody else drives the target meanwhile
OVERDUE = timedelta(hours=1)  # after a lease's end: its incident ends it before that, and tries again if it fails
SETTLE = timedelta(minutes=15)  # after a lever call: one before it that we gave up may still take effect late
LONGEST_PAUSE = timedelta(hours=1)
TRIES = 5  # failed looks at a target in a row before a person is paged


def pause(attempts: int) -> timedelta:
    """How long to wait after that many failures in a row: a minute, doubling, at most an hour.

    >>> [int(pause(n).total_seconds()) for n in (1, 2, 3, 9)]
    [60, 120, 240, 3600]
    """
    return min(LONGEST_PAUSE, timedelta(minutes=2 ** min(10, max(0, attempts - 1))))


def is_hopeless(brake: Brake) -> bool:
    """Whether a target has had all its tries: only a person can help, or one should know."""
    return brake.rejected or brake.attempts >= TRIES


class Holder:
    """Drives targets. Every lever call of Freio is made here."""

    def __init__(self, client: Client, store: Store, clock: Clock, levers: Mapping[str, Lever]) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self.levers = levers

    def found_at(self, target: Target) -> Setting:
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
        except VendorError as error:
            self._failed(replace(brake, attempts=brake.attempts + 1), error)
            raise
        try:
            self._look(brake)
        except VendorError as error:
            self._failed(brake, error)
            raise

    def check(self, target: Target) -> None:
        """Look at a held target though it is not due; drive it where something else stands there now."""
        brake = self._store.get(Brake, target.id)
        if brake is None or brake.hold is not Hold.HELD:
            return
        with suppress(Gone):
            if self.found_at(target) == brake.wanted:
                return
        self._store.commit(Change(put=(brake.due_again(self._clock.now()),)))
        self.drive(target)

    def catch_up(self, target: Target) -> None:
        """Look at what is held beside a target that nothing is known of yet.

        It may be what a key became that was rotated under its brake, which has to have followed before what stands
        there is taken for the client's own. What cannot be read now is no reason against it.
        """
        if self._store.get(Brake, target.id) is not None:
            return
        try:
            known = self._store.every_brake()
        except Unreadable as error:
            known = error.others(Brake)
        for brake in known:
            if (brake.target.lever, brake.target.project) == (target.lever, target.project):
                with suppress(VendorError, Conflict):
                    self._hurry(brake)

    def _hurry(self, brake: Brake) -> None:
        """Look at once, also where the last look failed and the next one waits; not where somebody is at it."""
        if brake.hold is Hold.HELD:
            self.check(brake.target)
        elif brake.hold in {Hold.SETTING, Hold.RESTORING} and brake.claimed_until is None:
            tries = max(0, brake.attempts - 1)  # a look out of turn is none of its own tries
            self._store.commit(Change(put=(replace(brake, due_at=self._clock.now(), attempts=tries),)))
            self.drive(brake.target)

    def _lever(self, target: Target) -> Lever:
        lever = self.levers.get(target.lever)
        if lever is None:
            raise Rejected(f"there is no lever {target.lever!r}; there are: {sorted(self.levers)}")
        return lever

    def _claim(self, brake: Brake) -> Brake:
        """Write down that the lever is about to be called, and with what value: after a crash it is known as ours."""
        due_at = self._clock.now() + CLAIM
        if brake.leases:
            planned = self._lever(brake.target).plan(brake.target, brake.found, brake.leases)
            brake = replace(brake, planned=planned)
        claimed = replace(brake.touched(), attempts=brake.attempts + 1, due_at=due_at, claimed_until=due_at)
        self._store.commit(Change(put=(claimed,)))
        return replace(claimed, version=claimed.version + 1)

    def _look(self, brake: Brake) -> None:
        try:
            self._settle(brake)
        except Gone as error:
            self._gone(brake, error)

    def _settle(self, brake: Brake) -> None:
        if abandoned := [lease for lease in brake.leases if self._is_abandoned(lease)]:
            self._abandon(brake, abandoned)
            return
        lever = self._lever(brake.target)
        standing = lever.read_back(brake.target)
        if standing == brake.wanted:
            self._arrived(brake, called=False)
            return
        # It was read back there and is not any more: set once more, for a late call of ours may have taken it away.
        # Where the same stands there again it was somebody else, and is left; our other calls may still come.
        is_taken_away = bool(brake.leases) and brake.standing == brake.wanted
        if not brake.is_ours(standing):
            self._leave(brake, standing)
            return
        if not brake.leases:
            lever.restore(brake.target, brake.found)
        elif any(covers(self._client, self._store, lease, self._clock.now()) for lease in brake.strictest):
            assert brake.wanted is not None, "a target with leases always wants a setting"
            lever.apply(brake.target, brake.wanted)
        else:
            self._wait(brake)
            return
        if (after := lever.read_back(brake.target)) != brake.wanted:
            raise NotThere(brake.wanted, after)
        if is_taken_away:
            brake = replace(brake, ours=tuple(value for value in brake.ours if value != standing))
        self._arrived(brake, called=True)

    def _is_abandoned(self, lease: Lease) -> bool:
        """Whether it is long over, and its incident is not there any more, or has ended it where nobody could."""
        if lease.until + OVERDUE > self._clock.now():
            return False
        try:
            incident = self._store.get(Incident, lease.incident)
        except Unreadable:
            return True
        if incident is None or not incident.is_open:
            return True
        return incident.until != lease.until and incident.state not in ON_THE_WAY

    def _abandon(self, brake: Brake, leases: Sequence[Lease]) -> None:
        """End leases that nobody ends: no brake outlasts its lease because a record was lost. A person is told."""
        step = Step(self._clock.now())
        after = brake
        for lease in leases:
            key = f"{brake.id}/{brake.version}/abandoned/{lease.incident}"
            after = after.without(lease.incident, step.now)
            step.log(Kind.LEVER, None, "lease ended: overdue", key=key, app=lease.app, target=brake.id)
            step.page_plain(key, PAGE_ABANDONED, app=lease.app, until=lease.until, **at(brake))
        step.put(replace(after, late_until=brake.late_until))  # the claim was our own
        self._commit(step, brake.target)

    def _wait(self, brake: Brake) -> None:
        """Nothing may be set any more, and the incident has not said so yet: its own timer ends the lease."""
        step = Step(self._clock.now())
        step.put(replace(brake, attempts=brake.attempts - 1, due_at=step.now + pause(1), claimed_until=None))
        self._commit(step, brake.target)

    def _arrived(self, brake: Brake, *, called: bool) -> None:
        """What is wanted was read back. Where calls may still be under way, it is looked at once more."""
        step = Step(self._clock.now())
        after = replace(brake.untroubled(), standing=brake.wanted, due_at=step.now + SETTLE)
        if not called and brake.hold is Hold.HELD:
            ends = max((lease.until for lease in brake.leases), default=step.now)
            step.put(replace(after, ours=(brake.wanted,), due_at=max(ends, step.now) + OVERDUE))
        elif not called and brake.hold is Hold.SETTLING:
            step.put(Brake(target=brake.target, version=brake.version, standing=brake.wanted))
        elif brake.leases:
            step.put(replace(after, hold=Hold.HELD))
            self._tell(step, brake, Told.SET, brake.wanted)
        else:
            step.put(replace(after, hold=Hold.SETTLING))
            self._tell(step, brake, Told.RESTORED, brake.found)
        self._commit(step, brake.target)

    def _leave(self, brake: Brake, standing: Setting) -> None:
        """Somebody else's value stands there: it stays, it is journalled and told, and all our claims end."""
        step = Step(self._clock.now())
        if brake.hold is Hold.SETTLING:  # we had let go already: what others set since is their affair
            step.put(Brake(target=brake.target, version=brake.version, standing=standing))
        else:
            self._tell(step, brake, Told.LEFT, standing)
            step.put(brake.left(standing, step.now + SETTLE))
        self._commit(step, brake.target)

    def _gone(self, brake: Brake, error: Gone) -> None:
        """All claims end, since nothing can be set or put back; a person looks whether the brake lives on elsewhere.

        Where it is known that it does, it goes on there. What was put back before it went is nobody's trouble.
        """
        step = Step(self._clock.now())
        heir = self._heir(brake, error.heir) if isinstance(error.heir, Target) else None
        if heir is not None:
            follow(step, brake, heir, self._concerned(brake))
            self._commit(step, brake.target)
            return
        key = f"{brake.id}/{brake.version}/gone"
        step.log(Kind.FOREIGN, None, str(error), key=key, target=brake.id, found=brake.found, standing=brake.standing)
        if brake.hold is not Hold.SETTLING:
            sentence, data = gone(brake)
            for incident in self._concerned(brake):
                step.thread(incident, key, sentence, **data)
            step.page_plain(key, PAGE_GONE, **at(brake))
        step.put(Brake(target=brake.target, version=brake.version, gone=True))
        self._commit(step, brake.target)

    def _heir(self, brake: Brake, target: Target) -> Brake | None:
        heir = self._store.get(Brake, target.id) or Brake(target=target)
        return heir if carries(brake, heir, self.found_at(target)) else None

    def _failed(self, brake: Brake, error: VendorError) -> None:
        """Due again after a pause; a long one where it fails until a person changes something."""
        now = self._clock.now()
        attempts, rejected = brake.attempts, isinstance(error, Rejected)
        wait = pause(max(attempts, TRIES) if rejected else attempts)
        if isinstance(error, Unavailable) and error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        step = Step(now)
        step.put(replace(brake, error=said(error), rejected=rejected, due_at=now + wait, claimed_until=None))
        key = f"{brake.id}/{brake.version}/failed"
        step.log(Kind.FAILURE, None, str(error), key=key, target=brake.id, attempts=attempts, retry_at=now + wait)
        for incident in self._concerned(brake):
            sentence, data = retrying(brake)
            step.thread(incident, key, sentence, why=packed([said(error)]), **data)
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

    def _tell(self, step: Step, brake: Brake, what: Told, value: Setting) -> None:
        """Journal and tell a lever's result, with the value that stands there now, for every incident concerned."""
        key = f"{brake.id}/{brake.version}/{what}"
        kind = Kind.FOREIGN if what is Told.LEFT else Kind.LEVER
        sentence, data = result(what, brake, value)
        concerned = self._concerned(brake)
        for incident in concerned:
            step.log(kind, incident, what, key=f"{key}/{incident.id}", target=brake.id, value=value, found=brake.found)
            step.thread(incident, key, sentence, **data)
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
