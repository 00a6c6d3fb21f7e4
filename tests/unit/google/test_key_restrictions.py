"""What is left of a key's restrictions: never everything, never more than was found, and all else as it was."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from freio.adapters.google.key_restrictions import AI_SERVICES, HARMLESS, KEEP, MOST, services, takes, without

OTHERS = ("maps-backend.googleapis.com", "translate.googleapis.com", "Vision.googleapis.com")
TARGETS = st.lists(
    st.builds(
        lambda service, methods: {"service": service, **({"methods": methods} if methods else {})},
        st.sampled_from((*AI_SERVICES, *OTHERS)),
        st.lists(st.sampled_from(("Get*", "TranslateText")), max_size=2),
    ),
    max_size=5,
)
RESTRICTIONS = st.builds(
    lambda targets, client: {**client, **({"apiTargets": targets} if targets else {})},
    TARGETS,
    st.sampled_from(
        (
            {},
            {"browserKeyRestrictions": {"allowedReferrers": ["https://a.example/*"]}},
            {"serverKeyRestrictions": {"allowedIps": ["10.0.0.1"]}},
            {"androidKeyRestrictions": {"allowedApplications": [{"packageName": "a", "sha1Fingerprint": "AB"}]}},
            {"iosKeyRestrictions": {"allowedBundleIds": ["a.b"]}},
        )
    ),
)
ENABLED = st.lists(st.sampled_from((*AI_SERVICES, *OTHERS)), unique=True)


@given(RESTRICTIONS, ENABLED)
def test_a_braked_key_may_call_no_ai_and_is_never_unrestricted(found: dict[str, Any], enabled: list[str]) -> None:
    """The one mistake that would open a key, no targets at all, cannot come out of it."""
    left = without(found, takes(found, enabled) or AI_SERVICES)
    assert left["apiTargets"]
    assert not set(services(left)) & set(AI_SERVICES)


@given(RESTRICTIONS, ENABLED)
def test_nothing_is_opened_and_nothing_else_is_touched(found: dict[str, Any], enabled: list[str]) -> None:
    """Each target that is left stood there before, method by method, or does no harm, or could be called anyway."""
    left = without(found, takes(found, enabled))
    before = found.get("apiTargets", [])
    for target in left["apiTargets"]:
        assert (
            target in before or target == {"service": HARMLESS} or (not before and target["service"] in services(left))
        )
    assert {k: v for k, v in left.items() if k != "apiTargets"} == {k: v for k, v in found.items() if k != "apiTargets"}


@given(RESTRICTIONS, ENABLED, ENABLED)
def test_a_second_lease_takes_nothing_back(found: dict[str, Any], first: list[str], second: list[str]) -> None:
    """What two leases leave is what either leaves, and the order of the leases does not matter."""
    one, two = takes(found, first), takes(found, second)
    both = without(found, {*one, *two})
    assert both == without(found, {*two, *one})
    assert not set(services(both)) & set(AI_SERVICES)
    assert without(both, {*one, *two})["apiTargets"] == both["apiTargets"]


def test_a_service_is_told_whatever_its_case() -> None:
    """Google compares services without regard to case."""
    left = without({"apiTargets": [{"service": "AIPlatform.googleapis.com"}]}, AI_SERVICES)
    assert left == {"apiTargets": [{"service": HARMLESS}]}


def test_an_unrestricted_key_is_left_with_so_many_services() -> None:
    """A project with more has the rest refused while the brake holds."""
    enabled = [f"s{number:03d}.googleapis.com" for number in range(MOST + 5)]
    kept = [one for one in takes({}, enabled) if one.startswith(KEEP)]
    assert len(kept) == MOST
    assert len(without({}, takes({}, enabled))["apiTargets"]) == MOST


def test_a_key_that_became_unrestricted_since_the_probe_is_left_with_what_does_no_harm() -> None:
    """What it may still need was not worked out, so nothing is guessed."""
    assert without({}, [AI_SERVICES[0]]) == {"apiTargets": [{"service": HARMLESS}]}
