"""The lever `allowed_models`: takes models away from a project, so that its callers must go to others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.model_policy import canonical, narrowed
from freio.adapters.google.model_policy_api import ModelPolicies
from freio.adapters.google.models_probe import LEVER, PERMISSIONS, ModelsProbe
from freio.adapters.google.permissions import Entitled
from freio.domain.app import App
from freio.domain.lever import Setting
from freio.domain.spend import Probe
from freio.domain.target import Lease, Target
from freio.ports import Place, Rights


class AllowedModelsLever(Entitled):
    """Narrows the policy `constraints/vertexai.allowedModels` of a project; a setting is that policy.

    Who calls a model that was taken away gets 400 FAILED_PRECONDITION, which names the constraint and the model
    (observed in public bug reports, 2026). `now` is the time: the probe looks which models were called.
    """

    name = LEVER

    def __init__(self, apis: GoogleApis, *, now: Callable[[], datetime], rights: Rights | None = None) -> None:
        super().__init__(apis, rights)
        self._policies = ModelPolicies(apis)
        self._probe = ModelsProbe(apis, self._policies, self.rights, now=now)

    def needs(self, app: App) -> Mapping[str, tuple[str, ...]]:
        return dict.fromkeys(sorted(app.match.projects), PERMISSIONS)

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        """One probe for each place, in order; see `ModelsProbe`."""
        return self._probe(app, places)

    def plan(self, target: Target, found: Setting, leases: Sequence[Lease]) -> Setting:  # noqa: ARG002  # all alike
        """What was found without all that the leases take; what was found, where it cannot be narrowed safely."""
        return narrowed(_policy(found), (value for lease in leases for value in lease.takes))

    def apply(self, target: Target, setting: Setting) -> None:
        """Writes the policy over the version that stands there; it bites minutes later (`models_probe.BITES`)."""
        self._policies.write(target.project, _policy(setting) or "")

    def read_back(self, target: Target) -> str | None:
        """The project's own policy; None where it has none."""
        return canonical(self._policies.own(target.project))

    def restore(self, target: Target, found: Setting) -> None:
        """Deletes the policy where none stood there; else writes the former one."""
        policy = _policy(found)
        if policy is None:
            self._policies.delete(target.project)
        else:
            self._policies.write(target.project, policy)


def _policy(setting: Setting) -> str | None:
    """The setting as this lever writes it: a policy's text."""
    if isinstance(setting, int):
        raise TypeError(f"a policy is a text, or none stands there; not {setting}")
    return setting
