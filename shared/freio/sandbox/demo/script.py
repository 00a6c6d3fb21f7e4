"""The scripted people: who does what, when an incident of which app is where. Headless, they play the whole demo.

Each act is tried every simulated minute until it has been done once. Incidents that nobody wrote a line for (real
usage has a mind of its own) are called expected by ops, so that every message is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from babel.numbers import format_decimal

from freio.domain.app import Mode
from freio.domain.incident import Incident, State
from freio.domain.notice import Card
from freio.sandbox.demo.cast import ANA, BRUNO, CARLA, CHANNEL, DIEGO, EMMA, GUS, HELENA, PAT, RUI
from freio.sandbox.demo.stage import Stage
from freio.sandbox.slack import Ack
from freio.sandbox.slack.board import Message
from freio.sandbox.spend.incidents import Kind, Runaway

DAY = timedelta(days=1)
UNWRITTEN = timedelta(minutes=10)
SQUEEZED = 6  # days of the story in one, where days are dear


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A runaway, so long after the replay begins."""

    app: str
    kind: Kind
    after: timedelta
    severity: float = 1.0
    fixed_after: timedelta | None = None

    def squeezed(self) -> Launch:
        """The same at the same time of day, on an earlier day: nothing of it is shorter, calm days are left out."""
        days, rest = divmod(self.after, DAY)
        return replace(self, after=days // SQUEEZED * DAY + rest)


# One for each way that an incident can go; days are of the replay.
LAUNCHES = (
    Launch(
        app="support-chat",
        kind="stuck_loop",
        after=2 * DAY + timedelta(hours=13),
        severity=4.0,
        fixed_after=timedelta(hours=3),
    ),
    Launch(
        app="research-agents",
        kind="stuck_loop",
        after=8 * DAY + timedelta(hours=2),
        severity=9.0,
        fixed_after=timedelta(hours=2, minutes=30),
    ),
    Launch(
        app="catalogue-search",
        kind="retry_storm",
        after=13 * DAY + timedelta(hours=15),
        severity=2.0,
        fixed_after=timedelta(hours=1, minutes=40),
    ),
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

    def __init__(self, stage: Stage, runaways: Sequence[Runaway]) -> None:
        self._stage = stage
        self._runaways = runaways
        self._acts = list(_acts())
        self.acks: list[Ack] = []

    def typed(self, amount: int) -> str:
        """As money is written in the channel's language: 2.000,00 or 2,000.00."""
        return format_decimal(amount, "#,##0.00", locale=self._stage.client.locale.replace("-", "_"))

    @property
    def refused(self) -> list[Ack]:
        """Acts that the app did not take: the person saw an error."""
        return [ack for ack in self.acks if not ack.ok]

    def play(self, now: datetime) -> bool:
        """Whether somebody did something."""
        acted = False
        for incident in self._stage.store.open_incidents():
            if not self._is_drawn(incident):
                continue
            waited = now - incident.changed_at
            acts = [a for a in self._acts if a.app == incident.app and not a.done] if self._is_told(incident) else []
            here = [a for a in acts if a.state is incident.state]
            ripe = next((a for a in here if waited >= a.after), None)
            if ripe is not None:
                ripe.done = True
                acted |= self._did(ripe.do(self, incident))
            elif (
                incident.state is State.PROPOSED and not here and waited >= UNWRITTEN and not self._by_policy(incident)
            ):
                acted |= self._did(self.click(PAT.id, incident, "expected"))
        return acted

    def _is_told(self, incident: Incident) -> bool:
        """Whether it is one of the story's own: its app was made to run away not long before."""
        return any(r.app == incident.app and r.start <= incident.opened_at <= r.start + DAY for r in self._runaways)

    @staticmethod
    def _by_policy(incident: Incident) -> bool:
        """Nobody is awake where the policy brakes by itself."""
        return incident.mode is Mode.ENFORCE and incident.proposal is not None and bool(incident.proposal.steps)

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

    def form(self, person: str, incident: Incident, action: str, values: dict[str, str | int]) -> Ack | None:
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
    chat, search = "support-chat", "catalogue-search"
    # A guest tries; ops throttle, twice; the owner asks for more, the cost owner approves; then for the release.
    yield Act(app=chat, state=State.PROPOSED, after=2 * minute, do=lambda p, i: p.click(GUS.id, i, "throttle"))
    yield Act(app=chat, state=State.PROPOSED, after=4 * minute, do=Players.click_twice_at_once)
    yield Act(
        app=chat,
        state=State.THROTTLED,
        after=25 * minute,
        do=lambda p, _: p.command(BRUNO.id, f"/freio ask {chat} 300 +3h campanha de hoje"),
    )
    yield Act(app=chat, state=State.THROTTLED, after=32 * minute, do=lambda p, i: p.answer(RUI.id, i, "approve"))
    yield Act(
        app=chat, state=State.THROTTLED, after=2 * hour + 30 * minute, do=lambda p, i: p.click(BRUNO.id, i, "release")
    )
    yield Act(
        app=chat, state=State.THROTTLED, after=2 * hour + 35 * minute, do=lambda p, i: p.answer(RUI.id, i, "approve")
    )
    # Two apps on one target: a yes from an owner of each.
    yield Act(app=search, state=State.PROPOSED, after=3 * minute, do=lambda p, i: p.click(CARLA.id, i, "throttle"))
    yield Act(app=search, state=State.PROPOSED, after=6 * minute, do=lambda p, i: p.click(DIEGO.id, i, "throttle"))
    # Dynamic shared quota: the override succeeds and binds nothing. Proof refutes it, and people are asked about the
    # next lever, which stops what they had agreed to limit: the model is taken away until the owner asks for it back.
    words = "translation"
    yield Act(app=words, state=State.PROPOSED, after=3 * minute, do=lambda p, i: p.click(EMMA.id, i, "throttle"))
    yield Act(app=words, state=State.PROPOSED, after=5 * minute, do=lambda p, i: p.click(EMMA.id, i, "throttle"))
    yield Act(
        app=words, state=State.THROTTLED, after=2 * hour + 30 * minute, do=lambda p, i: p.click(EMMA.id, i, "release")
    )
    yield Act(
        app=words,
        state=State.THROTTLED,
        after=2 * hour + 35 * minute,
        do=lambda p, i: p.answer(HELENA.id, i, "approve"),
    )
    # The cost owner lets it go on, with an amount, a time and a reason.
    yield Act(
        app="marketing-copy",
        state=State.PROPOSED,
        after=12 * minute,
        do=lambda p, i: p.form(
            HELENA.id,
            i,
            "keep_more",
            {"amount": p.typed(2000), "until": int((i.changed_at + DAY).timestamp()), "why": "lançamento do catálogo"},
        ),
    )
    yield Act(
        app="marketing-copy",
        state=State.OVERRIDDEN,
        after=1 * hour,
        do=lambda p, _: p.command(EMMA.id, "/freio status"),
    )


def launch(stage: Stage, start: datetime, *, squeezed: bool = False) -> list[Runaway]:
    """Lay the runaways on the month, or on a few days of it; where somebody fixes the cause, they end then."""
    started = []
    for number, planned in enumerate(each.squeezed() if squeezed else each for each in LAUNCHES):
        at = start + planned.after
        runaway = stage.world.launch(planned.kind, planned.app, at, seed=number, severity=planned.severity)
        if planned.fixed_after is not None:
            stage.world.stop(runaway, at + planned.fixed_after)
        started.append(runaway)
    return started
