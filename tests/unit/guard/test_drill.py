"""A fire drill: begun on a harmless target alone, the way of every incident, and over by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from freio.domain import sentences as say
from freio.domain.app import Approvals, Drill, Level, Match, Mode, Policy
from freio.domain.authority import Person
from freio.domain.click import Click, Verb
from freio.domain.drill import DrillRun, Moment, moments
from freio.domain.incident import Incident, State, Verdict
from freio.domain.journal import Kind
from freio.domain.money import Money, SpendRange
from freio.domain.notice import Card
from freio.domain.phrase import Phrase, unpacked
from freio.domain.signal import Signal, SignalKind
from freio.domain.target import Brake
from freio.errors import Rejected, Unavailable
from freio.guard.decide import open_or_merge
from freio.guard.drill import Drills
from freio.guard.drill_end import REPORTED
from freio.guard.enforce import Enforcer
from freio.guard.hold import Holder
from freio.guard.prove import Prover
from freio.guard.respond import Responder
from freio.guard.step import Step
from freio.guard.survey import Surveyor
from freio.guard.sweep import Sweeper
from freio.ports import Change, Line, Place
from tests.unit.guard.watching import FLASH, Town, app, client, usd

MINUTE = timedelta(minutes=1)
SITE = "acme-drill"
DRILL = Drill(app="drill", model=FLASH, location="us-central1")
PLACE = Place(project=SITE, location="us-central1", model=FLASH)
FLOOR = 10
ENFORCE = Policy(modes=dict.fromkeys(Level, Mode.ENFORCE), grace=timedelta(minutes=2), lease=timedelta(hours=1))
APPROVE = replace(ENFORCE, modes=dict.fromkeys(Level, Mode.APPROVE))


class Anybody:
    """A directory in which everybody is ops."""

    def person(self, user_id: str) -> Person | None:
        return Person(id=user_id, name=user_id, groups=frozenset({"S01OPS0000"}))


@dataclass
class FakeModel:
    """What was asked; each question is refused at the target, as the service will report it."""

    town: Town
    asked: list[Place] = field(default_factory=list)
    fails: Exception | None = None

    def ask(self, place: Place) -> bool:
        self.asked.append(place)
        if self.fails is not None:
            raise self.fails
        minute = self.town.clock.at.replace(second=0, microsecond=0)
        self.town.telemetry.write_usage(self.town.lever.target(place), minute, 0, refused=1)
        return False


@dataclass
class Site:
    """A client whose second app is for drills; the watch and the enforcer over one store."""

    policy: Policy = APPROVE
    drill: Drill | None = DRILL
    calls: bool = False
    ops_may_raise: bool = False

    def __post_init__(self) -> None:
        drilled = app("drill", match=Match(projects=frozenset({SITE})), policy=self.policy)
        drilled = replace(drilled, floor={"input_tokens_per_minute": FLOOR}, budget=usd(10))
        approvals = Approvals(ops=("S01OPS0000",), ops_may_raise=self.ops_may_raise)
        self.town = Town(client=client(app(), drilled, drill=self.drill, approvals=approvals))
        town = self.town
        self.model = FakeModel(town)
        holder = Holder(town.client, town.store, town.clock, {"quota": town.lever})
        enforcer = Enforcer(
            town.client,
            town.store,
            town.clock,
            holder,
            Prover({"quota": town.telemetry}),
            model=self.model if self.calls else None,
        )
        self.sweeper = Sweeper(
            town.client,
            town.store,
            town.clock,
            enforcer=enforcer,
            holder=holder,
            responder=Responder(town.client, town.store, town.clock, Anybody()),
            alerter=town.alerter,
        )
        self.watcher = town.watcher

    def begin(self, run: str = "run-1", by: str = "tess") -> Incident | None:
        self.watcher.drill(run, by).raise_failures()
        return self.town.store.open_incident("drill")

    def run(self, run: str = "run-1") -> DrillRun:
        found = self.town.store.get(DrillRun, run)
        assert found is not None
        return found

    @property
    def incident(self) -> Incident:
        found = self.town.store.get(Incident, self.run().incident)
        assert found is not None
        return found

    @property
    def place(self) -> Place:
        return PLACE

    def click(self, verb: Verb) -> None:
        self.click_on(self.incident, verb)

    def click_on(self, incident: Incident, verb: Verb) -> None:
        self.sweeper.click(
            Click(
                id=f"k-{verb}",
                person="U1",
                verb=verb,
                at=self.town.clock.at,
                channel="C0FINOPS00",
                incident=incident.id,
                revision=incident.revision,
            )
        )

    def live(self, minutes: int) -> None:
        """Sweeps every minute, and ticks of the watch every five."""
        for _ in range(minutes):
            self.town.clock.at += MINUTE
            self.sweeper.sweep()
            if self.town.clock.at.minute % 5 == 0:
                self.watcher.watch()

    @property
    def standing(self) -> int | None:
        return self.town.lever.overrides.get(self.town.lever.target(PLACE))

    def line(self, sentence: str) -> Mapping[str, str] | None:
        return next((line.data for line in self.lines if line.text == sentence), None)

    @property
    def lines(self) -> list[Line]:
        return list(self.town.chat.lines.values())


# ---- the way of an incident


def test_a_drill_is_an_incident_with_a_brake_at_the_floor() -> None:
    """One message with a chart; nothing about it can be taken for a runaway."""
    site = Site()
    incident = site.begin()
    assert incident is not None
    assert incident.is_drill
    assert (incident.state, incident.id) == (State.PROPOSED, site.run().incident)
    assert [signal.kind for signal in incident.signals] == [SignalKind.DRILL]
    assert incident.proposal is not None
    (step,) = incident.proposal.steps
    assert (step.value, step.rule, step.model, step.location) == (FLOOR, "floor", FLASH, "us-central1")
    assert step.refused == 0
    assert step.shared_with == ()
    assert len(site.town.chat.charts) == 1
    assert site.standing is None


def test_it_ends_by_itself_and_says_how_long_each_step_took() -> None:
    """A click, the limit, a proof that without traffic is inconclusive, and that is said; then everything is back."""
    site = Site()
    site.begin()
    site.live(1)
    site.click(Verb.THROTTLE)
    assert site.standing == FLOOR
    assert site.incident.state is State.THROTTLED
    braked_at = site.town.clock.at
    site.live(40)
    incident = site.incident
    assert [state for state, _ in incident.trail] == [
        State.OPEN, State.PROPOSED, State.BRAKING, State.THROTTLED, State.RESTORING, State.RESOLVED
    ]  # fmt: skip
    assert site.standing is None
    assert incident.changed_at - braked_at <= timedelta(minutes=2) + REPORTED + MINUTE
    assert incident.proof is not None
    assert incident.proof.verdict is Verdict.INCONCLUSIVE
    assert site.line(say.DRILL_INCONCLUSIVE) is not None
    told = site.line(say.DRILL_STEPS)
    assert told is not None
    steps = {dict(one.data)["moment"]: int(dict(one.data)["after"]) for one in unpacked(told["steps"])}
    assert list(steps) == [Moment.DETECTED, Moment.TOLD, Moment.ANSWERED, Moment.SET, Moment.PROVED, Moment.RESOLVED]
    assert steps[Moment.ANSWERED] == steps[Moment.SET] == 60
    assert list(steps.values()) == sorted(steps.values())
    assert not site.town.pager.pages
    assert not any(entry.kind is Kind.LESSON for entry in site.town.store.entries())


def test_the_drill_asks_the_model_itself_and_the_brake_is_proved() -> None:
    """A few questions, all refused: the proof binds, the drill ends at once, and asks no more."""
    site = Site(drill=replace(DRILL, calls=True), calls=True)
    site.begin()
    site.click(Verb.THROTTLE)
    site.live(30)
    assert site.incident.state is State.RESOLVED
    assert site.incident.proof is not None
    assert site.incident.proof.verdict is Verdict.BINDS
    assert site.line(say.DRILL_BINDS) is not None
    assert set(site.model.asked) == {PLACE}
    assert 1 <= len(site.model.asked) <= 12
    asked = len(site.model.asked)
    site.live(10)
    assert len(site.model.asked) == asked


def test_a_model_that_may_not_be_asked_keeps_the_drill_from_proving_and_from_nothing_else() -> None:
    """Told once; the drill ends inconclusive."""
    site = Site(drill=replace(DRILL, calls=True), calls=True)
    site.model.fails = Rejected("aiplatform.endpoints.predict is missing")
    site.begin()
    site.click(Verb.THROTTLE)
    site.live(40)
    assert site.incident.state is State.RESOLVED
    assert [line.text for line in site.lines].count(say.DRILL_UNASKED) == 1
    assert site.line(say.DRILL_INCONCLUSIVE) is not None


def test_a_brake_that_does_not_bind_is_shown_and_let_go() -> None:
    """No next lever is tried: the drill has found what it is for."""
    site = Site()
    site.begin()
    site.click(Verb.THROTTLE)
    target = site.town.lever.target(PLACE)
    for minute in range(60):
        site.town.telemetry.write_usage(target, site.town.clock.at + minute * MINUTE, 5000)
    site.live(40)
    assert site.incident.state is State.RESOLVED
    assert site.line(say.DRILL_REFUTED) is not None
    assert site.standing is None


def test_under_enforce_the_policy_answers_after_the_grace() -> None:
    """As for a runaway: with the app's own floor, and no click."""
    site = Site(policy=ENFORCE)
    site.begin()
    site.live(4)
    assert site.standing == FLOOR
    assert site.incident.decision is not None
    assert site.incident.decision.by == "policy"


def test_a_drill_that_nobody_answers_ends_and_calls_nobody() -> None:
    """No reminder, no page; it says that there was no answer."""
    site = Site()
    site.begin()
    site.live(4)
    assert site.incident.state is State.RESOLVED
    assert site.line(say.DRILL_UNANSWERED) is not None
    assert site.line(say.DRILL_UNBRAKED) is not None
    told = site.line(say.DRILL_STEPS)
    assert told is not None
    missed = [dict(one.data)["moment"] for one in unpacked(told["steps"]) if one.text == say.DRILL_MISSED]
    assert missed == [Moment.ANSWERED, Moment.SET, Moment.PROVED]
    site.live(60)
    assert not site.town.pager.pages
    assert site.line(say.ESCALATED) is None


@pytest.mark.parametrize("verb", [Verb.KEEP, Verb.SNOOZE, Verb.EXPECTED])
def test_any_other_answer_ends_it_too(verb: Verb) -> None:
    """At once, and not when an override would end."""
    site = Site()
    site.begin()
    site.click(verb)
    site.live(1)
    assert site.incident.state is State.RESOLVED
    assert site.line(say.DRILL_UNBRAKED) is not None
    assert not any(entry.kind is Kind.LESSON for entry in site.town.store.entries())


def test_its_expiry_ends_it_at_the_latest() -> None:
    """Telemetry that nobody can read proves nothing, and holds nothing for longer than was decided."""
    site = Site(policy=replace(APPROVE, lease=timedelta(minutes=20)))
    site.begin()
    site.click(Verb.THROTTLE)
    site.town.telemetry.fails = Unavailable("down")
    site.live(25)
    assert site.standing is None
    assert site.incident.state is State.RESOLVED


def test_somebody_may_let_go_of_it_before() -> None:
    """As of any brake; it reports all the same."""
    site = Site(ops_may_raise=True)
    site.begin()
    site.click(Verb.THROTTLE)
    site.live(1)
    site.click(Verb.RELEASE)
    assert (site.incident.state, site.standing) == (State.RESOLVED, None)
    site.live(1)
    assert site.line(say.DRILL_UNPROVED) is not None


def test_the_watch_does_not_call_a_drill_quiet() -> None:
    """Its target has no telemetry; the message says nothing of missing data either."""
    site = Site(policy=replace(APPROVE, grace=timedelta(hours=3)))
    site.begin()
    site.live(90)
    assert site.incident.state is State.PROPOSED
    assert site.incident.assessment is not None
    assert (site.incident.assessment.running_away, site.incident.assessment.complete) == (True, True)


def test_a_drill_is_no_news_of_a_real_incident() -> None:
    """One that was opened while the drill was begun: it stays what it is, and the drill is refused."""
    site = Site()
    begun = Drills(
        site.town.client, site.town.store, site.town.clock, meter=site.town.telemetry, levers=[site.town.lever]
    )
    found = begun.begin("run-1", "tess", site.town.read())
    assert found is not None
    step = Step(site.town.clock.at)
    real = replace(found.signal, key="real", kind=SignalKind.SPIKE, observed=usd(90))
    opened = open_or_merge(step, found.app, None, [real], spend=SpendRange.zero("USD"), rate=usd(1))
    site.town.store.commit(step.change())
    again = Step(site.town.clock.at)
    assert open_or_merge(again, found.app, opened, [found.signal], spend=SpendRange.zero("USD"), rate=usd(1)) is opened
    assert again.is_empty
    begun.opened("run-1", "tess", found)
    run = site.run()
    assert run.incident == ""
    assert run.refusal is not None
    assert run.refusal.text == say.DRILL_OPEN


def test_a_real_signal_makes_a_real_incident_of_it() -> None:
    """Then people are asked, reminded and called as ever."""
    site = Site()
    site.begin()
    real = Signal(
        key="s",
        app="drill",
        kind=SignalKind.SPIKE,
        level=Level.CRITICAL,
        at=site.town.clock.at,
        observed=Money(usd(90).amount, "USD"),
        usual=usd(1),
        window_minutes=60,
        score=3.0,
    )
    step = Step(site.town.clock.at)
    incident = site.incident
    drilled = site.town.client.app("drill")
    assert drilled is not None
    open_or_merge(step, drilled, incident, [real], spend=incident.spend, rate=incident.rate)
    site.town.store.commit(step.change())
    assert not site.incident.is_drill
    site.live(3)
    assert site.incident.is_open


# ---- what it refuses


def refused(site: Site) -> str:
    assert site.begin() is None
    run = site.run()
    assert run.refusal is not None
    assert run.incident == ""
    (page,) = site.town.pager.pages.values()
    assert page.startswith("The fire drill does not take place: ")
    assert [e.by for e in site.town.store.entries() if e.what.startswith("fire drill refused")] == ["tess"]
    assert site.standing is None
    assert site.town.chat.shown == {}
    return run.refusal.text


def test_real_traffic_is_refused_with_its_share() -> None:
    """Whoever's it is: the brake would refuse it."""
    site = Site()
    at = site.town.clock.at
    site.town.serve(at - timedelta(days=3), at - timedelta(days=3) + timedelta(hours=1), 60_000, project=SITE)
    for number, one in enumerate(site.town.telemetry.minutes):
        site.town.telemetry.minutes[number] = replace(one, location="us-central1")
    assert refused(site) == say.DRILL_TRAFFIC
    data = dict((site.run().refusal or Phrase("")).data)
    assert float(data["share"]) > 0.5
    assert int(data["tokens"]) > 50_000


def test_traffic_at_another_endpoint_is_none_of_the_drills() -> None:
    """A quota limits one endpoint alone."""
    site = Site()
    at = site.town.clock.at
    site.town.serve(at - timedelta(days=3), at - timedelta(days=3) + timedelta(hours=1), 60_000, project=SITE)
    assert site.begin() is not None


def test_a_target_of_another_app_too_is_refused() -> None:
    """Its owners would be asked about a game."""
    site = Site()
    site.town.client = replace(
        site.town.client,
        apps=(*site.town.client.apps, app("beside", match=Match(projects=frozenset({SITE}), labels=(("app", "x"),)))),
    )
    site.watcher = site.town.watcher
    assert refused(site) == say.DRILL_SHARED


def test_without_a_drill_in_the_file_there_is_none() -> None:
    """Said, and not passed over."""
    assert refused(Site(drill=None)) == say.DRILL_NONE


def test_an_app_that_only_observes_is_refused() -> None:
    """Its brake would never be set."""
    assert refused(Site(policy=Policy(modes=dict.fromkeys(Level, Mode.OBSERVE)))) == say.DRILL_OBSERVES


def test_where_no_lever_binds_the_reason_is_said() -> None:
    """Dynamic shared quota, mostly."""
    site = Site()
    site.town.lever.unbound[FLASH] = Phrase.of(say.NO_BUCKET, model=FLASH, location="us-central1")
    assert refused(site) == say.DRILL_NO_BRAKE


def test_a_limit_that_is_as_strict_already_cannot_be_drilled() -> None:
    """Nothing would change, so nothing would be shown."""
    site = Site()
    site.town.lever.overrides[site.town.lever.target(PLACE)] = FLOOR
    assert site.begin() is None
    assert site.run().refusal is not None


def test_a_second_drill_waits_for_the_first() -> None:
    """The same message, delivered again, is the same drill."""
    site = Site()
    first = site.begin("run-1")
    assert first is not None
    assert site.begin("run-1") == site.town.store.open_incident("drill")
    assert len(site.town.store.open_incidents()) == 1
    site.begin("run-2")
    second = site.run("run-2")
    assert second.refusal is not None
    assert second.refusal.text == say.DRILL_OPEN
    assert len(site.town.store.open_incidents()) == 1


def test_a_drill_that_died_on_the_way_goes_on_where_it_was() -> None:
    """The signal counts once, whoever delivers it again."""
    site = Site()
    site.town.chat.fails = Unavailable("Slack is down")
    with pytest.raises(Unavailable):
        site.watcher.drill("run-1", "tess").raise_failures()
    site.town.chat.fails = None
    site.town.clock.at += MINUTE * 10
    run = site.run()
    site.town.store.commit(Change(put=(replace(run, incident=""),)))
    incident = site.begin()
    assert incident is not None
    assert (incident.signal_count, site.run().incident) == (1, incident.id)


def test_the_probe_shows_the_brake_of_a_drill_though_nothing_runs_there() -> None:
    """Else the file's drill app would be one without a brake."""
    site = Site()
    town = site.town
    surveyor = Surveyor(town.client, town.telemetry, town.prices, {"quota": town.lever})
    drilled = town.client.app("drill")
    assert drilled is not None
    readings = town.read()
    (row,) = surveyor.survey(drilled, readings, ("quota",), town.clock.at)
    assert (row.place, row.binds) == (PLACE, True)
    assert row.step is not None
    assert row.step.value == FLOOR


def test_moments_without_a_journal_are_those_that_the_incident_knows() -> None:
    """With one, when the lever was called as well, and when what stood before was read back."""
    site = Site()
    site.begin()
    site.click(Verb.THROTTLE)
    site.live(30)
    card = site.town.store.get(Card, site.incident.id)
    assert card is not None
    known = moments(site.incident, card.posted_at)
    assert Moment.CLAIMED not in known
    journal = moments(site.incident, card.posted_at, site.town.store.entries(incident=site.incident.id))
    assert list(journal) == list(Moment)
    assert all(journal.values())
    brake = site.town.store.get(Brake, site.town.lever.target(PLACE).id)
    assert brake is not None
    assert brake.leases == ()
