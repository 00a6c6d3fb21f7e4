"""What must be true after every commit, whoever made it and whatever happens next."""

from __future__ import annotations

import threading
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from freio.domain.app import Client, Mode
from freio.domain.incident import (
    MOVES,
    Action,
    Incident,
    State,
)
from freio.domain.journal import Kind
from freio.domain.lever import kind_of
from freio.domain.target import Brake, Lease
from freio.guard.moves import POLICY
from freio.ports import Change, Journal, Store
from tests.simulation.cast import GUEST, PEOPLE, RUI, SHARED, ZOE


class Kept(Store, Journal, Protocol):
    """A store with its journal."""


class Ledger:
    """The store, with a look at every commit that went through."""

    def __init__(self, store: Kept, client: Client) -> None:
        self.store = store
        self.client = client
        self.states: dict[str, list[State]] = {}
        self.known: set[str] = set()
        self.open: dict[str, str] = {}
        self.incidents: dict[str, Incident] = {}
        self.brakes: dict[str, Brake] = {}
        self.reading: set[int] = set()  # threads that have looked at a limit, and have not yet said what came of it
        self.commits: list[Change] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def commit(self, change: Change) -> None:
        self.store.commit(change)
        self.reading.discard(threading.get_ident())
        self.commits.append(change)
        for entry in change.journal:
            if entry.id not in self.known and entry.kind is Kind.STATE:
                self.states.setdefault(entry.incident, []).append(State(entry.data["after"]))
            self.known.add(entry.id)
        claimed: set[Lease] = set()
        for record in change.put:
            if isinstance(record, Incident):
                self._incident(record)
            if isinstance(record, Brake):
                claimed |= {lease for lease in record.leases if not self._is_held(record.id, lease)}
                self.brakes[record.id] = record
        for record in change.put:
            if isinstance(record, Brake):
                self._brake(record, claimed)

    def _incident(self, incident: Incident) -> None:
        """Its moves are legal, and stand in the journal once each; it is its app's only open one."""
        trail = [state for state, _ in incident.trail]
        assert self.states[incident.id] == trail, f"{incident.id}: {self.states[incident.id]} is not {trail}"
        assert all(after in MOVES[before] for before, after in pairwise(trail))
        assert trail[-1] is incident.state
        self.incidents[incident.id] = incident
        if incident.is_open:
            assert self.open.setdefault(incident.app, incident.id) == incident.id, "two open incidents of one app"
        else:
            self.open.pop(incident.app, None)
            assert incident.due_at is None
            held = [b.id for b in self.brakes.values() if b.lease_of(incident.id)]
            assert not held, f"{incident.id} is over, and has leases on {held}"

    def _is_held(self, brake: str, lease: Lease) -> bool:
        return brake in self.brakes and self.brakes[brake].lease_of(lease.incident) is not None

    def covered(self, brake: Brake, now: datetime) -> None:
        """A limit is about to be set: a lease that asks for it has not ended, and no policy says otherwise today."""
        live = [lease for lease in brake.strictest if lease.until > now]
        assert live, f"{brake.id} is set by {brake.strictest}, which ended before {now}"
        incidents = [self.incidents[lease.incident] for lease in live]
        assert any(
            i.state not in {State.BRAKING, State.STUCK} or not self._by_policy(i) or self._enforces(i)
            for i in incidents
        ), f"{brake.id} is set by a policy that does not enforce"

    @staticmethod
    def _by_policy(incident: Incident) -> bool:
        return incident.decision is not None and incident.decision.by == POLICY

    def _enforces(self, incident: Incident) -> bool:
        app = self.client.app(incident.app)
        return app is not None and app.policy.mode(incident.level) is Mode.ENFORCE

    def _brake(self, brake: Brake, claimed: set[Lease]) -> None:
        """Every lease has an authority: a person who may, or a policy that enforces; and a yes for each app.

        None is claimed for longer than was decided, or outlasts its incident.
        """
        assert not brake.leases or brake.found_known
        for lease in brake.leases:
            incident = self.incidents[lease.incident]
            decision = incident.decision
            assert decision is not None
            assert decision.action in {Action.THROTTLE, Action.RAISE}, decision
            assert incident.until in {None, lease.until}, f"{incident.id} until {incident.until}: {lease}"
            if lease in claimed:
                assert decision.until is not None, decision
                assert lease.until <= decision.until, f"{lease} outlasts {decision}"
            if lease in claimed and kind_of(brake.target.lever).hard:
                two = set(decision.approvers) - {decision.by}
                assert len(two) >= 2, f"a hard lever by {decision}"
                assert all(PEOPLE[who].email in self.client.approvals.hard_levers or who in {RUI, ZOE} for who in two)
                assert decision.by != POLICY
                assert decision.lever == brake.target.lever, f"{brake.target.lever} on a yes to {decision.lever}"
            if lease in claimed and not kind_of(brake.target.lever).limits and decision.by != POLICY:
                assert decision.lever == brake.target.lever, f"{brake.target.lever} on a yes to {decision.lever}"
            shared = [incident.app, SHARED[incident.app]] if incident.app in SHARED else []
            if decision.by == POLICY:
                assert lease not in claimed or self._enforces(incident)
                assert not shared, "a shared target was braked by policy"
            else:
                assert decision.by != GUEST
            said = dict(incident.consents)
            for name in shared if incident.state is State.BRAKING else []:
                side = self.client.app(name)
                assert side is not None
                assert PEOPLE[said[name]].is_in(side.owners), f"nobody said yes for {name}"
