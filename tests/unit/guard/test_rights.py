"""Whether a brake could be set is looked into before it is needed, by the identity that would set it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from freio.adapters.local.memory import MemoryStore
from freio.domain.app import App, Match
from freio.domain.journal import Kind
from freio.domain.notice import Notice
from freio.domain.rights import BilledHomes, RightsReport
from freio.domain.spend import Probe
from freio.errors import Rejected, Unavailable
from freio.guard.rights import RightsWatch, ToldRights
from freio.ports import Place
from tests.fakes import FakeClock, FakeLever
from tests.unit.guard.watching import NOW, PROJECT, app, client
from tests.unit.guard.watching import Town as WatchedTown

SET = "quota.set"
FAR = datetime(2100, 1, 1, tzinfo=UTC)


class Town:
    """Two apps that share a project, a lever, and who looks into its rights."""

    def __init__(self, *apps: App) -> None:
        self.clock = FakeClock(NOW)
        self.store = MemoryStore()
        self.lever = Counting()
        self.client = client(*(apps or (app(), app("search", match=app().match))))
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


@dataclass
class Counting(FakeLever):
    """A lever that writes down what it was asked; each question `takes` three seconds, and something comes between."""

    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    takes: FakeClock | None = None
    meanwhile: Callable[[], object] = field(default=lambda: None)

    def lacks(self, project: str, permissions: Sequence[str]) -> tuple[str, ...]:
        self.asked.append((project, tuple(permissions)))
        self.meanwhile()
        if self.takes:
            self.takes.sleep(3)
        return super().lacks(project, permissions)


class Told(FakeLever):
    """As the watch has it: what lacks, as somebody else has found out, does not bind."""

    def __init__(self, told: ToldRights, **fields: Any) -> None:
        super().__init__(**fields)
        self._told = told

    def probe(self, app: App, places: Sequence[Place]) -> list[Probe]:
        found = super().probe(app, places)
        return [replace(one, binds=not self._told.lacks(one.target.project, ["quota.get", SET])) for one in found]


@pytest.fixture
def town() -> Town:
    return Town()


def test_what_is_lacking_is_kept_and_paged_before_a_brake_is_needed(town: Town) -> None:
    """And the lever of the watch, which may not ask, is told."""
    town.lever.lacking[PROJECT] = (SET,)
    assert town.told.lacks(PROJECT, ["quota.get", SET]) == ()
    town.watch.look()
    assert [(one.lever, one.project, one.lacks) for one in town.report().answers] == [("quota", PROJECT, (SET,))]
    assert town.told.lacks(PROJECT, ["quota.get", SET]) == (SET,)
    assert ToldRights("api_key", town.store, town.clock).lacks(PROJECT, [SET]) == ()
    [failure] = town.failures()
    assert failure == f"braking with quota: Rejected('Freio lacks {SET} in {PROJECT}')"
    assert town.pages() == ["braking with quota"]


def test_it_is_looked_into_once_an_hour(town: Town) -> None:
    """A right that was lost is known within the hour; nobody's word is believed for longer than three."""
    town.watch.look()
    town.lever.lacking[PROJECT] = (SET,)
    for _ in range(59):
        town.clock.sleep(60)
        town.watch.look()
    assert len(town.lever.asked) == 1
    town.clock.sleep(60)
    town.watch.look()
    assert town.told.lacks(PROJECT, [SET]) == (SET,)
    town.clock.sleep(3 * 60 * 60 + 1)
    assert town.told.lacks(PROJECT, [SET]) == ()


def test_a_right_that_is_granted_at_night_counts_in_minutes(town: Town) -> None:
    """The page said what is lacking: whoever granted it must not go on reading that there is no brake."""
    town.lever.lacking[PROJECT] = (SET,)
    town.watch.look()
    town.lever.lacking.clear()
    for _ in range(5):
        assert town.told.lacks(PROJECT, [SET]) == (SET,)
        town.clock.sleep(60)
        town.watch.look()
    assert town.told.lacks(PROJECT, [SET]) == ()


def test_a_project_that_cannot_be_asked_withholds_no_brake(town: Town) -> None:
    """What may be done there is not known: that is noted, and asked again soon."""
    town.lever.will_fail("lacks", Unavailable("503"))
    town.watch.look()
    assert town.told.lacks(PROJECT, [SET]) == ()
    [failure] = town.failures()
    assert "503" in failure
    assert town.pages() == []
    town.lever.lacking[PROJECT] = (SET,)
    town.clock.sleep(5 * 60)
    town.watch.look()
    assert town.told.lacks(PROJECT, [SET]) == (SET,)


def test_what_was_known_to_lack_lacks_still_where_nobody_answers(town: Town) -> None:
    """A hiccup of the service that is asked grants nothing."""
    town.lever.lacking[PROJECT] = (SET,)
    town.watch.look()
    town.lever.will_fail("lacks", Unavailable("503"), times=99)
    for _ in range(5):
        town.clock.sleep(60 * 60)
        town.watch.look()
        assert town.told.lacks(PROJECT, [SET]) == (SET,)


def test_who_may_not_even_ask_may_do_nothing_there(town: Town) -> None:
    """`testIamPermissions` answers 403 for a project that Freio has no access to at all: no brake is offered there."""
    town.lever.will_fail("lacks", Rejected(f"asking what Freio may do in {PROJECT}: 403"))
    town.watch.look()
    assert town.told.lacks(PROJECT, ["quota.get", SET]) == ("quota.get", SET)
    [failure] = town.failures()
    assert f"Freio lacks quota.get, {SET} in {PROJECT} (asking what Freio may do in {PROJECT}: 403)" in failure
    assert town.pages() == ["braking with quota"]


def test_a_lever_is_asked_once_for_a_project_that_apps_share(town: Town) -> None:
    """And only for the apps that name it."""
    town.watch.look()
    assert town.lever.asked == [(PROJECT, ("quota.get", SET))]


def test_an_app_that_names_no_project_is_looked_into_where_it_is_billed() -> None:
    """Known by its labels alone: the watch leaves in the store where that is, and the message says that no brake is."""
    chat = app(match=Match(labels=(("app", "chat"),)))
    made = WatchedTown(client=client(chat))
    made.bill(NOW - timedelta(days=3), NOW - timedelta(hours=2), 1, labels={"app": "chat"})
    made.serve(NOW - timedelta(days=8), NOW - timedelta(hours=1), 600_000)
    made.serve(NOW - timedelta(hours=1), NOW, 60_000_000)
    told = ToldRights("quota", made.store, made.clock)
    made.lever = Told(told, lacking={PROJECT: (SET,)})
    watch = RightsWatch(made.client, made.store, made.clock, {"quota": made.lever})
    watch.look()
    made.watcher.watch()
    made.clock.sleep(5 * 60)
    watch.look()
    assert told.lacks(PROJECT, [SET]) == (SET,)
    readings = made.read()
    proposal = made.proposer.propose(
        chat, readings, spend=readings.apps["chat"].spend, allowance=None, tried=(), began=NOW, now=NOW
    )
    assert proposal.lever == ""
    before = made.store.get(BilledHomes, BilledHomes().id)
    made.watcher.watch()
    assert made.store.get(BilledHomes, BilledHomes().id) == before


def test_one_role_that_is_lacking_everywhere_is_one_alert() -> None:
    """A new deployment in fifty projects: one page that names them; and one more, where more projects lack it later."""
    town = Town(*(app(f"a{n}") for n in range(50)))
    town.lever.lacking = {f"acme-a{n}": (SET,) for n in range(49)}
    town.watch.look()
    [page] = town.pages()
    [failure] = town.failures()
    assert page == "braking with quota"
    assert f"Freio lacks {SET} in acme-a0, acme-a1, acme-a10" in failure
    assert failure.endswith(" and 39 more')")
    town.lever.lacking["acme-a49"] = (SET,)
    for _ in range(13):
        town.clock.sleep(5 * 60)
        town.watch.look()
    assert sorted(town.pages()) == ["braking with quota", "braking with quota in acme-a49"]


def test_a_sweep_is_held_up_for_a_moment_and_the_next_one_goes_on() -> None:
    """Each of fifty projects takes three seconds: none is asked twice, and what was known meanwhile is not lost."""
    town = Town(*(app(f"a{n}") for n in range(50)))
    town.lever.takes = town.clock
    town.lever.lacking = {f"acme-a{n}": (SET,) for n in range(50)}
    for swept in range(1, 9):
        began = town.clock.at
        town.watch.look()
        assert town.clock.at - began <= timedelta(seconds=23)
        assert len(town.report().answers) == len(town.lever.asked) == min(50, 7 * swept)
        town.clock.at = began + timedelta(seconds=30)
    town.clock.sleep(5 * 60)
    town.lever.asked.clear()
    town.watch.look()
    assert [project for project, _ in town.lever.asked] == [f"acme-a{n}" for n in range(7)]
    assert all(town.told.lacks(f"acme-a{n}", [SET]) for n in range(50))


def test_a_sweep_that_comes_while_another_one_asks_asks_nothing(town: Town) -> None:
    """The look is claimed; and where its sweep dies over it, another one looks minutes later."""
    other = RightsWatch(town.client, town.store, town.clock, {"quota": (second := Counting())})
    town.lever.meanwhile = other.look
    town.watch.look()
    assert (len(town.lever.asked), second.asked) == (1, [])
    town.clock.sleep(60 * 60)
    town.lever.meanwhile = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        town.watch.look()
    other.look()
    assert second.asked == []
    town.clock.sleep(5 * 60)
    other.look()
    assert len(second.asked) == 1


def test_the_first_look_at_many_projects_is_one_alert() -> None:
    """It takes several sweeps; a role that was forgotten everywhere is still one thing to do."""
    names = [f"p{number:03}" for number in range(60)]
    made = Town(app(match=Match(projects=frozenset(names))))
    made.lever.takes = made.clock
    for name in names:
        made.lever.lacking[name] = (SET,)
    for _ in range(30):
        began = made.clock.at
        made.watch.look()
        made.clock.at = max(made.clock.at, began + timedelta(minutes=1))
    [page] = [notice for notice in made.store.due(Notice, FAR) if notice.id.startswith("page/")]
    assert page.data["error"].endswith("p009 and 50 more")
    assert len(made.failures()) == 1


def test_a_project_that_is_new_in_the_file_is_told_beside_one_that_is_known_to_lack() -> None:
    """The known one's page of the day does not stand for it; those of several sweeps are one alert."""
    town = Town(app(match=Match(projects=frozenset({"old"}))))
    town.lever.lacking["old"] = (SET,)
    town.watch.look()
    new = [f"p{number:02}" for number in range(20)]
    town.lever.lacking |= dict.fromkeys(new, (SET,))
    town.lever.takes = town.clock
    more = client(app(match=Match(projects=frozenset({"old", *new}))))
    later = RightsWatch(more, town.store, town.clock, {"quota": town.lever})
    for _ in range(60):
        town.clock.sleep(60)
        later.look()
    assert town.pages() == ["braking with quota", f"braking with quota in {', '.join(new[:10])} and 10 more"]
