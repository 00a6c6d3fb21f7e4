"""Whether Freio may set what it offers: looked into every hour by the identity that would, before it is needed.

The watch that offers brakes has an identity of its own, which may only read: what it may do says nothing of what can
be set. So the enforcer looks, keeps what it lacks in the store, and the watch's levers are told from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from freio.domain.app import Client
from freio.domain.rights import Lack, RightsReport
from freio.errors import Conflict, Rejected, VendorError
from freio.guard.failing import note
from freio.ports import Change, Clock, Lever, Store

EVERY = timedelta(hours=1)


class RightsWatch:
    """Asks every lever that the client's file names for an app what it lacks in that app's projects."""

    def __init__(self, client: Client, store: Store, clock: Clock, levers: Mapping[str, Lever]) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._levers = levers
        self._looked: datetime | None = None  # by whomever: it spares a read of the store at each sweep

    def look(self) -> None:
        """Where the last look is an hour old. What is lacking is noted, and paged once a day as long as it stands."""
        now = self._clock.now()
        if self._looked is not None and now - self._looked < EVERY:
            return
        report = self._store.get(RightsReport, RightsReport().id) or RightsReport()
        if report.at is not None and now - report.at < EVERY:
            self._looked = report.at
            return
        self._looked = now
        needs = self._needs()
        lacks = tuple(lack for (name, project), asked in needs.items() for lack in self._lack(name, project, asked))
        try:
            self._store.commit(Change(put=(RightsReport(at=now, lacks=lacks, version=report.version),)))
        except Conflict:
            return  # another sweep has just looked

    def _needs(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Permissions by lever and project, whichever apps need them."""
        needs: dict[tuple[str, str], tuple[str, ...]] = {}
        for app in self._client.apps:
            for name in app.policy.levers:
                asked = self._levers[name].needs(app) if name in self._levers else {}
                for project, permissions in asked.items():
                    had = needs.get((name, project), ())
                    needs[name, project] = tuple(dict.fromkeys((*had, *permissions)))
        return needs

    def _lack(self, name: str, project: str, asked: Sequence[str]) -> list[Lack]:
        cause = f"braking with {name} in {project}"
        try:
            lacks = self._levers[name].lacks(project, asked)
        except VendorError as error:
            note(self._store, self._clock.now(), cause, error)
            return []
        if not lacks:
            return []
        note(self._store, self._clock.now(), cause, Rejected(f"Freio lacks {', '.join(lacks)}"))
        return [Lack(lever=name, project=project, permissions=lacks)]


class ToldRights:
    """`Rights` of one lever for who may not ask: as the last report in the store says."""

    def __init__(self, lever: str, store: Store, clock: Clock) -> None:
        self._lever = lever
        self._store = store
        self._clock = clock

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        report = self._store.get(RightsReport, RightsReport().id)
        return report.lacking(self._lever, project, permissions, self._clock.now()) if report else ()
