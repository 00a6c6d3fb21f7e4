"""The numbers of projects, against the sandbox's Resource Manager."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from freio.adapters.google.client import GoogleApis
from freio.adapters.google.projects import GoogleProjects
from freio.errors import Rejected, Unavailable
from freio.sandbox.google.control_plane import ControlPlane
from freio.sandbox.google.faults import HttpFault
from freio.sandbox.google.server import serve

GET = "cloudresourcemanager.projects.get"


@pytest.fixture
def plane() -> ControlPlane:
    return ControlPlane(now=lambda: datetime(2026, 11, 23, tzinfo=UTC), projects=["acme-chat"])


@pytest.fixture
def projects(plane: ControlPlane) -> Iterator[GoogleProjects]:
    server = serve(plane)
    apis = GoogleApis(endpoint=server.url, timeout=10)
    yield GoogleProjects(apis)
    apis.close()
    server.stop()


def test_a_projects_number_is_read(plane: ControlPlane, projects: GoogleProjects) -> None:
    """As text."""
    assert projects.number("acme-chat") == plane.projects.by_id["acme-chat"].number


def test_what_may_not_be_read_and_what_passes(plane: ControlPlane, projects: GoogleProjects) -> None:
    """A permission is a person's affair; an overload passes."""
    plane.faults.inject(GET, HttpFault(status=503))
    with pytest.raises(Unavailable):
        projects.number("acme-chat")
    plane.deny("acme-chat", "resourcemanager.projects.get")
    with pytest.raises(Rejected, match=r"resourcemanager\.projects\.get"):
        projects.number("acme-chat")
    with pytest.raises(Rejected):
        projects.number("acme-nowhere")
