"""Who may what: the design's table, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from freio.domain.app import Approvals
from freio.domain.authority import Person, Rights, Standing, may, may_approve
from freio.domain.incident import Action
from tests.simulation.cast import a_client, an_app

YES, ASKS, NO = Standing.YES, Standing.ASKS, Standing.NO
OPS = Rights(ops=True, owner=False, cost_owner=False)
OWNER = Rights(ops=False, owner=True, cost_owner=False)
COST_OWNER = Rights(ops=False, owner=False, cost_owner=True)
NOBODY = Rights(ops=False, owner=False, cost_owner=False)
STRICT, LOOSE = Approvals(), Approvals(ops_may_raise=True)


@pytest.mark.parametrize(
    ("action", "ops", "owner", "cost_owner"),
    [
        (Action.THROTTLE, YES, YES, YES),
        (Action.SNOOZE, YES, YES, YES),
        (Action.EXPECTED, YES, YES, YES),
        (Action.KEEP, YES, ASKS, YES),
        (Action.RAISE, NO, ASKS, ASKS),
        (Action.RELEASE, NO, ASKS, ASKS),
    ],
)
def test_the_table_of_rights(action: Action, ops: Standing, owner: Standing, cost_owner: Standing) -> None:
    """Each row; nobody in particular may nothing."""
    assert [may(action, rights, STRICT) for rights in (OPS, OWNER, COST_OWNER)] == [ops, owner, cost_owner]
    assert may(action, NOBODY, LOOSE) is NO


@pytest.mark.parametrize("action", [Action.RAISE, Action.RELEASE])
def test_ops_raise_and_release_where_the_file_says_so(action: Action) -> None:
    """Off unless configured; an owner asks all the same."""
    assert may(action, OPS, LOOSE) is YES
    assert may(action, OWNER, LOOSE) is ASKS


@pytest.mark.parametrize("action", [Action.RAISE, Action.RELEASE])
def test_nobody_approves_their_own_request_to_loosen_a_throttle(action: Action) -> None:
    """A cost owner decides about others' requests alone."""
    rui = Person(id="URUI", name="Rui")
    assert may_approve(action, rui, "UANA", COST_OWNER, STRICT)
    assert not may_approve(action, rui, "URUI", COST_OWNER, LOOSE)
    assert not may_approve(action, rui, "UANA", OWNER, LOOSE)
    assert not may_approve(action, rui, "UANA", OPS, STRICT)
    assert may_approve(action, rui, "UANA", OPS, LOOSE)


@pytest.mark.parametrize(
    "state", [{"is_guest": True}, {"is_bot": True}, {"is_active": False}], ids=["guest", "bot", "deactivated"]
)
def test_guests_bots_and_deactivated_people_may_nothing(state: dict[str, Any]) -> None:
    """Whatever lists they stand in."""
    client = a_client()
    person = Person(id="U1", name="Ana", email="ana@acme.example", groups=frozenset({"SOPS"}), **state)
    assert Rights.of(person, an_app("chat", "ana"), client.approvals) == NOBODY


def test_people_are_known_by_id_group_or_address_and_never_by_name() -> None:
    """A display name that looks like an address is a name."""
    assert Person(id="U1", name="x").is_in(("U1",))
    assert Person(id="U1", name="x", groups=frozenset({"S1"})).is_in(("S1",))
    assert Person(id="U1", name="x", email="Ana@Acme.example").is_in(("ana@acme.example",))
    assert not Person(id="U1", name="ana@acme.example").is_in(("ana@acme.example", ""))
