"""The numbers of the client's projects: asked for once, so that a message which names only a number finds its app."""

from __future__ import annotations

from datetime import datetime, timedelta

from freio.domain.anomaly import ProjectNumbers
from freio.domain.app import Client
from freio.errors import Conflict, VendorError
from freio.guard.failing import note
from freio.guard.homes import homes
from freio.guard.meter import Readings
from freio.guard.step import Step
from freio.ports import Clock, Projects, Store

AGAIN = timedelta(hours=1)  # after a project that could not be asked for


class NumberBook:
    """Learns what is not known yet. What fails is noted, and tried again an hour later; the watch goes on."""

    def __init__(self, client: Client, store: Store, clock: Clock, projects: Projects) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._projects = projects
        self._failed_at: datetime | None = None

    def look(self, readings: Readings) -> None:
        now = self._clock.now()
        if self._failed_at is not None and now - self._failed_at < AGAIN:
            return
        record = self._store.get(ProjectNumbers, ProjectNumbers().id) or ProjectNumbers()
        all_homes = set().union(*(homes(app, readings) for app in self._client.apps))
        learnt = []
        for project in sorted(all_homes - {known for _, known in record.known}):
            try:
                learnt.append((self._projects.number(project), project))
            except VendorError as error:
                self._failed_at = now
                note(self._store, now, f"asking for the number of {project}", error)
        if not learnt:
            return
        step = Step(now)
        step.put(ProjectNumbers(known=(*record.known, *learnt), version=record.version))
        try:
            self._store.commit(step.change())
        except Conflict:
            return  # another tick has learnt them
