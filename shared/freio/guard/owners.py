"""Whose traffic a lever would touch: by how far its blast reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from freio.domain.app import App, Client
from freio.domain.attribution import Traits, sharing
from freio.domain.incident import Refusal
from freio.domain.lever import Reach, kind_of
from freio.domain.target import Target
from freio.guard.estimate import NOBODY, Shares, Traffic, split
from freio.ports import Place

STRAY = Decimal("0.10")  # less than this of a calm day at a target is some calls without a label, and no owner
_ZERO = Decimal(0)
_ONE = Decimal(1)


class Owners:
    """The apps of a client, and what the export says of whose the traffic is: `shares`, and `strangers` by traffic."""

    def __init__(self, client: Client, shares: Shares, strangers: Mapping[Traffic, Decimal]) -> None:
        self._client = client
        self._shares = shares
        self._strangers = strangers

    def part(self, app: App, place: Place) -> Decimal:
        """Which part of a place's traffic is the app's."""
        return split(self._client, self._shares, place.project, place.model).get(app.name, _ZERO)

    def others(self, app: App, target: Target, place: Place, through: Sequence[str] = ()) -> tuple[str, ...]:
        """The other apps that a lever would touch there: those that could have traffic, and those billed for some.

        ``through`` the callers that the lever found behind the target, beside those that the app's file names.
        """
        return tuple(sorted(self._touched(app, target, place, through) - {app.name, NOBODY}))

    def touches_nobody_s(self, target: Target, place: Place) -> bool:
        """Whether what it would touch belongs to no app, more of it than a few stray calls."""
        reach = kind_of(target.lever).reach
        if reach is Reach.CALLER:
            return False
        if reach is not Reach.MODEL:
            return any(part >= STRAY for (project, _), part in self._strangers.items() if project == place.project)
        unbilled = split(self._client, self._shares, place.project, place.model).get(NOBODY, _ZERO)
        return self._strangers.get((place.project, place.model), unbilled) >= STRAY

    def refusals(self, app: App, target: Target, refused: Mapping[Place, Decimal]) -> tuple[Refusal, ...]:
        """Whose traffic a lever would refuse; one caller's is all the app's.

        ``refused`` of all that goes through the target, the share that would be refused at each place.
        """
        parts: dict[str, Decimal] = defaultdict(Decimal)
        for place, share in refused.items():
            mine = {app.name: _ONE}
            if kind_of(target.lever).reach is not Reach.CALLER:
                mine = dict(split(self._client, self._shares, place.project, place.model))
            for who, part in mine.items():
                parts[who or "?"] += share * part
        return tuple(Refusal(who=who, share=part) for who, part in sorted(parts.items()) if part)

    def _touched(self, app: App, target: Target, place: Place, through: Sequence[str] = ()) -> set[str]:
        match kind_of(target.lever).reach:
            case Reach.CALLER:
                return {other.name for other in self._client.apps if _calls_as(other, target, app, through)}
            case Reach.MODEL:
                could = sharing(self._client.apps, Traits(project=place.project, model=place.model))
                return {other.name for other in could} | set(
                    split(self._client, self._shares, place.project, place.model)
                )
            case Reach.SERVICE | Reach.PROJECT:
                return self._of_project(place.project)

    def _of_project(self, project: str) -> set[str]:
        named = {app.name for app in self._client.apps if project in app.match.projects}
        billed = {who for (where, _), parts in self._shares.items() if where == project for who in parts}
        return named | billed


def other_callers(app: App, lever: str) -> tuple[str, ...]:
    """By whom else an app calls, as far as its file says: whom a lever against one kind of caller does not touch."""
    kinds = {
        "gateway": (*app.callers.teams, *app.callers.keys),
        "api_key": tuple(sorted(app.match.api_keys)),
        "iam_deny": tuple(sorted(app.match.service_accounts)),
    }
    return tuple(name for kind, names in kinds.items() if lever in kinds and kind != lever for name in names)


def _calls_as(other: App, target: Target, app: App, through: Sequence[str]) -> bool:
    """Whether the file says that another app calls as this one does at the target.

    A gateway knows keys by their hashes, which the file may call by an alias: there the two apps' own words are held
    against each other, and against what the gateway says of who is behind the target: one app's key may be of a team
    that is another's.
    """
    if target.lever == "gateway":
        here = {*app.callers.keys, *app.callers.teams, *through}
        return not here.isdisjoint((*other.callers.keys, *other.callers.teams))
    named = {"key": other.match.api_keys, "service_account": other.match.service_accounts}
    return any(value in named.get(name, ()) for name, value in target.dimensions)
