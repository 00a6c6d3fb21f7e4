"""Who calls an app's projects, by Google's counts of requests: on the control plane of the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from freio.adapters.google.credential_calls import CredentialCalls
from freio.domain.app import App, Match
from freio.domain.callers import Measure, driving
from freio.sandbox.google.credentials import Caller
from freio.sandbox.google.demand import Demand
from freio.sandbox.google.faults import HttpFault
from tests.contracts.levers.callers import PLACE, PROJECT, Stand, app, stand

ACCOUNT = "chat@acme-chat.iam.gserviceaccount.com"
WEB, CHAT = Caller(api_key="web"), Caller(service_account=ACCOUNT)


@pytest.fixture
def google() -> Iterator[Stand]:
    with stand() as made:
        made.plane.callers.add_api_key(PROJECT, "web")
        made.plane.callers.add_service_account(ACCOUNT)
        yield made


def carries(google: Stand, caller: Caller, requests: int, *, days_ago: int = 0) -> None:
    """So many in the hour before now, or before the same time some days ago."""
    google.plane.serve(
        project=PROJECT,
        location=PLACE.location,
        model=PLACE.model,
        at=google.clock.at.replace(second=0) - timedelta(days=days_ago, minutes=30),
        demand=Demand(requests=requests, input_tokens=requests),
        caller=caller,
    )


def a_week(google: Stand) -> None:
    """Ten of each on each of seven days; now a hundred of the key, and ten of the account."""
    google.clock.sleep(8 * 86400)
    for day in range(7, 0, -1):
        carries(google, WEB, 10, days_ago=day)
        carries(google, CHAT, 10, days_ago=day)
    carries(google, WEB, 100)
    carries(google, CHAT, 10)


def of(*, keys: tuple[str, ...] = (), accounts: tuple[str, ...] = ()) -> App:
    mine = app(keys=keys, accounts=accounts)
    return replace(mine, match=replace(mine.match, projects=frozenset({PROJECT})))


def test_the_key_with_the_requests_beyond_the_usual_is_told(google: Stand) -> None:
    """By the name that the client's file gives it."""
    a_week(google)
    mine = of(keys=("web",))
    log = CredentialCalls(google.apis, [mine])
    calls = log.calls(mine, google.clock.now())
    assert calls is not None
    assert calls.of is Measure.REQUESTS
    assert [sum(hour.values()) for hour in calls.before] == [20] * 7
    found = driving(calls, Decimal(4))
    assert found is not None
    assert found[1] == 1
    assert str(log.named(mine, found[0])) == "API key web"


def test_who_the_file_does_not_name_is_named_as_google_does(google: Stand) -> None:
    """An account by its address; where that may not be read, by its id: a name is not made up."""
    google.clock.sleep(8 * 86400)
    carries(google, CHAT, 10)
    mine = of()
    log = CredentialCalls(google.apis, [mine])
    calls = log.calls(mine, google.clock.now())
    assert calls is not None
    [caller] = calls.now
    assert str(log.named(mine, caller)) == f"service account {ACCOUNT}"
    google.plane.faults.inject("iam.projects.serviceAccounts.get", HttpFault(status=403))
    unread = CredentialCalls(google.apis, [mine])
    assert str(unread.named(mine, caller)) == f"service account {caller.removeprefix('serviceaccount:')}"


def test_in_a_shared_project_only_callers_that_the_file_names_are_an_app_s(google: Stand) -> None:
    """Else another app's key would be called the cause; and where one of them is unknown, they are not all."""
    a_week(google)
    other = replace(of(), name="search")
    keyed, unnamed = of(accounts=(ACCOUNT,)), of()
    log = CredentialCalls(google.apis, [keyed, other])
    calls = log.calls(keyed, google.clock.now())
    assert calls is not None
    assert list(calls.now.values()) == [10]
    assert CredentialCalls(google.apis, [unnamed, other]).calls(unnamed, google.clock.now()) is None
    partly = of(accounts=(ACCOUNT,), keys=("gone",))
    assert CredentialCalls(google.apis, [partly, other]).calls(partly, google.clock.now()) is None


def test_an_app_that_names_no_project_is_not_told(google: Stand) -> None:
    """Its callers could be anywhere."""
    nowhere = replace(app(), match=Match(models=frozenset({"gemini-2.5-pro"})))
    assert CredentialCalls(google.apis, [nowhere]).calls(nowhere, google.clock.now()) is None
