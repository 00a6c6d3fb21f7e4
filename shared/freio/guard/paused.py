"""A lever that is offered for nothing that Google has paused already: a brake there would only outlast the pause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from freio.domain.app import App
from freio.domain.lever import Setting
from freio.domain.phrase import Phrase
from freio.domain.sentences import PLACE_PAUSED
from freio.domain.spend import Probe
from freio.domain.spend_cap import SpendCap, pausing
from freio.domain.target import Lease, Target
from freio.guard.step import text
from freio.ports import Lever, Place


class Sparing:
    """A `Lever` before another: what a cap pauses does not bind, and says why; all else is asked of the other one."""

    def __init__(self, lever: Lever, caps: Callable[[], Iterable[SpendCap]]) -> None:
        self.name = lever.name
        self._lever = lever
        self._caps = caps

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        return self._lever.needs(app)

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        return self._lever.lacks(project, permissions)

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        caps = list(self._caps())
        paused = {place: cap for place in places if (cap := pausing(caps, place.project, place.model))}
        if not paused:
            return self._lever.probe(app, places)
        running = [place for place in places if place not in paused]
        asked = self._lever.probe(app, running) if running else []
        probes: list[Probe] = []
        for place in places:
            cap = paused.get(place)
            here = (place.project, place.location, place.model)
            probes += (
                [_spared(self.name, place, cap)]
                if cap
                else [
                    probe
                    for probe in asked
                    if (probe.project or probe.target.project, probe.location, probe.model) == here
                ]
            )
        return probes

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:
        return self._lever.plan(target, found, leases)

    def apply(self, target: Target, setting: Setting) -> None:
        self._lever.apply(target, setting)

    def read_back(self, target: Target) -> Setting:
        return self._lever.read_back(target)

    def restore(self, target: Target, found: Setting) -> None:
        self._lever.restore(target, found)


def _spared(lever: str, place: Place, cap: SpendCap) -> Probe:
    said = {"service": cap.called, "project": cap.project, "limit": text(cap.limit)}
    return Probe(
        target=Target(lever, place.project, "aiplatform.googleapis.com", "", "", (("base_model", place.model),)),
        location=place.location,
        model=place.model,
        unit="",
        binds=False,
        reason=Phrase.of(PLACE_PAUSED, model=place.model, location=place.location, **said),
    )
