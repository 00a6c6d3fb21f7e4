"""What only `allowed_models` can show: which models it takes, which it leaves, and whose policy it respects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from freio.adapters.google.invocation_windows import InvocationWitness
from freio.adapters.google.model_policy import canonical
from freio.adapters.google.models_lever import AllowedModelsLever
from freio.domain.app import Match
from freio.domain.sentences import (
    MODEL_DENIED,
    MODEL_UNNAMED,
    MODELS_LEFT,
    NO_MODEL_LEFT,
    POLICY_ADDS,
    POLICY_CONDITIONS,
)
from freio.domain.spend import Probe
from freio.domain.target import Target
from freio.errors import Rejected, Unavailable
from freio.ports import Place
from freio.sandbox.google.demand import Demand
from freio.sandbox.google.faults import HttpFault, Meanwhile
from tests.contracts.levers.allowed_models import CREATE, DELETE, FOREIGN, PATCH, rig_in
from tests.contracts.levers.rig import Rig
from tests.contracts.levers.stopping import APP, PLACE, PROJECT, World, world

PRO = "publishers/google/models/gemini-2.5-pro:predict"
FLASH = "publishers/google/models/gemini-2.5-flash:predict"
TARGET = Target("allowed_models", PROJECT, "aiplatform.googleapis.com", "constraints/vertexai.allowedModels", "")


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def rig(here: World) -> Rig:
    return rig_in(here)


def place(model: str, location: str = "global") -> Place:
    return Place(project=PROJECT, location=location, model=model)


def somebody_sets(here: World, **spec: Any) -> str | None:
    here.plane.front.policies.set_as_somebody_else(PROJECT, {"spec": spec})
    return canonical({"spec": spec})


def taken(rig: Rig, probe: Probe) -> str | None:
    found = rig.lever.read_back(probe.target)
    wanted = rig.lever.plan(probe.target, found, [rig.lease(probe)])
    assert isinstance(wanted, str)
    rig.lever.apply(probe.target, wanted)
    return wanted


def called(here: World, model: str, minutes: int = 1) -> int:
    """How many of ten calls are turned away, some time from now."""
    here.clock.sleep(900)
    here.clock.at = here.clock.at.replace(second=0)
    demand = Demand(requests=10, input_tokens=10_000)
    served = here.plane.serve(
        project=PROJECT, location="global", model=model, at=here.clock.now(), demand=demand, minutes=minutes
    )
    here.clock.sleep(minutes * 60 + 180)
    return served.turned_away_requests


def test_one_target_for_each_project_whatever_the_location(rig: Rig) -> None:
    """A policy knows no locations."""
    probes = rig.lever.probe(APP, [PLACE, place("gemini-2.5-pro", "us-central1"), place("gemini-2.5-flash")])
    assert {probe.target for probe in probes} == {TARGET}
    assert [probe.location for probe in probes] == ["global", "us-central1", "global"]
    assert [probe.takes for probe in probes] == [(PRO,), (PRO,), (FLASH,)]


def test_it_forces_a_cheaper_model(here: World, rig: Rig) -> None:
    """The model that was taken away gets 400, the app's other one goes on, and the probe had said so."""
    probe, _ = rig.lever.probe(APP, [PLACE, place("gemini-2.5-flash")])
    assert probe.note is not None
    assert probe.note.text == MODELS_LEFT
    assert dict(probe.note.data)["left"] == "gemini-2.5-flash"
    taken(rig, probe)
    assert (called(here, "gemini-2.5-pro"), called(here, "gemini-2.5-flash")) == (10, 0)


def test_it_bites_minutes_after_it_was_accepted(here: World, rig: Rig) -> None:
    """Until then calls go through: that is no proof against it."""
    taken(rig, rig.probe())
    at = here.clock.now().replace(second=0)
    served = here.plane.serve(
        project=PROJECT, location="global", model="gemini-2.5-pro", at=at, demand=Demand(requests=9, input_tokens=9)
    )
    assert served.turned_away_requests == 0
    assert called(here, "gemini-2.5-pro") == 10


def test_a_model_that_the_file_names_is_one_to_go_to(rig: Rig) -> None:
    """Also where no traffic of it was seen."""
    app = replace(APP, match=Match(projects=frozenset({PROJECT}), models=frozenset({"gemini-2.5-flash-lite"})))
    [probe] = rig.lever.probe(app, [PLACE])
    assert "gemini-2.5-flash-lite" in str(probe.note)


def test_where_no_model_is_left_it_says_so(here: World, rig: Rig) -> None:
    """A model that is denied already is none to go to."""
    somebody_sets(here, rules=[{"values": {"allowedValues": [PRO]}}])
    probe, other = rig.lever.probe(APP, [PLACE, place("gemini-2.5-flash")])
    assert (probe.note and probe.note.text) == NO_MODEL_LEFT
    assert (other.binds, other.reason and other.reason.text) == (False, MODEL_DENIED)


def test_a_model_is_taken_under_every_name_that_callers_use(here: World, rig: Rig) -> None:
    """Who calls a version is turned away, too."""
    called(here, "claude-sonnet-4@20250514")
    [probe] = rig.lever.probe(APP, [place("claude-sonnet-4")])
    assert probe.takes == (
        "publishers/anthropic/models/claude-sonnet-4:predict",
        "publishers/anthropic/models/claude-sonnet-4@20250514:predict",
    )
    taken(rig, probe)
    assert called(here, "claude-sonnet-4@20250514") == 10


def test_a_model_without_a_known_name_is_not_guessed(rig: Rig) -> None:
    """A value that means nothing would succeed and take nothing away."""
    [probe] = rig.lever.probe(APP, [place("somebodys-own-model")])
    assert (probe.binds, probe.reason and probe.reason.text) == (False, MODEL_UNNAMED)


def test_what_is_denied_above_is_not_taken_again(here: World, rig: Rig) -> None:
    """The policy in force counts, not the project's own alone."""
    here.plane.front.policies.set_parent(PROJECT, {"rules": [{"values": {"deniedValues": [PRO]}}]})
    assert (rig.probe().reason or APP).text == MODEL_DENIED  # type: ignore[union-attr]  # a probe says why


def test_what_is_allowed_above_stays_all_that_is_allowed(here: World, rig: Rig) -> None:
    """Where the folder allows two models, taking one leaves the other and nothing else."""
    here.plane.front.policies.set_parent(PROJECT, {"rules": [{"values": {"allowedValues": [PRO, FLASH]}}]})
    taken(rig, rig.probe())
    for model, turned_away in (("gemini-2.5-pro", 10), ("gemini-2.5-flash", 0), ("gemini-2.5-flash-lite", 10)):
        assert called(here, model) == turned_away, model


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (
            {"rules": [{"denyAll": True, "condition": {"expression": "resource.matchTag('1/env', 'prod')"}}]},
            POLICY_CONDITIONS,
        ),
        ({"inheritFromParent": True, "rules": [{"values": {"allowedValues": [PRO]}}]}, POLICY_ADDS),
    ],
)
def test_a_policy_that_cannot_be_narrowed_safely_is_not_offered(
    here: World, rig: Rig, spec: dict[str, Any], why: str
) -> None:
    """The probe says why, and what stands there is planned to stay."""
    found = somebody_sets(here, **spec)
    probe = rig.probe()
    assert (probe.binds, probe.reason and probe.reason.text, probe.override) == (False, why, found)
    lease = replace(rig.lease(probe), takes=(PRO,))
    assert rig.lever.plan(probe.target, found, [lease]) == found


def test_two_leases_take_both_and_the_first_that_ends_gives_its_own_back(rig: Rig) -> None:
    """What stands there is what was found without what the living leases take."""
    one, other = (rig.lease(probe) for probe in rig.lever.probe(APP, [PLACE, place("gemini-2.5-flash")]))
    both = rig.lever.plan(TARGET, None, [one, other])
    assert PRO in str(both)
    assert FLASH in str(both)
    assert rig.lever.plan(TARGET, None, [other]) == rig.lever.plan(TARGET, None, [replace(other, incident="j")])
    assert PRO not in str(rig.lever.plan(TARGET, None, [other]))


def test_a_policy_is_written_over_the_version_that_was_read(here: World, rig: Rig) -> None:
    """Both versions go with it: the policy's, and that of what is in force."""
    somebody_sets(here, rules=[{"values": {"allowedValues": [PRO, FLASH]}}])
    taken(rig, rig.probe())
    [call] = here.asked(PATCH)
    body = call.body  # type: ignore[attr-defined]  # a logged request
    assert body["etag"]
    assert body["spec"]["etag"]
    assert "updateTime" not in json.dumps(body)


@pytest.mark.parametrize("stands", [False, True])
def test_who_writes_in_between_is_not_overwritten(here: World, rig: Rig, *, stands: bool) -> None:
    """409, worth another look: what the other wrote stands there, and is seen then."""
    if stands:
        somebody_sets(here, rules=[{"allowAll": True}])
    probe = rig.probe()

    def somebody_writes() -> None:
        here.plane.front.policies.set_as_somebody_else(PROJECT, FOREIGN)

    here.plane.faults.inject(PATCH if stands else CREATE, Meanwhile(act=somebody_writes))
    with pytest.raises(Unavailable, match="409"):
        taken(rig, probe)
    assert rig.lever.read_back(probe.target) == canonical(FOREIGN)


def test_who_writes_before_it_is_deleted_is_not_deleted(here: World, rig: Rig) -> None:
    """The version that was read is the one that goes."""
    taken(rig, rig.probe())

    def somebody_writes() -> None:
        here.plane.front.policies.set_as_somebody_else(PROJECT, FOREIGN)

    here.plane.faults.inject(DELETE, Meanwhile(act=somebody_writes))
    with pytest.raises(Unavailable, match="409"):
        rig.lever.restore(TARGET, None)
    assert rig.lever.read_back(TARGET) == canonical(FOREIGN)


def test_a_former_policy_comes_back_with_its_dry_run(here: World, rig: Rig) -> None:
    """Exactly what it said."""
    former = {"spec": {"reset": True}, "dryRunSpec": {"inheritFromParent": True, "rules": [{"denyAll": True}]}}
    here.plane.front.policies.set_as_somebody_else(PROJECT, former)
    found = rig.lever.read_back(TARGET)
    taken(rig, rig.probe())
    assert rig.lever.read_back(TARGET) != found
    rig.lever.restore(TARGET, found)
    assert rig.lever.read_back(TARGET) == found == canonical(former)


def test_a_former_policy_that_somebody_deleted_meanwhile_can_be_put_back(here: World, rig: Rig) -> None:
    """It is made anew."""
    found = somebody_sets(here, rules=[{"denyAll": True}])
    here.plane.front.policies.set_as_somebody_else(PROJECT, None)
    rig.lever.restore(TARGET, found)
    assert rig.lever.read_back(TARGET) == found


def test_without_permission_to_write_it_is_not_offered_and_says_what_is_missing(here: World, rig: Rig) -> None:
    """It is known before anybody is asked."""
    here.plane.deny(PROJECT, "orgpolicy.policy.set")
    probe = rig.probe()
    assert (probe.binds, probe.missing) == (False, ("orgpolicy.policy.set",))
    assert "orgpolicy.policy.set" in str(probe.reason)


def test_only_the_models_that_are_taken_are_witnessed(here: World, rig: Rig) -> None:
    """The cheaper model goes on, and does not refute the brake."""
    probe = rig.probe()
    taken(rig, probe)
    here.clock.sleep(900)
    since = here.clock.now().replace(second=0)
    for model, requests in (("gemini-2.5-pro", 50), ("gemini-2.5-flash", 500)):
        here.plane.serve(
            project=PROJECT,
            location="global",
            model=model,
            at=since,
            demand=Demand(requests=requests, input_tokens=1000),
            minutes=5,
        )
    here.clock.sleep(600)
    [window] = rig.witness.windows(TARGET, since, here.clock.now(), 5, takes=probe.takes)[:1]
    assert (window.usage, window.exceeded) == (0, 50)
    [other] = rig.witness.windows(TARGET, since, here.clock.now(), 5, takes=(FLASH,))[:1]
    assert (other.usage, other.exceeded) == (100, 0)


def test_refusals_of_quotas_are_not_the_policys(here: World, rig: Rig) -> None:
    """A 429 says nothing of a model that was taken away."""
    here.plane.set_override_as_somebody_else(
        project=PROJECT,
        metric="aiplatform.googleapis.com/global_generate_content_input_tokens_per_minute_per_base_model",
        unit="1/min/{project}/{base_model}",
        dimensions={"base_model": "gemini-2.5-pro-ga"},
        value=0,
    )
    here.clock.sleep(60)
    since = here.clock.now()
    rig.serves(TARGET, 60, 5)
    [window] = rig.witness.windows(TARGET, since, here.clock.now(), 5, takes=(PRO,))
    assert (window.usage, window.exceeded) == (0, 0)


def test_without_the_models_nothing_is_proved(here: World) -> None:
    """All models of a project together would refute every brake."""
    witness = InvocationWitness(here.apis, now=here.clock.now)
    for takes in ((), ("aiplatform.googleapis.com",)):
        with pytest.raises(Rejected, match="nothing is proved"):
            witness.windows(TARGET, here.clock.now(), here.clock.now(), 5, takes=takes)
    with pytest.raises(Rejected, match="the lever quota"):
        witness.windows(replace(TARGET, lever="quota"), here.clock.now(), here.clock.now(), 5)


def test_a_failing_effective_policy_fails_the_probe(here: World, rig: Rig) -> None:
    """No answer is not "all is allowed"."""
    here.plane.faults.inject("orgpolicy.projects.policies.getEffectivePolicy", HttpFault(status=503))
    with pytest.raises(Unavailable, match="503"):
        rig.probe()


def test_a_number_is_no_policy(here: World) -> None:
    """A limit that was stored for another lever is a bug, not a policy."""
    lever = AllowedModelsLever(here.apis, now=here.clock.now)
    with pytest.raises(TypeError):
        lever.apply(TARGET, 0)
