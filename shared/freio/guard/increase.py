"""Asking Google for more: an approved raise beyond what Google grants becomes a request, which is filed and followed.

Below that the override is raised as ever, and nothing is asked for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from freio.domain.app import App, Client
from freio.domain.authority import Rights
from freio.domain.incident import Incident
from freio.domain.increase import Increase, IncreaseState, preference_id
from freio.domain.journal import Kind
from freio.domain.sentences import (
    INCREASE_BLOCKED,
    INCREASE_DENIED,
    INCREASE_FILED,
    INCREASE_GRANTED,
    INCREASE_NO_CONTACT,
    INCREASE_PARTLY,
    INCREASE_UNANSWERED,
    INCREASE_UNOWNED,
)
from freio.errors import Conflict, Rejected, Unavailable, VendorError
from freio.guard.hold import CLAIM, pause
from freio.guard.step import Step
from freio.ports import Clock, Directory, Grants, QuotaIncreases, Store

ASKED_OF_GOOGLE = "quota"  # the one lever whose limits Google grants
AGAIN = timedelta(hours=6)  # after a refusal that a person must lift
UNSAID = "Approved in Freio without a stated reason."

_SAYS = {
    IncreaseState.GRANTED: INCREASE_GRANTED,
    IncreaseState.PARTLY: INCREASE_PARTLY,
    IncreaseState.DENIED: INCREASE_DENIED,
    IncreaseState.UNANSWERED: INCREASE_UNANSWERED,
    IncreaseState.PENDING: INCREASE_FILED,
    IncreaseState.BLOCKED: INCREASE_NO_CONTACT,
    IncreaseState.UNOWNED: INCREASE_UNOWNED,
}


def want_more(step: Step, store: Store, raised: Incident, approver: str) -> None:
    """Note what a raised incident wants at each limit; whether Google grants as much is looked at by the sweep."""
    decision, proposal = raised.decision, raised.proposal
    assert decision is not None, "a raise is a decision"
    assert proposal is not None, "only what was proposed is raised"
    for limit in proposal.steps:
        if limit.target.lever != ASKED_OF_GOOGLE:
            continue
        known = store.get(Increase, preference_id(limit.target))
        if known is not None and not known.state.is_over and known.wanted >= limit.value:
            continue  # as much is being asked for already
        step.put(
            Increase(
                id=preference_id(limit.target),
                target=limit.target,
                incident=raised.id,
                app=raised.app,
                wanted=limit.value,
                asked_by=decision.by,
                approver=approver,
                why=decision.why,
                version=known.version if known else 0,
                due_at=step.now,
            )
        )


class Increases:
    """Files what is wanted, and reads back what became of it."""

    def __init__(
        self,
        client: Client,
        store: Store,
        clock: Clock,
        *,
        directory: Directory,
        grants: Grants,
        requests: QuotaIncreases,
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._directory = directory
        self._grants = grants
        self._requests = requests

    def drive(self, increase_id: str) -> None:
        """Do what is due about one request. Raises `Unavailable` where Google failed: it is due again."""
        now = self._clock.now()
        increase = self._store.get(Increase, increase_id)
        if increase is None or increase.due_at is None or increase.due_at > now:
            return
        step = Step(now)
        step.put(replace(increase, due_at=now + CLAIM))
        try:
            self._store.commit(step.change())
        except Conflict:
            return  # somebody else is at it
        increase = replace(increase, version=increase.version + 1)
        try:
            after = self._filed(increase) if increase.state is IncreaseState.WANTED else self._read(increase)
        except VendorError as error:
            self._failed(increase, error)
            if isinstance(error, Unavailable):
                raise
            return
        self._keep(increase, after)

    def _filed(self, increase: Increase) -> Increase:
        """Ask for it, where Google grants less."""
        granted = self._grants.granted(increase.target)
        if granted is None or increase.wanted <= granted:
            return replace(increase, state=IncreaseState.WITHIN, granted=granted, due_at=None)
        app, approver = self._client.app(increase.app), self._directory.person(increase.approver)
        wanted = replace(increase, before=granted)
        if app is None or approver is None or not Rights.of(approver, app, self._client.approvals).cost_owner:
            return replace(wanted, state=IncreaseState.UNOWNED, due_at=None)
        contact = approver.email or self._contact(app)
        if not contact:
            return replace(wanted, state=IncreaseState.BLOCKED, due_at=None)
        preference = self._requests.file(
            increase.target,
            increase.wanted,
            request_id=increase.id,
            contact=contact,
            why=increase.why or UNSAID,
        )
        now = self._clock.now()
        return replace(wanted, filed_at=now).seen(preference, now)

    def _read(self, increase: Increase) -> Increase:
        preference = self._requests.read(increase.target)
        now = self._clock.now()
        if preference is None:  # somebody took it back
            return replace(increase, state=IncreaseState.DENIED, due_at=None)
        return increase.seen(preference, now)

    def _contact(self, app: App) -> str:
        """Whom Google may ask, where the approver's address is not known: the first cost owner or owner with one."""
        people = (*self._client.approvals.cost_owners.get(app.cost_centre, ()), *app.owners)
        return next((person for person in people if "@" in person), "")

    def _keep(self, before: Increase, after: Increase) -> None:
        step = Step(self._clock.now())
        step.put(after)
        if after.state is not before.state:
            self._tell(step, after)
        self._commit(step)

    def _tell(self, step: Step, increase: Increase) -> None:
        """Journal where it stands, and say so in the incident's thread. What is within the grant changes nothing."""
        key = f"{increase.id}/{increase.version}/{increase.state}"
        step.log(
            Kind.REQUEST,
            None,
            f"quota increase: {increase.state}",
            key=f"increase/{key}",
            by=increase.asked_by,
            app=increase.app,
            approver=increase.approver,
            target=increase.target.id,
            wanted=increase.wanted,
            before=increase.before,
            granted=increase.granted,
            detail=increase.detail,
            why=increase.why,
        )
        incident = self._store.get(Incident, increase.incident)
        if incident is None or increase.state is IncreaseState.WITHIN:
            return
        place = {
            "model": increase.target.dimension("base_model") or "",
            "location": increase.target.dimension("region") or "global",
        }
        step.thread(
            incident,
            f"increase/{key}",
            _SAYS[increase.state],
            wanted=increase.wanted,
            before=increase.before,
            granted=increase.granted,
            detail=increase.detail or "-",
            app=increase.app,
            **place,
        )

    def _failed(self, increase: Increase, error: VendorError) -> None:
        """Due again; where a person must do something first, that is told once, and it is tried again later."""
        step = Step(self._clock.now())
        lasting = isinstance(error, Rejected)
        wait = AGAIN if lasting else pause(increase.looks + 1)
        if isinstance(error, Unavailable) and error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        step.put(replace(increase, looks=increase.looks + 1, detail=str(error), due_at=step.now + wait))
        key = f"increase/{increase.id}/{increase.version}/failed"
        step.log(Kind.FAILURE, None, str(error), key=key, app=increase.app, target=increase.target.id)
        incident = self._store.get(Incident, increase.incident)
        if lasting and incident is not None and str(error) != increase.detail:
            step.thread(incident, key, INCREASE_BLOCKED, wanted=increase.wanted, error=str(error))
        self._commit(step)

    def _commit(self, step: Step) -> None:
        """A conflict means that more is wanted meanwhile: that is due, and looks at Google anew."""
        try:
            self._store.commit(step.change())
        except Conflict:
            return
