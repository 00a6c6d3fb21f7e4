"""API keys, service accounts and deny policies: what is set, when it shows, when traffic meets it, what is counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from freio.sandbox.google.control_plane import ControlPlane, Reply
from freio.sandbox.google.credentials import PREDICT, Caller
from freio.sandbox.google.demand import Demand, Served
from freio.sandbox.google.faults import Meanwhile
from tests.unit.sandbox.google_world import FLASH, Clock

PROJECT = "acme-chat-prod"
KEY = f"/v2/projects/{PROJECT}/locations/global/keys/web"
GEMINI = {"apiTargets": [{"service": "aiplatform.googleapis.com"}]}
MAPS = {"apiTargets": [{"service": "maps-backend.googleapis.com"}]}
ACCOUNT = "chat@acme-chat-prod.iam.gserviceaccount.com"
DENY = f"/v2/policies/cloudresourcemanager.googleapis.com%2Fprojects%2F{PROJECT}/denypolicies"
METRIC = "serviceruntime.googleapis.com/api/request_count"


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture
def plane(clock: Clock) -> ControlPlane:
    return ControlPlane(now=clock, projects=[PROJECT, "acme-search-prod"])


def call(plane: ControlPlane, verb: str, path: str, body: object = None, query: str = "") -> Reply:
    return plane.handle(verb, path, query, b"" if body is None else json.dumps(body).encode())


def patched(plane: ControlPlane, restrictions: dict[str, Any], **more: str) -> Reply:
    return call(plane, "PATCH", KEY, {"restrictions": restrictions, **more}, "updateMask=restrictions")


def policy(permission: str = PREDICT, **more: Any) -> dict[str, Any]:
    principal = f"principal://iam.googleapis.com/projects/-/serviceAccounts/{ACCOUNT}"
    return {"rules": [{"denyRule": {"deniedPrincipals": [principal], "deniedPermissions": [permission], **more}}]}


def created(plane: ControlPlane, body: dict[str, Any], policy_id: str = "ours") -> Reply:
    return call(plane, "POST", DENY, body, f"policyId={policy_id}")


def minute(plane: ControlPlane, clock: Clock, caller: Caller, minutes: int = 1) -> Served:
    """A hundred requests a minute, from the clock's minute on."""
    return plane.serve(
        project=PROJECT,
        location="global",
        model="gemini-2.5-flash",
        at=clock.moment.replace(second=0),
        demand=Demand(requests=100 * minutes, input_tokens=1_000 * minutes),
        minutes=minutes,
        caller=caller,
    )


def counted(plane: ControlPlane, clock: Clock) -> dict[tuple[str, str], int]:
    """Requests by credential and code, of the last day."""
    query = (
        f"filter=metric.type+%3D+%22{METRIC}%22&interval.startTime=2026-11-22T12:00:00Z"
        f"&interval.endTime={clock.moment.isoformat().replace('+00:00', 'Z')}"
    )
    clock.forward(180)
    found = call(plane, "GET", f"/v3/projects/{PROJECT}/timeSeries", query=query).body
    sums: dict[tuple[str, str], int] = {}
    for one in found.get("timeSeries", ()):
        assert one["resource"]["type"] == "consumed_api"
        key = (one["resource"]["labels"].get("credential_id", ""), one["metric"]["labels"]["response_code"])
        sums[key] = sums.get(key, 0) + sum(int(point["value"]["int64Value"]) for point in one["points"])
    return sums


def test_a_key_shows_its_restrictions_and_no_secret(plane: ControlPlane) -> None:
    """Its uid is the service's choice, not its id."""
    plane.callers.add_api_key(PROJECT, "web", GEMINI)
    shown = call(plane, "GET", KEY).body
    assert shown["restrictions"] == GEMINI
    assert shown["name"].endswith("/keys/web")
    assert shown["uid"] != "web"
    assert "keyString" not in shown
    plane.callers.add_api_key(PROJECT, "free")
    assert "restrictions" not in call(plane, "GET", KEY.replace("web", "free")).body
    assert call(plane, "GET", KEY.replace("web", "none")).status == 404


def test_a_restriction_is_shown_when_its_operation_ends_and_felt_later(plane: ControlPlane, clock: Clock) -> None:
    """What reads back perfectly may not bite yet."""
    caller = plane.callers.add_api_key(PROJECT, "web", GEMINI)
    started = patched(plane, MAPS)
    assert "done" not in started.body
    assert call(plane, "GET", KEY).body["restrictions"] == GEMINI
    clock.forward(7)
    assert call(plane, "GET", KEY).body["restrictions"] == MAPS
    assert call(plane, "GET", f"/v2/{started.body['name']}").body["done"]
    assert minute(plane, clock, caller).requests == 100
    clock.forward(60)
    assert minute(plane, clock, caller).refused_requests == 100


def test_no_targets_mean_every_service(plane: ControlPlane, clock: Clock) -> None:
    """Also where the list is there and empty."""
    caller = plane.callers.add_api_key(PROJECT, "web", MAPS)
    assert minute(plane, clock, caller).requests == 0
    patched(plane, {"apiTargets": []})
    clock.forward(120)
    assert "restrictions" not in call(plane, "GET", KEY).body
    assert minute(plane, clock, caller).requests == 100


def test_a_key_that_was_changed_is_not_written_by_its_old_etag(plane: ControlPlane) -> None:
    """409 ABORTED, also where the change comes in the last moment."""
    plane.callers.add_api_key(PROJECT, "web", GEMINI)
    etag = call(plane, "GET", KEY).body["etag"]
    theirs = Meanwhile(act=lambda: plane.callers.restrict_as_somebody_else(PROJECT, "web", {}))
    plane.faults.inject("apikeys.projects.locations.keys.patch", theirs)
    reply = patched(plane, MAPS, etag=etag)
    assert (reply.status, reply.body["error"]["status"]) == (409, "ABORTED")
    assert "restrictions" not in call(plane, "GET", KEY).body


@pytest.mark.parametrize(
    "restrictions",
    [
        {"apiTargets": [{"service": "maps"}]},
        {"apiTargets": [{"methods": ["Get*"]}]},
        {"serverKeyRestrictions": {"allowedIps": []}, "browserKeyRestrictions": {}},
        {"apiTargets": "all"},
    ],
)
def test_restrictions_that_cannot_be_are_refused(plane: ControlPlane, restrictions: dict[str, Any]) -> None:
    """A target is a service, and one kind of client at most may be named."""
    plane.callers.add_api_key(PROJECT, "web", GEMINI)
    assert patched(plane, restrictions).status == 400


def test_a_policy_denies_the_account_and_nobody_else(plane: ControlPlane, clock: Clock) -> None:
    """From some seconds after it was accepted until some after it is deleted."""
    denied, other = plane.callers.add_service_account(ACCOUNT), plane.callers.add_service_account("x@y.z")
    assert "done" not in created(plane, policy()).body
    clock.forward(60)
    assert minute(plane, clock, denied).refused_requests == 100
    assert minute(plane, clock, other).requests == 100
    call(plane, "DELETE", f"{DENY}/ours")
    clock.forward(60)
    assert minute(plane, clock, denied).requests == 100
    assert call(plane, "GET", f"{DENY}/ours").status == 404


@pytest.mark.parametrize("more", [{"exceptionPermissions": [PREDICT]}, {"denialCondition": {"expression": "false"}}])
def test_what_is_excepted_is_not_denied(plane: ControlPlane, clock: Clock, more: dict[str, Any]) -> None:
    """A rule with a condition is taken as one that does not apply."""
    account = plane.callers.add_service_account(ACCOUNT)
    created(plane, policy(**more))
    clock.forward(60)
    assert minute(plane, clock, account).requests == 100


@pytest.mark.parametrize(
    ("body", "policy_id"),
    [
        (policy("aiplatform.googleapis.com/datasets.get"), "ours"),
        (policy("aiplatform.endpoints.predict"), "ours"),
        ({"rules": []}, "ours"),
        ({"rules": [{"denyRule": {"deniedPrincipals": ["me"], "deniedPermissions": [PREDICT]}}]}, "ours"),
        (policy(), "No"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(plane: ControlPlane, body: dict[str, Any], policy_id: str) -> None:
    """A permission that deny policies do not support has all of it refused."""
    assert created(plane, body, policy_id).status == 400


def test_a_policy_is_of_a_project_however_often_its_slashes_are_encoded(plane: ControlPlane, clock: Clock) -> None:
    """Replies name the project by its number."""
    created(plane, policy())
    assert created(plane, policy()).status == 409
    clock.forward(7)
    for path in (DENY, DENY.replace("%2F", "%252F")):
        name = call(plane, "GET", f"{path}/ours").body["name"]
        assert name.endswith("/denypolicies/ours")
        assert PROJECT not in name
    assert (
        call(plane, "GET", "/v2/policies/cloudresourcemanager.googleapis.com%2Ffolders%2F1/denypolicies/x").status
        == 400
    )


def test_a_policy_is_replaced_by_its_etag_alone(plane: ControlPlane, clock: Clock) -> None:
    """Rules and display name change; an etag that has moved on is 409."""
    created(plane, policy())
    clock.forward(7)
    etag = call(plane, "GET", f"{DENY}/ours").body["etag"]
    assert call(plane, "PUT", f"{DENY}/ours", {**policy(), "displayName": "Two", "etag": etag}).status == 200
    clock.forward(7)
    assert call(plane, "GET", f"{DENY}/ours").body["displayName"] == "Two"
    assert call(plane, "PUT", f"{DENY}/ours", {**policy(), "etag": etag}).status == 409
    assert call(plane, "DELETE", f"{DENY}/ours", query=f"etag={etag}").status == 409
    assert call(plane, "PUT", f"{DENY}/none", policy()).status == 404


@pytest.mark.parametrize("verb", ["get", "create", "update", "delete"])
def test_each_verb_takes_its_permission(plane: ControlPlane, verb: str) -> None:
    """A policy's name holds the project, so the permission is looked for there."""
    created(plane, policy())
    plane.deny(PROJECT, f"iam.denypolicies.{verb}")
    reply = {
        "get": lambda: call(plane, "GET", f"{DENY}/ours"),
        "create": lambda: created(plane, policy(), "theirs"),
        "update": lambda: call(plane, "PUT", f"{DENY}/ours", policy()),
        "delete": lambda: call(plane, "DELETE", f"{DENY}/ours"),
    }[verb]()
    assert reply.status == 403


def test_every_request_is_counted_by_its_credential_and_its_code(plane: ControlPlane, clock: Clock) -> None:
    """Let through, refused by what is set for the caller, and refused by a quota."""
    caller = plane.callers.add_api_key(PROJECT, "web", GEMINI)
    account = plane.callers.add_service_account(ACCOUNT)
    minute(plane, clock, caller, minutes=3)
    patched(plane, MAPS)
    plane.set_override_as_somebody_else(
        project=PROJECT,
        metric="aiplatform.googleapis.com/global_generate_content_input_tokens_per_minute_per_base_model",
        unit="1/min/{project}/{base_model}",
        dimensions=FLASH,
        value=250,
    )
    clock.forward(180)
    assert minute(plane, clock, account).requests == 25
    assert minute(plane, clock, caller, minutes=2).requests == 0
    clock.forward(180)
    key = f"apikey:{call(plane, 'GET', KEY).body['uid']}"
    who = call(plane, "GET", f"/v1/projects/{PROJECT}/serviceAccounts/{ACCOUNT}").body
    of_account = f"serviceaccount:{who['uniqueId']}"
    assert counted(plane, clock) == {
        (key, "200"): 300,
        (key, "403"): 200,
        (of_account, "200"): 25,
        (of_account, "429"): 75,
    }


def test_traffic_without_a_caller_is_counted_under_none(plane: ControlPlane, clock: Clock) -> None:
    """Nobody is asked who calls where nobody is named."""
    demand = Demand(requests=10, input_tokens=10)
    plane.serve(project=PROJECT, location="global", model="gemini-2.5-flash", at=clock.moment, demand=demand)
    clock.forward(60)
    assert counted(plane, clock) == {("", "200"): 10}


def test_enabled_services_come_in_pages(plane: ControlPlane) -> None:
    """What is disabled is not among them; asking for all services is not simulated."""
    plane.disable_api(PROJECT, "bigquery.googleapis.com")
    path, query, names = f"/v1/projects/{PROJECT}/services", "filter=state:ENABLED&pageSize=3", []
    token = ""
    while True:
        reply = call(plane, "GET", path, query=f"{query}&pageToken={token}" if token else query).body
        names += [one["config"]["name"] for one in reply["services"]]
        token = reply.get("nextPageToken", "")
        if not token:
            break
    assert "translate.googleapis.com" in names
    assert "bigquery.googleapis.com" not in names
    assert call(plane, "GET", path).status == 501


def test_an_account_that_is_not_there_may_not_be_seen(plane: ControlPlane) -> None:
    """Google does not tell one from the other, and asks for a permission of the account's project."""
    plane.callers.add_service_account(ACCOUNT)
    path = f"/v1/projects/{PROJECT}/serviceAccounts/{ACCOUNT}"
    assert call(plane, "GET", path).status == 200
    assert call(plane, "GET", path.replace(PROJECT, "-", 1)).status == 200
    assert call(plane, "GET", f"/v1/projects/-/serviceAccounts/no@{PROJECT}.iam.gserviceaccount.com").status == 403
    plane.deny(PROJECT, "iam.serviceAccounts.get")
    assert call(plane, "GET", path).status == 403
