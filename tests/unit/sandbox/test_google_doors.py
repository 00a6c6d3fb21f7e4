"""What may be turned off in a project, asked for as Google's own clients ask, and what it does to traffic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import service_usage_v1
from googleapiclient.discovery import build

from freio.sandbox.google.billing_api import ACCOUNT
from freio.sandbox.google.demand import Demand, Served
from tests.unit.sandbox.google_world import PROJECT, World, refused, running

PRO = "publishers/google/models/gemini-2.5-pro:predict"
FLASH = "publishers/google/models/gemini-2.5-flash:predict"
NAME = f"projects/{PROJECT}/policies/vertexai.allowedModels"
SERVICE = f"projects/{PROJECT}/services/aiplatform.googleapis.com"
INVOCATIONS = "aiplatform.googleapis.com/publisher/online_serving/model_invocation_count"
REQUESTS = "serviceruntime.googleapis.com/api/request_count"
Disable = service_usage_v1.DisableServiceRequest


@dataclass
class Here:
    world: World
    policies: Any
    billing: Any
    services: Any

    def create(self, **spec: Any) -> Any:
        return self.policies.create(parent=f"projects/{PROJECT}", body={"name": NAME, "spec": spec}).execute()

    def called(self, model: str = "gemini-2.5-flash", after: float = 900) -> Served:
        """Ten calls, some time from now."""
        self.world.clock.forward(after)
        at = self.world.clock.moment.replace(second=0)
        served = self.world.plane.serve(
            project=PROJECT, location="global", model=model, at=at, demand=Demand(requests=10, input_tokens=1000)
        )
        self.world.clock.forward(300)
        return served

    def counted(self, metric: str) -> dict[str, int]:
        """By HTTP code, over the last hour."""
        found: dict[str, int] = {}
        for series in self.world.series(metric, hours=1)["timeSeries"]:
            code = series["metric"]["labels"]["response_code"]
            found[code] = found.get(code, 0) + sum(int(one["value"]["int64Value"]) for one in series["points"])
        return found


@pytest.fixture
def here() -> Iterator[Here]:
    anonymous: Any = AnonymousCredentials  # google-auth leaves its constructor untyped
    with running() as world:
        options = {"client_options": {"api_endpoint": world.url}, "credentials": anonymous(), "static_discovery": True}
        org_policy = build("orgpolicy", "v2", **options)
        billing = build("cloudbilling", "v1", **options)
        with service_usage_v1.ServiceUsageClient(
            transport="rest", credentials=anonymous(), client_options=ClientOptions(api_endpoint=world.url)
        ) as services:
            yield Here(
                world=world,
                policies=org_policy.projects().policies(),
                billing=billing.projects(),
                services=services,
            )
        org_policy.close()
        billing.close()


def test_a_project_without_a_policy_has_none_and_everything_is_allowed(here: Here) -> None:
    """404 for its own, allowAll for what is in force."""
    with refused(404):
        here.policies.get(name=NAME).execute()
    assert here.policies.getEffectivePolicy(name=NAME).execute()["spec"] == {"rules": [{"allowAll": True}]}


def test_replies_name_the_project_by_its_number_and_leave_falsehoods_out(here: Here) -> None:
    """As in every reply of Google's."""
    policy = here.create(inheritFromParent=False, rules=[{"allowAll": True}])
    assert policy["name"].split("/")[1].isdecimal()
    assert "inheritFromParent" not in policy["spec"]
    assert policy["spec"]["etag"] == policy["etag"]


def test_a_second_creation_and_an_old_version_are_conflicts(here: Here) -> None:
    """409, whether it is there already or was written since."""
    first = here.create(rules=[{"allowAll": True}])
    with refused(409, status="ALREADY_EXISTS"):
        here.create(rules=[{"denyAll": True}])
    body = {"name": NAME, "etag": first["etag"], "spec": {"rules": [{"denyAll": True}]}}
    here.policies.patch(name=NAME, body=body, updateMask="*").execute()
    with refused(409, status="ABORTED"):
        here.policies.patch(name=NAME, body=body, updateMask="*").execute()
    with refused(409, status="ABORTED"):
        here.policies.delete(name=NAME, etag=first["etag"]).execute()
    here.policies.delete(name=NAME).execute()
    with refused(404):
        here.policies.delete(name=NAME).execute()


@pytest.mark.parametrize(
    "spec",
    [
        {"rules": []},
        {"reset": True, "inheritFromParent": True},
        {"rules": [{"allowAll": True, "denyAll": True}]},
        {"rules": [{"enforce": True}]},
        {"rules": [{"values": {"deniedValues": ["publishers/google/models/*:predict"]}}]},
        {"rules": [{"values": {"deniedValues": ["publishers/google"]}}]},
        {"rules": [{"allowAll": True}] * 11},
        {"rules": [{"values": {"deniedValues": [f"publishers/google/models/m{n}:predict" for n in range(501)]}}]},
    ],
)
def test_what_a_policy_may_not_say_is_refused(here: Here, spec: dict[str, Any]) -> None:
    """Empty, contradictory, too long, or with a wildcard, which models do not have."""
    with refused(400, status="INVALID_ARGUMENT"):
        here.create(**spec)


def test_another_constraint_is_not_there(here: Here) -> None:
    """The sandbox knows this one."""
    with refused(404):
        here.policies.get(name=f"projects/{PROJECT}/policies/compute.vmExternalIpAccess").execute()


def test_a_denied_model_is_turned_away_with_400_and_the_others_go_on(here: Here) -> None:
    """Minutes later, and counted where the model counts, without tokens."""
    here.create(inheritFromParent=True, rules=[{"values": {"deniedValues": ["is:" + FLASH]}}])
    assert here.called(after=60).turned_away_requests == 0
    served = here.called()
    assert (served.requests, served.turned_away_requests, served.input_tokens) == (0, 10, 0)
    assert here.called("gemini-2.5-pro", after=0).requests == 10
    assert here.counted(INVOCATIONS) == {"200": 20, "400": 10}
    assert here.counted(REQUESTS) == {"200": 20, "400": 10}


def test_what_the_parent_denies_is_denied_below_unless_the_project_breaks_away(here: Here) -> None:
    """A denied value wins where policies are merged."""
    here.world.plane.front.policies.set_parent(PROJECT, {"rules": [{"values": {"deniedValues": [FLASH]}}]})
    here.create(inheritFromParent=True, rules=[{"values": {"allowedValues": [FLASH, PRO]}}])
    assert here.policies.getEffectivePolicy(name=NAME).execute()["spec"] == {
        "rules": [{"values": {"allowedValues": [FLASH, PRO], "deniedValues": [FLASH]}}]
    }
    assert here.called().turned_away_requests == 10
    here.world.plane.front.policies.set_as_somebody_else(PROJECT, {"spec": {"reset": True}})
    assert here.called().turned_away_requests == 0


def test_a_disabled_service_turns_everybody_away_before_any_model(here: Here) -> None:
    """Its front end counts them; no model does."""
    operation = here.services.disable_service(request=Disable(name=SERVICE)).operation
    assert not operation.done
    assert here.called(after=0).requests == 10
    assert here.services.get_operation({"name": operation.name}).done
    assert here.services.get_service(request={"name": SERVICE}).state == service_usage_v1.types.State.DISABLED
    assert here.called().turned_away_requests == 10
    assert here.counted(INVOCATIONS) == {"200": 10}
    assert here.counted(REQUESTS) == {"200": 10, "403": 10}
    here.services.enable_service(request={"name": SERVICE})
    assert here.called().turned_away_requests == 0


@pytest.mark.parametrize(
    ("request_of", "reason"),
    [
        ({"check_if_service_has_usage": Disable.CheckIfServiceHasUsage.CHECK}, "COMMON_SU_SERVICE_HAS_USAGE"),
        ({}, "COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES"),
    ],
)
def test_use_and_dependents_hold_a_service_back(here: Here, request_of: dict[str, Any], reason: str) -> None:
    """The check for use where it is asked for, dependents unless they shall go with it."""
    here.called()
    if not request_of:
        here.world.plane.front.services.set_as_somebody_else(PROJECT, "ces.googleapis.com", on=True)
    with pytest.raises(GoogleAPICallError) as caught:
        here.services.disable_service(request=Disable(name=SERVICE, **request_of))
    assert caught.value.reason == reason
    here.services.disable_service(request=Disable(name=SERVICE, disable_dependent_services=True))
    here.world.clock.forward(timedelta(minutes=1).total_seconds())
    assert here.services.get_service(request={"name": SERVICE}).state == service_usage_v1.types.State.DISABLED


def test_what_is_off_cannot_be_disabled(here: Here) -> None:
    """400, and not a second success."""
    here.world.plane.front.services.set_as_somebody_else(PROJECT, "aiplatform.googleapis.com", on=False)
    with pytest.raises(GoogleAPICallError) as caught:
        here.services.disable_service(request=Disable(name=SERVICE))
    assert caught.value.code == 400


def test_a_project_without_an_account_is_turned_away(here: Here) -> None:
    """Empty and false fields are left out of the reply."""
    name = f"projects/{PROJECT}"
    before = here.billing.getBillingInfo(name=name).execute()
    assert (before["billingAccountName"], before["billingEnabled"]) == (ACCOUNT, True)
    after = here.billing.updateBillingInfo(name=name, body={"billingAccountName": ""}).execute()
    assert after == {"name": f"{name}/billingInfo", "projectId": PROJECT}
    assert here.called().turned_away_requests == 10
    here.billing.updateBillingInfo(name=name, body={"billingAccountName": ACCOUNT}).execute()
    assert here.called().requests == 10


@pytest.mark.parametrize(("account", "code"), [("01D4EE", 400), ("billingAccounts/000000-000000-000000", 403)])
def test_an_account_that_is_none_cannot_be_linked(here: Here, account: str, code: int) -> None:
    """Google does not tell one that is not there from one that may not be used."""
    with refused(code):
        here.billing.updateBillingInfo(name=f"projects/{PROJECT}", body={"billingAccountName": account}).execute()


def test_a_number_that_means_no_name_of_an_enum_is_named(here: Here) -> None:
    """The newer clients write enums as numbers; a wrong one is as wrong as a wrong name."""
    reply = here.world.plane.handle(
        "POST", f"/v1/{SERVICE}:disable", "$alt=json%3Benum-encoding%3Dint", b'{"checkIfServiceHasUsage": 7}'
    )
    assert reply.status == 400
    assert "checkIfServiceHasUsage" in reply.body["error"]["message"]


def test_who_calls_with_a_credential_is_turned_away_under_it(here: Here) -> None:
    """What a policy refuses is counted once, with the code that it gives."""
    caller = here.world.plane.callers.add_api_key(PROJECT, "key-1")
    here.create(inheritFromParent=True, rules=[{"values": {"deniedValues": [FLASH]}}])
    here.world.clock.forward(900)
    served = here.world.plane.serve(
        project=PROJECT,
        location="global",
        model="gemini-2.5-flash",
        at=here.world.clock.moment,
        demand=Demand(requests=10, input_tokens=1000),
        caller=caller,
    )
    here.world.clock.forward(300)
    assert served.turned_away == {"400": 10}
    assert here.counted(REQUESTS) == {"400": 10}


def test_a_service_that_was_disabled_is_no_longer_listed(here: Here) -> None:
    """The list of what is enabled follows, once the operation has ended."""

    def listed() -> set[str]:
        found = here.services.list_services(request={"parent": f"projects/{PROJECT}", "filter": "state:ENABLED"})
        return {one.config.name for one in found}

    here.services.disable_service(request=Disable(name=SERVICE))
    assert "aiplatform.googleapis.com" in listed()
    here.world.clock.forward(60)
    assert "aiplatform.googleapis.com" not in listed()
