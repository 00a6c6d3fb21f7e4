"""Which models `allowed_models` can take away from a project, and which of the app's are left to go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.model_policy import allows, canonical, obstacle
from freio.adapters.google.model_policy_api import CONSTRAINT, ModelPolicies
from freio.adapters.google.model_values import Called, guessed
from freio.adapters.google.quota_catalogue import VERTEX
from freio.adapters.google.time_series import Question, count
from freio.adapters.model_names import plain_model
from freio.domain.app import App
from freio.domain.phrase import Phrase
from freio.domain.sentences import LEVER_LACKS, MODEL_DENIED, MODEL_UNNAMED, MODELS_LEFT, NO_MODEL_LEFT
from freio.domain.spend import Probe
from freio.domain.target import Target
from freio.ports import Place, Rights

LEVER = "allowed_models"
# "A change to an organization policy can take up to 15 minutes":
# https://docs.cloud.google.com/organization-policy/create-organization-policies
BITES = timedelta(minutes=15)
LOOKBACK = timedelta(days=7)  # models that were called since then are known by the name that callers use
# Both are observed in the roles of projects, folders and organizations. `orgpolicy.policies.*`, which the documents
# name beside them, may not be testable on a project, where one that is not makes the whole question an error.
PERMISSIONS = ("orgpolicy.policy.get", "orgpolicy.policy.set")
CALLED = Question(
    metric=f"{VERTEX}/publisher/online_serving/model_invocation_count",
    resource=f"{VERTEX}/PublisherModel",
    where={},
    by=("resource.label.publisher", "resource.label.model_user_id", "resource.label.model_version_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What was read of a project: its own policy, what is in force, the models called in it, what Freio may not do."""

    own: str | None
    effective: Mapping[str, object]
    called: Mapping[str, tuple[Called, ...]]
    lacks: tuple[str, ...]

    def values(self, model: str) -> tuple[str, ...]:
        """All values that mean calling this model (by its plain name) here: as it was called, and as it is named."""
        plain = plain_model(model)
        called = self.called.get(plain, ())
        usual = guessed(plain) if not called else Called(called[0].publisher, plain)
        return tuple(sorted({value for one in (*called, usual) if one is not None for value in one.values}))

    def allowed(self, model: str) -> tuple[str, ...]:
        """Those of its values that the policy in force allows."""
        return tuple(value for value in self.values(model) if allows(self.effective, value))


class ModelsProbe:
    """One probe for each place: what would be taken away there, or why nothing can be."""

    def __init__(
        self, apis: GoogleApis, policies: ModelPolicies, rights: Rights, *, now: Callable[[], datetime]
    ) -> None:
        self._apis = apis
        self._rights = rights
        self._policies = policies
        self._now = now

    def __call__(self, app: App, places: Sequence[Place]) -> list[Probe]:
        """Rejected or Unavailable where any of the projects cannot be read, unless a permission of ours is missing.

        ``binds=True`` means that the model is allowed now, and that the policy there can be narrowed; a policy of a
        project is for all locations, so places that differ in them alone have one target and take the same away.
        """
        read = {project: self._read(project) for project in dict.fromkeys(place.project for place in places)}
        return [self._probe(place, read[place.project], _others(app, place, places)) for place in places]

    def _read(self, project: str) -> Project:
        lacks = self._rights.lacks(project, PERMISSIONS)
        if PERMISSIONS[0] in lacks:
            return Project(own=None, effective={}, called={}, lacks=lacks)
        return Project(
            own=canonical(self._policies.own(project)),
            effective=self._policies.effective(project),
            called=self._called(project),
            lacks=lacks,
        )

    def _called(self, project: str) -> dict[str, tuple[Called, ...]]:
        """The models that were called in the last seven days, by plain name."""
        until = self._now()
        found: dict[str, set[Called]] = {}
        for one in count(self._apis, project, CALLED, since=until - LOOKBACK, until=until, step=timedelta(days=1)):
            labels = one.labels
            if labels.get("model_user_id") and labels.get("publisher"):
                called = Called(labels["publisher"], labels["model_user_id"], labels.get("model_version_id", ""))
                found.setdefault(plain_model(called.model), set()).add(called)
        return {plain: tuple(sorted(called, key=repr)) for plain, called in found.items()}

    def _probe(self, place: Place, project: Project, others: Sequence[str]) -> Probe:
        probe = Probe(
            target=Target(LEVER, place.project, VERTEX, f"constraints/{CONSTRAINT}", ""),
            location=place.location,
            model=place.model,
            unit="",
            binds=False,
            override=project.own,
            missing=project.lacks,
            bites_within=BITES,
        )
        if project.lacks:
            lacks = ", ".join(project.lacks)
            return replace(probe, reason=Phrase.of(LEVER_LACKS, project=place.project, permissions=lacks))
        takes = project.allowed(place.model)
        why = self._why_not(project, place.model, takes)
        if why is not None:
            return replace(probe, reason=Phrase.of(why, model=plain_model(place.model), project=place.project))
        left = [model for model in others if project.allowed(model)]
        note = Phrase.of(
            MODELS_LEFT if left else NO_MODEL_LEFT,
            model=plain_model(place.model),
            project=place.project,
            **({"left": ", ".join(left)} if left else {}),
        )
        return replace(probe, binds=True, takes=takes, note=note, left=tuple(left))

    def _why_not(self, project: Project, model: str, takes: Sequence[str]) -> str | None:
        if not project.values(model):
            return MODEL_UNNAMED
        return obstacle(project.own, takes) if takes else MODEL_DENIED


def _others(app: App, place: Place, places: Sequence[Place]) -> list[str]:
    """The app's other models in the project: those of its traffic, and those that its file names."""
    named = [one.model for one in places if one.project == place.project]
    known = dict.fromkeys(plain_model(model) for model in (*named, *sorted(app.match.models)))
    return [model for model in known if model != plain_model(place.model)]
