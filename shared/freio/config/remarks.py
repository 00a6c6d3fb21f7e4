"""What is allowed in the client's file and does less than one may think."""

from __future__ import annotations

from collections.abc import Iterator

from freio.domain.app import Client, Match
from freio.domain.attribution import Traits, attribute, meets

LEVERS_THERE = ("quota",)
"""The levers that this version has."""


def remarks(client: Client) -> list[str]:
    """Every warning, in the file's order of apps."""
    return [*not_yet(client), *_unseen(client), *_shadowed(client), *_uncalled(client)]


def not_yet(client: Client) -> list[str]:
    """Levers that the file names and this version does not have."""
    there = ", ".join(LEVERS_THERE)
    said = [
        f"{app.name}: the lever {lever} does nothing in this version, which has {there} alone"
        for app in client.apps
        for lever in app.policy.levers
        if lever not in LEVERS_THERE
    ]
    idle = [app.name for app in client.apps if not set(app.policy.levers) & set(LEVERS_THERE)]
    return said + [f"{name}: none of its levers is in this version: nothing can brake it" for name in idle]


def _unseen(client: Client) -> list[str]:
    """Apps whose spend no billing row and no token metric can show to be theirs."""
    return [
        f"{app.name}: matches by service accounts or API keys alone, which billing rows and token metrics do not "
        "show: no spend will be seen as its own"
        for app in client.apps
        if not (app.match.projects or app.match.labels or app.match.models)
    ]


def _uncalled(client: Client) -> list[str]:
    """Apps whose gateway lever has nobody to limit, and apps whose callers no lever limits."""
    said = []
    for app in client.apps:
        if "gateway" in app.policy.levers and not app.callers:
            said.append(f"{app.name}: has the lever gateway, and no team and no key at one: that lever limits nothing")
        if app.callers and "gateway" not in app.policy.levers:
            said.append(f"{app.name}: has teams or keys at the gateway, and not the lever gateway: nothing limits them")
    return said


def _shadowed(client: Client) -> list[str]:
    """Apps that come too late: an earlier one has all the spend that they match, because the first match wins."""
    said = []
    for number, app in enumerate(client.apps):
        firsts = [attribute(client.apps[:number], traits) for traits in _least(app.match) if meets(app.match, traits)]
        if firsts and all(firsts):
            names = ", ".join(dict.fromkeys(first.name for first in firsts if first))
            said.append(f"{app.name}: all that it matches is matched by {names} before it: no spend will be its own")
    return said


def _least(match: Match) -> Iterator[Traits]:
    """Spend that meets a match and shows nothing beyond it, as the export has it and as telemetry does."""
    for project in sorted(match.projects) or [""]:
        for model in sorted(match.models) or [""]:
            yield Traits(project=project, model=model, labels=dict(match.labels))
            yield Traits(project=project, model=model, labels=None)
