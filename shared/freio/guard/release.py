"""`freio release`: an operator on the command line lets go of what is held, whether the functions run or not.

It goes the way of a person's release in Slack: a decision with a name, RESTORING, and targets that are driven until
what stood there was read back. Everything is committed by compare-and-set, so an enforcer may run beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from freio.domain.app import Client
from freio.domain.incident import Action, Decision, Incident, State
from freio.domain.journal import Kind
from freio.domain.lever import Setting
from freio.domain.target import Brake, Hold, Target
from freio.errors import BadInput, FreioError, Gone, Unreadable, VendorError
from freio.guard.enforce import Enforcer
from freio.guard.hold import Holder
from freio.guard.moves import ask_again
from freio.guard.remind import app_of
from freio.guard.restore import end_leases
from freio.guard.retry import again
from freio.guard.settle import Settler
from freio.guard.step import Step
from freio.ports import Change, Clock, Store

T = TypeVar("T", Incident, Brake)

EVER, MANY = datetime.max.replace(tzinfo=UTC), 10_000  # open incidents: each has something due one day
_HOLDS = {State.BRAKING, State.THROTTLED, State.RESTORING, State.STUCK}  # PROPOSED does, while it asks to renew


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One target that Freio holds, or is letting go of.

    ``apps``     those with a lease on it, or whose incident waits until it is back.
    ``returns``  what stands there once the last lease has ended, ``stands`` what was read there just now.
    ``error``    why it could not be read, or why the last try to put back failed; ``hopeless``: trying again is no use.
    ``is_late``  somebody was at it when it was let go, whose lever call may still come last.
    """

    target: Target
    hold: Hold
    apps: tuple[str, ...]
    returns: Setting
    stands: Setting = None
    error: str = ""
    hopeless: bool = False
    is_late: bool = False

    @property
    def is_back(self) -> bool:
        """Nothing of ours is there: it was let go, and what was read is what should stand there.

        Once that has settled, whatever stands there is not ours.
        """
        if self.hold is Hold.FREE:
            return not self.error
        return self.hold is Hold.SETTLING and not self.error and self.stands == self.returns and not self.is_late


class Releaser:
    """Lets go by an operator's authority, who is named in the journal and in Slack."""

    def __init__(self, client: Client, store: Store, clock: Clock, holder: Holder, enforcer: Enforcer) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._holder = holder
        self._enforcer = enforcer
        self._settler = Settler(store, client)

    def held(self, app: str = "") -> list[Held]:
        """What is held for an app (empty: for all), each target as it stands now.

        Raises `BadInput` for an app that nobody knows. What cannot be read is left out: `unreadable` names it.
        """
        self._check(app)
        incidents = self._open([])
        brakes = [brake for brake in self._brakes() if not _is_free(brake)]
        return [self._look(brake, incidents) for brake in brakes if not app or app in _apps(brake, incidents)]

    def unreadable(self) -> list[str]:
        """Records that cannot be read: what they hold nobody can say."""
        faults: list[str] = []
        _readable(self._store.every_brake, Brake, faults)
        _readable(partial(self._store.due, Incident, EVER, MANY), Incident, faults)
        return faults

    def look(self, target: Target) -> Held:
        """One target as it stands now."""
        return self._look(self._store.get(Brake, target.id) or Brake(target=target), self._open([]))

    def release(self, app: str, by: str) -> list[str]:
        """One try: end every lease, and drive the targets back as far as they go now. What failed, in words.

        What fails keeps nothing else from being let go: one record that cannot be read is one brake.
        """
        self._check(app)
        failures: list[str] = []

        def attempt(work: Callable[[], object], what: str) -> None:
            try:
                again(work)
            except FreioError as error:
                failures.append(f"{what}: {error}")

        for incident in self._open(failures):
            if (not app or incident.app == app) and (incident.holding or incident.state in _HOLDS):
                attempt(partial(self._let_go, incident.id, by), incident.id)
                attempt(partial(self._enforcer.advance, incident.id), incident.id)
        incidents = self._open(failures)
        for brake in self._brakes():
            if not _is_free(brake) and (not app or app in _apps(brake, incidents)):
                attempt(partial(self._put_back, brake.target, app, by), brake.id)
        for incident in incidents:
            if incident.doing is State.RESTORING and (not app or incident.app == app):
                attempt(partial(self._now, incident.id), incident.id)
                attempt(partial(self._enforcer.advance, incident.id), incident.id)
        return list(dict.fromkeys(failures))

    def _open(self, failures: list[str]) -> list[Incident]:
        return _readable(self._store.open_incidents, Incident, failures)

    def _brakes(self) -> list[Brake]:
        return _readable(self._store.every_brake, Brake, [])

    def _let_go(self, incident_id: str, by: str) -> None:
        """Into RESTORING. A brake that is half set goes the way of every brake that is given up: it is asked anew."""
        incident = self._store.get(Incident, incident_id)
        if incident is None or incident.doing is State.RESTORING or incident.state is State.RESOLVED:
            return
        step = Step(self._clock.now())
        if incident.state is State.BRAKING:
            app = app_of(self._client, incident.app)
            incident = ask_again(step, app, end_leases(step, self._store, incident))
        decision = Decision(action=Action.RELEASE, by=by, at=step.now, question=incident.revision)
        self._settler.settle(step, incident, decision, approver=by)
        self._store.commit(step.change())

    def _now(self, incident_id: str) -> None:
        """Due at once: whoever waits at the command line does not wait for a pause to end."""
        incident = self._store.get(Incident, incident_id)
        if incident is not None and incident.doing is State.RESTORING and incident.is_open:
            self._store.commit(Change(put=(replace(incident, due_at=self._clock.now()),)))

    def _put_back(self, target: Target, app: str, by: str) -> None:
        """Without leases of incidents that are over, and driven at once."""
        brake = self._store.get(Brake, target.id)
        if brake is None:
            return
        step = Step(self._clock.now())
        if brake.claimed_until is not None and brake.claimed_until > step.now:
            return  # another's lever call is on its way, and would come last: the next try looks again
        for lease in brake.leases:
            if (not app or lease.app == app) and self._is_over(lease.incident, everything=not app):
                key = f"{brake.id}/{brake.version}/released/{lease.incident}"
                brake = brake.without(lease.incident, step.now)
                step.log(Kind.LEVER, None, "lease ended", key=key, by=by, app=lease.app, target=brake.id)
        if not brake.leases and (brake.hold is Hold.RESTORING or self._is_late(brake)):
            step.put(replace(brake, due_at=step.now))
        if not step.is_empty:
            self._store.commit(step.change())
        with suppress(VendorError):  # it stands in the journal and on the target, where it is looked at
            self._holder.drive(target)

    def _is_over(self, incident_id: str, *, everything: bool) -> bool:
        """An incident that cannot be read holds nothing, where everything is to be let go."""
        try:
            incident = self._store.get(Incident, incident_id)
        except Unreadable:
            return everything
        return incident is None or not incident.is_open

    def _is_late(self, brake: Brake) -> bool:
        """Whether a call that was given up has taken effect after it was let go."""
        if brake.hold is not Hold.SETTLING:
            return False
        with suppress(VendorError):
            return self._holder.found_at(brake.target) != brake.wanted
        return False

    def _look(self, brake: Brake, incidents: Sequence[Incident]) -> Held:
        returns = brake.found if brake.returns_to is None else brake.returns_to
        held = Held(
            target=brake.target,
            hold=brake.hold,
            apps=_apps(brake, incidents),
            returns=returns,
            hopeless=brake.rejected,
            is_late=brake.late_until is not None and brake.late_until > self._clock.now(),
        )
        try:
            stands = self._holder.found_at(brake.target)
        except Gone as error:
            if _is_free(brake):  # nothing of ours can stand at what is not there
                return replace(held, stands=returns)
            return replace(held, stands=brake.standing, error=str(error))
        except VendorError as error:
            return replace(held, stands=brake.standing, error=str(error))
        return replace(held, stands=stands, error=str(brake.error or ""))

    def _check(self, app: str) -> None:
        if not app or self._client.app(app) is not None or self._store.open_incident(app) is not None:
            return
        raise BadInput(f"there is no app {app!r}; there are: {', '.join(one.name for one in self._client.apps)}")


def _readable(read: Callable[[], list[T]], kind: type[T], faults: list[str]) -> list[T]:
    """The records that can be read; of the others, a fault."""
    try:
        return read()
    except Unreadable as error:
        faults.append(str(error))
        return error.others(kind)


def _is_free(brake: Brake) -> bool:
    return brake.hold is Hold.FREE and not brake.leases


def _apps(brake: Brake, incidents: Sequence[Incident]) -> tuple[str, ...]:
    waiting = (one for one in incidents if one.doing is State.RESTORING and brake.target in one.targets)
    return tuple(dict.fromkeys((*(lease.app for lease in brake.leases), *(incident.app for incident in waiting))))
