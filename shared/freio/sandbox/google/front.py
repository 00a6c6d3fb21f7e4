"""What may be turned off in a project, and what stands before its models for it: three APIs and their doors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from freio.sandbox.google.billing_api import BillingApi
from freio.sandbox.google.doors import PolicyDoor, ServiceDoor
from freio.sandbox.google.history import Delays
from freio.sandbox.google.policy_api import PolicyApi
from freio.sandbox.google.service_state_api import ServiceStateApi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from freio.sandbox.google.operations import Operations
    from freio.sandbox.google.projects import Projects
    from freio.sandbox.google.requests import Call

    Answer: TypeAlias = Callable[[Call], dict[str, Any]]

POLICIES = "orgpolicy.projects.policies."


class Front:
    """Policies of models, services that are on or off, accounts that pay.

    A policy is felt `policy_seconds` after it was written, the others `front_end_seconds` after they were changed.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        projects: Projects,
        operations: Operations,
        operation_seconds: float,
        front_end_seconds: float,
        policy_seconds: float,
        was_used: Callable[[str], bool],
    ) -> None:
        at_once = Delays(operation=0, effect=front_end_seconds)
        self.policies = PolicyApi(projects=projects, now=now, delays=Delays(operation=0, effect=policy_seconds))
        self.billing = BillingApi(projects=projects, now=now, delays=at_once)
        self.services = ServiceStateApi(
            projects=projects,
            operations=operations,
            now=now,
            delays=Delays(operation=operation_seconds, effect=front_end_seconds),
            was_used=was_used,
        )
        self.doors = (ServiceDoor(self.services, self.billing), PolicyDoor(self.policies))

    def answers(self) -> Mapping[str, Answer]:
        """What answers each method. Each checks its own permission: which one it takes depends on more than that."""
        return {
            POLICIES + "get": self.policies.get,
            POLICIES + "getEffectivePolicy": self.policies.effective,
            POLICIES + "create": self.policies.create,
            POLICIES + "patch": self.policies.patch,
            POLICIES + "delete": self.policies.delete,
            "serviceusage.services.get": self.services.get,
            "serviceusage.services.list": self.services.list_enabled,
            "serviceusage.services.enable": self.services.enable,
            "serviceusage.services.disable": self.services.disable,
            "cloudbilling.projects.getBillingInfo": self.billing.get,
            "cloudbilling.projects.updateBillingInfo": self.billing.update,
        }
