"""What Freio may do in a project is asked before a lever is offered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.permissions import AT_ONCE, missing
from freio.errors import Rejected, Unavailable
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.faults import HttpFault
from freio.sandbox.google.server import serve

TEST = "cloudresourcemanager.projects.testIamPermissions"
READ, WRITE = "apikeys.keys.get", "apikeys.keys.update"


@pytest.fixture
def plane() -> ControlPlane:
    return ControlPlane(now=lambda: datetime(2026, 11, 2, 12, tzinfo=UTC), projects=["acme-chat"])


@pytest.fixture
def apis(plane: ControlPlane) -> Iterator[GoogleApis]:
    server = serve(plane)
    made = GoogleApis(endpoint=server.url, timeout=10)
    yield made
    made.close()
    server.stop()


def test_nothing_is_missing_where_everything_is_held(apis: GoogleApis) -> None:
    """A caller with all permissions lacks none, and asking for none asks nobody."""
    assert missing(apis, "acme-chat", [READ, WRITE]) == ()
    assert missing(apis, "acme-chat", []) == ()


def test_what_is_not_held_is_named_in_the_order_asked(plane: ControlPlane, apis: GoogleApis) -> None:
    """Each missing permission is named once, also where the reply holds none at all."""
    plane.deny("acme-chat", WRITE)
    assert missing(apis, "acme-chat", [READ, WRITE, READ]) == (WRITE,)
    plane.deny("acme-chat", READ)
    assert missing(apis, "acme-chat", [WRITE, READ]) == (WRITE, READ)


def test_many_are_asked_in_parts(plane: ControlPlane, apis: GoogleApis) -> None:
    """More than one question may hold, and none of them is lost."""
    many = [f"apikeys.keys.verb{number}" for number in range(AT_ONCE + 1)]
    plane.deny("acme-chat", many[0])
    plane.deny("acme-chat", many[-1])
    assert missing(apis, "acme-chat", many) == (many[0], many[-1])
    assert [one.method_id for one in plane.log] == [TEST, TEST]


def test_no_answer_is_not_a_missing_permission(plane: ControlPlane, apis: GoogleApis) -> None:
    """What could not be asked is an error, and never "lacks nothing" or "lacks all"."""
    plane.faults.inject(TEST, HttpFault(status=503))
    with pytest.raises(Unavailable):
        missing(apis, "acme-chat", [READ])
    with pytest.raises(Rejected):
        missing(apis, "nobody-s-project", [READ])
    with pytest.raises(Rejected):
        missing(apis, "acme-chat", ["apikeys.*"])
    plane.disable_api("acme-chat", "cloudresourcemanager.googleapis.com")
    with pytest.raises(Rejected, match="SERVICE_DISABLED"):
        missing(apis, "acme-chat", [READ])
