"""The witness of levers that stop one caller."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from freio.adapters.google.caller_windows import CallerWindows
from freio.adapters.google.time_series import Counts
from freio.domain.target import Target
from freio.errors import Rejected, Unavailable
from freio.sandbox.google.credentials import Caller
from freio.sandbox.google.faults import HttpFault
from tests.contracts.levers.callers import PROJECT, Stand, stand

ACCOUNT = "chat@acme-chat.iam.gserviceaccount.com"
KEY_TARGET = Target("api_key", PROJECT, "apikeys.googleapis.com", "key", "", (("key", "web"),))
ACCOUNT_TARGET = Target(
    "iam_deny", PROJECT, "aiplatform.googleapis.com", "principal", "", (("service_account", ACCOUNT),)
)
SERIES = "monitoring.projects.timeSeries.list"


@pytest.fixture
def google() -> Iterator[Stand]:
    with stand() as made:
        made.plane.callers.add_api_key(PROJECT, "web")
        made.plane.callers.add_service_account(ACCOUNT)
        yield made


@pytest.fixture
def witness(google: Stand) -> CallerWindows:
    return CallerWindows(google.apis, now=google.clock.now)


@pytest.mark.parametrize(
    ("target", "caller"),
    [(KEY_TARGET, Caller(api_key="web")), (ACCOUNT_TARGET, Caller(service_account=ACCOUNT))],
    ids=["api_key", "iam_deny"],
)
def test_only_the_caller_s_own_requests_count(
    google: Stand, witness: CallerWindows, target: Target, caller: Caller
) -> None:
    """Told by the ids that Google gave the key and the account, not by their names."""
    start = google.clock.now()
    others = {Caller(api_key="web"), Caller(service_account=ACCOUNT)} - {caller}
    google.carries(caller, target, 30, 5)
    google.carries(others.pop(), target, 7, 5)
    google.clock.sleep(1800)
    windows = witness.windows(target, start, google.clock.now(), 5)
    assert [window.usage for window in windows[:2]] == [30, 0]


def test_a_single_request_that_got_through_is_seen(google: Stand, witness: CallerWindows) -> None:
    """It counts as one a minute: against the limit 0 nothing may be rounded away."""
    start = google.clock.now()
    google.carries(Caller(api_key="web"), KEY_TARGET, 1, 1)
    google.clock.sleep(600)
    [window] = witness.windows(KEY_TARGET, start, start + timedelta(minutes=5), 5)
    assert window.usage == 1


def test_windows_that_are_not_over_are_left_out(google: Stand, witness: CallerWindows) -> None:
    """Neither those that still fill, nor those without a point that may come yet."""
    start = google.clock.now()
    google.carries(Caller(api_key="web"), KEY_TARGET, 10, 7)
    assert witness.windows(KEY_TARGET, start, google.clock.now(), 5) == []
    google.clock.sleep(60)
    assert len(witness.windows(KEY_TARGET, start, google.clock.now(), 5)) == 1


def test_another_lever_s_targets_are_refused(witness: CallerWindows, google: Stand) -> None:
    """A quota has series of its own."""
    quota = Target("quota", PROJECT, "aiplatform.googleapis.com", "m", "1/min/{project}")
    now = google.clock.now()
    with pytest.raises(Rejected, match="no key and no service account"):
        witness.windows(quota, now - timedelta(hours=1), now, 5)


@pytest.mark.parametrize("method", [SERIES, "apikeys.projects.locations.keys.get"])
def test_no_answer_is_not_no_traffic(google: Stand, witness: CallerWindows, method: str) -> None:
    """Neither of who the caller is, nor of what was counted."""
    google.plane.faults.inject(method, HttpFault(status=503))
    now = google.clock.now()
    with pytest.raises(Unavailable):
        witness.windows(KEY_TARGET, now - timedelta(hours=1), now, 5)


def test_a_caller_that_google_does_not_know_is_rejected(google: Stand, witness: CallerWindows) -> None:
    """A key that is gone, an account that may not be seen."""
    google.plane.callers.remove_api_key(PROJECT, "web")
    google.plane.deny(PROJECT, "iam.serviceAccounts.get")
    now = google.clock.now()
    for target in (KEY_TARGET, ACCOUNT_TARGET):
        with pytest.raises(Rejected):
            witness.windows(target, now - timedelta(hours=1), now, 5)


def test_a_window_without_a_point_is_left_out_until_it_is_half_an_hour_old(
    google: Stand, witness: CallerWindows
) -> None:
    """Before that nobody knows whether it had no traffic, or its points have not come."""
    start = google.clock.now()
    google.carries(Caller(api_key="web"), KEY_TARGET, 10, 5)
    google.clock.sleep(15 * 60)
    assert [window.usage for window in witness.windows(KEY_TARGET, start, google.clock.now(), 5)] == [10]
    google.clock.sleep(20 * 60)
    windows = witness.windows(KEY_TARGET, start, start + timedelta(minutes=15), 5)
    assert [window.usage for window in windows] == [10, 0]  # the third ended less than half an hour ago


@pytest.mark.parametrize(
    ("target", "caller", "usage"),
    [(KEY_TARGET, Caller(api_key="web"), 31), (ACCOUNT_TARGET, Caller(service_account=ACCOUNT), 30)],
    ids=["api_key", "iam_deny"],
)
def test_what_a_denied_account_may_still_do_refutes_nothing(
    google: Stand, witness: CallerWindows, target: Target, caller: Caller, usage: int
) -> None:
    """Predictions are denied; to look after a batch job is not, as it is to a key that is shut out of the service."""
    start = google.clock.now()
    google.manages(caller, 5)
    google.carries(caller, target, 30, 5)
    google.clock.sleep(600)
    [window] = witness.windows(target, start, start + timedelta(minutes=5), 5)
    assert window.usage == usage


def test_what_the_key_asks_of_other_services_is_no_use_of_ai(
    google: Stand, witness: CallerWindows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are left to it: counted, they would refute a brake that holds."""
    start = google.clock.now()
    google.clock.sleep(600)

    def counted(*_: object, **__: object) -> list[Counts]:
        return [
            Counts(labels={"service": service, "response_code": code}, steps={start: amount})
            for service, code, amount in (
                ("translate.googleapis.com", "200", 500),
                ("aiplatform.googleapis.com", "403", 40),
                ("translate.googleapis.com", "403", 7),
            )
        ]

    monkeypatch.setattr("freio.adapters.google.caller_windows.count", counted)
    [window] = witness.windows(KEY_TARGET, start, start + timedelta(minutes=5), 5)
    assert (window.usage, window.exceeded) == (0, 40)
