"""A sandbox workspace to talk to, and the adapters on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from slack_sdk import WebClient

from freio.adapters.slack.chat import SlackChat
from freio.adapters.slack.directory import SlackDirectory, named_groups
from freio.adapters.slack.web import web_client
from freio.sandbox.slack import Channel, Group, Person, ServerHandle, SlackWorkspace, serve
from freio.sandbox.slack.workspace import BOT, BOT_TOKEN
from tests.unit.slack.examples import CHANNEL, CLIENT, NOW

ANA = Person(id="U0ANA00001", name="Ana", email="ana@acme.example", locale="pt-BR", tz="America/Sao_Paulo")
RUI = Person(id="U0RUI00001", name="Rui", email="rui@acme.example", locale="en-US", tz="Europe/Lisbon")
OUT = Person(id="U0OUTSIDE1", name="Outsider", locale="de-DE")


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, span: timedelta) -> None:
        self.at += span


@pytest.fixture
def clock() -> HandClock:
    """The time."""
    return HandClock()


@pytest.fixture
def slack(clock: HandClock) -> Iterator[ServerHandle]:
    """A workspace with a channel that `OUT` is not in."""
    workspace = SlackWorkspace(
        people=[ANA, RUI, OUT, Person(id="U0TEAM0001", name="Teo"), Person(id="U0123ABCD", name="Bia")],
        channels=[Channel(id=CHANNEL, name="finops", members=(ANA.id, RUI.id, BOT.id))],
        groups=[Group(id="S01OPS0000", handle="ops", members=(RUI.id,))],
        now=clock,
    )
    handle = serve(workspace)
    yield handle
    handle.stop()


@pytest.fixture
def web(slack: ServerHandle) -> WebClient:
    """The client that production uses, at the sandbox's address."""
    return web_client(BOT_TOKEN, slack.api_url)


@pytest.fixture
def directory(web: WebClient, clock: HandClock) -> SlackDirectory:
    """The directory over the sandbox."""
    return SlackDirectory(web, named_groups(CLIENT), clock)


@pytest.fixture
def chat(web: WebClient, directory: SlackDirectory) -> SlackChat:
    """The chat over the sandbox."""
    return SlackChat(web, CLIENT, directory)
