"""A target that serves several apps: an owner of each has to say yes before it is braked."""

from __future__ import annotations

from freio.domain import sentences as say
from freio.domain.app import App, Client
from freio.domain.authority import Person, Rights
from freio.domain.click import Click
from freio.domain.incident import Incident
from freio.guard.reply import reply
from freio.guard.step import Step


def sides(client: Client, app: App, incident: Incident) -> tuple[App, ...]:
    """The apps whose owners have to agree to the brake on the table; none, where it touches this app alone."""
    shared = incident.proposal.shared_with if incident.proposal else ()
    return (app, *(other for name in shared if (other := client.app(name)))) if shared else ()


def owned(client: Client, person: Person, apps: tuple[App, ...]) -> tuple[App, ...]:
    """Those of the apps that this person is an owner of."""
    return tuple(app for app in apps if Rights.of(person, app, client.approvals).owner)


def consent(
    step: Step, client: Client, click: Click, *, person: Person, app: App, incident: Incident
) -> Incident | None:
    """The incident with this person's yes, where nobody's is missing now. None: it is kept; others are missing."""
    needed = sides(client, app, incident)
    if not needed:
        return incident
    mine = owned(client, person, needed)
    if not mine:
        reply(step, click, say.NOT_ALLOWED, who="owner", app=", ".join(a.name for a in needed))
        return None
    shared = incident.proposal.shared_with if incident.proposal else ()
    gone = {name: "" for name in shared if client.app(name) is None}  # out of the file: nobody can say yes for it
    consents = {**dict(incident.consents), **{a.name: person.id for a in mine}, **gone}
    agreed = step.keep(incident, consents=tuple(consents.items()))
    missing = [a.name for a in needed if a.name not in consents]
    if not missing:
        return agreed
    said, lacking = ", ".join(a.name for a in mine), ", ".join(missing)
    key = f"{agreed.revision}/consent/{click.id}"
    step.thread(agreed, key, say.CONSENTED, by=person.id, app=said, missing=lacking)
    step.draw(agreed)
    return None
