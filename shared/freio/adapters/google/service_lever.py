"""The lever `disable_service`: turns Vertex AI off for a whole project. Hard: two named people agree to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.own_project import held_back, refuse_own
from freio.adapters.google.permissions import Entitled
from freio.adapters.google.quota_catalogue import VERTEX
from freio.adapters.google.service_switch import ServiceSwitch
from freio.domain.app import App
from freio.domain.lever import Setting
from freio.domain.phrase import Phrase
from freio.domain.sentences import DISABLING, SERVICE_IS_OFF
from freio.domain.spend import Probe
from freio.domain.target import Lease, Target
from freio.ports import Place, Rights

LEVER = "disable_service"
DISABLED = "DISABLED"
PERMISSIONS = ("serviceusage.services.get", "serviceusage.services.disable", "serviceusage.services.enable")
# The reverse, says the error of a disabled service, takes "a few minutes … to propagate to our systems"; this way is
# assumed to be alike.
BITES = timedelta(minutes=5)


class DisableServiceLever(Entitled):
    """A setting is ``DISABLED``; None: the service is enabled, and nothing of ours stands there.

    ``own_project`` is the project that Freio runs in. Putting back is best effort: enabling turns the service on, and
    resources that it dropped meanwhile are not its affair.
    """

    name = LEVER

    def __init__(
        self,
        apis: GoogleApis,
        *,
        own_project: str,
        rights: Rights | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(apis, rights)
        self._switch = ServiceSwitch(apis, sleep=sleep)
        self._own_project = own_project

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        return dict.fromkeys(sorted(app.match.projects - {self._own_project}), PERMISSIONS)

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:  # noqa: ARG002  # it stops whoever calls
        """One probe for each place, in order; those of one project are alike.

        What depends on the service cannot be asked for: `apply` is refused then, and names it.
        """
        found = {project: self._probe(project) for project in dict.fromkeys(place.project for place in places)}
        return [replace(found[place.project], location=place.location, model=place.model) for place in places]

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:  # noqa: ARG002  # all alike
        return DISABLED if leases else found

    def apply(self, target: Target, setting: Setting) -> None:
        """Disables the service and waits until that is done; Rejected for Freio's own project, and see `turn_off`."""
        if setting != DISABLED:
            raise ValueError(f"a service can be set to {DISABLED} alone, not to {setting}")
        refuse_own(self._own_project, target.project, f"disabling {target.service}")
        self._switch.turn_off(target.project, target.service)

    def read_back(self, target: Target) -> str | None:
        return None if self._switch.is_on(target.project, target.service) else DISABLED

    def restore(self, target: Target, found: Setting) -> None:
        if found is None:
            self._switch.turn_on(target.project, target.service)
        else:
            self.apply(target, found)

    def _probe(self, project: str) -> Probe:
        probe = Probe(
            target=Target(LEVER, project, VERTEX, "service", ""),
            location="",
            model="",
            unit="",
            binds=False,
            bites_within=BITES,
        )
        if held := held_back(self.rights, self._own_project, probe, PERMISSIONS):
            return held
        if not self._switch.is_on(project, VERTEX):
            return replace(probe, override=DISABLED, reason=Phrase.of(SERVICE_IS_OFF, project=project, service=VERTEX))
        return replace(probe, binds=True, takes=(VERTEX,), note=Phrase.of(DISABLING, service=VERTEX, project=project))
