"""The scripted people: who does what, when an incident of which app is where. Headless, they play the whole demo.

Each act is tried every simulated minute until it has been done once. Incidents that nobody wrote a line for (real
usage has a mind of its own) are snoozed by ops, so that every message is answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from freio.domain.incident import Incident, State
from freio.domain.notice import Card
from freio.sandbox.demo.cast import ANA, BRUNO, CARLA, CHANNEL, DIEGO, EMMA, GUS, HELENA, PAT, RUI
from freio.sandbox.demo.stage import Stage
from freio.sandbox.slack import Ack
from freio.sandbox.slack.board import Message
from freio.sandbox.spend.incidents import Kind, Runaway

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A runaway, so long after the replay begins."""

    app: str
    kind: Kind
    after: timedelta
    severity: float = 1.0
    fixed_after: timedelta | None = None


# One for each way that an incident can go; days are of the replay.
LAUNCHES = (
    Launch(
        app="support-chat",
        kind="stuck_loop",
        after=2 * DAY + timedelta(hours=13),
        severity=4.0,
        fixed_after=timedelta(hours=5),
    ),
    Launch(
        app="research-agents",
        kind="stuck_loop",
        after=8 * DAY + timedelta(hours=2),
        severity=3.0,
        fixed_after=timedelta(hours=5),
    ),
    Launch(app="catalogue-search", kind="retry_storm", after=13 * DAY + timedelta(hours=15), severity=2.0),
    Launch(app="translation", kind="spike", after=17 * DAY + timedelta(hours=12), severity=4.0),
    Launch(
        app="marketing-copy",
        kind="leak",
        after=21 * DAY + timedelta(hours=14),
        severity=4.0,
        fixed_after=timedelta(hours=20),
    ),
)


@dataclass(kw_only=True)
class Act:
    """One thing that somebody does, once, about an app's incident in a state, so long after it got there."""

    app: str
    state: State
    after: timedelta
    do: Callable[[Players, Incident], Ack | None]
    done: bool = field(default=False)


class Players:
    """The people, their hands on the workspace's buttons."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._acts = list(_acts())
        self.acks: list[Ack] = []

    def play(self, now: datetime) -> bool:
        """Whether somebody did something."""
        acted = False
        for incident in self._stage.store.open_incidents():
            waited = now - incident.changed_at
            mine = [a for a in self._acts if a.app == incident.app and not a.done]
            for act in mine:
                if act.state is incident.state and waited >= act.after and self._is_drawn(incident):
                    act.done = True
                    acted |= self._did(act.do(self, incident))
                    break
            else:
                scripted = any(a.state is incident.state for a in mine)
                if incident.state is State.PROPOSED and not scripted and waited >= timedelta(minutes=30):
                    acted |= self._did(self.click(PAT.id, incident, "snooze"))
        return acted

    def _did(self, ack: Ack | None) -> bool:
        if ack is not None:
            self.acks.append(ack)
        return ack is not None

    def _is_drawn(self, incident: Incident) -> bool:
        """People see what is drawn: the message must stand, with this question's buttons."""
        message = self.message(incident)
        return message is not None and any(f"{incident.id}:{incident.revision}" in v for v in _values(message))

    def message(self, incident: Incident) -> Message | None:
        card = self._stage.store.get(Card, incident.id)
        return self._stage.slack.message(CHANNEL, card.ts) if card and card.ts else None

    def click(
        self, person: str, incident: Incident, action: str, *, drawn: Message | None = None, duplicates: int = 0
    ) -> Ack | None:
        message = self.message(incident)
        if message is None or (drawn is None and action not in message.action_ids):
            return None
        return self._stage.slack.click(person, CHANNEL, message.ts, action, message=drawn, duplicates=duplicates)

    def click_twice_at_once(self, incident: Incident) -> Ack | None:
        """Ana throttles, and the click comes twice; Bruno clicks a moment later on what he still sees."""
        drawn = self.message(incident)
        first = self.click(ANA.id, incident, "throttle", duplicates=1)
        self._stage.broker.drain(30)
        if drawn is not None:
            self._did(self.click(BRUNO.id, incident, "keep", drawn=drawn))
        return first

    def form(self, person: str, incident: Incident, action: str, values: dict[str, str]) -> Ack | None:
        """Open a form and send it, filling the fields by their action ids."""
        opened = self.click(person, incident, action)
        views = self._stage.slack.open_views(person)
        if opened is None or not views:
            return opened
        self._did(opened)
        return self._stage.slack.submit(person, views[-1].id, values)

    def command(self, person: str, text: str) -> Ack:
        return self._stage.slack.command(person, CHANNEL, text)

    def answer(self, person: str, incident: Incident, action: str) -> Ack | None:
        """Approve or deny the newest request under an incident's message."""
        message = self.message(incident)
        if message is None:
            return None
        asked = [m for m in self._stage.slack.thread(CHANNEL, message.ts) if action in m.action_ids]
        return self._stage.slack.click(person, CHANNEL, asked[-1].ts, action) if asked else None


def _values(message: Message) -> Iterator[str]:
    for block in message.blocks:
        for element in block.get("elements", ()):
            yield str(element.get("value", ""))


def _acts() -> Iterator[Act]:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    chat, research, search = "support-chat", "research-agents", "catalogue-search"
    # A guest tries; ops throttle, twice; the owner asks for more, the cost owner approves; then for the release.
    yield Act(app=chat, state=State.PROPOSED, after=2 * minute, do=lambda p, i: p.click(GUS.id, i, "throttle"))
    yield Act(app=chat, state=State.PROPOSED, after=4 * minute, do=Players.click_twice_at_once)
    yield Act(
        app=chat,
        state=State.THROTTLED,
        after=25 * minute,
        do=lambda p, _: p.command(BRUNO.id, f"/freio ask {chat} 300 6h campanha de hoje"),
    )
    yield Act(app=chat, state=State.THROTTLED, after=32 * minute, do=lambda p, i: p.answer(RUI.id, i, "approve"))
    yield Act(app=chat, state=State.THROTTLED, after=6 * hour, do=lambda p, i: p.click(BRUNO.id, i, "release"))
    yield Act(
        app=chat, state=State.THROTTLED, after=6 * hour + 5 * minute, do=lambda p, i: p.answer(RUI.id, i, "approve")
    )
    # Nobody is awake: the policy brakes, and lets go when it is quiet.
    yield Act(app=research, state=State.OVERRIDDEN, after=9999 * hour, do=lambda _p, _i: None)
    # Two apps on one target: a yes from an owner of each.
    yield Act(app=search, state=State.PROPOSED, after=3 * minute, do=lambda p, i: p.click(CARLA.id, i, "throttle"))
    yield Act(app=search, state=State.PROPOSED, after=6 * minute, do=lambda p, i: p.click(DIEGO.id, i, "throttle"))
    # No brake binds there: the cost owner lets it go on, with an amount, a time and a reason.
    yield Act(
        app="translation",
        state=State.PROPOSED,
        after=8 * minute,
        do=lambda p, i: p.form(
            HELENA.id,
            i,
            "keep_more",
            {
                "amount": "2.000,00",
                "until": str(int((i.changed_at + DAY).timestamp())),
                "why": "lançamento do catálogo",
            },
        ),
    )
    yield Act(
        app="marketing-copy", state=State.PROPOSED, after=12 * minute, do=lambda p, i: p.click(CARLA.id, i, "expected")
    )
    yield Act(
        app="marketing-copy", state=State.EXPECTED, after=1 * hour, do=lambda p, _: p.command(EMMA.id, "/freio status")
    )


def launch(stage: Stage, start: datetime) -> list[Runaway]:
    """Lay the runaways on the month; where somebody fixes the cause, they end then."""
    started = []
    for number, planned in enumerate(LAUNCHES):
        at = start + planned.after
        runaway = stage.world.launch(planned.kind, planned.app, at, seed=number, severity=planned.severity)
        if planned.fixed_after is not None:
            stage.world.stop(runaway, at + planned.fixed_after)
        started.append(runaway)
    return started


def incident_of(text: str) -> str:
    """The app in an incident's id (``support-chat-20261103T150000``)."""
    return re.sub(r"-\d{8}T\d{6}$", "", text)
