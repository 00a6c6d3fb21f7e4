"""What a reader of Google's spend caps promises, against the sandbox's Budget API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.spend_caps import GoogleSpendCaps
from freio.domain.money import Money
from freio.domain.spend_cap import VERTEX_BILLED, CapState
from freio.errors import Rejected, Unavailable
from freio.sandbox.google.budgets_api import CapBudget
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.demand import Demand
from freio.sandbox.google.faults import HttpFault, LostReply
from freio.sandbox.google.server import serve

ACCOUNT = "01D4EE-079462-DFD6EC"
LIST = "billingbudgets.billingAccounts.budgets.list"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CAP = CapBudget(
    account=ACCOUNT,
    budget_id="b-1",
    display_name="vertex-cap",
    project="acme-chat",
    service=VERTEX_BILLED,
    amount=Decimal("1200.5"),
    currency="BRL",
)


@dataclass(frozen=True)
class Google:
    caps: GoogleSpendCaps
    plane: ControlPlane


@pytest.fixture
def google() -> Iterator[Google]:
    plane = ControlPlane(now=lambda: NOON, projects=["acme-chat", "acme-search"])
    server = serve(plane)
    apis = GoogleApis(endpoint=server.url, timeout=10)
    yield Google(caps=GoogleSpendCaps(apis, ACCOUNT, "BRL"), plane=plane)
    apis.close()
    server.stop()


def test_a_cap_is_read_whole(google: Google) -> None:
    """Its project is the one that was asked for, though Google names it by number."""
    google.plane.put_spend_cap(CAP)
    (cap,) = google.caps.caps(["acme-chat", "acme-search"])
    assert (cap.name, cap.project, cap.service) == ("vertex-cap", "acme-chat", VERTEX_BILLED)
    assert cap.limit == Money(Decimal("1200.5"), "BRL")
    assert (cap.state, cap.moving, cap.pauses) == (CapState.CONFIGURED, False, False)


@pytest.mark.parametrize("state", ["ENFORCED", "AWAITING_NEXT_PERIOD"])
def test_where_a_cap_rests_is_what_google_says_and_not_what_was_asked_for(google: Google, state: str) -> None:
    """An enforced cap's input state still says CONFIGURED."""
    google.plane.put_spend_cap(replace(CAP, state=state, reconciling=True))
    (cap,) = google.caps.caps(["acme-chat"])
    assert (cap.state, cap.moving, cap.pauses) == (CapState(state), True, state == "ENFORCED")


def test_an_enforced_cap_stops_the_services_traffic_and_no_partners(google: Google) -> None:
    """In the sandbox: what is paused lets nothing through; a partner's model is billed apart."""
    google.plane.put_spend_cap(replace(CAP, state="ENFORCED"))

    def served(project: str, model: str) -> int:
        demand = Demand(requests=10, input_tokens=100)
        return google.plane.serve(project=project, location="us-east5", model=model, at=NOON, demand=demand).requests

    assert served("acme-chat", "gemini-2.5-flash") == 0
    assert served("acme-chat", "claude-sonnet-4") == 10
    assert served("acme-search", "gemini-2.5-flash") == 10


def test_every_page_is_read(google: Google) -> None:
    """The list gives a hundred at once."""
    for number in range(130):
        google.plane.put_spend_cap(replace(CAP, budget_id=f"b-{number}"))
    assert len(google.caps.caps(["acme-chat"])) == 130


def test_nothing_is_ever_written(google: Google) -> None:
    """Terraform owns the caps."""
    google.plane.put_spend_cap(CAP)
    google.caps.caps(["acme-chat"])
    assert {one.verb for one in google.plane.log} == {"GET"}


def test_a_missing_permission_is_a_persons_affair(google: Google) -> None:
    """Nothing but a person's grant helps."""
    google.plane.deny_billing(ACCOUNT, "billing.budgets.list")
    with pytest.raises(Rejected, match=r"billing\.budgets\.list"):
        google.caps.caps(["acme-chat"])


def test_an_overload_and_a_lost_reply_pass(google: Google) -> None:
    """The next look tries again."""
    google.plane.faults.inject(LIST, HttpFault(status=429, retry_after=9))
    with pytest.raises(Unavailable) as caught:
        google.caps.caps(["acme-chat"])
    assert caught.value.retry_after == 9
    google.plane.faults.inject(LIST, LostReply(), times=2)
    with pytest.raises(Unavailable):
        google.caps.caps(["acme-chat"])
