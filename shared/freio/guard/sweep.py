"""The sweep: once a minute, everything that is due. Nothing that fails stops the rest.

What fails is already journalled and due again when it is raised here; the failures are handed back, and the function
that was called answers with an error, so that its caller counts and retries it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from freio.domain.app import Client
from freio.domain.click import Click
from freio.domain.incident import Incident, State
from freio.domain.increase import Increase
from freio.domain.journal import Entry, Kind
from freio.domain.notice import Notice, NoticeKind
from freio.domain.sentences import PAGE_STUCK
from freio.domain.target import Brake, Target
from freio.errors import Conflict, Unavailable, Unreadable, VendorError
from freio.guard.alert import Alerter
from freio.guard.enforce import Enforcer
from freio.guard.failing import due, note
from freio.guard.hold import Holder, is_hopeless
from freio.guard.increase import Increases
from freio.guard.respond import Responder
from freio.guard.retry import again
from freio.guard.rights import RightsWatch
from freio.ports import Change, Clock, Store

_WAITS_FOR_TARGETS = {State.BRAKING, State.THROTTLED, State.RESTORING, State.STUCK}


@dataclass(slots=True)
class Swept:
    """What one sweep did; ``failures`` are in words, and what failed is due again."""

    incidents: int = 0
    targets: int = 0
    notices: int = 0
    failures: list[str] = field(default_factory=list)

    def raise_failures(self) -> None:
        """So that the tick counts as failed: what failed is due again by itself, and a person may want to know."""
        if self.failures:
            raise Unavailable("; ".join(self.failures))


class Sweeper:
    """What the enforcer does with its two events: a tick, and a click."""

    def __init__(
        self,
        client: Client,
        store: Store,
        clock: Clock,
        *,
        enforcer: Enforcer,
        holder: Holder,
        responder: Responder,
        alerter: Alerter,
        increases: Increases | None = None,
        rights: RightsWatch | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._enforcer = enforcer
        self._holder = holder
        self._responder = responder
        self._alerter = alerter
        self._increases = increases
        self._rights = rights

    def sweep(self) -> Swept:
        """Targets first (they may be restored late), then incidents, then what is owed to people."""
        swept = Swept()
        now = self._clock.now()
        for brake in due(self._store, Brake, now, swept.failures):
            swept.targets += 1
            self._try(partial(self._target, brake.target), brake.id, swept)
        for incident in due(self._store, Incident, now, swept.failures):
            swept.incidents += 1
            self._try(partial(self._enforcer.advance, incident.id), incident.id, swept)
        if self._increases is not None:
            for increase in due(self._store, Increase, now, swept.failures):
                self._try(partial(self._increases.drive, increase.id), f"asking for quota ({increase.id})", swept)
        self._tell(swept)
        if self._rights is not None:
            self._try(self._rights.look, "looking into rights", swept)
        return swept

    def click(self, click: Click) -> None:
        """Take a click, do at once what it leads to, and tell people. May raise: the queue delivers it again.

        What fails once the click was taken is due again, and the next sweep fails over it: the click has counted.
        """
        swept = Swept()
        changed = again(partial(self._responder.respond, click))
        if changed is not None:
            self._try(partial(self._enforcer.advance, changed), changed, swept)
            incident = self._store.get(Incident, changed)
            for target in incident.targets if incident else ():
                self._try(partial(self._target, target), target.id, swept)
        self._tell(swept)

    def _target(self, target: Target) -> None:
        """Drive a target. One that nobody's incident waits for any more has a person paged all the same."""
        try:
            self._holder.drive(target)
        except VendorError as error:
            brake = self._store.get(Brake, target.id)
            if brake is not None and is_hopeless(brake) and not self._is_waited_for(brake):
                self._page(brake, error)
            raise

    def _is_waited_for(self, brake: Brake) -> bool:
        """Whether an incident looks at its attempts, and gets stuck over them: one with a lease, or at restoring."""
        waiting = (i for i in self._store.open_incidents() if i.state in _WAITS_FOR_TARGETS)
        return any(
            brake.lease_of(i.id) or (not brake.leases and i.doing is State.RESTORING and brake.target in i.targets)
            for i in waiting
        )

    def _page(self, brake: Brake, error: VendorError) -> None:
        """One alert for a target, called again at each try; each stands in the journal."""
        now = self._clock.now()
        key = f"page/{brake.id}"
        data = {"app": brake.target.project, "incident": brake.id, "error": str(error)}
        page = Notice(id=key, kind=NoticeKind.PAGE, due_at=now, text=PAGE_STUCK, data=data)
        entry = Entry(id=f"{key}/{brake.version}", at=now, kind=Kind.PAGE, what=str(error), data={"target": brake.id})
        self._store.commit(Change(touch=(page,), journal=(entry,)))

    def _tell(self, swept: Swept) -> None:
        delivered = self._alerter.deliver()
        swept.notices = delivered.notices
        swept.failures += delivered.failures

    def _try(self, work: Callable[[], None], what: str, swept: Swept) -> None:
        """Do it, again where others change it meanwhile. Whatever goes wrong must not keep the rest from being done."""
        try:
            again(work)
        except Exception as error:  # noqa: BLE001  # a bug about one incident too: all failures are raised at the end
            swept.failures.append(f"{what}: {error!r}")
            if isinstance(error, Unreadable) or not isinstance(error, Conflict | VendorError):
                note(self._store, self._clock.now(), f"the sweep of {what}", error)
