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
from freio.domain.incident import Incident
from freio.domain.journal import Entry, Kind
from freio.domain.notice import Notice, NoticeKind
from freio.domain.sentences import PAGE_STUCK
from freio.domain.target import Brake
from freio.errors import Conflict, Unavailable, VendorError
from freio.guard.alert import Alerter
from freio.guard.enforce import TRIES, Enforcer
from freio.guard.hold import Holder
from freio.guard.respond import Responder
from freio.guard.retry import again
from freio.ports import Change, Clock, Store


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
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._enforcer = enforcer
        self._holder = holder
        self._responder = responder
        self._alerter = alerter

    def sweep(self) -> Swept:
        """Targets first (they may be restored late), then incidents, then what is owed to people."""
        swept = Swept()
        now = self._clock.now()
        for brake in self._store.due(Brake, now):
            swept.targets += 1
            self._target(brake, swept)
        for incident in self._store.due(Incident, now):
            swept.incidents += 1
            self._settled(partial(self._enforcer.advance, incident.id), incident.id, swept)
        swept.notices = self._alerter.deliver()
        return swept

    def click(self, click: Click) -> None:
        """Take a click, do at once what it leads to, and tell people. May raise: the queue delivers it again."""
        changed = again(lambda: self._responder.respond(click))
        if changed is not None:
            again(lambda: self._enforcer.advance(changed))
            incident = self._store.get(Incident, changed)
            for target in incident.holding if incident else ():
                self._target_by_id(target.id)
        self._alerter.deliver()

    def _target_by_id(self, target_id: str) -> None:
        brake = self._store.get(Brake, target_id)
        if brake is not None:
            self._target(brake, Swept())

    def _target(self, brake: Brake, swept: Swept) -> None:
        try:
            self._holder.drive(brake.target)
        except VendorError as error:
            swept.failures.append(f"{brake.id}: {error}")
            failed = self._store.get(Brake, brake.id)
            if failed is not None and failed.attempts >= TRIES and not failed.leases:
                self._page(failed, error)

    def _page(self, brake: Brake, error: VendorError) -> None:
        """A target that does not come back is nobody's incident any more, perhaps: a person is paged all the same."""
        now = self._clock.now()
        key = f"page/{brake.id}/{brake.attempts}"
        data = {"app": brake.target.project, "incident": brake.id, "error": str(error)}
        page = Notice(id=key, kind=NoticeKind.PAGE, due_at=now, text=PAGE_STUCK, data=data)
        entry = Entry(id=key, at=now, kind=Kind.PAGE, what=str(error), data={"target": brake.id})
        self._store.commit(Change(touch=(page,), journal=(entry,)))

    @staticmethod
    def _settled(work: Callable[[], None], what: str, swept: Swept) -> None:
        """Do it; somebody else's change meanwhile means that they are at it: it is looked at again."""
        try:
            again(work)
        except (Conflict, VendorError) as error:
            swept.failures.append(f"{what}: {error}")
