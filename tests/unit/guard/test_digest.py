"""The weekly digest: Monday morning, once, from what the watch saw and people answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freio.adapters.local.memory import MemoryStore
from freio.domain.app import Client, Level, Mode
from freio.domain.digest import AlertLog, Precision, Told, Week
from freio.domain.forecast import Forecast, Forecasts
from freio.domain.incident import Action, Incident, State
from freio.domain.journal import Entry, Kind
from freio.domain.money import SpendRange
from freio.domain.notice import Notice, NoticeKind
from freio.domain.phrase import Phrase, unpacked
from freio.domain.sentences import (
    DIGEST,
    DIGEST_ALERTS,
    DIGEST_ALERTS_OVER,
    DIGEST_ANSWERS,
    DIGEST_BUDGETS,
    DIGEST_BUSIEST,
    DIGEST_NO_PRECISION,
    DIGEST_OPEN,
    DIGEST_OTHERS,
    DIGEST_POLICY_RELEASED,
    DIGEST_POLICY_STOOD,
    DIGEST_PRECISION,
    DIGEST_PRECISION_WEEKS,
    DIGEST_UNANSWERED,
    DIGEST_UNDECIDED,
    DIGEST_WAITED,
)
from freio.domain.signal import Signal, SignalKind
from freio.guard.alert import Alerter
from freio.guard.digest import DigestDesk
from freio.ports import Change
from tests.fakes import FakeClock
from tests.simulation.cast import a_target
from tests.simulation.world import World
from tests.unit.guard.watching import FakeChat, FakePager, Town, app, client, usd

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 16, 3, tzinfo=UTC)  # midnight in São Paulo
NEXT = MONDAY + 7 * DAY
FOUR = client(app("chat"), app("search"), app("tags"), app("lab"))


@dataclass
class Desk:
    """A digest desk in its own world."""

    client: Client
    clock: FakeClock
    store: MemoryStore

    def __post_init__(self) -> None:
        self.desk = self.another()

    def another(self) -> DigestDesk:
        return DigestDesk(self.client, self.store, self.store, self.clock)

    def tick(self, at: datetime) -> None:
        self.clock.at = at
        self.desk.look()

    def opened(
        self,
        name: str,
        at: datetime,
        kind: SignalKind = SignalKind.SPIKE,
        answers: Sequence[tuple[State, timedelta, str]] = (),
        *,
        is_open: bool = False,
    ) -> Incident:
        """An incident that the watch saw, with moves of people (or the policy) as they stand in the journal."""
        found = incident(name, at, kind, is_open=is_open)
        entries = [
            Entry(
                id=f"{found.id}/{n}/state",
                at=at + after,
                kind=Kind.STATE,
                app=name,
                incident=found.id,
                by=by,
                data={"before": "PROPOSED", "after": str(state)},
            )
            for n, (state, after, by) in enumerate(answers)
        ]
        self.store.commit(Change(put=(found,), journal=tuple(entries)))
        self.clock.at = at + timedelta(minutes=5)
        self.desk.note(found)
        return found

    @property
    def posts(self) -> list[Notice]:
        return [each for each in self.store.due(Notice, self.clock.now()) if each.kind is NoticeKind.POST]

    def said(self) -> dict[str, dict[str, str]]:
        [post] = self.posts
        assert post.text == DIGEST
        return {line.text: dict(line.data) for line in unpacked(post.data["lines"])}


def incident(name: str, at: datetime, kind: SignalKind = SignalKind.SPIKE, *, is_open: bool = False) -> Incident:
    signal = Signal(
        key=f"{name}/{at}",
        app=name,
        kind=kind,
        level=Level.WARNING,
        at=at,
        observed=usd(100),
        usual=usd(1),
        window_minutes=60,
        score=2.0,
    )
    return Incident(
        id=f"{name}-{at:%Y%m%dT%H%M%S}",
        app=name,
        state=State.PROPOSED if is_open else State.RESOLVED,
        mode=Mode.APPROVE,
        level=Level.WARNING,
        opened_at=at,
        changed_at=at,
        spend=SpendRange.zero("USD"),
        rate=usd(100),
        signals=(signal,),
        signal_count=1,
    )


@pytest.fixture
def desk() -> Desk:
    made = Desk(FOUR, FakeClock(MONDAY), MemoryStore())
    made.store.commit(Change(put=(AlertLog(id="alerts/2026-11-09", since=MONDAY - 7 * DAY),)))
    made.tick(MONDAY)
    return made


def test_it_is_told_once_on_monday_morning_of_the_clients_clock(desk: Desk) -> None:
    """Not before nine, by whichever process is first, and not again at the next tick or by another one."""
    desk.tick(NEXT + 9 * HOUR - timedelta(minutes=1))
    assert desk.posts == []
    desk.tick(NEXT + 9 * HOUR)
    desk.tick(NEXT + 9 * HOUR + timedelta(minutes=5))
    desk.another().look()
    assert [post.id for post in desk.posts] == ["post/digest/2026-11-23"]


def test_it_is_journalled_with_its_figures(desk: Desk) -> None:
    """So that weeks can be compared."""
    desk.opened("chat", MONDAY + DAY, answers=[(State.BRAKING, HOUR, "U1")])
    desk.tick(NEXT + 9 * HOUR)
    [entry] = [entry for entry in desk.store.entries() if entry.id == "digest/2026-11-23"]
    assert entry.kind is Kind.NOTICE
    assert (entry.data["alerts"], entry.data["per_app_week"], entry.data["confirmed"]) == ("1", "0.2500", "1")


def delivered(desk: Desk) -> None:
    """What was owed is said."""
    for post in desk.posts:
        desk.store.commit(Change(put=(replace(post, due_at=None),)))


def test_alerts_stand_against_their_budget(desk: Desk) -> None:
    """One of four apps in a week is .25, and within; three are .75, and over. Which apps, where more than once."""
    desk.opened("chat", MONDAY + DAY)
    desk.tick(NEXT + 9 * HOUR)
    assert desk.said()[DIGEST_ALERTS] == {"alerts": "1", "apps": "4", "rate": "0.2500", "budget": "0.25"}
    delivered(desk)
    for days in (0, 2, 4):
        desk.opened("search", NEXT + days * DAY + 10 * HOUR)
    desk.tick(NEXT + 7 * DAY + 9 * HOUR)
    said = desk.said()
    assert said[DIGEST_ALERTS_OVER]["rate"] == "0.7500"
    assert unpacked(said[DIGEST_BUSIEST]["apps"])[0].data == (("app", "search"), ("alerts", "3"))


def test_what_budgets_and_caps_opened_is_beside_the_budget_of_alerts(desk: Desk) -> None:
    """alerts_per_app_week is the detector's; an incident that a shape of spend has joined is its alert too."""
    desk.opened("chat", MONDAY + DAY, SignalKind.BUDGET_THRESHOLD)
    desk.opened("search", MONDAY + DAY, SignalKind.SPEND_CAP)
    desk.opened("tags", MONDAY + DAY, SignalKind.STUCK_LOOP)
    desk.tick(NEXT + 9 * HOUR)
    said = desk.said()
    assert said[DIGEST_ALERTS]["alerts"] == "1"
    assert said[DIGEST_OTHERS] == {"others": "2"}


def test_a_fire_drill_is_none_of_the_weeks_incidents(desk: Desk) -> None:
    """Nothing was told of in it: neither an alert, nor one beside them."""
    desk.opened("chat", MONDAY + DAY, SignalKind.DRILL)
    desk.opened("tags", MONDAY + DAY, SignalKind.SILENCE)
    desk.tick(NEXT + 9 * HOUR)
    assert desk.said()[DIGEST_OTHERS] == {"others": "1"}


def test_precision_is_what_people_said_with_its_counts(desk: Desk) -> None:
    """Two throttles and one expected are two of three; a snooze, the policy and silence say nothing."""
    at = MONDAY + DAY
    desk.opened("chat", at, answers=[(State.BRAKING, timedelta(minutes=10), "U1")])
    desk.opened("chat", at + DAY, answers=[(State.SNOOZED, HOUR, "U1"), (State.BRAKING, 2 * HOUR, "U2")])
    desk.opened("search", at, answers=[(State.EXPECTED, timedelta(minutes=30), "U1")])
    desk.opened("tags", at, answers=[(State.SNOOZED, 3 * HOUR, "U1")])
    desk.opened("lab", at, answers=[(State.BRAKING, HOUR, "policy")])
    desk.opened("lab", at + DAY)
    desk.tick(NEXT + 9 * HOUR)
    said = desk.said()
    assert said[DIGEST_PRECISION] == {"share": "0.6667", "confirmed": "2", "judged": "3"}
    answers = [dict(line.data) for line in unpacked(said[DIGEST_ANSWERS]["answers"])]
    assert answers == [
        {"action": "throttle", "many": "2"},
        {"action": "expected", "many": "1"},
        {"action": "snooze", "many": "1"},
        {"many": "2"},
    ]
    assert said[DIGEST_WAITED] == {"waited": str(45 * 60)}  # of 10, 30, 60 and 180 minutes


def test_what_nobody_judged_is_undecided_and_a_brake_of_the_policy_confirms_nothing(desk: Desk) -> None:
    """Let stand or let go, it is the bot's own deed; one that is held still, or never bit, is no answer yet."""
    at, policy = MONDAY + DAY, [(State.BRAKING, HOUR, "policy"), (State.THROTTLED, HOUR, "")]
    desk.opened("chat", at, answers=[(State.BRAKING, HOUR, "U1")])
    desk.opened("search", at, answers=[(State.SNOOZED, HOUR, "U1")])
    desk.opened("search", at + DAY, answers=[(State.OVERRIDDEN, HOUR, "U1")])
    desk.opened("tags", at, answers=[*policy, (State.RESTORING, 7 * HOUR, "")])
    desk.opened("tags", at + DAY, answers=[*policy, (State.RESTORING, 2 * HOUR, "U1")])
    desk.opened("lab", at, answers=policy, is_open=True)
    desk.opened("lab", at + DAY, answers=[policy[0], (State.STUCK, HOUR, "")])
    desk.tick(NEXT + 9 * HOUR)
    said = desk.said()
    assert said[DIGEST_PRECISION] == {"share": "1.0000", "confirmed": "1", "judged": "1"}
    assert said[DIGEST_UNDECIDED] == {"undecided": "6"}
    answers = {line.text: dict(line.data)["many"] for line in unpacked(said[DIGEST_ANSWERS]["answers"])}
    assert (answers[DIGEST_POLICY_STOOD], answers[DIGEST_POLICY_RELEASED]) == ("1", "1")
    assert answers[DIGEST_UNANSWERED] == "2"
    [entry] = [one for one in desk.store.entries() if one.what == "digest"]
    assert (entry.data["undecided"], entry.data["policy_stood"], entry.data["policy_released"]) == ("6", "1", "1")


def test_without_an_answer_that_judges_nothing_is_said_of_precision(desk: Desk) -> None:
    """Nought of nought is no share."""
    desk.opened("chat", MONDAY + DAY)
    desk.tick(NEXT + 9 * HOUR)
    assert DIGEST_NO_PRECISION in desk.said()
    assert DIGEST_WAITED not in desk.said()


def test_precision_is_told_over_four_weeks_too(desk: Desk) -> None:
    """One week has few answers: older weeks within four count, and the fifth does not."""
    for weeks, state in enumerate([State.BRAKING, State.BRAKING, State.EXPECTED, State.BRAKING, State.EXPECTED]):
        start = MONDAY + 7 * weeks * DAY
        desk.tick(start)
        desk.opened("chat", start + DAY, answers=[(state, HOUR, "U1")])
    desk.tick(MONDAY + 35 * DAY + 9 * HOUR)
    assert desk.said()[DIGEST_PRECISION_WEEKS] == {"share": "0.5000", "confirmed": "2", "judged": "4", "weeks": "4"}


def test_a_week_without_alerts_is_told_too(desk: Desk) -> None:
    """Silence from Freio is never the same as a Freio that is down."""
    desk.tick(NEXT + 9 * HOUR)
    assert list(desk.said()) == [DIGEST_ALERTS]


def test_the_first_week_counts_from_when_freio_began_to_watch() -> None:
    """Half a week of four apps is two weeks of one: one alert is .5."""
    desk = Desk(FOUR, FakeClock(MONDAY), MemoryStore())
    desk.tick(MONDAY + timedelta(days=3.5))
    desk.opened("chat", MONDAY + 5 * DAY)
    desk.tick(NEXT + 9 * HOUR)
    assert desk.said()[DIGEST_ALERTS_OVER]["rate"] == "0.5000"
    assert desk.posts[0].data["since"] == (MONDAY + timedelta(days=3.5)).isoformat()


@pytest.mark.parametrize("month", [3, 11])  # the week has an hour less, or one more
def test_a_week_in_which_the_clocks_change_is_a_week(month: int) -> None:
    """One alert of four apps is .25, and within: an hour less made it .2515, told as .25, and over."""
    monday = {3: datetime(2027, 3, 8, 5, tzinfo=UTC), 11: datetime(2026, 10, 26, 4, tzinfo=UTC)}[month]  # there
    desk = Desk(replace(FOUR, time_zone="America/New_York"), FakeClock(monday), MemoryStore())
    desk.tick(monday)
    desk.opened("chat", monday + DAY)
    desk.tick(monday + 7 * DAY + 10 * HOUR)
    assert desk.said()[DIGEST_ALERTS]["rate"] == "0.2500"


def test_there_is_nothing_to_tell_of_a_week_that_nobody_watched() -> None:
    """The first tick of all is on a Monday at ten."""
    desk = Desk(FOUR, FakeClock(MONDAY), MemoryStore())
    desk.tick(NEXT + 10 * HOUR)
    assert desk.posts == []


def test_an_incident_of_a_week_that_nobody_watched_makes_no_digest_of_it() -> None:
    """A budget opened it before the watch's first tick of all: no week begins on Tuesday and ends on Monday."""
    desk = Desk(FOUR, FakeClock(MONDAY), MemoryStore())
    early = incident("chat", NEXT - DAY, SignalKind.BUDGET_THRESHOLD, is_open=True)
    desk.clock.at = NEXT + DAY
    desk.desk.note(early)
    desk.tick(NEXT + DAY)
    assert desk.posts == []
    desk.tick(NEXT + 7 * DAY + 9 * HOUR)
    assert [post.data["since"] for post in desk.posts] == [(NEXT + DAY).isoformat()]


def test_a_watch_that_was_down_over_monday_tells_it_late_but_not_for_ever(desk: Desk) -> None:
    """On Tuesday still; on Friday it is nobody's news any more."""
    desk.tick(NEXT + DAY + 15 * HOUR)
    assert len(desk.posts) == 1
    other = Desk(FOUR, FakeClock(MONDAY), MemoryStore())
    other.tick(MONDAY)
    other.tick(NEXT + 4 * DAY)
    assert other.posts == []


def test_what_is_open_and_which_budgets_break_stand_at_its_end(desk: Desk) -> None:
    """An incident of an earlier week too; a budget that is likelier kept does not."""
    desk.opened("chat", MONDAY + DAY, is_open=True)
    until = NEXT + 8 * DAY

    def month(name: str, chance: str) -> Forecast:
        return Forecast(
            app=name,
            at=NEXT,
            until=until,
            so_far=usd(1),
            low=usd(2),
            expected=usd(3),
            high=usd(4),
            budget=usd(3),
            chance=Decimal(chance),
        )

    forecasts = Forecasts(at=NEXT, all=(month("chat", "0.6"), month("search", "0.4"), month("tags", "0.9")))
    desk.store.commit(Change(put=(forecasts,)))
    desk.tick(NEXT + 9 * HOUR)
    said = desk.said()
    assert [dict(line.data)["app"] for line in unpacked(said[DIGEST_OPEN]["lines"])] == ["chat"]
    assert [dict(line.data)["app"] for line in unpacked(said[DIGEST_BUDGETS]["lines"])] == ["tags", "chat"]


def test_a_budget_that_a_runaway_breaks_is_likely_passed(desk: Desk) -> None:
    """The day's forecast is made without the trouble, which its incident adds; what that shows of a month that is over
    counts no more."""
    made = Forecast(
        app="chat",
        at=NEXT,
        until=NEXT + 8 * DAY,
        so_far=usd(1),
        low=usd(2),
        expected=usd(3),
        high=usd(4),
        budget=usd(5),
        chance=Decimal("0.1"),
    )
    for name, until in (("chat", made.until), ("tags", NEXT)):
        shown = replace(made, app=name, until=until, expected=usd(9), chance=Decimal("0.9"))
        running = replace(incident(name, MONDAY + DAY, is_open=True), forecasts=(shown,))
        desk.store.commit(Change(put=(running,)))
    desk.store.commit(Change(put=(Forecasts(at=NEXT, all=(made, replace(made, app="tags"))),)))
    desk.tick(NEXT + 9 * HOUR)
    [line] = unpacked(desk.said()[DIGEST_BUDGETS]["lines"])
    assert dict(line.data)["app"] == "chat"
    assert dict(line.data)["expected"] == "9.00 USD"


def test_an_incident_is_noted_once_in_the_week_that_it_was_opened(desk: Desk) -> None:
    """Opened on Sunday night and seen on Monday, by two processes."""
    late = desk.opened("chat", NEXT - timedelta(minutes=1))
    desk.another().note(late)
    desk.another().note(late)
    log = desk.store.get(AlertLog, "alerts/2026-11-16")
    assert log is not None
    assert log.incidents == (late.id,)


def test_the_watch_notes_what_it_sees_and_the_post_is_delivered() -> None:
    """The whole way: an incident found at a tick, the digest owed, claimed, and in the channel once."""
    town = Town()
    town.runs_away()
    desk = DigestDesk(town.client, town.store, town.store, town.clock)
    town.digests = desk
    town.watcher.watch()
    found = town.store.open_incident("chat")
    assert found is not None
    monday = datetime(2026, 11, 23, 3, tzinfo=UTC)
    log = town.store.get(AlertLog, f"alerts/{monday:%Y-%m-%d}")
    assert log is not None
    assert log.incidents == (found.id,)
    town.clock.at = monday + 7 * DAY + 9 * HOUR
    desk.look()
    Alerter(town.client, town.store, town.clock, town.chat, FakePager()).deliver()
    assert isinstance(town.chat, FakeChat)
    assert list(town.chat.posts) == ["post/digest/2026-11-30"]


# ---- the arithmetic


def told(**changes: object) -> Told:
    return replace(Told(app="chat", by_detector=True, is_open=False), **changes)  # type: ignore[arg-type]


def test_the_last_word_that_judges_counts_and_the_first_answer_is_waited_for() -> None:
    """Throttled, and then called expected: it was none. Snoozed and kept: neither."""
    found = incident("chat", MONDAY)

    def moved(state: State, minutes: int, by: str = "U1") -> Entry:
        at = MONDAY + timedelta(minutes=minutes)
        return Entry(id=f"{minutes}", at=at, kind=Kind.STATE, by=by, data={"after": str(state)})

    one = Told.of(found, [moved(State.BRAKING, 5), moved(State.THROTTLED, 6, ""), moved(State.EXPECTED, 20)])
    assert (one.answer, one.waited) == (Action.EXPECTED, timedelta(minutes=5))
    other = Told.of(found, [moved(State.SNOOZED, 7), moved(State.OVERRIDDEN, 70)])
    assert (other.answer, other.waited) == (Action.SNOOZE, timedelta(minutes=7))
    assert Told.of(found, [moved(State.BRAKING, 5, "policy")]).answer is None


def test_precision_is_of_the_detectors_alerts_alone() -> None:
    """A budget's threshold that was throttled says nothing of the detector."""
    found = Precision.of(
        [told(answer=Action.THROTTLE), told(answer=Action.THROTTLE, by_detector=False), told(answer=Action.EXPECTED)]
    )
    assert (found.confirmed, found.refuted, found.share) == (1, 1, Decimal("0.5"))


def test_no_apps_have_no_rate() -> None:
    """Nor has a week that did not take place."""
    assert Week(since=MONDAY, until=NEXT, apps=0, told=(told(),)).rate == 0
    assert Week(since=MONDAY, until=MONDAY, apps=3, told=(told(),)).rate == 0


def test_a_phrase_of_the_digest_is_said_in_english() -> None:
    """Every place has its data: else the message could never be drawn."""
    desk = Desk(FOUR, FakeClock(MONDAY), MemoryStore())
    desk.tick(MONDAY)
    for days, state in ((1, State.BRAKING), (2, State.EXPECTED), (3, State.SNOOZED)):
        desk.opened("chat", MONDAY + days * DAY, answers=[(state, HOUR, "U1")])
    desk.opened("search", MONDAY + DAY, SignalKind.SPEND_CAP, is_open=True)
    desk.opened("lab", MONDAY + DAY)
    desk.tick(NEXT + 9 * HOUR)
    [post] = desk.posts
    from freio.i18n.catalogue import Language

    assert Language("en", "America/Sao_Paulo").say(post.text, post.data).splitlines()[1:6] == [
        "4 alerts of 4 apps: 1 for each app and week, *over the budget of 0.25*.",
        "Beside them 1 incident by budgets, caps, prices, silent feeds or Google's own detection alone.",
        "More than one: chat, 3 alerts.",
        "Answers: expected, 1; snooze, 1; throttle, 1; none from a person, 1.",
        "Precision: 50%. Of 2 that were judged, a throttle confirmed 1.",
    ]
    assert isinstance(unpacked(post.data["lines"])[0], Phrase)


def test_a_brake_that_somebody_replaced_did_not_stand() -> None:
    """The policy set it, somebody set something else there, and the app got quiet by itself."""
    world = World()
    world.watch("auto")
    world.sweep(times=3, every=timedelta(minutes=15))
    world.sweep(times=22)
    world.lever.somebody_sets(a_target("auto"), 777)
    world.sweep(times=8)
    for _ in range(30):
        world.pass_time(timedelta(minutes=5))
        world.watch("auto", "quiet")
        world.sweep()
    incident = world.of("auto")
    assert incident.state is State.RESOLVED
    assert Told.of(incident, world.store.entries(incident=incident.id)).policy is None
