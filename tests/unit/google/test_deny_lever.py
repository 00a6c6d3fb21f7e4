"""What is particular to the lever `iam_deny`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from freio.adapters.google.deny_lever import DENY, DenyLever
from freio.adapters.google.deny_policy import PREDICTION, policy_id
from freio.adapters.google.setting_text import read, written
from freio.domain.target import Lease, Target
from freio.errors import Rejected
from freio.sandbox.google.credentials import PREDICT
from tests.contracts.levers.callers import PLACE, PROJECT, Stand, app, stand

ACCOUNT = "chat@acme-chat.iam.gserviceaccount.com"
DEFAULT = "123456789012-compute@developer.gserviceaccount.com"


@pytest.fixture
def google() -> Iterator[Stand]:
    with stand() as made:
        for email in (ACCOUNT, DEFAULT, "batch@acme-search.iam.gserviceaccount.com"):
            made.plane.callers.add_service_account(email)
        yield made


@pytest.fixture
def lever(google: Stand) -> DenyLever:
    return DenyLever(google.apis, sleep=google.clock.sleep)


def lease(google: Stand, *takes: str) -> Lease:
    now = google.clock.now()
    return Lease(incident="i", app="a", value=0, since=now, until=now, takes=takes or PREDICTION)


def test_an_app_that_names_no_account_has_none_to_deny(lever: DenyLever) -> None:
    """One probe for each place that says so."""
    [probe] = lever.probe(app(), [PLACE])
    assert not probe.binds
    assert "names no service account" in str(probe.reason)


def test_each_account_is_a_target_with_a_policy_of_its_own(lever: DenyLever) -> None:
    """Two apps that name the same account have the same target."""
    first, second = lever.probe(app(accounts=(DEFAULT, ACCOUNT)), [PLACE])
    vertex = "aiplatform.googleapis.com"
    assert second.target == Target("iam_deny", PROJECT, vertex, "principal", "", (("service_account", ACCOUNT),))
    assert first.target.dimension("service_account") == DEFAULT
    assert policy_id(DEFAULT) != policy_id(ACCOUNT)
    [other] = lever.probe(replace(app(accounts=(ACCOUNT,)), name="other"), [PLACE])
    assert other.target == second.target


@pytest.mark.parametrize("email", [ACCOUNT, DEFAULT, "A" * 90 + "@p.iam.gserviceaccount.com", "_.@x.y"])
def test_a_policy_s_id_is_one_that_google_takes(email: str) -> None:
    """3 to 63 of lower-case letters, digits, dashes and dots, a letter first, and always the same."""
    assert re.fullmatch(r"[a-z][a-z0-9.-]{2,62}", policy_id(email))
    assert policy_id(email) == policy_id(email)


def test_the_policy_denies_predictions_to_the_account_alone(lever: DenyLever, google: Stand) -> None:
    """As IAM v2 writes principals and permissions."""
    [probe] = lever.probe(app(accounts=(ACCOUNT,)), [PLACE])
    [rule] = read(lever.plan(probe.target, None, [lease(google)]))["rules"]
    assert rule["denyRule"] == {
        "deniedPrincipals": [f"principal://iam.googleapis.com/projects/-/serviceAccounts/{ACCOUNT}"],
        "deniedPermissions": ["aiplatform.googleapis.com/endpoints.predict"],
    }


def test_rules_that_were_found_stay_beside_ours(lever: DenyLever, google: Stand) -> None:
    """A policy of our name that somebody wrote is kept, and put back as it was."""
    rule = {"denyRule": {"deniedPrincipals": ["principalSet://goog/public:all"], "deniedPermissions": [PREDICT]}}
    theirs = {"displayName": "Theirs", "annotations": {"by": "them"}, "rules": [rule]}
    google.plane.callers.deny_as_somebody_else(PROJECT, policy_id(ACCOUNT), theirs)
    [probe] = lever.probe(app(accounts=(ACCOUNT,)), [PLACE])
    assert probe.override == written(theirs)
    plan = read(lever.plan(probe.target, written(theirs), [lease(google)]))
    assert plan["rules"][0] == rule
    assert len(plan["rules"]) == 2
    assert {**plan, "rules": [rule]} == theirs


def test_what_is_missing_is_told_with_the_role_that_has_it(lever: DenyLever, google: Stand) -> None:
    """Deny Admin is granted above the project, so a project's owner looks for it in vain."""
    for permission in DENY:
        google.plane.deny(PROJECT, permission)
    [probe] = lever.probe(app(accounts=(ACCOUNT,)), [PLACE])
    assert not probe.binds
    assert probe.missing == DENY
    assert "Deny Admin" in str(probe.reason)


def test_an_account_of_another_project_is_asked_about_there(lever: DenyLever, google: Stand) -> None:
    """The proof needs its unique id; without it nothing could be proved."""
    google.plane.deny("acme-search", "iam.serviceAccounts.get")
    [probe] = lever.probe(app(accounts=("batch@acme-search.iam.gserviceaccount.com",)), [PLACE])
    assert (probe.target.project, probe.missing) == (PROJECT, ("iam.serviceAccounts.get",))


def test_a_probe_says_that_it_is_not_known_whether_it_bites(lever: DenyLever) -> None:
    """Google's list of what can be denied was not seen to hold predictions."""
    [probe] = lever.probe(app(accounts=(ACCOUNT,)), [PLACE])
    assert probe.binds
    assert "does not promise" in str(probe.note)


def test_a_permission_that_cannot_be_denied_fails_when_it_is_set(lever: DenyLever, google: Stand) -> None:
    """And leaves nothing behind."""
    google.plane.callers.refuse_to_deny(PREDICT)
    [probe] = lever.probe(app(accounts=(ACCOUNT,)), [PLACE])
    with pytest.raises(Rejected, match="not supported in deny policies"):
        lever.apply(probe.target, lever.plan(probe.target, None, [lease(google)]))
    assert lever.read_back(probe.target) is None


def test_two_incidents_on_one_account_are_one_policy(lever: DenyLever, google: Stand) -> None:
    """Their leases take the same, and the plan is the same for one and for both."""
    [probe] = lever.probe(app(accounts=(ACCOUNT,)), [PLACE])
    one = lever.plan(probe.target, None, [lease(google)])
    assert lever.plan(probe.target, None, [lease(google), lease(google)]) == one
