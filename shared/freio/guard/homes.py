"""Where an app's traffic is, and what could be its own, as far as its match and its bills say."""

from __future__ import annotations

from freio.domain.app import App, Client
from freio.domain.attribution import Traits, sharing
from freio.domain.rights import BilledHomes
from freio.errors import Conflict
from freio.guard.meter import Readings
from freio.ports import Change, Place, Store


def homes(app: App, readings: Readings) -> frozenset[str]:
    """The projects that it names, else those in which it was billed in the last seven days."""
    billed = (project for (project, _), owners in readings.shares.items() if app.name in owners)
    return app.match.projects or frozenset(billed)


def could_be(app: App, place: Place, readings: Readings) -> bool:
    """Whether it was billed for traffic at a place, or could have had some."""
    billed = app.name in readings.shares.get((place.project, place.model), ())
    return billed or bool(sharing([app], Traits(project=place.project, model=place.model)))


def leave_homes(client: Client, store: Store, readings: Readings) -> None:
    """Leave in the store where apps are billed that name no project: the enforcer reads no bills."""
    nameless = [app for app in client.apps if not app.match.projects]
    if not nameless:
        return
    found = tuple((app.name, tuple(sorted(homes(app, readings)))) for app in nameless)
    before = store.get(BilledHomes, BilledHomes().id) or BilledHomes()
    if found == before.projects:
        return
    try:
        store.commit(Change(put=(BilledHomes(projects=found, version=before.version),)))
    except Conflict:
        return  # another tick has left them
