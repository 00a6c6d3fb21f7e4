"""What the sandbox's page is given to draw, and what it may do; the drawing itself is a browser test."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.unit.sandbox.slack_world import (
    ANA,
    EVA,
    FINOPS,
    PRIVATE,
    RUI,
    World,
    actions,
    button,
    modal,
    slack_world,
)


@pytest.fixture
def world() -> Iterator[World]:
    with slack_world() as opened:
        yield opened


def ask(world: World, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(world.server.url).netloc, timeout=5)
    try:
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
        connection.request(method, path, data, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        content = reply.read()
        return reply.status, json.loads(content) if reply.headers["Content-Type"] == "application/json" else content
    finally:
        connection.close()


def test_the_page_comes_with_everything_it_needs(world: World) -> None:
    """Every script and style that it names is served from here."""
    status, page = ask(world, "/")
    names = [part.split('"')[0] for part in page.decode().split('"/static/')[1:]]
    assert status == 200
    assert b"//" not in page
    assert {ask(world, f"/static/{name}")[0] for name in (*names, "mrkdwn.js", "strings.js")} == {200}
    assert {"app.js", "page.css", "blocks.css"} <= set(names)


def test_those_who_left_and_apps_cannot_be_acted_as(world: World) -> None:
    """The switcher offers people with an account."""
    assert ask(world, "/page/people")[1]["people"] == [ANA.id, RUI.id]
    assert EVA.id in world.workspace.directory.people


def test_each_person_sees_their_own_channels_and_messages(world: World) -> None:
    """A private channel and an ephemeral message are one person's."""
    world.client.chat_postEphemeral(channel=FINOPS.id, user=ANA.id, text="psst")
    ana = ask(world, f"/page/state?person={ANA.id}")[1]
    rui = ask(world, f"/page/state?person={RUI.id}")[1]
    assert [channel["id"] for channel in ana["channels"]] == [FINOPS.id]
    assert [channel["id"] for channel in rui["channels"]] == [FINOPS.id, PRIVATE.id]
    assert [(m["text"], m["ephemeral"]) for m in ana["messages"]] == [("psst", True)]
    assert rui["messages"] == []
    assert (ana["person"]["locale"], ana["person"]["tz"]) == ("pt-BR", "America/Sao_Paulo")


def test_a_click_in_the_page_is_a_click(world: World) -> None:
    """It answers with how the app took it, and the modal that the app opened is in the next state."""
    ts = world.post(blocks=[actions(button())])
    click = {"person": ANA.id, "channel": FINOPS.id, "ts": ts, "action_id": "throttle"}
    status, reply = ask(world, "/page/click", click)
    world.client.views_open(trigger_id=world.inbox.payloads[0]["trigger_id"], view=modal())
    view = ask(world, f"/page/state?person={ANA.id}")[1]["view"]
    assert (status, reply["ack"]["status"], reply["ack"]["error"]) == (200, 200, None)
    assert (view["callback_id"], view["typed"], view["errors"]) == ("keep", {"amount": None}, {})
    sent = ask(world, "/page/submit", {"person": ANA.id, "view": view["id"], "values": {}})[1]
    assert sent["ack"]["errors"] == {"b_amount": "Preencha este campo."}


def test_a_click_on_an_older_drawing_is_sent_as_it_was_seen(world: World) -> None:
    """The page hears of a redrawing a moment later; the app decides what a late click means."""
    ts = world.post(blocks=[actions(button())])
    world.client.chat_update(channel=FINOPS.id, ts=ts, text="decided", blocks=[])
    click = {"person": ANA.id, "channel": FINOPS.id, "ts": ts, "action_id": "throttle"}
    assert ask(world, "/page/click", {**click, "edited": None})[0] == 200
    assert world.inbox.payloads[0]["actions"][0]["action_id"] == "throttle"
    assert ask(world, "/page/click", click)[0] == 409


def test_a_line_with_a_slash_is_a_command_and_any_other_a_message(world: World) -> None:
    """Both go through the same composer."""
    ask(world, "/page/say", {"person": ANA.id, "channel": FINOPS.id, "text": "/freio status"})
    ask(world, "/page/say", {"person": ANA.id, "channel": FINOPS.id, "text": "hello"})
    assert world.inbox.payloads[0]["command"] == "/freio"
    assert [message.text for message in world.workspace.messages(FINOPS.id)] == ["hello"]


def test_what_nobody_could_do_is_refused_with_the_reason(world: World) -> None:
    """A button that is gone, a person who is not there."""
    gone = {"person": ANA.id, "channel": FINOPS.id, "ts": "1.000001", "action_id": "x"}
    assert ask(world, "/page/click", gone) == (409, {"error": "there is no message 1.000001 to be seen in C1FINOPS"})
    assert ask(world, "/page/state?person=U9") == (409, {"error": "nobody here has the id U9"})


def test_the_page_hears_of_every_change(world: World) -> None:
    """The event stream says the version now, and again when a message arrives."""
    connection = http.client.HTTPConnection(urlsplit(world.server.url).netloc, timeout=5)
    connection.request("GET", "/page/events")
    stream = connection.getresponse()
    first = stream.readline()
    stream.readline()
    world.post()
    second = stream.readline()
    stream.close()
    connection.close()
    assert (first, second) == (b"data: 0\n", b"data: 1\n")
