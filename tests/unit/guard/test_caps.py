"""Google's own spend caps: read every hour, shown in the incident, and loud where one pauses an app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from freio.domain.app import Level, Match
from freio.domain.incident import Incident, State
from freio.domain.journal import Kind
from freio.domain.sentences import CAP_ENFORCED, CAP_LIFTED, NO_BRAKE
from freio.domain.spend_cap import VERTEX_BILLED, CapReport, CapState, SpendCap
from freio.errors import Rejected
from freio.guard.caps import CapWatch
from freio.guard.meter import SpendMeter
from freio.guard.paused import Sparing
from freio.guard.propose import Proposer
from freio.guard.prove import Prover
from freio.guard.watch import Watcher
from freio.ports import Change, Place
from tests.unit.guard.watching import Town, app, client, usd

ARMED = SpendCap(
    id="billingAccounts/X/budgets/b-1",
    name="vertex-cap",
    project="acme-chat",
    service=VERTEX_BILLED,
    limit=usd(500),
    state=CapState.CONFIGURED,
)
USED_UP = replace(ARMED, state=CapState.ENFORCED)
LIFTED = replace(ARMED, state=CapState.AWAITING_NEXT_PERIOD)


@dataclass
class FakeCaps:
    """What Google says of the caps, and how often it was asked for which projects."""

    found: list[SpendCap] = field(default_factory=list)
    asked: list[Sequence[str]] = field(default_factory=list)
    fails: Exception | None = None

    def caps(self, projects: Sequence[str]) -> list[SpendCap]:
        self.asked.append(projects)
        if self.fails is not None:
            raise self.fails
        return [cap for cap in self.found if cap.project in projects]


@dataclass
class Capped(Town):
    """A town whose billing account has caps; its watcher lives as long as it does."""

    google: FakeCaps = field(default_factory=FakeCaps)
    own_project: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        watch = CapWatch(self.client, self.store, self.clock, self.google, own_project=self.own_project)
        lever = Sparing(self.lever, self.known)
        self.eye = Watcher(
            self.client,
            self.store,
            self.clock,
            meter=SpendMeter(self.client, self.warehouse, self.telemetry, self.prices),
            detector=self.detector,
            paces=self.detector,
            proposer=Proposer(self.client, self.telemetry, self.prices, [lever]),
            prover=Prover({"quota": self.telemetry}),
            chat=self.chat,
            alerter=self.alerter,
            caps=watch,
        )

    def known(self) -> tuple[SpendCap, ...]:
        report = self.store.get(CapReport, "spend-caps")
        return report.known(self.clock.now()) if report else ()

    def says(self, *caps: SpendCap) -> None:
        self.google.found = list(caps)

    def tick(self, **later: float) -> None:
        self.clock.at += timedelta(**later)
        watched = self.eye.watch()
        assert watched.failures == []

    def incident(self, name: str = "chat") -> Incident:
        incident = self.store.open_incident(name)
        assert incident is not None
        return incident

    def told(self, sentence: str) -> int:
        return sum(line.text == sentence for line in self.chat.lines.values())


@pytest.fixture
def town() -> Capped:
    return Capped()


def test_a_cap_that_is_used_up_opens_an_incident_and_calls_people(town: Capped) -> None:
    """Google has paused the app, which nobody might notice for hours: critical, with people mentioned, once."""
    town.says(USED_UP)
    for _ in range(30):
        town.tick(minutes=5)
    incident = town.incident()
    assert [(s.kind, s.level, s.observed) for s in incident.signals] == [("spend_cap", Level.CRITICAL, usd(500))]
    assert str(incident.signals[0].detail).startswith("Google has paused Vertex AI in acme-chat")
    assert (incident.signal_count, town.told(CAP_ENFORCED)) == (1, 1)
    (line,) = [line for line in town.chat.lines.values() if line.text == CAP_ENFORCED]
    assert "ana@acme.example" in line.mention
    assert [cap.pauses for cap in town.chat.shown[incident.id][-1].caps] == [True]


def test_an_armed_cap_alerts_nobody_and_stands_in_an_open_incident(town: Capped) -> None:
    """With about how full it is, where the project is this app's alone."""
    town.says(ARMED)
    town.tick()
    assert town.store.open_incident("chat") is None
    town.runs_away()
    town.tick(minutes=60)
    (cap,) = town.incident().caps
    assert (cap.state, cap.pauses) == (CapState.CONFIGURED, False)
    assert cap.spent is not None
    assert cap.full is not None
    assert cap.full > 0


def test_how_full_a_cap_is_stays_unsaid_where_it_is_not_known(town: Capped) -> None:
    """An app of the project spends elsewhere too, and its part is not known."""
    both = app("chat", match=Match(projects=frozenset({"acme-chat", "acme-lab"})))
    town = Capped(client=client(both))
    town.says(USED_UP)
    town.tick()
    assert [cap.full for cap in town.incident().caps] == [None]


def test_no_brake_is_proposed_for_what_google_has_paused(town: Capped) -> None:
    """A limit would only outlast the pause; the message says why there is none."""
    town.runs_away()
    town.says(USED_UP)
    town.tick()
    incident = town.incident()
    assert incident.state is State.PROPOSED
    assert incident.proposal is not None
    assert incident.proposal.steps == ()
    (reason,) = incident.proposal.reasons
    assert str(reason).startswith("gemini-2.5-flash at global: Google has paused Vertex AI in acme-chat already")
    assert town.told(NO_BRAKE) == 1


def test_a_brake_is_proposed_where_a_cap_is_only_armed_or_lifted(town: Capped) -> None:
    """Nothing is paused there."""
    town.runs_away()
    town.says(LIFTED, replace(ARMED, id="b-2", service="AEFD-7695-64FA", state=CapState.ENFORCED))
    town.tick()
    proposal = town.incident().proposal
    assert proposal is not None
    assert proposal.steps


def test_a_partners_model_is_braked_all_the_same(town: Capped) -> None:
    """Claude is billed as a service of its own, which the cap is not about."""
    assert Sparing(town.lever, lambda: [USED_UP]).probe(town.client.apps[0], []) == []
    places = [
        Place(project="acme-chat", location="global", model=model) for model in ("gemini-2.5-pro", "claude-sonnet-4")
    ]
    probes = Sparing(town.lever, lambda: [USED_UP]).probe(town.client.apps[0], places)
    assert [(probe.model, probe.binds) for probe in probes] == [("gemini-2.5-pro", False), ("claude-sonnet-4", True)]


def test_a_lifted_cap_is_told_and_counts_anew_when_it_is_used_up_again(town: Capped) -> None:
    """Each pause is told once."""
    town.says(USED_UP)
    town.tick()
    town.says(LIFTED)
    town.tick(hours=1)
    assert (town.told(CAP_LIFTED), [cap.state for cap in town.incident().caps]) == (1, [CapState.AWAITING_NEXT_PERIOD])
    town.says(USED_UP)
    town.tick(hours=1)
    assert town.told(CAP_ENFORCED) == 2


def test_a_pause_that_goes_on_opens_no_second_incident(town: Capped) -> None:
    """People have seen it and the incident is over; the service stays paused until the month ends."""
    town.says(USED_UP)
    town.tick()
    over = replace(town.incident(), state=State.RESOLVED, due_at=None)
    town.store.commit(Change(put=(over,)))
    town.tick(hours=1)
    assert town.store.open_incident("chat") is None


def test_caps_are_read_once_an_hour(town: Capped) -> None:
    """Not at every tick, and not by another instance either: the last look is in the store."""
    for _ in range(13):
        town.tick(minutes=5)
    assert len(town.google.asked) == 2
    again = Capped(client=town.client, clock=town.clock, store=town.store)
    again.tick(minutes=5)
    assert again.google.asked == []


def test_a_cap_that_was_lifted_keeps_no_brake_from_being_offered_for_long(town: Capped) -> None:
    """While something is paused, the caps are read every quarter of an hour."""
    town.runs_away()
    town.says(USED_UP)
    town.tick()
    town.says(LIFTED)
    town.tick(minutes=10)
    assert len(town.google.asked) == 1
    town.tick(minutes=5)
    proposal = town.incident().proposal
    assert proposal is not None
    assert proposal.steps


def test_caps_that_cannot_be_read_stop_nothing_and_are_paged(town: Capped) -> None:
    """The watch looks at the spend, the tick counts as sound, and a person hears of the missing permission."""
    town.says(USED_UP)
    town.tick()
    town.google.fails = Rejected("billing.budgets.list denied")
    town.runs_away()
    for _ in range(3):
        town.tick(hours=1)
    assert {s.kind for s in town.incident().signals} == {"spend_cap", "spike"}
    assert [cap.pauses for cap in town.incident().caps] == [True]
    assert [page for page in town.pager.pages if "spend caps" in page]
    assert [e.what for e in town.store.entries() if e.kind is Kind.FAILURE]


def test_a_pause_that_nobody_could_look_at_for_hours_keeps_no_brake_from_being_offered(town: Capped) -> None:
    """The month ended, or somebody lifted the cap, while Freio lost the right to read it: traffic runs on."""
    town.runs_away()
    town.says(USED_UP)
    town.tick()
    town.google.fails = Rejected("billing.budgets.list denied")
    offered = []
    for _ in range(3):
        town.serve(town.clock.now(), town.clock.now() + timedelta(hours=1), 100_000_000)
        town.tick(hours=1)
        proposal = town.incident().proposal
        assert proposal is not None
        offered.append(bool(proposal.steps))
    assert offered == [False, False, True]


def test_a_cap_on_the_project_that_freio_runs_in_is_paged() -> None:
    """It would stop Freio itself: Cloud Run and its functions can be capped too."""
    town = Capped(own_project="acme-freio")
    town.says(replace(ARMED, project="acme-freio", service="152E-C115-5142"))
    for _ in range(3):
        town.tick(hours=1)
    (page,) = town.pager.pages.values()
    assert "would stop Freio itself" in page
    assert town.google.asked[0] == ["acme-chat", "acme-freio"]


def test_an_app_without_projects_is_found_by_where_it_was_billed() -> None:
    """It is recognised by a label; its traffic is in a project all the same."""
    labelled = app("chat", match=Match(labels=(("app", "chat"),)))
    town = Capped(client=client(labelled))
    at = town.clock.at
    town.bill(at - timedelta(days=3), at - timedelta(hours=3), 1, labels={"app": "chat"})
    town.says(USED_UP)
    town.tick()
    assert town.told(CAP_ENFORCED) == 1
