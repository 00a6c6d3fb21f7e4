"""What stands before a model and its quotas: the service turned off, nobody who pays, a policy against the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from freio.sandbox.google.billing_api import BillingApi
    from freio.sandbox.google.demand import Step
    from freio.sandbox.google.models import Model
    from freio.sandbox.google.policy_api import PolicyApi
    from freio.sandbox.google.service_state_api import ServiceStateApi

FORBIDDEN = "403"  # PERMISSION_DENIED, with SERVICE_DISABLED or BILLING_DISABLED
DISALLOWED = "400"  # FAILED_PRECONDITION, which names the constraint and the model


class Door(Protocol):
    """``reaches_model``: what is refused here is counted by the model's own metric, too, not only by the service's."""

    reaches_model: bool

    def concerns(self, step: Step) -> bool:
        """Whether anything was ever changed that may refuse this step: a month of traffic meets few changes."""
        ...

    def refuses(self, step: Step, model: Model, moment: float) -> str:
        """The HTTP code that calls of this step get at this moment; empty: they may pass."""
        ...


class ServiceDoor:
    """Google's front end refuses calls of a disabled service before any model sees them."""

    reaches_model = False

    def __init__(self, services: ServiceStateApi, billing: BillingApi) -> None:
        self._services = services
        self._billing = billing

    def concerns(self, step: Step) -> bool:
        return self._services.knows(step.project, step.service) or self._billing.knows(step.project)

    def refuses(self, step: Step, model: Model, moment: float) -> str:  # noqa: ARG002  # whatever the model
        off = self._services.refuses(step.project, step.service, moment)
        return FORBIDDEN if off or self._billing.refuses(step.project, moment) else ""


class PolicyDoor:
    """Vertex AI asks the policy; a value means a model with the version in the call, and without (assumed)."""

    reaches_model = True

    def __init__(self, policies: PolicyApi) -> None:
        self._policies = policies

    def concerns(self, step: Step) -> bool:
        return self._policies.knows(step.project)

    def refuses(self, step: Step, model: Model, moment: float) -> str:
        names = {step.model, model.name}
        values = frozenset(f"publishers/{model.publisher}/models/{name}:predict" for name in names)
        return "" if self._policies.allows(step.project, values, moment) else DISALLOWED
