"""What every quota lever promises: the fake, and the real one against the sandbox's control plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.long_running import PAUSES
from freio.adapters.google.quota_lever import QuotaLever
from freio.domain.app import App, Match
from freio.domain.phrase import Phrase
from freio.domain.target import Target
from freio.errors import Rejected, Unavailable
from freio.ports import Lever, Place
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.faults import FailLate, HttpFault, LostReply, Slow
from freio.sandbox.google.server import serve
from tests.fakes import FakeClock, FakeLever

IMPORT = "serviceusage.services.consumerQuotaMetrics.importConsumerOverrides"
LIST = "serviceusage.services.consumerQuotaMetrics.list"
DELETE = "serviceusage.services.consumerQuotaMetrics.limits.consumerOverrides.delete"
GET_OPERATION = "serviceusage.operations.get"
APP = App(name="support-chat", team="t", cost_centre="c", environment="e", owners=(), match=Match())
PLACE = Place(project="acme-chat", location="global", model="gemini-2.5-flash")


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A lever, and what a test may do to its world."""

    lever: Lever
    somebody_else_sets: Callable[[Target, int | None], None]
    fails: Callable[[str, str], None]

    @property
    def target(self) -> Target:
        return self.lever.probe(APP, [PLACE])[0].target


@dataclass(frozen=True, kw_only=True)
class Google:
    """The real lever on the control plane."""

    lever: QuotaLever
    plane: ControlPlane
    clock: FakeClock

    @property
    def target(self) -> Target:
        return self.lever.probe(APP, [PLACE])[0].target

    def asked(self, method: str) -> list[Any]:
        return [one for one in self.plane.log if one.method_id == method]


@pytest.fixture
def google() -> Iterator[Google]:
    clock = FakeClock(datetime(2026, 11, 2, 12, tzinfo=UTC))
    plane = ControlPlane(now=clock.now, projects=["acme-chat", "acme-search"], sleep=clock.sleep)
    server = serve(plane)
    apis = GoogleApis(endpoint=server.url, timeout=10)
    yield Google(lever=QuotaLever(apis, sleep=clock.sleep), plane=plane, clock=clock)
    apis.close()
    server.stop()


def _fake_rig() -> Rig:
    lever = FakeLever(unbound={"gemini-9-flash": Phrase("dynamic shared quota"), "eu": Phrase("no quota there")})
    errors: dict[str, tuple[Exception, bool]] = {
        "lost reply": (Unavailable("no reply"), True),
        "overload": (Unavailable("429", 30), False),
        "no permission": (Rejected("403"), False),
    }

    def fails(method: str, how: str) -> None:
        error, after = errors[how]
        lever.will_fail(method, error, after=after)

    return Rig(lever=lever, somebody_else_sets=lever.somebody_else_sets, fails=fails)


def _google_rig(google: Google) -> Rig:
    def somebody_else_sets(target: Target, value: int | None) -> None:
        google.plane.set_override_as_somebody_else(
            project=target.project,
            metric=target.metric,
            unit=target.unit,
            dimensions=dict(target.dimensions),
            value=value,
        )

    def fails(method: str, how: str) -> None:
        faults = google.plane.faults
        called = {"apply": IMPORT, "restore": DELETE, "read_back": LIST, "probe": LIST}[method]
        if how == "lost reply":  # httplib2 sends a request again by itself when its reply is lost
            faults.inject(called, LostReply(), times=2)
        elif how == "overload":
            faults.inject(called, HttpFault(status=429, reason="RATE_LIMIT_EXCEEDED", retry_after=30))
        else:
            google.plane.deny(PLACE.project, "serviceusage.quotas.update")

    return Rig(lever=google.lever, somebody_else_sets=somebody_else_sets, fails=fails)


@pytest.fixture(params=["fake", "google"])
def rig(request: pytest.FixtureRequest) -> Rig:
    if request.param == "fake":
        return _fake_rig()
    return _google_rig(request.getfixturevalue("google"))


def test_a_bucket_without_override_binds_and_shows_none(rig: Rig) -> None:
    """A probe says the unit, and that nothing of anybody's stands there."""
    [probe] = rig.lever.probe(APP, [PLACE])
    assert (probe.binds, probe.override, probe.unit) == (True, None, "input_tokens_per_minute")
    assert (probe.location, probe.model, probe.target.project) == ("global", "gemini-2.5-flash", "acme-chat")


def test_a_model_without_a_bucket_binds_nothing_and_says_why(rig: Rig) -> None:
    """An override for a model on dynamic shared quota would succeed and throttle nothing, so it is not offered."""
    places = [Place(project="acme-chat", location="global", model="gemini-9-flash"), PLACE]
    unknown, known = rig.lever.probe(APP, places)
    assert not unknown.binds
    assert "dynamic shared quota" in str(unknown.reason)
    assert known.binds


def test_a_multi_region_endpoint_binds_nothing(rig: Rig) -> None:
    """The endpoints `us` and `eu` were observed to have no quota at all."""
    [probe] = rig.lever.probe(APP, [Place(project="acme-chat", location="eu", model="gemini-2.5-flash")])
    assert not probe.binds
    assert probe.reason


def test_what_is_set_is_read_back(rig: Rig) -> None:
    """A set limit is there when the lever says it is, and the probe shows it."""
    target = rig.target
    rig.lever.apply(target, 200_000)
    assert rig.lever.read_back(target) == 200_000
    assert rig.lever.probe(APP, [PLACE])[0].override == 200_000


def test_zero_is_a_limit_and_not_the_absence_of_one(rig: Rig) -> None:
    """Google leaves zeros out of its replies; an override of 0 still reads as 0."""
    target = rig.target
    rig.lever.apply(target, 0)
    assert rig.lever.read_back(target) == 0
    assert rig.lever.probe(APP, [PLACE])[0].effective == 0


def test_minus_one_is_an_override_to_unlimited(rig: Rig) -> None:
    """An override that lifts a limit is still an override: it is found, read back and restored as -1."""
    target = rig.target
    rig.lever.apply(target, -1)
    assert rig.lever.read_back(target) == -1


def test_setting_twice_is_setting_once(rig: Rig) -> None:
    """A caller who does not know whether the first call arrived may simply call again."""
    target = rig.target
    rig.lever.apply(target, 200_000)
    rig.lever.apply(target, 200_000)
    assert rig.lever.read_back(target) == 200_000


def test_restoring_to_none_deletes_the_override(rig: Rig) -> None:
    """What was found was nothing, so nothing is left; doing it again changes nothing."""
    target = rig.target
    rig.lever.apply(target, 200_000)
    rig.lever.restore(target, None)
    assert rig.lever.read_back(target) is None
    rig.lever.restore(target, None)
    assert rig.lever.read_back(target) is None


@pytest.mark.parametrize("found", [0, -1, 750_000])
def test_restoring_puts_a_former_override_back(rig: Rig, found: int) -> None:
    """What another person had set before stands there again, to the last token, zero and unlimited too."""
    target = rig.target
    rig.somebody_else_sets(target, found)
    assert rig.lever.read_back(target) == found
    rig.lever.apply(target, 200_000)
    rig.lever.restore(target, found)
    assert rig.lever.read_back(target) == found


def test_what_somebody_else_sets_is_seen(rig: Rig) -> None:
    """A lever reads the world, not its own memory."""
    target = rig.target
    rig.lever.apply(target, 200_000)
    rig.somebody_else_sets(target, 900_000)
    assert rig.lever.read_back(target) == 900_000


@pytest.mark.parametrize("method", ["apply", "restore"])
def test_a_lost_reply_is_unavailable_and_calling_again_heals(rig: Rig, method: str) -> None:
    """The effect may be there without the reply; the same call again ends in the same state."""
    target = rig.target
    rig.lever.apply(target, 500_000)

    def call() -> None:
        if method == "apply":
            rig.lever.apply(target, 200_000)
        else:
            rig.lever.restore(target, None)

    rig.fails(method, "lost reply")
    with pytest.raises(Unavailable):
        call()
    call()
    assert rig.lever.read_back(target) == (200_000 if method == "apply" else None)


def test_an_overload_says_how_long_to_wait_and_changes_nothing(rig: Rig) -> None:
    """A 429 with Retry-After is worth trying again, after that pause."""
    target = rig.target
    rig.fails("apply", "overload")
    with pytest.raises(Unavailable) as caught:
        rig.lever.apply(target, 200_000)
    assert caught.value.retry_after == 30
    assert rig.lever.read_back(target) is None


def test_a_missing_permission_is_rejected(rig: Rig) -> None:
    """Trying again helps nothing: a person must grant it."""
    target = rig.target
    rig.fails("apply", "no permission")
    with pytest.raises(Rejected):
        rig.lever.apply(target, 200_000)


# What only the real lever can show


def test_the_lever_is_called_with_force_and_int64_as_text(google: Google) -> None:
    """Without `force` a brake of more than 10 % is refused; the sandbox checks the rest against Google's schema."""
    google.lever.apply(google.target, 200_000)
    [call] = google.asked(IMPORT)
    assert call.body["force"] is True
    assert call.body["inlineSource"]["overrides"][0]["overrideValue"] == "200000"


def test_applying_waits_for_the_operation(google: Google) -> None:
    """Operations take seconds: when `apply` comes back, the service has accepted the value."""
    before = google.clock.now()
    google.lever.apply(google.target, 200_000)
    assert 7 <= (google.clock.now() - before).total_seconds() <= 15
    assert google.asked(GET_OPERATION)


def test_a_slow_call_is_waited_for(google: Google) -> None:
    """A call that drags is no error."""
    google.plane.faults.inject(IMPORT, Slow(seconds=40))
    google.lever.apply(google.target, 200_000)
    assert google.lever.read_back(google.target) == 200_000


def test_an_operation_that_never_ends_is_unavailable(google: Google) -> None:
    """The wait is bounded; afterwards the caller reads back or sets again."""
    waits: list[float] = []
    lever = QuotaLever(google.lever._apis, sleep=waits.append)  # a clock that stands still: nothing ever ends
    with pytest.raises(Unavailable, match="still runs"):
        lever.apply(google.target, 200_000)
    assert waits == list(PAUSES)


@pytest.mark.parametrize(("status", "error"), [("INTERNAL", Unavailable), ("FAILED_PRECONDITION", Rejected)])
def test_an_operation_that_fails_later_is_an_error(google: Google, status: str, error: type[Exception]) -> None:
    """Accepted is not done: the operation's own error is raised, with nothing changed."""
    target = google.target
    google.plane.faults.inject(IMPORT, FailLate(status=status))
    with pytest.raises(error, match="the operation failed"):
        google.lever.apply(target, 200_000)
    assert google.lever.read_back(target) is None


def test_a_server_error_is_unavailable(google: Google) -> None:
    """5xx is worth trying again."""
    target = google.target
    google.plane.faults.inject(IMPORT, HttpFault(status=503))
    with pytest.raises(Unavailable, match="503"):
        google.lever.apply(target, 200_000)


def test_a_disabled_api_is_rejected_with_its_reason(google: Google) -> None:
    """Whoever reads the message can look the reason up."""
    google.plane.disable_api("acme-chat", "serviceusage.googleapis.com")
    with pytest.raises(Rejected, match="SERVICE_DISABLED"):
        google.lever.probe(APP, [PLACE])


def test_a_missing_permission_is_named(google: Google) -> None:
    """The message holds the permission that a person must grant."""
    google.plane.deny("acme-chat", "serviceusage.quotas.get")
    with pytest.raises(Rejected, match=r"IAM_PERMISSION_DENIED.*serviceusage\.quotas\.get"):
        google.lever.probe(APP, [PLACE])


def test_one_unreadable_project_fails_the_whole_probe(google: Google) -> None:
    """No answer about a project is not the answer that it has no quota."""
    google.plane.deny("acme-search", "serviceusage.quotas.get")
    other = Place(project="acme-search", location="global", model="gemini-2.5-flash")
    with pytest.raises(Rejected, match="acme-search"):
        google.lever.probe(APP, [PLACE, other])


def test_an_override_whose_base_model_matches_nothing_does_not_read_back(google: Google) -> None:
    """Google accepts it and limits nothing; reading back finds it out, and restoring cleans it up."""
    known = google.target
    lost = Target(
        known.lever, known.project, known.service, known.metric, known.unit, (("base_model", "gemini-2.5-flash"),)
    )
    google.lever.apply(lost, 200_000)
    assert google.lever.read_back(lost) is None
    google.lever.restore(lost, None)
    assert len(google.asked(DELETE)) == 1


def test_a_deletion_whose_reply_was_lost_once_is_waited_for(google: Google) -> None:
    """The HTTP library resends by itself and meets a 404: restored is only what is no longer listed."""
    target = google.target
    google.lever.apply(target, 200_000)
    google.plane.faults.inject(DELETE, LostReply())
    google.lever.restore(target, None)
    assert google.lever.read_back(target) is None


def test_restoring_deletes_only_its_own_bucket(google: Google) -> None:
    """The neighbour's override under the same limit stays."""
    flash = google.target
    pro = google.lever.probe(APP, [Place(project="acme-chat", location="global", model="gemini-2.5-pro")])[0].target
    google.lever.apply(flash, 200_000)
    google.lever.apply(pro, 300_000)
    google.lever.restore(flash, None)
    assert (google.lever.read_back(flash), google.lever.read_back(pro)) == (None, 300_000)


TOKENS = "input_tokens_per_minute"
REQUESTS = "requests_per_minute"


@pytest.mark.parametrize(
    ("model", "location", "metric", "bucket"),
    [
        (
            "gemini-2.5-flash@001",
            "global",
            "global_generate_content_input_tokens_per_minute_per_base_model",
            (TOKENS, {"base_model": "gemini-2.5-flash-ga"}),
        ),
        (
            "gemini-2.5-flash",
            "us-central1",
            "generate_content_input_tokens_per_minute_per_base_model",
            (TOKENS, {"base_model": "gemini-2.5-flash-ga", "region": "us-central1"}),
        ),
        (
            "gemini-1.5-pro",
            "europe-west1",
            "generate_content_requests_per_minute_per_project_per_base_model",
            (REQUESTS, {"base_model": "gemini-1.5-pro", "region": "europe-west1"}),
        ),
        (
            "claude-sonnet-4@20250514",
            "us-east5",
            "online_prediction_requests_per_base_model",
            (REQUESTS, {"base_model": "anthropic-claude-sonnet-4", "region": "us-east5"}),
        ),
        (
            "claude-opus-4-6",
            "global",
            "global_online_prediction_requests_per_base_model",
            (REQUESTS, {"base_model": "anthropic-claude-opus-4-6"}),
        ),
        (
            "text-embedding-005",
            "us-central1",
            "online_prediction_requests_per_base_model",
            (REQUESTS, {"base_model": "textembedding-gecko", "region": "us-central1"}),
        ),
    ],
)
def test_each_kind_of_model_has_its_own_quota(
    google: Google, model: str, location: str, metric: str, bucket: tuple[str, dict[str, str]]
) -> None:
    """Metric, unit, region and the odd name of the bucket come from what the project lists."""
    [probe] = google.lever.probe(APP, [Place(project="acme-chat", location=location, model=model)])
    assert probe.binds, probe.reason
    assert probe.target.metric == f"aiplatform.googleapis.com/{metric}"
    assert (probe.unit, dict(probe.target.dimensions)) == bucket


def test_an_unlimited_bucket_has_no_effective_limit(google: Google) -> None:
    """-1 from Google is unlimited, not a very low limit."""
    [probe] = google.lever.probe(APP, [Place(project="acme-chat", location="global", model="gemini-3.7-flash")])
    assert probe.effective is None


def test_a_region_that_the_limit_does_not_know_binds_nothing(google: Google) -> None:
    """An override there would be refused."""
    [probe] = google.lever.probe(APP, [Place(project="acme-chat", location="asia-east1", model="claude-sonnet-4")])
    assert not probe.binds


def test_a_probe_lists_each_project_once(google: Google) -> None:
    """Twenty places in one project are one listing."""
    google.lever.probe(APP, [PLACE, Place(project="acme-chat", location="global", model="gemini-2.5-pro")])
    assert len(google.asked(LIST)) == 1


def test_an_override_below_minus_one_is_a_bug_of_ours(google: Google) -> None:
    """It is stopped before it leaves the house."""
    with pytest.raises(ValueError, match="-2"):
        google.lever.apply(google.target, -2)


SET = "serviceusage.quotas.update"


class Told:
    """Rights that another identity has found out."""

    def __init__(self, *lacks: str) -> None:
        self._lacks = lacks

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        return tuple(one for one in permissions if project == PLACE.project and one in self._lacks)


def test_nothing_binds_where_whoever_would_set_it_may_not(google: Google) -> None:
    """Asked of Google by who sets it; a watch that may only read is told, and its own rights say nothing."""
    google.plane.deny(PLACE.project, SET)
    [found] = google.lever.probe(APP, [PLACE])
    assert (found.binds, found.missing) == (False, (SET,))
    assert QuotaLever(google.lever._apis, rights=Told()).probe(APP, [PLACE])[0].binds
    google.plane.allow(PLACE.project, SET)
    assert google.lever.probe(APP, [PLACE])[0].binds
    [told] = QuotaLever(google.lever._apis, rights=Told(SET)).probe(APP, [PLACE])
    assert (told.binds, told.missing) == (False, (SET,))
