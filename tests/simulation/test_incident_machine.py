"""Whatever comes when: duplicates, crashes, overlapping workers, lost replies, late effects, other people's limits.

The rules that hold after every commit and at every lever call stand in `tests.simulation.world`; here is what happens.
``FREIO_SIMULATIONS`` sets how many lives are tried.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from freio.adapters.local.memory import MemoryStore
from freio.adapters.local.sqlite import SqliteStore
from freio.domain.app import Level, Mode
from freio.domain.ask import Answer
from freio.domain.click import Click, Verb
from tests.simulation.cast import ANA, APPS, LADDER, LADDERS, LEA, OPS, PEOPLE, ROB, SHARED, ZOE, a_client, a_target
from tests.simulation.gates import Worker
from tests.simulation.world import World

LIVES = int(os.environ.get("FREIO_SIMULATIONS", "200"))

apps = st.sampled_from([app.name for app in APPS])
people = st.sampled_from(sorted(PEOPLE))
owners = {"chat": ANA, "auto": ANA, "left": LEA, "right": ROB, "last": ANA, "near": LEA, "far": ROB}
moods = st.sampled_from(["hot", "hot", "hot", "warm", "warm", "late", "late", "quiet", "drill"])
verbs = st.sampled_from([Verb.THROTTLE, Verb.THROTTLE, Verb.KEEP, Verb.EXPECTED, Verb.SNOOZE, Verb.RAISE, Verb.RELEASE])
crashes = st.one_of(st.none(), st.integers(1, 60))
minutes = st.sampled_from([1, 1, 2, 5, 16, 16, 61, 6 * 60, 25 * 60])
works = st.one_of(
    st.just(("sweep",)),
    st.just(("release",)),
    st.tuples(st.just("watch"), apps, moods),
    st.tuples(st.just("click"), people, verbs, apps),
    st.tuples(st.just("repeat"), st.integers(0, 9)),
    st.tuples(st.just("answer"), people, st.sampled_from([Verb.APPROVE, Verb.DENY])),
    st.tuples(st.just("somebody"), apps, st.sampled_from([90, 5000])),
)


class Incidents(RuleBasedStateMachine):
    """One life of the guard."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(client=a_client(ops_may_raise=True, cost_owners=(ZOE,)), store=self.a_store())
        self.foreign = 0

    def a_store(self) -> Any:
        return MemoryStore()

    # ---- what may happen

    @rule(app=apps, mood=moods, value=st.sampled_from([100, 200, 300]), both=st.booleans(), crash=crashes)
    def the_watch_looks(self, app: str, mood: str, value: int, both: bool, crash: int | None) -> None:
        self.world.values[app] = value
        self.world.models[app] = ("flash", "pro") if both else ("flash",)
        self.world.run(self.world.watching(app, mood), crash)

    @initialize(hot=st.lists(apps, unique=True), first=apps, runs=st.lists(st.integers(1, 40), max_size=6))
    def it_begins(self, hot: list[str], first: str, runs: list[int]) -> None:
        self.two_signals_at_once(first, None, runs)
        for app in hot:
            self.world.watch(app)

    @rule(app=apps, crash=crashes, runs=st.lists(st.integers(1, 25), min_size=1, max_size=4))
    def those_who_may_throttle(self, app: str, crash: int | None, runs: list[int]) -> None:
        """At once, where it takes two."""
        who = [owners[app], owners[SHARED[app]]] if app in SHARED else [OPS, owners[app]]
        self._race([("click", person, Verb.THROTTLE, app) for person in who], [crash, None], runs)

    @rule(app=apps, crash=crashes, runs=st.lists(st.integers(1, 40), min_size=1, max_size=6))
    def two_signals_at_once(self, app: str, crash: int | None, runs: list[int]) -> None:
        """Both ticks deliver what the app's first message, or its next, owes."""
        self._race([("watch", app, "hot"), ("watch", app, "hot")], [crash, None], runs)

    @rule(crash=crashes)
    def the_sweep_ticks(self, crash: int | None) -> None:
        self.world.run(self.world.sweeping, crash)

    @rule(span=minutes, ticks=st.integers(1, 3))
    def time_passes(self, span: int, ticks: int) -> None:
        for _ in range(ticks):
            self.world.pass_time(timedelta(minutes=span))
            self.world.run(self.world.sweeping)

    @rule(work=works, crash=crashes)
    def something_happens(self, work: tuple[Any, ...], crash: int | None) -> None:
        self._race([work], [crash], [])

    @rule(
        first=works,
        second=works,
        crash=st.tuples(crashes, st.none()),
        runs=st.lists(st.integers(1, 25), min_size=1, max_size=8),
    )
    def two_things_happen_at_once(
        self, first: tuple[Any, ...], second: tuple[Any, ...], crash: tuple[int | None, None], runs: list[int]
    ) -> None:
        self._race([first, second], list(crash), runs)

    @rule(runs=st.lists(st.integers(1, 25), min_size=1, max_size=8), crash=crashes)
    def two_sweeps_overlap(self, runs: list[int], crash: int | None) -> None:
        self._race([("sweep",), ("sweep",)], [crash, None], runs)

    @rule(
        part=st.sampled_from(["lever", "lever", "chat", "pager"]),
        faults=st.lists(st.sampled_from(["before", "lost", "late", ""]), min_size=1, max_size=6),
    )
    def a_part_will_fail(self, part: str, faults: list[str]) -> None:
        getattr(self.world, part).faults.waiting += faults

    @rule(says=st.sampled_from(["quiet", "binds", "refuted", "down"]))
    def the_service_reports(self, says: str) -> None:
        self.world.meter.says = says

    @rule(mode=st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.APPROVE, Mode.OBSERVE]))
    def the_file_changes(self, mode: Mode) -> None:
        """What happens to the app that brakes by itself, from now on."""
        before = self.world.client.apps
        apps = [replace(a, policy=replace(a.policy, modes=dict.fromkeys(Level, mode))) for a in before[1:2]]
        self.world.client = replace(self.world.client, apps=(before[0], *apps, *before[2:]))
        self.world.build()

    # ---- how

    def _race(self, works: list[tuple[Any, ...]], crashes: list[int | None], runs: list[int]) -> None:
        workers, clicks = [], {}
        for work, crash in zip(works, crashes, strict=True):
            made = self._work(work)
            if made is None:
                continue
            worker = Worker(made[0], crash)
            if made[1] is not None:
                clicks[id(worker)] = made[1]
            workers.append(worker)
        if workers:
            self.world.gates.run(workers, runs)
        self.world.ledger.reading.clear()
        self.world.owed += [clicks[id(w)] for w in workers if w.crashed and id(w) in clicks]

    def _work(self, work: tuple[Any, ...]) -> tuple[Any, Click | None] | None:
        match work:
            case ("sweep",):
                return self.world.sweeping, None
            case ("release",):
                return self.world.releasing, None
            case ("watch", app, mood):
                return self.world.watching(app, mood), None
            case ("somebody", app, value):
                return (lambda: self._somebody_sets(app, value)), None
            case ("click", person, verb, app):
                click = self._press(person, verb, app)
            case ("repeat", which):
                click = self.world.clicks[which % len(self.world.clicks)] if self.world.clicks else None
            case ("answer", person, verb):
                open_asks = [a for a in self.world.chat.asks.values() if a.answer is Answer.PENDING]
                click = self.world.type(person, verb, ask=open_asks[0].id) if open_asks else None
            case _:
                raise AssertionError(work)
        return (self.world.clicking(click), click) if click else None

    def _press(self, person: str, verb: Verb, app: str) -> Click | None:
        shown = [i for i in self.world.chat.shown.values() if i.app == app]
        if not shown:
            return None
        newest = max(shown, key=lambda i: i.opened_at)
        return self.world.type(person, verb, incident=newest.id, revision=newest.revision)

    def _somebody_sets(self, app: str, value: int) -> None:
        """Not between Freio's look at a limit and its call: the API has no compare-and-set, so that gap stays open."""
        self.world.gates.gate()
        if not self.world.lever.reading_now():
            self.foreign += 1
            self.world.lever.somebody_sets(a_target(app, LADDERS.get(app, LADDER)[0]), value * 1000 + self.foreign)

    @invariant()
    def one_message_each(self) -> None:
        self.world.check_always()

    def teardown(self) -> None:
        self.world.run_out()
        self.world.check_end()


class IncidentsInAFile(Incidents):
    """The same, over the real store."""

    def a_store(self) -> Any:
        self.folder = tempfile.TemporaryDirectory()
        return SqliteStore(Path(self.folder.name) / "state.db")

    def teardown(self) -> None:
        super().teardown()
        self.world.store.close()  # type: ignore[attr-defined]  # a SqliteStore, by `a_store`
        self.folder.cleanup()


@pytest.mark.parametrize(("machine", "lives"), [(Incidents, LIVES), (IncidentsInAFile, max(1, LIVES // 10))])
def test_the_rules_hold_whatever_happens_when(machine: type[Incidents], lives: int) -> None:
    """Every rule of an incident, through any order of events; and in the end everything is back where it was."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=lives,
            stateful_step_count=30,
            deadline=None,
            print_blob=True,
            database=None,
            derandomize=os.environ.get("FREIO_SIMULATIONS") is None,
            suppress_health_check=list(HealthCheck),
        ),
    )
