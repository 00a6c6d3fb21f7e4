from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httplib2
import pytest

from freio.sandbox.google.catalogue import GLOBAL_INPUT
from freio.sandbox.google.discovery import Discovery, decode_path
from freio.sandbox.google.errors import ApiError
from freio.sandbox.google.requests import check_reply
from tests.unit.sandbox.google_world import FLASH, PROJECT, World, override, refused, running

if TYPE_CHECKING:
    from collections.abc import Iterator

PARENT = f"projects/{PROJECT}/services/aiplatform.googleapis.com"
IMPORT_PATH = f"/v1beta1/{PARENT}/consumerQuotaMetrics:importConsumerOverrides"


@pytest.fixture
def world() -> Iterator[World]:
    with running() as made:
        yield made


def _raw(world: World, verb: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    http = httplib2.Http()
    text = None if body is None else json.dumps(body)
    response, content = http.request(world.url + path, verb, body=text, headers={"Content-Type": "application/json"})
    http.close()
    return response.status, json.loads(content)["error"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"inlineSource": {"overrides": [{"metrics": "x"}]}}, "inlineSource.overrides[0].metrics"),
        ({"inlineSource": {"overrides": [{"overrideValue": 5}]}}, "inlineSource.overrides[0].overrideValue"),
        ({"inlineSource": {"overrides": [{"overrideValue": "5.5"}]}}, "inlineSource.overrides[0].overrideValue"),
        ({"inlineSource": {"overrides": [{"overrideValue": str(2**63)}]}}, "inlineSource.overrides[0].overrideValue"),
        (
            {"inlineSource": {"overrides": [{"dimensions": {"base_model": 1}}]}},
            "inlineSource.overrides[0].dimensions.base_model",
        ),
        ({"inlineSource": {"overrides": {}}}, "inlineSource.overrides"),
        ({"inlineSource": []}, "inlineSource"),
        ({"force": "yes"}, "force"),
        ({"forceOnly": ["EVERYTHING"]}, "forceOnly[0]"),
        ([], "(body)"),
    ],
)
def test_a_body_that_the_schema_forbids_is_refused_by_the_path_of_its_field(
    world: World, body: object, field: str
) -> None:
    """Whatever a body gets wrong, INVALID_ARGUMENT names the field."""
    code, error = _raw(world, "POST", IMPORT_PATH, body)
    assert (code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"][0]["fieldViolations"][0]["field"] == field


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?colour=red", "colour"),
        ("?view=EVERYTHING", "view"),
        ("?pageSize=many", "pageSize"),
        ("?pageSize=99999999999", "pageSize"),
        ("?$.xgafv=3", "$.xgafv"),
        ("?view=FULL&view=BASIC", "view"),
        ("?parent=projects/other", "parent"),
        ("?prettyPrint=maybe", "prettyPrint"),
    ],
)
def test_a_parameter_that_the_document_forbids_is_refused_by_name(world: World, query: str, field: str) -> None:
    """Query parameters must be known, typed, and of their enum."""
    code, error = _raw(world, "GET", f"/v1beta1/{PARENT}/consumerQuotaMetrics{query}")
    assert code == 400
    assert error["details"][0]["fieldViolations"][0]["field"] == field


def test_the_standard_parameters_are_accepted(world: World) -> None:
    """What every Google API takes is taken here."""
    path = f"/v1beta1/{PARENT}/consumerQuotaMetrics"
    reply = world.plane.handle("GET", path, "alt=json&prettyPrint=false&$.xgafv=2&quotaUser=me&key=k")
    assert reply.status == 200


@pytest.mark.parametrize("query", ["?alt=proto", "?fields=metrics.name"])
def test_a_standard_parameter_that_changes_the_reply_is_not_silently_ignored(world: World, query: str) -> None:
    """A partial or binary reply is not simulated, and says so."""
    code, error = _raw(world, "GET", f"/v1beta1/{PARENT}/consumerQuotaMetrics{query}")
    assert (code, error["status"]) == (501, "UNIMPLEMENTED")


def test_a_real_method_that_is_not_simulated_says_so_loudly(world: World) -> None:
    """A method of the document without a stand-in is 501, never an empty success."""
    with refused(501, status="UNIMPLEMENTED") as error:
        world.usage_api.services().batchEnable(parent=f"projects/{PROJECT}", body={}).execute()
    assert "DOES NOT SIMULATE the method serviceusage.services.batchEnable" in error["message"]


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1beta2/nothing"),
        ("PUT", f"/v1beta1/{PARENT}/consumerQuotaMetrics"),
        ("GET", "/v4/projects"),
    ],
)
def test_a_path_of_no_method_is_not_found(world: World, verb: str, path: str) -> None:
    """What no discovery document describes is 404."""
    code, error = _raw(world, verb, path)
    assert (code, error["status"]) == (404, "NOT_FOUND")


def test_a_body_where_none_belongs_is_refused(world: World) -> None:
    """A delete carries no body."""
    path = f"/v1beta1/{PARENT}/consumerQuotaMetrics/m/limits/l/consumerOverrides/o"
    code, error = _raw(world, "DELETE", path, {"force": True})
    assert code == 400
    assert "takes no body" in error["message"]


def test_a_body_that_is_no_json_is_refused(world: World) -> None:
    """Broken JSON is an invalid argument, not a crash."""
    reply = world.plane.handle("POST", IMPORT_PATH, body=b"{")
    assert reply.status == 400


def test_an_encoded_slash_stays_part_of_one_segment() -> None:
    """A name is opaque, encoded once or twice."""
    assert decode_path("m/a%2Fb") == decode_path("m/a%252Fb") == "m/a%2Fb"
    assert decode_path("m/a%2fb%20c") == "m/a%2Fb c"


def test_a_reply_that_breaks_its_own_schema_is_an_error() -> None:
    """A bug in the stand-in is loud."""
    method = Discovery().match("GET", f"/v1beta1/{PARENT}/consumerQuotaMetrics").method
    with pytest.raises(ApiError, match="BROKE ITS OWN CONTRACT"):
        check_reply(method, {"metrics": [{"consumerQuotaLimits": [{"quotaBuckets": [{"effectiveLimit": 5}]}]}]})


def test_a_token_is_required_once_one_is_set() -> None:
    """Without the bearer token every call is UNAUTHENTICATED."""
    with running(token="t0ken") as world:
        path = f"/v1beta1/{PARENT}/consumerQuotaMetrics"
        code, error = _raw(world, "GET", path)
        assert (code, error["status"]) == (401, "UNAUTHENTICATED")
        assert world.plane.handle("GET", path, authorization="Bearer t0ken").status == 200


def test_the_log_tells_what_was_asked_and_answered(world: World) -> None:
    """Each request stands in the log with its method, body and status."""
    world.start_import(override(5))
    last = world.plane.log[-1]
    assert last.method_id == "serviceusage.services.consumerQuotaMetrics.importConsumerOverrides"
    assert last.body["inlineSource"]["overrides"][0] == override(5, GLOBAL_INPUT, FLASH)
    assert (last.verb, last.status, last.lost) == ("POST", 200, False)
