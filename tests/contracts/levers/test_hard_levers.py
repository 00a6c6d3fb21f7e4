"""What only the hard levers can show: they never touch Freio's own project, and never more than they were told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from freio.adapters.google.billing_lever import UnlinkBillingLever, setting_of
from freio.adapters.google.long_running import PAUSES
from freio.adapters.google.service_lever import DISABLED, DisableServiceLever
from freio.domain.lever import KINDS
from freio.domain.sentences import BILLING_IS_OFF, OWN_PROJECT, SERVICE_IS_OFF
from freio.domain.target import Lease, Target
from freio.errors import Rejected, Unavailable
from freio.ports import Lever, Place
from freio.sandbox.google.billing_api import ACCOUNT
from freio.sandbox.google.faults import FailLate, HttpFault, Meanwhile
from tests.contracts.levers.disable_service import DISABLE, ENABLE, GET
from tests.contracts.levers.stopping import APP, PLACE, PROJECT, World, world
from tests.contracts.levers.stopping import OWN_PROJECT as OWN
from tests.contracts.levers.unlink_billing import OTHER_ACCOUNT, UPDATE

VERTEX = "aiplatform.googleapis.com"
SERVICE = Target("disable_service", PROJECT, VERTEX, "service", "")
BILLING = Target("unlink_billing", PROJECT, "cloudbilling.googleapis.com", "billing", "")
AGENTS = "ces.googleapis.com"


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def disabling(here: World) -> DisableServiceLever:
    return DisableServiceLever(here.apis, own_project=OWN, sleep=here.clock.sleep)


@pytest.fixture
def unlinking(here: World) -> UnlinkBillingLever:
    return UnlinkBillingLever(here.apis, own_project=OWN)


@pytest.fixture(params=["disable_service", "unlink_billing"])
def lever(request: pytest.FixtureRequest, disabling: DisableServiceLever, unlinking: UnlinkBillingLever) -> Lever:
    levers: dict[str, Lever] = {"disable_service": disabling, "unlink_billing": unlinking}
    return levers[request.param]


def test_they_are_hard(lever: Lever) -> None:
    """Two named people must agree, and no policy pulls them."""
    assert KINDS[lever.name].hard


def test_freios_own_project_is_refused_by_name(here: World, lever: Lever) -> None:
    """By the probe, and once more when it is set, before anything is asked of Google."""
    probe, other = lever.probe(APP, [Place(project=OWN, location="global", model="gemini-2.5-pro"), PLACE])
    assert (probe.binds, probe.reason and probe.reason.text) == (False, OWN_PROJECT)
    assert OWN in str(probe.reason)
    assert other.binds
    asked = len(here.plane.log)
    with pytest.raises(Rejected, match=f"{OWN}: Freio itself runs there"):
        lever.apply(probe.target, lever.plan(other.target, None, [_lease(here)]))
    assert len(here.plane.log) == asked


def _lease(here: World) -> Lease:
    now = here.clock.now()
    return Lease(incident="i", app=APP.name, value=0, since=now, until=now, takes=("x",))


def test_places_of_one_project_are_asked_about_once(here: World, lever: Lever) -> None:
    """A project is on or off as a whole; each place gets its answer."""
    places = [PLACE, replace(PLACE, location="us-central1"), replace(PLACE, model="gemini-2.5-flash")]
    probes = lever.probe(APP, places)
    assert [(probe.location, probe.model) for probe in probes] == [(one.location, one.model) for one in places]
    assert len({probe.target for probe in probes}) == 1
    assert len(here.asked("cloudresourcemanager.projects.testIamPermissions")) == 1


def test_only_their_own_setting_can_be_set(lever: Lever) -> None:
    """Neither enables, links, nor knows a limit."""
    for setting in (0, None, "ENABLED", setting_of(ACCOUNT)):
        with pytest.raises(ValueError, match=r"Freio unlinks|can be set to DISABLED alone"):
            lever.apply(replace(SERVICE, lever=lever.name), setting)


# disable_service


def test_what_depends_on_the_service_holds_it_back_and_is_named(here: World, disabling: DisableServiceLever) -> None:
    """Other services are never turned off with it: a person must decide about them."""
    here.plane.front.services.set_as_somebody_else(PROJECT, AGENTS, on=True)
    with pytest.raises(Rejected, match=f"COMMON_SU_SERVICE_HAS_DEPENDENT_SERVICES.*{AGENTS}"):
        disabling.apply(SERVICE, DISABLED)
    assert disabling.read_back(SERVICE) is None


def test_it_says_that_use_does_not_matter_and_that_others_stay(here: World, disabling: DisableServiceLever) -> None:
    """A service that runs away was used in the last 30 days: the check would always refuse."""
    here.serves(SERVICE, 60, 5)
    disabling.apply(SERVICE, DISABLED)
    [call] = here.asked(DISABLE)
    body = call.body  # type: ignore[attr-defined]  # a logged request
    assert body["checkIfServiceHasUsage"] == "SKIP"
    assert not body.get("disableDependentServices", False)


def test_the_probe_warns_of_what_it_skips(disabling: DisableServiceLever) -> None:
    """People know before they agree."""
    [probe] = disabling.probe(APP, [PLACE])
    assert "30 days" in str(probe.note)
    assert "depends on it" in str(probe.note)


def test_a_service_that_is_off_is_not_offered(here: World, disabling: DisableServiceLever) -> None:
    """What is off stands there as somebody else's, and stays off when we let go."""
    here.plane.front.services.set_as_somebody_else(PROJECT, VERTEX, on=False)
    [probe] = disabling.probe(APP, [PLACE])
    assert (probe.binds, probe.override, probe.reason and probe.reason.text) == (False, DISABLED, SERVICE_IS_OFF)
    disabling.apply(SERVICE, DISABLED)
    assert not here.asked(DISABLE)


def test_who_disables_it_in_between_is_no_error(here: World, disabling: DisableServiceLever) -> None:
    """Google refuses to disable what is off: it is what was wanted."""
    here.plane.faults.inject(
        DISABLE, Meanwhile(act=lambda: here.plane.front.services.set_as_somebody_else(PROJECT, VERTEX, on=False))
    )
    disabling.apply(SERVICE, DISABLED)
    assert disabling.read_back(SERVICE) == DISABLED


def test_applying_waits_for_the_operation(here: World, disabling: DisableServiceLever) -> None:
    """When it comes back, the service is off."""
    before = here.clock.now()
    disabling.apply(SERVICE, DISABLED)
    assert 7 <= (here.clock.now() - before).total_seconds() <= 15
    assert here.asked("serviceusage.operations.get")


def test_an_operation_that_never_ends_is_unavailable(here: World) -> None:
    """The wait is bounded."""
    waits: list[float] = []
    lever = DisableServiceLever(here.apis, own_project=OWN, sleep=waits.append)
    with pytest.raises(Unavailable, match="still runs"):
        lever.apply(SERVICE, DISABLED)
    assert waits == list(PAUSES)


def test_an_operation_that_ends_in_an_error_is_rejected_where_it_lasts(
    here: World, disabling: DisableServiceLever
) -> None:
    """Disabling can fail while resources live."""
    here.plane.faults.inject(DISABLE, FailLate(status="FAILED_PRECONDITION", message="resources are in use"))
    with pytest.raises(Rejected, match="the operation failed: resources are in use"):
        disabling.apply(SERVICE, DISABLED)
    assert disabling.read_back(SERVICE) is None


def test_enabling_fails_later_and_is_told(here: World, disabling: DisableServiceLever) -> None:
    """Best effort is not silence."""
    disabling.apply(SERVICE, DISABLED)
    here.plane.faults.inject(ENABLE, FailLate())
    with pytest.raises(Unavailable, match="the operation failed"):
        disabling.restore(SERVICE, None)
    disabling.restore(SERVICE, None)
    assert disabling.read_back(SERVICE) is None


def test_a_server_error_is_unavailable(here: World, disabling: DisableServiceLever) -> None:
    """Worth trying again; the client of this API does not try by itself."""
    here.plane.faults.inject(GET, HttpFault(status=503))
    with pytest.raises(Unavailable, match="503"):
        disabling.read_back(SERVICE)


# unlink_billing


def test_the_probe_warns_that_data_may_be_lost(unlinking: UnlinkBillingLever) -> None:
    """Loudly, and with the account that only a person can link again."""
    [probe] = unlinking.probe(APP, [PLACE])
    assert "CAN DESTROY DATA" in str(probe.note)
    assert ACCOUNT in str(probe.note)
    assert probe.takes == (ACCOUNT,)


def test_a_project_without_an_account_is_not_offered(here: World, unlinking: UnlinkBillingLever) -> None:
    """There is nothing to take away; an empty field is left out of the reply."""
    here.plane.front.billing.set_as_somebody_else(PROJECT, "")
    [probe] = unlinking.probe(APP, [PLACE])
    assert (probe.binds, probe.override, probe.reason and probe.reason.text) == (
        False,
        setting_of(""),
        BILLING_IS_OFF,
    )


def test_putting_back_names_the_command_until_a_person_has_run_it(here: World, unlinking: UnlinkBillingLever) -> None:
    """And Freio never links an account by itself."""
    found = unlinking.read_back(BILLING)
    unlinking.apply(BILLING, setting_of(""))
    with pytest.raises(
        Rejected,
        match=f"gcloud billing projects link {PROJECT} --billing-account=01D4EE-079462-DFD6EC",
    ):
        unlinking.restore(BILLING, found)
    here.plane.front.billing.set_as_somebody_else(PROJECT, ACCOUNT)
    unlinking.restore(BILLING, found)
    assert [one.body for one in here.asked(UPDATE)] == [{"billingAccountName": ""}]  # type: ignore[attr-defined]


def test_an_account_that_should_not_be_there_is_taken_away_by_hand_too(
    here: World, unlinking: UnlinkBillingLever
) -> None:
    """What was found may be that none is linked."""
    here.plane.front.billing.set_as_somebody_else(PROJECT, OTHER_ACCOUNT)
    with pytest.raises(Rejected, match=f"gcloud billing projects unlink {PROJECT}$"):
        unlinking.restore(BILLING, setting_of(""))


def test_a_service_account_may_lack_only_the_linking(here: World, unlinking: UnlinkBillingLever) -> None:
    """Freio needs no permission to link, so it is given none."""
    here.plane.deny(PROJECT, "resourcemanager.projects.createBillingAssignment")
    unlinking.apply(BILLING, setting_of(""))
    assert unlinking.read_back(BILLING) == setting_of("")
