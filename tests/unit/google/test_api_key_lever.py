"""What is particular to the lever `api_key`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from freio.adapters.google.api_key_lever import ApiKeyLever
from freio.adapters.google.api_key_probe import PERMISSIONS
from freio.adapters.google.key_restrictions import HARMLESS
from freio.adapters.google.setting_text import read, written
from freio.domain.spend import Probe
from freio.domain.target import Lease, Target
from freio.errors import Unavailable
from freio.ports import Place
from freio.sandbox.google.faults import HttpFault
from tests.contracts.levers.callers import PLACE, PROJECT, Stand, app, stand

PATCH = "apikeys.projects.locations.keys.patch"
LIST = "serviceusage.services.list"
GEMINI = {"apiTargets": [{"service": "generativelanguage.googleapis.com"}]}


@pytest.fixture
def google() -> Iterator[Stand]:
    with stand() as made:
        yield made


@pytest.fixture
def lever(google: Stand) -> ApiKeyLever:
    return ApiKeyLever(google.apis, sleep=google.clock.sleep)


def probes(lever: ApiKeyLever, *keys: str, places: tuple[Place, ...] = (PLACE,)) -> list[Probe]:
    return lever.probe(app(keys=keys), places)


def braked(lever: ApiKeyLever, google: Stand, probe: Probe) -> dict[str, Any]:
    """What stands there after a brake."""
    now = google.clock.now()
    lease = Lease(incident="i", app="a", value=0, since=now, until=now, takes=probe.takes)
    lever.apply(probe.target, lever.plan(probe.target, lever.read_back(probe.target), [lease]))
    return read(lever.read_back(probe.target))


def test_an_app_that_names_no_key_has_none_to_restrict(lever: ApiKeyLever) -> None:
    """One probe for each place, in order, that says so."""
    elsewhere = replace(PLACE, project="acme-search", location="eu")
    found = probes(lever, places=(PLACE, elsewhere))
    assert [(one.binds, one.target.project, one.location) for one in found] == [
        (False, PROJECT, "global"),
        (False, "acme-search", "eu"),
    ]
    assert "names no API key" in str(found[0].reason)


def test_each_key_is_a_target_in_the_project_that_holds_it(lever: ApiKeyLever, google: Stand) -> None:
    """A place in a project that holds none of them says so; one that holds two has two."""
    for key in ("b", "a"):
        google.plane.callers.add_api_key(PROJECT, key, GEMINI)
    elsewhere = replace(PLACE, project="acme-search")
    first, second, none = probes(lever, "b", "a", places=(PLACE, elsewhere))
    assert first.target == Target("api_key", PROJECT, "apikeys.googleapis.com", "key", "", (("key", "a"),))
    assert second.target.dimension("key") == "b"
    assert first.binds
    assert second.binds
    assert not none.binds
    assert "acme-search holds none of these API keys: a, b" in str(none.reason)


def test_two_apps_that_name_the_same_key_have_one_target(lever: ApiKeyLever, google: Stand) -> None:
    """The guard sees by that that they share it."""
    google.plane.callers.add_api_key(PROJECT, "web", GEMINI)
    [one], [other] = probes(lever, "web"), lever.probe(replace(app(keys=("web",)), name="other"), [PLACE])
    assert one.target == other.target


def test_a_key_of_ai_alone_is_left_with_what_does_no_harm(lever: ApiKeyLever, google: Stand) -> None:
    """An empty list would open it to everything, and is never sent."""
    google.plane.callers.add_api_key(PROJECT, "web", GEMINI)
    [probe] = probes(lever, "web")
    assert probe.takes == ("generativelanguage.googleapis.com",)
    assert braked(lever, google, probe) == {"apiTargets": [{"service": HARMLESS}]}
    with pytest.raises(ValueError, match="all are allowed"):
        lever.apply(probe.target, written({"apiTargets": []}))
    assert all(one.body["restrictions"]["apiTargets"] for one in google.plane.log if one.method_id == PATCH)


def test_an_unrestricted_key_is_left_with_what_else_is_enabled(lever: ApiKeyLever, google: Stand) -> None:
    """The probe names it; afterwards the key is without restrictions again."""
    client = {"iosKeyRestrictions": {"allowedBundleIds": ["example.acme"]}}
    google.plane.callers.add_api_key(PROJECT, "web", client)
    [probe] = probes(lever, "web")
    assert probe.binds
    assert "+translate.googleapis.com" in probe.takes
    assert "the 6 enabled services there that are not AI" in str(probe.note)
    left = braked(lever, google, probe)
    assert {"service": "translate.googleapis.com"} in left["apiTargets"]
    assert {"service": "aiplatform.googleapis.com"} not in left["apiTargets"]
    assert left["iosKeyRestrictions"] == client["iosKeyRestrictions"]
    lever.restore(probe.target, written(client))
    assert read(lever.read_back(probe.target)) == client


def test_a_service_enabled_while_the_brake_holds_changes_nothing(lever: ApiKeyLever, google: Stand) -> None:
    """The plan is of what the leases say; nobody is asked anew."""
    google.plane.callers.add_api_key(PROJECT, "web")
    [probe] = probes(lever, "web")
    now = google.clock.now()
    lease = Lease(incident="i", app="a", value=0, since=now, until=now, takes=probe.takes)
    before = lever.plan(probe.target, "{}", [lease])
    google.plane.projects.get(PROJECT).enabled_services.add("vision.googleapis.com")
    assert lever.plan(probe.target, "{}", [lease]) == before


def test_where_ai_alone_is_enabled_an_unrestricted_key_may_call_nothing(lever: ApiKeyLever, google: Stand) -> None:
    """And the probe says that, too."""
    google.plane.callers.add_api_key(PROJECT, "web")
    google.plane.projects.get(PROJECT).enabled_services = {"aiplatform.googleapis.com"}
    [probe] = probes(lever, "web")
    assert "no service but AI" in str(probe.note)
    assert braked(lever, google, probe) == {"apiTargets": [{"service": HARMLESS}]}


def test_many_services_are_read_page_by_page_and_those_beyond_the_cap_are_counted(
    lever: ApiKeyLever, google: Stand
) -> None:
    """A hundred are left; the note says how many would be refused."""
    google.plane.callers.add_api_key(PROJECT, "web")
    google.plane.projects.get(PROJECT).enabled_services = {f"s{n:03d}.googleapis.com" for n in range(250)}
    [probe] = probes(lever, "web")
    assert len([one for one in google.plane.log if one.method_id == LIST]) == 2
    assert "Refused beside AI: 150 more" in str(probe.note)


def test_a_braked_key_shows_no_ai_and_what_a_further_lease_takes(lever: ApiKeyLever, google: Stand) -> None:
    """Another app that shares it may hold the brake on: with both leases and with its own alone, the key stays shut."""
    google.plane.callers.add_api_key(PROJECT, "web")
    [first] = probes(lever, "web")
    left = braked(lever, google, first)
    [second] = probes(lever, "web")
    assert not second.binds
    assert "may not call AI services as it is" in str(second.reason)
    now = google.clock.now()
    leases = [
        Lease(incident=n, app=n, value=0, since=now, until=now, takes=p.takes) for n, p in (("1", first), ("2", second))
    ]
    assert read(lever.plan(first.target, "{}", leases)) == left
    assert read(lever.plan(first.target, "{}", leases[1:])) == left


def test_whoever_sets_it_need_not_list_services(lever: ApiKeyLever) -> None:
    """What an unrestricted key keeps is worked out when it is probed: nobody is woken over a right that no brake needs.

    And nobody is asked where the app names no key.
    """
    named, none = (replace(one.match, projects=frozenset({PROJECT})) for one in (app(keys=("web",)), app()))
    assert lever.needs(replace(app(), match=named)) == {PROJECT: PERMISSIONS}
    assert LIST not in PERMISSIONS
    assert lever.needs(replace(app(), match=none)) == {}


@pytest.mark.parametrize("unrestricted", [False, True])
def test_listing_services_is_missed_only_where_it_is_needed(
    lever: ApiKeyLever, google: Stand, *, unrestricted: bool
) -> None:
    """A key with restrictions needs nobody to know what is enabled."""
    google.plane.callers.add_api_key(PROJECT, "web", {} if unrestricted else GEMINI)
    google.plane.deny(PROJECT, LIST)
    [probe] = probes(lever, "web")
    assert probe.binds is not unrestricted
    assert probe.missing == ((LIST,) if unrestricted else ())


def test_services_that_cannot_be_listed_are_no_empty_list(lever: ApiKeyLever, google: Stand) -> None:
    """Else the key would be cut off from all that it needs."""
    google.plane.callers.add_api_key(PROJECT, "web")
    google.plane.faults.inject(LIST, HttpFault(status=503))
    with pytest.raises(Unavailable, match="listing the services"):
        probes(lever, "web")
