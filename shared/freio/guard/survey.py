"""A look at every lever of every app, with nothing set: what would bind, what it would refuse, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from freio.domain.app import App, Client
from freio.domain.incident import Step
from freio.domain.lever import kind_of
from freio.domain.spend import Probe
from freio.errors import VendorError
from freio.guard.fit import Bound, Left, limits, not_countable
from freio.guard.meter import Readings
from freio.guard.owners import Owners
from freio.guard.places import Places, Traffic7d, idle_at, place_of
from freio.guard.stops import over_floor, stops, under_floor
from freio.ports import Lever, Meter, Place, PriceBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """One lever for one app at one place.

    ``probe``  what the lever found; None: it could not be asked, or the app had no traffic, and `error` says so.
    ``step``   what the brake would be now: its limit, and what it would refuse of the last seven days' traffic.
    ``why``    why it would not be offered; empty: it would.
    """

    app: str
    lever: str
    place: Place | None = None
    probe: Probe | None = None
    step: Step | None = None
    why: str = ""

    @property
    def binds(self) -> bool:
        return self.probe is not None and not self.why


class Surveyor:
    """Asks every lever about the places where an app had traffic in the last seven days."""

    def __init__(self, client: Client, meter: Meter, prices: PriceBook, levers: Mapping[str, Lever]) -> None:
        self._client = client
        self._client = client
        self._places = Places(client, meter, prices)
        self._levers = levers

    def survey(self, app: App, readings: Readings, levers: Sequence[str], now: datetime) -> list[Surveyed]:
        """A row for each lever and target; one that fails is a row too."""
        places = [x for x in self._places.of(app, readings, began=now, now=now) if any(x.inputs)]
        places = places or self._of_drill(app)
        if not places:
            return [Surveyed(app=app.name, lever="", why="no traffic of this app was seen in the last seven days")]
        spent = readings.apps[app.name].spend.likely
        left = Left(money=(app.budget - spent).amount if app.budget else None, others_rate=Decimal(0))
        look = _Look(app=app, owners=Owners(self._client, readings.shares, readings.strangers), left=left, now=now)
        return [row for name in levers for row in self._of_lever(name, look, places)]

    def _of_drill(self, app: App) -> list[Traffic7d]:
        """The place of the file's fire drill: its app has no traffic, and must have a brake all the same."""
        drill = self._client.drill
        if drill is None or drill.app != app.name or not app.match.projects:
            return []
        return [idle_at(Place(project=min(app.match.projects), location=drill.location, model=drill.model))]

    def _of_lever(self, name: str, look: _Look, places: Sequence[Traffic7d]) -> list[Surveyed]:
        lever = self._levers.get(name)
        if lever is None:
            return [Surveyed(app=look.app.name, lever=name, why="the file names no gateway")]
        try:
            probes = lever.probe(look.app, [traffic.place for traffic in places])
        except VendorError as error:
            return [Surveyed(app=look.app.name, lever=name, why=str(error))]
        by_place = {traffic.place: traffic for traffic in places}
        return [look.row(by_place[place_of(probe)], probe) for probe in probes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One app at one moment."""

    app: App
    owners: Owners
    left: Left
    now: datetime

    def row(self, traffic: Traffic7d, probe: Probe) -> Surveyed:
        lever = probe.target.lever
        why = under_floor(self.app, lever) or (None if probe.binds else probe.reason)
        if why is None and kind_of(lever).limits:
            why = not_countable(traffic, probe)
        said = str(why) if why else "" if probe.binds else "it does not bind"
        bound = Bound(traffic=traffic, probe=probe)
        if not said and not kind_of(lever).limits:
            said = "; ".join(map(str, over_floor(self.app, [bound])[1]))
        step = None if said else self._step(bound)
        return Surveyed(app=self.app.name, lever=lever, place=traffic.place, probe=probe, step=step, why=said)

    def _step(self, bound: Bound) -> Step:
        """The brake as it would be now: at the usual peak, or as the budget leaves it, or at the floor."""
        if kind_of(bound.probe.target.lever).limits:
            return limits(self.app, self.owners, [bound], left=self.left, now=self.now)[0].step
        return stops(self.app, self.owners, [bound])[0]
