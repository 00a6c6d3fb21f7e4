"""A served workspace and a stand-in for our inbox, for the tests of the sandbox's Slack."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from slack_sdk import WebClient
from werkzeug import Request, Response
from werkzeug.serving import make_server

from freio.sandbox.slack import Channel, Group, Person, ServerHandle, SlackWorkspace, serve

ANA = Person(id="U1ANA", name="Ana Lima", email="ana@acme.example", locale="pt-BR", tz="America/Sao_Paulo")
RUI = Person(id="U2RUI", name="Rui Costa", email="rui@acme.example")
EVA = Person(id="U3EVA", name="Eva Left", email="eva@acme.example", deleted=True)
OPS = Group(id="S1OPS", handle="ops", members=("U1ANA", "U3EVA"))
FINOPS = Channel(id="C1FINOPS", name="finops")
PRIVATE = Channel(id="C2PRIVATE", name="private", members=("U2RUI",))


class HandClock:
    """Stands still until moved by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Inbox:
    """Receives interactions: keeps each raw body with its headers, and answers what it is told to."""

    answer: Callable[[dict[str, Any]], Response] = field(default=lambda _payload: Response())
    received: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        body = request.get_data()
        self.received.append((body, dict(request.headers)))
        return self.answer(form(body))(environ, start_response)

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [form(body) for body, _ in self.received]


def form(body: bytes) -> dict[str, Any]:
    """The interaction in a form-encoded body: its ``payload``, or the fields of a slash command."""
    fields = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    return json.loads(fields["payload"]) if "payload" in fields else fields


@dataclass
class World:
    workspace: SlackWorkspace
    server: ServerHandle
    inbox: Inbox
    clock: HandClock
    client: WebClient

    def post(self, **message: Any) -> str:
        """Posts a message to the channel as the app; its ``ts``."""
        message = {"channel": FINOPS.id, "text": "hello", **message}
        return str(self.client.chat_postMessage(**message)["ts"])


@contextmanager
def slack_world(**options: Any) -> Iterator[World]:
    clock, inbox = HandClock(), Inbox()
    receiver = make_server("127.0.0.1", 0, inbox, threaded=True)
    thread = Thread(target=receiver.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{receiver.server_port}/slack?from=sandbox"
    workspace = SlackWorkspace(
        people=[ANA, RUI, EVA],
        groups=[OPS],
        channels=[FINOPS, PRIVATE],
        now=clock,
        interactions_url=address,
        commands_url=address,
        **options,
    )
    server = serve(workspace)
    client = WebClient(token=workspace.bot_token, base_url=server.api_url, retry_handlers=[])
    try:
        yield World(workspace, server, inbox, clock, client)
    finally:
        server.stop()
        receiver.shutdown()
        thread.join()
        receiver.server_close()


def section(text: str = "Spend is up", **rest: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **rest}


def button(action_id: str = "throttle", **rest: Any) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": "Throttle"}, "action_id": action_id, **rest}


def actions(*elements: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements), **rest}


def text_input(action_id: str = "amount", **rest: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": f"b_{action_id}",
        "label": {"type": "plain_text", "text": "Amount"},
        "element": {"type": "plain_text_input", "action_id": action_id},
        **rest,
    }


def modal(*blocks: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "keep",
        "private_metadata": "incident-7",
        "title": {"type": "plain_text", "text": "Keep running"},
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": list(blocks) or [text_input()],
        **rest,
    }
