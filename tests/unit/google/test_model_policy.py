"""Narrowing a policy of allowed models: never wider than before, and never what it was told to take away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from freio.adapters.google.model_policy import allows, canonical, narrowed, obstacle
from freio.adapters.google.model_values import Called, guessed, named
from freio.domain.sentences import POLICY_ADDS, POLICY_CONDITIONS, POLICY_FULL, POLICY_UNKNOWN
from freio.sandbox.google.policy_rules import ALLOW_ALL, Evaluated, check_spec, evaluated

PRO = "publishers/google/models/gemini-2.5-pro:predict"
FLASH = "publishers/google/models/gemini-2.5-flash:predict"
LITE = "publishers/google/models/gemini-2.5-flash-lite:predict"
OPUS = "publishers/anthropic/models/claude-opus-4-6:predict"
MODELS = (PRO, FLASH, LITE, OPUS)
TAG = {"expression": "resource.matchTag('1/env', 'prod')"}


def own(**spec: Any) -> str | None:
    return canonical({"name": "projects/1/policies/vertexai.allowedModels", "etag": "e", "spec": spec})


def values(*, allowed: tuple[str, ...] = (), denied: tuple[str, ...] = ()) -> dict[str, Any]:
    lists = {"allowedValues": list(allowed), "deniedValues": list(denied)}
    return {"values": {name: found for name, found in lists.items() if found}}


def spec_of(setting: str | None) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(setting or "")["spec"]
    return spec


def in_force(setting: str | None, parent: Evaluated) -> set[str]:
    """The models that may be called, worked out as the sandbox does, which shares no code with the lever."""
    spec = json.loads(setting).get("spec") if setting else None
    policy = evaluated(parent, spec)
    return {model for model in MODELS if policy.allows(frozenset({model}))}


some_models = some.lists(some.sampled_from(MODELS), unique=True, max_size=4).map(tuple)
a_rule = some.one_of(
    some.just({"allowAll": True}),
    some.just({"denyAll": True}),
    some.builds(lambda allowed, denied: values(allowed=allowed, denied=denied), some_models, some_models),
).flatmap(lambda rule: some.sampled_from([rule, rule, {**rule, "condition": TAG}]))
a_policy = some.one_of(
    some.none(),
    some.just(own(reset=True)),
    some.builds(
        lambda rules, inherits: own(rules=rules, **({"inheritFromParent": True} if inherits else {})),
        some.lists(a_rule, max_size=2),
        some.booleans(),
    ),
)
a_parent = some.one_of(
    some.just(ALLOW_ALL),
    some.builds(
        lambda allowed, denied, deny_all: Evaluated(
            allow_all=not allowed, deny_all=deny_all, allowed=frozenset(allowed), denied=frozenset(denied)
        ),
        some_models,
        some_models,
        some.booleans(),
    ),
)


@given(found=a_policy, parent=a_parent, takes=some_models)
def test_it_never_widens_and_takes_what_it_was_told(
    found: str | None, parent: Evaluated, takes: tuple[str, ...]
) -> None:
    """Whatever stands there and above: what may be called afterwards is what could be before, without what is taken."""
    before = in_force(found, parent)
    after = in_force(narrowed(found, takes), parent)
    if obstacle(found, takes) is None:
        assert after == before - set(takes)
    else:
        assert narrowed(found, takes) == found


@given(found=a_policy, takes=some_models)
def test_narrowing_twice_is_narrowing_once(found: str | None, takes: tuple[str, ...]) -> None:
    """A plan that is planned again stays as it is."""
    once = narrowed(found, takes)
    assert narrowed(once, takes) == once


@given(found=a_policy, takes=some_models)
def test_what_is_written_is_a_policy(found: str | None, takes: tuple[str, ...]) -> None:
    """Organization Policy would take it, and shows it as it was written."""
    after = narrowed(found, takes)
    if after is not None and after != found:
        check_spec(spec_of(after), "spec")
        assert canonical({"name": "n", "etag": "f", **json.loads(after)}) == after


def test_the_last_allowed_model_leaves_nothing_allowed() -> None:
    """An empty list of allowed values would allow everything."""
    after = narrowed(own(rules=[values(allowed=(PRO,))]), [PRO])
    assert spec_of(after) == {"rules": [{"denyAll": True}]}
    assert in_force(after, ALLOW_ALL) == set()


def test_the_last_allowed_model_of_two_leases_leaves_nothing_allowed() -> None:
    """Two leases together may take all there is."""
    after = narrowed(own(rules=[values(allowed=(PRO, FLASH))]), [PRO, FLASH])
    assert spec_of(after) == {"rules": [{"denyAll": True}]}


def test_where_nothing_stands_the_parent_goes_on_to_count() -> None:
    """A policy that did not inherit would allow whatever the folder above forbids."""
    assert spec_of(narrowed(None, [PRO])) == {"inheritFromParent": True, "rules": [values(denied=(PRO,))]}


def test_a_dry_run_stays_as_it_is() -> None:
    """A policy that is only tried out has nothing in force: what is in force is added beside it."""
    dry = {"rules": [{"denyAll": True}]}
    after = narrowed(canonical({"etag": "e", "dryRunSpec": dry}), [PRO])
    assert json.loads(after or "") == {
        "dryRunSpec": dry,
        "spec": {"inheritFromParent": True, "rules": [values(denied=(PRO,))]},
    }


def test_a_value_with_the_prefix_that_changes_nothing_is_the_same_value() -> None:
    """`is:` before a value means the value; what was found is not rewritten without need."""
    kept = "is:" + FLASH
    after = narrowed(own(rules=[values(allowed=("is:" + PRO, kept))]), [PRO])
    assert spec_of(after) == {"rules": [values(allowed=(kept,))]}
    assert narrowed(own(rules=[values(denied=("is:" + PRO,))]), [PRO]) == own(rules=[values(denied=("is:" + PRO,))])


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (own(rules=[{**values(denied=(PRO,)), "condition": TAG}]), POLICY_CONDITIONS),
        (own(rules=[values(allowed=(PRO,)), {**values(denied=(PRO,)), "condition": TAG}]), POLICY_CONDITIONS),
        (own(rules=[values(allowed=(PRO,))], inheritFromParent=True), POLICY_ADDS),
        (own(rules=[{"allowAll": True}], inheritFromParent=True), POLICY_ADDS),
        (own(rules=[values(allowed=(PRO,)), values(denied=(FLASH,))]), POLICY_UNKNOWN),
        (own(rules=[values(allowed=(PRO, "publishers/google"))]), POLICY_UNKNOWN),
        (own(rules=[{"values": {}}]), POLICY_UNKNOWN),
        (own(rules=[{"enforce": True}]), POLICY_UNKNOWN),
        (own(), POLICY_UNKNOWN),
        (own(reset=True, inheritFromParent=True), POLICY_UNKNOWN),
    ],
)
def test_what_cannot_be_narrowed_safely_is_left_and_named(found: str | None, why: str) -> None:
    """Conditions, several rules, values beside inherited ones, and what is not documented."""
    assert obstacle(found, [PRO]) == why
    assert narrowed(found, [PRO]) == found


def test_a_full_policy_has_no_room() -> None:
    """Google takes at most 500 values."""
    full = tuple(f"publishers/google/models/m{n}:predict" for n in range(500))
    assert obstacle(own(rules=[values(denied=full)]), [PRO]) == POLICY_FULL
    assert obstacle(own(rules=[values(denied=full[1:])]), [PRO]) is None


def test_a_setting_holds_no_version_and_no_order() -> None:
    """What stands there is the same, whenever it was written and in whatever order it is told."""
    one = {"etag": "1", "spec": {"updateTime": "2026-11-01T00:00:00Z", "rules": [values(allowed=(PRO, FLASH))]}}
    other = {"etag": "2", "spec": {"etag": "3", "inheritFromParent": False, "rules": [values(allowed=(FLASH, PRO))]}}
    assert canonical(one) == canonical(other)
    assert canonical(None) is None


def test_what_is_in_force_says_what_is_allowed() -> None:
    """An effective policy has no conditions and inherits nothing."""
    assert allows({}, PRO)
    assert allows({"rules": [{"allowAll": True}]}, PRO)
    assert not allows({"rules": [{"denyAll": True}]}, PRO)
    assert not allows({"rules": [values(allowed=(PRO,), denied=("is:" + PRO,))]}, PRO)
    assert not allows({"rules": [values(allowed=(FLASH,))]}, PRO)


def test_models_go_by_their_publisher() -> None:
    """Names as the model garden has them; of what is not known nothing is guessed."""
    assert Called("google", "gemini-2.5-pro", "default").values == (PRO,)
    assert Called("anthropic", "claude-sonnet-4@20250514").values == (
        "publishers/anthropic/models/claude-sonnet-4:predict",
        "publishers/anthropic/models/claude-sonnet-4@20250514:predict",
    )
    assert guessed("claude-opus-4-6") == Called("anthropic", "claude-opus-4-6")
    assert guessed("somebodys-own-model") is None
    assert named("publishers/anthropic/models/claude-sonnet-4@20250514:predict") == ("anthropic", "claude-sonnet-4")
