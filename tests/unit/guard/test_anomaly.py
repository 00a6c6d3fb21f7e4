"""Google's own anomalies: one signal in the incident of the app that owns the project, and never lost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from freio.domain.anomaly import AnomalyMessage, ProjectNumbers
from freio.domain.app import Level, Match
from freio.domain.incident import Incident
from freio.domain.journal import Kind
from freio.domain.money import Money
from freio.domain.sentences import SIGNALLED_ALONE
from freio.errors import Rejected
from freio.guard.anomaly import AnomalyDesk
from freio.guard.numbers import NumberBook
from freio.ports import Change
from tests.unit.guard.watching import ACCOUNT, NOW, Town, app, client, usd

FOUND = AnomalyMessage(
    key="projects/acme-chat/anomalies/7",
    digest="d-1",
    projects=("acme-chat",),
    account=ACCOUNT,
    actual=usd(812),
    expected=usd(95),
    excess=None,
    services=("Vertex AI",),
    severity="HIGH",
    detected=NOW,
    links=("https://console.cloud.google.com/billing/x",),
    text='{"whole": "message"}',
    published=NOW,
)
UNKNOWN = replace(
    FOUND, key="d-9", digest="d-9", projects=(), account="", actual=None, expected=None, services=(), text="?!"
)


@pytest.fixture
def town() -> Town:
    return Town()


def desk(town: Town) -> AnomalyDesk:
    return AnomalyDesk(
        town.client, town.store, town.clock, alerter=town.alerter, queue=town.queue, watch_topic="freio-watch"
    )


def take(town: Town, *anomalies: AnomalyMessage) -> None:
    desk(town).take(anomalies)


def incident(town: Town, name: str = "chat") -> Incident:
    found = town.store.open_incident(name)
    assert found is not None
    return found


def test_an_anomaly_opens_an_incident_with_what_google_said(town: Town) -> None:
    """Its amounts, its words, its severity; the watch is called to look at once."""
    take(town, FOUND)
    (signal,) = incident(town).signals
    assert (signal.kind, signal.level, signal.observed, signal.usual) == (
        "native_anomaly",
        Level.CRITICAL,
        usd(812),
        usd(95),
    )
    assert str(signal.detail) == (
        "Google's own detection says: Vertex AI; severity HIGH; detected 2026-11-23 15:00 UTC; "
        "https://console.cloud.google.com/billing/x"
    )
    assert len(town.chat.shown) == 1
    assert [(topic, dict(why)) for topic, _, why in town.queue.published] == [("freio-watch", {"because": "anomaly"})]


def test_the_same_anomaly_delivered_again_is_one_signal(town: Town) -> None:
    """Also with other content: what came is journalled, and told once."""
    for digest in ("d-1", "d-1", "d-2"):
        take(town, replace(FOUND, digest=digest, actual=usd(900)))
    assert incident(town).signal_count == 1
    assert [e.what for e in town.store.entries() if e.kind is Kind.MESSAGE] == ["native anomaly"] * 2
    assert len(town.queue.published) == 1


def test_it_merges_into_the_open_incident(town: Town) -> None:
    """Nothing else of the incident changes."""
    town.runs_away()
    town.watcher.watch()
    before = incident(town)
    take(town, FOUND)
    after = incident(town)
    assert (after.id, after.spend, after.rate) == (before.id, before.spend, before.rate)
    assert [str(s.kind) for s in after.signals] == ["spike", "native_anomaly"]


def test_the_message_is_journalled_whole(town: Town) -> None:
    """With everything that was recognised."""
    take(town, FOUND)
    (entry,) = [e for e in town.store.entries() if e.kind is Kind.MESSAGE]
    assert (entry.app, entry.data["raw"], entry.data["actual"]) == ("chat", FOUND.text, "812 USD")


def test_several_apps_in_a_project_the_first_gets_it_and_the_text_says_so() -> None:
    """Google names a project and no app."""
    shared = Match(projects=frozenset({"acme-chat"}))
    town = Town(client=client(app("chat"), app("search", match=shared), app("lab", match=shared)))
    take(town, FOUND)
    assert [i.app for i in town.store.open_incidents()] == ["chat"]
    assert "that chat shares with search, lab" in str(incident(town).signals[0].detail)


def test_an_anomaly_of_nobody_is_paged_once(town: Town) -> None:
    """And stands in the journal."""
    for digest in ("a", "b"):
        take(town, replace(FOUND, projects=("acme-lab",), digest=digest))
    assert town.store.open_incidents() == []
    (page,) = town.pager.pages.values()
    assert "acme-lab" in page
    assert len([e for e in town.store.entries() if e.kind is Kind.MESSAGE]) == 2


def test_an_unknown_shape_is_told_once_a_day_and_kept(town: Town) -> None:
    """Every one of them, whole."""
    for number in range(3):
        take(town, replace(UNKNOWN, digest=f"d-{number}"))
    town.clock.at += timedelta(days=1)
    take(town, replace(UNKNOWN, digest="d-5"))
    assert len(town.pager.pages) == 2
    assert [e.data["raw"] for e in town.store.entries() if e.what == "unknown message"] == ["?!"] * 4


def test_another_accounts_anomaly_is_nobodys_trouble(town: Town) -> None:
    """It can be found in the journal."""
    take(town, replace(FOUND, account="000000-000000-000000"))
    assert town.store.open_incidents() == []
    assert town.pager.pages == {}
    assert [e.what for e in town.store.entries()] == ["foreign anomaly"]


def test_an_amount_in_another_currency_is_said_and_not_counted(town: Town) -> None:
    """Two currencies are never compared; nor is what was not said counted as zero."""
    take(town, replace(FOUND, actual=Money(Decimal(70), "EUR"), expected=None))
    town.runs_away()
    town.watcher.watch()
    assert "actual 70 EUR" in str(incident(town).signals[0].detail)
    take(town, replace(FOUND, key="another", services=("Cloud Run",), actual=None, expected=None))
    assert [line.text for line in town.chat.lines.values()].count(SIGNALLED_ALONE) == 1


@dataclass
class FakeProjects:
    """Numbers by id; what is not there is refused."""

    numbers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def number(self, project: str) -> str:
        self.asked.append(project)
        if project not in self.numbers:
            raise Rejected("resourcemanager.projects.get denied")
        return self.numbers[project]


def test_a_project_that_is_named_by_number_finds_its_app(town: Town) -> None:
    """The watch has asked for the numbers of the client's projects, once."""
    projects = FakeProjects({"acme-chat": "482910"})
    book = NumberBook(town.client, town.store, town.clock, projects)
    readings = town.read()
    for _ in range(3):
        book.look(readings)
    assert projects.asked == ["acme-chat"]
    take(town, replace(FOUND, projects=("482910",)))
    assert incident(town).signal_count == 1


def test_a_number_that_cannot_be_asked_for_stops_nothing(town: Town) -> None:
    """It is noted, and tried again an hour later; the others are learnt all the same."""
    town.client = client(app("chat"), app("lab"))
    projects = FakeProjects({"acme-lab": "5"})
    book = NumberBook(town.client, town.store, town.clock, projects)
    readings = town.read()
    book.look(readings)
    book.look(readings)
    assert projects.asked == ["acme-chat", "acme-lab"]
    projects.numbers["acme-chat"] = "4"
    town.clock.at += timedelta(hours=1)
    book.look(readings)
    record = town.store.get(ProjectNumbers, "project-numbers")
    assert record is not None
    assert record.known == (("5", "acme-lab"), ("4", "acme-chat"))
    assert [e.what for e in town.store.entries() if e.kind is Kind.FAILURE] != []


def test_a_race_of_two_deliveries_is_one_signal(town: Town) -> None:
    """The other one wrote first: this one reads again, and finds the key used."""
    commits = town.store.commit
    raced: list[bool] = []

    def racing(change: Change) -> None:
        if not raced:
            raced.append(True)
            take(town, FOUND)
        commits(change)

    town.store.commit = racing  # type: ignore[method-assign]
    take(town, FOUND)
    assert incident(town).signal_count == 1
