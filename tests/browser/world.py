"""The running demo and a browser that looks at it, and how a person uses the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, sync_playwright

from freio.domain.incident import Incident, State, Verdict
from freio.domain.notice import Card
from freio.sandbox.demo.cast import CHANNEL
from freio.sandbox.demo.replay import Replay
from freio.sandbox.demo.stage import Stage, set_up
from freio.sandbox.slack import Person
from freio.sandbox.spend.incidents import Kind

# Debian's Chromium as root, without whatever it would ask the network for.
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START = datetime(2026, 11, 11, 13, tzinfo=UTC)
SOON = START + timedelta(minutes=10)
ONCE = "retry: 3600000\ndata: 0\n\n"  # one event, and nobody asks for more within the hour
PATIENCE = 20_000  # milliseconds, for what takes one: the machine may be busy with other tests


@dataclass(kw_only=True)
class World:
    """The stage, its clock, and the channel as each person sees it; `problems` is what the browser complained of."""

    stage: Stage
    replay: Replay
    browser: Browser
    problems: list[str] = field(default_factory=list)

    def pass_until(self, condition: Callable[[], bool], *, hours: int = 3) -> None:
        """Let simulated time pass, five minutes at a time, until that holds."""
        for _ in self.replay.run(self.replay.now + timedelta(hours=hours), each_minute=lambda _: None):
            if condition():
                return
        states = {i.app: str(i.state) for i in self.stage.store.open_incidents()}
        raise AssertionError(f"it did not come to that within {hours} h; there are {states}")

    def incident(self, app: str) -> Incident:
        found = self.stage.store.open_incident(app)
        assert found is not None, f"{app} has no open incident"
        return found

    def is_proposed(self, app: str) -> bool:
        """Whether the incident waits for a decision, in a message with its chart."""
        found = self.stage.store.open_incident(app)
        card = self.stage.store.get(Card, found.id) if found else None
        return found is not None and found.state is State.PROPOSED and card is not None and bool(card.ts and card.chart)

    def ts(self, app: str) -> str:
        card = self.stage.store.get(Card, self.incident(app).id)
        assert card is not None
        return card.ts

    def channel(
        self, person: Person, *, thread: str = "", deaf: bool = False, width: int = 1440, height: int = 1000
    ) -> Page:
        """The channel as this person sees it, with a thread beside it; `deaf`: it hears of no later change."""
        page = self.browser.new_page(viewport={"width": width, "height": height}, locale=person.locale)
        page.set_default_timeout(PATIENCE)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        if deaf:
            page.route("**/page/events", lambda route: route.fulfill(content_type="text/event-stream", body=ONCE))
        beside = f"&channel={CHANNEL}&thread={thread}" if thread else ""
        page.goto(f"{self.stage.slack_url}/?person={person.id}{beside}")
        return page

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.problems.append(said.text)

    def is_proved(self, app: str) -> bool:
        proof = self.incident(app).proof
        return proof is not None and proof.verdict is Verdict.BINDS

    def message(self, page: Page, app: str) -> Locator:
        """The incident's one message."""
        return page.locator(f'#messages [data-message-ts="{self.ts(app)}"]')


@contextmanager
def opened(chromium: Path, folder: Path, runaways: dict[str, Kind], locale: str) -> Iterator[World]:
    """The demo in this language, at the moment at which each of these apps has run away and waits for a decision."""
    with ExitStack() as stack:
        stage = set_up(
            stack, folder, START, seed=7, usage=None, history=timedelta(days=21), slack_port=0, locale=locale
        )
        for app, kind in runaways.items():
            stage.world.launch(kind, app, SOON, seed=0, severity=4.0)
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=chromium, args=SWITCHES)
        stack.callback(browser.close)
        world = World(stage=stage, replay=Replay(stage, START), browser=browser)
        world.pass_until(lambda: all(world.is_proposed(app) for app in runaways))
        yield world


def block(message: Locator, name: str) -> Locator:
    return message.locator(f'[data-block-id="{name}"]')


def button(where: Locator, action: str) -> Locator:
    return where.locator(f'[data-action-id="{action}"]')


def write(page: Page, line: str) -> None:
    """Type into the channel's composer, and send."""
    page.locator("#composer textarea").fill(line)
    page.locator("#composer textarea").press("Enter")


def whisper(page: Page, text: str) -> Locator:
    """The newest that only this person sees, with this text in it."""
    return page.locator('#messages [data-ephemeral="true"]', has_text=text).last
