"""The demo's world for `freio drill --sandbox`: the functions on their servers, and an ops person who answers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from freio.domain.incident import State
from freio.domain.notice import Card
from freio.errors import Unavailable
from freio.sandbox.demo.cast import ANA, CHANNEL
from freio.sandbox.demo.stage import Stage, set_up

SEED = 7
MORNING = datetime(2026, 11, 23, 13, tzinfo=UTC)
HISTORY = timedelta(days=21)
MINUTE = timedelta(minutes=1)
WATCHED_EVERY = 5  # minutes
DRAINS_WITHIN = 120.0  # seconds

PROJECT, APP = "acme-fire-drill", "fire-drill"
APP_KEYS = f"""\
  - name: {APP}
    team: platform
    cost_centre: CC-2001
    environment: experiment
    owners: [emma@acme.example]
    match: {{projects: [{PROJECT}]}}
    budget: {{monthly: 10.00}}
    floor: {{input_tokens_per_minute: 0}}
    grace: 10m
    lease: 1h

"""
DRILL_KEYS = f"\ndrill: {{app: {APP}, model: gemini-2.5-flash, location: global, calls: true}}\n"


def with_a_drill(config: str) -> str:
    """The demo's file with an app for drills."""
    apps, approvals, rest = config.partition("approvals:\n")
    return f"{apps}{APP_KEYS}{approvals}{rest}{DRILL_KEYS}"


def drilling(stack: ExitStack, locale: str = "pt-BR") -> tuple[dict[str, str], Callable[[], None]]:
    """Start it; the environment that leads there, and what lets a minute pass. `stack` ends it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freio-drill-")))
    stage = set_up(
        stack,
        folder,
        MORNING,
        seed=SEED,
        usage=None,
        history=HISTORY,
        slack_port=0,
        locale=locale,
        edit=with_a_drill,
        projects=(PROJECT,),
        answers_questions=True,
    )
    return dict(stage.environment), _Minutes(stage).pass_one


class _Minutes:
    """Time in the sandbox: the sweep comes every minute, the watch every five; ops answer what they are asked."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def pass_one(self) -> None:
        self._drain()  # what was called for at the command line
        now = self._stage.clock.now() + MINUTE
        self._stage.set_time(now)
        if now.minute % WATCHED_EVERY == 0:
            self._stage.broker.publish("freio-watch", b"{}", {"tick": "watch"})
        self._stage.broker.publish("freio-clicks", b"{}", {"tick": "sweep"})
        self._drain()
        self._answer()

    def _answer(self) -> None:
        incident = self._stage.store.open_incident(APP)
        card = self._stage.store.get(Card, incident.id) if incident else None
        if incident is None or card is None or not card.ts or incident.state is not State.PROPOSED:
            return
        self._stage.slack.click(ANA.id, CHANNEL, card.ts, "throttle")
        self._drain()

    def _drain(self) -> None:
        if not self._stage.broker.drain(DRAINS_WITHIN):
            raise Unavailable(f"messages were still undelivered after {DRAINS_WITHIN:.0f} s")
