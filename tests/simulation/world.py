"""The real guard in a simulated world; `cast` plays in it, and `ledger` looks at every commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from freio.adapters.codec import kind_of
from freio.adapters.local.memory import MemoryStore
from freio.domain.app import Client, Level
from freio.domain.click import Click, Verb
from freio.domain.incident import (
    QUIET_FOR,
    Assessment,
    Incident,
    State,
)
from freio.domain.lever import Setting
from freio.domain.notice import Notice
from freio.domain.signal import Signal, SignalKind
from freio.domain.target import Brake, Hold, Target
from freio.errors import Conflict
from freio.guard.alert import Alerter
from freio.guard.decide import look, needs_proposal, open_or_merge, propose
from freio.guard.enforce import Enforcer
from freio.guard.hold import Holder
from freio.guard.prove import Prover
from freio.guard.release import Releaser
from freio.guard.respond import Responder
from freio.guard.retry import again
from freio.guard.step import Step
from freio.guard.sweep import Sweeper
from tests.fakes import FakeClock
from tests.simulation.cast import MINUTE, NOW, PEOPLE, SPEND, a_client, a_proposal, a_target, brl
from tests.simulation.gates import Gated, Gates, Worker
from tests.simulation.ledger import Kept, Ledger
from tests.simulation.parts import SimChat, SimDirectory, SimLever, SimMeter, SimPager


@dataclass
class World:
    """Everything: drive it with `watch`, `sweep`, `click`, `pass_time`."""

    client: Client = field(default_factory=a_client)
    store: Kept = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.gates = Gates()
        self.clock = FakeClock(NOW)
        self.ledger = Ledger(self.store, self.client)
        self.lever = SimLever(self.clock)
        self.lever.spy = self._called
        self.lever.looked = lambda: self.ledger.reading.add(threading.get_ident())
        self.lever.reading_now = lambda: bool(self.ledger.reading)
        self.chat, self.pager, self.meter = SimChat(), SimPager(), SimMeter()
        self.values: dict[str, int] = {}
        self.models: dict[str, tuple[str, ...]] = {}
        self.clicks: list[Click] = []
        self.owed: list[Click] = []  # clicks that the queue must deliver again
        self.signals = 0
        self.build()

    def build(self) -> None:
        """The guard over gated ports; again, when the file has changed."""
        self.ledger.client = self.client
        store: Any = Gated(self.ledger, self.gates)
        chat: Any = Gated(self.chat, self.gates)
        pager: Any = Gated(self.pager, self.gates)
        meter: Any = Gated(self.meter, self.gates)
        lever: Any = Gated(self.lever, self.gates)
        levers: Mapping[str, Any] = dict.fromkeys(("quota", "gateway", "allowed_models", "disable_service"), lever)
        self.gated = store
        self.alerter = Alerter(self.client, store, self.clock, chat, pager)
        self.holder = Holder(self.client, store, self.clock, levers)
        enforcer = Enforcer(self.client, store, self.clock, self.holder, Prover(dict.fromkeys(levers, meter)))
        responder = Responder(self.client, store, self.clock, SimDirectory(PEOPLE))
        self.releaser = Releaser(self.client, store, self.clock, self.holder, enforcer)
        self.sweeper = Sweeper(
            self.client,
            store,
            self.clock,
            enforcer=enforcer,
            holder=self.holder,
            responder=responder,
            alerter=self.alerter,
        )

    # ---- what is checked at every lever call

    def _called(self, what: str, target: Target, value: Setting) -> None:
        """What stood there is stored, the value is written down as ours, and nobody else's is overwritten.

        A limit is set only on an authority that has not ended, and by policy only where today's file enforces.
        """
        brake = self.ledger.brakes.get(target.id)
        assert brake is not None, f"{what} without a lease"
        assert brake.found_known, f"{what} before it is known what stood there"
        assert value in brake.ours, f"{what} {value}, which is not written down: {brake.ours}"
        if what == "apply" and brake.leases and value == brake.wanted:  # else they changed while the lever was called
            self.ledger.covered(brake, self.clock.at)
        if self.lever.author.get(target) == "foreign":
            standing = self.lever.standing.get(target)
            assert brake.found == standing, f"{what} {value} over somebody else's {standing}"

    # ---- works that a worker may do

    def run(self, work: Callable[[], None], crash_at: int | None = None) -> Worker:
        worker = Worker(work, crash_at)
        self.gates.run([worker])
        self.ledger.reading.clear()
        return worker

    def race(self, works: Sequence[Callable[[], None]], runs: Sequence[int]) -> None:
        """Several processes at once; ``runs``: gates until the baton is handed over, one after the other."""
        self.gates.run([Worker(work) for work in works], runs)
        self.ledger.reading.clear()

    def releasing(self) -> None:
        """An operator at the command line lets go of everything."""
        self.releaser.release("", "freio release, by tess")

    def sweeping(self) -> None:
        for failure in self.sweeper.sweep().failures:
            assert "Unavailable" in failure or "Rejected" in failure, failure

    def watching(self, app: str, mood: str) -> Callable[[], None]:
        def work() -> None:
            with suppress(Conflict):  # a tick that fails; it comes again
                again(lambda: self._watch(app, mood))
            self.alerter.deliver()

        return work

    def _watch(self, name: str, mood: str) -> None:
        """One look of the watch at one app: ``hot`` and ``warm`` run away, ``late`` is not complete, ``drill``."""
        app = self.client.app(name)
        assert app is not None
        step = Step(self.clock.now())
        signals = [self._signal(name, mood)] if mood in {"hot", "drill"} else []
        incident = open_or_merge(step, app, self.gated.open_incident(name), signals, spend=SPEND, rate=brl(9))
        if incident is None:
            return
        mood = "drill" if incident.is_drill else "warm" if mood == "drill" else mood
        seen = Assessment(
            at=step.now,
            running_away=mood in {"hot", "warm", "drill"},
            complete=mood != "late",
            quiet_since=step.now - QUIET_FOR if mood == "quiet" else None,
        )
        incident = look(step, app, incident, seen, spend=SPEND, rate=brl(9))
        if incident.is_open and needs_proposal(incident):
            offer = a_proposal(name, incident.tried, self.values.get(name, 200), self.models.get(name, ("flash",)))
            propose(step, app, incident, offer)
        self.gated.commit(step.change())

    def _signal(self, app: str, mood: str) -> Signal:
        self.signals += 1
        return Signal(
            key=f"s{self.signals}",
            app=app,
            kind=SignalKind.DRILL if mood == "drill" else SignalKind.SPIKE,
            level=Level.CRITICAL,
            at=self.clock.now(),
            observed=brl(100 * 3**self.signals),
            usual=brl(1),
            window_minutes=60,
            score=2.0,
        )

    def clicking(self, click: Click) -> Callable[[], None]:
        return lambda: self.sweeper.click(click)

    # ---- shorthands

    def sweep(self, times: int = 1, every: timedelta = MINUTE) -> None:
        """Some ticks of the sweep, the first one now."""
        for n in range(times):
            if n:
                self.pass_time(every)
            self.run(self.sweeping)

    def watch(self, app: str, mood: str = "hot") -> None:
        self.run(self.watching(app, mood))

    def pass_time(self, span: timedelta) -> None:
        self.clock.at += span
        self.lever.mature()

    def press(self, person: str, verb: Verb, app: str, **changes: Any) -> Click:
        """A click on the message as it is shown now; not yet delivered."""
        incident = self.of(app)
        shown = self.chat.shown[incident.id]
        return self._click(person, verb, incident=shown.id, revision=shown.revision, **changes)

    def type(self, person: str, verb: Verb, **changes: Any) -> Click:
        """A slash command or an answer to a request; not yet delivered."""
        return self._click(person, verb, **changes)

    def _click(self, person: str, verb: Verb, **changes: Any) -> Click:
        number = len(self.clicks) + 1
        click = Click(id=f"k{number}", person=person, verb=verb, at=self.clock.now(), channel="C0FINOPS00", **changes)
        self.clicks.append(click)
        return click

    def click(self, person: str, verb: Verb, app: str, **changes: Any) -> Click:
        click = self.press(person, verb, app, **changes)
        self.deliver(click)
        return click

    def deliver(self, click: Click, crash_at: int | None = None) -> None:
        """One delivery; one that died on the way is owed again."""
        if self.run(self.clicking(click), crash_at).crashed:
            self.owed.append(click)

    def of(self, app: str) -> Incident:
        """The app's newest incident."""
        found = [i for i in self.ledger.incidents.values() if i.app == app]
        incident = self.store.get(Incident, max(found, key=lambda i: i.opened_at).id)
        assert incident is not None
        return incident

    def brake(self, app: str, lever: str = "quota") -> Brake:
        brake = self.store.get(Brake, a_target(app, lever).id)
        assert brake is not None
        return brake

    def standing(self, app: str, lever: str = "quota") -> Setting:
        return self.lever.standing.get(a_target(app, lever))

    def whispers(self, person: str) -> list[str]:
        return [line.text for who, line in self.chat.whispers if who == person]

    def told(self, sentence: str) -> list[Mapping[str, str]]:
        """What stood in a sentence, each time that it was said in a thread."""
        return [line.data for line in self.chat.said if line.text == sentence]

    def moves(self, app: str) -> list[State]:
        return self.ledger.states[self.of(app).id]

    # ---- what becomes of records

    def spoil(self, kind: Any, record_id: str) -> Callable[[], None]:
        """It cannot be read any more, until what is returned is called: then it is as it was."""
        rows = self._rows()
        key = (kind_of(kind), record_id)
        good = rows[key]
        rows[key] = replace(good, text="{}")
        return lambda: rows.update({key: good})

    def lose(self, kind: Any, record_id: str) -> None:
        """It is not there any more, as after a restored database."""
        del self._rows()[kind_of(kind), record_id]

    def _rows(self) -> dict[tuple[str, str], Any]:
        assert isinstance(self.store, MemoryStore)
        return self.store._rows  # no store takes what is no record

    # ---- the end

    def run_out(self) -> None:
        """Every app is quiet, and the failures that wait come to an end: time goes on until nothing is due."""
        self.meter.says = "quiet"
        for click in self.owed:
            self.deliver(click)
        for _ in range(200):
            due = [r.due_at for r in (*self._due(Incident), *self._due(Brake), *self._due(Notice)) if r.due_at]
            if not due and not self.ledger.open and not self.lever.late:
                return
            self.pass_time(max(30 * MINUTE, min(due, default=self.clock.at) - self.clock.at))
            for app in list(self.ledger.open):
                self.watch(app, "quiet")
            self.sweep()
        raise AssertionError(f"never quiet: {self.ledger.open}, {self._due(Brake)}, {self._due(Notice)}")

    def _due(self, kind: Any) -> list[Any]:
        return self.store.due(kind, self.clock.at + timedelta(days=60), limit=1000)

    def check_end(self) -> None:
        """Every lease is ended, every target is back, every click counted, every message shows the end."""
        for brake in (self.store.get(Brake, b) for b in self.ledger.brakes):
            assert brake is not None
            assert (brake.leases, brake.hold) == ((), Hold.FREE)
            if brake.target not in self.lever.clobbered:
                assert self.lever.standing.get(brake.target) == self.lever.base.get(brake.target), brake
        for click in self.clicks:
            assert self.store.used(f"click/{click.id}"), click
        self.check_always()
        for incident in self.ledger.incidents.values():
            assert self.chat.shown[incident.id].state is incident.state

    def check_always(self) -> None:
        for incident, posts in self.chat.posts.items():
            assert len(posts) == 1, f"{incident} was posted {len(posts)} times"
        assert all(count == 1 for count in self.chat.ask_posts.values())
