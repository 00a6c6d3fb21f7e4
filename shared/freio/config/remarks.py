"""What is allowed in the client's file and does less than one may think."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from freio.domain.app import App, Client, Match
from freio.domain.attribution import Traits, attribute, meets
from freio.domain.authority import HARD_APPROVALS
from freio.domain.lever import Reach, kind_of
from freio.domain.severity import CRITICAL_GATES, until_someone_acts


def remarks(client: Client) -> list[str]:
    """Every warning, in the file's order of apps."""
    told = (idle_levers, _unseen, _shadowed, _uncalled, _always_critical, _drill)
    return [remark for each in told for remark in each(client)]


def idle_levers(client: Client) -> list[str]:
    """Levers that the file names and that could do nothing as it stands."""
    said = []
    for app in client.apps:
        why = {lever: _why_idle(client, app, lever) for lever in app.policy.levers}
        said += [f"{app.name}: the lever {lever} does nothing: {reason}" for lever, reason in why.items() if reason]
        if all(why.values()):
            said.append(f"{app.name}: none of its levers can do anything: nothing can brake it")
    return said


def _why_idle(client: Client, app: App, lever: str) -> str:
    """What the file lacks for a lever; empty: nothing."""
    kind = kind_of(lever)
    lacks = {
        "gateway": "the file names no gateway" if client.gateway is None else _none(app.callers, "teams and no keys"),
        "api_key": _none(app.match.api_keys, "match.api_keys"),
        "iam_deny": _none(app.match.service_accounts, "match.service_accounts"),
    }
    if why := lacks.get(lever, ""):
        return why
    if kind.hard and len(client.approvals.hard_levers) + len(_payers(client, app)) < HARD_APPROVALS:
        return "approvals.hard_levers names too few people to approve it"
    if kind.reach is Reach.CALLER and not kind.limits and any(app.floor.values()):
        return "it stops everything, and the app has a floor"
    return ""


def _none(named: object, what: str) -> str:
    return "" if named else f"the app has no {what}"


def _payers(client: Client, app: App) -> tuple[str, ...]:
    return client.approvals.cost_owners.get(app.cost_centre, ())[:1]


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


def _always_critical(client: Client) -> list[str]:
    """Apps whose grace is so long that any alert, of more than a money gate an hour, costs what a critical one does."""
    return [
        f"{app.name}: with a grace of {app.policy.grace} every alert is critical: more than {CRITICAL_GATES} money "
        "gates are lost before anybody has to act"
        for app in client.apps
        if until_someone_acts(app.policy) >= timedelta(hours=CRITICAL_GATES)
    ]


def _drill(client: Client) -> list[str]:
    """A drill that asks questions of a few tokens, on an app whose floor lets them through."""
    app = client.app(client.drill.app) if client.drill and client.drill.calls else None
    if app is None or not any(app.floor.values()):
        return []
    return [f"{app.name}: its floor lets the drill's own questions through, so the proof cannot bind; 0 refuses them"]


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
