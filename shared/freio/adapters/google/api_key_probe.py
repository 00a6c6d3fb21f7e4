"""Which of an app's API keys can be kept from the AI services, and what such a key would be left with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from freio.adapters.google import key_restrictions as rules
from freio.adapters.google.api_keys import ApiKeys
from freio.adapters.google.errors import Missing
from freio.adapters.google.setting_text import written
from freio.domain.app import App
from freio.domain.phrase import Phrase
from freio.domain.sentences import (
    KEY_ELSEWHERE,
    KEY_GONE,
    KEY_KEEPS,
    KEY_KEEPS_NOTHING,
    KEY_WITHOUT_AI,
    LEVER_LACKS,
    NO_KEYS,
)
from freio.domain.spend import Probe
from freio.domain.target import Target
from freio.ports import Place, Rights

LEVER = "api_key"
# Of keys.get, keys.patch and operations.get: https://cloud.google.com/api-keys/docs/access-control
PERMISSIONS = ("apikeys.keys.get", "apikeys.keys.update", "serviceusage.operations.get")
LIST = "serviceusage.services.list"  # only for a key without restrictions
# The Cloud console says beside a key's restrictions: "It may take up to 5 minutes for settings to take effect."
BITES = timedelta(minutes=5)


class ApiKeyProbe:
    """Probes a project once for all places in it: a key is of its whole project, whatever location or model."""

    def __init__(self, keys: ApiKeys, rights: Rights) -> None:
        self._keys = keys
        self._rights = rights

    def __call__(self, app: App, places: Sequence[Place]) -> list[Probe]:
        """For each place, in order, a probe for each of the app's keys that its project holds.

        ``binds=True`` where the key may call an AI service now; ``note`` says what a key without restrictions would
        be left with. A key that may call none as it is may be so by a brake of ours, for another app that shares it:
        ``takes`` then says what a further lease needs, so that the brake holds on when the first one ends.
        Rejected or Unavailable where a project cannot be read.
        """
        of_project = {project: self._project(app, project) for project in dict.fromkeys(x.project for x in places)}
        return [
            replace(probe, location=place.location, model=place.model)
            for place in places
            for probe in of_project[place.project]
        ]

    def _project(self, app: App, project: str) -> list[Probe]:
        names = sorted(app.match.api_keys)
        if not names:
            return [replace(_blank(project, ""), reason=Phrase.of(NO_KEYS, app=app.name))]
        lacks = self._rights.lacks(project, (*PERMISSIONS, LIST))
        if set(lacks) - {LIST}:
            return [_lacking(_blank(project, name), lacks) for name in names]
        found = []
        for name in names:
            try:
                found.append(self._key(project, name, lacks))
            except Missing:
                continue
        why = Phrase.of(KEY_ELSEWHERE, keys=", ".join(names), project=project)
        return found or [replace(_blank(project, names[0]), reason=why)]

    def _key(self, project: str, name: str, lacks: tuple[str, ...]) -> Probe:
        key = self._keys.get(project, name)
        restrictions = key.get("restrictions", {})
        probe = replace(_blank(project, name), override=written(restrictions))
        if "deleteTime" in key:
            return replace(probe, reason=Phrase.of(KEY_GONE, key=name, project=project))
        if not rules.services(restrictions):
            return self._unrestricted(probe, name) if not lacks else _lacking(probe, lacks)
        takes = rules.takes(restrictions, ())
        if not takes:
            why = Phrase.of(KEY_WITHOUT_AI, key=name, project=project)
            return replace(probe, reason=why, takes=rules.takes_of_braked(restrictions))
        return replace(probe, binds=True, takes=takes)

    def _unrestricted(self, probe: Probe, name: str) -> Probe:
        enabled = self._keys.enabled_services(probe.target.project)
        others = len(rules.others(enabled))
        kept = min(others, rules.MOST)
        where = {"key": name, "project": probe.target.project}
        note = Phrase.of(KEY_KEEPS, **where, kept=kept, lost=others - kept)
        if not kept:
            note = Phrase.of(KEY_KEEPS_NOTHING, **where)
        return replace(probe, binds=True, takes=rules.takes({}, enabled), note=note)


def _blank(project: str, key_id: str) -> Probe:
    """Not binding; the place is filled in at the end."""
    target = Target(LEVER, project, "apikeys.googleapis.com", "key", "", (("key", key_id),))
    return Probe(target=target, location="", model="", unit="", binds=False, bites_within=BITES)


def _lacking(probe: Probe, lacks: tuple[str, ...]) -> Probe:
    why = Phrase.of(LEVER_LACKS, project=probe.target.project, permissions=", ".join(lacks))
    return replace(probe, reason=why, missing=lacks)
