"""Whether a brake could be set is looked into before it is needed, by the identity that would set it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from freio.adapters.local.memory import MemoryStore
from freio.domain.journal import Kind
from freio.domain.notice import Notice
from freio.domain.rights import Lack, RightsReport
from freio.errors import Unavailable
from freio.guard.rights import RightsWatch, ToldRights
from tests.fakes import FakeClock, FakeLever
from tests.unit.guard.watching import NOW, PROJECT, app, client

SET = "quota.set"
FAR = datetime(2100, 1, 1, tzinfo=UTC)


class Town:
    """Two apps that share a project, a lever, and who looks into its rights."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.store = MemoryStore()
        self.lever = Counting()
        self.client = client(app(), app("search", match=app().match))
        self.watch = RightsWatch(self.client, self.store, self.clock, {"quota": self.lever})
        self.told = ToldRights("quota", self.store, self.clock)

    def report(self) -> RightsReport:
        found = self.store.get(RightsReport, RightsReport().id)
        assert found is not None
        return found

    def failures(self) -> list[str]:
        return [entry.what for entry in self.store.entries() if entry.kind is Kind.FAILURE]

    def pages(self) -> list[str]:
        return [notice.data["what"] for notice in self.store.due(Notice, FAR) if notice.id.startswith("page/")]


class Counting(FakeLever):
    """A lever that writes down what it was asked."""

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        self.asked = [*getattr(self, "asked", []), (project, tuple(permissions))]
        return super().lacks(project, permissions)


@pytest.fixture
def town() -> Town:
    return Town()


def test_what_is_lacking_is_kept_and_paged_before_a_brake_is_needed(town: Town) -> None:
    """And the lever of the watch, which may not ask, is told."""
    town.lever.lacking[PROJECT] = (SET,)
    assert town.told.lacks(PROJECT, ["quota.get", SET]) == ()
    town.watch.look()
    assert town.report().lacks == (Lack(lever="quota", project=PROJECT, permissions=(SET,)),)
    assert town.told.lacks(PROJECT, ["quota.get", SET]) == (SET,)
    assert ToldRights("api_key", town.store, town.clock).lacks(PROJECT, [SET]) == ()
    [failure] = town.failures()
    assert failure == f"braking with quota in {PROJECT}: Rejected('Freio lacks {SET}')"
    assert town.pages() == [f"braking with quota in {PROJECT}"]


def test_it_is_looked_into_once_an_hour(town: Town) -> None:
    """A right that was lost or came back is known within the hour; nobody's word is believed for longer than three."""
    town.lever.lacking[PROJECT] = (SET,)
    town.watch.look()
    town.lever.lacking.clear()
    town.clock.sleep(59 * 60)
    town.watch.look()
    assert town.told.lacks(PROJECT, [SET]) == (SET,)
    town.clock.sleep(60)
    town.watch.look()
    assert town.told.lacks(PROJECT, [SET]) == ()
    town.lever.lacking[PROJECT] = (SET,)
    town.clock.sleep(60 * 60)
    town.watch.look()
    assert town.told.lacks(PROJECT, [SET]) == (SET,)
    town.clock.sleep(3 * 60 * 60 + 1)
    assert town.told.lacks(PROJECT, [SET]) == ()


def test_a_project_that_cannot_be_asked_withholds_no_brake(town: Town) -> None:
    """What may be done there is not known: that is noted."""
    town.lever.will_fail("lacks", Unavailable("503"))
    town.watch.look()
    assert town.report().lacks == ()
    [failure] = town.failures()
    assert "503" in failure


def test_a_lever_is_asked_once_for_a_project_that_apps_share(town: Town) -> None:
    """And only for the apps that name it."""
    town.watch.look()
    assert town.lever.asked == [(PROJECT, ("quota.get", SET))]
