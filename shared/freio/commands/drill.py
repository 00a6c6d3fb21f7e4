"""``freio drill``: call a fire drill in the deployed system, and follow it step by step."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from getpass import getuser
from typing import TYPE_CHECKING, TextIO
from uuid import uuid4

from freio.commands.table import aligned
from freio.domain.drill import DrillRun, Moment, moments
from freio.domain.incident import Incident, State, Verdict
from freio.domain.notice import Card
from freio.errors import BadInput, FreioError
from freio.i18n.catalogue import Language
from freio.i18n.words import WORDS

if TYPE_CHECKING:
    from freio.bootstrap import Freio

POLL = 3.0  # seconds
HEADER = ("step", "after", "within")
ENGLISH = Language("en", "UTC")
# How long each step may take after the one before it, in a system that is well: ticks come every minute, a cold start
# takes seconds, telemetry is three minutes late. What people or the file decide is added (`_within`).
WITHIN = {
    Moment.DETECTED: timedelta(minutes=5),
    Moment.TOLD: timedelta(minutes=3),
    Moment.ANSWERED: timedelta(minutes=3),  # after the grace
    Moment.CLAIMED: timedelta(minutes=3),
    Moment.SET: timedelta(minutes=5),
    Moment.PROVED: timedelta(minutes=40),  # where a lever takes a quarter of an hour to bite, and traffic is judged
    Moment.RESTORED: timedelta(minutes=5),
    Moment.RESOLVED: timedelta(minutes=5),
}
SHOWN = {
    Verdict.BINDS: "the brake binds: {exceeded} requests were refused",
    Verdict.REFUTED: "THE BRAKE DOES NOT BIND there: {reason}",
    Verdict.INCONCLUSIVE: (
        "the proof is inconclusive ({reason}). That the limit stood was read back; that it binds was not shown"
    ),
}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="the client's file (else FREIO_CONFIG)")
    parser.add_argument("--sandbox", action="store_true", help="drill the sandbox's client instead: needs no cloud")


def main(options: Namespace, environment: Mapping[str, str] = os.environ, out: TextIO | None = None) -> int:
    """Exit code 1 where a step did not come in time, or what it showed is that the brake does not bind.

    It needs FREIO_QUEUE, to call, and FREIO_STORE, to follow.
    """
    to = out or sys.stdout
    try:
        with ExitStack() as stack:
            freio, pause = _world(stack, options, environment)
            return Follower(freio, pause, to).follow()
    except FreioError as fault:
        print(fault, file=sys.stderr)
        return 2 if isinstance(fault, BadInput) else 1


def _world(stack: ExitStack, options: Namespace, environment: Mapping[str, str]) -> tuple[Freio, Callable[[], None]]:
    """The deployed system, and what to do between two looks at it: wait, or let the sandbox's time pass."""
    from freio.bootstrap import Freio  # noqa: PLC0415  # heavy things arrive late

    if options.sandbox:
        sandboxed, pause = options.drilling(stack)
        return Freio(sandboxed), pause
    file = {"FREIO_CONFIG": options.file} if options.file else {}
    return Freio({**environment, **file}), lambda: time.sleep(POLL)


@dataclass
class Follower:
    """Calls a drill, and says each step as it comes."""

    freio: Freio
    pause: Callable[[], None]
    out: TextIO
    came: dict[Moment, datetime] = field(default_factory=dict)

    def follow(self) -> int:
        if self.freio.client.drill is None:
            raise BadInput("freio.yaml names no drill; may be drill: {app: …, model: …, location: …}")
        run = f"{self.freio.clock.now():%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
        called = self.freio.clock.now()
        self.freio.queue.publish(self.freio.settings.watch_topic, b"{}", {"tick": "drill", "run": run, "by": _who()})
        self._say(f"Called the drill {run} on {self.freio.client.drill.app}.")
        while True:
            run_of = self.freio.store.get(DrillRun, run)
            if run_of is not None and run_of.refusal is not None:
                self._say(f"REFUSED: {run_of.refusal}")
                return 1
            incident = self._look(run_of, called)
            if incident is not None and incident.state is State.RESOLVED:
                return self._ended(incident, called)
            if late := self._late(incident, called):
                return self._missed(late, incident, called)
            self.pause()

    # ---- each look

    def _look(self, run: DrillRun | None, called: datetime) -> Incident | None:
        """Say what has come since the look before."""
        if run is None or not run.incident:
            return None
        incident = self.freio.store.get(Incident, run.incident)
        if incident is None:
            return None
        card = self.freio.store.get(Card, incident.id)
        journal = self.freio.store.entries(incident=incident.id)
        for moment, at in moments(incident, card.posted_at if card else None, journal).items():
            if at is not None and moment not in self.came:
                self.came[moment] = at
                self._say(f"{_span(at - called):>8}  {_word(moment)}")
                if moment is Moment.TOLD and incident.state is State.PROPOSED and not incident.decision:
                    self._say(f"{'':8}  it waits for an answer in Slack, for {_span(self._grace)} at most")
        return incident

    @property
    def _grace(self) -> timedelta:
        drill = self.freio.client.drill
        app = self.freio.client.app(drill.app) if drill else None
        return app.policy.grace if app else timedelta()

    def _within(self, moment: Moment) -> timedelta:
        return WITHIN[moment] + (self._grace if moment is Moment.ANSWERED else timedelta())

    def _late(self, incident: Incident | None, called: datetime) -> Moment | None:
        """The step that should have come by now."""
        next_one = next((moment for moment in Moment if moment not in self.came), None)
        if next_one is None:
            return None
        since = max([called, *self.came.values()])
        if incident is not None and next_one is Moment.ANSWERED and incident.state is not State.PROPOSED:
            since = max(since, incident.changed_at)  # answered otherwise: it ends
        return next_one if self.freio.clock.now() - since > self._within(next_one) else None

    # ---- the end

    def _ended(self, incident: Incident, called: datetime) -> int:
        missed = [moment for moment in Moment if moment not in self.came]
        self._summary(called)
        if missed:
            self._say(f"NOT DONE: it ended without {', '.join(_word(one) for one in missed)}")
            return 1
        assert incident.proof is not None, "its moment has come"
        proof = incident.proof
        self._say(f"Done: {SHOWN[proof.verdict].format(exceeded=proof.exceeded, reason=proof.reason)}.")
        return 1 if proof.verdict is Verdict.REFUTED else 0

    def _missed(self, late: Moment, incident: Incident | None, called: datetime) -> int:
        self._summary(called)
        self._say(f"MISSED: {_word(late)} did not come within {_span(self._within(late))}.")
        if incident is not None:
            self._say(
                f"{incident.app} is {ENGLISH.word(incident.state)}; it still ends by itself, or by: freio release --app"
                f" {incident.app} --yes"
            )
        return 1

    def _summary(self, called: datetime) -> None:
        rows = [
            [
                _word(moment),
                _span(self.came[moment] - called) if moment in self.came else "-",
                _span(self._within(moment)),
            ]
            for moment in Moment
        ]
        self._say(f"\n{aligned(HEADER, rows, numbers={1, 2})}\n")

    def _say(self, text: str) -> None:
        print(text, file=self.out, flush=True)


def _who() -> str:
    try:
        return f"freio drill, by {getuser()}"
    except (KeyError, OSError):
        return "freio drill"


def _word(moment: Moment) -> str:
    return WORDS[moment]


def _span(span: timedelta) -> str:
    """Hours, minutes and seconds.

    >>> _span(timedelta(minutes=12, seconds=5))
    '12:05'
    """
    seconds = max(0, int(span.total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
