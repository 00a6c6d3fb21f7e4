from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from freio.sandbox.google import catalogue as c
from freio.sandbox.google.demand import Demand
from tests.unit.sandbox.google_world import FLASH, FLASH_DEFAULT, PROJECT, World, encoded, override, refused, running

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAUDE = {"base_model": "anthropic-claude-sonnet-4", "region": "us-east5"}


@pytest.fixture
def world() -> Iterator[World]:
    with running() as made:
        yield made


def test_an_override_lowers_a_limit_and_reads_back(world: World) -> None:
    """Import, wait for the operation, and the bucket shows the new limit beside its default."""
    started = world.start_import(override(5_000_000))
    world.clock.forward(8)
    done = world.operation(started["name"])
    assert done["done"]
    assert done["response"]["overrides"][0]["overrideValue"] == "5000000"
    bucket = world.bucket()
    assert bucket is not None
    assert (bucket["effectiveLimit"], bucket["defaultLimit"]) == ("5000000", str(FLASH_DEFAULT))
    assert bucket["consumerOverride"]["dimensions"] == FLASH


def test_an_operation_takes_its_time_and_a_running_one_has_no_done(world: World) -> None:
    """Before its seconds are over an operation is a bare name, and nothing has changed yet."""
    started = world.start_import(override(5))
    assert started.keys() == {"name"}
    world.clock.forward(6)
    assert world.operation(started["name"]).keys() == {"name"}
    assert "consumerOverride" not in (world.bucket() or {})
    world.clock.forward(1)
    assert world.operation(started["name"])["done"]
    assert "consumerOverride" in (world.bucket() or {})


def test_a_limit_of_zero_is_an_absent_field(world: World) -> None:
    """proto3 omits zeros: neither effectiveLimit nor overrideValue is written for 0."""
    started = world.start_import(override(0))
    world.clock.forward(8)
    bucket = world.bucket()
    assert bucket is not None
    assert "effectiveLimit" not in bucket
    assert "overrideValue" not in bucket["consumerOverride"]
    assert "overrideValue" not in world.operation(started["name"])["response"]["overrides"][0]


def test_a_forgotten_value_means_zero(world: World) -> None:
    """An override without overrideValue asks for 0, as an absent int64 does."""
    forgetful = override(1)
    del forgetful["overrideValue"]
    world.start_import(forgetful)
    world.clock.forward(8)
    assert "effectiveLimit" not in (world.bucket() or {"effectiveLimit": "?"})


def test_names_are_built_on_the_projects_number(world: World) -> None:
    """A caller cannot guess a name from the project's id, and both spellings of the project work."""
    name = world.limit_name()
    assert not name.startswith(f"projects/{PROJECT}/")
    number = name.split("/")[1]
    parent = f"projects/{number}/services/aiplatform.googleapis.com"
    assert world.metrics.list(parent=parent).execute() == world.list_metrics()


def test_basic_shows_buckets_with_overrides_and_full_shows_all(world: World) -> None:
    """The default bucket comes first in both views."""
    world.start_import(override(5))
    world.clock.forward(8)
    basic = world.metrics.limits().get(name=world.limit_name()).execute()
    full = world.metrics.limits().get(name=world.limit_name(), view="FULL").execute()
    assert [one.get("dimensions") for one in basic["quotaBuckets"]] == [None, FLASH]
    assert full["quotaBuckets"][0].get("dimensions") is None
    assert {"base_model": "gemini-2.5-pro-ga"} in [one.get("dimensions") for one in full["quotaBuckets"]]


def test_a_regional_limit_lists_a_bucket_for_each_region(world: World) -> None:
    """FULL shows model x region, and the limit says its locations."""
    shown = world.metrics.limits().get(name=world.limit_name(c.PREDICTIONS), view="FULL").execute()
    regions = [one["dimensions"]["region"] for one in shown["quotaBuckets"] if "region" in one.get("dimensions", {})]
    assert set(regions) == set(shown["supportedLocations"]) == set(c.REGIONS)


def test_metrics_come_in_pages(world: World) -> None:
    """Every metric comes exactly once over the pages, and a token is good only for its own list."""
    whole = [one["metric"] for one in world.list_metrics()["metrics"]]
    request = world.metrics.list(parent=f"projects/{PROJECT}/services/aiplatform.googleapis.com", pageSize=3)
    seen: list[str] = []
    pages = 0
    while request is not None:
        reply = request.execute()
        seen += [one["metric"] for one in reply["metrics"]]
        request = world.metrics.list_next(request, reply)
        pages += 1
    assert seen == whole
    assert pages == -(-len(whole) // 3)
    token = world.list_metrics(pageSize=3)["nextPageToken"]
    with refused(400):
        world.list_metrics(view="FULL", pageToken=token)
    with refused(400):
        world.list_metrics(pageToken="mine")


def test_one_metric_can_be_read_by_its_name(world: World) -> None:
    """consumerQuotaMetrics.get returns all limits of the metric."""
    listed = next(one for one in world.list_metrics()["metrics"] if one["metric"] == c.GLOBAL_INPUT.metric)
    got = world.metrics.get(name=listed["name"]).execute()
    assert got == listed
    assert [one["unit"] for one in got["consumerQuotaLimits"]] == [c.PER_MINUTE, c.PER_DAY]
    with refused(404):
        world.metrics.get(name=listed["name"] + "_not").execute()


@pytest.mark.parametrize(
    ("before", "after", "waived", "checks"),
    [
        (None, 8_999_999_999, {}, "LIMIT_DECREASE_PERCENTAGE_TOO_HIGH"),
        (None, 9_000_000_000, {}, ""),
        (1_000_000, 900_000, {}, ""),
        (1_000_000, 899_999, {}, "LIMIT_DECREASE_PERCENTAGE_TOO_HIGH"),
        (None, 1, {"forceOnly": ["LIMIT_DECREASE_PERCENTAGE_TOO_HIGH"]}, ""),
        (None, 1, {"forceOnly": ["LIMIT_DECREASE_BELOW_USAGE"]}, "LIMIT_DECREASE_PERCENTAGE_TOO_HIGH"),
        (None, 1, {"force": True}, ""),
        (1_000_000, -1, {}, ""),
    ],
)
def test_a_fall_of_more_than_a_tenth_needs_force(
    world: World, before: int | None, after: int, waived: dict[str, Any], checks: str
) -> None:
    """Ten percent down passes; one unit more is COMMON_QUOTA_UNSAFE_OVERRIDE, unless that check is waived."""
    if before is not None:
        world.set_limit(before)
    body = {"force": False} | waived
    if not checks:
        world.start_import(override(after), **body)
        return
    with refused(400, "COMMON_QUOTA_UNSAFE_OVERRIDE") as error:
        world.start_import(override(after), **body)
    assert [one["type"] for one in error["details"][0]["violations"]] == [checks]


def test_unlimited_to_any_number_needs_force(world: World) -> None:
    """From -1 every number is a fall of more than a tenth."""
    daily = override(10**15, c.GLOBAL_INPUT_DAILY)
    with refused(400, "COMMON_QUOTA_UNSAFE_OVERRIDE"):
        world.start_import(daily, force=False)
    world.start_import(daily, force=True)


def test_a_limit_below_what_is_used_needs_force(world: World) -> None:
    """A small fall is unsafe too when usage stands above it."""
    world.set_limit(1_000_000)
    world.demand(-1, demand=_tokens(990_000))
    with refused(400, "COMMON_QUOTA_UNSAFE_OVERRIDE") as error:
        world.start_import(override(950_000), force=False)
    assert [one["type"] for one in error["details"][0]["violations"]] == ["LIMIT_DECREASE_BELOW_USAGE"]
    world.start_import(override(950_000), force=False, forceOnly=["LIMIT_DECREASE_BELOW_USAGE"])


def test_usage_in_a_region_counts_against_a_limit_of_every_region(world: World) -> None:
    """A model's override without a region is compared with its busiest region."""
    world.demand(-1, location="us-east5", model="claude-sonnet-4", demand=_tokens(1_000, requests=1_150))
    everywhere = override(1_100, c.PREDICTIONS, {"base_model": CLAUDE["base_model"]})
    with refused(400, "COMMON_QUOTA_UNSAFE_OVERRIDE"):
        world.start_import(everywhere, force=False)


def test_force_and_force_only_exclude_each_other(world: World) -> None:
    """Both at once is an invalid argument, in the body and in the query alike."""
    with refused(400, status="INVALID_ARGUMENT"):
        world.start_import(override(5), force=True, forceOnly=["LIMIT_DECREASE_BELOW_USAGE"])
    with refused(400, status="INVALID_ARGUMENT"):
        world.overrides.create(
            parent=world.limit_name(), force=True, forceOnly=["LIMIT_DECREASE_BELOW_USAGE"], body=override(5)
        ).execute()


def test_an_override_never_raises_a_limit(world: World) -> None:
    """Above the default it is accepted, shown, and changes nothing."""
    world.set_limit(FLASH_DEFAULT * 2)
    bucket = world.bucket()
    assert bucket is not None
    assert bucket["consumerOverride"]["overrideValue"] == str(FLASH_DEFAULT * 2)
    assert bucket["effectiveLimit"] == str(FLASH_DEFAULT)


def test_more_than_the_self_service_maximum_is_refused(world: World) -> None:
    """The metadata carries the maximum."""
    with refused(400, "COMMON_QUOTA_CONSUMER_OVERRIDE_TOO_HIGH") as error:
        world.start_import(override(6, c.GLOBAL_REQUESTS))
    assert error["details"][0]["metadata"]["max_override_value"] == "0"


def test_a_fixed_limit_takes_no_override(world: World) -> None:
    """COMMON_QUOTA_CONSUMER_OVERRIDE_FOR_FIXED_LIMIT, even with force."""
    with refused(400, "COMMON_QUOTA_CONSUMER_OVERRIDE_FOR_FIXED_LIMIT"):
        world.start_import(override(1, c.RUN_GPUS, {"region": "us-central1"}))


def test_a_value_below_minus_one_is_refused(world: World) -> None:
    """-1 is unlimited; -2 is nothing."""
    with refused(400, status="INVALID_ARGUMENT"):
        world.start_import(override(-2))


@pytest.mark.parametrize(
    "dimensions",
    [
        {"base_model": "anthropic-claude-sonnet-4", "region": "moon-north1"},
        {"base_model": "anthropic-claude-sonnet-4", "caller": "me"},
        {"base_model": "anthropic-claude-sonnet-4", "project": "p"},
        {"base_model": "anthropic-claude-sonnet-4", "user": "u"},
    ],
)
def test_dimensions_must_be_those_of_the_unit(world: World, dimensions: dict[str, str]) -> None:
    """No other key, no unknown region, and never project or user: no quota has a caller in it."""
    with refused(400, status="INVALID_ARGUMENT"):
        world.start_import(override(0, c.PREDICTIONS, dimensions))


@pytest.mark.parametrize("change", [{"unit": "1/h/{project}"}, {"metric": "aiplatform.googleapis.com/nothing"}])
def test_a_limit_that_is_not_there_is_not_found(world: World, change: dict[str, str]) -> None:
    """COMMON_QUOTA_LIMIT_NOT_FOUND for a wrong unit and for a wrong metric."""
    with refused(404, "COMMON_QUOTA_LIMIT_NOT_FOUND"):
        world.start_import(override(5) | change)


@pytest.mark.parametrize("key", ["metric", "unit"])
def test_an_import_names_metric_and_unit_of_every_override(world: World, key: str) -> None:
    """Nothing is guessed from the rest."""
    with refused(400, status="INVALID_ARGUMENT") as error:
        world.start_import(override(5), override(5, c.GLOBAL_INPUT_DAILY) | {key: ""})
    assert error["details"][0]["fieldViolations"][0]["field"] == f"inlineSource.overrides[1].{key}"


def test_several_overrides_go_in_one_operation_or_not_at_all(world: World) -> None:
    """When one of them is refused, none is made; when all are right, one operation makes them."""
    both = override(5), override(50, c.GLOBAL_INPUT_DAILY)
    with refused(400):
        world.start_import(*both, override(6, c.GLOBAL_REQUESTS))
    world.clock.forward(8)
    assert "consumerOverride" not in (world.bucket() or {})
    done = world.start_import(*both)
    world.clock.forward(8)
    assert len(world.operation(done["name"])["response"]["overrides"]) == 2
    assert "consumerOverride" in (world.bucket(c.GLOBAL_INPUT_DAILY) or {})


def test_the_same_bucket_twice_in_one_import_is_refused(world: World) -> None:
    """Which of the two should win is nobody's guess."""
    with refused(400, status="INVALID_ARGUMENT"):
        world.start_import(override(5), override(6))


def test_an_empty_import_is_refused(world: World) -> None:
    """There is nothing to do."""
    with refused(400, status="INVALID_ARGUMENT"):
        parent = f"projects/{PROJECT}/services/aiplatform.googleapis.com"
        world.metrics.importConsumerOverrides(parent=parent, body={"force": True}).execute()


def test_a_base_model_that_matches_nothing_succeeds_and_is_no_bucket(world: World) -> None:
    """The operation succeeds; reading back finds no bucket; only the list of overrides knows it."""
    odd = {"base_model": "gemini-2.5-flash"}
    started = world.start_import(override(5, c.GLOBAL_INPUT, odd))
    world.clock.forward(60)
    assert "error" not in world.operation(started["name"])
    assert world.bucket(c.GLOBAL_INPUT, odd) is None
    assert (world.bucket() or {})["effectiveLimit"] == str(FLASH_DEFAULT)
    assert world.demand().refused_requests == 0
    (left,) = world.overrides.list(parent=world.limit_name()).execute()["overrides"]
    world.overrides.delete(name=left["name"]).execute()


def test_create_refuses_an_override_that_exists_and_names_it(world: World) -> None:
    """409 with the resource name in ErrorInfo and, url-encoded, in the PreconditionFailure."""
    name = world.limit_name()
    world.overrides.create(parent=name, force=True, body=override(5)).execute()
    world.clock.forward(8)
    with refused(409, "COMMON_QUOTA_CONSUMER_OVERRIDE_ALREADY_EXISTS", "ALREADY_EXISTS") as error:
        world.overrides.create(parent=name, force=True, body=override(4)).execute()
    standing = world.overrides.list(parent=name).execute()["overrides"][0]["name"]
    failure, info = error["details"]
    assert info["metadata"]["resource_name"] == standing
    assert failure["violations"][0]["subject"] == f"?error_code=101047&resource_name={encoded(standing)}"


def test_patch_changes_the_value_under_the_same_rules(world: World) -> None:
    """A patch by name needs force for a large fall, and only changes the value."""
    world.set_limit(1_000_000)
    (standing,) = world.overrides.list(parent=world.limit_name()).execute()["overrides"]
    with refused(400, "COMMON_QUOTA_UNSAFE_OVERRIDE"):
        world.overrides.patch(name=standing["name"], body={"overrideValue": "7"}).execute()
    with refused(400, status="INVALID_ARGUMENT"):
        world.overrides.patch(name=standing["name"], updateMask="dimensions", body={"overrideValue": "7"}).execute()
    with refused(400, status="INVALID_ARGUMENT"):
        other = {"overrideValue": "7", "dimensions": {"base_model": "gemini-2.5-pro-ga"}}
        world.overrides.patch(name=standing["name"], body=other).execute()
    world.overrides.patch(name=standing["name"], force=True, body={"overrideValue": "7"}).execute()
    world.clock.forward(8)
    assert (world.bucket() or {})["effectiveLimit"] == "7"


def test_delete_by_name_brings_the_default_back(world: World) -> None:
    """The name comes from the list; deleted twice it is not found."""
    world.set_limit(5)
    (standing,) = world.overrides.list(parent=world.limit_name()).execute()["overrides"]
    done = world.overrides.delete(name=standing["name"]).execute()
    world.clock.forward(8)
    assert world.operation(done["name"])["response"] == {"@type": "type.googleapis.com/google.protobuf.Empty"}
    assert (world.bucket() or {})["effectiveLimit"] == str(FLASH_DEFAULT)
    assert world.overrides.list(parent=world.limit_name()).execute() == {}
    with refused(404):
        world.overrides.delete(name=standing["name"]).execute()


def test_an_unknown_operation_is_not_found(world: World) -> None:
    """Operations are known by the names that were given out."""
    with refused(404, status="NOT_FOUND"):
        world.operation("operations/other")


def test_somebody_elses_change_shows_at_once(world: World) -> None:
    """It replaces ours in the list, whoever asked first."""
    world.start_import(override(5))
    world.clock.forward(8)
    world.plane.set_override_as_somebody_else(
        project=PROJECT, metric=c.GLOBAL_INPUT.metric, unit=c.GLOBAL_INPUT.unit, dimensions=FLASH, value=77
    )
    assert (world.bucket() or {})["effectiveLimit"] == "77"


def test_an_operation_that_still_runs_ends_after_somebody_elses_change(world: World) -> None:
    """Ours was asked first, but takes effect last, and so it stands."""
    world.start_import(override(5))
    world.plane.set_override_as_somebody_else(
        project=PROJECT, metric=c.GLOBAL_INPUT.metric, unit=c.GLOBAL_INPUT.unit, dimensions=FLASH, value=77
    )
    assert (world.bucket() or {})["effectiveLimit"] == "77"
    world.clock.forward(8)
    assert (world.bucket() or {})["effectiveLimit"] == "5"


def test_a_disabled_api_is_refused_with_its_reason(world: World) -> None:
    """403 SERVICE_DISABLED, until it is enabled again."""
    world.plane.disable_api(PROJECT, "serviceusage.googleapis.com")
    with refused(403, "SERVICE_DISABLED", "PERMISSION_DENIED"):
        world.list_metrics()
    world.plane.enable_api(PROJECT, "serviceusage.googleapis.com")
    world.list_metrics()


def test_a_missing_permission_is_refused_by_name(world: World) -> None:
    """403 IAM_PERMISSION_DENIED names the permission; reading still works."""
    world.plane.deny(PROJECT, "serviceusage.quotas.update")
    world.list_metrics()
    with refused(403, "IAM_PERMISSION_DENIED") as error:
        world.start_import(override(5))
    assert error["details"][0]["metadata"]["permission"] == "serviceusage.quotas.update"
    world.plane.allow(PROJECT, "serviceusage.quotas.update")
    world.start_import(override(5))


@pytest.mark.parametrize(
    "parent", ["projects/nobodys/services/aiplatform.googleapis.com", f"projects/{PROJECT}/services/nothing.example"]
)
def test_an_unknown_project_or_service_is_denied(world: World, parent: str) -> None:
    """Google does not tell what is absent from what is forbidden."""
    with refused(403, status="PERMISSION_DENIED"):
        world.metrics.list(parent=parent).execute()


def test_quotas_of_an_organisation_are_not_simulated(world: World) -> None:
    """Only projects have quotas here, and asking for others says so."""
    with refused(501):
        world.metrics.list(parent="organizations/1/services/aiplatform.googleapis.com").execute()


@pytest.mark.parametrize(
    ("limit", "value"), [(c.DEVELOPER_PAID_TIER_2, 1_000), (c.BIGQUERY_MEBIBYTES, 1_000), (c.DEVELOPER_SESSIONS, 10)]
)
def test_other_services_have_quotas_too(world: World, limit: c.Limit, value: int) -> None:
    """The Developer API names the dimension `model`; BigQuery's daily quota has none."""
    dimensions = {"model": "gemini-2.5-flash"} if limit.model_dimension else {}
    world.set_limit(value, limit, dimensions)
    assert (world.bucket(limit, dimensions) or {})["effectiveLimit"] == str(value)


def _tokens(count: int, *, requests: int = 100) -> Demand:
    return Demand(requests=requests, input_tokens=count)
